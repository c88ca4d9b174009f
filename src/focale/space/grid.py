"""A regular grid of voxels and its place in the world.

A grid is a shape and an affine. Voxel coordinates are counted from the centre
of the first voxel; world coordinates are millimetres, x to the right, y to the
front, z up. The axes of a grid are at right angles (it may be turned or
flipped, not sheared), so that a distance in mm is a distance along its axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from focale.errors import ArgumentError
from focale.frozen import freeze
from focale.typing import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Shape and affine of a volume.

    Parameters
    ----------
    shape
        Number of voxels along the three axes.
    affine
        Shape (4, 4); voxel coordinates to millimetres.
    """

    shape: tuple[int, int, int]
    affine: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "affine", np.array(self.affine, dtype=float))
        freeze(self, "affine")
        axes = self.affine[:3, :3]
        lengths = np.linalg.norm(axes, axis=0)
        if not np.all(np.isfinite(self.affine)) or not np.all(lengths > 0):
            raise ArgumentError(
                "the affine of the image does not place its voxels in space (zero or non-finite "
                "axes); check the header of the image"
            )
        cosines = (axes / lengths).T @ (axes / lengths)
        if np.abs(cosines - np.eye(3)).max() > 1e-4:
            raise ArgumentError(
                "the axes of the image are not at right angles (its affine is sheared); "
                "resample the image to a regular grid first"
            )

    @property
    def voxel_size_mm(self) -> FloatArray:
        """Shape (3,); edge lengths of a voxel in mm."""
        lengths: FloatArray = np.linalg.norm(self.affine[:3, :3], axis=0)
        return lengths

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel in mm3."""
        return float(np.prod(self.voxel_size_mm))

    def axis_signs(self, towards_mm: Sequence[float]) -> FloatArray:
        """Whether indices rise (1) or fall (-1) towards some side, shape (3,).

        Parameters
        ----------
        towards_mm
            1 or -1 for x, y and z: right or left, front or back, top or bottom.
        """
        axes = self.affine[:3, :3]
        along = np.abs(axes).argmax(axis=0)  # which of x, y and z each axis mostly runs along
        signs: FloatArray = np.sign(axes[along, range(3)]) * np.asarray(towards_mm)[along]
        return signs

    def to_mm(self, voxels: FloatArray) -> FloatArray:
        """Voxel coordinates, shape (n, 3), to millimetres, shape (n, 3)."""
        mm: FloatArray = np.asarray(voxels) @ self.affine[:3, :3].T + self.affine[:3, 3]
        return mm

    def to_voxels(self, mm: FloatArray) -> FloatArray:
        """Millimetres, shape (n, 3), to unrounded voxel coordinates, shape (n, 3).

        Values within 1e-6 of a voxel of a whole or half number are put there, so
        that the arithmetic of the affine cannot move a focus off a voxel centre.
        """
        inverse = np.linalg.inv(self.affine)
        voxels = np.asarray(mm, dtype=float) @ inverse[:3, :3].T + inverse[:3, 3]
        halves = np.round(2 * voxels) / 2
        snapped: FloatArray = np.where(np.abs(voxels - halves) < 1e-6, halves, voxels)
        return snapped
