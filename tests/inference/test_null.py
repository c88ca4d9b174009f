"""The exact null: against counting, against direct convolution, and its way of rounding."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focale.inference.convolution import Histogram, convolved_log_tail
from focale.inference.footprints import fwhm_from_sample_size
from focale.inference.lattice import NULL_STEP, STEP, to_probability
from focale.inference.ma_maps import model_activation
from focale.inference.null import LatticeNull, lattice_null, null_steps, sum_steps
from focale.space.grid import Grid
from focale.space.mask import Mask
from tests.naive import null as naive
from tests.strategies import count_histograms, csr

RELATIVE = 1e-8
"""What `convolved_log_tail` promises of p, relative, however small p is."""


def histogram(counts, n_voxels):
    """Histogram of one experiment from its counts of voxels by lattice value."""
    counts = {0: 0, **counts}
    steps = sorted(counts)
    return Histogram(
        steps=np.array(steps, dtype=np.int64),
        probability=np.array([counts[step] for step in steps]) / n_voxels,
    )


def assert_same_tail(log_tail, expected):
    """Relative agreement of p, at every k."""
    assert log_tail.shape == expected.shape
    worst = np.abs(np.expm1(log_tail - expected)).max()
    assert worst < RELATIVE, f"p is off by a factor of up to {worst:.2e} + 1"


# -------------------------------------------------------- all tuples of a tiny mask


def cube(edge):
    affine = np.diag([3.0, 3.0, 3.0, 1.0])
    return Mask(
        grid=Grid(shape=(edge,) * 3, affine=affine), inside=np.ones((edge,) * 3, bool), name="cube"
    )


def tiny_maps(edge, n, seed=0):
    """Maps of n experiments in a cube of edge^3 voxels, with foci in and around it."""
    rng = np.random.default_rng(seed)
    experiments = [
        np.round(rng.uniform(-9, 3 * edge + 9, size=(rng.integers(1, 4), 3)), 1) for _ in range(n)
    ]
    foci, offsets = csr(experiments)
    return model_activation(foci, offsets, rng.uniform(8.5, 12, n), cube(edge))


def dense(ma, steps):
    """Lattice values of every experiment at every voxel, zeros included."""
    maps = [np.zeros(ma.mask.n_voxels, dtype=np.int64) for _ in range(ma.n_experiments)]
    for i, values in enumerate(maps):
        values[ma.entries(i)[0]] = steps[ma.offsets[i] : ma.offsets[i + 1]]
    return maps


TINY = [(5, 1), (5, 2), (5, 3), (3, 4)]


@pytest.mark.parametrize(("edge", "n"), TINY)
def test_lattice_null__equals_counting_all_tuples_of_voxels(edge, n):
    ma = tiny_maps(edge, n)
    steps = null_steps(ma)
    observed = sum_steps(ma, steps)
    null = lattice_null(ma, steps, int(observed.max()))
    sums = naive.sums_of_all_tuples(dense(ma, steps))
    expected = np.log([naive.share_at_least(sums, k) for k in np.unique(observed)])
    np.testing.assert_allclose(null.log_tail[np.unique(observed)], expected, rtol=0, atol=RELATIVE)


@pytest.mark.parametrize(("edge", "n"), TINY)
def test_lattice_null__rounding_up_and_down_brackets_the_unrounded_p(edge, n):
    # Unrounded: sums of the maps' own lattice (3.7e-9), on which an observed sum is exact.
    ma = tiny_maps(edge, n, seed=1)
    in_null_steps = ma.values * (STEP / NULL_STEP)
    observed = np.ceil(ma.log_sum * (STEP / NULL_STEP)).astype(np.int64)
    k_max = int(observed.max())
    up, down = (
        np.exp(lattice_null(ma, rounded.astype(np.int64), k_max).log_tail[observed])
        for rounded in (np.ceil(in_null_steps), np.floor(in_null_steps))
    )
    sums = naive.sums_of_all_tuples(dense(ma, ma.values))
    exact = np.array([naive.share_at_least(sums, total) for total in ma.log_sum])
    assert np.all(down <= exact * (1 + RELATIVE))
    assert np.all(exact <= up * (1 + RELATIVE))


def bracket_width(ma):
    """Width of the bracket relative to p, at every voxel, and the log p between."""
    in_null_steps = ma.values * (STEP / NULL_STEP)
    observed = np.ceil(ma.log_sum * (STEP / NULL_STEP)).astype(np.int64)
    k_max = int(observed.max())
    up, down = (
        lattice_null(ma, rounded.astype(np.int64), k_max).log_tail[observed]
        for rounded in (np.ceil(in_null_steps), np.floor(in_null_steps))
    )
    return np.expm1(up - down), (up + down) / 2


@pytest.fixture(scope="module")
def pain_maps(pain, brain):
    return model_activation(
        pain.foci_mm, pain.offsets, fwhm_from_sample_size(pain.n_subjects), brain
    )


def test_lattice_null__bracket_of_the_pain_set_is_narrow(pain_maps):
    width, log_p = bracket_width(pain_maps)
    assert width.min() >= -RELATIVE
    assert width[log_p < math.log(0.05)].max() < 0.03
    assert width[log_p < math.log(0.001)].max() < 0.01


def test_lattice_null__bracket_of_eight_experiments_is_wide_only_at_atoms(pain, brain):
    # On-grid foci repeat the same few values, so with few experiments single sums carry much
    # of the probability. Where one lies right at the observed value, rounding takes it in or
    # leaves it out: the bracket is up to 22 % wide at such voxels, and .3 % at the others.
    eight = pain.slice(pain.ids[:8])
    fwhm = fwhm_from_sample_size(eight.n_subjects)
    width, log_p = bracket_width(model_activation(eight.foci_mm, eight.offsets, fwhm, brain))
    small = width[log_p < math.log(0.05)]
    assert np.median(small) < 0.005
    assert small.max() < 0.25


# --------------------------------------------------------------- direct convolution


@given(count_histograms(), st.floats(0, 1))
def test_convolved_log_tail__equals_counting_tuples_for_any_histograms(counts, share):
    expected = naive.log_tail_exact(counts, 1000)
    k_max = round(share * (expected.size - 1))
    ours = convolved_log_tail([histogram(c, 1000) for c in counts], k_max)
    assert_same_tail(ours, expected[: k_max + 1])


DEGENERATE = {
    "one experiment": [{0: 900, 3: 60, 7: 40}],
    "nothing but zeros": [{0: 1000}],
    "nothing but zeros in all": [{0: 1000}] * 5,
    "zeros in all but one": [{0: 1000}, {0: 999, 50: 1}, {0: 1000}],
    "every voxel covered by one": [{4: 700, 9: 300}, {0: 990, 5: 10}],
    "every voxel covered by all": [{4: 700, 9: 300}] * 4,
    "one value everywhere": [{6: 1000}, {6: 1000}],
    "equal experiments": [{0: 800, 2: 150, 11: 50}] * 6,
    "largest sum is one": [{0: 999, 1: 1}, {0: 1000}],
    "one step each": [{0: 500, 1: 500}] * 12,
    "sizes far apart": [{0: 999, 1: 1}, {0: 999, 3000: 1}],
    "rare small values and a rare large one": [{0: 999, 1: 1}, {0: 999, 1: 1}, {0: 998, 7: 2}],
}


@pytest.mark.parametrize("counts", DEGENERATE.values(), ids=DEGENERATE.keys())
@pytest.mark.parametrize("k_max", [0, 1, None], ids=["k_max 0", "k_max 1", "largest sum"])
def test_convolved_log_tail__of_degenerate_histograms(counts, k_max):
    expected = naive.log_tail_exact(counts, 1000)
    k_max = expected.size - 1 if k_max is None else min(k_max, expected.size - 1)
    ours = convolved_log_tail([histogram(c, 1000) for c in counts], k_max)
    assert_same_tail(ours, expected[: k_max + 1])


def synthetic(n, kind, seed=0, n_voxels=200_000):
    """Counts like those of MA maps: few voxels at large values, many at small ones."""
    rng = np.random.default_rng(seed)
    experiments = []
    for _ in range(n):
        if kind == "dense":  # a hundred values, a twentieth of the mask covered
            values = np.unique(np.rint(rng.uniform(10, 20) * np.arange(1, 101)).astype(int))
            voxels = np.maximum(n_voxels // 20 * np.exp(-0.06 * np.arange(values.size)) / 17, 1)
        else:  # three values, 40 voxels in all
            values = np.sort(rng.choice(np.arange(200, 1500), 3, replace=False))
            voxels = np.array([33, 6, 1])
        counts = {int(v): int(c) for v, c in zip(values, voxels, strict=True)}
        experiments.append({0: n_voxels - sum(counts.values()), **counts})
    return experiments


SMALLEST = {10: 1e-29, 20: 1e-57, 40: 1e-114}


@pytest.mark.parametrize("kind", ["dense", "sparse"])
@pytest.mark.parametrize("n", SMALLEST)
@pytest.mark.parametrize("share", [0.5, 0.8], ids=["to half the largest sum", "to .8 of it"])
def test_convolved_log_tail__stays_right_in_the_far_tail(n, kind, share):
    counts = synthetic(n, kind)
    expected = naive.log_tail_direct([{v: c / 200_000 for v, c in e.items()} for e in counts])
    k_max = int(share * (expected.size - 1))
    ours = convolved_log_tail([histogram(c, 200_000) for c in counts], k_max)
    if share == 0.8:
        assert expected[k_max] < math.log(SMALLEST[n])  # the test tests what it says
    assert_same_tail(ours, expected[: k_max + 1])


@pytest.mark.parametrize("n", [5, 10, 20, 40])
def test_convolved_log_tail__up_to_the_largest_possible_sum(n):
    # Every experiment shows its peak at one voxel: no larger sum is possible.
    counts = synthetic(n, "sparse")
    expected = naive.log_tail_exact(counts, 200_000)
    ours = convolved_log_tail([histogram(c, 200_000) for c in counts], expected.size - 1)
    assert_same_tail(ours, expected)


@pytest.mark.parametrize("n", [2, 6, 10])
def test_convolved_log_tail__gaps_between_possible_sums_carry_no_mass(n):
    counts = [{0: 228_482, 100: 1}] * n
    ours = convolved_log_tail([histogram(c, 228_483) for c in counts], 100 * n)
    assert_same_tail(ours, naive.log_tail_exact(counts, 228_483))


def test_convolved_log_tail__never_rises(pain_maps):
    steps = null_steps(pain_maps)
    null = lattice_null(pain_maps, steps, int(sum_steps(pain_maps, steps).max()))
    assert null.log_tail[0] == 0
    assert np.all(np.diff(null.log_tail) <= 0)


def probabilities(ma, steps):
    """Share of the mask's voxels with each lattice value, of each experiment."""
    shares = []
    for values in dense(ma, steps):
        value, count = np.unique(values, return_counts=True)
        shares.append(dict(zip(value.tolist(), (count / values.size).tolist(), strict=True)))
    return shares


