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
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TypeAlias

import numpy as np

from focale.frozen import freeze
from focale.inference.clusters import Connectivity
from focale.inference.common_scale import SCALE_STEP, CommonScale
from focale.inference.montecarlo import NullDesign, neighbour_steps, padded_shape
from focale.kernels.montecarlo import random_map, survey_planes
from focale.kernels.sparse_clusters import largest_clusters
from focale.typing import IntArray

ITERATIONS_A_BLOCK = 100

LARGEST_INT32 = 2**31 - 1


@dataclass(frozen=True, slots=True, eq=False)
class ScaleBlock:
    """What some iterations gave.

    Attributes
    ----------
    n_as_large
        Shape (n_voxels,), int32; iterations whose map is at least as large as the observed.
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
        begin(2 * threads)  # no more at once: what is done waits with a count for each voxel
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
    survey = _survey_of(design, observed, scale.thresholds, key)
    n_as_large = np.zeros(observed.size, dtype=np.int32)
    above = [survey(i, n_as_large) for i in iterations]
    starts = np.concatenate([[0], np.cumsum([own.size for own, _ in above])])
    voxels = np.concatenate([own for own, _ in above])
    standing = scale.standing(voxels, np.concatenate([own for _, own in above]))
    return ScaleBlock(n_as_large, _maxima(design, scale, starts, voxels, standing, connectivity))


Survey: TypeAlias = Callable[[int, IntArray], tuple[IntArray, IntArray]]
"""Draws the map of an iteration, raises counts where it is as large as what is observed, and
gives the voxels above their thresholds, with their values."""


def _survey_of(
    design: NullDesign, observed: IntArray, thresholds: IntArray, key: tuple[int, int]
) -> Survey:
    """How the maps of a design are surveyed: in 32 bits where all sums are sure to fit."""
    most = int(design.words.max(initial=0)) * (design.offsets.size - 1)
    of = _by_planes if most <= LARGEST_INT32 else _by_volumes
    return of(design, observed, thresholds, (np.uint64(key[0]), np.uint64(key[1])))


def _by_planes(
    design: NullDesign, observed: IntArray, thresholds: IntArray, key: tuple[np.uint64, np.uint64]
) -> Survey:
    corner, shape, runs = _wide(design)
    size, pitch = int(shape[1] * shape[2]), int(shape[2])
    planes = np.zeros(size + 3, dtype=np.int32), np.zeros(size + 3, dtype=np.int32)
    chosen = np.empty(design.n_foci, dtype=np.int64)
    centres = np.empty((design.n_foci, 3), dtype=np.int64)
    levels = [np.minimum(n, LARGEST_INT32).astype(np.int32) for n in (observed, thresholds)]
    listed = np.empty((2, observed.size), dtype=np.int64)
    drawing = design.sampling, corner, design.offsets, design.fingerprints
    laying = design.words, design.starts, design.halves, chosen, centres

    def survey(iteration: int, n_as_large: IntArray) -> tuple[IntArray, IntArray]:
        drawn = *key, np.uint64(iteration), *drawing
        comparing = *planes, runs, *levels, n_as_large, listed[0], listed[1]
        n = survey_planes(*drawn, *laying, pitch, *comparing)
        return listed[0, :n].copy(), listed[1, :n].copy()

    return survey


def _by_volumes(
    design: NullDesign, observed: IntArray, thresholds: IntArray, key: tuple[np.uint64, np.uint64]
) -> Survey:
    log_sum = np.zeros(padded_shape(design.mask), dtype=np.int64)
    own = np.zeros(log_sum.shape, dtype=np.int32)
    chosen = np.empty(design.n_foci, dtype=np.int64)
    centres = np.empty((design.n_foci, 3), dtype=np.int64)
    drawing = design.sampling, design.offsets, design.fingerprints
    laying = design.words, design.starts, design.halves, chosen, centres, log_sum, own
    places = flat_places(design)

    def survey(iteration: int, n_as_large: IntArray) -> tuple[IntArray, IntArray]:
        random_map(*key, np.uint64(iteration), *drawing, *laying)
        values = log_sum.reshape(-1)[places]
        n_as_large += values >= observed
        above = np.flatnonzero(values > thresholds)
        return above, values[above]

    return survey


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
    for number, (first, stop) in enumerate(pairwise(starts)):
        maxima[number, 0] = standing[first:stop].max(initial=0)
    steps = neighbour_steps(design.mask, connectivity)
    places = flat_places(design)
    label = np.zeros(int(np.prod(padded_shape(design.mask))), dtype=np.int32)
    sizes, masses = np.empty((2, starts.size - 1), dtype=np.int64)
    over = standing - forming_steps(scale)
    largest_clusters(starts, places[voxels], over, -steps[steps < 0], label, sizes, masses)
    maxima[:, 1], maxima[:, 2] = sizes, masses
    return maxima


def _wide(design: NullDesign) -> tuple[IntArray, IntArray, IntArray]:
    """A volume that no footprint leaves: its corner, its shape, and the runs of mask voxels."""
    mask, reach = design.mask, design.halves.max(axis=0)
    voxels = np.argwhere(mask.inside)
    corner = np.minimum(voxels.min(axis=0), design.sampling.min(axis=0).astype(np.int64) - reach)
    last = np.maximum(voxels.max(axis=0), design.sampling.max(axis=0).astype(np.int64) + reach)
    shape = last - corner + 1
    x, y, z = (voxels - corner).T
    place = y * shape[2] + z
    is_first = np.diff(x * shape[1] * shape[2] + place, prepend=-2) != 1
    starts = np.flatnonzero(is_first)
    sizes = np.diff(np.append(starts, len(voxels)))
    return corner, shape, np.column_stack([x[starts], place[starts], place[starts] + sizes])


def forming_steps(scale: CommonScale) -> int:
    """The level that forms clusters, in steps of `SCALE_STEP`."""
    return round(scale.forming_z / SCALE_STEP)


def flat_places(design: NullDesign) -> IntArray:
    """Places of the mask voxels in the flat padded volume, in mask order."""
    return np.flatnonzero(np.pad(design.mask.inside, ((0, 1), (0, 1), (0, 1))))
