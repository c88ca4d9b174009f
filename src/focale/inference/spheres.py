"""The sphere around a focus: every voxel whose centre lies no farther than a radius.

Kernel density analysis (Wager et al. 2003, doi:10.1016/s1053-8119(03)00078-8; 2004,
doi:10.1016/j.neuroimage.2004.03.052) and its multilevel form (Wager et al. 2007,
doi:10.1093/scan/nsm015) ask how many foci, or experiments, lie within a radius of a voxel.
The radius is in millimetres and belongs to the sphere: with 10 mm and voxels of 2 mm, a
focus on a voxel centre reaches 515 voxels.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from focale.errors import EvidenceError
from focale.typing import FloatArray, IntArray

ROUNDING_MM2 = 1e-6
"""Of squared distances: a centre on the surface belongs to the sphere whatever the affine."""

HEAVIEST = 100_000.0
"""Largest weight, of a mean of 1; lattice values fit 31 bits to twice as much."""


def sphere_reach(radius_mm: FloatArray, edges_mm: FloatArray) -> IntArray:
    """Half width of the box of a sphere along axes, in voxels, wherever in its voxel it lies."""
    reach: IntArray = np.floor(np.asarray(radius_mm) / edges_mm + 0.5 + 1e-9).astype(np.int64)
    return reach


@lru_cache(maxsize=1024)
def sphere_footprint(
    radius_mm: float,
    voxel_size_mm: tuple[float, float, float],
    offset_voxels: tuple[float, float, float] = (0.0, 0.0, 0.0),
    steps: int = 1,
) -> IntArray:
    """Sphere around a focus, on a lattice.

    Parameters
    ----------
    radius_mm
        At least as long as the edge of a voxel.
    voxel_size_mm, offset_voxels
        As in `gaussian_footprint`.
    steps
        Lattice value within the sphere.

    Returns
    -------
    IntArray
        Shape (2 a + 1, 2 b + 1, 2 c + 1), int32, read only.

    Raises
    ------
    EvidenceError
        If the voxels are wider than the radius: some foci would reach no voxel.
    """
    if radius_mm < max(voxel_size_mm):
        raise EvidenceError(
            f"the sphere (radius {radius_mm:g} mm) is smaller than a voxel "
            f"({max(voxel_size_mm):.2f} mm), so it cannot be laid on this grid; "
            "use a mask with smaller voxels or a larger radius_mm"
        )
    x, y, z = (
        ((np.arange(-reach, reach + 1) - offset) * edge) ** 2
        for reach, edge, offset in zip(
            sphere_reach(np.array(radius_mm), np.array(voxel_size_mm)),
            voxel_size_mm,
            offset_voxels,
            strict=True,
        )
    )
    inside = x[:, None, None] + y[:, None] + z <= radius_mm**2 + ROUNDING_MM2
    footprint = np.where(inside, steps, 0).astype(np.int32)
    footprint.setflags(write=False)
    return footprint


def sphere_factors(
    radius_mm: float,
    voxel_size_mm: tuple[float, float, float],
    offset_voxels: tuple[float, float, float],
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Factors along x, y and z, whose product is 1 in the box around a sphere.

    The product bounds the sphere from above, which is all that is asked of it.
    """
    x, y, z = (
        (
            ((np.arange(-reach, reach + 1) - offset) * edge) ** 2 <= radius_mm**2 + ROUNDING_MM2
        ).astype(float)
        for reach, edge, offset in zip(
            sphere_reach(np.array(radius_mm), np.array(voxel_size_mm)),
            voxel_size_mm,
            offset_voxels,
            strict=True,
        )
    )
    return x, y, z
