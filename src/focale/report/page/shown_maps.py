"""The map of a reading, and each experiment's part in it, small enough for a page.

On the lattice the statistic without an experiment is L - l: the page holds L and every l in
whole numbers of one common step, of the voxels worth showing, and takes away what a reader
leaves out. Each number is rounded once, so that L - l is within one step of the exact
value (half a step more for each further experiment left out). The threshold of the report
lies half way between two steps: what is above it stays above it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from focale.inference.ma_maps import MaMaps
from focale.space.grid import Grid
from focale.typing import FloatArray, IntArray

MOST_STEPS = 65_535
"""What 16 bits hold."""

FINEST_STEP = 2.0**-19
"""Step of the numbers of a page, in units of L: a fifth of the last digit shown of ALE."""

_BYTES_OF_VOXEL, _BYTES_OF_ENTRY = 2.2, 1.25  # of a page, as measured
_ROOM = 150e3  # bytes of a page for the maps of 21 experiments or fewer
_ROOM_OF_FURTHER = 18e3  # for each further one
_MOST_ROOM = 2.0e6


@dataclass(frozen=True, slots=True, eq=False)
class ShownMaps:
    """L and every l of the voxels worth showing, in whole numbers of a step.

    Attributes
    ----------
    positions
        Shape (n,); the voxels in mask order, rising.
    grid
        The part of the mask's grid that holds them.
    corner
        Voxel of the mask's grid that is the first of that part.
    places
        Shape (n,); their place in that grid, flattened.
    step
        Unit of `log_sum` and `own`, of L.
    lowest
        Voxels with a value below it are left out.
    log_sum
        Shape (n,), uint16; L in steps.
    own
        For each experiment shape (n,), uint16: its l in steps, 0 where it does not
        reach. None where there are too many experiments for one page.
    """

    positions: IntArray
    grid: Grid
    corner: tuple[int, int, int]
    places: IntArray
    step: float
    lowest: float
    log_sum: IntArray
    own: tuple[IntArray, ...] | None


def shown_maps(ma: MaMaps, stat: FloatArray, threshold: float) -> ShownMaps:
    """Numbers of the voxels with a value of half the threshold or more, if there is room.

    Where there is not, a higher value up to the threshold bounds what is shown; where that
    does not make room either, the values of experiments are left out.

    Parameters
    ----------
    ma
        Modelled activation of the experiments.
    stat
        Shape (n_voxels,), in mask order.
    threshold
        Value that the map is cut at first.
    """
    lowest, has_room = _lowest(ma, stat, threshold)
    positions = np.flatnonzero(stat >= lowest)
    step = _step(ma, threshold)
    grid, corner, places = _box(ma, positions)
    return ShownMaps(
        positions=positions,
        grid=grid,
        corner=corner,
        places=places,
        step=step,
        lowest=lowest,
        log_sum=_in_steps(ma, ma.log_sum[positions], step),
        own=tuple(_own(ma, positions, step)) if has_room else None,
    )


def _step(ma: MaMaps, threshold: float) -> float:
    """A step so that rounding moves no voxel over the threshold."""
    lattice, largest = ma.scale.step, float(ma.log_sum.max())
    if lattice > FINEST_STEP and largest <= MOST_STEPS:
        return lattice  # as it is: nothing is rounded
    finest = max(FINEST_STEP, largest * lattice / MOST_STEPS)
    whole = np.floor(ma.scale.sum_of(threshold) / lattice + 1e-3)  # the last one not above
    cut = float(whole + 0.5) * lattice
    if cut < finest / 2:
        return finest
    return cut / (max(0.0, float(np.floor(cut / finest - 0.5))) + 0.5)


def _lowest(ma: MaMaps, stat: FloatArray, threshold: float) -> tuple[float, bool]:
    """Smallest value shown, and whether there is room for the values of experiments."""
    cost = _BYTES_OF_VOXEL + _BYTES_OF_ENTRY * np.bincount(ma.voxels, minlength=stat.size)
    room = min(_MOST_ROOM, _ROOM + _ROOM_OF_FURTHER * max(0, ma.n_experiments - 21))
    order = np.argsort(-stat, kind="stable")
    used = np.cumsum(cost[order])
    fits = int(np.searchsorted(used, room, side="right"))
    bound = float(stat[order[min(fits, stat.size - 1)]])
    lowest = min(max(threshold / 2, bound), threshold)
    needed = float(used[np.count_nonzero(stat >= lowest) - 1])
    return lowest, needed <= 1.5 * room


def _own(ma: MaMaps, positions: IntArray, step: float) -> list[IntArray]:
    place = np.full(ma.mask.n_voxels, -1)
    place[positions] = np.arange(positions.size)
    own: list[IntArray] = []
    for i in range(ma.n_experiments):
        voxels, values = ma.entries(i)
        at = place[voxels]
        numbers = np.zeros(positions.size, dtype=np.uint16)
        numbers[at[at >= 0]] = _in_steps(ma, values[at >= 0], step)
        own.append(numbers)
    return own


def _in_steps(ma: MaMaps, lattice: IntArray, step: float) -> IntArray:
    steps: IntArray = np.rint(lattice * (ma.scale.step / step)).astype(np.uint16)
    return steps


def _box(ma: MaMaps, positions: IntArray) -> tuple[Grid, tuple[int, int, int], IntArray]:
    """The smallest box of the grid that holds voxels, its corner, and their places in it."""
    ijk = ma.mask.ijk(positions)
    corner = ijk.min(axis=0)
    shape = ijk.max(axis=0) - corner + 1
    affine = ma.mask.grid.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ corner
    places = np.ravel_multi_index(tuple((ijk - corner).T), tuple(shape))
    i, j, k = shape.tolist()
    first_i, first_j, first_k = corner.tolist()
    return Grid((i, j, k), affine), (first_i, first_j, first_k), places
