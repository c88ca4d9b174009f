"""An atlas: a label for each voxel of a grid, with its origin and licence.

An atlas keeps its own grid; a place in mm belongs to the voxel whose centre is nearest, and
one half way between two centres to the left, back or lower one, whichever way the volume
is stored. Number 0 is no label. Of a probabilistic atlas the likeliest label is kept, with
its probability. A name is never given without that of its atlas, because atlases differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from focale._check import check_positive
from focale.errors import ArgumentError
from focale.frozen import freeze
from focale.space.grid import Grid
from focale.typing import FloatArray, IntArray

UNLABELLED = "unlabelled"

NEAREST_MM = 5.0
"""How far from a place without a label one is looked for."""

_TOWARDS_LEFT_BACK_BOTTOM_MM = 1e-4


@dataclass(frozen=True, slots=True)
class PlaceLabel:
    """What an atlas says of a place.

    Attributes
    ----------
    name
        Name of the label, or "unlabelled".
    distance_mm
        Distance to the centre of the nearest voxel with a label; 0 where the place has
        one itself, None where there is none near.
    probability
        Of a probabilistic atlas: the probability of the label at its voxel.
    """

    name: str
    distance_mm: float | None
    probability: float | None = None

    def __str__(self) -> str:
        text = self.name
        if self.distance_mm:
            text += f" ({self.distance_mm:.1f} mm away)"
        if self.probability is not None:
            text += f" (probability {self.probability:.2f})"
        return text


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Atlas:
    """Labels of brain regions on a grid.

    Parameters
    ----------
    name, version
        What texts call the atlas.
    space
        Standard space it is in, or "unknown".
    licence, citation
        What its makers ask of those who use it.
    source
        Where it was read from.
    grid
        Where its voxels are.
    volume
        Shape `grid.shape`; number of each voxel's label, 0 for none.
    labels
        Name of each number.
    probability
        Shape `grid.shape`, from 0 to 1; of the label in `volume`. None if the atlas does
        not say.
    notes
        What a reader should know of how it was read.
    """

    name: str
    version: str = ""
    space: str = "unknown"
    licence: str
    citation: str
    source: str
    grid: Grid
    volume: IntArray
    labels: Mapping[int, str]
    probability: FloatArray | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        arrays = {"volume": self.volume, "probability": self.probability}
        for name, array in arrays.items():
            if array is not None and array.shape != self.grid.shape:
                raise ArgumentError(
                    f"the {name} of the atlas {self.name} has shape {array.shape} but its grid "
                    f"has {self.grid.shape}"
                )
        freeze(self, *(name for name, array in arrays.items() if array is not None))
        object.__setattr__(self, "labels", MappingProxyType(dict(self.labels)))

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapping that nobody can write to cannot be pickled; it is made anew.
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return partial(Atlas, **{**values, "labels": dict(self.labels)}), ()

    @property
    def title(self) -> str:
        """Name and version."""
        return f"{self.name} {self.version}".strip()

    def numbers_at(self, mm: FloatArray) -> IntArray:
        """Number of the label at each place, shape (n,), 0 for none.

        Parameters
        ----------
        mm
            Shape (n, 3), millimetres, in the space of the atlas.
        """
        voxels = self._voxels(mm)
        inside = np.all((voxels >= 0) & (voxels < self.grid.shape), axis=1)
        numbers = np.zeros(len(voxels), dtype=np.int64)
        numbers[inside] = self.volume[tuple(voxels[inside].T)]
        return numbers

    def label_at(
        self, mm: Sequence[float] | FloatArray, within_mm: float = NEAREST_MM
    ) -> PlaceLabel:
        """Label at a place, or the nearest one.

        Parameters
        ----------
        mm
            Shape (3,), millimetres, in the space of the atlas.
        within_mm
            How far to look where the place has no label.

        Raises
        ------
        ArgumentError
            If the place is not three numbers, or the distance is not above 0.
        """
        check_positive("within_mm", "label_at", within_mm)
        place = np.asarray(mm, dtype=float)
        if place.shape != (3,) or not np.all(np.isfinite(place)):
            raise ArgumentError(f"a place must be three numbers (x, y, z in mm), got {mm!r}")
        voxel = self._voxels(place[None])[0]
        if np.all((voxel >= 0) & (voxel < self.grid.shape)) and self.volume[tuple(voxel)]:
            return self._label(voxel, 0.0)
        return self._nearest(place, voxel, within_mm)

    def notes_for(self, space: str) -> tuple[str, ...]:
        """What to know before the labels are used for a map in a standard space."""
        if self.space == space and space != "unknown":
            return self.notes
        own = "does not say which space it is in"
        if self.space != "unknown":
            own = f"is in {self.space}"
        theirs = "the space of the map is unknown" if space == "unknown" else f"the map in {space}"
        return (
            *self.notes,
            f"the atlas {self.title} {own}, {theirs}: borders may be off by some millimetres",
        )

    def _voxels(self, mm: FloatArray) -> IntArray:
        """Indices of the nearest voxels, shape (n, 3), perhaps outside the volume."""
        places = np.asarray(mm, dtype=float) - _TOWARDS_LEFT_BACK_BOTTOM_MM
        far = 10.0 * max(self.grid.shape)  # keeps places light years away in the range of integers
        voxels = np.clip(self.grid.to_voxels(places), -far, far)
        return np.round(voxels).astype(np.int64)

    def _nearest(self, place: FloatArray, voxel: IntArray, within_mm: float) -> PlaceLabel:
        """Label of the nearest voxel that has one; of equals the lowest number."""
        reach = np.ceil(within_mm / self.grid.voxel_size_mm + 0.5).astype(np.int64)
        low = np.clip(voxel - reach, 0, self.grid.shape)
        high = np.clip(voxel + reach + 1, 0, self.grid.shape)
        box = self.volume[tuple(slice(*ends) for ends in zip(low, high, strict=True))]
        voxels = np.argwhere(box) + low
        distances = np.linalg.norm(self.grid.to_mm(voxels.astype(float)) - place, axis=1)
        distances = np.round(distances, 6)
        if not np.any(distances <= within_mm):
            return PlaceLabel(UNLABELLED, None)
        nearest = np.lexsort((self.volume[tuple(voxels.T)], distances))[0]
        return self._label(voxels[nearest], float(distances[nearest]))

    def _label(self, voxel: IntArray, distance_mm: float) -> PlaceLabel:
        at = tuple(voxel)
        probability = None if self.probability is None else float(self.probability[at])
        return PlaceLabel(self.labels[int(self.volume[at])], distance_mm, probability)