def test_lattice_null__equals_direct_convolution_on_the_pain_set(pain_maps):
    steps = null_steps(pain_maps)
    k_max = int(sum_steps(pain_maps, steps).max())
    expected = naive.log_tail_direct(probabilities(pain_maps, steps))[: k_max + 1]
    assert_same_tail(lattice_null(pain_maps, steps, k_max).log_tail, expected)


@pytest.mark.parametrize(("n", "n_foci"), [(4, 1), (8, 1), (10, 5), (20, 3)])
def test_lattice_null__when_all_experiments_report_the_same_peak(brain, rng, n, n_foci):
    # The strongest convergence there can be: p from 1e-21 to 1e-97 at that voxel.
    experiments = [
        np.vstack([[38.0, 4.0, 2.0], brain.mm(rng.integers(brain.n_voxels, size=n_foci - 1))])
        for _ in range(n)
    ]
    foci, offsets = csr(experiments)
    fwhm = fwhm_from_sample_size(rng.integers(8, 40, n).astype(float))
    ma = model_activation(foci, offsets, fwhm, brain)
    steps = null_steps(ma)
    k_max = int(sum_steps(ma, steps).max())
    expected = naive.log_tail_direct(probabilities(ma, steps))[: k_max + 1]
    assert_same_tail(lattice_null(ma, steps, k_max).log_tail, expected)


