"""The outline of a mask, seen from the right, from the front and from above."""

from __future__ import annotations

import numpy as np
from contourpy import contour_generator  # comes with matplotlib
from scipy import ndimage

from focale.space.mask import Mask
from focale.typing import FloatArray

ACROSS_AND_UP = ((1, 2), (0, 2), (0, 1))
"""Axes of mm drawn to the right and up, for a view along x, y and z."""

_SMOOTHING = 1.2  # voxels: makes a line of stairs


def outline_mm(mask: Mask) -> list[list[list[float]]]:
    """Closed lines around a mask, three views of them.

    Returns
    -------
    list
        For each view its lines, each a flat list of mm: to the right, up, to the right ...
    """
    mm = mask.mm(np.arange(mask.n_voxels))
    edge = float(mask.grid.voxel_size_mm.max())
    return [_lines(mm[:, axes], edge) for axes in ACROSS_AND_UP]


def _lines(points: FloatArray, edge: float) -> list[list[float]]:
    """Lines around points of a plane that are `edge` mm apart."""
    corner = points.min(axis=0) - 3 * edge
    ij = np.round((points - corner) / edge).astype(np.int64)
    shadow = np.zeros(ij.max(axis=0) + 4, dtype=bool)
    shadow[tuple(ij.T)] = True
    shadow = ndimage.binary_closing(shadow)  # turned grids leave holes
    smooth = ndimage.gaussian_filter(shadow.astype(float), _SMOOTHING)
    lines: list[FloatArray] = contour_generator(z=smooth.T).lines(0.5)  # type: ignore[assignment]
    return [_flat(line[::2] * edge + corner) for line in lines]


def _flat(points: FloatArray) -> list[float]:
    rounded: list[float] = (np.round(points, 1) + 0.0).reshape(-1).tolist()
    return rounded
