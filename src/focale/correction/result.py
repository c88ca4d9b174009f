"""A result whose p values are corrected for all voxels or all clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from focale._check import check_between, check_choice, refuse
from focale.correction.null import NullSettings
from focale.correction.p_values import PRule, interval_of, p_of_maxima
from focale.errors import ArgumentError
from focale.estimators.result import Result
from focale.estimators.words import Words
from focale.frozen import freeze
from focale.glance import glance
from focale.inference.clusters import Clusters, Connectivity
from focale.inference.montecarlo import NullMaxima
from focale.inference.tails import z_from_log_p
from focale.space.mask import Mask
from focale.space.voxelmap import VoxelMap
from focale.studyset.model import Studyset
from focale.typing import FloatArray

if TYPE_CHECKING:
    import pandas as pd

Level = Literal["voxel", "size", "mass", "tfce"]
TABLE_COLUMNS = (
    *("cluster", "x", "y", "z", "{statistic}", "n_voxels", "volume_mm3"),
    *("p_size", "p_size_low", "p_size_high", "p_mass", "p_peak"),
)


@dataclass(frozen=True, slots=True, eq=False)
class FweResult:
    """The statistic with p values corrected for all voxels or all clusters.

    Attributes
    ----------
    uncorrected
        The result that was corrected.
    clusters
        Clusters above the cluster-forming threshold, the highest peak first.
    p_voxel, p_size, p_mass
        Family-wise p at every voxel: of its value, and of the size and mass of the cluster
        it belongs to (1 outside clusters).
    p_tfce, tfce
        Family-wise p at every voxel of its TFCE, and TFCE itself, if that was asked for.
    p_of_clusters
        Shape (n_clusters, 2); p of the size and of the mass of each cluster.
    maxima
        Of each iteration of the null.
    threshold
        The statistic of the cluster-forming p: voxels from it on are in a cluster. Infinite
        where no voxel has so small a p.
    sampling
        Where random foci fell.
    settings
        What was chosen about the null.
    stop_after
        The h of a sequential test (see `p_values`); None for a test of all iterations.
    p_rule
        How p follows from the iterations.
    """

    uncorrected: Result
    clusters: Clusters
    p_voxel: VoxelMap
    p_size: VoxelMap
    p_mass: VoxelMap
    p_tfce: VoxelMap | None
    tfce: VoxelMap | None
    p_of_clusters: FloatArray
    maxima: NullMaxima
    threshold: float
    sampling: Mask
    settings: NullSettings
    stop_after: int | None
    p_rule: PRule = "(b+1)/(B+1)"

    def __post_init__(self) -> None:
        freeze(self, "p_of_clusters")

    @property
    def stat(self) -> VoxelMap:
        """The statistic."""
        return self.uncorrected.stat

    @property
    def ale(self) -> VoxelMap:
        """The ALE statistic, of a result of `ALE`."""
        return self.uncorrected.ale

    @property
    def words(self) -> Words:
        """How the statistic is spoken of."""
        return self.uncorrected.words

    @property
    def mask(self) -> Mask:
        """The voxels of the analysis."""
        return self.uncorrected.mask

    @property
    def studyset(self) -> Studyset:
        """The evidence."""
        return self.uncorrected.studyset

    @property
    def n_iterations(self) -> int:
        """Number of iterations of the null."""
        return self.maxima.largest.size

    @property
    def cluster_forming_p(self) -> float:
        """The uncorrected p that forms clusters."""
        return self.settings.cluster_forming_p

    @property
    def connectivity(self) -> Connectivity:
        """What voxels of a cluster share: faces (6), edges too (18), corners too (26)."""
        return self.settings.connectivity

    @property
    def seed(self) -> int:
        """Seed of the random numbers."""
        return self.settings.seed

    def p(self, level: Level = "size") -> VoxelMap:
        """Family-wise p at every voxel, of "voxel", cluster "size", cluster "mass" or "tfce"."""
        check_choice("level", "FweResult.p", level, get_args(Level))
        if level == "tfce":
            if self.p_tfce is None:
                raise ArgumentError("TFCE was not computed; ask for it with fwe(..., tfce=True)")
            return self.p_tfce
        return {"voxel": self.p_voxel, "size": self.p_size, "mass": self.p_mass}[level]

    def z(self, level: Level = "size") -> VoxelMap:
        """One-tailed z of the family-wise p; 0 where p is 1/2 or more."""
        return VoxelMap(z_from_log_p(np.log(self.p(level).values)), self.mask)

    def surviving(self, alpha: float = 0.05, level: Level = "size") -> VoxelMap:
        """The statistic where the family-wise p is at most alpha, 0 elsewhere."""
        check_between("alpha", "FweResult.surviving", alpha, 0, 1)
        keep = self.p(level).values <= alpha
        return VoxelMap(np.where(keep, self.stat.values, 0.0), self.mask)

    @property
    def table(self) -> pd.DataFrame:
        """One row a cluster, the highest peak first.

        Columns: `cluster` (number from 1), `x`, `y`, `z` (mm of the peak), the
        statistic (there), `n_voxels`, `volume_mm3`, `p_size`, `p_size_low` and `p_size_high` (its
        Monte Carlo interval), `p_mass`, `p_peak` (voxel-level, of the peak).
        """
        import pandas as pd

        rows = []
        for number, cluster in enumerate(self.clusters, start=1):
            peak = cluster.peaks[0]
            p_size, p_mass = (float(p) for p in self.p_of_clusters[number - 1])
            p_peak = float(self.p_voxel.values[peak.position])
            of_size = (p_size, *self.interval(p_size), p_mass, p_peak)
            of_cluster = (cluster.positions.size, cluster.volume_mm3)
            rows.append((number, *peak.mm, peak.value, *of_cluster, *of_size))
        names = [name.format(statistic=self.words.key) for name in TABLE_COLUMNS]
        return pd.DataFrame(rows, columns=names)

    def smallest_size(self, alpha: float = 0.05) -> int:
        """Smallest number of voxels of a cluster with a cluster-size p of at most alpha."""
        check_between("alpha", "FweResult.smallest_size", alpha, 0, 1)
        # One more voxel than the largest of the null beats every iteration.
        sizes = np.arange(1, int(self.maxima.size.max(initial=0)) + 2)
        p = p_of_maxima(sizes, self.maxima.size, self.stop_after, self.p_rule)
        return int(sizes[np.argmax(p <= alpha)]) if p[-1] <= alpha else int(sizes[-1])

    def interval(self, p: float, confidence: float = 0.95) -> tuple[float, float]:
        """Monte Carlo interval of a p of this result (Clopper and Pearson 1934).

        It speaks of how well the iterations tell the p that endless ones would give.
        """
        if not 0 < p <= 1:
            raise refuse("p", "FweResult.interval", "above 0 and at most 1", p)
        check_between("confidence", "FweResult.interval", confidence, 0, 1)
        return interval_of(p, self.n_iterations, self.stop_after, confidence, self.p_rule)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        n = int(np.count_nonzero(self.p_of_clusters[:, 0] <= 0.05))
        facts = {
            **self.uncorrected.facts,
            "clusters": f"{n} of {len(self.clusters)} (p < {self.cluster_forming_p:g}) with "
            f"cluster-size p_FWE <= .05 ({self.n_iterations:,} iterations)",
        }
        return glance(type(self).__name__, facts, self.surviving(), self.words.statistic)

    def __repr__(self) -> str:
        n = int(np.count_nonzero(self.p_of_clusters[:, 0] <= 0.05))
        return (
            f"FweResult: {self.studyset!r}; {n} of {len(self.clusters)} clusters (p < "
            f"{self.cluster_forming_p:g}) with cluster-size p_FWE <= .05 ({self.n_iterations:,} "
            f"iterations, seed {self.seed})"
        )
