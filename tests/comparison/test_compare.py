"""Two readings side by side, from results and from folders."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from focale import Protocol, Studyset, compare, describe, describe_into, fdr, infer, run_into
from focale.comparison.side import side_of
from focale.comparison.tables import tables_of
from focale.errors import ArgumentError, InputMissingError, ReadError
from focale.report.comparison_text import comparison_text
from focale.report.language import find_claims
from tests.fixtures_pain import studyset_of


def foci_of(number, rng):
    """Foci of a made-up study, odd millimetres; the first near one of two sites."""
    site = [(-13, 5, 7), (11, -9, 3)][number % 2]
    near = tuple(int(c) for c in np.array(site) + 2 * rng.integers(-1, 2, 3))
    return [near, *(tuple(int(c) for c in row) for row in rng.integers(-26, 26, (3, 3)))]


@pytest.fixture(scope="module")
def evidence():
    rng = np.random.default_rng(5)
    return {f"s{number}": [foci_of(number, rng)] for number in range(10)}


@pytest.fixture(scope="module")
def protocol(small_mask_path):
    return Protocol(mask=str(small_mask_path), min_experiments=5, iterations=50, min_cluster_mm3=8)


@pytest.fixture(scope="module")
def inferred(evidence, protocol):
    return infer(studyset_of(evidence), protocol, atlases=())


@pytest.fixture(scope="module")
def described(evidence, protocol):
    few = studyset_of({name: evidence[name] for name in list(evidence)[:4]})
    return describe(few, protocol, atlases=())


@pytest.fixture(scope="module")
def changed(evidence, protocol):
    """One study without, one corrected, one setting changed."""
    new = {name: own for name, own in evidence.items() if name != "s3"}
    new["s4"] = [(evidence["s4"][0][1:], 30)]
    return infer(studyset_of(new), replace(protocol, placement="nearest"), atlases=())


@pytest.fixture(scope="module")
def comparison(inferred, changed):
    return compare(inferred, changed)


# ------------------------------------------------------------------ what it finds


def test_compare__names_each_change_in_its_order(comparison):
    assert [change.words for change in comparison.changes] == [
        "dropped: s3",
        "corrected: s4",
        "rounding of foci to voxels (placement): exact -> nearest",
    ]
    assert comparison.changes[1].details == ("1 focus dropped and N 12 -> 30",)


def test_compare__the_last_reading_is_the_new_one_and_the_first_the_old(
    comparison, inferred, changed
):
    for result, outcome in (
        (inferred, comparison.outcomes[0]),
        (changed, comparison.outcomes[-1]),
    ):
        np.testing.assert_array_equal(outcome.stat.values, result.stat.values)
        listed = result.mask.voxels[result.clusters.labels > 0]
        np.testing.assert_array_equal(outcome.voxels["listed"], listed)
        below = result.mask.voxels[result.p.values < 0.001]
        np.testing.assert_array_equal(outcome.voxels["uncorrected"], below)


def test_compare__alone_is_a_run_with_this_change_only(comparison, inferred, evidence, protocol):
    only = infer(studyset_of(evidence), replace(protocol, placement="nearest"), atlases=())
    old, new = (set(np.flatnonzero(r.p.values < 0.001)) for r in (inferred, only))
    assert comparison.steps[2].alone["uncorrected"] == (len(new - old), len(old - new))


def test_compare__every_cluster_of_both_is_named_once(comparison, inferred, changed):
    old = [c.old for c in comparison.clusters if c.old]
    new = sorted(c.new for c in comparison.clusters if c.new)
    assert old == list(range(1, len(inferred.clusters) + 1))
    assert new == list(range(1, len(changed.clusters) + 1))
    for cluster in comparison.clusters:
        if cluster.old is not None:
            peak = inferred.clusters.members[cluster.old - 1].peaks[0]
            assert cluster.old_mm == peak.mm


def test_compare__of_one_reading_with_itself_finds_nothing(inferred):
    same = compare(inferred, inferred)
    assert (same.changes, same.steps, same.notes) == ((), (), ())
    assert {cluster.kind for cluster in same.clusters} == {"kept"}
    assert "Nothing differs between OLD and NEW" in comparison_text(same)


def test_compare__of_descriptions_claims_nothing(described, evidence, protocol):
    other = {name: evidence[name] for name in list(evidence)[1:4]}
    found = compare(described, describe(studyset_of(other), protocol, atlases=()))
    assert found.levels == ["listed"]
    assert "dropped: s0" in comparison_text(found)
    assert find_claims(comparison_text(found)) == []


def test_compare__a_test_beside_a_description_is_said(described, inferred):
    found = compare(described, inferred)
    assert any("OLD is descriptive and NEW inferential" in note for note in found.notes)
    assert found.outcomes[0].mode == "descriptive"


def test_compare__a_description_that_was_asked_for_stays_one(evidence, protocol, inferred):
    asked = describe(studyset_of(evidence), protocol, atlases=())
    found = compare(asked, inferred)
    assert [c.words for c in found.changes] == [
        "reading: described only -> as the protocol decides"
    ]
    assert [o.mode for o in found.outcomes] == ["descriptive", "inferential"]


def test_compare__of_masks_on_other_grids_compares_what_can_be(inferred, pain8_described):
    found = compare(pain8_described, inferred)
    assert found.steps == ()
    assert found.clusters == ()
    assert "on different grids (91 x 109 x 91 and 30 x 30 x 30 voxels" in found.notes[0]
    assert any(change.words.startswith("voxels of the analysis") for change in found.changes)
    assert "different grids" in comparison_text(found)


def test_compare__a_result_that_is_not_that_of_its_protocol_is_noticed(inferred):
    side = side_of(inferred, "OLD")
    odd = replace(side, listed=side.listed[5:], version="0.0.9", mask_sha256="x")
    notes = compare(odd, inferred).notes
    assert any("made by Focale 0.0.9" in note and "5 voxels" in note for note in notes)
    assert any("its file has changed" in note for note in notes)


def test_compare__says_where_chance_may_have_decided(inferred):
    found = compare(inferred, inferred)
    uncertain = found.outcomes[0].uncertain
    expected = []
    for cluster, p in zip(inferred.fwe.clusters, inferred.fwe.p_of_clusters[:, 0], strict=True):
        low, high = inferred.fwe.interval(float(p))
        if low <= 0.05 < high:
            expected.append(cluster.peaks[0].mm)
    assert [one.mm for one in uncertain] == expected


def test_compare__of_conversions_and_masks_makes_each_reading(evidence, protocol, tmp_path):
    """A setting that changes the coordinates, and one that changes the voxels."""
    import nibabel

    image = nibabel.load(protocol.mask)
    inside = np.asarray(image.dataobj).copy()
    inside[:4] = 0
    nibabel.save(nibabel.Nifti1Image(inside, image.affine), tmp_path / "part.nii.gz")
    record = studyset_of(evidence).record
    in_tal = [
        replace(e, foci=tuple(replace(focus, space="TAL") for focus in e.foci))
        for e in record.experiments
    ]
    record = replace(record, experiments=tuple(in_tal))
    new = replace(protocol, talairach="spm", mask=str(tmp_path / "part.nii.gz"))
    readings = [
        infer(Studyset(record, talairach=own.talairach), own, atlases=())
        for own in (protocol, new)
    ]
    found = compare(*readings)
    assert [step.changes[0].name for step in found.steps] == ["talairach", "mask"]
    last = readings[1]
    listed = last.mask.voxels[last.clusters.labels > 0]
    np.testing.assert_array_equal(found.outcomes[-1].voxels["listed"], listed)
    assert not any("differ, which no step explains" in note for note in found.notes)


# ------------------------------------------------------------------ profiles


def test_compare__of_a_profile_names_each_choice_and_the_tails(evidence, protocol, inferred):
    twice = {**evidence, "s0": [*evidence["s0"], evidence["s1"][0]]}
    theirs = Protocol.of_profile("nimare-0.22", mask=protocol.mask, iterations=50)
    ours = Protocol(mask=protocol.mask, min_experiments=1, iterations=50)
    found = compare(*(infer(studyset_of(twice), p, atlases=()) for p in (theirs, ours)))
    names = [step.changes[0].name for step in found.steps]
    assert names == ["reading", "pooling", "placement", "null", "p_rule", "profile"]
    assert found.steps[-1].words == "tails of the z of FDR: 2 -> 1"
    assert found.levels == ["listed", "uncorrected", "fdr"]
    assert set(found.tables["limits"]["known"]) == {"not taken"}
    assert "Of these, 5 are not taken" in comparison_text(found)


def test_outcome__two_tails_ask_for_half_the_rate(evidence, protocol):
    theirs = Protocol.of_profile("nimare-0.22", mask=protocol.mask, iterations=50)
    result = infer(studyset_of(evidence), theirs, atlases=())
    outcome = compare(result, result).outcomes[0]
    q = fdr(result.uncorrected).values
    # z 1.645 is a p of .05 to four digits
    assert outcome.voxels["fdr"].size == np.count_nonzero(q < 2 * 0.0499849)


def test_compare__without_a_profile_shows_no_false_discovery_rate(comparison):
    assert comparison.levels == ["listed", "uncorrected"]
    assert "false discovery" not in comparison_text(comparison)


# ------------------------------------------------------------------ tables and looks


def test_tables__describe_every_column(comparison):
    for name, (table, columns) in tables_of(comparison).items():
        assert list(table) == list(columns), name
    assert set(comparison.tables) == {"changes", "steps", "clusters", "limits"}


def test_tables__steps_hold_the_counts(comparison):
    table = comparison.tables["steps"]
    assert table["step"].tolist() == [1, 2, 3]
    after = table["listed_before"] + table["listed_gained"] - table["listed_lost"]
    assert after.tolist() == table["listed_after"].tolist()


def test_comparison__shows_itself(comparison):
    assert repr(comparison).startswith("Comparison of OLD and NEW: changed 2 studies, 1 setting;")
    assert "dropped: s3" in comparison._repr_html_()


def test_comparison__hostile_names_stay_text_in_a_notebook(evidence, protocol):
    name = "<script>alert(1)</script>"
    old = describe(studyset_of({**evidence, name: evidence["s1"]}), protocol, atlases=())
    new = describe(studyset_of(evidence), protocol, atlases=())
    assert "<script>" not in compare(old, new)._repr_html_()


# ------------------------------------------------------------------ folders


@pytest.fixture(scope="module")
def folders(evidence, protocol, tmp_path_factory):
    base = tmp_path_factory.mktemp("folders")
    few = {name: evidence[name] for name in list(evidence)[:9]}
    run_into(studyset_of(evidence), base / "a", protocol, with_figures=False, atlases=())
    run_into(studyset_of(few), base / "b", protocol, with_figures=False, atlases=())
    return base


def test_compare__of_folders_is_that_of_their_results(folders, inferred, evidence, protocol):
    few = studyset_of({name: evidence[name] for name in list(evidence)[:9]})
    here = compare(inferred, infer(few, protocol, atlases=()))
    there = compare(folders / "a", folders / "b")
    for name, table in here.tables.items():
        assert there.tables[name].equals(table), name
    assert there.notes == here.notes
    assert there.old.command == "focale.run_into(studyset, folder, protocol)"


def test_side_of__a_described_folder_knows_it(evidence, protocol, tmp_path):
    describe_into(studyset_of(evidence), tmp_path / "a", protocol, with_figures=False, atlases=())
    assert side_of(tmp_path / "a", "OLD").is_described
    assert not compare(tmp_path / "a", tmp_path / "a").notes


def test_side_of__refuses_a_folder_without_a_result(tmp_path):
    with pytest.raises(InputMissingError, match="holds no result of Focale; name the output"):
        side_of(tmp_path, "OLD")


def test_side_of__refuses_an_old_folder(folders, tmp_path):
    shutil.copytree(folders / "a", tmp_path / "a")
    (tmp_path / "a" / "evidence.json").unlink()
    with pytest.raises(InputMissingError, match="run the analysis again with this version"):
        side_of(tmp_path / "a", "OLD")


@pytest.mark.parametrize("break_it", ["provenance", "maps"])
def test_side_of__refuses_a_folder_that_was_changed(folders, tmp_path, break_it):
    shutil.copytree(folders / "a", tmp_path / "a")
    if break_it == "maps":
        shutil.rmtree(tmp_path / "a" / "maps")
    else:
        (tmp_path / "a" / "provenance.json").write_text(json.dumps({"Software": 1}))
    with pytest.raises(ReadError, match=r"a is not as Focale wrote it .*run the analysis again"):
        side_of(tmp_path / "a", "OLD")


# ------------------------------------------------------------------ against


@pytest.fixture
def theirs(inferred, tmp_path):
    """The listed voxels of the old reading as another tool's map, its x axis reversed."""
    import nibabel

    values = np.where(inferred.clusters.labels > 0, 2.0, 0.0)
    values[np.flatnonzero(values)[:7]] = 0
    volume = inferred.mask.to_volume(values)[::-1]
    affine = inferred.mask.grid.affine.copy()
    affine[:3, 3] += affine[:3, 0] * (volume.shape[0] - 1)
    affine[:3, 0] *= -1
    nibabel.save(nibabel.Nifti1Image(volume, affine), tmp_path / "theirs.nii.gz")
    return tmp_path / "theirs.nii.gz"


