"""MKDA density: against its slow twin, against counting, against NiMARE."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from focale import FWECorrector, Jackknife, MKDADensity, fwe
from focale.errors import ArgumentError, EvidenceError
from focale.estimators.subsets import result_of
from focale.inference.lattice import COUNTS, WEIGHT_STEP, WEIGHTS
from tests.fixtures_pain import REFERENCE, box_mask, studyset_of
from tests.naive import mkda as naive
from tests.naive import montecarlo as naive_null

NIMARE = json.loads((REFERENCE / "kda_nimare_0.22.1.json").read_text(encoding="utf-8"))
FLOAT32 = 1e-6
"""NiMARE's maps have seven digits."""

STUDIES = {
    "a": [([(4, 4, 4), (6, 4, 4), (14, 12, 8)], 9)],
    "b": [([(5.3, 4.1, 3.7)], 16)],
    "c": [([(14, 12, 8), (4, 4, 4)], 25)],
    "d": [([(0, 16, 2), (40, 40, 40)], 36)],
    "e": [([(10, 10, 8), (3, 5, 6)], 12)],
}
N = [9, 16, 25, 36, 12]
RADIUS = 5.0
RELATIVE = 1e-8
"""What `convolved_log_tail` promises of p."""


@pytest.fixture(scope="module")
def mask():
    return box_mask((10, 10, 7), inside=np.random.default_rng(2).random((10, 10, 7)) < 0.8)


@pytest.fixture(scope="module")
def studyset():
    return studyset_of(STUDIES)


def indicators_in(mask):
    return [
        naive.indicator(foci, RADIUS, mask.grid.shape, mask.grid.affine)[mask.inside]
        for ((foci, _),) in STUDIES.values()
    ]


def assert_same_as_nimare(result, expected):
    stat, p = result.stat.values, result.p.values
    assert stat.max() == pytest.approx(expected["max_stat"], rel=FLOAT32)
    assert np.count_nonzero(stat) == expected["n_nonzero"]
    assert stat.sum() == pytest.approx(expected["sum_stat"], rel=FLOAT32)
    assert result.z.max == pytest.approx(expected["max_z"], rel=FLOAT32)
    assert np.count_nonzero(p < 0.001) == expected["n_p001"]
    assert stat[p < 0.001].min() == pytest.approx(expected["min_stat_p001"], rel=FLOAT32)


# ------------------------------------------------------------------------ the map


@pytest.mark.parametrize("weights", ["equal", "sqrt_n"])
@pytest.mark.parametrize("placement", ["exact", "nearest"])
def test_statistic__equals_naive(studyset, mask, weights, placement):
    estimator = MKDADensity(radius_mm=RADIUS, weights=weights, placement=placement, mask=mask)
    indicators = [
        naive.indicator(foci, RADIUS, mask.grid.shape, mask.grid.affine, placement)[mask.inside]
        for ((foci, _),) in STUDIES.values()
    ]
    weight = naive.weights(N) if weights == "sqrt_n" else None
    expected = naive.density(indicators, weight)
    ours = estimator.statistic(studyset).stat.values
    # A weight is rounded once, by half a step at most; a count is not.
    rounding = 0 if weight is None else len(N) * WEIGHT_STEP / 2
    assert np.abs(ours - expected).max() <= rounding


def test_statistic__counts_an_experiment_once_however_many_foci(mask):
    many = studyset_of({"a": [[(8, 8, 6)] * 5 + [(9, 8, 6)]], "b": [[(8, 8, 6)]]})
    assert MKDADensity(mask=mask).statistic(many).stat.max == 2


def test_statistic__needs_no_sample_size(mask):
    without = studyset_of({"a": [([(8, 8, 6)], None)], "b": [([(8, 8, 6)], None)]})
    assert MKDADensity(mask=mask).fit(without).stat.max == 2
    with pytest.raises(EvidenceError, match=r"no sample size for 2 of 2 .*weights = \"equal\""):
        MKDADensity(mask=mask, weights="sqrt_n").fit(without)


