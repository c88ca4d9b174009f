"""What survives in a replicate, against a new analysis of its experiments."""

from __future__ import annotations

import numpy as np
import pytest

from focale import ALE
from focale.correction.fwe import fwe
from focale.correction.null import NullSettings
from focale.errors import ArgumentError
from focale.estimators.subsets import map_of, result_of
from focale.robustness.rules import Corrected, Displayed, Formed, log_sum_of

SUBSETS = [np.array([0, 1, 2, 3, 5]), np.array([1, 2, 3, 4]), np.array([0, 2, 4, 5])]


def judged(rule, statistic, subsets, *, repeats=False):
    members = list(np.arange(statistic.ma.n_experiments)[:, None])
    return rule.judge(statistic, members, 6, repeats=repeats)(subsets)


def assert_voxels(found, kept):
    assert found.tolist() == np.flatnonzero(kept).tolist()


@pytest.mark.parametrize("p", [0.01, 0.001])
def test_formed__is_what_a_new_analysis_forms_clusters_of(box_result, p):
    for subset, found in zip(SUBSETS, judged(Formed(p), box_result.map, SUBSETS), strict=True):
        corrected = fwe(result_of(box_result, subset), n_iterations=1, cluster_forming_p=p)
        assert_voxels(found, corrected.clusters.labels > 0)
        assert found.size


@pytest.mark.parametrize("level", ["voxel", "size", "mass"])
@pytest.mark.parametrize("sampling", ["mask", "grey_matter"])
def test_corrected__is_what_a_new_analysis_lets_survive(pain8_result, level, sampling):
    subset = np.array([0, 1, 2, 4, 5, 7])
    settings = NullSettings(seed=3, cluster_forming_p=0.005, sampling=sampling)
    rule = Corrected(level, 0.4, 60, settings)
    (found,) = judged(rule, pain8_result.map, [subset])
    corrected = fwe(
        result_of(pain8_result, subset),
        n_iterations=60,
        seed=3,
        cluster_forming_p=0.005,
        sampling=sampling,
    )
    kept = corrected.p(level).values <= 0.4
    assert_voxels(found, kept)
    assert 0 < found.size < np.count_nonzero(corrected.ale.values)


def test_corrected__counts_an_experiment_that_is_drawn_twice_as_two(box_result):
    """A second study that reports the same is not the same as the first alone."""
    rule = Corrected("size", 0.3, 99, NullSettings(cluster_forming_p=0.01))
    once, twice = judged(
        rule, box_result.map, [np.array([0, 5]), np.array([0, 0, 5, 5])], repeats=True
    )
    assert twice.size > once.size


@pytest.mark.parametrize("percentile", [80, 97.5])
def test_displayed__is_the_display_rule_anew(box_result, percentile):
    subset = SUBSETS[0]
    (found,) = judged(Displayed(percentile), box_result.map, [subset])
    ale = map_of(box_result.map, subset).ale.values
    assert_voxels(found, ale > np.percentile(ale[ale > 0], percentile))


def test_log_sum_of__equals_the_maps_put_together(box_result):
    twice = np.array([4, 0, 0, 2])
    np.testing.assert_array_equal(
        log_sum_of(box_result.ma, twice), box_result.ma.only(twice).log_sum
    )


def test_corrected__finds_nothing_where_only_one_experiment_has_foci():
    from tests.fixtures_pain import box_mask, studyset_of

    studies = {"a": [[(20, 20, 20)]], "b": [[]], "c": [[]], "d": [[(24, 20, 20)]]}
    result = ALE(mask=box_mask((20, 20, 20))).fit(studyset_of(studies))
    rule = Corrected("size", 0.5, 20, NullSettings(cluster_forming_p=0.01))
    found = judged(rule, result.map, [np.array([0, 1, 2]), np.array([0, 1, 3])])
    assert not found[0].size


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Formed(0), "'cluster_forming_p' parameter of Formed must be a number between"),
        (lambda: Displayed(100), "'percentile' parameter of Displayed must be a number between"),
        (lambda: Corrected("tfce"), "'level' parameter of Corrected must be 'voxel' or 'size'"),
        (lambda: Corrected(alpha=2), "'alpha' parameter of Corrected must be a number between"),
        (lambda: Corrected(n_iterations=10), "the smallest p there can be is 0.0909, above the"),
    ],
)
def test_rules__refuse_in_one_sentence(make, sentence):
    with pytest.raises(ArgumentError, match=sentence):
        make()


def test_formed__refuses_the_null_of_bins(pain21_histogram):
    with pytest.raises(ArgumentError, match="has null='eickhoff2012', so fit ALE"):
        judged(Formed(), pain21_histogram.map, [])
