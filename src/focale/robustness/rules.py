"""What it takes for a voxel to survive in a replicate.

Each rule decides anew from the experiments of the replicate alone; nothing of the full set
is used, neither its null nor its level.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, get_args

import numpy as np

from focale._check import check_between, check_choice, check_count
from focale.correction.null import NullSettings, sampling_mask
from focale.correction.p_values import p_of_maxima
from focale.errors import ArgumentError
from focale.estimators.result import StatMap
from focale.inference.lattice import Scale
from focale.inference.ma_maps import MaMaps
from focale.inference.montecarlo import null_blocks
from focale.kernels.tally import add_at
from focale.robustness.subset_nulls import SubsetNulls
from focale.robustness.survival import COLUMN, ClusterLevel, tested_values
from focale.space.mask import Mask
from focale.typing import IntArray

Judge: TypeAlias = Callable[[Sequence[IntArray]], list[IntArray]]
"""From the experiments of some replicates to the voxels that survive in each."""


@dataclass(frozen=True, slots=True)
class Formed:
    """Survive without correction: p is at most the cluster-forming p in the own exact null.

    The voxels of which clusters are formed. No cluster of them is tested.
    """

    cluster_forming_p: float = 0.001

    def __post_init__(self) -> None:
        check_between("cluster_forming_p", "Formed", self.cluster_forming_p, 0, 1)

    @property
    def words(self) -> str:
        """What survives, in a sentence."""
        return (
            f"an uncorrected p of at most {self.cluster_forming_p:g} in the null of its own "
            "experiments"
        )

    def judge(
        self, statistic: StatMap, members: Sequence[IntArray], size: int, *, repeats: bool
    ) -> Judge:
        """Who decides for subsets of groups; see `SubsetNulls.of`."""
        _check_exact(statistic)
        nulls = SubsetNulls.of(
            statistic.ma, self.cluster_forming_p, members, size, repeats=repeats
        )

        def judge(subsets: Sequence[IntArray]) -> list[IntArray]:
            return [
                np.flatnonzero(log_sum_of(statistic.ma, subset) > threshold)
                for subset, threshold in zip(subsets, nulls.thresholds(subsets), strict=True)
            ]

        return judge


@dataclass(frozen=True, slots=True)
class Corrected:
    """Survive correction: the family-wise p in the own Monte Carlo null is at most alpha.

    Parameters
    ----------
    level
        Whose p: of the "voxel", or of the "size" or "mass" of its cluster.
    alpha
        Largest p.
    n_iterations
        Of each replicate's null.
    settings
        Of each replicate's null.
    """

    level: ClusterLevel = "size"
    alpha: float = 0.05
    n_iterations: int = 1000
    settings: NullSettings = field(default_factory=NullSettings)

    def __post_init__(self) -> None:
        check_choice("level", "Corrected", self.level, get_args(ClusterLevel))
        check_between("alpha", "Corrected", self.alpha, 0, 1)
        check_count("n_iterations", "Corrected", self.n_iterations, 1)
        check_can_survive(self.n_iterations, self.alpha)

    @property
    def words(self) -> str:
        """What survives, in a sentence."""
        whose = "the voxel" if self.level == "voxel" else f"the {self.level} of its cluster"
        return (
            f"a family-wise p (of {whose}) of at most {self.alpha:g} in the null of its own "
            f"experiments, {self.n_iterations:,} iterations"
        )

    def judge(
        self, statistic: StatMap, members: Sequence[IntArray], size: int, *, repeats: bool
    ) -> Judge:
        """Who decides for subsets of groups; see `SubsetNulls.of`."""
        _check_exact(statistic)
        p = self.settings.cluster_forming_p
        nulls = SubsetNulls.of(statistic.ma, p, members, size, repeats=repeats)
        sampling = sampling_mask(self.settings.sampling, statistic.mask)

        def judge(subsets: Sequence[IntArray]) -> list[IntArray]:
            return [
                self._survivors(statistic, subset, threshold, sampling)
                for subset, threshold in zip(subsets, nulls.thresholds(subsets), strict=True)
            ]

        return judge

    def _survivors(
        self, statistic: StatMap, subset: IntArray, threshold: int, sampling: Mask
    ) -> IntArray:
        log_sum, connectivity = log_sum_of(statistic.ma, subset), self.settings.connectivity
        tested = tested_values(log_sum, threshold, statistic.mask, self.level, connectivity)
        positions, values = tested
        n_reaching = np.count_nonzero(np.diff(statistic.ma.offsets)[subset])
        if not positions.size or n_reaching < 2:  # one cannot converge with others
            return positions[:0]
        design = statistic.design(sampling, subset)
        iterations = range(self.n_iterations)
        blocks = null_blocks(
            design, threshold, iterations, self.settings.seed, connectivity=connectivity
        )
        maxima = np.concatenate(list(blocks))[:, COLUMN[self.level]]
        return positions[p_of_maxima(values, maxima) <= self.alpha]


@dataclass(frozen=True, slots=True)
class Displayed:
    """Lie above the display-only level: the percentile of the replicate's own values above 0."""

    percentile: float

    def __post_init__(self) -> None:
        check_between("percentile", "Displayed", self.percentile, 0, 100)

    @property
    def words(self) -> str:
        """What is above the level, in a sentence."""
        return (
            f"a value above percentile {self.percentile:g} of the non-zero values of its own map"
        )

    def judge(
        self,
        statistic: StatMap,
        members: Sequence[IntArray],  # noqa: ARG002
        size: int,  # noqa: ARG002
        *,
        repeats: bool,  # noqa: ARG002
    ) -> Judge:
        """Who decides for subsets of groups."""

        def judge(subsets: Sequence[IntArray]) -> list[IntArray]:
            return [
                self._above(log_sum_of(statistic.ma, subset), statistic.ma.scale)
                for subset in subsets
            ]

        return judge

    def _above(self, log_sum: IntArray, scale: Scale) -> IntArray:
        there = np.flatnonzero(log_sum)
        if not there.size:
            return there
        values = scale.value(log_sum[there])
        return there[values > np.percentile(values, self.percentile)]


Rule: TypeAlias = Formed | Corrected | Displayed


def log_sum_of(ma: MaMaps, experiments: IntArray) -> IntArray:
    """Sum of the maps of some experiments, shape (n_voxels,), as `MaMaps.only` has it."""
    log_sum = np.zeros(ma.mask.n_voxels, dtype=np.int64)
    for experiment in experiments:
        add_at(*ma.entries(int(experiment)), log_sum)
    return log_sum


def check_can_survive(n_iterations: int, alpha: float) -> None:
    """Refuse so few iterations that no p can be as small as alpha."""
    if 1 / (n_iterations + 1) > alpha:
        raise ArgumentError(
            f"with n_iterations={n_iterations} the smallest p there can be is "
            f"{1 / (n_iterations + 1):.3g}, above the alpha of {alpha:g}; ask for more iterations"
        )


def _check_exact(statistic: StatMap) -> None:
    if statistic.estimator.null != "exact":
        raise ArgumentError(
            "resampling finds the own null of each replicate on the log lattice; the estimator "
            f"has null={statistic.estimator.null!r}, so fit ALE(null='exact')"
        )
