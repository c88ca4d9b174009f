"""Sums and counts against numpy."""

from __future__ import annotations

import numpy as np
import pytest

from focale.kernels.tally import add_at, count, rescale


@pytest.mark.parametrize("add", [add_at, add_at.py_func], ids=["compiled", "python"])
def test_add_at__equals_weighted_bincount(add, rng):
    voxels = rng.integers(0, 50, 400).astype(np.int32)
    steps = rng.integers(0, 9000, 400).astype(np.int32)
    sums = np.full(50, 7, dtype=np.int64)
    add(voxels, steps, sums)
    assert sums.tolist() == (7 + np.bincount(voxels, steps, 50)).astype(int).tolist()


@pytest.mark.parametrize("tally", [count, count.py_func], ids=["compiled", "python"])
def test_count__equals_bincount(tally, rng):
    steps = rng.integers(0, 30, 400).astype(np.int32)
    counts = np.zeros(40, dtype=np.int64)
    tally(steps, counts)
    assert counts.tolist() == np.bincount(steps, minlength=40).tolist()


@pytest.mark.parametrize("scale", [rescale, rescale.py_func], ids=["compiled", "python"])
def test_rescale__rounds_to_the_nearest_whole_number(scale):
    out = np.empty(4, dtype=np.int32)
    scale(np.array([0, 1, 3, 1000], dtype=np.int32), 0.5, out)
    assert out.tolist() == [0, 1, 2, 500]
