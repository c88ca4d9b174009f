"""What every estimator of the registry does: one class of tests for all of them."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

import focale
from focale import FDRCorrector, FocusCounter, FWECorrector, Jackknife, bonferroni, fwe
from focale.correction.null import NullSettings, null_of
from focale.diagnostics.contributions import contributions
from focale.errors import ArgumentError, EvidenceError
from focale.estimators.registry import ESTIMATORS, estimator_of
from focale.estimators.subsets import result_of
from focale.inference.clusters import find_clusters
from focale.inference.montecarlo import null_maxima
from focale.protocol.protocol import METHOD_NAMES, Method, has_choice
from tests import naive
from tests.fixtures_pain import box_mask, studyset_of

STUDIES = {
    "a": [([(4, 4, 4), (6, 4, 4), (14, 12, 8)], 9)],
    "b": [([(5.3, 4.1, 3.7)], 16)],
    "c": [([(14, 12, 8), (4, 4, 4)], 25)],
    "d": [([(0, 16, 2), (40, 40, 40)], 36)],
    "e": [([(10, 10, 8), (3, 5, 6)], 12)],
}
MASK = box_mask((10, 10, 7), inside=np.random.default_rng(2).random((10, 10, 7)) < 0.8)
FULL = box_mask((11, 11, 7), origin_mm=(-10.0, -10.0, -6.0))

every_estimator = pytest.mark.parametrize("name", ESTIMATORS)


def fitted(name, studies=None, mask=MASK):
    return estimator_of(name, {"mask": mask}).fit(studyset_of(studies or STUDIES))


def rows(maxima):
    return np.stack([maxima.largest, maxima.size, maxima.mass], axis=1).tolist()


# ------------------------------------------------------------------------ the registry


def test_registry__has_the_methods_of_the_protocol():
    assert tuple(ESTIMATORS) == get_args(Method) == tuple(METHOD_NAMES)
    assert {n: estimator_of(n, {}).words.statistic for n in ESTIMATORS} == METHOD_NAMES


@every_estimator
def test_registry__has_a_public_class_and_a_slow_twin_for_each(name):
    kind = ESTIMATORS[name]
    assert getattr(focale, kind.__name__) is kind
    assert (Path(naive.__file__).parent / f"{name}.py").is_file()


@every_estimator
def test_estimator_of__takes_the_choices_the_method_has(name):
    given = {"fwhm_mm": 9.0, "radius_mm": 8.0, "placement": "nearest", "alpha": 0.01}
    estimator = estimator_of(name, given)
    assert estimator.placement == "nearest"
    for choice in ("fwhm_mm", "radius_mm", "weights"):
        assert hasattr(estimator, choice) == has_choice(name, choice)
    assert getattr(estimator, "radius_mm", 8.0) == 8.0
    assert estimator_of(name, {"radius_mm": None}) == ESTIMATORS[name]()


# ------------------------------------------------------------------------ invariances


@every_estimator
def test_fit__the_order_of_experiments_and_foci_changes_no_bit(name):
    whole = fitted(name)
    shuffled = {k: [(STUDIES[k][0][0][::-1], STUDIES[k][0][1])] for k in "dbeac"}
    again = fitted(name, shuffled)
    np.testing.assert_array_equal(again.stat.values, whole.stat.values)
    np.testing.assert_array_equal(again.p.values, whole.p.values)
    # Random places go to the foci of an experiment in their order, so it keeps that here.
    other_order = fitted(name, {k: STUDIES[k] for k in "dbeac"})
    ours, theirs = (fwe(r, n_iterations=30, cluster_forming_p=0.05) for r in (whole, other_order))
    assert rows(ours.maxima) == rows(theirs.maxima)
    assert ours.threshold == theirs.threshold


@every_estimator
def test_fit__of_a_mirrored_set_is_the_mirrored_map(name):
    inside = [[(-3, 4, 2), (5, 0.5, -1)], [(-4, 3.5, 2)], [(2, 2, 2)]]
    left = {f"s{i}": [foci] for i, foci in enumerate(inside)}
    right = {f"s{i}": [[(-x, y, z) for x, y, z in foci]] for i, foci in enumerate(inside)}
    ours, theirs = (fitted(name, studies, FULL) for studies in (left, right))
    np.testing.assert_array_equal(ours.stat.volume[::-1], theirs.stat.volume)


@every_estimator
def test_fit__a_repeated_focus_counts_where_foci_add_up(name):
    once = fitted(name, {"a": [[(8, 8, 6)]], "b": [[(8, 8, 6)]]})
    twice = fitted(name, {"a": [[(8, 8, 6)] * 2], "b": [[(8, 8, 6)]]})
    assert (once.stat.max < twice.stat.max) == (name == "kda")


@every_estimator
def test_fit__an_experiment_without_foci_changes_no_map(name):
    with_none = {**STUDIES, "f": [([], 12)]}
    np.testing.assert_array_equal(fitted(name, with_none).stat.values, fitted(name).stat.values)


# ------------------------------------------------------------------------ leaving out


@every_estimator
def test_without__is_a_new_fit(name):
    result = fitted(name)
    clusters = find_clusters(result.stat, float(np.percentile(result.stat.values, 60)))
    found = contributions(result.ma, clusters)
    for i, left_out in enumerate(STUDIES):
        others = {k: v for k, v in STUDIES.items() if k != left_out}
        again = fitted(name, others).stat.values
        np.testing.assert_array_equal(result.map.without(i).values, again)
        lost = 1 - again / np.where(result.stat.values > 0, result.stat.values, 1)
        for c, cluster in enumerate(clusters):
            expected = lost[cluster.positions].mean()
            assert found.mean_drop[i, c] == pytest.approx(expected, abs=1e-12)


@every_estimator
def test_result_of__draws_the_places_of_a_new_fit(name):
    few = result_of(fitted(name), np.array([0, 2, 4]))
    fresh = fitted(name, {k: STUDIES[k] for k in "ace"})
    settings = NullSettings(cluster_forming_p=0.05, seed=3)
    ours, theirs = (null_of(result, settings) for result in (few, fresh))
    assert ours.key == theirs.key
    np.testing.assert_array_equal(few.p.values, fresh.p.values)


# ------------------------------------------------------------------------ correction


@every_estimator
def test_fwe__engines_and_threads_agree(name):
    null = null_of(fitted(name), NullSettings(cluster_forming_p=0.05))
    found = [
        rows(null_maxima(null.design, null.threshold, 60, 3, engine=engine, threads=threads))
        for engine, threads in (("pruned", 1), ("pruned", 3), ("dense", 1))
    ]
    assert found[0] == found[1] == found[2]


@every_estimator
def test_fwe__with_tfce_has_heights_that_rise_with_the_statistic(name):
    corrected = fwe(fitted(name), n_iterations=30, cluster_forming_p=0.05, tfce=True)
    assert corrected.tfce.max > 0
    p = corrected.uncorrected.p.values
    assert np.all(corrected.tfce.values[p >= 0.5] == 0)
    assert corrected.p_tfce.values.min() >= 1 / 31


@every_estimator
def test_fwe__of_one_experiment_is_refused(name):
    with pytest.raises(EvidenceError, match="one experiment cannot converge with others"):
        fwe(fitted(name, {"a": [[(8, 8, 6), (4, 4, 4)]]}), n_iterations=10)


# ------------------------------------------------------------------------ habits


@every_estimator
def test_habits__correctors_and_diagnostics_take_its_results(name):
    result = fitted(name)
    level = float(np.percentile(result.stat.values, 60))
    corrected = FWECorrector(n_iters=30, voxel_thresh=0.05).transform(result)
    assert "logp_level-voxel_corr-FWE_method-montecarlo" in corrected.maps
    assert "p_corr-FDR_method-indep" in FDRCorrector().transform(result).maps
    assert bonferroni(result).values.max() <= 1
    for diagnostic in (Jackknife, FocusCounter):
        found = diagnostic(target_image="stat", voxel_thresh=level).transform(result)
        assert found.tables[f"stat_diag-{diagnostic.__name__}_tab-counts_tail-positive"].size
    np.testing.assert_array_equal(
        corrected.get_map("stat", return_type="array"), result.stat.values
    )


@every_estimator
def test_result__has_ale_only_if_it_is_ale(name):
    result = fitted(name)
    corrected = fwe(result, n_iterations=20, cluster_forming_p=0.05)
    for holder in (result, result.map, corrected):
        if name == "ale":
            assert holder.ale is holder.stat
        else:
            said = rf"result of {METHOD_NAMES[name]}, not of ALE; its map is \.stat"
            with pytest.raises(ArgumentError, match=said):
                _ = holder.ale


@every_estimator
def test_result__says_what_it_is(name):
    result = fitted(name)
    words = result.words
    for text in (repr(result), result._repr_html_()):
        assert f"largest {words.statistic}" in text.replace("Largest", "largest")
        assert ("ALE" in text) == (name == "ale")
    assert list(fwe(result, n_iterations=20).table.columns)[4] == words.key


@every_estimator
def test_result__can_be_pickled(name):
    result = fitted(name)
    again = pickle.loads(pickle.dumps(result))
    assert again.map.estimator.words == result.map.estimator.words
    assert again.p.values.tobytes() == result.p.values.tobytes()


@every_estimator
def test_peak_unit__is_what_one_experiment_gives_at_its_focus(name):
    result = fitted(name, {"a": [[(8, 8, 6)]]}, FULL)
    assert result.map.peak_unit == pytest.approx(result.stat.max, rel=1e-12)
    assert result.map.in_peaks.max == pytest.approx(1, rel=1e-6)
