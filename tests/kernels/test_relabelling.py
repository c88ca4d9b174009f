"""The loops over labelings, compiled and as plain Python."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from focale.inference.pearson import standardised as of_arrays
from focale.kernels import relabelling
from focale.kernels.relabelling import (
    add_powers,
    add_up,
    add_up_squares,
    appended,
    balanced_totals,
    by_voxel,
    exact_tails,
    label_sums,
    log_mean,
    mean_difference,
    relabel,
    standardised,
)


@pytest.fixture
def entries(rng):
    """Four voxels, five experiments."""
    dense = rng.integers(1, 1000, (5, 4)) * (rng.random((5, 4)) < 0.7)
    dense[:, 3] = 0
    voxels = [np.flatnonzero(row) for row in dense]
    offsets = np.cumsum([0, *(v.size for v in voxels)])
    flat = np.concatenate(voxels).astype(np.int32)
    values = np.concatenate([row[row > 0] for row in dense]).astype(np.int32)
    return dense, offsets, flat, values


def sorted_entries(entries, row, sort=by_voxel):
    _, offsets, voxels, values = entries
    starts = np.empty(5, dtype=np.int64)
    units, own = np.empty(values.size, np.int32), np.empty(values.size, np.int32)
    sort(offsets, voxels, values, row, starts, units, own)
    return starts, units, own


@pytest.mark.parametrize("sort", [by_voxel, by_voxel.py_func], ids=["compiled", "python"])
def test_by_voxel__turns_the_maps(sort, entries, rng):
    row = rng.permutation(5)
    starts, units, values = sorted_entries(entries, row, sort)
    turned = np.zeros((5, 4), dtype=int)
    turned[units, np.repeat(np.arange(4), np.diff(starts))] = values
    assert turned.tolist() == entries[0][row].tolist()


@pytest.mark.parametrize("balanced", [False, True])
def test_relabel__counts_what_label_sums_gives_and_python_agrees(balanced, entries):
    starts, units, values = sorted_entries(entries, np.arange(5))
    groups = np.array([[1, 1, 0, 0, 0], [0, 1, 1, 0, 0], [0, 0, 0, 1, 1], [1, 0, 0, 0, 1]], bool)
    members = np.ascontiguousarray(-groups.T.astype(np.int32))
    balance = np.array([2.0, 3.0, 2.0, 1e-5]) if balanced else np.array([])
    mean = entries[0].sum(axis=0) * 2 / 5
    moments = np.stack([mean, np.full(4, 200.0), np.full(4, 0.3)], axis=1)
    sums = np.empty((4, 4), dtype=np.int32)
    for p in range(4):
        one = np.ascontiguousarray(members[:, p : p + 1])
        for loop in (label_sums, label_sums.py_func):
            loop(starts, units, values, one, mean, balance, sums[p])
            if not balanced:
                assert sums[p].tolist() == (entries[0] * groups[p][:, None]).sum(axis=0).tolist()
    bounds = np.stack([mean - 100, mean + 100], axis=1).astype(np.int64)
    seen = []
    for loop in (relabel, relabel.py_func):
        counts = np.zeros((4, 2), dtype=np.int64)
        largest = np.zeros((4, 2), dtype=np.int64)
        found, n = loop(
            *(np.arange(3), starts, units, values, members, sums[0], bounds, moments, 0.9),
            *(balance, counts, largest),
        )
        seen.append((counts.tolist(), largest.tolist(), found[:n].tolist()))
    assert seen[0] == seen[1]
    counts = np.array(seen[0][0])
    assert counts[:3, 0].tolist() == (sums <= sums[0]).sum(axis=0)[:3].tolist()
    assert counts[:3, 1].tolist() == (sums >= sums[0]).sum(axis=0)[:3].tolist()
    assert counts[3].tolist() == [0, 0]  # not looked at


@pytest.mark.parametrize("loop", [exact_tails, exact_tails.py_func], ids=["compiled", "python"])
def test_exact_tails__of_two_experiments(loop):
    """At one voxel two of four experiments, of which two are drawn: six labelings."""
    starts, values = np.array([0, 2]), np.array([5, 7], np.int32)
    shares = np.zeros((3, 3))
    shares[2] = [1 / 6, 2 / 6, 1 / 6]  # neither; one certain one; both
    tails = np.zeros((1, 2))
    loop(
        *(np.array([0]), starts, values, np.array([7], np.int32), np.array([6.0])),
        *(np.array([]), shares, tails),
    )
    assert tails[0].tolist() == pytest.approx([5 / 6, 3 / 6])


@pytest.mark.parametrize("append", [appended, appended.py_func], ids=["compiled", "python"])
def test_appended__keeps_what_is_there(append):
    full = np.arange(8).reshape(2, 4)
    assert append(full, 1).shape == (2, 4)
    assert append(full, 2)[:2].tolist() == full.tolist()
    assert append(full, 2).shape == (4, 4)


def members_of(groups):
    return np.ascontiguousarray(-np.array(groups).T.astype(np.int32))


@pytest.mark.parametrize(
    ("add", "square"),
    [(add_up, add_up_squares), (add_up.py_func, add_up_squares.py_func)],
    ids=["compiled", "python"],
)
def test_add_up__adds_values_and_squares_of_the_group(add, square):
    units, values = np.array([0, 2], np.int32), np.array([5, 7], np.int32)
    members = members_of([[1, 0, 0], [1, 1, 1], [0, 1, 0]])  # of three labelings
    total, squares = np.full(3, 9, np.int32), np.full(3, 9.0)
    add(units, values, members, total)
    square(units, values, members, squares)
    assert total.tolist() == [5, 12, 0]
    assert squares.tolist() == [25.0, 74.0, 0.0]


@pytest.mark.parametrize("mean", [log_mean, log_mean.py_func], ids=["compiled", "python"])
def test_log_mean__keeps_to_the_mean_over_all_subsamples(mean):
    own = np.array([0.01, 0.004, 0.0, 0.02, 0.013])
    each = [-np.expm1(-sum(drawn)) for drawn in combinations(own, 3)]
    found = 1 - np.exp(-mean(own.sum(), (own**2).sum(), 5.0, 3.0))
    assert found == pytest.approx(np.mean(each), abs=0.016 * 3 * 0.02**3)
    assert mean(0.5, 0.3, 4.0, 4.0) == pytest.approx(0.5)  # a subsample that is the group


@pytest.mark.parametrize(
    "difference", [mean_difference, mean_difference.py_func], ids=["compiled", "python"]
)
def test_mean_difference__is_that_of_both_groups(difference):
    group, rest = np.array([0.01, 0.004, 0.02]), np.array([0.0, 0.013, 0.002, 0.001])
    every = np.concatenate([group, rest])
    balance = np.array([3.0, 4.0, 2.0])
    found = difference(group.sum(), (group**2).sum(), every.sum(), (every**2).sum(), balance)
    means = [np.mean([-np.expm1(-sum(d)) for d in combinations(own, 2)]) for own in (group, rest)]
    assert found == pytest.approx(means[0] - means[1], abs=0.033 * 2 * 0.02**3)


@pytest.mark.parametrize(
    "balance_totals", [balanced_totals, balanced_totals.py_func], ids=["compiled", "python"]
)
def test_balanced_totals__are_differences_read_on_their_tangent(balance_totals):
    values, step = np.array([4000, 1500, 9000, 2500], np.int32), 2.0**-20
    groups = [list(group) for group in combinations(range(4), 2)]
    members = members_of([[i in group for i in range(4)] for group in groups])
    units, size, mean = np.arange(4, dtype=np.int32), 2.0, values.sum() / 2
    total, squares = np.array([values[g].sum() for g in groups], np.int32), np.zeros(6)
    balance = np.array([size, 2.0, 1.0, step])
    balance_totals(units, values, members, mean, balance, total, squares)
    own = values * step
    differences = [
        np.mean(-np.expm1(-own[g])) - np.mean(-np.expm1(-np.delete(own, g))) for g in groups
    ]
    # where both groups have the mean sum and as many squares, the difference is 0, and it
    # rises by (t / n1 + t / n2) exp(-t L / n) with L
    slope = (1 / size + 1 / 2) * np.exp(-own.sum() / 4)
    np.testing.assert_allclose((total - mean) * step * slope, differences, rtol=0.002, atol=1e-6)


@pytest.mark.parametrize(
    "normal", [relabelling.standardised, standardised.py_func], ids=["compiled", "python"]
)
@pytest.mark.parametrize("skew", [-0.8, 0.0, 0.5])
def test_standardised__agrees_with_that_of_arrays(normal, skew):
    for total in (-3, 0, 2, 7):
        one = [np.array([value]) for value in (total, 1.5, 2.0, skew)]
        assert normal(total, 1.5, 2.0, skew) == pytest.approx(of_arrays(*one)[0], abs=1e-12)


@pytest.mark.parametrize("add", [add_powers, add_powers.py_func], ids=["compiled", "python"])
def test_add_powers__sums_values_squares_and_cubes(add, entries):
    starts, _, values = sorted_entries(entries, np.arange(5))
    powers = np.full((4, 3), np.nan)
    add(starts, values, powers)
    dense = entries[0].astype(float)
    np.testing.assert_array_equal(powers, np.stack([(dense**k).sum(0) for k in (1, 2, 3)], axis=1))
