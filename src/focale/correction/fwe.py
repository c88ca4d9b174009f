"""Family-wise error control by Monte Carlo.

p = (b + 1) / (B + 1), b being the number of B random maps whose maximum is at least what
is observed (Phipson and Smyth 2010, doi:10.2202/1544-6115.1585). The maximum is the largest
ALE for voxels, and the size or mass of the largest cluster for clusters. Clusters are
voxels above the ALE that has the cluster-forming p in the null of the result. Cluster-size
control with a forming p of .001 is what the field advises for ALE (Eickhoff et al. 2016,
doi:10.1016/j.neuroimage.2016.04.072).
"""

from __future__ import annotations

import os
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from scipy.special import betaincinv

from focale._check import check_between, check_choice, check_count, refuse
from focale.correction.null_file import kept, read_null
from focale.errors import ArgumentError, EvidenceError
from focale.estimators.result import AleResult
from focale.frozen import freeze
from focale.inference.clusters import Clusters, Connectivity, find_clusters
from focale.inference.lattice import STEP, to_probability
from focale.inference.montecarlo import (
    ITERATIONS_A_BLOCK,
    NullDesign,
    NullMaxima,
    null_blocks,
    null_design,
)
from focale.inference.tails import z_from_log_p
from focale.progress import Counted, Progress, silent
from focale.space.mask import Mask
from focale.space.voxelmap import VoxelMap
from focale.studyset.model import Studyset
from focale.typing import FloatArray, IntArray

if TYPE_CHECKING:
    import pandas as pd

Level = Literal["voxel", "size", "mass"]
LARGEST_SEED = 2**64 - 1
BEYOND_ALL = 2**60
"""Lattice threshold above every sum."""
TABLE_COLUMNS = (
    *("cluster", "x", "y", "z", "ale", "n_voxels", "volume_mm3"),
    *("p_size", "p_size_low", "p_size_high", "p_mass", "p_peak"),
)


