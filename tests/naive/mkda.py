"""MKDA density as its papers write it, voxel by voxel. Nothing here comes from focale.

Wager et al. 2007 (indicator of an experiment), 2009 (weights).
"""

from __future__ import annotations

import itertools
import math

import numpy as np


def place_of(focus_mm, affine, placement="exact"):
    """Where a focus lies, mm; "nearest" is the centre of the nearest voxel."""
    if placement == "exact":
        return np.asarray(focus_mm, dtype=float)
    voxel = np.linalg.solve(affine, [*focus_mm, 1.0])[:3]
    return (affine @ [*(float(round(x)) for x in voxel), 1.0])[:3]  # Python rounds half to even


def within(focus_mm, radius_mm, shape, affine, placement="exact"):
    """Volume of whether the centre of a voxel lies no farther from a focus than the radius."""
    place, out = place_of(focus_mm, affine, placement), np.zeros(shape, dtype=bool)
    for voxel in itertools.product(*map(range, shape)):
        centre = (affine @ [*voxel, 1.0])[:3]
        out[voxel] = math.dist(centre, place) <= radius_mm + 1e-9
    return out


def indicator(foci_mm, radius_mm, shape, affine, placement="exact"):
    """Volume of whether any focus of an experiment lies within the radius."""
    near = np.zeros(shape, dtype=bool)
    for focus in foci_mm:
        near |= within(focus, radius_mm, shape, affine, placement)
    return near


def weights(n_subjects):
    """Weights proportional to the root of the sample size that sum to their number."""
    roots = [math.sqrt(n) for n in n_subjects]
    return [root * len(roots) / sum(roots) for root in roots]


def density(indicators, weight=None):
    """Sum of the weights of the experiments with a focus within the radius."""
    weight = [1] * len(indicators) if weight is None else weight
    return sum(
        w * indicator.astype(float) for w, indicator in zip(weight, indicators, strict=True)
    )


def tail(shares, threshold, weight=None):
    """P(sum of w_i I_i >= threshold) over all 2^n outcomes; `shares` are P(I_i = 1)."""
    weight = [1] * len(shares) if weight is None else weight
    p = 0.0
    for outcome in itertools.product((0, 1), repeat=len(shares)):
        if sum(w * i for w, i in zip(weight, outcome, strict=True)) >= threshold - 1e-9:
            p += math.prod(s if i else 1 - s for s, i in zip(shares, outcome, strict=True))
    return p
