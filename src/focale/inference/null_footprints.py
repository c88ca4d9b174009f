"""Footprints as the Monte Carlo loop reads them.

All different footprints lie one after the other, as whole numbers. Beside them lie bounds:
a footprint is at most the product of a factor for each axis, so the most it can give to a
block of voxels is the product of its largest factors in the block along each axis.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from focale.inference.shapes import GAUSSIAN, Shape, VoxelSize
from focale.kernels.montecarlo import PAD
from focale.typing import FloatArray, IntArray

BLOCK = 4
"""Edge of the blocks of the pruned engine, in voxels; its kernels know it."""

ROW = 8
"""Blocks of a row along z that are read at once."""


class NullFootprints(NamedTuple):
    """The different footprints of an evidence base.

    Attributes
    ----------
    words
        Lattice values, int32: each footprint in C order, with `PAD` zeros between its rows,
        between its planes, and before and after it.
    starts
        Shape (n_footprints,); where in `words` the first voxel of each is.
    halves
        Shape (n_footprints, 3); half widths, in voxels.
    near
        Shape (n_footprints, 3, 4, n_blocks), float32; largest factor along each axis in
        each block a footprint reaches, for the four places in a block where it may begin.
        The product of the three is at least the lattice value less one, and stays so in
        as many sums of float32 as there are foci.
    fine
        Shape (n_footprints, 3, n_places, 2), float32; the same for both halves of a block
        that begins at any place, the first of which is `PAD` voxels before the footprint.
    lift
        Shape (n_footprints,), float32; by how many lattice steps rounding may lift a footprint
        above the product of its factors.
    """

    words: IntArray
    starts: IntArray
    halves: IntArray
    near: FloatArray
    fine: FloatArray
    lift: FloatArray


def null_footprints(
    kinds: FloatArray, voxel_size_mm: VoxelSize, n_foci: int, shape: Shape = GAUSSIAN
) -> NullFootprints:
    """Footprints laid out.

    Parameters
    ----------
    kinds
        Shape (n_footprints, 4 or 5); as `Shape` has them.
    voxel_size_mm
        Edges of a voxel.
    n_foci
        How many bounds may be added up.
    shape
        Of the footprints.
    """
    footprints = [shape.footprint(kind, voxel_size_mm) for kind in kinds.tolist()]
    sizes = np.array([footprint.shape for footprint in footprints], dtype=np.int64)
    words, starts = _words(footprints, sizes)
    near, fine = _bounds(_factors(kinds, voxel_size_mm, n_foci, shape))
    lift = np.full(len(kinds), shape.lift, dtype=np.float32)
    return NullFootprints(words, starts, sizes // 2, near, fine, lift)


def _words(footprints: list[IntArray], sizes: IntArray) -> tuple[IntArray, IntArray]:
    """Footprints one after the other, and where the first voxel of each is."""
    rows = sizes[:, 2] + PAD
    planes = (sizes[:, 1] + PAD) * rows
    lengths, blanks = sizes[:, 0] * planes, PAD * (planes + rows + 1)
    steps = lengths[:-1] + np.maximum(blanks[:-1], blanks[1:])  # neighbours share their zeros
    starts = np.cumsum([blanks[0], *steps], dtype=np.int64)
    words = np.zeros(starts[-1] + lengths[-1] + blanks[-1], dtype=np.int32)
    for footprint, start, length, plane, row in zip(
        footprints, starts, lengths, planes, rows, strict=True
    ):
        room = words[start : start + length].reshape(-1, plane // row, row)
        room[:, :-PAD, :-PAD] = footprint
    return words, starts


def _factors(kinds: FloatArray, voxel_size_mm: VoxelSize, n_foci: int, shape: Shape) -> FloatArray:
    """Factors of each footprint along each axis in lattice steps, zeros around them."""
    weights = [shape.factors(kind, voxel_size_mm) for kind in kinds.tolist()]
    longest = max(axis.size for axes in weights for axis in axes)
    n_blocks = ROW * -(-(longest + BLOCK - 1) // (BLOCK * ROW))
    factors = np.zeros((len(weights), 3, PAD + BLOCK * n_blocks))
    for kind, axes in enumerate(weights):
        for along, axis in enumerate(axes):
            factors[kind, along, PAD : PAD + axis.size] = axis
    peak = factors.max(axis=2).prod(axis=1)
    rounding = 1 + (n_foci + 8) * 2.0**-23  # a sum of float32 is off by 2^-24 at most
    steps = [shape.steps_of(*of) for of in zip(kinds.tolist(), peak.tolist(), strict=True)]
    factors[:, 0] *= (rounding * np.array(steps) / peak)[:, None]
    return factors


def _bounds(factors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Largest factors in blocks and in their halves, as `NullFootprints` has them."""
    n, _, size = factors.shape
    by_place = [
        factors[:, :, PAD - place : size - place].reshape(n, 3, -1, BLOCK).max(axis=3)
        for place in range(BLOCK)
    ]
    two = np.maximum(factors[:, :, :-1], factors[:, :, 1:])
    halves = np.stack([two[:, :, :-2], two[:, :, 2:]], axis=3)
    return np.stack(by_place, axis=2).astype(np.float32), halves.astype(np.float32)