def test_statistic__weights_sum_to_the_number_of_experiments(studyset, mask):
    statistic = MKDADensity(weights="sqrt_n", mask=mask).statistic(studyset)
    assert statistic.footprints.weight.tolist() == pytest.approx(naive.weights(N))
    assert statistic.footprints.weight.sum() == pytest.approx(5)
    assert statistic.ma.scale == WEIGHTS


def test_statistic__of_equal_sample_sizes_is_the_count(mask):
    alike = studyset_of({"a": [[(8, 8, 6)]], "b": [[(8, 8, 6)]], "c": [[(0, 0, 0)]]})
    weighted, equal = (
        MKDADensity(weights=weights, mask=mask).fit(alike) for weights in ("sqrt_n", "equal")
    )
    assert weighted.ma.scale == COUNTS
    np.testing.assert_array_equal(weighted.p.values, equal.p.values)


# ------------------------------------------------------------------------ its null


def test_p__is_the_poisson_binomial_of_all_outcomes(studyset, mask):
    result = MKDADensity(radius_mm=RADIUS, mask=mask).fit(studyset)
    shares = [float(own.mean()) for own in indicators_in(mask)]
    for count in range(int(result.stat.max) + 1):
        expected = naive.tail(shares, count)
        found = result.p.values[result.stat.values == count]
        assert found.size
        np.testing.assert_allclose(found, expected, rtol=RELATIVE)


def test_p__of_weights_is_that_of_all_outcomes(studyset, mask):
    result = MKDADensity(radius_mm=RADIUS, weights="sqrt_n", mask=mask).fit(studyset)
    shares = [float(own.mean()) for own in indicators_in(mask)]
    rounded = [round(w / WEIGHT_STEP) * WEIGHT_STEP for w in naive.weights(N)]
    for value in np.unique(result.stat.values):
        expected = naive.tail(shares, value, rounded)
        found = result.p.values[result.stat.values == value]
        np.testing.assert_allclose(found, expected, rtol=RELATIVE)


@pytest.mark.parametrize("weights", ["equal", "sqrt_n"])
@pytest.mark.parametrize("p", [0.5, 0.05, 0.001])
def test_null__what_is_above_its_level_has_such_a_p(studyset, mask, weights, p):
    from focale.correction.null import NullSettings, null_of

    result = MKDADensity(radius_mm=RADIUS, weights=weights, mask=mask).fit(studyset)
    null = null_of(result, NullSettings(cluster_forming_p=p))
    above = result.ma.log_sum > null.threshold
    np.testing.assert_array_equal(above, result.p.values <= p)
    if above.any() and weights == "equal":
        assert null.threshold == null.stat_threshold - 1  # counts below it belong to no cluster


# ------------------------------------------------------------------------ correction


@pytest.mark.parametrize("weights", ["equal", "sqrt_n"])
def test_fwe__equals_whole_volumes(studyset, mask, weights):
    result = MKDADensity(radius_mm=RADIUS, weights=weights, mask=mask).fit(studyset)
    corrected = fwe(result, n_iterations=60, seed=5, cluster_forming_p=0.05)
    shape, affine = mask.grid.shape, mask.grid.affine
    weight = naive.weights(N) if weights == "sqrt_n" else [1.0] * 5
    step = result.ma.scale.step
    footprints, reaching = [], []
    for ((foci, _),), w in zip(STUDIES.values(), weight, strict=True):
        kept = [f for f in foci if naive.within(f, RADIUS, shape, affine)[mask.inside].any()]
        reaching.append(np.array(kept))
        footprints.append([ball(f, mask) * max(round(w / step), 1) for f in kept])
    threshold = round(corrected.threshold / step) - 1
    maxima = naive_null.maxima(
        footprints,
        naive_null.fingerprints(reaching, [RADIUS] * 5, weight),
        np.argwhere(mask.inside),
        mask.inside,
        threshold,
        6,
        (5, 0),
        range(60),
    )
    largest, size, mass = (np.array(column) for column in zip(*maxima, strict=True))
    assert corrected.maxima.largest.tolist() == largest.tolist()
    assert corrected.maxima.size.tolist() == size.tolist()
    assert corrected.maxima.mass.tolist() == mass.tolist()
    for position, value in enumerate(result.ma.log_sum):
        expected = (np.count_nonzero(largest >= value) + 1) / 61
        assert corrected.p_voxel.values[position] == expected


