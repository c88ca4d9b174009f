"""Rounding, sums and counts over the entries of sparse maps, without temporary arrays."""

from __future__ import annotations

import math

from focale._jit import kernel
from focale.typing import IntArray

# n entries of one or more maps, v mask voxels, k lattice values


@kernel
def rescale(values: IntArray, factor: float, out: IntArray) -> None:
    """Values times a factor, rounded to whole numbers, halves up.

    values, out : shape (n,); `out` is overwritten
    """
    for i in range(values.size):
        out[i] = math.floor(values[i] * factor + 0.5)


@kernel
def add_at(voxels: IntArray, steps: IntArray, sums: IntArray) -> None:
    """Add the value of each entry at its voxel.

    voxels, steps : shape (n,)
    sums : shape (v,), changed
    """
    for i in range(voxels.size):
        sums[voxels[i]] += steps[i]


@kernel
def count(steps: IntArray, counts: IntArray) -> None:
    """Count how often each value occurs.

    steps : shape (n,); values from 0 to k - 1
    counts : shape (k,), changed
    """
    for i in range(steps.size):
        counts[steps[i]] += 1
