"""What the viewer is given: unpacked again, it is the result."""

from __future__ import annotations

import json

import numpy as np
import pytest

from focale import Protocol, describe, infer
from focale.atlases.bundled import desikan_killiany
from focale.report.language import find_claims
from focale.report.page.packing import packed, unpacked
from focale.report.page.payload import viewer_payload
from focale.report.page.shown_maps import shown_maps
from focale.space.grid import Grid
from focale.space.picture import brain_picture
from focale.space.targets import standard_mask
from tests.fixtures_pain import studyset_of

HOSTILE = "</script><img src=x onerror=alert(1)>\u202e\"'&" + "x" * 10_000


@pytest.fixture(scope="module")
def described(pain):
    return describe(pain)


@pytest.fixture(scope="module")
def inferred(pain):
    return infer(pain, Protocol(iterations=200))


@pytest.fixture(scope="module")
def payload(described):
    return viewer_payload(described)


def text_of(payload):
    return json.dumps(payload, separators=(",", ":"))


def grid_of(part):
    return Grid(tuple(part["shape"]), np.vstack([part["affine"], [0, 0, 0, 1]]))


def positions_of(result, payload):
    """Mask positions of the voxels a payload shows."""
    grid = grid_of(payload["map"])
    places = np.cumsum(unpacked(payload["map"]["places"]).astype(np.int64))
    ijk = np.stack(np.unravel_index(places, grid.shape), axis=1)
    return result.mask.position_of(grid.to_mm(ijk.astype(float)))


def ale_in(payload, *left_out):
    steps = unpacked(payload["map"]["log_sum"]).astype(np.int64)
    for experiment in left_out:
        steps = steps - unpacked(payload["map"]["own"][experiment])
    return -np.expm1(-steps * payload["map"]["step"])


def simulated(n, rng):
    """Studies of 4 to 24 foci, two in five of them near one of 40 places."""
    mask = standard_mask()
    places = mask.mm(rng.integers(mask.n_voxels, size=40))
    studies = {}
    for i in range(n):
        size = int(rng.integers(4, 25))
        anywhere = mask.mm(rng.integers(mask.n_voxels, size=size))
        near = places[rng.integers(40, size=size)] + rng.normal(0, 6, (size, 3))
        foci = np.round(np.where(rng.random((size, 1)) < 0.4, near, anywhere))
        subjects = int(rng.integers(10, 40))
        studies[f"Author{i} et al., 2001"] = [([tuple(mm) for mm in foci.tolist()], subjects)]
    return studyset_of(studies)


@pytest.mark.parametrize("largest", [0, 255, 256, 65_535, 65_536, 2**32 - 1])
def test_packed__unpacks_to_the_same(largest, rng):
    numbers = np.append(rng.integers(0, largest + 1, size=100), largest)
    array = packed(numbers)
    assert unpacked(array).tolist() == numbers.tolist()
    assert array["bytes"] == (1 if largest < 256 else 2 if largest < 65_536 else 4)


def test_viewer_payload__holds_ale_of_the_voxels_worth_showing(described, payload):
    positions = positions_of(described, payload)
    values = described.ale.values
    assert positions.tolist() == np.flatnonzero(values >= payload["map"]["lowest"]).tolist()
    assert np.abs(ale_in(payload) - values[positions]).max() <= payload["map"]["step"] / 2
    assert payload["map"]["lowest"] <= payload["threshold"]["value"]
    assert payload["map"]["max"] == described.ale.max


def test_viewer_payload__rounds_no_voxel_over_the_threshold(pain, inferred):
    for percentile in (50.0, 90.0, 95.0, 99.9):
        result = describe(pain, Protocol(display_percentile=percentile))
        assert_cut_is_exact(result, viewer_payload(result))
    assert_cut_is_exact(inferred, viewer_payload(inferred))


