"""The descriptive reading: its numbers are those of other routes, and it has no p and no z."""

from __future__ import annotations

import dataclasses
import pickle
from dataclasses import replace

import numpy as np
import pytest

from focale import ALE, Jackknife, Protocol, Studyset, describe
from focale.errors import ArgumentError, DescriptiveOnlyError, EvidenceError, InputMissingError
from tests.fixtures_pain import *  # noqa: F403
from tests.fixtures_pain import studyset_of
from tests.strategies import nimads_analysis, nimads_tree

SMALL = 100.0  # mm3: clusters of a single focus are listed


@pytest.fixture(scope="module")
def box(small_mask_path):
    """A protocol for small sets: a box of 60 mm, small clusters listed."""
    return Protocol(mask=str(small_mask_path), min_cluster_mm3=SMALL)


# ------------------------------------------------------------------ no p, no z


@pytest.mark.parametrize(("name", "said"), [("p", "p"), ("z", "z"), ("logp", "-log10 p")])
def test_describe__has_no_p_and_no_z(pain8_described, name, said):
    with pytest.raises(DescriptiveOnlyError) as caught:
        getattr(pain8_described, name)
    assert str(caught.value) == (
        f"a descriptive reading has no {said} map (8 independent studies with foci, and the "
        "protocol asks for at least 17: the reading is descriptive); to read the evidence "
        "inferentially all the same, declare the deviation with protocol.deviate(reason, "
        "min_experiments=...), which is printed with every result, and use ALE().fit(studyset)"
    )
    assert not hasattr(pain8_described, name)
    assert isinstance(caught.value, AttributeError)


def test_describe__of_enough_evidence_has_no_z_either():
    result = describe(studyset_of({f"s{i}": [[(0, 0, 10), (0, 4 * i, 0)]] for i in range(17)}))
    assert result.decision.mode == "inferential"
    with pytest.raises(DescriptiveOnlyError, match=r"allowed\); for p and z use infer\(s"):
        _ = result.z


# ------------------------------------------------------------------ the same numbers


def test_describe__has_the_numbers_of_the_worked_example(pain8_described):
    assert f"{pain8_described.ale.max:.5f}" == "0.01568"
    assert pain8_described.ale.max_mm == (54.0, -28.0, 20.0)
    assert f"{pain8_described.display_threshold:.5f}" == "0.00378"
    assert [cluster.volume_mm3 for cluster in pain8_described.clusters] == [6832, 9104, 6320, 4040]


def test_describe__equals_the_route_of_the_jackknife(pain8_described, pain8_result):
    tables = Jackknife(
        voxel_thresh=pain8_described.display_threshold, cluster_threshold=500
    ).transform(pain8_result).tables  # fmt: skip
    counts = tables["stat_diag-Jackknife_tab-counts_tail-positive"].set_index("id")
    np.testing.assert_array_equal(pain8_described.contributions.mean_drop, counts.to_numpy())
    np.testing.assert_array_equal(pain8_described.mean_contributions, counts.mean(axis=1))
    peaks = [peak.mm for cluster in pain8_described.clusters for peak in cluster.peaks]
    assert peaks == list(
        tables["stat_tab-clust"][["X", "Y", "Z"]].itertuples(index=False, name=None)
    )


def test_describe__ale_is_that_of_a_fit(pain8_described, pain8_result):
    assert pain8_described.ale.values.tobytes() == pain8_result.ale.values.tobytes()


def test_describe__twice_gives_the_same_bits(pain8, pain8_described):
    again = describe(pain8)
    assert again.ale.values.tobytes() == pain8_described.ale.values.tobytes()
    assert again.contributions.share.tobytes() == pain8_described.contributions.share.tobytes()
    assert again.display_threshold == pain8_described.display_threshold


def test_describe__the_threshold_is_the_percentile_of_non_zero_values(pain8, pain8_described):
    values = pain8_described.ale.values
    for percentile in (50.0, 95.0, 99.9):
        result = describe(pain8, Protocol(display_percentile=percentile))
        assert result.display_threshold == np.percentile(values[values > 0], percentile)


def test_describe__lists_clusters_from_the_volume_of_the_protocol_on(pain8, pain8_described):
    volume = pain8_described.clusters.members[3].volume_mm3  # 4040
    assert len(describe(pain8, Protocol(min_cluster_mm3=volume)).clusters) == 4
    assert len(describe(pain8, Protocol(min_cluster_mm3=volume + 1)).clusters) == 3


def test_describe__the_footprint_of_the_protocol_is_used(tiny_studyset):
    protocol = Protocol(fwhm_mm=11.0, placement="nearest", pooling="keep")
    result = describe(tiny_studyset, protocol)
    assert result.map.fwhm_mm.tolist() == [11.0] * 3
    assert result.map.estimator.placement == "nearest"
    expected = ALE(fwhm_mm=11.0, placement="nearest").statistic(tiny_studyset).ale
    assert result.ale.values.tobytes() == expected.values.tobytes()


