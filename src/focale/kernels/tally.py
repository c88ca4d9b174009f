"""Sums and counts over the entries of sparse maps."""

from __future__ import annotations

from focale._jit import kernel
from focale.typing import IntArray

# n entries of one or more maps, v mask voxels, k lattice values


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
