"""Labelings of two groups against going through every one of them."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from focale.inference.labelings import other_labelings, random_labelings
from focale.inference.lattice import STEP, to_lattice, to_probability
from focale.inference.ma_maps import MaMaps
from focale.inference.pearson import standardised, sum_at
from focale.inference.relabelling import Look, exact_p, label_design, label_null
from focale.kernels.relabelling import U_STEPS
from focale.space.grid import Grid
from focale.space.mask import Mask
from tests.naive import contrast as naive

SHAPE = (6, 5, 7)


@pytest.fixture
def mask(rng):
    return Mask(Grid(SHAPE, np.diag([2.0, 2, 2, 1])), rng.random(SHAPE) < 0.7, "a small mask")


def maps_of(mask, n, rng, share=0.4, most=0.011):
    """Sparse maps of n experiments: modelled activation, smooth enough to form clusters."""
    entries = []
    for _ in range(n):
        reached = np.flatnonzero(rng.random(mask.n_voxels) < share)
        values = to_lattice(rng.uniform(0.001, most, reached.size))
        entries.append((reached.astype(np.int32), values))
    offsets = np.cumsum([0, *(voxels.size for voxels, _ in entries)])
    voxels, values = (np.concatenate(part) for part in zip(*entries, strict=True))
    log_sum = np.bincount(voxels, values, mask.n_voxels).astype(np.int64)
    return MaMaps(offsets, voxels, values, log_sum, mask)


def dense(ma):
    """Lattice values of each experiment at every voxel."""
    values = np.zeros((ma.n_experiments, ma.mask.n_voxels), dtype=np.int64)
    for i in range(ma.n_experiments):
        voxels, own = ma.entries(i)
        values[i, voxels] = own
    return values


def first_of(design, by_tail):
    """By tail of the drawn group -> whether the first group has less (0) or more (1)."""
    return by_tail if design.draws_first else by_tail[..., ::-1]


@pytest.mark.parametrize(("n", "n_first"), [(9, 1), (9, 4), (9, 5), (9, 7), (10, 5)])
def test_exact_p__equals_every_labeling(n, n_first, mask, rng):
    ma = maps_of(mask, n, rng)
    names = rng.permutation(n).astype(np.uint64)
    design = label_design(ma, np.arange(n) < n_first, names, STEP)
    expected = naive.exact_p(to_probability(dense(ma)), range(n_first))
    np.testing.assert_allclose(first_of(design, exact_p(design)), expected, atol=1e-12)


@pytest.mark.parametrize(("n_first", "drawn"), [(4, 3), (3, 2), (5, 3)])
def test_exact_p__of_balanced_differences_equals_every_labeling_and_subsample(
    n_first, drawn, mask, rng
):
    ma = maps_of(mask, 8, rng, share=0.6)
    design = label_design(ma, np.arange(8) < n_first, np.arange(8, dtype=np.uint64), STEP, drawn)
    maps = to_probability(dense(ma))
    expected = naive.exact_p(
        maps, range(n_first), lambda maps, group: naive.balanced_difference(maps, group, drawn)
    )
    found = first_of(design, exact_p(design))
    # labelings that differ by less than the third cumulant of the subsamples may change places
    assert np.mean(np.abs(found - expected) > 1e-9) < 0.01
    assert np.abs(found - expected).max() <= 2 / design.n_labelings


def test_label_null__of_few_labelings_is_complete_and_exact(mask, rng):
    ma = maps_of(mask, 8, rng)
    design = label_design(ma, np.arange(8) < 3, np.arange(8, dtype=np.uint64), STEP)
    null = label_null(design, 1000, 0, counted=np.arange(mask.n_voxels))
    assert null.is_complete
    assert len(null) == 55
    reached = design.reaching > 0
    p = (null.counts + 1) / 56
    np.testing.assert_allclose(p[reached], exact_p(design)[reached], atol=1e-12)
    assert np.all(exact_p(design)[~reached] == 1)


@pytest.mark.parametrize("connectivity", [6, 26])
@pytest.mark.parametrize("n_first", [3, 5])
def test_look__sees_the_maxima_of_whole_maps(n_first, connectivity, mask, rng):
    ma = maps_of(mask, 8, rng)
    design = label_design(ma, np.arange(8) < n_first, np.arange(8, dtype=np.uint64), STEP)
    look = Look.of(design, 0.1, connectivity)
    values = dense(ma)
    labelings = np.concatenate([design.group[None], random_labelings(8, 3, 0, 5, 0)[:20]])
    _, maxima = look.at(labelings)
    for labeling, found in zip(labelings, maxima, strict=True):
        expected = naive.maxima(
            values, mask.inside, np.flatnonzero(labeling), look.told, look.forming, connectivity
        )
        for tail in (0, 1):
            largest, size, mass = found[:, tail]
            assert largest / U_STEPS == pytest.approx(expected[tail][0], abs=1e-6)
            assert size == expected[tail][1]
            assert mass / U_STEPS == pytest.approx(expected[tail][2], abs=1e-4)


@pytest.mark.parametrize("most", [0.011, 0.3], ids=["weak", "strong"])
@pytest.mark.parametrize("drawn", [None, 2, 4])
def test_label_null__voxels_that_are_left_out_hold_no_maximum(drawn, most, mask, rng):
    """Also of balanced differences, which bend where modelled activation is high."""
    ma = maps_of(mask, 13, rng, most=most)
    names = np.arange(13, dtype=np.uint64)
    design = label_design(ma, np.arange(13) < 4, names, STEP, drawn)
    whole = label_null(design, 400, 1, forming_p=0.01, counted=np.arange(mask.n_voxels))
    pruned = label_null(design, 400, 1, forming_p=0.01)
    assert np.any(pruned.counts.sum(axis=1) < whole.counts.sum(axis=1))  # some are left out
    for name in ("largest", "size", "mass"):
        assert getattr(pruned, name).tolist() == getattr(whole, name).tolist(), name


@pytest.mark.parametrize("drawn", [None, 3])
def test_label_null__does_not_depend_on_threads_order_or_which_side_is_first(drawn, mask, rng):
    ma = maps_of(mask, 14, rng)
    names = rng.permutation(14).astype(np.uint64)
    in_first = np.arange(14) % 2 == 0
    all_voxels = np.arange(mask.n_voxels)

    def null(order, first, threads):
        design = label_design(ma.only(order), first[order], names[order], STEP, drawn)
        found = label_null(design, 600, 3, forming_p=0.05, counted=all_voxels, threads=threads)
        tails = [found.counts, found.largest, found.size, found.mass]
        return [first_of(design, tail).tolist() for tail in tails]

    expected = null(np.arange(14), in_first, 1)
    assert null(rng.permutation(14), in_first, 3) == expected
    mirrored = null(np.arange(14), ~in_first, 1)
    assert [np.array(tail)[..., ::-1].tolist() for tail in mirrored] == expected


def test_label_design__moments_equal_those_of_every_group(mask, rng):
    ma = maps_of(mask, 9, rng)
    design = label_design(ma, np.arange(9) < 3, np.arange(9, dtype=np.uint64), STEP)
    values = dense(ma).astype(float)
    for voxel in rng.choice(mask.n_voxels, 30, replace=False):
        expected = naive.moments(values[:, voxel], 3)
        np.testing.assert_allclose(design.moments[voxel], expected, rtol=1e-8, atol=1e-8)


def test_label_design__balanced_difference_keeps_to_that_of_all_subsamples(mask, rng):
    """Read back from the tangent, it is the mean difference over subsamples."""
    ma = maps_of(mask, 10, rng, share=0.8)
    design = label_design(ma, np.arange(10) < 4, np.arange(10, dtype=np.uint64), STEP, 3)
    plain = label_design(ma, np.arange(10) < 4, np.arange(10, dtype=np.uint64), STEP)
    maps = to_probability(dense(ma))
    by_order = np.corrcoef(design.observed, plain.observed)[0, 1]
    assert by_order > 0.999
    slope = naive.balanced_difference(maps, set(range(4)), 3)
    centred = (design.observed - design.moments[:, 0]) * STEP
    reached = centred != 0
    # at equal rates D rises by (t / n1 + t / n2) exp(-L) with L
    ratio = slope[reached] / centred[reached]
    assert np.median(ratio) == pytest.approx((3 / 4 + 3 / 6) * 0.98, rel=0.05)


def test_random_labelings__choose_each_group_as_often():
    blocks = [random_labelings(5, 2, block, 7, 0) for block in range(40)]
    groups = dict.fromkeys(combinations(range(5), 2), 0)
    for labeling in np.concatenate(blocks):
        groups[tuple(np.flatnonzero(labeling).tolist())] += 1
    expected = sum(groups.values()) / len(groups)
    chi2 = sum((n - expected) ** 2 / expected for n in groups.values())
    assert chi2 < 27.9  # p .001 at 9 degrees of freedom


def test_other_labelings__are_all_but_the_observed_one():
    observed = np.array([True, False, True, False, False])
    others = np.concatenate(list(other_labelings(observed)))
    groups = {tuple(np.flatnonzero(labeling).tolist()) for labeling in others}
    assert groups == set(combinations(range(5), 2)) - {(0, 2)}
    assert len(others) == len(groups)


def test_standardised__is_undone_by_sum_at_and_rises(rng):
    skew = np.array([-1.2, -0.3, 0.0, 1e-8, 0.4, 2.0])
    mean, sd = rng.normal(size=6), rng.uniform(0.5, 2, 6)
    for u in (-3.0, -1.0, 0.0, 2.5):
        back = standardised(sum_at(u, mean, sd, skew), mean, sd, skew)
        np.testing.assert_allclose(back, u, atol=1e-6)
    sums = np.linspace(-30, 30, 400)
    for one in skew:
        flat = np.ones(400)
        assert np.all(np.diff(standardised(sums, 0 * flat, flat, one * flat)) > 0)


def test_standardised__agrees_with_the_gamma_distribution():
    from scipy.stats import gamma, norm

    shape = 4 / 0.8**2
    sums = gamma(shape).ppf([0.01, 0.2, 0.5, 0.9, 0.999])
    moments = (np.full(5, shape), np.full(5, np.sqrt(shape)), np.full(5, 2 / np.sqrt(shape)))
    np.testing.assert_allclose(
        standardised(sums, *moments), norm.ppf([0.01, 0.2, 0.5, 0.9, 0.999]), atol=0.03
    )