def ball(focus_mm, mask):
    """The sphere of a focus on its own box, 1 inside, by distances from every centre."""
    voxel = mask.grid.to_voxels(np.array([focus_mm], dtype=float))[0]
    shift = (voxel - np.round(voxel)) * mask.grid.voxel_size_mm
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = -6.0
    return naive.within(shift, RADIUS, (7, 7, 7), affine).astype(np.int64)


def test_fwe__controls_what_it_says(brain):
    """Of 60 sets of random foci, more than 8 have a cluster of p <= .05 in .4 % of the cases."""
    rng = np.random.default_rng(7)
    voxels = np.argwhere(brain.inside)
    found = 0
    for _ in range(60):
        places = voxels[rng.integers(len(voxels), size=(12, 6))]
        foci = brain.grid.to_mm(places.reshape(-1, 3).astype(float)).reshape(12, 6, 3)
        studies = {f"s{i}": [[tuple(mm) for mm in own.tolist()]] for i, own in enumerate(foci)}
        result = MKDADensity().fit(studyset_of(studies))
        corrected = fwe(result, n_iterations=99, seed=1)
        found += bool(np.any(corrected.p_of_clusters[:, :1] <= 0.05))
    assert found <= 8


# ------------------------------------------------------------------------ jackknife


@pytest.mark.parametrize("weights", ["equal", "sqrt_n"])
def test_jackknife__equals_refits(studyset, mask, weights):
    estimator = MKDADensity(radius_mm=RADIUS, weights=weights, mask=mask)
    result = estimator.fit(studyset)
    found = Jackknife(target_image="stat", voxel_thresh=1.5).transform(result)
    table = found.tables["stat_diag-Jackknife_tab-counts_tail-positive"]
    labels = found.labels.values
    for i, experiment in enumerate(studyset.ids):
        others = studyset.slice([name for name in studyset.ids if name != experiment])
        again = estimator.fit(others).stat.values
        if weights == "sqrt_n":  # a new fit scales the weights of the others to a mean of 1
            roots = np.sqrt(np.delete(N, i))
            again = again * (roots.mean() / np.sqrt(N).mean())
        lost = 1 - again / np.maximum(result.stat.values, 1e-9)
        for cluster in range(1, int(labels.max()) + 1):
            expected = lost[labels == cluster].mean()
            # 5 weights, each rounded by half a step, of a statistic above 1.5, twice
            rounding = 1e-12 if weights == "equal" else 5 * WEIGHT_STEP / 1.5
            assert table[f"PositiveTail {cluster}"][i] == pytest.approx(expected, abs=rounding)


def test_result_of__some_experiments_is_a_new_fit(studyset, mask):
    estimator = MKDADensity(radius_mm=RADIUS, mask=mask)
    few = result_of(estimator.fit(studyset), np.array([0, 2, 4]))
    fresh = estimator.fit(studyset.slice(studyset.ids[[0, 2, 4]]))
    np.testing.assert_array_equal(few.p.values, fresh.p.values)
    np.testing.assert_array_equal(few.stat.values, fresh.stat.values)


# ------------------------------------------------------------------------ NiMARE


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "mkda"),
        ({"radius_mm": 6}, "mkda_6mm"),
        ({"kernel__r": 6}, "mkda_6mm"),
    ],
)
def test_nimare__has_the_same_map_and_p(pain, given, expected):
    """All foci of the pain set lie on voxels: both lay the same spheres, and both are exact."""
    assert_same_as_nimare(MKDADensity(**given).fit(pain), NIMARE[expected])


