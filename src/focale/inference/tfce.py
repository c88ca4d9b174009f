"""Threshold-free cluster enhancement (TFCE) of ALE maps and of their Monte Carlo null.

Smith and Nichols 2009, doi:10.1016/j.neuroimage.2008.03.061. TFCE is a valid statistic for
ALE, but not more sensitive than cluster size, and not advised to the general user (Frahm et
al. 2022, doi:10.1002/hbm.25898): it is there for those who ask for it.

All is whole numbers: values of the log lattice, heights (`tfce_heights.py`), and TFCE in
steps of 2^-36. A map has the same bits on any machine that has the same heights.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from focale.inference.clusters import Connectivity
from focale.inference.montecarlo import NullDesign, neighbour_steps, padded_shape
from focale.inference.tfce_heights import TfceHeights
from focale.kernels.montecarlo import random_map
from focale.kernels.tfce import enhance as enhance_ordered
from focale.kernels.tfce import order_by_height
from focale.space.mask import Mask
from focale.typing import IntArray


def enhance(
    log_sum: IntArray, heights: TfceHeights, mask: Mask, connectivity: Connectivity = 6
) -> IntArray:
    """TFCE of a map, shape (n_voxels,), int64, in steps of `TFCE_STEP`.

    Parameters
    ----------
    log_sum
        Shape (n_voxels,); lattice values in mask order.
    heights
        From `tfce_heights`.
    mask
        The voxels of the map.
    connectivity
        What the voxels of a component share: faces (6), edges too (18), corners too (26).
    """
    room = _Room.of(heights, mask, connectivity)
    flat = np.zeros(room.rank.size, dtype=np.int64)
    flat[room.places] = log_sum
    n, _ = room.enhance(flat)
    flat[:] = 0  # now it takes what came out
    flat[room.voxels[:n]] = room.gain[:n]
    return flat[room.places]


def tfce_maxima(
    design: NullDesign,
    heights: TfceHeights,
    iterations: range,
    seed: int,
    *,
    stream: int = 0,
    connectivity: Connectivity = 6,
) -> IntArray:
    """Largest TFCE of each random map, shape (n_iterations,), int64, steps of `TFCE_STEP`.

    A function of its arguments alone, that lets other threads run: any executor can compute
    any part of the iterations.

    Parameters
    ----------
    design
        From `null_design`.
    heights
        From `tfce_heights` of the observed set.
    iterations
        Which iterations. The random map of iteration i is that from which `null_blocks` with
        this seed and stream has the other maxima.
    seed, stream
        Whole numbers of 0 and more.
    connectivity
        As in `enhance`.
    """
    room = _Room.of(heights, design.mask, connectivity)
    log_sum = np.zeros(padded_shape(design.mask), dtype=np.int64)
    own = np.zeros(log_sum.shape, dtype=design.words.dtype)
    chosen = np.empty(design.n_foci, dtype=np.int64)
    centres = np.empty((design.n_foci, 3), dtype=np.int64)
    key = np.uint64(seed), np.uint64(stream)
    drawing = design.sampling, design.offsets, design.fingerprints
    laying = design.words, design.starts, design.halves
    maxima = np.empty(len(iterations), dtype=np.int64)
    for i, iteration in enumerate(iterations):
        log_sum[:] = 0
        random_map(*key, np.uint64(iteration), *drawing, *laying, chosen, centres, log_sum, own)
        _, maxima[i] = room.enhance(log_sum.reshape(-1))
    return maxima


@dataclass(frozen=True, slots=True, eq=False)
class _Room:
    """Tables and working arrays that serve many maps of one mask; see the kernels."""

    heights: TfceHeights
    places: IntArray
    around: IntArray
    integral: IntArray
    weight: IntArray
    begins: IntArray
    voxels: IntArray
    fall: IntArray
    rank: IntArray
    parent: IntArray
    size: IntArray
    gain: IntArray

    @classmethod
    def of(cls, heights: TfceHeights, mask: Mask, connectivity: Connectivity) -> _Room:
        n = mask.n_voxels
        integral = heights.integral
        return cls(
            heights=heights,
            places=_places(mask),
            around=neighbour_steps(mask, connectivity),
            integral=integral,
            weight=heights.weight(n),
            begins=np.empty(integral.size, dtype=np.int32),
            voxels=np.empty(n, dtype=np.int32),
            fall=np.empty(n, dtype=np.int64),
            rank=np.zeros(int(np.prod(padded_shape(mask))), dtype=np.int32),
            parent=np.empty(n, dtype=np.int32),
            size=np.empty(n, dtype=np.int32),
            gain=np.empty(n, dtype=np.int64),
        )

    def enhance(self, flat: IntArray) -> tuple[int, int]:
        """Number of voxels with a height, whose TFCE is then in `gain`, and the largest."""
        base, shift = self.heights.base, self.heights.shift
        tables = self.integral, self.begins
        n = order_by_height(flat, self.places, base, shift, *tables, self.voxels, self.fall)
        components = self.rank, self.parent, self.size, self.gain
        largest = enhance_ordered(
            self.voxels[:n], self.fall[:n], self.weight, self.around, *components
        )
        return n, largest


@lru_cache(maxsize=2)  # one mask serves many results
def _places(mask: Mask) -> IntArray:
    """Places of the mask voxels in the flat padded volume, in mask order."""
    return np.flatnonzero(np.pad(mask.inside, ((0, 1), (0, 1), (0, 1)))).astype(np.int32)