@pytest.mark.slow
def test_lattice_null__of_eighty_experiments_that_converge(brain, rng):
    # Every second experiment reports a peak within some millimetres of one place.
    experiments = []
    for i in range(80):
        foci = brain.mm(rng.integers(brain.n_voxels, size=9))
        if i % 2:
            foci[0] = np.round(rng.normal([-44, 16, 24], 4))
        experiments.append(foci)
    foci, offsets = csr(experiments)
    fwhm = fwhm_from_sample_size(np.rint(rng.lognormal(np.log(18), 0.45, 80)).clip(6, 80))
    ma = model_activation(foci, offsets, fwhm, brain)
    steps = null_steps(ma)
    k_max = int(sum_steps(ma, steps).max())
    expected = naive.log_tail_direct(probabilities(ma, steps))[: k_max + 1]
    assert expected[-1] < math.log(1e-30)
    assert_same_tail(lattice_null(ma, steps, k_max).log_tail, expected)


@pytest.mark.slow
def test_lattice_null__equals_counting_sixteen_million_tuples():
    ma = tiny_maps(4, 4)
    steps = null_steps(ma)
    observed = np.unique(sum_steps(ma, steps))
    null = lattice_null(ma, steps, int(observed.max()))
    sums = np.sort(naive.sums_of_all_tuples(dense(ma, steps)))
    expected = np.log(1 - np.searchsorted(sums, observed) / sums.size)
    np.testing.assert_allclose(null.log_tail[observed], expected, rtol=0, atol=RELATIVE)


