"""Modelled activation maps: from foci to one sparse map per experiment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np

from focale.frozen import freeze
from focale.inference.footprints import footprint_size, gaussian_footprint
from focale.inference.lattice import to_probability
from focale.kernels.activation import collect, stamp
from focale.kernels.tally import add_at
from focale.space.grid import Grid
from focale.space.mask import Mask
from focale.typing import FloatArray, IntArray

Placement = Literal["exact", "nearest", "jale"]

TOWARDS_MM = (-1.0, 1.0, 1.0)
"""Where JALE moves a focus between voxels: to the next one left, in front and above."""


@dataclass(frozen=True, slots=True, eq=False)
class MaMaps:
    """Modelled activation of every experiment, on the log lattice.

    Only voxels that an experiment reaches are kept, in mask order. Experiment i has
    the entries `offsets[i]` to `offsets[i + 1]`.

    Attributes
    ----------
    offsets
        Shape (n_experiments + 1,), int64.
    voxels
        Shape (n_entries,), int32; position in mask order.
    values
        Shape (n_entries,), whole numbers; -log(1 - MA) in lattice steps, above 0.
    log_sum
        Shape (n_voxels,), int64; sum of the values of all experiments.
    mask
        The voxels the maps belong to.
    """

    offsets: IntArray
    voxels: IntArray
    values: IntArray
    log_sum: IntArray
    mask: Mask

    def __post_init__(self) -> None:
        freeze(self, "offsets", "voxels", "values", "log_sum")

    @property
    def n_experiments(self) -> int:
        """Number of experiments, those without foci included."""
        return self.offsets.size - 1

    @property
    def experiment_of_entry(self) -> IntArray:
        """Shape (n_entries,); number of the experiment each entry belongs to."""
        return np.repeat(np.arange(self.n_experiments), np.diff(self.offsets))

    def entries(self, experiment: int) -> tuple[IntArray, IntArray]:
        """Voxels and lattice values of one experiment."""
        span = slice(self.offsets[experiment], self.offsets[experiment + 1])
        return self.voxels[span], self.values[span]

    def map(self, experiment: int) -> FloatArray:
        """Modelled activation of one experiment, shape (n_voxels,), probabilities."""
        voxels, values = self.entries(experiment)
        probabilities = np.zeros(self.mask.n_voxels)
        probabilities[voxels] = to_probability(values)
        return probabilities

    def log_sum_without(self, experiment: int) -> IntArray:
        """Sum of the values of all experiments but one, shape (n_voxels,), exact."""
        voxels, values = self.entries(experiment)
        log_sum = self.log_sum.copy()
        log_sum[voxels] -= values
        return log_sum

    def only(self, experiments: IntArray) -> MaMaps:
        """Maps of some of the experiments, in the order given, the same as laid anew.

        An experiment given twice counts twice.
        """
        spans = [slice(self.offsets[i], self.offsets[i + 1]) for i in experiments]
        sizes = [span.stop - span.start for span in spans]
        voxels = np.concatenate([self.voxels[:0], *(self.voxels[span] for span in spans)])
        values = np.concatenate([self.values[:0], *(self.values[span] for span in spans)])
        log_sum = np.zeros(self.mask.n_voxels, dtype=np.int64)
        add_at(voxels, values, log_sum)
        offsets = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
        return MaMaps(offsets, voxels, values, log_sum, self.mask)


def merge_experiments(ma: MaMaps, group: IntArray) -> MaMaps:
    """Maps in which the experiments of a group count as one, their values added.

    Leaving such a map out of the sum leaves the whole group out. The sum over all is as
    it was.

    Parameters
    ----------
    ma
        Modelled activation of the experiments.
    group
        Shape (n_experiments,); number of the group of each experiment, from 0.
    """
    place = group[ma.experiment_of_entry] * ma.mask.n_voxels + ma.voxels
    merged, entry = np.unique(place, return_inverse=True)
    values = np.zeros(merged.size, dtype=np.int64)
    np.add.at(values, entry, ma.values)
    owner, voxels = np.divmod(merged, ma.mask.n_voxels)
    offsets = np.searchsorted(owner, np.arange(group.max() + 2))
    return MaMaps(offsets, voxels.astype(np.int32), values, ma.log_sum, ma.mask)


def join_maps(one: MaMaps, other: MaMaps) -> MaMaps:
    """Maps of the experiments of both, those of `one` first; on one mask."""
    return MaMaps(
        offsets=np.concatenate([one.offsets, one.offsets[-1] + other.offsets[1:]]),
        voxels=np.concatenate([one.voxels, other.voxels]),
        values=np.concatenate([one.values, other.values]),
        log_sum=one.log_sum + other.log_sum,
        mask=one.mask,
    )


def model_activation(
    foci_mm: FloatArray,
    offsets: IntArray,
    fwhm_mm: FloatArray,
    mask: Mask,
    placement: Placement = "exact",
) -> MaMaps:
    """Lay the footprints of all foci and keep the maximum within each experiment.

    Parameters
    ----------
    foci_mm
        Shape (n_foci, 3), millimetres, in the space of the mask. Foci outside the
        mask count with the part of their footprint that lies inside.
    offsets
        Shape (n_experiments + 1,); experiment i has the foci `offsets[i]` to
        `offsets[i + 1]`, perhaps none.
    fwhm_mm
        Shape (n_experiments,); width of the footprints of each experiment.
    mask
        The voxels of the analysis.
    placement
        "exact" evaluates a footprint at voxel centres from the focus as reported;
        "nearest" first moves the focus to the nearest voxel centre (ties to the even
        index, as NiMARE does), "jale" to the next one left, in front and above, as JALE does.

    References
    ----------
    Turkeltaub et al. 2012, doi:10.1002/hbm.21186.
    """
    centres, shifts = placed(foci_mm, mask.grid, placement)
    edges = mask.grid.voxel_size_mm
    voxel_size_mm = (float(edges[0]), float(edges[1]), float(edges[2]))

    # Room for every voxel that could be reached; what is not filled is never touched.
    reached = np.diff(offsets) * footprint_size(fwhm_mm, edges)
    entries = np.empty((2, int(np.minimum(reached, mask.n_voxels).sum())), dtype=np.int32)
    filled = np.zeros(offsets.size, dtype=np.int64)
    log_sum = np.zeros(mask.n_voxels, dtype=np.int64)
    with _blank_volume(mask.grid.shape) as (volume, row_start, row_stop):
        for i, fwhm in enumerate(fwhm_mm):
            own = slice(offsets[i], offsets[i + 1])
            footprints, which = _footprints(float(fwhm), voxel_size_mm, shifts[own])
            stamp(footprints, which, centres[own], volume, row_start, row_stop)
            voxels, values = entries[:, filled[i] :]
            n = collect(volume, row_start, row_stop, mask.index, voxels, values, log_sum)
            filled[i + 1] = filled[i] + n
    voxels, values = entries[:, : filled[-1]]
    return MaMaps(offsets=filled, voxels=voxels, values=values, log_sum=log_sum, mask=mask)


def placed(foci_mm: FloatArray, grid: Grid, placement: Placement) -> tuple[IntArray, FloatArray]:
    """Voxel of each focus, and its place within it, shape (n_foci, 3) both.

    Parameters
    ----------
    foci_mm
        Shape (n_foci, 3), millimetres, in the space of the grid.
    grid
        The voxels.
    placement
        As in `model_activation`.
    """
    in_voxels = grid.to_voxels(foci_mm).reshape(-1, 3)
    if placement == "jale":
        towards = grid.axis_signs(TOWARDS_MM)
        centres = (towards * np.ceil(towards * in_voxels)).astype(np.int64)
    else:
        centres = np.round(in_voxels).astype(np.int64)
    shifts = in_voxels - centres if placement == "exact" else np.zeros_like(in_voxels)
    return centres, shifts


_blank_volumes: dict[tuple[int, int, int], list[tuple[IntArray, IntArray, IntArray]]] = {}


@contextmanager
def _blank_volume(
    shape: tuple[int, int, int],
) -> Iterator[tuple[IntArray, IntArray, IntArray]]:
    """Volume of zeros with its touched rows, kept for the next one who leaves it blank.

    Fresh memory of this size costs more time than the stamping. A volume whose user was
    interrupted is not kept.
    """
    kept = _blank_volumes.setdefault(shape, [])
    try:
        blank = kept.pop()
    except IndexError:
        volume = np.zeros(shape, dtype=np.int32)
        row_start = np.full(shape[:2], shape[2], dtype=np.int64)
        blank = volume, row_start, np.zeros(shape[:2], dtype=np.int64)
    yield blank
    kept.append(blank)


def _footprints(
    fwhm_mm: float, voxel_size_mm: tuple[float, float, float], shifts: FloatArray
) -> tuple[IntArray, IntArray]:
    """Distinct footprints of one experiment, stacked, and which of them each focus has."""
    numbers: dict[tuple[float, float, float], int] = {}
    which = np.array([numbers.setdefault(tuple(s), len(numbers)) for s in shifts.tolist()], int)
    distinct = [gaussian_footprint(fwhm_mm, voxel_size_mm, shift) for shift in numbers]
    if not distinct:
        return np.zeros((0, 1, 1, 1), dtype=np.int32), which
    return np.stack(distinct), which
