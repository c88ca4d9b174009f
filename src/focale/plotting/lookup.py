"""Pictures of volumes, by looking up values in millimetres.

Any grid can be drawn, flipped or turned: a picture has its own pixels, whose places in
the volume are found through the affine.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from focale.plotting.brain import View
from focale.space.voxelmap import VoxelMap
from focale.typing import FloatArray

Extent = tuple[float, float, float, float]
"""Edges of a picture in mm: left, right, bottom, top."""


def brightest(values: VoxelMap, view: View) -> tuple[FloatArray, Extent]:
    """Largest value along the line of sight, and the extent of the picture in mm.

    Returns
    -------
    tuple
        Picture with rows upwards, and (left, right, bottom, top) for ``imshow``.
    """
    grid = values.mask.grid
    last = np.array(grid.shape) - 1.0
    corners = grid.to_mm(
        np.array(np.meshgrid(*zip(np.zeros(3), last, strict=True))).reshape(3, -1).T
    )
    first_mm, last_mm = corners.min(axis=0), corners.max(axis=0)
    step = np.abs(grid.affine[:3, :3]).max(axis=1)
    counts = np.round((last_mm - first_mm) / step).astype(int) + 1
    volume = _look_up(values.volume, grid.affine, first_mm, np.diag(step), tuple(counts), order=0)
    picture = volume.max(axis=view.through).T
    low, high = first_mm - step / 2, first_mm + (counts - 0.5) * step
    return picture, (low[view.across], high[view.across], low[view.up], high[view.up])


def cut(
    volume: Any, affine: FloatArray, view: View, at_mm: float, step_mm: float, order: int
) -> tuple[FloatArray, Extent]:
    """Slice of a volume through a point, and the extent of the picture in mm.

    Parameters
    ----------
    volume, affine
        Values, and voxel coordinates to mm.
    view
        Plane of the slice.
    at_mm
        Where the plane cuts the axis that runs through it.
    step_mm
        Size of the pixels.
    order
        0 takes the nearest voxel, 1 blends neighbours.
    """
    (left, right), (bottom, top) = view.bounds_mm
    origin, axes, counts = np.zeros(3), np.zeros((3, 3)), [1, 1, 1]
    for axis, low, high in ((view.across, left, right), (view.up, bottom, top)):
        counts[axis] = round((high - low) / step_mm)
        origin[axis], axes[axis, axis] = low + step_mm / 2, step_mm
    origin[view.through] = at_mm
    picture = _look_up(volume, affine, origin, axes, tuple(counts), order)
    return picture.squeeze(axis=view.through).T, (left, right, bottom, top)


def _look_up(
    volume: Any,
    affine: FloatArray,
    origin_mm: FloatArray,
    axes_mm: FloatArray,
    shape: tuple[int, ...],
    order: int,
) -> FloatArray:
    """Values of a volume on another grid, 0 outside the volume."""
    from scipy.ndimage import affine_transform

    inverse = np.linalg.inv(affine)
    matrix = inverse[:3, :3] @ axes_mm
    start = inverse[:3, :3] @ origin_mm + inverse[:3, 3]
    looked_up: FloatArray = affine_transform(
        volume, matrix, start, shape, order=order, output=float, mode="constant"
    )
    return looked_up


@cache
def template() -> tuple[Any, FloatArray]:
    """Brain of the anatomical template of nilearn (ICBM 2009a, 1 mm) and its affine."""
    from importlib.resources import as_file, files

    import nibabel

    name = "mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz"
    with as_file(files("nilearn") / "datasets" / "data" / name) as path:
        image = nibabel.load(path)
        return image.dataobj.get_unscaled(), image.affine