def test_nimare__has_the_same_largest_place_and_percentile(pain):
    result, expected = MKDADensity().fit(pain), NIMARE["mkda"]
    assert list(result.stat.max_mm) == expected["max_at_mm"]
    values = result.stat.values
    assert np.percentile(values[values > 0], 95) == expected["p95_nonzero"]
    assert result.logp.max == pytest.approx(expected["max_logp"], rel=FLOAT32)


def test_nimare__weights_by_sample_size_alike(pain):
    """Its bins are 2.1e-4 wide and ours 1.2e-4, so thresholds differ in the fourth digit."""
    result, expected = MKDADensity(weighting="sample_size").fit(pain), NIMARE["mkda_sample_size"]
    stat, p = result.stat.values, result.p.values
    rounding = len(pain) * WEIGHT_STEP / 2
    assert stat.max() == pytest.approx(expected["max_stat"], abs=rounding)
    assert np.count_nonzero(stat) == expected["n_nonzero"]
    assert stat.sum() == pytest.approx(expected["sum_stat"], rel=WEIGHT_STEP)
    assert result.z.max == pytest.approx(expected["max_z"], rel=1e-3)
    assert np.count_nonzero(p < 0.001) == expected["n_p001"]
    assert stat[p < 0.001].min() == pytest.approx(expected["min_stat_p001"], abs=rounding)


# ------------------------------------------------------------------------ arguments


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"radius_mm": 0}, r"'radius_mm' parameter of MKDADensity must be a number above 0"),
        ({"kernel__r": -2}, r"'kernel__r' parameter of MKDADensity must be a number above 0"),
        ({"radius_mm": 61}, r"'radius_mm' parameter .* at most 60 mm"),
        ({"radius_mm": math.nan}, r"'radius_mm' parameter .* a number above 0"),
        ({"radius_mm": 8, "kernel__r": 9}, r"radius_mm or kernel__r, not both"),
        ({"weights": "n"}, r"'weights' parameter .* must be 'equal' or 'sqrt_n'"),
        ({"weighting": np.ones(3)}, r"'weighting' parameter .*Got 'ndarray' instead"),
        ({"weighting": "N"}, r"'weighting' parameter .* 'uniform' or 'sample_size'"),
        ({"weights": "sqrt_n", "weighting": "uniform"}, r"weights or weighting, not both"),
        ({"null_method": "montecarlo"}, r"has no null_method='montecarlo'.*use FWECorrector"),
        ({"null_method": "reduced"}, r"'null_method' parameter .* 'approximate' or 'montecarlo'"),
        ({"n_iters": 0}, r"'n_iters' parameter .* whole number of at least 1"),
        ({"n_cores": -2}, r"'n_cores' parameter .* whole number of at least -1"),
        ({"placement": "left"}, r"'placement' parameter of MKDADensity must be 'exact'"),
    ],
)
def test_arguments__that_make_no_sense_are_refused(given, said):
    with pytest.raises(ArgumentError, match=said):
        MKDADensity(**given)


def test_arguments__of_nimare_are_the_same_choices():
    given = {"null_method": "approximate", "n_iters": 5000, "n_cores": 2, "random_state": 1}
    assert MKDADensity(kernel__r=8, **given) == MKDADensity(radius_mm=8)
    assert MKDADensity(weighting="sample_size") == MKDADensity(weights="sqrt_n")
    assert MKDADensity(weighting="uniform") == MKDADensity()
    assert replace(MKDADensity(radius_mm=8), weights="sqrt_n").radius_mm == 8


def test_scripts__of_nimare_run(studyset, mask):
    result = MKDADensity(kernel__r=5, null_method="approximate", mask=mask).fit(studyset)
    corrector = FWECorrector(method="montecarlo", voxel_thresh=0.05, n_iters=50, n_cores=1)
    corrected = corrector.transform(result)
    name = "z_desc-mass_level-cluster_corr-FWE_method-montecarlo"
    assert corrected.get_map(name, return_type="array").shape == (mask.n_voxels,)
    np.testing.assert_array_equal(result.get_map("stat", return_type="array"), result.stat.values)
