"""Family-wise error control by Monte Carlo.

p = (b + 1) / (B + 1), b being the number of B random maps whose maximum is at least what
is observed (Phipson and Smyth 2010, doi:10.2202/1544-6115.1585). The maximum is the largest
value for voxels, and the size or mass of the largest cluster for clusters. Clusters are
voxels from the value on that has the cluster-forming p in the null of the result. Cluster-size
control with a forming p of .001 is what the field advises for ALE (Eickhoff et al. 2016,
doi:10.1016/j.neuroimage.2016.04.072).
"""

from __future__ import annotations

from concurrent.futures import Executor
from pathlib import Path
from typing import get_args

import numpy as np

from focale._check import check_choice, check_count, refuse
from focale.correction.null import (
    Null,
    NullSettings,
    compute_null,
    iterations_of_shard,
    null_of,
)
from focale.correction.p_values import PRule, p_of_maxima
from focale.correction.result import FweResult
from focale.correction.running import Running
from focale.estimators.result import Result
from focale.inference.clusters import Clusters, Connectivity, find_clusters
from focale.inference.montecarlo import NullMaxima, Sampling
from focale.inference.tfce import enhance
from focale.inference.tfce_heights import TFCE_STEP
from focale.progress import Progress, silent
from focale.space.mask import Mask
from focale.space.voxelmap import VoxelMap
from focale.typing import IntArray


