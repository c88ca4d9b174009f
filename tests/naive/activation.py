"""The compiled loops of `kernels/activation.py` and `kernels/histogram.py`, voxel by voxel."""

from __future__ import annotations

import math

import numpy as np


def stamp(footprints, which, centres, volume, adds=False):
    """A new volume, raised to the footprint around each focus, or by it."""
    raised = volume.copy()
    for number, centre in zip(which, centres, strict=True):
        footprint = footprints[number]
        for place in np.ndindex(footprint.shape):
            voxel = tuple(
                int(c) + p - n // 2 for c, p, n in zip(centre, place, footprint.shape, strict=True)
            )
            if all(0 <= v < n for v, n in zip(voxel, volume.shape, strict=True)):
                both = raised[voxel], footprint[place]
                raised[voxel] = sum(both) if adds else max(both)
    return raised


def collect(volume, mask_index):
    """(position in mask order, value) of every mask voxel above zero, in mask order."""
    return sorted(
        (int(mask_index[voxel]), int(volume[voxel]))
        for voxel in np.ndindex(volume.shape)
        if volume[voxel] > 0 and mask_index[voxel] >= 0
    )


def fold(running, bins, probability, centres, bins_per_unit):
    """Every pair of bins goes to the bin nearest 1 - (1 - a)(1 - b); beyond the last, to it."""
    folded = np.zeros(len(running))
    for b, p_b in zip(bins, probability, strict=True):
        for a, p_a in enumerate(running):
            both = 1.0 - (1.0 - centres[b]) * (1.0 - centres[a])
            nearest = math.floor(both * bins_per_unit + 0.5)
            folded[min(nearest, len(folded) - 1)] += p_a * p_b
    return folded