@dataclass(frozen=True, slots=True, eq=False)
class FweResult:
    """ALE with p values corrected for all voxels or all clusters.

    Attributes
    ----------
    uncorrected
        The result that was corrected.
    clusters
        Clusters above the cluster-forming threshold, the highest peak first.
    p_voxel, p_size, p_mass
        Family-wise p at every voxel: of its ALE, and of the size and mass of the cluster
        it belongs to (1 outside clusters).
    p_of_clusters
        Shape (n_clusters, 2); p of the size and of the mass of each cluster.
    maxima
        Of each iteration of the null.
    cluster_forming_p, threshold
        The uncorrected p that forms clusters, and its ALE: voxels above it are in a
        cluster. Infinite where no voxel has so small a p.
    connectivity
        What voxels of a cluster share: faces (6), edges too (18), corners too (26).
    seed
        Seed of the random numbers.
    """

    uncorrected: AleResult
    clusters: Clusters
    p_voxel: VoxelMap
    p_size: VoxelMap
    p_mass: VoxelMap
    p_of_clusters: FloatArray
    maxima: NullMaxima
    cluster_forming_p: float
    threshold: float
    connectivity: Connectivity
    seed: int

    def __post_init__(self) -> None:
        freeze(self, "p_of_clusters")

    @property
    def ale(self) -> VoxelMap:
        """The ALE statistic."""
        return self.uncorrected.ale

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

    def p(self, level: Level = "size") -> VoxelMap:
        """Family-wise p at every voxel, of "voxel", cluster "size" or cluster "mass"."""
        check_choice("level", "FweResult.p", level, get_args(Level))
        return {"voxel": self.p_voxel, "size": self.p_size, "mass": self.p_mass}[level]

    def z(self, level: Level = "size") -> VoxelMap:
        """One-tailed z of the family-wise p; 0 where p is 1/2 or more."""
        return VoxelMap(z_from_log_p(np.log(self.p(level).values)), self.mask)

    def surviving(self, alpha: float = 0.05, level: Level = "size") -> VoxelMap:
        """ALE where the family-wise p is at most alpha, 0 elsewhere."""
        check_between("alpha", "FweResult.surviving", alpha, 0, 1)
        keep = self.p(level).values <= alpha
        return VoxelMap(np.where(keep, self.ale.values, 0.0), self.mask)

    @property
    def table(self) -> pd.DataFrame:
        """One row a cluster, the highest peak first.

        Columns: `cluster` (number from 1), `x`, `y`, `z` (mm of the peak of ALE), `ale`
        (there), `n_voxels`, `volume_mm3`, `p_size`, `p_size_low` and `p_size_high` (its
        Monte Carlo interval), `p_mass`, `p_peak` (voxel-level, of the peak).
        """
        import pandas as pd

        rows = []
        for number, cluster in enumerate(self.clusters, start=1):
            peak = cluster.peaks[0]
            p_size, p_mass = (float(p) for p in self.p_of_clusters[number - 1])
            rows.append(
                {
                    "cluster": number,
                    **dict(zip("xyz", peak.mm, strict=True)),
                    "ale": peak.value,
                    "n_voxels": cluster.positions.size,
                    "volume_mm3": cluster.volume_mm3,
                    "p_size": p_size,
                    "p_size_low": self.interval(p_size)[0],
                    "p_size_high": self.interval(p_size)[1],
                    "p_mass": p_mass,
                    "p_peak": float(self.p_voxel.values[peak.position]),
                }
            )
        return pd.DataFrame(rows, columns=TABLE_COLUMNS)

    def interval(self, p: float, confidence: float = 0.95) -> tuple[float, float]:
        """Monte Carlo interval of a p of this result (Clopper and Pearson 1934).

        It speaks of how well the iterations tell the p that endless ones would give.
        """
        if not 0 < p <= 1:
            raise refuse("p", "FweResult.interval", "above 0 and at most 1", p)
        check_between("confidence", "FweResult.interval", confidence, 0, 1)
        n = self.n_iterations
        n_exceeding = round(p * (n + 1)) - 1
        tail = (1 - confidence) / 2
        low = betaincinv(n_exceeding, n - n_exceeding + 1, tail) if n_exceeding else 0.0
        high = betaincinv(n_exceeding + 1, n - n_exceeding, 1 - tail) if n_exceeding < n else 1.0
        return float(low), float(high)

    def __repr__(self) -> str:
        n = int(np.count_nonzero(self.p_of_clusters[:, 0] <= 0.05))
        return (
            f"FweResult: {self.studyset!r}; {n} of {len(self.clusters)} clusters (p < "
            f"{self.cluster_forming_p:g}) with cluster-size p_FWE <= .05 ({self.n_iterations:,} "
            f"iterations, seed {self.seed})"
        )


