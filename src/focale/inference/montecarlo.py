"""The null of family-wise error control: foci drawn at random, maxima kept.

Each focus falls on a voxel drawn uniformly from a sampling mask. The number of foci of
each experiment, their footprints and their places within a voxel stay as observed. Of
each iteration the largest value of the map is kept, and the size and mass of the largest
clusters above the cluster-forming threshold (Eickhoff et al. 2012,
doi:10.1016/j.neuroimage.2011.09.017; 2016, doi:10.1016/j.neuroimage.2016.04.072).

Foci whose footprint cannot reach the mask take no part: the observed map has nothing of
them either. Where the foci of an experiment fall in iteration i is a function of the seed,
the stream, i and the experiment alone, and all values are whole numbers. So the same
iterations give the same bits wherever they are computed, and analyses that share
experiments and a seed share what is random about them.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Generator
from concurrent.futures import BrokenExecutor, Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any, Literal, TypeAlias

import numpy as np

from focale.errors import FocaleError
from focale.frozen import freeze
from focale.inference.base_rate import BaseRate
from focale.inference.clusters import CONTACT_AXES, Connectivity
from focale.inference.fingerprints import experiment_fingerprints
from focale.inference.ma_maps import Placement, placed
from focale.inference.null_footprints import BLOCK, null_footprints
from focale.inference.shapes import Footprints, Shape, as_footprints
from focale.kernels.montecarlo import Plan, blocks_of, iterate, iterate_pruned, room_for
from focale.space.mask import Mask
from focale.typing import BoolArray, FloatArray, IntArray

Engine = Literal["pruned", "dense"]
Sampling = Literal["mask", "grey_matter"]
"""Where random foci fall, by name: the mask of the analysis, or the grey matter in it."""

ITERATIONS_A_BLOCK = 250
FEWER_A_BLOCK = 25
"""Where an iteration takes as long as many."""


@dataclass(frozen=True, slots=True, eq=False)
class NullDesign:
    """What an iteration of the null is made from.

    Attributes
    ----------
    offsets
        Shape (n_experiments + 1,); experiment i has the foci `offsets[i]` to
        `offsets[i + 1]`.
    fingerprints
        Shape (n_experiments,), uint64; names of the experiments by what they report, which
        choose their random numbers.
    words
        All different footprints one after the other, as in `NullFootprints`.
    starts
        Shape (n_foci,); where in `words` the first voxel of the footprint of each focus is.
    halves
        Shape (n_foci, 3); half widths of its box, in voxels.
    sampling
        Shape (n_choices, 3); voxels a focus may fall on, each as likely as it is there often.
    kinds
        Shape (n_foci,); number of the footprint of each focus among the different ones.
    near, fine, lift
        Bounds of the different footprints, as in `NullFootprints`.
    corner
        Shape (3,); first voxel of the first block.
    inside
        Shape (x, y, z) of blocks of 4 x 4 x 4 voxels, uint64; a bit for each mask voxel.
    rows_inside
        Shape (x, y, n), uint8; a bit for each block of a row along z that has mask voxels.
    mask
        The voxels of the analysis.
    recipe
        The arguments of `null_design` that gave it. Another process gets these, and makes
        the design once for all iterations it is sent.
    """

    offsets: IntArray
    fingerprints: IntArray
    words: IntArray
    starts: IntArray
    halves: IntArray
    sampling: IntArray
    kinds: IntArray
    near: FloatArray
    fine: FloatArray
    lift: FloatArray
    corner: IntArray
    inside: IntArray
    rows_inside: IntArray
    mask: Mask
    recipe: tuple[Any, ...]

    def __post_init__(self) -> None:
        freeze(self, "offsets", "fingerprints", "words", "starts", "halves", "sampling")
        freeze(self, "kinds", "near", "fine", "corner", "inside", "rows_inside")

    def __reduce__(self) -> tuple[Any, ...]:
        return _design_of, (_packed(self),)

    @property
    def n_foci(self) -> int:
        """Number of foci that take part."""
        return self.starts.size

    @property
    def sha256(self) -> str:
        """Fingerprint of the foci, their footprints and where they may fall."""
        digest = hashlib.sha256(self.mask.sha256.encode())
        for part in (self.offsets, self.words, self.starts, self.halves, self.sampling):
            digest.update(np.ascontiguousarray(part.astype("<i8")).tobytes())
        digest.update(self.fingerprints.astype("<u8").tobytes())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class NullMaxima:
    """Maxima of the iterations of the null, in the order of the iterations.

    Attributes
    ----------
    largest
        Shape (n_iterations,); largest value of the map, lattice steps.
    size
        Shape (n_iterations,); voxels of the largest cluster, 0 where there is none.
    mass
        Shape (n_iterations,); largest sum over a cluster of what is above the threshold,
        lattice steps.
    tfce
        Shape (n_iterations,); largest TFCE, in its steps, if that was asked for.
    """

    largest: IntArray
    size: IntArray
    mass: IntArray
    tfce: IntArray | None = None

    def __post_init__(self) -> None:
        freeze(self, "largest", "size", "mass", *(["tfce"] if self.tfce is not None else []))

    @classmethod
    def of(cls, maxima: IntArray) -> NullMaxima:
        """Maxima of an array of shape (n_iterations, 3), or (n_iterations, 4) with TFCE."""
        return cls(*maxima.T)


def null_design(
    foci_mm: FloatArray,
    offsets: IntArray,
    footprints: Footprints | FloatArray,
    mask: Mask,
    placement: Placement = "exact",
    sampling: Mask | BaseRate | None = None,
) -> NullDesign:
    """Design of the null of an evidence base; parameters as in `model_activation`.

    Parameters
    ----------
    sampling
        Where foci may fall, on the grid of the mask: on the voxels of a mask, by default that
        of the analysis, or on those of a base rate, each as often as it is reported.
    """
    centres, shifts = placed(foci_mm, mask.grid, placement)
    laid_as = as_footprints(footprints)
    kinds = laid_as.kinds(offsets, shifts)
    edges = mask.grid.voxel_size_mm
    voxel_size_mm = (float(edges[0]), float(edges[1]), float(edges[2]))
    taking_part = _reaching(laid_as.shape, kinds, centres, mask, voxel_size_mm)
    different, kind = np.unique(kinds[taking_part], axis=0, return_inverse=True)
    kind = kind.reshape(-1).astype(np.int64)
    laid = null_footprints(different, voxel_size_mm, kind.size, laid_as.shape)
    left = np.concatenate([[0], np.cumsum(taking_part, dtype=np.int64)])[offsets]
    return NullDesign(
        offsets=left,
        fingerprints=experiment_fingerprints(foci_mm[taking_part], left, laid_as),
        words=laid.words,
        starts=laid.starts[kind],
        halves=laid.halves[kind],
        sampling=_choices(sampling or mask),
        kinds=kind,
        near=laid.near,
        fine=laid.fine,
        lift=laid.lift,
        **_blocks(mask),
        mask=mask,
        recipe=(foci_mm, offsets, laid_as, mask, placement, sampling),
    )


@lru_cache(maxsize=2)  # every block of iterations is sent the same
def _packed(design: NullDesign) -> bytes:
    return pickle.dumps(design.recipe)


@lru_cache(maxsize=2)
def _design_of(packed: bytes) -> NullDesign:
    return null_design(*pickle.loads(packed))  # noqa: S301  # our own bytes, see `_packed`


FurtherMaximum: TypeAlias = Callable[[NullDesign, range], IntArray]


def null_blocks(
    design: NullDesign,
    threshold: int,
    iterations: range,
    seed: int,
    *,
    stream: int = 0,
    connectivity: Connectivity = 6,
    executor: Executor | None = None,
    threads: int = 1,
    engine: Engine = "pruned",
    also: FurtherMaximum | None = None,
) -> Generator[IntArray, None, None]:
    """Maxima of some iterations of the null, block by block in their order.

    Parameters
    ----------
    design
        From `null_design`.
    threshold
        Cluster-forming threshold, lattice steps; voxels above it are in a cluster.
    iterations
        Which iterations, one after the other.
    seed, stream
        Whole numbers of 0 and more; equal ones give equal iterations.
    connectivity
        What the voxels of a cluster share: faces (6), edges too (18), corners too (26).
    executor
        Where the iterations are computed: any executor of `concurrent.futures`; by
        default threads of this process.
    threads
        How many threads, if there is no executor.
    engine
        "pruned" looks only where the threshold could be exceeded; "dense" computes whole
        maps. They give the same bits.
    also
        Gives a further maximum of each iteration, shape (n,), from the design and the
        numbers of the iterations; a function that can be sent to another process.

    Yields
    ------
    IntArray
        Shape (n, 3): largest value, size and mass of the largest clusters; (n, 4) with
        the further maximum.
    """
    steps = neighbour_steps(design.mask, connectivity)
    earlier = -steps[steps < 0]
    pool = executor or ThreadPoolExecutor(threads)
    edge = ITERATIONS_A_BLOCK if also is None else FEWER_A_BLOCK
    jobs = [
        pool.submit(
            _block,
            design,
            threshold,
            earlier,
            (seed, stream),
            range(first, min(first + edge, iterations.stop)),
            engine,
            also,
        )
        for first in range(iterations.start, iterations.stop, edge)
    ]
    try:
        for job in jobs:
            yield job.result()
    except BrokenExecutor as error:
        raise FocaleError(
            "a worker of the executor died before its iterations were done (out of memory?); "
            "the same call with a checkpoint goes on from what was kept"
        ) from error
    finally:
        for job in jobs:
            job.cancel()
        if executor is None:
            pool.shutdown()


def null_maxima(
    design: NullDesign, threshold: int, n_iterations: int, seed: int, **how: Any
) -> NullMaxima:
    """Maxima of the iterations 0 ... `n_iterations` - 1; parameters as in `null_blocks`."""
    blocks = null_blocks(design, threshold, range(n_iterations), seed, **how)
    return NullMaxima.of(np.concatenate(list(blocks)))


def _block(
    design: NullDesign,
    threshold: int,
    earlier: IntArray,
    key: tuple[int, int],
    iterations: range,
    engine: Engine,
    also: FurtherMaximum | None,
) -> IntArray:
    """Maxima of some iterations, shape (n, 3) or (n, 4): a function of its arguments alone."""
    first, maxima = iterations.start, np.empty((len(iterations), 3), dtype=np.int64)
    key_0, key_1 = np.uint64(key[0]), np.uint64(key[1])
    shape = np.array(padded_shape(design.mask), dtype=np.int64)
    if engine == "pruned":
        plan = Plan(*(_read_only(getattr(design, part)) for part in Plan._fields))
        blocks, room = blocks_of(plan), room_for(plan, int(shape.prod()))
        iterate_pruned(key_0, key_1, first, threshold, earlier, shape, blocks, plan, room, maxima)
    else:
        drawing = design.sampling, design.offsets, design.fingerprints
        laying = design.words, design.starts, design.halves
        runs = _runs(design.mask)
        iterate(key_0, key_1, first, *drawing, *laying, *runs, threshold, earlier, shape, maxima)
    return maxima if also is None else np.column_stack([maxima, also(design, iterations)])


def _read_only(array: Any) -> Any:
    """The same array, which may have come from another process as one to write to.

    The kernels would be compiled again for such arrays.
    """
    view = array.view()
    view.setflags(write=False)
    return view


def _choices(sampling: Mask | BaseRate) -> IntArray:
    """Voxels a focus may fall on, shape (n, 3)."""
    return sampling.voxels if isinstance(sampling, BaseRate) else _voxels(sampling)


@lru_cache(maxsize=2)  # one mask serves many results
def _voxels(mask: Mask) -> IntArray:
    """Indices of the mask voxels, in 16 bits: the loop waits for memory to read them."""
    return np.ascontiguousarray(np.argwhere(mask.inside), dtype=np.int16)


@lru_cache(maxsize=2)  # one mask serves many results
def _blocks(mask: Mask) -> dict[str, IntArray]:
    """The mask voxels by blocks, as `NullDesign` has them; none lies outside all blocks."""
    where = np.nonzero(mask.inside)
    corner = np.array([axis.min() for axis in where])
    x, y, z = (-(-(axis.max() + 1 - axis.min()) // BLOCK) for axis in where)
    whole = np.zeros((BLOCK * x, BLOCK * y, BLOCK * z), dtype=bool)
    whole[tuple(axis - first for axis, first in zip(where, corner, strict=True))] = True
    cut = whole.reshape(x, BLOCK, y, BLOCK, z, BLOCK).transpose(0, 2, 4, 1, 3, 5)
    bits = np.packbits(cut.reshape(x, y, z, BLOCK**3), axis=-1, bitorder="little")
    inside = bits.view("<u8")[..., 0].astype(np.uint64)
    rows = np.packbits(inside > 0, axis=2, bitorder="little")
    return {"corner": corner, "inside": inside, "rows_inside": rows}


def _reaching(
    shape: Shape,
    kinds: FloatArray,
    centres: IntArray,
    mask: Mask,
    voxel_size_mm: tuple[float, float, float],
) -> BoolArray:
    """Which foci leave anything in the mask; `kinds` as in `Shape`."""
    in_grid = np.all((centres >= 0) & (centres < mask.grid.shape), axis=1)
    reaching = np.zeros(len(centres), dtype=bool)
    reaching[in_grid] = mask.inside[tuple(centres[in_grid].T)]
    for f in np.flatnonzero(~reaching):
        footprint = shape.footprint(kinds[f].tolist(), voxel_size_mm)
        reaching[f] = _reaches(footprint, centres[f], mask)
    return reaching


def _reaches(footprint: IntArray, centre: IntArray, mask: Mask) -> bool:
    """Whether any voxel of the mask lies within a footprint."""
    own, theirs = [], []
    for edge, middle, size in zip(footprint.shape, centre, mask.grid.shape, strict=True):
        corner = int(middle) - edge // 2
        start, stop = max(corner, 0), min(corner + edge, size)
        if start >= stop:
            return False
        own.append(slice(start - corner, stop - corner))
        theirs.append(slice(start, stop))
    return bool(np.any(mask.inside[tuple(theirs)] & (footprint[tuple(own)] > 0)))


def padded_shape(mask: Mask) -> tuple[int, int, int]:
    """Shape of a volume with one blank voxel at the end of each axis."""
    x, y, z = mask.grid.shape
    return x + 1, y + 1, z + 1


def _runs(mask: Mask) -> tuple[IntArray, IntArray]:
    """Where runs of mask voxels begin and end in the flat padded volume."""
    inside = np.pad(mask.inside, ((0, 1), (0, 1), (0, 1))).reshape(-1)
    steps = np.diff(inside.astype(np.int8), prepend=0)
    return np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)


def neighbour_steps(mask: Mask, connectivity: Connectivity) -> IntArray:
    """Steps in the flat padded volume from a voxel to its neighbours, all around."""
    _, y, z = padded_shape(mask)
    steps = [
        (i * y + j) * z + k
        for i, j, k in product((-1, 0, 1), repeat=3)
        if 0 < abs(i) + abs(j) + abs(k) <= CONTACT_AXES[connectivity]
    ]
    return np.array(steps, dtype=np.int64)
