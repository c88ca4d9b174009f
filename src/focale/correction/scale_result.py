"""A map tested against the base rate of a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from focale._check import check_between, check_choice, refuse
from focale.correction.null import NullSettings
from focale.correction.p_values import interval_of, p_of_maxima
from focale.estimators.result import OfMap, StatMap
from focale.frozen import freeze
from focale.inference.base_rate import BaseRate
from focale.inference.clusters import Clusters, Connectivity
from focale.inference.common_scale import SCALE_STEP
from focale.inference.montecarlo import NullMaxima
from focale.inference.tails import z_from_log_p
from focale.space.voxelmap import VoxelMap
from focale.typing import FloatArray, IntArray

if TYPE_CHECKING:
    import pandas as pd

ScaleLevel = Literal["voxel", "size", "mass"]
TABLE_COLUMNS = (
    *("cluster", "x", "y", "z", "ale", "p", "standing", "n_voxels", "volume_mm3"),
    *("p_size", "p_size_low", "p_size_high", "p_mass", "p_peak"),
)


@dataclass(frozen=True, eq=False)
class ScaleResult(OfMap):
    """ALE tested against a base rate (SCALE).

    Attributes
    ----------
    map
        The statistic and what it was made from, with foci at the nearest voxel centres.
    base_rate
        What random foci were drawn from.
    p, z, logp
        One-tailed p of every voxel in its own null, uncorrected; its z (0 where p is 1/2 or
        more) and -log10 p. No p is below 1 / (B + 1).
    standing
        Where a voxel stands in the upper tail of its own null, as a z, where that is above the
        cluster-forming level and above what one experiment can give; 0 elsewhere. It brings
        voxels with different nulls on one scale (see `inference/common_scale.py`), and is no
        test by itself.
    clusters
        Clusters of voxels that stand above the level, the highest standing first.
    p_voxel, p_size, p_mass
        Family-wise p at every voxel: of its standing (1 where it is 0), and of the size and
        mass of the cluster it belongs to (1 outside clusters). Mass is the sum of standings
        above the level.
    p_of_clusters
        Shape (n_clusters, 2); p of the size and of the mass of each cluster.
    maxima
        Of each iteration: highest standing and mass in steps of `SCALE_STEP`, and size.
    settings
        What was chosen about the null.
    corrected, tables, labels
        What correctors and diagnostics added, under NiMARE's names.
    """

    map: StatMap
    base_rate: BaseRate
    p: VoxelMap
    z: VoxelMap
    logp: VoxelMap
    standing: VoxelMap
    clusters: Clusters
    p_voxel: VoxelMap
    p_size: VoxelMap
    p_mass: VoxelMap
    p_of_clusters: FloatArray
    maxima: NullMaxima
    settings: NullSettings
    corrected: Mapping[str, VoxelMap] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    labels: VoxelMap | None = None

    map_names = ("stat", "p", "z", "logp")

    def __post_init__(self) -> None:
        freeze(self, "p_of_clusters")

    @property
    def n_iterations(self) -> int:
        """Number of iterations of the null."""
        return self.maxima.largest.size

    @property
    def seed(self) -> int:
        """Seed of the random numbers."""
        return self.settings.seed

    @property
    def cluster_forming_p(self) -> float:
        """The tail that forms clusters."""
        return self.settings.cluster_forming_p

    @property
    def connectivity(self) -> Connectivity:
        """What voxels of a cluster share."""
        return self.settings.connectivity

    @property
    def largest_standing(self) -> FloatArray:
        """Shape (n_iterations,); highest standing of each random map, as a z."""
        return self.maxima.largest * SCALE_STEP

    def p_fwe(self, level: ScaleLevel = "size") -> VoxelMap:
        """Family-wise p at every voxel."""
        check_choice("level", "ScaleResult.p_fwe", level, get_args(ScaleLevel))
        return {"voxel": self.p_voxel, "size": self.p_size, "mass": self.p_mass}[level]

    def z_fwe(self, level: ScaleLevel = "size") -> VoxelMap:
        """One-tailed z of the family-wise p; 0 where p is 1/2 or more."""
        return VoxelMap(z_from_log_p(np.log(self.p_fwe(level).values)), self.mask)

    def surviving(self, alpha: float = 0.05, level: ScaleLevel = "size") -> VoxelMap:
        """Standing where the family-wise p is at most alpha, 0 elsewhere."""
        check_between("alpha", "ScaleResult.surviving", alpha, 0, 1)
        keep = self.p_fwe(level).values <= alpha
        return VoxelMap(np.where(keep, self.standing.values, 0.0), self.mask)

    def smallest_size(self, alpha: float = 0.05) -> int:
        """Smallest number of voxels of a cluster with a cluster-size p of at most alpha."""
        check_between("alpha", "ScaleResult.smallest_size", alpha, 0, 1)
        sizes: IntArray = np.arange(1, int(self.maxima.size.max(initial=0)) + 2)
        p = p_of_maxima(sizes, self.maxima.size)
        return int(sizes[np.argmax(p <= alpha)]) if p[-1] <= alpha else int(sizes[-1])

    def interval(self, p: float, confidence: float = 0.95) -> tuple[float, float]:
        """Monte Carlo interval of a p of this result (Clopper and Pearson 1934)."""
        if not 0 < p <= 1:
            raise refuse("p", "ScaleResult.interval", "above 0 and at most 1", p)
        check_between("confidence", "ScaleResult.interval", confidence, 0, 1)
        return interval_of(p, self.n_iterations, confidence=confidence)

    @property
    def table(self) -> pd.DataFrame:
        """One row a cluster, the highest standing first.

        Columns: `cluster` (number from 1), `x`, `y`, `z` (mm of the peak of the standing),
        `ale`, `p` (uncorrected) and `standing` there, `n_voxels`, `volume_mm3`, `p_size`,
        `p_size_low` and `p_size_high` (its Monte Carlo interval), `p_mass`, `p_peak`
        (family-wise, of the peak).
        """
        import pandas as pd

        rows = []
        for number, cluster in enumerate(self.clusters, start=1):
            peak = cluster.peaks[0]
            p_size, p_mass = (float(p) for p in self.p_of_clusters[number - 1])
            at = (self.ale.values[peak.position], self.p.values[peak.position], peak.value)
            of_cluster = (cluster.positions.size, cluster.volume_mm3)
            of_size = (p_size, *self.interval(p_size))
            p_peak = float(self.p_voxel.values[peak.position])
            rows.append((number, *peak.mm, *at, *of_cluster, *of_size, p_mass, p_peak))
        return pd.DataFrame(rows, columns=TABLE_COLUMNS)

    @property
    def facts(self) -> dict[str, str]:
        """What a reader wants to know first, by name."""
        n = int(np.count_nonzero(self.p_of_clusters[:, 0] <= 0.05))
        return {
            **super().facts,
            "base rate": f"{self.base_rate.n_foci:,} foci of {self.base_rate.name}",
            "clusters": f"{n} of {len(self.clusters)} with cluster-size p_FWE <= .05 "
            f"({self.n_iterations:,} iterations)",
        }

    def __repr__(self) -> str:
        n = int(np.count_nonzero(self.p_of_clusters[:, 0] <= 0.05))
        return (
            f"ScaleResult: {self.studyset!r}; {n} of {len(self.clusters)} clusters with "
            f"cluster-size p_FWE <= .05 ({self.n_iterations:,} iterations, seed {self.seed}, base "
            f"rate of {self.base_rate.n_foci:,} foci)"
        )