def fwe(
    result: Result,
    *,
    n_iterations: int = 10_000,
    seed: int = 0,
    cluster_forming_p: float = 0.001,
    connectivity: Connectivity = 6,
    sampling: Sampling | Mask = "mask",
    tfce: bool = False,
    stop_after: int | None = None,
    p_rule: PRule = "(b+1)/(B+1)",
    executor: Executor | None = None,
    threads: int | None = None,
    checkpoint: str | Path | None = None,
    progress: Progress = silent,
) -> FweResult:
    """Correct a result for the family-wise error of its voxels and of its clusters.

    Parameters
    ----------
    result
        What `fit` of an estimator returned.
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
        Where random foci fall: on the voxels of the analysis ("mask"), on those of them
        with more than 10 % grey matter ("grey_matter"), or on those of a mask on the same
        grid.
    tfce
        Whether TFCE is computed too (Smith and Nichols 2009,
        doi:10.1016/j.neuroimage.2008.03.061), which takes twenty times as long or more. It
        is valid for ALE but not more sensitive than cluster size, and not recommended to
        the general user (Frahm et al. 2022, doi:10.1002/hbm.25898).
    stop_after
        Make the test sequential (Besag and Clifford 1991): end as soon as so many
        iterations are at least as large as the largest value, cluster size and cluster
        mass observed. It saves time where nothing converges, and is valid too; see
        `p_of_maxima`.
    p_rule
        "(b+1)/(B+1)"; or "b/B", to compare with tools that compute p so.
    executor
        Where iterations are computed: any executor of `concurrent.futures`, also that of
        a Dask cluster (`Client.get_executor()`).
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
    check_choice("p_rule", "fwe", p_rule, get_args(PRule))
    if stop_after is not None:
        check_count("stop_after", "fwe", stop_after, 1)
        if p_rule == "b/B":
            raise refuse("stop_after", "fwe", "None where p_rule is 'b/B'", stop_after)
    if threads is not None:
        check_count("threads", "fwe", threads, 1)
    settings = NullSettings(
        seed=seed,
        cluster_forming_p=cluster_forming_p,
        connectivity=connectivity,
        sampling=sampling,
        tfce=bool(tfce),
    )
    null = null_of(result, settings)
    above = float(result.ma.scale.value(np.array(null.threshold)))
    clusters = find_clusters(result.stat, above, connectivity=settings.connectivity)
    masses = _masses(result, clusters, null)
    enhanced = _enhanced(result, null)
    leading = [result.ma.log_sum.max(), max(clusters.sizes, default=0), max(masses, default=0)]
    leading += [] if enhanced is None else [enhanced.max()]
    maxima = compute_null(
        null,
        range(int(n_iterations)),
        executor=executor,
        threads=threads,
        checkpoint=checkpoint,
        running=Running(np.array(leading), stop_after),
        progress=progress,
    )
    return _corrected(result, clusters, masses, enhanced, null, maxima, stop_after, p_rule)


def fwe_shard(
    result: Result,
    path: str | Path,
    shard: int,
    n_shards: int,
    *,
    n_iterations: int = 10_000,
    executor: Executor | None = None,
    threads: int | None = None,
    progress: Progress = silent,
    **settings: object,
) -> int:
    """Compute one of several parts of the null of a result, and keep it in a file.

    `merge_nulls` joins the parts, and `fwe(result, checkpoint=...)` goes on from there
    without computing them again.

    Parameters
    ----------
    result
        What `fit` of an estimator returned.
    path
        File of the part. One that was stopped goes on from it.
    shard, n_shards
        Which part, counted from 1, of how many.
    n_iterations
        Iterations of the whole null.
    executor, threads, progress, **settings
        As for `fwe`.

    Returns
    -------
    int
        How many iterations the file holds.
    """
    check_count("n_iterations", "fwe_shard", n_iterations, 1)
    for name, value in (("shard", shard), ("n_shards", n_shards)):
        check_count(name, "fwe_shard", value, 1)
    iterations = iterations_of_shard(int(shard), int(n_shards), int(n_iterations))
    maxima = compute_null(
        null_of(result, NullSettings(**settings)),  # type: ignore[arg-type]
        iterations,
        executor=executor,
        threads=threads,
        checkpoint=path,
        asked=int(n_iterations),
        progress=progress,
    )
    return len(maxima)


def _masses(result: Result, clusters: Clusters, null: Null) -> IntArray:
    """Sum over each cluster of what is above the threshold, lattice steps."""
    log_sum = result.ma.log_sum
    return np.array([int((log_sum[c.positions] - null.threshold).sum()) for c in clusters], int)


def _enhanced(result: Result, null: Null) -> IntArray | None:
    """TFCE of the observed map, if it was asked for."""
    if null.heights is None:
        return None
    connectivity = null.settings.connectivity
    return enhance(result.ma.log_sum, null.heights, result.mask, connectivity)


def _corrected(
    result: Result,
    clusters: Clusters,
    masses: IntArray,
    enhanced: IntArray | None,
    null: Null,
    computed: IntArray,
    stop_after: int | None,
    p_rule: PRule,
) -> FweResult:
    """P of voxels and clusters, from the maxima of all iterations."""
    maxima = NullMaxima.of(computed)
    p_of_clusters = np.stack(
        [
            p_of_maxima(clusters.sizes, maxima.size, stop_after, p_rule),
            p_of_maxima(masses, maxima.mass, stop_after, p_rule),
        ],
        axis=1,
    )
    with_background = np.vstack([[1.0, 1.0], p_of_clusters])
    mask = result.mask
    tfce = p_tfce = None
    if enhanced is not None and maxima.tfce is not None:
        tfce = VoxelMap(enhanced * TFCE_STEP, mask)
        p_tfce = VoxelMap(p_of_maxima(enhanced, maxima.tfce, stop_after, p_rule), mask)
    p_voxel = p_of_maxima(result.ma.log_sum, maxima.largest, stop_after, p_rule)
    return FweResult(
        uncorrected=result,
        clusters=clusters,
        p_voxel=VoxelMap(p_voxel, mask),
        p_size=VoxelMap(with_background[clusters.labels, 0], mask),
        p_mass=VoxelMap(with_background[clusters.labels, 1], mask),
        p_tfce=p_tfce,
        tfce=tfce,
        p_of_clusters=p_of_clusters,
        maxima=maxima,
        threshold=null.stat_threshold,
        sampling=null.sampling,
        settings=null.settings,
        stop_after=stop_after,
        p_rule=p_rule,
    )
