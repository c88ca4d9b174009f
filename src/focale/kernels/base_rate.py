"""Loops of the SCALE null: how near the base rate lies, and what a random map exceeds.

The base rate is where the foci of a database lie. Around each voxel its foci are counted by
rings of distance, and from the counts follow the first three cumulants of a random map at the
voxel (see `focale.inference.null_moments`).
"""

from __future__ import annotations

import numpy as np

from focale._jit import kernel
from focale.typing import BoolArray, FloatArray, IntArray

# (y, z) voxels of a plane, p places of the base rate, r rings, k kinds of experiments,
# (a, b, c) voxels of a box, v mask voxels, s runs of mask voxels


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
    n_kinds, n_rings = values.shape
    most = 0
    for k in range(n_kinds):
        most = max(most, n_foci[k])
    nearer = np.empty(most + 1)  # probability that no focus of f is as near, by f
    before = np.empty(most + 1)
    moments = np.empty((n_kinds, 3))
    n = 0
    for y in range(inside.shape[0]):
        for z in range(inside.shape[1]):
            if not inside[y, z]:
                continue
            moments[:] = 0.0
            before[:] = 1.0
            n_within = 0
            for r in range(n_rings):
                if counts[y, z, r] == 0:
                    continue
                n_within += counts[y, z, r]
                beyond = (n_base - n_within) / n_base
                nearer[0] = 1.0
                for f in range(1, most + 1):
                    nearer[f] = nearer[f - 1] * beyond
                for k in range(n_kinds):
                    value = values[k, r]
                    weighted = (before[n_foci[k]] - nearer[n_foci[k]]) * value
                    moments[k, 0] += weighted
                    moments[k, 1] += weighted * value
                    moments[k, 2] += weighted * value * value
                for f in range(most + 1):
                    before[f] = nearer[f]
            first, second, third = 0.0, 0.0, 0.0
            for k in range(n_kinds):
                mean, square, cube = moments[k, 0], moments[k, 1], moments[k, 2]
                first += n_alike[k] * mean
                second += n_alike[k] * (square - mean * mean)
                third += n_alike[k] * (cube - 3 * mean * square + 2 * mean**3)
            cumulants[n, 0], cumulants[n, 1], cumulants[n, 2] = first, second, third
            n += 1
    return n


@kernel
def survey_map(
    flat: IntArray,
    run_starts: IntArray,
    run_stops: IntArray,
    observed: IntArray,
    thresholds: IntArray,
    n_as_large: IntArray,
    positions: IntArray,
    values: IntArray,
) -> int:
    """Count where a random map is as large as what is observed, and list what is high.

    flat : the map, a flat volume
    run_starts, run_stops : shape (s,); runs of mask voxels in the flat volume
    observed, thresholds : shape (v,), in mask order
    n_as_large : shape (v,); raised by 1 where the map is at least as large as `observed`
    positions, values : shape (v,); filled from the front with mask voxels whose value is
        above their threshold, and their values

    Returns how many these are.
    """
    n_above, first = 0, 0
    for s in range(run_starts.size):
        row = flat[run_starts[s] : run_stops[s]]
        own, level = observed[first : first + row.size], thresholds[first : first + row.size]
        counts = n_as_large[first : first + row.size]
        passing = 0
        for i in range(row.size):
            counts[i] += row[i] >= own[i]
            passing |= row[i] > level[i]
        if passing:
            for i in range(row.size):
                if row[i] > level[i]:
                    positions[n_above] = first + i
                    values[n_above] = row[i]
                    n_above += 1
        first += row.size
    return n_above
