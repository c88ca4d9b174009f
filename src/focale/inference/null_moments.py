"""Mean, spread and skewness of a random map at every voxel, without drawing one.

Under SCALE (see `base_rate`) the distribution of ALE differs from voxel to voxel. Its
moments are there in closed form. An experiment with f foci gives a voxel v the value of its
nearest focus, footprints falling with distance, and

    P(no focus of the experiment is within distance d of v) = (1 - D_v(d))^f,

D_v(d) being the share of the base rate within d of v. Experiments are independent, so their
cumulants add up.

Distances are those of voxel centres. A focus may lie beside a centre, and a footprint is a
box (decision 3), so at its corners this is not exact; it need not be, for what is made of
the moments is a common scale for voxels, the same for the observed map and for random ones.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from focale.frozen import freeze
from focale.inference.base_rate import BaseRate
from focale.inference.footprints import gaussian_footprint
from focale.kernels.base_rate import add_cumulants, count_rings
from focale.space.mask import Mask
from focale.typing import FloatArray, IntArray

MOST_RINGS = 256
"""Rings of distance; where voxels would have more of them, near ones are taken together."""

MOST_KINDS = 64
"""Kinds of experiments; where there would be more, widths are taken to a quarter of a mm."""


@dataclass(frozen=True, slots=True, eq=False)
class NullMoments:
    """Moments of the sum over experiments at every voxel, under the base rate.

    Attributes
    ----------
    mean, sd
        Shape (n_voxels,); lattice steps.
    skewness
        Shape (n_voxels,); 0 where nothing can fall.
    """

    mean: FloatArray
    sd: FloatArray
    skewness: FloatArray

    def __post_init__(self) -> None:
        freeze(self, "mean", "sd", "skewness")


def null_moments(
    base_rate: BaseRate, mask: Mask, fwhm_mm: FloatArray, n_foci: IntArray, threads: int = 1
) -> NullMoments:
    """Moments of the random maps of an evidence base.

    Parameters
    ----------
    base_rate
        Where foci fall.
    mask
        The voxels of the analysis.
    fwhm_mm, n_foci
        Shape (n_experiments,); width of the footprints, and number of foci drawn.
    threads
        How many threads share the planes of the volume.
    """
    with_foci = n_foci > 0
    kinds = np.column_stack([fwhm_mm, n_foci])[with_foci]
    if len(np.unique(kinds, axis=0)) > MOST_KINDS:
        kinds[:, 0] = np.maximum(np.round(4 * kinds[:, 0]) / 4, kinds[:, 0].min())
    different, n_alike = np.unique(kinds, axis=0, return_counts=True)
    key = tuple(map(tuple, different.tolist()))
    return _moments(base_rate.voxels.tobytes(), mask, key, tuple(n_alike.tolist()), threads)


@lru_cache(maxsize=2)  # the same base rate serves many evidence bases of one shape
def _moments(
    voxels: bytes,
    mask: Mask,
    kinds: tuple[tuple[float, float], ...],
    n_alike: tuple[int, ...],
    threads: int,
) -> NullMoments:
    rows = np.frombuffer(voxels, dtype=np.int16).reshape(-1, 3)
    places, weights = np.unique(rows, axis=0, return_counts=True)
    x, y, z = mask.grid.voxel_size_mm.tolist()
    footprints = [gaussian_footprint(fwhm, (x, y, z)) for fwhm, _ in kinds]
    ring, values = rings_of(footprints, (x, y, z))
    how = (
        *(places.astype(np.int64), weights.astype(np.int64), ring, len(rows), values),
        *(np.array([n for _, n in kinds], dtype=np.int64), np.array(n_alike, dtype=np.int64)),
    )
    with ThreadPoolExecutor(threads) as pool:
        planes = pool.map(lambda plane: _plane(plane, mask, *how), range(mask.grid.shape[0]))
        first, second, third = np.concatenate(list(planes)).T
    sd = np.sqrt(np.maximum(second, 0.0))
    skewness = np.divide(third, sd**3, out=np.zeros_like(sd), where=sd > 0)
    return NullMoments(mean=first, sd=sd, skewness=skewness)


def rings_of(
    footprints: list[IntArray], voxel_size_mm: tuple[float, float, float]
) -> tuple[IntArray, FloatArray]:
    """Rings of equal distance in the largest box, and the value of each footprint in them.

    Parameters
    ----------
    footprints
        Boxes of odd edges, the focus in the middle.
    voxel_size_mm
        Edges of a voxel.

    Returns
    -------
    ring : IntArray
        Shape of the largest box, int16; numbered from the middle.
    values : FloatArray
        Shape (n_footprints, n_rings); mean of each footprint over the voxels of a ring.
    """
    halves = np.max([footprint.shape for footprint in footprints], axis=0) // 2
    axes = [
        (np.arange(-n, n + 1) * edge) ** 2 for n, edge in zip(halves, voxel_size_mm, strict=True)
    ]
    distance = np.sqrt(axes[0][:, None, None] + axes[1][:, None] + axes[2]).round(6)
    if np.unique(distance).size > MOST_RINGS:
        distance = np.round(distance / distance.max() * (MOST_RINGS - 1))
    _, ring = np.unique(distance, return_inverse=True)
    ring = ring.reshape(distance.shape).astype(np.int16)
    n_in_ring = np.bincount(ring.reshape(-1))
    values = np.empty((len(footprints), n_in_ring.size))
    for number, footprint in enumerate(footprints):
        margins = [(n - edge // 2,) * 2 for n, edge in zip(halves, footprint.shape, strict=True)]
        in_box = np.pad(footprint, margins).reshape(-1).astype(float)
        values[number] = np.bincount(ring.reshape(-1), weights=in_box) / n_in_ring
    return ring, values


def _plane(
    x: int,
    mask: Mask,
    places: IntArray,
    weights: IntArray,
    ring: IntArray,
    n_base: int,
    values: FloatArray,
    n_foci: IntArray,
    n_alike: IntArray,
) -> FloatArray:
    """Cumulants of the mask voxels of a plane, shape (n, 3)."""
    inside = mask.inside[x]
    cumulants = np.empty((int(np.count_nonzero(inside)), 3))
    if not cumulants.size:
        return cumulants
    near = np.abs(places[:, 0] - x) <= ring.shape[0] // 2
    counts = np.zeros((*inside.shape, values.shape[1]), dtype=np.int32)
    count_rings(x, places[near], weights[near], ring, counts)
    add_cumulants(counts, inside, n_base, values, n_foci, n_alike, cumulants)
    return cumulants