def assert_cut_is_exact(result, payload):
    threshold = payload["threshold"]["value"]
    steps = unpacked(payload["map"]["log_sum"])
    first = np.floor(-np.log1p(-threshold) / payload["map"]["step"]) + 1  # as viewer.js has it
    above = positions_of(result, payload)[steps >= first]
    assert above.tolist() == np.flatnonzero(result.ale.values > threshold).tolist()


def test_viewer_payload__leaves_an_experiment_out_within_a_step(described, payload):
    positions = positions_of(described, payload)
    for i in range(len(described.studyset)):
        exact = described.map.without(i).values[positions]
        assert np.abs(ale_in(payload, i) - exact).max() <= payload["map"]["step"], i


def test_viewer_payload__leaves_a_study_out_within_half_a_step_an_experiment(tiny_studyset):
    result = describe(tiny_studyset, Protocol(pooling="keep", fwhm_mm=9.0))
    payload = viewer_payload(result)
    assert payload["study_of_experiment"] == [0, 0, 1]
    whole = result.map.ma
    without = whole.log_sum_without(0).copy()
    voxels, values = whole.entries(1)
    without[voxels] -= values
    exact = -np.expm1(-without[positions_of(result, payload)] * 2.0**-28)
    assert np.abs(ale_in(payload, 0, 1) - exact).max() <= 1.5 * payload["map"]["step"]


def test_viewer_payload__tells_clusters(inferred):
    payload = viewer_payload(inferred)
    positions = positions_of(inferred, payload)
    labels = unpacked(payload["map"]["clusters"])
    assert labels.tolist() == inferred.clusters.labels[positions].tolist()
    assert labels.max() == payload["map"]["n_clusters"] == len(inferred.clusters)
    every = np.flatnonzero(inferred.clusters.labels)
    assert np.isin(every, positions).all(), "a listed cluster is shown in full"


def test_viewer_payload__tells_the_mask_and_the_foci(described, payload):
    bits = np.unpackbits(unpacked(payload["inside"]["bits"]), count=described.mask.inside.size)
    assert bits.reshape(payload["inside"]["shape"]).sum() == described.mask.n_voxels
    foci = np.reshape(payload["foci_mm"], (-1, 3))
    assert np.abs(foci - described.studyset.foci_mm).max() <= 0.05
    assert payload["experiment_of_focus"] == described.studyset.experiment_of_focus.tolist()
    assert payload["start_mm"] == list(described.clusters.members[0].peaks[0].mm)


def test_viewer_payload__labels_the_picture_as_the_atlas_does(payload, rng):
    picture = brain_picture()
    assert grid_of(payload["picture"]).shape == picture.grid.shape
    shades = unpacked(payload["picture"]["shades"]).reshape(picture.grid.shape)
    assert np.array_equal(shades, picture.shades)
    numbers = unpacked(payload["atlas"]["numbers"]).reshape(picture.grid.shape)
    names = ["unlabelled", *payload["atlas"]["labels"]]
    atlas = desikan_killiany()
    for voxel in rng.integers(0, picture.grid.shape, size=(200, 3)):
        mm = picture.grid.to_mm(voxel[None].astype(float))
        number = int(atlas.numbers_at(mm)[0])
        assert names[numbers[tuple(voxel)]] == (atlas.labels[number] if number else "unlabelled")
    assert payload["atlas"]["title"] == atlas.title


def test_viewer_payload__says_what_the_threshold_is(described, inferred):
    words = viewer_payload(described)["threshold"]
    assert words["value"] == described.display_threshold
    assert words["any"] == "display-only: ALE > 0.00604"
    words = viewer_payload(inferred)["threshold"]
    assert words["listed"] == "clusters with cluster-size p(FWE) <= .05"
    assert words["any"].endswith(
        "where clusters were formed (uncorrected p < .001); not corrected"
    )
    assert words["any_without"].endswith("not tested anew")


