"""Largest clusters of many maps, each given by its voxels above a threshold alone.

The same trees as in `montecarlo.py`, for maps that are not made there: a kernel calls only
kernels of its own file.
"""

from __future__ import annotations

import numpy as np

from focale._jit import kernel, subkernel
from focale.typing import IntArray

# i maps, e entries of all maps, n neighbours, v voxels of the flat volume


@subkernel
def root_of(parent: IntArray, i: int) -> int:
    """Root of the tree that `i` is in; a root's parent is below zero."""
    while parent[i] >= 0:
        i = parent[i]
    return i


@subkernel
def join(parent: IntArray, mass: IntArray, i: int, other: int) -> None:
    """Make one tree of those of `i` and `other`: the smaller joins the larger."""
    root, other = root_of(parent, i), root_of(parent, other)
    if root == other:
        return
    if parent[other] < parent[root]:
        root, other = other, root
    parent[root] += parent[other]
    mass[root] += mass[other]
    parent[other] = root


@kernel
def largest_clusters(
    starts: IntArray,
    voxels: IntArray,
    values: IntArray,
    earlier: IntArray,
    label: IntArray,
    sizes: IntArray,
    masses: IntArray,
) -> None:
    """Size and mass of the largest clusters of each of some maps.

    starts : shape (i + 1,); map m has the entries `starts[m]` to `starts[m + 1]`
    voxels : shape (e,); positions in a flat volume, each once in a map
    values : shape (e,), int64; what each adds to the mass of its cluster; overwritten
    earlier : shape (n,); how far back in the flat volume the neighbours lie that come
        before a voxel. The volume ends in blank voxels on each axis, so that none is
        taken for a neighbour across an edge.
    label : shape (v,), int32; zeros, and zeros again at the end
    sizes, masses : shape (i,); filled, 0 for a map without voxels
    """
    parent = np.empty(voxels.size, dtype=np.int64)
    for m in range(sizes.size):
        first, stop = starts[m], starts[m + 1]
        for i in range(first, stop):
            parent[i] = -1
            label[voxels[i]] = i + 1
        for i in range(first, stop):
            for n in range(earlier.size):
                other = label[voxels[i] - earlier[n]] - 1
                if other >= 0:
                    join(parent, values, i, other)
        size, mass = 0, 0
        for i in range(first, stop):
            label[voxels[i]] = 0
            if parent[i] < 0:
                size, mass = max(size, -parent[i]), max(mass, values[i])
        sizes[m], masses[m] = size, mass
