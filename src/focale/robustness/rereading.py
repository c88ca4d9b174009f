"""The whole reading again with fewer experiments, and what becomes of the clusters.

A cluster survives if any of its voxels is in a listed cluster of the new reading. The new
reading decides everything anew: its own uncorrected null and cluster-forming threshold and
its own Monte Carlo null, or its own display threshold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from focale.correction.fwe import fwe
from focale.correction.result import FweResult, Level
from focale.estimators.result import StatMap
from focale.estimators.subsets import map_of, result_of
from focale.frozen import freeze
from focale.inference.clusters import Cluster, Clusters, connected_components, find_clusters
from focale.inference.ma_maps import MaMaps
from focale.robustness.keeping import NOTHING, Keeper
from focale.typing import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Fates:
    """What becomes of clusters in another reading.

    Attributes
    ----------
    survives
        Shape (n_clusters,); whether any voxel is in a listed cluster of the other reading.
    kept_share
        Shape (n_clusters,); share of the voxels that are.
    peak_shift_mm
        Shape (n_clusters,); distance from the peak to the highest value within the cluster
        then; NaN where no voxel of it has one above 0 any more.
    p
        Shape (n_clusters,); smallest corrected p of any of its voxels; NaN in a descriptive
        reading.
    n_new
        Listed clusters of the other reading that share no voxel with any of these.
    """

    survives: BoolArray
    kept_share: FloatArray
    peak_shift_mm: FloatArray
    p: FloatArray
    n_new: int

    def __post_init__(self) -> None:
        freeze(self, "survives", "kept_share", "peak_shift_mm", "p")

    def packed(self) -> FloatArray:
        """All of it in one array, shape (n_clusters + 1, 4)."""
        rows = np.column_stack([self.survives, self.kept_share, self.peak_shift_mm, self.p])
        return np.vstack([rows, [self.n_new, 0, 0, 0]])

    @classmethod
    def unpacked(cls, packed: FloatArray) -> Fates:
        """The opposite of `packed`."""
        survives, kept_share, peak_shift_mm, p = packed[:-1].T
        return cls(survives > 0, kept_share, peak_shift_mm, p, int(packed[-1, 0]))


class Rereading(Protocol):
    """A way to read some of the experiments as all of them were read."""

    @property
    def clusters(self) -> Clusters:
        """The clusters whose fate is asked for."""

    @property
    def ma(self) -> MaMaps:
        """Modelled activation of all experiments."""

    def of(self, experiments: IntArray) -> Fates:
        """What becomes of the clusters with these experiments alone."""


@dataclass(frozen=True, slots=True)
class Retest:
    """The test again: the same settings and seed, so the same luck, but a null of its own.

    Parameters
    ----------
    corrected
        The test of all experiments.
    clusters
        Its clusters with a corrected p of at most `alpha`.
    alpha, level
        What makes a cluster listed.
    threads
        As for `fwe`.
    """

    corrected: FweResult
    clusters: Clusters
    alpha: float
    level: Level
    threads: int | None = None

    @property
    def ma(self) -> MaMaps:
        """Modelled activation of all experiments."""
        return self.corrected.uncorrected.ma

    def of(self, experiments: IntArray) -> Fates:
        """What becomes of the clusters with these experiments alone."""
        n_voxels = self.clusters.mask.n_voxels
        reaching = np.diff(self.ma.offsets)[experiments] > 0
        if np.count_nonzero(reaching) < 2:  # one experiment cannot converge with others
            total = self.ma.only(experiments).log_sum
            return fates(self.clusters, np.zeros(n_voxels, dtype=bool), total, np.ones(n_voxels))
        again = self.retested(experiments)
        p = again.p(self.level).values
        return fates(self.clusters, p <= self.alpha, again.stat.values, p)

    def retested(self, experiments: IntArray) -> FweResult:
        """The test of these experiments alone."""
        settings, corrected = self.corrected.settings, self.corrected
        return fwe(
            result_of(corrected.uncorrected, experiments),
            n_iterations=corrected.n_iterations,
            seed=settings.seed,
            cluster_forming_p=settings.cluster_forming_p,
            connectivity=settings.connectivity,
            sampling=settings.sampling,
            tfce=self.level == "tfce",
            stop_after=corrected.stop_after,
            p_rule=corrected.p_rule,
            threads=self.threads,
        )


@dataclass(frozen=True, slots=True)
class Redisplay:
    """The descriptive reading again: the same rule of display, applied to the new map.

    Parameters
    ----------
    statistic
        The map of all experiments.
    clusters
        Its displayed clusters.
    percentile
        The display threshold, as a percentile of the non-zero values of a map.
    """

    statistic: StatMap
    clusters: Clusters
    percentile: float

    @property
    def ma(self) -> MaMaps:
        """Modelled activation of all experiments."""
        return self.statistic.ma

    def of(self, experiments: IntArray) -> Fates:
        """What becomes of the clusters with these experiments alone."""
        p = np.full(self.clusters.mask.n_voxels, np.nan)
        if not np.diff(self.ma.offsets)[experiments].any():
            nothing = np.zeros(p.size)
            return fates(self.clusters, nothing > 0, nothing, p)
        stat = map_of(self.statistic, experiments).stat
        threshold = np.percentile(stat.values[stat.values > 0], self.percentile)
        shown = find_clusters(stat, float(threshold), self.clusters.min_voxels)
        return fates(self.clusters, shown.labels > 0, stat.values, p)


def fates(
    clusters: Clusters, listed: BoolArray, stat: FloatArray | IntArray, p: FloatArray
) -> Fates:
    """Fates of clusters in another reading.

    Parameters
    ----------
    clusters
        The clusters of the first reading.
    listed
        Shape (n_voxels,); whether a voxel is in a listed cluster of the other reading.
    stat
        Shape (n_voxels,); the statistic of the other reading, or anything that rises with it.
    p
        Shape (n_voxels,); its corrected p.
    """
    members = clusters.members
    kept_share = np.array([listed[c.positions].mean() for c in members], dtype=float)
    return Fates(
        survives=kept_share > 0,
        kept_share=kept_share,
        peak_shift_mm=np.array([_shift_mm(clusters, c, stat) for c in members], dtype=float),
        p=np.array([p[c.positions].min() for c in members], dtype=float),
        n_new=_n_new(clusters, listed),
    )


def _shift_mm(clusters: Clusters, cluster: Cluster, stat: FloatArray | IntArray) -> float:
    own = stat[cluster.positions]
    if own.max() <= 0:
        return float("nan")
    highest = clusters.mask.mm(cluster.positions[[own.argmax()]])[0]
    return float(np.linalg.norm(highest - cluster.peaks[0].mm))


def _n_new(clusters: Clusters, listed: BoolArray) -> int:
    positions = np.flatnonzero(listed)
    component = connected_components(clusters.mask, positions, clusters.connectivity)
    known = np.unique(component[clusters.labels[positions] > 0])
    return int(component.max(initial=0)) - known.size


@dataclass(frozen=True, slots=True)
class Rereadings:
    """Readings without some experiments, each made once.

    Parameters
    ----------
    reread
        Makes them.
    kept
        Where finished ones are kept.
    """

    reread: Rereading
    kept: Keeper = NOTHING
    known: dict[str, Fates] = field(default_factory=dict)

    def without(self, left_out: Iterable[int]) -> Fates:
        """What becomes of the clusters without some experiments, by their numbers."""
        out = sorted(map(int, left_out))
        name = f"without/{','.join(map(str, out))}"
        if name not in self.known:
            stored = self.kept.get(name)
            if stored is None:
                left = np.setdiff1d(np.arange(self.reread.ma.n_experiments), out)
                stored = self.reread.of(left).packed()
                self.kept.keep(name, stored)
            self.known[name] = Fates.unpacked(stored)
        return self.known[name]
