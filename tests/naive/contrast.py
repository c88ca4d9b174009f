"""Contrasts by every labeling and every subsample. Nothing here comes from focale."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
from scipy import ndimage


def difference(maps, group):
    """ALE of a group less ALE of the rest; maps are modelled activations, (n, voxels)."""
    ale = [
        1 - np.prod(1 - maps[[i for i in range(len(maps)) if (i in group) is wanted]], axis=0)
        for wanted in (True, False)
    ]
    return ale[0] - ale[1]


def balanced_difference(maps, group, drawn):
    """The same, over all subsamples of `drawn` of the group and of the rest, on average."""
    means = []
    for wanted in (True, False):
        members = [i for i in range(len(maps)) if (i in group) is wanted]
        means.append(
            np.mean(
                [1 - np.prod(1 - maps[list(own)], axis=0) for own in combinations(members, drawn)],
                axis=0,
            )
        )
    return means[0] - means[1]


def exact_p(maps, group, statistic=difference):
    """Share of all labelings whose difference is at most, and at least, the observed one.

    Differences that rounding could part count as equal.
    """
    observed = statistic(maps, set(group))
    at_most, at_least, n = np.zeros_like(observed), np.zeros_like(observed), 0
    for other in combinations(range(len(maps)), len(group)):
        value = statistic(maps, set(other))
        at_most += value <= observed + 1e-12
        at_least += value >= observed - 1e-12
        n += 1
    return np.stack([at_most / n, at_least / n], axis=1)


def moments(values, size):
    """Mean, standard deviation and skewness of the sum over every group of `size`."""
    sums = np.array(
        [values[list(group)].sum() for group in combinations(range(len(values)), size)]
    )
    middle = sums.mean()
    sd = np.sqrt(np.mean((sums - middle) ** 2))
    return middle, sd, np.mean((sums - middle) ** 3) / sd**3 if sd else 0.0


def standardised(total, mean, sd, skew):
    """Wilson and Hilferty's standard normal value."""
    z = (total - mean) / sd
    if abs(skew) < 1e-6:
        return z
    return 6 / skew * (math.cbrt(1 + skew * z / 2) - 1) + skew / 6


def maxima(values, inside, group, told, forming, connectivity):
    """(largest, size, mass) of a labeling in the lower and in the upper tail.

    values : shape (n, voxels), whole numbers, of the voxels inside
    """
    u = np.zeros(values.shape[1])
    for voxel in range(values.shape[1]):
        own = values[:, voxel].astype(float)
        mean, sd, skew = moments(own, len(group))
        if sd:
            u[voxel] = standardised(own[list(group)].sum(), mean, sd, skew)
    contact = ndimage.generate_binary_structure(3, {6: 1, 18: 2, 26: 3}[connectivity])
    found = []
    for side in (-u, u):
        volume = np.full(inside.shape, -np.inf)
        volume[inside] = side
        labels, n = ndimage.label(volume >= forming, contact)
        clusters = [volume[labels == number] - forming for number in range(1, n + 1)]
        largest = side.max() if side.max() >= told else 0.0
        found.append(
            (
                largest,
                max((cluster.size for cluster in clusters), default=0),
                max((cluster.sum() for cluster in clusters), default=0.0),
            )
        )
    return found
