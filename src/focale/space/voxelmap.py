"""One number per voxel of a mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from focale.frozen import freeze
from focale.space.mask import Mask
from focale.typing import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class VoxelMap:
    """Values in mask order that know their place.

    Parameters
    ----------
    values
        Shape (n_voxels,), in the order of `mask`.
    mask
        The voxels the values belong to.
    """

    values: FloatArray
    mask: Mask

    def __post_init__(self) -> None:
        freeze(self, "values")

    @property
    def volume(self) -> FloatArray:
        """Shape `mask.grid.shape`; the values, 0 outside the mask."""
        volume: FloatArray = self.mask.to_volume(self.values)
        return volume

    @property
    def image(self) -> Any:
        """The values as an image of nibabel, 0 outside the mask."""
        import nibabel

        return nibabel.Nifti1Image(self.volume, self.mask.grid.affine)

    @property
    def max(self) -> float:
        """Largest value."""
        return float(self.values.max())

    @property
    def max_mm(self) -> tuple[float, float, float]:
        """Millimetres of the largest value (the first of equals in mask order)."""
        x, y, z = self.mask.mm(np.array([self.values.argmax()]))[0]
        return float(x), float(y), float(z)