# --------------------------------------------------------------------------- lattice


def test_null_steps__rounds_every_entry_to_the_nearest_step(pain_maps):
    in_null_steps = pain_maps.values * (STEP / NULL_STEP)
    steps = null_steps(pain_maps)
    assert np.issubdtype(steps.dtype, np.integer)
    assert np.abs(steps - in_null_steps).max() <= 0.5


def test_null_steps__takes_another_step(pain_maps):
    coarse, fine = null_steps(pain_maps, 1e-5), null_steps(pain_maps, 1e-7)
    assert np.abs(100 * coarse - fine).max() <= 51


def test_sum_steps__equals_adding_experiment_by_experiment(pain_maps):
    steps = null_steps(pain_maps)
    expected = np.zeros(pain_maps.mask.n_voxels, dtype=np.int64)
    for values in dense(pain_maps, steps):
        expected += values
    np.testing.assert_array_equal(sum_steps(pain_maps, steps), expected)


def test_sum_steps__is_within_half_a_step_an_experiment_of_the_map(pain_maps):
    # |K d - L| <= n d / 2 (science.md, 13.3)
    sums = sum_steps(pain_maps, null_steps(pain_maps)) * NULL_STEP
    difference = np.abs(sums - pain_maps.log_sum * STEP)
    assert difference.max() <= pain_maps.n_experiments * NULL_STEP / 2


# ---------------------------------------------------------------------------- ale_at


@pytest.fixture(scope="module")
def pain_null(pain_maps):
    steps = null_steps(pain_maps)
    return lattice_null(pain_maps, steps, int(sum_steps(pain_maps, steps).max()))


@pytest.mark.parametrize("p", [0.5, 0.05, 0.001, 1e-8])
def test_value_at__is_the_smallest_value_with_such_a_p(pain_null, p):
    k = round(-math.log1p(-pain_null.value_at(p)) / NULL_STEP)
    assert pain_null.log_tail[k] <= math.log(p) < pain_null.log_tail[k - 1]
    assert pain_null.value_at(p) == pytest.approx(to_probability(k * NULL_STEP / STEP), rel=1e-12)


def test_value_at__of_one_is_zero(pain_null):
    assert pain_null.value_at(1.0) == 0.0


def test_value_at__beyond_the_largest_value_is_infinite(pain_null):
    assert pain_null.value_at(1e-300) == math.inf


def test_value_at__takes_a_value_whose_p_is_exactly_the_limit():
    null = LatticeNull(log_tail=np.log([1.0, 0.5, 0.25, 0.25, 0.125]), step=0.1)
    assert null.value_at(0.25) == pytest.approx(-math.expm1(-0.2))
    assert null.value_at(0.125) == pytest.approx(-math.expm1(-0.4))
    assert null.value_at(0.2) == pytest.approx(-math.expm1(-0.4))


# -------------------------------------------------------------------------- Histogram


@pytest.mark.parametrize("tilt", [0.0, 1e-3, -0.01, 1.0, 50.0])
def test_cumulant__is_the_logarithm_of_the_mean_of_the_exponential(tilt):
    counts = {0: 900, 3: 60, 12: 40}
    expected = math.log(sum(c * math.exp(tilt * s) for s, c in counts.items()) / 1000)
    assert histogram(counts, 1000).cumulant(tilt) == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_cumulant__does_not_overflow():
    assert histogram({0: 999, 1000: 1}, 1000).cumulant(5.0) == pytest.approx(5000 - math.log(1000))
