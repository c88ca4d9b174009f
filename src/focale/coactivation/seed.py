"""A seed region: a sphere, the non-zero voxels of an image, or a label of an atlas.

A seed answers one question, whether a place in mm lies in it, on its own grid: a place belongs
to the voxel whose centre is nearest. Which foci lie in it, and which voxels of the analysis,
follows from that, on whatever grid.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from focale._check import check_positive
from focale.atlases.atlas import Atlas
from focale.errors import ArgumentError, InputMissingError
from focale.frozen import freeze
from focale.phrases import listed, one_line, place, volume
from focale.space.grid import Grid
from focale.space.mask import Mask
from focale.typing import BoolArray, FloatArray

WIDEST_SPHERE_MM = 100.0
"""No seed sphere has a larger radius: a head has about 90."""


class Seed(ABC):
    """A region of the brain.

    Attributes
    ----------
    name
        What texts call the seed.
    notes
        What a reader should know of it.
    """

    name: str
    notes: tuple[str, ...]

    @abstractmethod
    def contains(self, mm: FloatArray) -> BoolArray:
        """Whether each place, shape (n, 3) in mm, lies in the seed; shape (n,)."""

    def voxels_in(self, mask: Mask) -> BoolArray:
        """Whether each voxel of a mask lies in the seed, shape (n_voxels,).

        Raises
        ------
        ArgumentError
            If none does.
        """
        inside = self.contains(mask.mm(np.arange(mask.n_voxels)))
        if not np.any(inside):
            raise ArgumentError(
                f"the seed ({self.name}) has no voxel in {mask.name}; check its place and its "
                "space"
            )
        return inside


@dataclass(frozen=True)
class SphereSeed(Seed):
    """All places within a distance of a point.

    Parameters
    ----------
    centre_mm
        The point.
    radius_mm
        The distance; places at it are in the seed.
    """

    centre_mm: tuple[float, float, float]
    radius_mm: float
    name: str = field(init=False)
    notes: tuple[str, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        given = np.asarray(self.centre_mm, dtype=object).reshape(-1)
        try:
            x, y, z = (float(value) for value in given)
        except (TypeError, ValueError) as error:
            raise ArgumentError(
                f"the centre of a seed sphere must be three numbers (x, y, z in mm), got "
                f"{self.centre_mm!r}"
            ) from error
        if not all(map(math.isfinite, (x, y, z))):
            raise ArgumentError(
                f"the centre of a seed sphere must be finite numbers, got {self.centre_mm!r}"
            )
        check_positive("radius_mm", "a seed sphere", self.radius_mm)
        if self.radius_mm > WIDEST_SPHERE_MM:
            raise ArgumentError(
                f"a seed sphere of radius {self.radius_mm:g} mm is larger than a head; give a "
                f"radius of at most {WIDEST_SPHERE_MM:g} mm"
            )
        object.__setattr__(self, "centre_mm", (x, y, z))
        object.__setattr__(self, "radius_mm", float(self.radius_mm))
        name = f"a sphere of {self.radius_mm:g} mm around {place((x, y, z))}"
        object.__setattr__(self, "name", name)

    def contains(self, mm: FloatArray) -> BoolArray:
        """Whether each place lies within the radius."""
        distance = np.linalg.norm(np.asarray(mm).reshape(-1, 3) - self.centre_mm, axis=1)
        within: BoolArray = distance <= self.radius_mm + 1e-6
        return within


@dataclass(frozen=True, eq=False)
class VolumeSeed(Seed):
    """Voxels of a volume.

    Parameters
    ----------
    name
        What texts call the seed.
    grid
        Where the voxels are.
    inside
        Shape `grid.shape`; True for voxels of the seed.
    notes
        What a reader should know of it.
    """

    name: str
    grid: Grid
    inside: BoolArray
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        freeze(self, "inside")

    def contains(self, mm: FloatArray) -> BoolArray:
        """Whether the voxel nearest to each place is in the seed."""
        voxels = self.grid.to_voxels(np.asarray(mm, dtype=float).reshape(-1, 3))
        far = 10.0 * max(self.grid.shape)
        ijk = np.round(np.clip(voxels, -far, far)).astype(np.int64)
        in_volume = np.all((ijk >= 0) & (ijk < self.grid.shape), axis=1)
        found = np.zeros(len(ijk), dtype=bool)
        found[in_volume] = self.inside[tuple(ijk[in_volume].T)]
        return found


def image_seed(image: Any, name: str | None = None) -> VolumeSeed:
    """Seed of the non-zero voxels of an image.

    Parameters
    ----------
    image
        A path, or an image object of nibabel, with three dimensions.
    name
        What to call it; by default the name of the file.

    Raises
    ------
    InputMissingError
        If the file is not there.
    ArgumentError
        If it is no image, has more than three dimensions, or has nothing but zeros.
    """
    if isinstance(image, (str, Path)):
        name = name or f"the seed image {one_line(Path(image).name)}"
    name = name or "the seed image"
    data, affine = _loaded(image, name)
    if data.ndim == 4 and data.shape[3] == 1:
        data = data[..., 0]
    if data.ndim != 3:
        raise ArgumentError(
            f"{name} must have three dimensions, got shape {data.shape}; pass one volume of it"
        )
    inside = np.nan_to_num(data.astype(float)) != 0
    if not inside.any():
        raise ArgumentError(f"{name} has no voxel other than zero; pass another image")
    return VolumeSeed(name=name, grid=Grid(shape=data.shape, affine=affine), inside=inside)


def _loaded(image: Any, name: str) -> tuple[Any, FloatArray]:
    """Values and affine of an image."""
    import nibabel
    from nibabel.filebasedimages import ImageFileError

    if isinstance(image, (str, Path)):
        if not Path(image).is_file():
            raise InputMissingError(f"the seed {image} is not a file; check the path")
        try:
            loaded: Any = nibabel.load(image)
            return np.asanyarray(loaded.dataobj), np.asarray(loaded.affine, dtype=float)
        except (ImageFileError, OSError, EOFError, ValueError) as error:
            raise ArgumentError(
                f"{name} is not an image nibabel can read, or not all of it; pass a whole NIfTI "
                "file"
            ) from error
    if hasattr(image, "affine") and hasattr(image, "dataobj"):
        return np.asanyarray(image.dataobj), np.asarray(image.affine, dtype=float)
    raise ArgumentError(
        f"a seed must be an image, the path of one, x, y, z and radius in mm, or a label with its "
        f"atlas; got {type(image).__name__}"
    )


def label_seed(label: str, atlas: Atlas) -> VolumeSeed:
    """Seed of all voxels with a label of an atlas.

    Parameters
    ----------
    label
        Name of the label, in whatever case.
    atlas
        See `find_atlas`.

    Raises
    ------
    ArgumentError
        If the atlas has no such label, with names like it.
    """
    wanted = " ".join(label.casefold().split())
    numbers = [n for n, own in atlas.labels.items() if " ".join(own.casefold().split()) == wanted]
    if not wanted or not numbers:
        raise ArgumentError(
            f"the atlas {atlas.title} has no label {one_line(label)!r}{_like(wanted, atlas)}"
        )
    inside = np.isin(atlas.volume, numbers)
    own = one_line(atlas.labels[numbers[0]])
    voxels = int(np.count_nonzero(inside))
    size = volume(round(voxels * atlas.grid.voxel_volume_mm3, 1))
    return VolumeSeed(
        name=f"{own} of {one_line(atlas.title)}",
        grid=atlas.grid,
        inside=inside,
        notes=(f"the label has {size}", *atlas.notes),
    )


def _like(wanted: str, atlas: Atlas) -> str:
    names = list(dict.fromkeys(atlas.labels.values()))
    by_case = {name.casefold(): name for name in names}
    parts = [name for name in names if wanted and wanted in name.casefold()]
    close = parts[:5] or [by_case[c] for c in get_close_matches(wanted, by_case, n=3, cutoff=0.4)]
    if close:
        return f"; like it: {listed([repr(one_line(name)) for name in close], 'or')}"
    few = listed([repr(one_line(name)) for name in names[:5]])
    return f"; its {len(names)} labels begin with {few}"


def as_seed(seed: Any) -> Seed:
    """A seed from what a script has: a seed, four numbers, an image or its path.

    Parameters
    ----------
    seed
        A `Seed`; x, y, z and a radius in mm; an image object or the path of one; or label
        and atlas as a pair.
    """
    if isinstance(seed, Seed):
        return seed
    if isinstance(seed, Sequence) and not isinstance(seed, (str, bytes)):
        if len(seed) == 2 and isinstance(seed[0], str) and isinstance(seed[1], Atlas):
            return label_seed(seed[0], seed[1])
        if len(seed) == 4:
            return SphereSeed((seed[0], seed[1], seed[2]), seed[3])
        raise ArgumentError(
            "a seed is x, y, z and radius in mm, a label with its atlas, or an image; got "
            f"{len(seed)} values"
        )
    return image_seed(seed)
