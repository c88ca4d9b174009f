"""The loops over labelings, compiled and as plain Python."""

from __future__ import annotations

import numpy as np
import pytest

from focale.kernels import relabelling
from focale.kernels.relabelling import by_voxel, exact_tails, label_sums, relabel


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


def test_appended__keeps_what_is_there():
    full = np.arange(8).reshape(2, 4)
    assert relabelling.appended(full, 1) is full
    assert relabelling.appended(full, 2)[:2].tolist() == full.tolist()