def test_describe__a_mask_may_be_a_path(box):
    result = describe(studyset_of({"a": [[(0, 0, 0)]], "b": [[(4, 0, 0)]]}), box)
    assert result.mask.grid.shape == (30, 30, 30)
    assert result.ale.max_mm in {(2.0, 0.0, 0.0), (0.0, 0.0, 0.0), (4.0, 0.0, 0.0)}


def test_describe__runs_its_loop_through_the_progress_bar(pain8):
    seen = []

    def count(items):
        for item in items:
            seen.append(item)
            yield item

    describe(pain8, progress=count)
    assert seen == list(range(8))


# ------------------------------------------------------------------ few and odd evidence


def test_describe__one_experiment_alone(box):
    result = describe(studyset_of({"a": [[(0, 0, 0)]]}), box)
    assert len(result.clusters) == 1
    assert result.mean_contributions.tolist() == [1.0]
    assert result.leave_one_out.remains.tolist() == [[False]]
    assert result.dominance[0].flags == (
        "fewer than two studies contribute",
        "one study has a share of 100%",
    )


def test_describe__one_study_with_two_experiments(box):
    studyset = studyset_of({"a": [[(0, 0, 0)], [(2, 0, 0)]]})
    result = describe(studyset, box)
    assert result.decision.n_independent == 1
    assert result.contributions.share.tolist() == [[1.0]]
    kept = describe(studyset, replace(box, pooling="keep"))
    assert kept.decision.n_independent == 1
    np.testing.assert_allclose(kept.contributions.share, 0.5, atol=0.05)


# ------------------------------------------------------------------ whole studies


def test_describe__two_contrasts_of_one_study_count_as_one(box):
    """Two contrasts of a, kept apart, make the cluster with b: each has a third, a has two."""
    foci = [(0, 0, 0)]
    box = replace(box, pooling="keep")
    result = describe(studyset_of({"a": [foci, foci], "b": [foci]}), box)
    assert result.contributions.mean_drop.shape == (3, 1)
    assert result.study_contributions.mean_drop.shape == (2, 1)
    assert result.study_leave_one_out.remains.shape == (2, 1)
    assert result.study_contributions.share[0, 0] == pytest.approx(2 / 3, abs=0.01)
    assert result.mean_study_contributions.shape == (2,)
    (found,) = result.dominance
    assert found.n_contributing == 2
    assert found.largest == 0
    assert found.flags == ("one study has a share of 67%",)
    # as if the study had reported both at once, on the log scale where maps add up
    without_a = result.map.ma.log_sum_without(2)
    only_b = describe(studyset_of({"b": [foci]}), box).map.ma.log_sum
    np.testing.assert_array_equal(result.map.ma.log_sum - without_a, only_b)


@pytest.mark.parametrize("pooling", ["pool", "keep"])
def test_describe__a_study_left_out_is_a_fit_of_the_others(box, pooling):
    box = replace(box, pooling=pooling)
    studies = {
        "a": [[(0, 0, 0)], [(4, 0, 0), (0, 8, 0)]],
        "b": [[(2, 2, 0)]],
        "c": [[(0, 4, 2)], [], [(-4, 0, 0)]],
    }
    result = describe(studyset_of(studies), box)
    (cluster,) = result.clusters
    for number, study in enumerate(studies):
        others = studyset_of({key: value for key, value in studies.items() if key != study})
        left = describe(others, box).ale.values[cluster.positions]
        lost = 1 - left / result.ale.values[cluster.positions]
        found, left_out = result.study_contributions, result.study_leave_one_out
        assert found.mean_drop[number, 0] == pytest.approx(lost.mean(), abs=1e-12)
        assert found.largest_drop[number, 0] == pytest.approx(lost.max(), abs=1e-12)
        above = left > result.display_threshold
        assert left_out.kept_share[number, 0] == pytest.approx(above.mean(), abs=1e-12)


@pytest.mark.parametrize("pooling", ["pool", "keep"])
def test_describe__contrasts_of_a_study_may_lie_apart_in_the_source(pooling):
    """The order of experiments is not that of studies: the numbers follow the studies."""
    tree = nimads_tree(
        {
            "a": [nimads_analysis("1", [(0, 0, 0)], n=12), nimads_analysis("2", [(2, 0, 0)], n=9)],
            "b": [nimads_analysis("1", [(0, 2, 0)], n=20)],
        }
    )
    studyset = Studyset(tree)
    protocol = Protocol(min_cluster_mm3=SMALL, pooling=pooling)
    plain, mixed = (
        describe(studyset.slice(ids), protocol)
        for ids in (["a-1", "a-2", "b-1"], ["a-1", "b-1", "a-2"])
    )
    np.testing.assert_array_equal(
        plain.study_contributions.mean_drop, mixed.study_contributions.mean_drop
    )
    assert plain.dominance == mixed.dominance


