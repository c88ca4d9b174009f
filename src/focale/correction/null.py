"""The Monte Carlo null of a result: its settings, and its iterations wherever they run.

What an iteration gives is a function of the data, of these settings and of its number
alone. So iterations can be computed by threads, processes or a cluster, in shards, kept
in a file, and gone on with, and are the same bits each time.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, get_args

import numpy as np

from focale._check import check_between, check_choice, check_count, refuse
from focale.correction.null_file import continued, kept, nothing_of
from focale.correction.running import Running
from focale.errors import ArgumentError, EvidenceError
from focale.estimators.result import Result, StatMap
from focale.inference.clusters import Connectivity
from focale.inference.lattice import PROBABILITY, Scale
from focale.inference.montecarlo import NullDesign, Sampling, null_blocks
from focale.inference.tfce import tfce_maxima
from focale.inference.tfce_heights import TfceHeights, tfce_heights
from focale.progress import Counted, Progress, silent
from focale.space.grey_matter import grey_matter
from focale.space.mask import Mask
from focale.typing import IntArray

LARGEST_SEED = 2**64 - 1
BEYOND_ALL = 2**60
"""Lattice threshold above every sum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NullSettings:
    """What is chosen about a null.

    Parameters
    ----------
    seed
        Whole number of 0 and more; equal seeds give equal bits.
    cluster_forming_p
        Uncorrected p that forms clusters.
    connectivity
        What voxels of a cluster share: faces (6), edges too (18), corners too (26).
    sampling
        Where random foci fall: on the voxels of the analysis ("mask"), on those of them
        with more than 10 % grey matter ("grey_matter"), or on those of a mask on the same
        grid.
    tfce
        Whether each iteration also has its largest TFCE.
    """

    seed: int = 0
    cluster_forming_p: float = 0.001
    connectivity: Connectivity = 6
    sampling: Sampling | Mask = "mask"
    tfce: bool = False

    def __post_init__(self) -> None:
        check_count("seed", "fwe", self.seed, 0)
        if self.seed > LARGEST_SEED:
            raise refuse("seed", "fwe", "below 2^64", self.seed)
        check_between("cluster_forming_p", "fwe", self.cluster_forming_p, 0, 1)
        check_choice("connectivity", "fwe", self.connectivity, get_args(Connectivity))
        if not isinstance(self.sampling, Mask):
            check_choice("sampling", "fwe", self.sampling, get_args(Sampling))
        object.__setattr__(self, "seed", int(self.seed))
        object.__setattr__(self, "cluster_forming_p", float(self.cluster_forming_p))


@dataclass(frozen=True, slots=True, eq=False)
class Null:
    """What the iterations of a result are a function of.

    Attributes
    ----------
    design
        Foci, footprints, and where the foci may fall.
    threshold
        Cluster-forming threshold in lattice steps; voxels above it are in a cluster.
    stat_threshold
        The smallest statistic above it; infinite where no voxel has so small a p.
    sampling
        Where random foci fall.
    heights
        Of TFCE, if that was asked for.
    settings
        What was chosen.
    """

    design: NullDesign
    threshold: int
    stat_threshold: float
    sampling: Mask
    heights: TfceHeights | None
    settings: NullSettings

    @property
    def n_columns(self) -> int:
        """How many maxima an iteration has."""
        return 3 if self.heights is None else 4

    @property
    def key(self) -> dict[str, Any]:
        """What the iterations are a function of, by name."""
        key = {
            "data and masks": self.design.sha256,
            "cluster-forming threshold": self.threshold,
            "connectivity": self.settings.connectivity,
            "seed": self.settings.seed,
        }
        return key if self.heights is None else {**key, "TFCE": self.heights.sha256}

    def blocks(
        self, iterations: range, executor: Executor | None = None, threads: int | None = None
    ) -> Generator[IntArray, None, None]:
        """Maxima of iterations, block by block; see `null_blocks`."""
        also = None
        if self.heights is not None:
            also = partial(
                _tfce,
                heights=self.heights,
                seed=self.settings.seed,
                connectivity=self.settings.connectivity,
            )
        return null_blocks(
            self.design,
            self.threshold,
            iterations,
            self.settings.seed,
            connectivity=self.settings.connectivity,
            executor=executor,
            threads=threads or usable_cores(),
            also=also,
        )


def _tfce(
    design: NullDesign,
    iterations: range,
    *,
    heights: TfceHeights,
    seed: int,
    connectivity: Connectivity,
) -> IntArray:
    return tfce_maxima(design, heights, iterations, seed, connectivity=connectivity)


