"""Iterations of the SCALE null: whole random maps, counted and then forgotten.

SCALE (Langner et al. 2014, doi:10.1016/j.neuroimage.2014.06.007) draws every focus from the
base rate of a database. Of each iteration three things are kept: at which voxels the random
map is at least as large as the observed one, its highest standing on the scale that all
voxels share (`common_scale`), and its largest clusters of voxels that stand high.

An iteration is a function of the seed, the stream and its number alone, and all that is kept
of it are whole numbers: the same bits on any number of threads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np

from focale.frozen import freeze
from focale.inference.clusters import Connectivity
from focale.inference.common_scale import SCALE_STEP, CommonScale
from focale.inference.montecarlo import NullDesign, mask_runs, neighbour_steps, padded_shape
from focale.kernels.base_rate import survey_map
from focale.kernels.montecarlo import random_map
from focale.kernels.sparse_clusters import largest_clusters
from focale.typing import IntArray

ITERATIONS_A_BLOCK = 100
"""At most 255: a block counts in one byte a voxel."""

LARGEST_INT32 = 2**31 - 1


@dataclass(frozen=True, slots=True, eq=False)
class ScaleBlock:
    """What some iterations gave.

    Attributes
    ----------
    n_as_large
        Shape (n_voxels,), uint8; iterations whose map is at least as large as the observed.
    maxima
        Shape (n_iterations, 3): highest standing, size of the largest cluster, and mass of the
        heaviest, in steps of `SCALE_STEP`; 0 where no voxel stands above the forming level.
    """

    n_as_large: IntArray
    maxima: IntArray

    def __post_init__(self) -> None:
        freeze(self, "n_as_large", "maxima")

    def __len__(self) -> int:
        """Number of iterations."""
        return len(self.maxima)


def scale_blocks(
    design: NullDesign,
    scale: CommonScale,
    observed: IntArray,
    iterations: range,
    seed: int,
    *,
    stream: int = 0,
    connectivity: Connectivity = 6,
    threads: int = 1,
) -> Generator[ScaleBlock, None, None]:
    """Iterations of the SCALE null, block by block in their order.

    Parameters
    ----------
    design
        From `null_design`, with a base rate.
    scale
        From `common_scale`.
    observed
        Shape (n_voxels,); the observed map, lattice steps.
    iterations
        Which iterations, one after the other.
    seed, stream
        Whole numbers of 0 and more; equal ones give equal iterations.
    connectivity
        What the voxels of a cluster share: faces (6), edges too (18), corners too (26).
    threads
        How many threads.
    """
    firsts = iter(range(iterations.start, iterations.stop, ITERATIONS_A_BLOCK))
    running: deque[Future[ScaleBlock]] = deque()
    pool = ThreadPoolExecutor(threads)

    def begin(n: int) -> None:
        for first in islice(firsts, n):
            part = range(first, min(first + ITERATIONS_A_BLOCK, iterations.stop))
            running.append(
                pool.submit(_block, design, scale, observed, part, (seed, stream), connectivity)
            )

    try:
        begin(2 * threads)  # no more at once: what is done waits here with a byte a voxel
        while running:
            block = running.popleft().result()
            begin(1)
            yield block
    finally:
        for job in running:
            job.cancel()
        pool.shutdown()


def _block(
    design: NullDesign,
    scale: CommonScale,
    observed: IntArray,
    iterations: range,
    key: tuple[int, int],
    connectivity: Connectivity,
) -> ScaleBlock:
    """Some iterations: a function of its arguments alone."""
    mask, n_voxels = design.mask, observed.size
    key_0, key_1 = np.uint64(key[0]), np.uint64(key[1])
    number = _number_type(design)
    log_sum = np.zeros(padded_shape(mask), dtype=number)
    own = np.zeros(log_sum.shape, dtype=np.int32)
    chosen = np.empty(design.n_foci, dtype=np.int64)
    centres = np.empty((design.n_foci, 3), dtype=np.int64)
    drawing = design.sampling, design.offsets, design.fingerprints
    laying = design.words, design.starts, design.halves
    runs, flat = mask_runs(mask), log_sum.reshape(-1)
    levels = [_as_number(array, number) for array in (observed, scale.thresholds)]
    n_as_large = np.zeros(n_voxels, dtype=np.uint8)
    positions, values = np.empty(n_voxels, dtype=np.int64), np.empty(n_voxels, dtype=np.int64)
    above = []
    for i in iterations:
        random_map(key_0, key_1, np.uint64(i), *drawing, *laying, chosen, centres, log_sum, own)
        n = survey_map(flat, *runs, *levels, n_as_large, positions, values)
        above.append((positions[:n].copy(), values[:n].copy()))
    starts = np.concatenate([[0], np.cumsum([own.size for own, _ in above])])
    voxels = np.concatenate([own for own, _ in above])
    standing = scale.standing(voxels, np.concatenate([own for _, own in above]))
    return ScaleBlock(n_as_large, _maxima(design, scale, starts, voxels, standing, connectivity))


def _maxima(
    design: NullDesign,
    scale: CommonScale,
    starts: IntArray,
    voxels: IntArray,
    standing: IntArray,
    connectivity: Connectivity,
) -> IntArray:
    """Highest standing, largest size and mass of each of some maps, shape (n, 3)."""
    maxima = np.zeros((starts.size - 1, 3), dtype=np.int64)
    for number, (first, stop) in enumerate(zip(starts[:-1], starts[1:], strict=True)):
        maxima[number, 0] = standing[first:stop].max(initial=0)
    steps = neighbour_steps(design.mask, connectivity)
    places = flat_places(design)
    label = np.zeros(int(np.prod(padded_shape(design.mask))), dtype=np.int32)
    sizes, masses = np.empty((2, starts.size - 1), dtype=np.int64)
    over = standing - forming_steps(scale)
    largest_clusters(starts, places[voxels], over, -steps[steps < 0], label, sizes, masses)
    maxima[:, 1], maxima[:, 2] = sizes, masses
    return maxima


def forming_steps(scale: CommonScale) -> int:
    """The level that forms clusters, in steps of `SCALE_STEP`."""
    return round(scale.forming_z / SCALE_STEP)


def flat_places(design: NullDesign) -> IntArray:
    """Places of the mask voxels in the flat padded volume, in mask order."""
    return np.flatnonzero(np.pad(design.mask.inside, ((0, 1), (0, 1), (0, 1))))


def _number_type(design: NullDesign) -> type[np.signedinteger]:
    """Numbers of 32 bits, which take half the time, where all sums are sure to fit."""
    most = int(design.words.max(initial=0)) * (design.offsets.size - 1)
    return np.int32 if most < LARGEST_INT32 else np.int64


def _as_number(array: IntArray, number: type[np.signedinteger]) -> IntArray:
    return np.minimum(array, np.iinfo(number).max).astype(number)