def test_describe__studies_of_one_experiment_have_its_numbers(pain8_described):
    result = pain8_described
    for name in ("mean_drop", "share", "largest_drop"):
        ours = getattr(result.study_contributions, name)
        np.testing.assert_array_equal(ours, getattr(result.contributions, name))
    for name in ("remains", "kept_share", "peak_shift_mm"):
        ours = getattr(result.study_leave_one_out, name)
        np.testing.assert_array_equal(ours, getattr(result.leave_one_out, name))
    np.testing.assert_array_equal(result.mean_study_contributions, result.mean_contributions)


def test_describe__foci_of_all_contrasts_make_a_study_contribute(box):
    """Study b has a small share, and a focus of its second contrast in the cluster."""
    box = replace(box, pooling="keep")
    far, here = [(24, 24, 24)], [(0, 0, 0)]
    many = [here] * 30
    for second, n in ((far, 1), ([(2, 2, 2), (-24, 24, 24)], 2)):
        result = describe(studyset_of({"a": many, "b": [far, second]}), box)
        assert result.study_contributions.share[1, 0] < 0.05
        assert result.dominance[0].n_contributing == n


def test_describe__without_a_cluster_large_enough(pain8):
    result = describe(pain8, Protocol(min_cluster_mm3=1e6))
    assert len(result.clusters) == 0
    assert np.isnan(result.mean_contributions).tolist() == [True] * 8
    assert np.isnan(result.mean_study_contributions).tolist() == [True] * 8
    assert result.n_foci.shape == (8, 0)
    assert result.dominance == []
    assert sum(result.clusters.smaller_volumes_mm3) > 0


def test_describe__an_experiment_without_foci_stays(box):
    result = describe(studyset_of({"a": [[(0, 0, 0)]], "b": [[]]}), box)
    assert result.mean_contributions.tolist() == [1.0, 0.0]
    assert result.leave_one_out.remains[1].all()
    assert result.decision.n_independent == 1


# ------------------------------------------------------------------ refusals


def talairach(**kwargs):
    tree = nimads_tree({"a": [nimads_analysis("1", [(0, 0, 10)], n=12, space="TAL")]})
    return Studyset(tree, **kwargs)


def test_describe__refuses_another_conversion_than_the_protocol_declares():
    with pytest.raises(
        ArgumentError,
        match=r"converted with the 'pooled' .* declares 'spm'; pass talairach='spm' to Studyset",
    ):
        describe(talairach(), Protocol(talairach="spm"))
    assert describe(talairach(talairach="spm"), Protocol(talairach="spm")).ale.max > 0


def test_describe__a_conversion_that_was_not_needed_does_not_matter(pain8):
    studyset = Studyset(pain8.record, talairach="fsl")
    assert describe(studyset).ale.max > 0


@pytest.mark.parametrize(
    ("mask", "error", "sentence"),
    [
        ("nowhere.nii.gz", InputMissingError, r"the mask nowhere\.nii\.gz is not a file"),
        ("mni152_1mm", InputMissingError, r"mni152_1mm"),
    ],
)
def test_describe__refuses_a_mask_that_is_not_there(pain8, mask, error, sentence):
    with pytest.raises(error, match=sentence):
        describe(pain8, Protocol(mask=mask))


def test_describe__refuses_foci_that_all_lie_outside_the_mask(box):
    with pytest.raises(
        EvidenceError, match=r"dictionary: all 2 foci lie outside the mask box\.nii\.gz"
    ):
        describe(studyset_of({"a": [[(50, 50, 50)]], "b": [[(60, 60, 60)]]}), box)


def test_describe__refuses_unknown_sample_sizes(tiny_studyset):
    with pytest.raises(EvidenceError, match=r"no sample size for 1 of 2 .* \('Jones-pain'\)"):
        describe(tiny_studyset)


def test_describe__the_way_out_is_one_a_protocol_has(tiny_studyset):
    with pytest.raises(EvidenceError, match=r"fwhm_mm (in|of) the protocol"):
        describe(tiny_studyset)


# ------------------------------------------------------------------ the object


def test_describe__result_is_frozen(pain8_described):
    with pytest.raises(dataclasses.FrozenInstanceError):
        pain8_described.display_threshold = 0.0


def test_describe__result_can_be_pickled(pain8_described):
    copied = pickle.loads(pickle.dumps(pain8_described))
    assert copied.ale.values.tobytes() == pain8_described.ale.values.tobytes()
    assert copied.protocol == pain8_described.protocol


def test_repr__says_what_and_how_much(pain8_described):
    assert repr(pain8_described).endswith(
        "largest ALE 0.01568 at (54, -28, 20) mm; 4 clusters above the display-only threshold "
        "0.00378"
    )


def test_ale_in_peaks__of_a_reading_is_that_of_its_map(pain8_described):
    assert pain8_described.in_peaks.max == pytest.approx(2.02, abs=0.01)
    assert pain8_described.ma is pain8_described.map.ma
