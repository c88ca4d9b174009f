"""How often a voxel survives in subsamples of the evidence, each with its own null.

Replicates are subsamples of subject groups without replacement, or bootstrap samples. What
survives is decided in each from its own experiments alone: a null of the full set would ask
for more of fewer experiments (a p of .001 there is one of 5e-5 for a third of them), and
find everything less stable than it is.

The share is one of samples of *this* evidence. It is not the probability that a new review
would find the same, nor that convergence is true.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial

import numpy as np

from focale._check import check_between, check_count
from focale.correction.null import usable_cores
from focale.correction.p_values import interval_of_share
from focale.estimators.result import StatMap
from focale.frozen import freeze
from focale.inference.clusters import Clusters
from focale.progress import Counted, Progress, silent
from focale.robustness.keeping import NOTHING, Keeper
from focale.robustness.resampling import Resampling, members_of, resampling
from focale.robustness.rules import Judge, Rule
from focale.space.voxelmap import VoxelMap
from focale.typing import FloatArray, IntArray

REPLICATES_A_BLOCK = 16
KEPT_AS = "stability/counts"


@dataclass(frozen=True, slots=True, eq=False)
class Stability:
    """In what share of the replicates each voxel and each cluster survives.

    Attributes
    ----------
    share
        Share of the replicates in which a voxel survives.
    rule
        What it takes to survive.
    resampling
        What the replicates are made of.
    clusters
        Clusters of the full set.
    n_surviving
        Shape (n_clusters,); replicates in which any voxel of the cluster survives.
    """

    share: VoxelMap
    rule: Rule
    resampling: Resampling
    clusters: Clusters
    n_surviving: IntArray

    def __post_init__(self) -> None:
        freeze(self, "n_surviving")

    @property
    def n_replicates(self) -> int:
        """How many replicates there are."""
        return self.resampling.n_replicates

    @property
    def standard_error(self) -> VoxelMap:
        """Of the share, sqrt(s (1 - s) / n): what other replicates might give.

        0 where the replicates are all subsamples there are.
        """
        share = self.share.values
        n = np.inf if self.resampling.is_complete else self.n_replicates
        return VoxelMap(np.sqrt(share * (1 - share) / n), self.share.mask)

    @property
    def mean_share(self) -> FloatArray:
        """Shape (n_clusters,); mean over the voxels of each cluster of the share."""
        share = self.share.values
        return np.array([share[cluster.positions].mean() for cluster in self.clusters])

    @property
    def largest_share(self) -> FloatArray:
        """Shape (n_clusters,); share of the voxel of each cluster that survives most often."""
        share = self.share.values
        return np.array([share[cluster.positions].max() for cluster in self.clusters])

    @property
    def share_of_clusters(self) -> FloatArray:
        """Shape (n_clusters,); share of replicates in which any voxel of a cluster survives."""
        shares: FloatArray = self.n_surviving / self.n_replicates
        return shares

    def interval(self, cluster: int, confidence: float = 0.95) -> tuple[float, float]:
        """Of the share of a cluster, by its number from 0 (Clopper and Pearson 1934).

        It speaks of how well the replicates tell the share that endless ones would give.
        Where they are all subsamples there are, it is that share.
        """
        check_between("confidence", "Stability.interval", confidence, 0, 1)
        n = int(self.n_surviving[cluster])
        if self.resampling.is_complete:
            return n / self.n_replicates, n / self.n_replicates
        return interval_of_share(n, self.n_replicates, confidence)

    @property
    def drawn(self) -> str:
        """What the replicates are, in words."""
        drawn = self.resampling
        of = f"{drawn.size} of {drawn.n_groups} subject groups"
        if drawn.with_replacement:
            return f"{self.n_replicates:,} bootstrap samples ({of}, drawn with replacement)"
        if drawn.is_complete:
            return f"all {self.n_replicates:,} subsamples of {of}"
        return f"{self.n_replicates:,} random subsamples of {of}"

    @property
    def words(self) -> str:
        """What the share is a share of, in a sentence."""
        return f"Share of {self.drawn} in which a voxel has {self.rule.words}."

    def __repr__(self) -> str:
        shares = ", ".join(f"{share:.2f}" for share in self.share_of_clusters)
        return f"Stability: {self.words} Clusters: {shares or 'none'}"


def stability(
    statistic: StatMap,
    clusters: Clusters,
    rule: Rule,
    *,
    n_replicates: int = 1000,
    size: int | None = None,
    with_replacement: bool = False,
    group: IntArray | None = None,
    seed: int = 0,
    threads: int | None = None,
    kept: Keeper = NOTHING,
    progress: Progress = silent,
) -> Stability:
    """Share of resampled evidence bases in which each voxel survives.

    Parameters
    ----------
    statistic
        The map of all experiments.
    clusters
        Clusters of the full set that are summed up.
    rule
        What it takes to survive: `Formed`, `Corrected` or `Displayed`.
    n_replicates
        How many subsamples. Where there are no more of them than this, each is taken once.
    size
        Subject groups of a subsample; by default four fifths of them, rounded, and never
        all. A bootstrap sample has as many as there are.
    with_replacement
        Bootstrap: a group that is drawn twice counts twice, as if other participants had
        reported the same. It then converges with itself, so that a place which one
        experiment alone reports can survive too.
    group
        Shape (n_experiments,); whole numbers, equal for experiments of one subject group.
        By default each experiment is its own, as after pooling.
    seed
        Of the replicates; equal seeds give equal bits, on any number of threads.
    threads
        How many threads; by default one for each core.
    kept
        Where finished replicates are kept, and gone on from.
    progress
        Wraps the blocks of replicates, to show a bar.

    Raises
    ------
    EvidenceError
        If there are fewer than four subject groups.
    ArgumentError
        If a setting is outside what it can be.

    Examples
    --------
    >>> from focale import ALE, Studyset, fwe, pain_studyset_path
    >>> from focale.robustness.rules import Formed
    >>> corrected = fwe(ALE().fit(Studyset(pain_studyset_path())), n_iterations=100)
    >>> found = stability(
    ...     corrected.uncorrected.map, corrected.clusters, Formed(), n_replicates=20
    ... )
    >>> found.share_of_clusters[:2].tolist()
    [1.0, 1.0]
    """
    if threads is not None:
        check_count("threads", "stability", threads, 1)
    members = members_of(group, len(statistic.studyset))
    drawn = resampling(
        len(members),
        n_replicates=n_replicates,
        size=size,
        with_replacement=with_replacement,
        seed=seed,
    )
    judge = rule.judge(statistic, members, drawn.size, repeats=with_replacement)
    counts = _Counts.kept_in(kept, statistic.mask.n_voxels, len(clusters), drawn.n_replicates)
    todo = range(counts.n_replicates, drawn.n_replicates)
    with closing(_blocks(judge, drawn, members, todo, threads or usable_cores())) as blocks:
        for block in progress(Counted(blocks, len(todo), amount=len, what="subsamples")):
            for positions in block:
                counts.add(positions, clusters.labels)
            kept.keep(KEPT_AS, counts.array)
    return Stability(
        share=VoxelMap(counts.of_voxels / drawn.n_replicates, statistic.mask),
        rule=rule,
        resampling=drawn,
        clusters=clusters,
        n_surviving=counts.of_clusters,
    )


@dataclass(slots=True)
class _Counts:
    """Replicates so far, then in how many each cluster and each voxel survived."""

    array: IntArray
    n_clusters: int

    @classmethod
    def kept_in(cls, kept: Keeper, n_voxels: int, n_clusters: int, most: int) -> _Counts:
        """What was kept, unless that is of more replicates than are asked for."""
        before = kept.get(KEPT_AS)
        if before is None or before[0] > most:
            before = np.zeros(1 + n_clusters + n_voxels, dtype=np.int64)
        return cls(np.array(before), n_clusters)

    @property
    def n_replicates(self) -> int:
        return int(self.array[0])

    @property
    def of_clusters(self) -> IntArray:
        return self.array[1 : 1 + self.n_clusters]

    @property
    def of_voxels(self) -> IntArray:
        return self.array[1 + self.n_clusters :]

    def add(self, positions: IntArray, labels: IntArray) -> None:
        """Count a replicate in which the voxels at these positions survive."""
        touched = np.unique(labels[positions])
        self.array[0] += 1
        self.of_clusters[touched[touched > 0] - 1] += 1
        self.of_voxels[positions] += 1


def _blocks(
    judge: Judge, drawn: Resampling, members: Sequence[IntArray], todo: range, threads: int
) -> Generator[list[IntArray], None, None]:
    """Surviving voxels of the replicates, block by block in their order."""
    edges = range(todo.start, todo.stop, REPLICATES_A_BLOCK)
    ranges = [range(first, min(first + REPLICATES_A_BLOCK, todo.stop)) for first in edges]
    pool = ThreadPoolExecutor(threads)
    try:
        yield from pool.map(partial(_block, judge, drawn, members), ranges)
    finally:
        pool.shutdown(cancel_futures=True)


def _block(
    judge: Judge, drawn: Resampling, members: Sequence[IntArray], replicates: range
) -> list[IntArray]:
    return judge([np.concatenate([members[g] for g in drawn.draw(r)]) for r in replicates])
