"""A map against the base rate of a database: what comes out, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from focale import ALE, SCALE, FWECorrector, fwe, scale
from focale.correction.scale_result import TABLE_COLUMNS
from focale.errors import ArgumentError, EvidenceError
from focale.inference.common_scale import SCALE_STEP
from focale.inference.montecarlo import NullMaxima
from tests.fixtures_pain import box_mask, studyset_of

MASK = box_mask((14, 13, 12), edges_mm=(4.0, 4.0, 4.0))
N = 300


@pytest.fixture(scope="module")
def chosen():
    """Eight experiments that share a place, and a busy place that all the database reports."""
    rng = np.random.default_rng(3)
    busy, shared = np.array([12.0, 12.0, 12.0]), np.array([36.0, 32.0, 28.0])
    studies = {}
    for number in range(8):
        foci = [*rng.uniform(0, 48, (3, 3)), busy + rng.normal(0, 3, 3), shared]
        studies[f"S{number}"] = [np.round(foci, 1).tolist()]
    return studyset_of(studies)


@pytest.fixture(scope="module")
def database(chosen):
    """2,000 foci: every second one around the busy place."""
    rng = np.random.default_rng(4)
    busy = rng.normal(12, 3, (1000, 3))
    return np.round(np.concatenate([busy, rng.uniform(0, 48, (1000, 3))]), 1)


@pytest.fixture(scope="module")
def fitted(chosen):
    return ALE(mask=MASK, placement="nearest").fit(chosen)


@pytest.fixture(scope="module")
def tested(fitted, database):
    return scale(fitted, database, n_iterations=N, seed=5, cluster_forming_p=0.005)


def at(result, mm):
    return int(result.mask.position_of(np.array([mm]))[0])


def test_scale__finds_what_is_more_than_the_base_rate_and_not_the_base_rate(fitted, tested):
    even = fwe(fitted, n_iterations=N, seed=5)
    busy, shared = at(tested, (12, 12, 12)), at(tested, (36, 32, 28))
    assert even.p_voxel.values[busy] <= 0.05  # foci spread evenly call it convergence
    assert tested.p.values[busy] > 0.2
    assert tested.p_voxel.values[busy] == 1
    assert tested.p.values[shared] == pytest.approx(1 / (N + 1))
    assert tested.p_voxel.values[shared] == pytest.approx(1 / (N + 1))
    assert tested.p_size.values[shared] <= 0.05


def test_scale__p_is_never_below_one_in_all_and_1_where_nothing_is(tested):
    p = tested.p.values
    assert p.min() >= 1 / (N + 1)
    assert np.all(p[tested.ale.values == 0] == 1)
    assert np.array_equal(tested.p_voxel.values == 1, tested.p_voxel.values > N / (N + 1))
    for values in (tested.p_voxel, tested.p_size, tested.p_mass):
        assert np.all((values.values * (N + 1)) % 1 < 1e-6 + (values.values > 0))


def test_scale__corrected_p_follow_from_the_maxima(tested):
    standing = np.rint(tested.standing.values / SCALE_STEP)
    expected = [(np.sum(tested.maxima.largest >= s) + 1) / (N + 1) for s in standing[::17]]
    assert tested.p_voxel.values[::17].tolist() == pytest.approx(expected)
    for number, cluster in enumerate(tested.clusters):
        size = (np.sum(tested.maxima.size >= cluster.positions.size) + 1) / (N + 1)
        assert tested.p_of_clusters[number, 0] == pytest.approx(size)
        assert np.all(tested.p_size.values[cluster.positions] == tested.p_of_clusters[number, 0])
        assert np.all(tested.p_mass.values[cluster.positions] == tested.p_of_clusters[number, 1])
    assert np.all(tested.p_size.values[tested.clusters.labels == 0] == 1)


def test_scale__moves_foci_to_voxels_wherever_they_lie(chosen, database, tested):
    exact = ALE(mask=MASK).fit(chosen)
    again = scale(exact, database, n_iterations=N, seed=5, cluster_forming_p=0.005)
    assert not np.array_equal(exact.ale.values, again.ale.values)
    assert np.array_equal(again.ale.values, tested.ale.values)
    assert np.array_equal(again.p.values, tested.p.values)


def test_scale__threads_do_not_change_a_bit(fitted, database, tested):
    again = scale(fitted, database, n_iterations=N, seed=5, cluster_forming_p=0.005, threads=3)
    assert again.p.values.tobytes() == tested.p.values.tobytes()
    for name in NullMaxima.__slots__[:3]:
        assert np.array_equal(getattr(again.maxima, name), getattr(tested.maxima, name))


def test_scale__more_iterations_begin_with_the_same(fitted, database, tested):
    more = scale(fitted, database, n_iterations=N + 150, seed=5, cluster_forming_p=0.005)
    assert np.array_equal(more.maxima.largest[:N], tested.maxima.largest)


def test_scale__takes_a_studyset_a_map_and_the_base_rate_of_another(fitted, chosen):
    one = scale(fitted, chosen, n_iterations=40)
    other = scale(fitted.map, chosen.foci_mm, n_iterations=40)
    third = scale(fitted, one.base_rate, n_iterations=40)
    assert np.array_equal(one.p.values, other.p.values)
    assert np.array_equal(one.p.values, third.p.values)
    assert one.base_rate.n_foci == chosen.n_foci
    assert (one.base_rate.name, other.base_rate.name) == ("dictionary", "the coordinates given")


def test_scale_result__says_what_it_is(tested):
    table = tested.table
    assert tuple(table) == TABLE_COLUMNS
    assert len(table) == len(tested.clusters)
    assert np.all(np.diff(table["standing"]) <= 0)
    assert np.all(table["p_size_low"] <= table["p_size"])
    assert "base rate of 2,000 foci" in repr(tested)
    assert tested.facts["base rate"] == "2,000 foci of the coordinates given"
    assert tested.map_names == ("stat", "p", "z", "logp")
    assert tested.get_map("logp", return_type="array").max() == pytest.approx(np.log10(N + 1))
    assert tested.surviving(0.05, "voxel").max == tested.standing.max
    assert tested.z_fwe("size").max > 1.6
    smallest = tested.smallest_size(0.05)
    assert (np.sum(tested.maxima.size >= smallest) + 1) / (N + 1) <= 0.05
    assert (np.sum(tested.maxima.size >= smallest - 1) + 1) / (N + 1) > 0.05
    assert tested.largest_standing.max() == tested.maxima.largest.max() * SCALE_STEP


@pytest.mark.parametrize(
    ("base_rate", "message"),
    [
        ([[1.0, 2.0]], r"'base_rate' parameter of scale must be a Studyset, or .* Got 'shape"),
        ("words", "must be a Studyset, or coordinates in mm"),
        ([[np.nan, 0.0, 0.0]], "Got 'numbers not finite' instead"),
        ([[0.0, 0.0, 900.0]], "none of the 1 foci of the base rate lies in or near a box"),
        (np.zeros((0, 3)), "none of the 0 foci"),
    ],
)
def test_scale__refuses_what_is_no_base_rate(fitted, base_rate, message):
    with pytest.raises((ArgumentError, EvidenceError), match=message):
        scale(fitted, base_rate, n_iterations=10)


def test_scale__refuses_one_experiment_and_what_is_no_map(chosen, database):
    one = ALE(mask=MASK).fit(chosen.slice(chosen.ids[:1]))
    with pytest.raises(EvidenceError, match="only 1 experiment has foci that reach the mask"):
        scale(one, database)
    with pytest.raises(ArgumentError, match=r"'result' parameter of scale must be what ALE"):
        scale(chosen, database)
    with pytest.raises(ArgumentError, match="'n_iterations' parameter of scale"):
        scale(one, database, n_iterations=0)
    with pytest.raises(ArgumentError, match="'threads' parameter of scale"):
        scale(one, database, threads=0)


# ------------------------------------------------------------------------ NiMARE's habit


def test_scale_habit__equals_the_function(chosen, database, fitted):
    habit = SCALE(database, n_iters=60, n_cores=-1, random_state=9, mask=MASK).fit(chosen)
    plain = scale(fitted, database, n_iterations=60, seed=9)
    assert np.array_equal(habit.get_map("logp", return_type="array"), plain.logp.values)
    assert np.array_equal(habit.get_map("stat", return_type="array"), fitted.ale.values)
    assert habit.get_map("z").shape == MASK.grid.shape


def test_scale_habit__takes_the_width_of_the_kernel(chosen, database):
    habit = SCALE(database, 10, kernel__fwhm=14.0, mask=MASK)
    assert habit.estimator.fwhm_mm == 14.0
    assert np.all(habit.fit(chosen).map.fwhm_mm == 14.0)
    assert "n_iters=10" in repr(habit)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_iters": 0}, "'n_iters' parameter of SCALE"),
        ({"n_cores": -2}, "'n_cores' parameter of SCALE"),
        ({"kernel_transformer": "MKDAKernel"}, "None: footprints are those of ALE"),
        ({"kernel__r": 10}, "SCALE has no parameter 'kernel__r'; of the kernel it takes"),
    ],
)
def test_scale_habit__refuses_what_it_does_not_know(database, arguments, message):
    with pytest.raises(ArgumentError, match=message):
        SCALE(database, **arguments)


def test_fwe_corrector__gives_scale_maps_of_voxels_and_clusters(tested):
    corrected = FWECorrector(n_iters=N, voxel_thresh=0.005, seed=5).transform(tested)
    assert not tested.corrected
    found = corrected.get_map("logp_level-voxel_corr-FWE_method-montecarlo", return_type="array")
    np.testing.assert_allclose(found, -np.log10(tested.p_voxel.values), atol=1e-12)
    sizes = corrected.get_map(
        "z_desc-size_level-cluster_corr-FWE_method-montecarlo", return_type="array"
    )
    assert np.array_equal(sizes, tested.z_fwe("size").values)
    with pytest.raises(ArgumentError, match="'montecarlo' for SCALE"):
        FWECorrector("bonferroni").transform(tested)


# ------------------------------------------------------------------------ NiMARE 0.22.1

NIMARE = {  # SCALE(base, n_iters=2000, random_state=3) of the pain set: of 2,000 maps, as large
    (-68, -50, 4): 51,
    (-50, 2, 32): 238,
    (-38, -92, -6): 60,
    (-28, -94, 0): 105,
    (-16, 8, 28): 884,
    (-6, -20, -4): 90,
    (2, -10, -4): 614,
    (10, 12, 38): 1060,
    (20, -12, 10): 781,
    (32, -70, -24): 537,
    (42, -42, 10): 607,
    (52, -62, 4): 626,
}


@pytest.mark.slow
def test_scale__p_agrees_with_nimare(pain):
    rng = np.random.default_rng(7)
    centres = np.array([[38, 20, -2], [-36, 18, 0], [2, 16, 48], [0, -52, 28]])
    around = centres[rng.integers(4, size=4000)] + rng.normal(0, 8, (4000, 3))
    even = rng.uniform([-60, -90, -30], [60, 60, 60], (4000, 3))
    base = 2 * np.round(np.concatenate([around, even]) / 2)
    found = scale(ALE().fit(pain), base, n_iterations=1000, seed=1)
    for mm, n in NIMARE.items():
        ours = round(found.p.values[at(found, mm)] * 1001) - 1
        share = (n + ours) / 3000
        error = np.sqrt(share * (1 - share) * (1 / 2000 + 1 / 1000))
        assert abs(ours / 1000 - n / 2000) <= 4 * error, mm