def test_against__counts_what_no_choice_explains(inferred, theirs):
    n = int(np.count_nonzero(inferred.clusters.labels))
    found = compare(inferred, inferred, against=theirs, cut=1.5)
    against = found.against
    assert (against.n_theirs, against.n_ours, against.n_shared) == (n - 7, n, n - 7)
    assert against.n_unexplained == 7
    assert "7 voxels are in one of them only, which no choice known" in comparison_text(found)


def test_against__refuses_what_is_no_map_on_the_grid(inferred, tmp_path, pain8_described):
    import nibabel

    with pytest.raises(InputMissingError, match="is not a file"):
        compare(inferred, inferred, against=tmp_path / "no.nii.gz")
    (tmp_path / "text.nii.gz").write_text("no image")
    with pytest.raises(ArgumentError, match="not an image"):
        compare(inferred, inferred, against=tmp_path / "text.nii.gz")
    nibabel.save(pain8_described.ale.image, tmp_path / "other.nii.gz")
    with pytest.raises(ArgumentError, match="not on the grid"):
        compare(inferred, inferred, against=tmp_path / "other.nii.gz")


def test_against__refuses_a_level_the_reading_has_not(described, theirs):
    with pytest.raises(ArgumentError, match="'level' parameter of compare must be 'listed'"):
        compare(described, described, against=theirs, level="fdr")