@pytest.mark.parametrize("correction", ["voxel", "mass"])
def test_viewer_payload__says_what_survives_at_other_levels(pain, correction):
    words = viewer_payload(infer(pain, Protocol(iterations=200, correction=correction)))
    expected = {"voxel": "voxels with voxel-level", "mass": "clusters with cluster-mass"}
    assert words["threshold"]["listed"] == f"{expected[correction]} p(FWE) <= .05"


def test_viewer_payload__says_when_nothing_survives(pain):
    result = infer(pain, Protocol(iterations=200, cluster_forming_p=1e-30))
    payload = viewer_payload(result)
    assert payload["threshold"]["listed"] == "no cluster has a cluster-size p(FWE) <= .05"
    assert 0 < payload["map"]["lowest"] <= payload["threshold"]["value"] <= payload["map"]["max"]
    assert payload["threshold"]["any"].endswith("no voxel has an uncorrected p < 1e-30")


def test_viewer_payload__claims_nothing_when_descriptive(payload):
    words = [v for v in payload["threshold"].values() if isinstance(v, str)]
    assert find_claims("\n".join([*words, payload["note"]])) == []


def test_viewer_payload__is_the_same_for_equal_results(pain, described, payload):
    assert text_of(viewer_payload(describe(pain))) == text_of(payload)


def test_viewer_payload__is_json_without_nan(payload, inferred):
    json.dumps(payload, allow_nan=False)
    json.dumps(viewer_payload(inferred), allow_nan=False)


def test_viewer_payload__leaves_room_in_a_report_of_21_experiments(payload, inferred):
    assert len(text_of(payload)) < 410_000
    assert len(text_of(viewer_payload(inferred))) < 410_000


@pytest.mark.slow
@pytest.mark.parametrize(("n", "most"), [(50, 950_000), (200, 2_000_000)])
def test_viewer_payload__leaves_room_in_large_reports(n, most, rng):
    payload = viewer_payload(describe(simulated(n, rng)))
    assert len(payload["map"]["own"]) == n
    assert len(text_of(payload)) < most


def test_shown_maps__gives_up_the_experiments_where_there_is_no_room(described, monkeypatch):
    monkeypatch.setattr("focale.report.page.shown_maps._MOST_ROOM", 1000.0)
    shown = shown_maps(described.ma, described.ale.values, described.display_threshold)
    assert shown.own is None
    assert shown.lowest == described.display_threshold


def test_viewer_payload__of_a_small_mask_without_atlas(small_mask_path):
    protocol = Protocol(mask=str(small_mask_path), min_cluster_mm3=100.0)
    result = describe(studyset_of({"a": [[(0, 0, 0)]]}), protocol, atlases=())
    payload = viewer_payload(result)
    assert payload["atlas"] is None
    assert "space of the map is not known" in payload["note"]
    assert all(lines for lines in payload["outline_mm"])


def test_viewer_payload__of_a_mask_of_one_voxel(tmp_path):
    import nibabel

    inside = np.zeros((3, 3, 3), np.uint8)
    inside[1, 1, 1] = 1
    nibabel.save(nibabel.Nifti1Image(inside, np.diag([2.0, 2.0, 2.0, 1.0])), tmp_path / "m.nii")
    result = describe(studyset_of({"a": [[(2, 2, 2)]]}), Protocol(mask=str(tmp_path / "m.nii")))
    payload = viewer_payload(result)
    assert payload["map"]["shape"] == [1, 1, 1]
    assert payload["start_mm"] == [2.0, 2.0, 2.0]


def test_viewer_payload__keeps_hostile_names_short_and_on_a_line():
    payload = viewer_payload(describe(studyset_of({HOSTILE: [[(0, 0, 0)]], "b": [[(9, 9, 9)]]})))
    (name, _) = payload["studies"]
    assert name.startswith("</script><img src=x onerror=alert(1)>\"'&x")
    assert len(name) == 80


def test_viewer_payload__markers_tell_studies_apart(payload):
    assert len({tuple(marker) for marker in payload["markers"]}) == len(payload["studies"])