def fwe(
    result: AleResult,
    *,
    n_iterations: int = 10_000,
    seed: int = 0,
    cluster_forming_p: float = 0.001,
    connectivity: Connectivity = 6,
    sampling: Mask | None = None,
    executor: Executor | None = None,
    threads: int | None = None,
    checkpoint: str | Path | None = None,
    progress: Progress = silent,
) -> FweResult:
    """Correct a result for the family-wise error of its voxels and of its clusters.

    Parameters
    ----------
    result
        What `ALE().fit` returned.
    n_iterations
        Random maps of the null: 10,000 for a report, 1,000 for a draft.
    seed
        Whole number of 0 and more; equal seeds give equal bits, on any number of threads
        and on any machine.
    cluster_forming_p
        Uncorrected p that forms clusters.
    connectivity
        What voxels of a cluster share: faces (6), edges too (18), corners too (26).
    sampling
        Where random foci fall, on the grid of the result's mask; by default that mask.
    executor
        Where iterations are computed: any executor of `concurrent.futures`.
    threads
        How many threads, if there is no executor; by default one for each core.
    checkpoint
        File that keeps the iterations every few seconds, also when the run is stopped. A
        run with the same data, settings and seed goes on from it and may ask for more
        iterations.
    progress
        Wraps the iterations, to show a bar.

    Raises
    ------
    ArgumentError
        If a setting is outside what it can be.
    ReadError
        If the checkpoint is that of other data, settings or seed.
    OutputError
        If it cannot be written.
    EvidenceError
        If fewer than two experiments report foci: one cannot converge with others.

    Examples
    --------
    >>> from focale import ALE, Studyset, pain_studyset_path
    >>> result = ALE().fit(Studyset(pain_studyset_path()))
    >>> corrected = fwe(result, n_iterations=100)
    >>> corrected.p_of_clusters[0].round(4).tolist()
    [0.0099, 0.0099]
    """
    check_count("n_iterations", "fwe", n_iterations, 1)
    check_count("seed", "fwe", seed, 0)
    if seed > LARGEST_SEED:
        raise refuse("seed", "fwe", "below 2^64", seed)
    check_between("cluster_forming_p", "fwe", cluster_forming_p, 0, 1)
    check_choice("connectivity", "fwe", connectivity, get_args(Connectivity))
    if threads is not None:
        check_count("threads", "fwe", threads, 1)
    n_iterations, seed = int(n_iterations), int(seed)
    _check_evidence(result)
    _check_sampling(sampling, result.mask)
    level = result.null.ale_at(cluster_forming_p)
    threshold = _lattice_threshold(level)
    studyset, ma = result.studyset, result.ma
    design = null_design(
        studyset.foci_mm,
        studyset.offsets,
        result.map.fwhm_mm,
        result.mask,
        result.map.estimator.placement,
        sampling,
    )
    path = None if checkpoint is None else Path(checkpoint)
    key = {} if path is None else _key(design, threshold, connectivity, seed)
    known = np.zeros((0, 3), dtype=np.int64) if path is None else read_null(path, key)
    null = null_blocks(
        design,
        threshold,
        range(len(known), n_iterations),
        seed,
        connectivity=connectivity,
        executor=executor,
        threads=int(threads or os.cpu_count() or 1),
    )
    with closing(null):  # whoever stops the run, nothing goes on behind the scenes
        blocks = progress(Counted(null, -(-(n_iterations - len(known)) // ITERATIONS_A_BLOCK)))
        computed = (
            np.concatenate([known, *blocks]) if path is None else kept(path, key, known, blocks)
        )
    maxima = NullMaxima.of(computed[:n_iterations])
    above = float(to_probability(np.array(threshold)))
    clusters = find_clusters(result.ale, above, connectivity=connectivity)
    sizes = clusters.sizes
    masses = np.array([int((ma.log_sum[c.positions] - threshold).sum()) for c in clusters], int)
    p_of_clusters = np.stack(
        [p_of_maxima(sizes, maxima.size), p_of_maxima(masses, maxima.mass)], axis=1
    )
    with_background = np.vstack([[1.0, 1.0], p_of_clusters])
    return FweResult(
        uncorrected=result,
        clusters=clusters,
        p_voxel=VoxelMap(p_of_maxima(ma.log_sum, maxima.largest), result.mask),
        p_size=VoxelMap(with_background[clusters.labels, 0], result.mask),
        p_mass=VoxelMap(with_background[clusters.labels, 1], result.mask),
        p_of_clusters=p_of_clusters,
        maxima=maxima,
        cluster_forming_p=float(cluster_forming_p),
        threshold=level,
        connectivity=connectivity,
        seed=seed,
    )


def _key(
    design: NullDesign, threshold: int, connectivity: Connectivity, seed: int
) -> dict[str, Any]:
    """What the iterations are a function of, by name."""
    return {
        "data and masks": design.sha256,
        "cluster-forming threshold": threshold,
        "connectivity": connectivity,
        "seed": seed,
    }


def p_of_maxima(observed: IntArray, maxima: IntArray) -> FloatArray:
    """(b + 1) / (B + 1), b being how many of B maxima are at least as large.

    Parameters
    ----------
    observed
        Any shape.
    maxima
        Shape (B,).
    """
    rising = np.sort(maxima)
    n_as_large = maxima.size - np.searchsorted(rising, observed, side="left")
    p: FloatArray = (n_as_large + 1) / (maxima.size + 1)
    return p


def _lattice_threshold(ale: float) -> int:
    """Lattice value such that what is above it has at least this ALE."""
    if not np.isfinite(ale):
        return BEYOND_ALL
    return int(np.ceil(-np.log1p(-ale) / STEP - 1e-6)) - 1


def _check_evidence(result: AleResult) -> None:
    n = int(np.count_nonzero(np.diff(result.ma.offsets)))
    if n < 2:
        raise EvidenceError(
            f"{result.studyset.record.source}: only {n} experiment has foci that reach the mask, "
            "and one experiment cannot converge with others; describe() reads it without a test"
        )


def _check_sampling(sampling: Mask | None, mask: Mask) -> None:
    if sampling is None:
        return
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
