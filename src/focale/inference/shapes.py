"""What is laid around the foci: one shape, and a width and a weight for each experiment.

A shape gives its footprint as whole numbers of its scale, and for the pruned engine of the
Monte Carlo null factors along the axes whose product no voxel exceeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from focale.frozen import freeze
from focale.inference.footprints import axis_weights, footprint_size, gaussian_footprint
from focale.inference.lattice import COUNTS, PROBABILITY, STEP, WEIGHTS, Scale
from focale.inference.spheres import sphere_factors, sphere_footprint, sphere_reach
from focale.typing import FloatArray, IntArray

VoxelSize: TypeAlias = tuple[float, float, float]
Axes: TypeAlias = tuple[FloatArray, FloatArray, FloatArray]


class Shape(Protocol):
    """A family of footprints.

    `kind` is a width in mm, the place of the focus within its voxel along x, y and z, and
    where the shape is weighted a weight.
    """

    @property
    def scale(self) -> Scale:
        """What sums of its lattice values mean."""

    @property
    def name(self) -> str:
        """One word for it; "" for the Gaussian, whose names of experiments came first."""

    @property
    def is_weighted(self) -> bool:
        """Whether its kinds have a weight."""

    @property
    def lift(self) -> int:
        """By how many steps rounding may lift a lattice value above what the factors say."""

    def footprint(self, kind: Sequence[float], voxel_size_mm: VoxelSize) -> IntArray:
        """Lattice values around a focus, int32, odd edges."""

    def factors(self, kind: Sequence[float], voxel_size_mm: VoxelSize) -> Axes:
        """Factors along x, y and z; their product bounds the footprint over its peak's."""

    def steps_of(self, kind: Sequence[float], product: float) -> float:
        """Lattice steps of the largest product of the factors."""

    def box_size(self, width_mm: FloatArray, voxel_size_mm: FloatArray) -> IntArray:
        """Number of voxels in the box of footprints, shape of `width_mm`."""


@dataclass(frozen=True, slots=True)
class Gaussian:
    """The footprint of ALE; its width is its full width at half maximum."""

    scale: Scale = PROBABILITY
    name: str = ""
    is_weighted: bool = False
    lift: int = 1

    def footprint(self, kind: Sequence[float], voxel_size_mm: VoxelSize) -> IntArray:
        """Lattice values around a focus; see `gaussian_footprint`."""
        fwhm_mm, x, y, z = kind
        return gaussian_footprint(fwhm_mm, voxel_size_mm, (x, y, z))

    def factors(self, kind: Sequence[float], voxel_size_mm: VoxelSize) -> Axes:
        """The product is the modelled activation itself."""
        fwhm_mm, x, y, z = kind
        return axis_weights(fwhm_mm, voxel_size_mm, (x, y, z))

    def steps_of(self, kind: Sequence[float], product: float) -> float:  # noqa: ARG002
        """-log(1 - MA) is convex in MA, so it is at most MA times its ratio at the peak."""
        return float(-np.log1p(-product) / STEP)

    def box_size(self, width_mm: FloatArray, voxel_size_mm: FloatArray) -> IntArray:
        """Number of voxels in the box of footprints."""
        return footprint_size(width_mm, voxel_size_mm)


@dataclass(frozen=True, slots=True)
class Sphere:
    """The footprint of kernel density analyses; its width is its radius."""

    scale: Scale = COUNTS
    name: str = "sphere"
    is_weighted: bool = True
    lift: int = 0

    def footprint(self, kind: Sequence[float], voxel_size_mm: VoxelSize) -> IntArray:
        """Lattice values around a focus; see `sphere_footprint`."""
        radius_mm, x, y, z, weight = kind
        return sphere_footprint(radius_mm, voxel_size_mm, (x, y, z), self._steps(weight))

    def factors(self, kind: Sequence[float], voxel_size_mm: VoxelSize) -> Axes:
        """The product is 1 in the box around the sphere."""
        radius_mm, x, y, z, _ = kind
        return sphere_factors(radius_mm, voxel_size_mm, (x, y, z))

    def steps_of(self, kind: Sequence[float], product: float) -> float:  # noqa: ARG002
        """Every voxel of a sphere has its weight."""
        return float(self._steps(kind[4]))

    def box_size(self, width_mm: FloatArray, voxel_size_mm: FloatArray) -> IntArray:
        """Number of voxels in the box of footprints."""
        reach = sphere_reach(np.asarray(width_mm)[..., None], voxel_size_mm)
        size: IntArray = np.prod(2 * reach + 1, axis=-1)
        return size

    def _steps(self, weight: float) -> int:
        """Lattice value of a weight; a light one still counts."""
        return max(round(weight / self.scale.step), 1)


GAUSSIAN = Gaussian()
SPHERE = Sphere()
WEIGHTED_SPHERE = Sphere(WEIGHTS)


@dataclass(frozen=True, slots=True, eq=False)
class Footprints:
    """The footprints of some experiments.

    Attributes
    ----------
    shape
        Of all of them.
    width_mm
        Shape (n_experiments,); width of those of each experiment.
    weight
        Shape (n_experiments,); 1 where the shape is not weighted.
    """

    shape: Shape
    width_mm: FloatArray
    weight: FloatArray

    def __post_init__(self) -> None:
        freeze(self, "width_mm", "weight")

    @classmethod
    def alike(cls, shape: Shape, width_mm: FloatArray) -> Footprints:
        """Footprints that weigh the same."""
        return cls(shape, width_mm, np.ones(len(width_mm)))

    def __len__(self) -> int:
        """Number of experiments."""
        return len(self.width_mm)

    def only(self, experiments: IntArray | slice) -> Footprints:
        """Those of some experiments, in the order given."""
        return Footprints(self.shape, self.width_mm[experiments], self.weight[experiments])

    def joined(self, other: Footprints) -> Footprints:
        """These, then those of other experiments with the same shape."""
        return Footprints(
            self.shape,
            np.concatenate([self.width_mm, other.width_mm]),
            np.concatenate([self.weight, other.weight]),
        )

    def of_foci(self, offsets: IntArray) -> Footprints:
        """The footprint of each focus; experiment i has `offsets[i]` to `offsets[i + 1]`."""
        return self.only(np.repeat(np.arange(len(self)), np.diff(offsets)))

    def kinds(self, offsets: IntArray, shifts: FloatArray) -> FloatArray:
        """The kind of each focus, shape (n_foci, 4 or 5); see `Shape`.

        Parameters
        ----------
        offsets
            Shape (n_experiments + 1,).
        shifts
            Shape (n_foci, 3); place of each focus within its voxel.
        """
        own = self.of_foci(offsets)
        columns = [own.width_mm, shifts]
        return np.column_stack([*columns, own.weight] if self.shape.is_weighted else columns)


def as_footprints(footprints: Footprints | FloatArray) -> Footprints:
    """Footprints as given, or Gaussians of these full widths at half maximum in mm."""
    if isinstance(footprints, Footprints):
        return footprints
    return Footprints.alike(GAUSSIAN, np.asarray(footprints, dtype=float))
