"""Threshold-free cluster enhancement by thresholding again and again. Nothing here is focale's."""

from __future__ import annotations

import numpy as np
from scipy import ndimage


def extents(heights, inside, level, connectivity):
    """Size of the component of each voxel at least as high as a level; 0 below it."""
    contact = ndimage.generate_binary_structure(3, {6: 1, 18: 2, 26: 3}[connectivity])
    labels, _ = ndimage.label(inside & (heights >= level), contact)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return sizes[labels]


def exact(heights, inside, connectivity, weight, integral):
    """TFCE, from one distinct height to the next.

    heights : volume
    weight : of a component, function of its number of voxels
    integral : of h^H from 0 to a height
    """
    total = np.zeros(heights.shape, dtype=np.asarray(integral(heights.max())).dtype)
    below = 0
    for level in np.unique(heights[inside & (heights > 0)]):
        sizes = extents(heights, inside, level, connectivity)
        total += np.where(sizes > 0, weight(sizes) * (integral(level) - integral(below)), 0)
        below = level
    return total


def smith_nichols(heights, inside, connectivity, e=0.5, h=2.0):
    """TFCE in floats by its formula."""
    return exact(
        heights,
        inside,
        connectivity,
        weight=lambda sizes: sizes**e,
        integral=lambda height: height ** (h + 1) / (h + 1),
    )


def riemann(heights, inside, connectivity, n_steps, end="middle", e=0.5, h=2.0):
    """TFCE as a sum over equal steps up to the largest height.

    end : where in a step extent and height are taken: its "left" end or its "middle"
    """
    step = heights[inside].max() / n_steps
    total = np.zeros(heights.shape)
    for k in range(n_steps):
        level = (k + (0.5 if end == "middle" else 0.0)) * step
        total += extents(heights, inside, level, connectivity) ** e * level**h * step
    return total
