"""KDA as its papers write it, voxel by voxel. Nothing here comes from focale.

Wager et al. 2003, 2004: the number of foci within a radius of a voxel.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from tests.naive.mkda import within


def counts(foci_mm, radius_mm, shape, affine, placement="exact"):
    """Volume of the number of foci within the radius."""
    out = np.zeros(shape, dtype=int)
    for focus in foci_mm:
        out += within(focus, radius_mm, shape, affine, placement)
    return out


def tail(maps, threshold):
    """P(sum >= threshold) if every map shows a voxel of its own: all V^n tuples of voxels."""
    shares = [
        {value: float(np.mean(values == value)) for value in np.unique(values).tolist()}
        for values in maps
    ]
    return sum(
        math.prod(share[value] for share, value in zip(shares, values, strict=True))
        for values in itertools.product(*shares)
        if sum(values) >= threshold
    )
