"""Fail-safe N: how many experiments without convergence a cluster outlasts.

The algorithm of Acar et al. 2018 (doi:10.1371/journal.pone.0208177). Noise experiments are
added to the evidence until the cluster is lost. Because their foci are random, lists differ,
so the search is made on ten lists or more. Each number of experiments has its own null and its
own cluster-forming threshold. The search bisects, which takes a cluster that is lost to stay
lost; it need not, but does on average.

The number says what *irrelevant* studies do, not what contradicting ones would.
"""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from threading import Event
from typing import get_args

import numpy as np
from scipy import stats

from focale._check import check_between, check_choice, check_count, refuse
from focale.correction.null import usable_cores
from focale.correction.result import FweResult
from focale.errors import ArgumentError
from focale.frozen import freeze
from focale.inference.clusters import Clusters
from focale.phrases import listed
from focale.progress import Counted, Progress, silent
from focale.robustness.diluted import Diluted
from focale.robustness.keeping import NOTHING, Keeper
from focale.robustness.noise import noise_experiments
from focale.robustness.rules import check_can_survive
from focale.robustness.subset_nulls import LEAST_P
from focale.robustness.survival import ClusterLevel
from focale.typing import BoolArray, FloatArray, IntArray

MOST_PER_EXPERIMENT = 10
KEPT_AS = "fail_safe/values"
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class FailSafe:
    """Fail-safe N of each cluster, from several lists of noise experiments.

    Attributes
    ----------
    values
        Shape (n_realisations, n_clusters); largest number of noise experiments found with
        which the cluster survives. `most` where it survives all of them, which says "at
        least"; `least` - 1 where it does not survive the fewest, which says "at most".
    least, most
        The range that was searched, fixed beforehand.
    level, alpha, n_iterations
        What it took to survive.
    seed
        Of the noise experiments.
    """

    values: IntArray
    least: int
    most: int
    level: ClusterLevel
    alpha: float
    n_iterations: int
    seed: int

    def __post_init__(self) -> None:
        freeze(self, "values")

    @property
    def n_realisations(self) -> int:
        """How many lists of noise experiments."""
        return len(self.values)

    @property
    def median(self) -> FloatArray:
        """Shape (n_clusters,); median over the lists."""
        median: FloatArray = np.median(self.values, axis=0)
        return median

    @property
    def range(self) -> IntArray:
        """Shape (n_clusters, 2); smallest and largest over the lists."""
        return np.stack([self.values.min(axis=0), self.values.max(axis=0)], axis=1)

    @property
    def interval(self) -> IntArray:
        """Shape (n_clusters, 2); interval of the median over endless lists.

        Two order statistics, which assume nothing of the distribution. They hold the median
        with a probability of `coverage`, at least .95 for six lists and more.
        """
        rank, rising = self._rank, np.sort(self.values, axis=0)
        return np.stack([rising[rank - 1], rising[-rank]], axis=1)

    @property
    def coverage(self) -> float:
        """Probability that the interval holds the median over endless lists."""
        return _coverage(self._rank, self.n_realisations)

    @property
    def reaches_most(self) -> BoolArray:
        """Shape (n_realisations, n_clusters); whether the cluster survives all there were."""
        reached: BoolArray = self.values == self.most
        return reached

    @property
    def falls_below(self) -> BoolArray:
        """Shape (n_realisations, n_clusters); whether it does not survive the fewest."""
        below: BoolArray = self.values < self.least
        return below

    @property
    def _rank(self) -> int:
        """Which order statistics, counted from both ends: the innermost that cover enough."""
        ranks = range(1, (self.n_realisations + 1) // 2 + 1)
        enough = [r for r in ranks if _coverage(r, self.n_realisations) >= CONFIDENCE]
        return max(enough, default=1)

    def __repr__(self) -> str:
        medians = ", ".join(f"{median:g}" for median in self.median)
        return (
            f"FailSafe: median of {self.n_realisations} lists of {self.least} to {self.most} "
            f"noise experiments; clusters: {medians or 'none'}"
        )


def fail_safe(
    corrected: FweResult,
    clusters: Clusters,
    alpha: float = 0.05,
    level: ClusterLevel = "size",
    *,
    n_realisations: int = 10,
    least: int = 0,
    most: int | None = None,
    n_iterations: int = 1000,
    seed: int = 0,
    threads: int | None = None,
    kept: Keeper = NOTHING,
    progress: Progress = silent,
) -> FailSafe:
    """Fail-safe N of each cluster.

    Parameters
    ----------
    corrected
        The test of the evidence. The seed, the cluster-forming p, the connectivity and the
        sampling mask of every test are its own, and noise foci fall on that mask.
    clusters
        Clusters that survive in it. One survives noise if any of its voxels still does: if
        the value of one of them, or the cluster it now belongs to, has a family-wise p of
        at most alpha.
    alpha, level
        As for `FweResult.surviving`.
    n_realisations
        Lists of noise experiments; 10 are the fewest to rely on.
    least, most
        Fewest and most noise experiments, fixed before looking; by default 0, and ten for
        each experiment of the evidence.
    n_iterations
        Of the null of each number of noise experiments.
    seed
        Of the noise experiments; equal seeds give equal bits, on any number of threads.
    threads
        How many threads; by default one for each core.
    kept
        Where finished lists are kept, and gone on from.
    progress
        Wraps the lists, to show a bar.

    Raises
    ------
    ArgumentError
        If a setting is outside what it can be, or if a cluster does not survive without
        noise.

    References
    ----------
    Acar et al. 2018, doi:10.1371/journal.pone.0208177.
    """
    _check_settings(n_realisations, n_iterations, seed, threads)
    check_choice("level", "fail_safe", level, get_args(ClusterLevel))
    check_between("alpha", "fail_safe", alpha, 0, 1)
    check_can_survive(n_iterations, alpha)
    _check_corrected(corrected, clusters, alpha, level)
    highest = _most(least, most, len(corrected.studyset))
    search = Search(
        corrected, clusters, alpha, level, int(n_iterations), int(least), highest, int(seed)
    )
    values: list[IntArray] = [np.zeros((0, len(clusters)), dtype=np.int64)]
    before = kept.get(KEPT_AS)
    if before is not None:
        values.append(before[:n_realisations])
    todo = range(sum(map(len, values)), int(n_realisations))
    with closing(_searched(search, todo, threads or usable_cores())) as found:
        for own in progress(Counted(found, len(todo), what="fail-safe N, lists")):
            values.append(own[None])
            kept.keep(KEPT_AS, np.concatenate(values))
    return FailSafe(
        values=np.concatenate(values),
        least=int(least),
        most=highest,
        level=level,
        alpha=float(alpha),
        n_iterations=int(n_iterations),
        seed=int(seed),
    )


@dataclass(frozen=True, slots=True)
class Search:
    """The search on one list after another."""

    corrected: FweResult
    clusters: Clusters
    alpha: float
    level: ClusterLevel
    n_iterations: int
    least: int
    most: int
    seed: int
    stop: Event = field(default_factory=Event)

    def __call__(self, realisation: int) -> IntArray:
        """Largest number of noise experiments that each cluster survives, in one list."""
        diluted = self.diluted(realisation)
        found = np.full(len(self.clusters), self.least - 1)
        watched = np.arange(len(self.clusters))
        if self.least:
            watched = watched[diluted.survive(self.least, watched)]
        found[watched] = self.least
        if self.most > self.least and watched.size:
            outlasts = diluted.survive(self.most, watched)
            found[watched[outlasts]] = self.most
            _bisect(diluted, self.least, self.most, watched[~outlasts], found)
        return found

    def diluted(self, realisation: int) -> Diluted:
        """The evidence with one list of noise experiments."""
        statistic, sampling = self.corrected.uncorrected.map, self.corrected.sampling
        n_foci = np.diff(statistic.studyset.offsets)
        noise = noise_experiments(
            self.most, n_foci[n_foci > 0], statistic.footprints, sampling, self.seed, realisation
        )
        return Diluted(
            self.corrected,
            self.clusters,
            noise,
            level=self.level,
            alpha=self.alpha,
            n_iterations=self.n_iterations,
            stop=self.stop,
        )


def _bisect(diluted: Diluted, alive: int, lost: int, watched: IntArray, found: IntArray) -> None:
    """Search for clusters that survive `alive` noise experiments, and not `lost`.

    Each number is asked once, for all clusters that are still to be told apart by it.
    """
    if not watched.size:
        return
    found[watched] = alive
    if lost - alive > 1:
        middle = (alive + lost) // 2
        survive = diluted.survive(middle, watched)
        _bisect(diluted, middle, lost, watched[survive], found)
        _bisect(diluted, alive, middle, watched[~survive], found)


def _searched(search: Search, todo: range, threads: int) -> Generator[IntArray, None, None]:
    pool = ThreadPoolExecutor(threads)
    try:
        yield from pool.map(search, todo)
    finally:
        search.stop.set()  # whoever stops the run does not wait for the lists under way
        pool.shutdown(cancel_futures=True)


def _coverage(rank: int, n: int) -> float:
    """Probability that a median lies between the `rank`-th values from both ends of n."""
    return float(1 - 2 * stats.binom.cdf(rank - 1, n, 0.5))


def _most(least: int, most: int | None, n_experiments: int) -> int:
    check_count("least", "fail_safe", least, 0)
    highest = max(MOST_PER_EXPERIMENT * n_experiments, int(least)) if most is None else most
    check_count("most", "fail_safe", highest, 1)
    if highest < least:
        raise refuse("most", "fail_safe", f"at least as large as least ({least})", most)
    return int(highest)


def _check_settings(
    n_realisations: int, n_iterations: int, seed: int, threads: int | None
) -> None:
    check_count("n_realisations", "fail_safe", n_realisations, 1)
    check_count("n_iterations", "fail_safe", n_iterations, 1)
    check_count("seed", "fail_safe", seed, 0)
    if threads is not None:
        check_count("threads", "fail_safe", threads, 1)


def _check_corrected(
    corrected: FweResult, clusters: Clusters, alpha: float, level: ClusterLevel
) -> None:
    if corrected.uncorrected.map.estimator.null != "exact":
        raise ArgumentError(
            "fail_safe finds the null of each number of noise experiments on the log lattice; "
            "correct a result of ALE(null='exact')"
        )
    if corrected.cluster_forming_p < LEAST_P:
        raise ArgumentError(
            f"fail_safe forms clusters at a p of at least {LEAST_P:g}, and the result has a "
            f"cluster-forming p of {corrected.cluster_forming_p:g}; correct it with a larger one"
        )
    p = corrected.p(level).values
    lost = [str(n) for n, own in enumerate(clusters, 1) if p[own.positions].min() > alpha]
    if lost:
        which = f"cluster {lost[0]} does" if len(lost) == 1 else f"clusters {listed(lost)} do"
        raise ArgumentError(
            f"{which} not survive without noise (p above {alpha:g}, {level}); "
            "fail-safe N is about clusters that do"
        )
