"""A planned test by whole volumes: one evidence base tested from beginning to end.

Nothing here comes from focale. Volumes are those of `naive.ale`, clusters are those of scipy,
and each data set has a null of its own.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from tests.naive.ale import ale, modelled_activation

STEP = 1e-5
"""Of the lattice the null is convolved on."""


def clusters_above(volume, inside, threshold):
    """Voxels of each cluster that shares faces, as volumes of truth values."""
    labels, n = ndimage.label(inside & (volume > threshold))
    return [labels == number for number in range(1, n + 1)]


def is_near(cluster, affine, place_mm, within_mm):
    """Whether any voxel of a cluster lies within a distance of a place."""
    for ijk in np.argwhere(cluster):
        mm = affine[:3, :3] @ ijk + affine[:3, 3]
        if np.linalg.norm(mm - place_mm) <= within_mm:
            return True
    return False


def shares(maps, cluster):
    """Contribution of each experiment to a cluster: what is lost if ALE is made without it."""
    whole = ale(maps)[cluster]
    drops = [
        np.mean(1 - ale([m for j, m in enumerate(maps) if j != i])[cluster] / whole)
        for i in range(len(maps))
    ]
    return np.array(drops) / np.sum(drops)


def rests_on_few(maps, cluster):
    falling = sorted(shares(maps, cluster), reverse=True)
    return falling[0] > 0.5 + 1e-9 or sum(falling[:2]) > 0.8 + 1e-9


def threshold_at(maps, inside, p):
    """Smallest sum of -log(1 - MA) whose p is at most `p`, by convolution."""
    distribution = np.ones(1)
    for activation in maps:
        steps = np.rint(-np.log1p(-activation[inside]) / STEP).astype(int)
        distribution = np.convolve(distribution, np.bincount(steps) / steps.size)
    tail = np.cumsum(distribution[::-1])[::-1]
    return np.argmax(tail <= p) * STEP


def critical_size(experiments, inside, affine, threshold, alpha, n_maps, rng):
    """Largest cluster size that is not large enough, from maps of foci at random."""
    voxels = np.argwhere(inside)
    largest = []
    for _ in range(n_maps):
        total = np.zeros(inside.shape)
        for n_foci, fwhm in experiments:
            ijk = voxels[rng.integers(len(voxels), size=n_foci)]
            mm = ijk @ affine[:3, :3].T + affine[:3, 3]
            total -= np.log1p(-modelled_activation(mm, fwhm, inside.shape, affine))
        sizes = [cluster.sum() for cluster in clusters_above(total, inside, threshold)]
        largest.append(max(sizes, default=0))
    enough = [
        size
        for size in range(1, max(largest) + 2)
        if (sum(other >= size for other in largest) + 1) / (n_maps + 1) <= alpha
    ]
    return enough[0] - 1


def finds(foci_by_experiment, fwhms, inside, affine, place_mm, within_mm, alpha, n_maps, rng):
    """Whether a cluster-size test with a null of its own finds the place."""
    maps = [
        modelled_activation(foci, fwhm, inside.shape, affine)
        for foci, fwhm in zip(foci_by_experiment, fwhms, strict=True)
    ]
    threshold = threshold_at(maps, inside, 0.001)
    experiments = [(len(foci), fwhm) for foci, fwhm in zip(foci_by_experiment, fwhms, strict=True)]
    critical = critical_size(experiments, inside, affine, threshold, alpha, n_maps, rng)
    total = -sum(np.log1p(-activation) for activation in maps)
    return any(
        cluster.sum() > critical and is_near(cluster, affine, place_mm, within_mm)
        for cluster in clusters_above(total, inside, threshold)
    )