def null_of(result: Result, settings: NullSettings) -> Null:
    """The null of a result.

    Raises
    ------
    ArgumentError
        If the sampling mask is on another grid than the result, or misses its mask.
    EvidenceError
        If fewer than two experiments report foci: one cannot converge with others.
    """
    check_evidence(result)
    sampling = sampling_mask(settings.sampling, result.mask)
    stat_threshold = result.null.value_at(settings.cluster_forming_p)
    return Null(
        design=result.map.design(sampling),
        threshold=lattice_threshold(stat_threshold, result.ma.scale),
        stat_threshold=stat_threshold,
        sampling=sampling,
        heights=tfce_heights(result.ma, result.null) if settings.tfce else None,
        settings=settings,
    )


def lattice_threshold(value: float, scale: Scale = PROBABILITY) -> int:
    """Lattice value such that what is above it has at least this statistic."""
    if not np.isfinite(value):
        return BEYOND_ALL
    return int(np.ceil(scale.sum_of(value) / scale.step - 1e-6)) - 1


def sampling_mask(sampling: Sampling | Mask, mask: Mask) -> Mask:
    """The mask on whose voxels random foci fall, from its name or as given.

    Raises
    ------
    ArgumentError
        If it is on another grid than the mask of the analysis, or misses it.
    """
    if sampling == "mask":
        return mask
    if sampling == "grey_matter":
        return grey_matter(mask)
    assert isinstance(sampling, Mask)
    same_shape = sampling.grid.shape == mask.grid.shape
    if not same_shape or not np.allclose(sampling.grid.affine, mask.grid.affine):
        raise ArgumentError(
            f"the sampling mask ({sampling.name}) is not on the grid of {mask.name}; resample it"
        )
    if not np.any(sampling.inside & mask.inside):
        raise ArgumentError(
            f"the sampling mask ({sampling.name}) misses {mask.name}: random foci would fall "
            "where no map is"
        )
    return sampling


def usable_cores() -> int:
    """Cores this process may use, which on a cluster are fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def compute_null(
    null: Null,
    iterations: range,
    *,
    executor: Executor | None = None,
    threads: int | None = None,
    checkpoint: str | Path | None = None,
    asked: int | None = None,
    running: Running | None = None,
    progress: Progress = silent,
) -> IntArray:
    """Maxima of consecutive iterations, shape (n, n_columns).

    Parameters
    ----------
    null
        From `null_of`.
    iterations
        Which iterations, one after the other.
    executor, threads
        Where they are computed.
    checkpoint
        File to go on from and to keep them in; None keeps nothing.
    asked
        How many iterations the whole null is to have, if these are a shard of it.
    running
        Counts as the iterations come in, and may end them.
    progress
        Wraps the blocks, to show a bar.
    """
    known = nothing_of(null.key, null.n_columns, iterations.start, asked or iterations.stop)
    if checkpoint is not None:
        known = continued(Path(checkpoint), known)
    running = running or Running(np.zeros(null.n_columns, dtype=np.int64))
    running.count(known.maxima)
    maxima = [known.maxima]
    computed = null.blocks(range(known.stop, iterations.stop), executor, threads)
    with closing(computed):  # whoever stops the run, nothing goes on behind the scenes
        blocks = computed if checkpoint is None else kept(Path(checkpoint), known, computed)
        counted = Counted(
            blocks,
            max(iterations.stop - known.stop, 0),
            amount=len,
            note=running.note,
        )
        with closing(blocks):
            while_needed = iter(progress(counted))
            while not running.has_ended and (block := next(while_needed, None)) is not None:
                maxima.append(block)
                running.count(block)
    return np.concatenate(maxima)[: len(iterations)]


def iterations_of_shard(shard: int, n_shards: int, n_iterations: int) -> range:
    """Iterations of one of `n_shards` parts of a null, counted from 1.

    Examples
    --------
    >>> [iterations_of_shard(i, 3, 10) for i in (1, 2, 3)]
    [range(0, 3), range(3, 6), range(6, 10)]
    """
    if not 1 <= shard <= n_shards <= n_iterations:
        raise ArgumentError(
            f"shard {shard} of {n_shards} of {n_iterations:,} iterations is not there; count "
            "shards from 1, and make no more shards than iterations"
        )
    start, stop = ((n_iterations * part) // n_shards for part in (shard - 1, shard))
    return range(start, stop)


def check_evidence(result: StatMap | Result) -> None:
    """Refuse evidence in which nothing could converge.

    Raises
    ------
    EvidenceError
        If fewer than two experiments have foci that reach the mask.
    """
    n = int(np.count_nonzero(np.diff(result.ma.offsets)))
    if n < 2:
        raise EvidenceError(
            f"{result.studyset.record.source}: only {n} experiment has foci that reach the mask, "
            "and one experiment cannot converge with others; describe() reads it without a test"
        )
