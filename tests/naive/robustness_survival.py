"""Subsets and noise, each from the beginning. Nothing here comes from focale.

Maps are whole numbers in steps of -log(1 - MA), one for every voxel of the mask.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
from scipy import ndimage

from tests.naive import montecarlo
from tests.naive.null import log_tail_direct

FINE, COARSE = 2.0**-28, 1e-6


def threshold(maps, p):
    """Smallest sum of fine steps that the smallest coarse sum with so small a p stands for."""
    histograms = []
    for values in maps:
        coarse = [math.floor(int(v) * FINE / COARSE + 0.5) for v in values]
        histograms.append({k: n / len(coarse) for k, n in Counter(coarse).items()})
    tail = log_tail_direct(histograms)
    k = next((k for k, log_p in enumerate(tail) if log_p <= math.log(p)), None)
    return math.inf if k is None else math.ceil(k * COARSE / FINE - 1e-6)


def formed(maps, p):
    """Voxels from the threshold on."""
    return sum(maps) >= threshold(maps, p)


def cluster_values(volume, above, level, connectivity=6):
    """At each voxel the size or mass of its cluster, 0 outside; or its own value."""
    if level == "voxel":
        return volume
    contact = ndimage.generate_binary_structure(3, {6: 1, 18: 2, 26: 3}[connectivity])
    labels, n = ndimage.label(volume > above, contact)
    values = np.zeros(volume.shape, dtype=np.int64)
    for number in range(1, n + 1):
        own = labels == number
        values[own] = own.sum() if level == "size" else (volume[own] - above).sum()
    return values


def family_wise_p(volume, inside, above, level, footprints, names, sampling, key, n_iterations):
    """P of every voxel of a volume; what has no value has a p of 1."""
    column = {"voxel": 0, "size": 1, "mass": 2}[level]
    maxima = montecarlo.maxima(
        footprints, names, sampling, inside, above, 6, key, range(n_iterations)
    )
    values = cluster_values(volume * inside, above, level)
    p = np.ones(volume.shape)
    for value in np.unique(values[values > 0]):
        n = sum(row[column] >= value for row in maxima)
        p[values == value] = (n + 1) / (n_iterations + 1)
    return p


def bisected(survives, most):
    """Largest number found with which something survives, `survives[k]` being known."""
    if survives[most]:
        return most
    alive, lost = 0, most
    while lost - alive > 1:
        middle = (alive + lost) // 2
        if survives[middle]:
            alive = middle
        else:
            lost = middle
    return alive
