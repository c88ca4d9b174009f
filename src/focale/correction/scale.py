"""SCALE: more than the base rate of a database would give.

Langner et al. 2014, doi:10.1016/j.neuroimage.2014.06.007. Experiments that were chosen for
something they report (a focus in a seed region) still report the places that everybody
reports. So random foci are drawn from the base rate: all foci of the database, a place with
many of them as often.

A place is a voxel, for the base rate and for the observed foci alike. Were these left where they
are within their voxels, two that were drawn from one place of the base rate would agree better
than any two that the null can draw.

p of a voxel: (b + 1) / (B + 1), b being the number of B random maps that are at least as large
there (Phipson and Smyth 2010, doi:10.2202/1544-6115.1585). Each voxel has a null of its own, so
for the family-wise error voxels are brought on a common scale first (`common_scale`): the
largest raw ALE would be that of the places with the highest base rate.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np

from focale._check import check_count, refuse
from focale.correction.null import NullSettings, check_evidence, usable_cores
from focale.correction.p_values import p_of_maxima
from focale.correction.scale_result import ScaleResult
from focale.errors import EvidenceError
from focale.estimators.result import Result, StatMap
from focale.inference.base_rate import BaseRate, base_rate_of
from focale.inference.clusters import Clusters, Connectivity, find_clusters
from focale.inference.common_scale import SCALE_STEP, common_scale
from focale.inference.montecarlo import NullMaxima, null_design
from focale.inference.null_moments import null_moments
from focale.inference.scale import ScaleBlock, forming_steps, scale_blocks
from focale.inference.tails import z_from_log_p
from focale.progress import Counted, Progress, silent
from focale.space.mask import Mask
from focale.space.voxelmap import VoxelMap
from focale.studyset.model import Studyset
from focale.typing import FloatArray, IntArray


def scale(
    result: StatMap | Result,
    base_rate: Studyset | FloatArray | BaseRate,
    *,
    n_iterations: int = 10_000,
    seed: int = 0,
    cluster_forming_p: float = 0.001,
    connectivity: Connectivity = 6,
    threads: int | None = None,
    progress: Progress = silent,
) -> ScaleResult:
    """Test a map against the base rate of a database (SCALE).

    Parameters
    ----------
    result
        What `ALE().fit` or `ALE().statistic` returned for the experiments that were chosen. For
        the test each focus, like each of the base rate, is moved to the nearest voxel centre:
        places that are drawn are voxels, and so must be those that are observed.
    base_rate
        The database they were chosen from, or its foci: shape (n, 3), millimetres in the
        space of the map; or the base rate of another result with the same mask. Foci from
        which no footprint reaches the mask are left out and counted.
    n_iterations
        Random maps of the null: 10,000 for a report, 1,000 for a draft.
    seed
        Whole number of 0 and more; equal seeds give equal bits, on any number of threads.
    cluster_forming_p
        Tail of a voxel's own null that forms clusters.
    connectivity
        What voxels of a cluster share: faces (6), edges too (18), corners too (26).
    threads
        How many threads; by default one for each core.
    progress
        Wraps the iterations, to show a bar.

    Returns
    -------
    ScaleResult
        p of every voxel in its own null, and family-wise p of voxels and clusters.

    Raises
    ------
    ArgumentError
        If a setting is outside what it can be, or the base rate is neither a studyset nor
        coordinates.
    EvidenceError
        If fewer than two experiments report foci, or the base rate has no focus near the mask.

    Examples
    --------
    >>> from focale import ALE, Studyset, pain_studyset_path
    >>> database = Studyset(pain_studyset_path())
    >>> chosen = ALE().fit(database.slice(database.ids[:8]))
    >>> tested = scale(chosen, database, n_iterations=100)
    >>> float(tested.p.values.min().round(4))
    0.0099
    """
    check_count("n_iterations", "scale", n_iterations, 1)
    if threads is not None:
        check_count("threads", "scale", threads, 1)
    settings = NullSettings(
        seed=seed, cluster_forming_p=cluster_forming_p, connectivity=connectivity
    )
    statistic = result.map if isinstance(result, Result) else result
    if not isinstance(statistic, StatMap):
        raise refuse("result", "scale", "what ALE().fit returns", result)
    if statistic.estimator.placement != "nearest":
        estimator: Any = statistic.estimator
        estimator = replace(estimator, placement="nearest")
        statistic = estimator.statistic(statistic.studyset)
    check_evidence(statistic)
    threads = threads or usable_cores()
    places = _base_rate(base_rate, statistic)
    studyset, mask = statistic.studyset, statistic.mask
    design = null_design(
        studyset.foci_mm,
        studyset.offsets,
        statistic.fwhm_mm,
        mask,
        "nearest",
        places,
    )
    moments = null_moments(places, mask, statistic.fwhm_mm, np.diff(design.offsets), threads)
    shared = common_scale(moments, settings.cluster_forming_p, int(statistic.ma.values.max()))
    observed = statistic.ma.log_sum
    blocks = scale_blocks(
        design,
        shared,
        observed,
        range(int(n_iterations)),
        settings.seed,
        connectivity=connectivity,
        threads=threads,
    )
    n_as_large, maxima = _counted(blocks, mask, int(n_iterations), progress)
    standing = shared.standing_of_map(observed)
    return _tested(
        statistic, standing, forming_steps(shared), n_as_large, maxima, settings, places
    )


def _base_rate(base_rate: Studyset | FloatArray | BaseRate, statistic: StatMap) -> BaseRate:
    """The base rate of a database, or of coordinates."""
    if isinstance(base_rate, BaseRate):
        return base_rate
    if isinstance(base_rate, Studyset):
        foci_mm, name = base_rate.foci_mm, base_rate.record.source
    else:
        foci_mm, name = _coordinates(base_rate), "the coordinates given"
    mask = statistic.mask
    places = base_rate_of(foci_mm, mask, float(statistic.fwhm_mm.max()), name)
    if not places.n_foci:
        raise EvidenceError(
            f"{name}: none of the {len(foci_mm):,} foci of the base rate lies in or near "
            f"{mask.name}, so random foci would have no place; check the space of the coordinates"
        )
    return places


def _coordinates(given: Any) -> FloatArray:
    """Coordinates as an array, shape (n, 3)."""
    wanted = "a Studyset, or coordinates in mm of shape (n, 3)"
    try:
        foci_mm = np.asarray(given, dtype=float)
    except (TypeError, ValueError) as error:
        raise refuse("base_rate", "scale", wanted, given) from error
    if foci_mm.ndim != 2 or foci_mm.shape[1] != 3 or not np.all(np.isfinite(foci_mm)):
        found = f"shape {foci_mm.shape}" if foci_mm.shape[1:] != (3,) else "numbers not finite"
        raise refuse("base_rate", "scale", wanted, found)
    return foci_mm


def _counted(
    blocks: Generator[ScaleBlock, None, None], mask: Mask, n_iterations: int, progress: Progress
) -> tuple[IntArray, IntArray]:
    """Iterations as large at each voxel, and the maxima of all iterations."""
    n_as_large, maxima = np.zeros(mask.n_voxels, dtype=np.int64), []
    with closing(blocks):  # whoever stops the run, nothing goes on behind the scenes
        for block in progress(Counted(blocks, n_iterations, amount=len)):
            n_as_large += block.n_as_large
            maxima.append(block.maxima)
    return n_as_large, np.concatenate(maxima)


def _tested(
    statistic: StatMap,
    standing: IntArray,
    forming: int,
    n_as_large: IntArray,
    computed: IntArray,
    settings: NullSettings,
    base_rate: BaseRate,
) -> ScaleResult:
    """P of voxels and clusters, from what the iterations gave."""
    mask, maxima = statistic.mask, NullMaxima.of(computed)
    n_iterations = len(computed)
    p = (n_as_large + 1) / (n_iterations + 1)
    stands = VoxelMap(standing * SCALE_STEP, mask)
    clusters = find_clusters(stands, 0.0, connectivity=settings.connectivity)
    p_of_clusters = np.stack(
        [
            p_of_maxima(clusters.sizes, maxima.size),
            p_of_maxima(_masses(standing - forming, clusters), maxima.mass),
        ],
        axis=1,
    )
    with_background = np.vstack([[1.0, 1.0], p_of_clusters])
    log_p = np.log(p)
    return ScaleResult(
        map=statistic,
        base_rate=base_rate,
        p=VoxelMap(p, mask),
        z=VoxelMap(z_from_log_p(log_p), mask),
        logp=VoxelMap(np.abs(log_p / np.log(10)), mask),
        standing=stands,
        clusters=clusters,
        p_voxel=VoxelMap(p_of_maxima(standing, maxima.largest), mask),
        p_size=VoxelMap(with_background[clusters.labels, 0], mask),
        p_mass=VoxelMap(with_background[clusters.labels, 1], mask),
        p_of_clusters=p_of_clusters,
        maxima=maxima,
        settings=settings,
    )


def _masses(over: IntArray, clusters: Clusters) -> IntArray:
    """Sum over each cluster of what stands above the forming level, in steps."""
    return np.array([int(over[cluster.positions].sum()) for cluster in clusters], dtype=np.int64)
