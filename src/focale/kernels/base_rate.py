"""Loops of the SCALE null: how near the base rate lies.

The base rate is where the foci of a database lie. Around each voxel its foci are counted by
rings of distance, and from the counts follow the first three cumulants of a random map at the
voxel (see `focale.inference.null_moments`).
"""

from __future__ import annotations

import numpy as np

from focale._jit import kernel, subkernel
from focale.typing import BoolArray, FloatArray, IntArray

# (y, z) voxels of a plane, p places of the base rate, r rings, k kinds of experiments,
# (a, b, c) voxels of a box


@kernel
def count_rings(
    x: int,
    places: IntArray,
    weights: IntArray,
    ring: IntArray,
    counts: IntArray,
) -> None:
    """Count the foci of the base rate around each voxel of a plane, by rings of distance.

    x : which plane of the volume
    places : shape (p, 3); voxels with foci, perhaps outside the volume
    weights : shape (p,); how many foci each has
    ring : shape (a, b, c); odd edges; ring of a place as far from the middle
    counts : shape (y, z, r), overwritten
    """
    counts[:] = 0
    half_x, half_y, half_z = ring.shape[0] // 2, ring.shape[1] // 2, ring.shape[2] // 2
    size_y, size_z, _ = counts.shape
    for p in range(weights.size):
        far = x - places[p, 0]
        if far < -half_x or far > half_x:
            continue
        centre_y, centre_z, weight = places[p, 1], places[p, 2], weights[p]
        for y in range(max(centre_y - half_y, 0), min(centre_y + half_y + 1, size_y)):
            for z in range(max(centre_z - half_z, 0), min(centre_z + half_z + 1, size_z)):
                r = ring[half_x + far, half_y + y - centre_y, half_z + z - centre_z]
                counts[y, z, r] += weight


@subkernel
def gather_moments(
    counts: IntArray,
    n_base: int,
    values: FloatArray,
    n_foci: IntArray,
    before: FloatArray,
    moments: FloatArray,
) -> None:
    """First three moments of the value that each kind of experiment gives a voxel.

    counts : shape (r,); foci of the base rate in each ring around the voxel
    n_base, values, n_foci : as in `add_cumulants`
    before : shape (f + 1,), f being the largest of `n_foci`; overwritten
    moments : shape (k, 3), overwritten
    """
    moments[:] = 0.0
    before[:] = 1.0  # probability that none of so many foci is within the rings so far
    n_within = 0
    for r in range(counts.size):
        if counts[r] == 0:
            continue
        n_within += counts[r]
        beyond, power = (n_base - n_within) / n_base, 1.0
        for f in range(1, before.size):
            power *= beyond
            before[f] -= power  # what is left: that the nearest of f foci is in this ring
        for k in range(n_foci.size):
            value = values[k, r]
            weighted = before[n_foci[k]] * value
            moments[k, 0] += weighted
            moments[k, 1] += weighted * value
            moments[k, 2] += weighted * value * value
        power = 1.0
        for f in range(1, before.size):
            power *= beyond
            before[f] = power


@kernel
def add_cumulants(
    counts: IntArray,
    inside: BoolArray,
    n_base: int,
    values: FloatArray,
    n_foci: IntArray,
    n_alike: IntArray,
    cumulants: FloatArray,
) -> int:
    """First three cumulants of a random map at the mask voxels of a plane.

    An experiment of f foci gives a voxel the value of the ring of its nearest focus, and no
    focus is as near as ring j with probability (1 - D_j)^f, D_j being the share of the base
    rate up to ring j. Cumulants of independent experiments add up.

    counts : as left by `count_rings`
    inside : shape (y, z); mask voxels of the plane
    n_base : foci of the whole base rate
    values : shape (k, r); what a focus in each ring gives
    n_foci, n_alike : shape (k,); foci of such an experiment, and how many there are
    cumulants : shape (v', 3); filled from the front, in the order of the voxels

    Returns the number of voxels.
    """
    before = np.empty(n_foci.max() + 1)
    moments = np.empty((n_foci.size, 3))
    n = 0
    for y in range(inside.shape[0]):
        for z in range(inside.shape[1]):
            if not inside[y, z]:
                continue
            gather_moments(counts[y, z], n_base, values, n_foci, before, moments)
            first, second, third = 0.0, 0.0, 0.0
            for k in range(n_foci.size):
                mean, square, cube = moments[k, 0], moments[k, 1], moments[k, 2]
                first += n_alike[k] * mean
                second += n_alike[k] * (square - mean * mean)
                third += n_alike[k] * (cube - 3 * mean * square + 2 * mean**3)
            cumulants[n, 0], cumulants[n, 1], cumulants[n, 2] = first, second, third
            n += 1
    return n
