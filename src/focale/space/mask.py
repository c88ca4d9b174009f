"""The voxels an analysis looks at.

Maps are one-dimensional vectors in mask order: the voxels of the mask as they
come in a C-ordered walk through the volume. Only this file turns vectors into
volumes and back.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from focale.errors import ArgumentError, InputMissingError
from focale.frozen import freeze
from focale.space.grid import Grid
from focale.typing import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """A grid and the voxels of it that belong to the analysis.

    Parameters
    ----------
    grid
        Where the voxels are.
    inside
        Shape `grid.shape`; True for voxels of the mask.
    name
        What to call the mask in texts and files.
    space
        Name of the standard space the mask is in, or "unknown".

    Attributes
    ----------
    voxels
        Shape (n_voxels,); position of each mask voxel in the flattened volume.
    index
        Shape `grid.shape`, int32; position of each voxel in mask order, -1 outside.
    """

    grid: Grid
    inside: BoolArray
    name: str
    space: str = "unknown"
    voxels: IntArray = field(init=False, repr=False)
    index: IntArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.inside.shape != self.grid.shape:
            raise ArgumentError(
                f"the mask has shape {self.inside.shape} but its grid has {self.grid.shape}"
            )
        object.__setattr__(self, "inside", np.array(self.inside, dtype=bool))
        voxels = np.flatnonzero(self.inside)
        if voxels.size == 0:
            raise ArgumentError(f"{self.name} has no voxel inside; pass another mask")
        index = np.full(self.grid.shape, -1, dtype=np.int32)
        index.reshape(-1)[voxels] = np.arange(voxels.size, dtype=np.int32)
        object.__setattr__(self, "voxels", voxels)
        object.__setattr__(self, "index", index)
        freeze(self, "inside", "voxels", "index")

    def __reduce__(self) -> tuple[Any, ...]:
        # Twelve kilobytes instead of seven megabytes: masks travel to other processes.
        packed = zlib.compress(np.packbits(self.inside).tobytes())
        return _unpacked, (self.grid, packed, self.name, self.space)

    @classmethod
    def from_image(cls, image: Any, name: str | None = None, space: str = "unknown") -> Mask:
        """Mask of the voxels above zero of an image or image file.

        Parameters
        ----------
        image
            A path, or an image object of nibabel, with three dimensions.
        name
            What to call the mask; by default the name of the file.
        space
            Name of the standard space of the image.

        Raises
        ------
        InputMissingError
            If the file is not there.
        ArgumentError
            If the image is not three-dimensional or has nothing above zero.
        """
        import nibabel
        from nibabel.filebasedimages import ImageFileError

        if isinstance(image, (str, Path)):
            path = Path(image)
            if not path.is_file():
                raise InputMissingError(f"the mask {path} is not a file; check the path")
            name = name or f"the mask {path.name}"
            try:
                image = nibabel.load(path)
                data = np.asanyarray(image.dataobj)
            except (ImageFileError, OSError, EOFError, ValueError) as error:
                raise ArgumentError(
                    f"the mask {path} is not an image nibabel can read, or not all of it; pass a "
                    "whole NIfTI file"
                ) from error
        elif hasattr(image, "affine") and hasattr(image, "dataobj"):
            data = np.asanyarray(image.dataobj)
        else:
            raise ArgumentError(
                f"a mask must be an image or the path of one, got {type(image).__name__}; an "
                "array does not say where its voxels are"
            )
        if data.ndim == 4 and data.shape[3] == 1:
            data = data[..., 0]
        if data.ndim != 3:
            raise ArgumentError(
                f"the mask must be a three-dimensional image, got shape {data.shape}; "
                "pass one volume of it"
            )
        grid = Grid(shape=data.shape, affine=np.asarray(image.affine, dtype=float))
        return cls(grid=grid, inside=data > 0, name=name or "a mask image", space=space)

    @property
    def n_voxels(self) -> int:
        """Number of voxels in the mask."""
        return int(self.voxels.size)

    @property
    def sha256(self) -> str:
        """Fingerprint of the grid and of the voxels inside."""
        affine = np.round(self.grid.affine, 6) + 0.0  # no negative zeros
        digest = hashlib.sha256(affine.astype("<f8").tobytes())
        digest.update(np.asarray(self.grid.shape, dtype="<i8").tobytes())
        digest.update(self.voxels.astype("<i8").tobytes())
        return digest.hexdigest()

    def to_volume(self, values: Any, outside: float = 0.0) -> Any:
        """Vector in mask order, shape (n_voxels,), to a volume of its type."""
        values = np.asarray(values)
        volume = np.full(self.grid.shape, outside, dtype=values.dtype)
        volume.reshape(-1)[self.voxels] = values
        return volume

    def ijk(self, positions: IntArray) -> IntArray:
        """Voxel indices, shape (n, 3), of positions in mask order, shape (n,)."""
        return np.stack(np.unravel_index(self.voxels[positions], self.grid.shape), axis=-1)

    def mm(self, positions: IntArray) -> FloatArray:
        """Millimetres, shape (n, 3), of positions in mask order, shape (n,)."""
        return self.grid.to_mm(self.ijk(positions).astype(float))

    def position_of(self, mm: FloatArray) -> IntArray:
        """Position in mask order of the voxel nearest to each point, -1 outside.

        Parameters
        ----------
        mm
            Shape (n, 3), millimetres. A point half way between two voxels belongs
            to the one with the even index, as in ``numpy.round``.
        """
        ijk = np.round(self.grid.to_voxels(mm)).astype(np.int64)
        in_volume = np.all((ijk >= 0) & (ijk < self.grid.shape), axis=1)
        positions = np.full(len(ijk), -1, dtype=np.int64)
        positions[in_volume] = self.index[tuple(ijk[in_volume].T)]
        return positions


def _unpacked(grid: Grid, packed: bytes, name: str, space: str) -> Mask:
    bits = np.frombuffer(zlib.decompress(packed), dtype=np.uint8)
    inside = np.unpackbits(bits, count=int(np.prod(grid.shape))).astype(bool)
    return Mask(grid=grid, inside=inside.reshape(grid.shape), name=name, space=space)
