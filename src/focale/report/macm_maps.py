"""The maps of what is co-reported with a seed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from focale.coactivation.result import MacmResult
from focale.correction.p_values import smallest_p
from focale.correction.scale_result import ScaleResult
from focale.inference.clusters import CONTACTS
from focale.inference.tails import z_from_log_p
from focale.report.maps import LEVELS, MapFile
from focale.report.nifti import ESTIMATE, LABEL, P_VALUE, Z_SCORE


def macm_maps(result: MacmResult) -> Iterator[MapFile]:
    """The maps, in the order a reader wants them."""
    about = {"Description": "ALE of the experiments with a focus in the seed, unthresholded"}
    if result.test is None:
        about["Null"] = "Descriptive: no null distribution was computed"
    yield MapFile("stat-ale_statmap", result.ale.values, ESTIMATE, "ALE", about)
    if result.test is not None:
        yield from _tested(result)
    seed = {
        "Description": "Voxels of the seed, which converges by selection",
        "Seed": result.seed.name,
        "LeftOutOfTheAnalysis": result.is_masked,
    }
    inside = result.seed_voxels.astype(np.int16)
    yield MapFile("desc-seed_mask", inside, LABEL, "seed", seed)
    listed = "that survive" if result.test is not None else "above the display-only threshold"
    yield MapFile(
        "desc-clusters_dseg",
        result.clusters.labels,
        LABEL,
        "clusters",
        {"Description": f"Clusters {listed}, numbered as in the tables", **null_record(result)},
    )
    analysed = np.ones(result.mask.n_voxels, dtype=np.int16)
    yield MapFile("desc-brain_mask", analysed, LABEL, "mask", {"Description": "Analysed voxels"})


def _tested(result: MacmResult) -> Iterator[MapFile]:
    null = null_record(result)
    against = "the base rate of the database" if _is_scale(result) else "foci spread evenly"
    text = f"Uncorrected one-tailed p of ALE against {against}"
    yield MapFile("stat-p_statmap", result.p.values, P_VALUE, "p", {"Description": text, **null})
    about = {"Description": f"z of this: {text}; 0 where p >= .5", **null}
    yield MapFile("stat-z_statmap", result.z.values, Z_SCORE, "z", about)
    of = dict(LEVELS)
    if isinstance(result.test, ScaleResult):
        text = (
            "Where a voxel stands in the upper tail of its own null, as a z, above the "
            "cluster-forming level; 0 elsewhere. It ranks voxels and tests nothing by itself"
        )
        yield MapFile(
            "stat-standing_statmap",
            result.test.standing.values,
            ESTIMATE,
            "standing",
            {"Description": text, **null},
        )
        of["voxel"] = (of["voxel"][0], "the standing of a voxel; 1 where it is 0")
    for level in ("voxel", "size", "mass"):
        name, what = of[level]
        p = result.p_fwe(level).values
        text = f"family-wise p of {what}"
        yield MapFile(f"stat-p_{name}_statmap", p, P_VALUE, "p FWE", {"Description": text, **null})
        about = {"Description": f"z of the {text}; 0 where p >= .5", **null}
        z = z_from_log_p(np.log(p))
        yield MapFile(f"stat-z_{name}_statmap", z, Z_SCORE, "z FWE", about)


def _is_scale(result: MacmResult) -> bool:
    return isinstance(result.test, ScaleResult)


def null_record(result: MacmResult) -> dict[str, Any]:
    """The test of a result, as JSON files tell it."""
    test, alpha = result.test, result.protocol.alpha
    if test is None:
        return {
            "DisplayOnlyThreshold": result.display_threshold,
            "DisplayOnlyPercentile": result.protocol.display_percentile,
            "MinimumVolumeMm3": result.protocol.min_cluster_mm3,
        }
    record: dict[str, Any] = {
        "Null": result.null,
        "Iterations": test.n_iterations,
        "Seed": test.seed,
        "SmallestP": smallest_p(test.n_iterations),
        "MonteCarloErrorAtAlpha": float(np.sqrt(alpha * (1 - alpha) / test.n_iterations)),
        "Alpha": alpha,
        "FamilywisePOf": result.protocol.correction,
        "ClusterFormingP": test.cluster_forming_p,
        "Connectivity": CONTACTS[test.connectivity],
    }
    if isinstance(test, ScaleResult):
        record |= {
            "BaseRate": test.base_rate.name,
            "BaseRateFoci": test.base_rate.n_foci,
            "BaseRateFociOutsideMask": test.base_rate.n_outside,
            "BaseRateFociOutOfReach": test.base_rate.n_out_of_reach,
        }
    else:
        record |= {"SamplingMask": test.sampling.name, "SamplingVoxels": test.sampling.n_voxels}
    return record
