"""The maps of a reading as files: what is written, under which name, with which words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from focale.correction.p_values import smallest_p
from focale.descriptive import DescriptiveResult
from focale.inference.clusters import CONTACTS
from focale.inferential import InferentialResult
from focale.reading import Reading
from focale.report.files import write_json, write_text
from focale.report.nifti import ESTIMATE, LABEL, P_VALUE, Z_SCORE, save_nifti
from focale.robustness.stability import Stability
from focale.space.mask import Mask


@dataclass(frozen=True, slots=True)
class MapFile:
    """A map to be written.

    Parameters
    ----------
    name
        Last part of the file name, after BIDS derivatives.
    values
        Shape (n_voxels,), in mask order.
    intent
        NIfTI intent code.
    title
        What it is, in a word or two.
    about
        What the JSON file beside it says.
    """

    name: str
    values: Any
    intent: int
    title: str
    about: Mapping[str, Any]


def write_maps(result: Reading, folder: Path, label: str) -> None:
    """Write the maps of a reading, each with a JSON file beside it.

    Parameters
    ----------
    result
        A descriptive or an inferential reading.
    folder
        Where to write; must exist.
    label
        First part of the file names.
    """
    write_map_files(maps_of(result), result.mask, folder, label, len(result.clusters))


def write_map_files(
    maps: Iterable[MapFile],
    mask: Mask,
    folder: Path,
    label: str,
    n_clusters: int | None = None,
) -> None:
    """Write maps, each with a JSON file beside it, and names of the labels of clusters.

    Parameters
    ----------
    maps
        The maps.
    mask
        Their voxels.
    folder
        Where to write; must exist.
    label
        First part of the file names.
    n_clusters
        Number of the clusters of the map "desc-clusters_dseg", if there is one.
    """
    common = {"SpatialReference": mask.space, "Mask": mask.name, "MaskSHA256": mask.sha256}
    stem = f"{label}{_space_and_resolution(mask)}"
    for file in maps:
        description = f"Focale {version('focale')}: {file.title}"
        save_nifti(
            file.values,
            mask,
            folder / f"{stem}_{file.name}.nii.gz",
            intent=file.intent,
            name=file.title,
            description=description,
        )
        write_json(folder / f"{stem}_{file.name}.json", {**file.about, **common})
    if n_clusters is None:
        return
    rows = [f"{n}\tcluster {n}" for n in range(1, n_clusters + 1)]
    write_text(folder / f"{stem}_desc-clusters_dseg.tsv", "\n".join(["index\tname", *rows]))


def maps_of(result: Reading) -> Iterator[MapFile]:
    """The maps of a reading."""
    if isinstance(result, InferentialResult):
        yield from _inferential(result)
    elif isinstance(result, DescriptiveResult):
        yield from _descriptive(result)
    if not result.words.means:
        yield _in_peaks(result)
    if result.robustness is not None and result.robustness.stability is not None:
        yield from _stability(result.robustness.stability)
    inside = np.ones(result.mask.n_voxels, dtype=np.int16)
    yield MapFile("desc-brain_mask", inside, LABEL, "mask", {"Description": "Analysed voxels"})


def _descriptive(result: DescriptiveResult) -> Iterator[MapFile]:
    threshold = {
        "DisplayOnlyThreshold": result.display_threshold,
        "DisplayOnlyPercentile": result.protocol.display_percentile,
    }
    yield _stat(result, "Descriptive: no null distribution was computed.", threshold)
    yield MapFile(
        "desc-clusters_dseg",
        result.clusters.labels,
        LABEL,
        "clusters",
        {
            "Description": "Clusters above the display-only threshold, numbered as in the tables",
            "MinimumVolumeMm3": result.protocol.min_cluster_mm3,
            "Connectivity": "faces",
            **threshold,
        },
    )


def _in_peaks(result: Reading) -> MapFile:
    words = result.words
    return MapFile(
        f"stat-{words.key}_desc-peaks_statmap",
        result.in_peaks.values,
        ESTIMATE,
        f"{words.statistic} in peaks",
        {
            "Description": f"{words.statistic} on the log scale in units of one typical "
            "experiment's peak: 1 is what one experiment gives at its own focus, 2 what two give "
            "that report one place.",
            "Unit": result.map.peak_unit,
        },
    )


def _stat(result: Reading, more: str, about: Mapping[str, Any]) -> MapFile:
    words = result.words
    text = f"{words.formula}, unthresholded. {more}".strip()
    return MapFile(
        f"stat-{words.key}_statmap",
        result.stat.values,
        ESTIMATE,
        words.statistic,
        {"Description": text, **about},
    )


LEVELS = {
    "voxel": ("level-voxel_corr-FWE_method-montecarlo", "the {statistic} of a voxel"),
    "size": (
        "level-cluster_corr-FWE_method-montecarlo_desc-size",
        "the size of the cluster a voxel belongs to; 1 outside clusters",
    ),
    "mass": (
        "level-cluster_corr-FWE_method-montecarlo_desc-mass",
        "the mass of the cluster a voxel belongs to; 1 outside clusters",
    ),
    "tfce": ("level-voxel_corr-FWE_method-montecarlo_desc-tfce", "the TFCE of a voxel"),
}


def _inferential(result: InferentialResult) -> Iterator[MapFile]:
    corrected, protocol = result.fwe, result.protocol
    yield _stat(result, "", {})
    statistic, key = result.words.statistic, result.words.key
    one_tailed = "One-tailed, if the experiments were independent of each other in space."
    yield MapFile(
        "stat-p_statmap",
        result.p.values,
        P_VALUE,
        "p",
        {"Description": f"Uncorrected p of {statistic}. {one_tailed}"},
    )
    yield MapFile(
        "stat-z_statmap",
        result.z.values,
        Z_SCORE,
        "z",
        {"Description": f"z of the uncorrected p of {statistic}, 0 where p >= .5. {one_tailed}"},
    )
    null = null_record(result)
    if corrected.tfce is not None:
        text = "Threshold-free cluster enhancement of z of the uncorrected p (E = 0.5, H = 2)"
        yield MapFile(
            "stat-tfce_statmap", corrected.tfce.values, ESTIMATE, "TFCE", {"Description": text}
        )
    for level, (name, of_what) in LEVELS.items():
        if level == "tfce" and corrected.tfce is None:
            continue
        text = f"family-wise p of {of_what.format(statistic=statistic)}"
        p, z = corrected.p(level), corrected.z(level)  # type: ignore[arg-type]
        yield MapFile(
            f"stat-p_{name}_statmap", p.values, P_VALUE, "p FWE", {"Description": text, **null}
        )
        about = {"Description": f"z of the {text}; 0 where p >= .5", **null}
        yield MapFile(f"stat-z_{name}_statmap", z.values, Z_SCORE, "z FWE", about)
    kept = {"Alpha": protocol.alpha, "FamilywisePOf": protocol.correction, **null}
    yield MapFile(
        f"stat-{key}_desc-surviving_statmap",
        result.surviving.values,
        ESTIMATE,
        f"{statistic}, surviving",
        {
            "Description": f"{statistic} where the family-wise p is at most alpha, 0 elsewhere",
            **kept,
        },
    )
    yield MapFile(
        "desc-clusters_dseg",
        result.clusters.labels,
        LABEL,
        "clusters",
        {"Description": "Clusters that survive, numbered as in the tables", **kept},
    )
    yield MapFile(
        "desc-formed_dseg",
        corrected.clusters.labels,
        LABEL,
        "clusters formed",
        {
            "Description": "All clusters that were formed, numbered as in their own table",
            **null,
        },
    )


def _stability(found: Stability) -> Iterator[MapFile]:
    about = {
        "Replicates": found.n_replicates,
        "SubjectGroups": found.resampling.size,
        "WithReplacement": found.resampling.with_replacement,
        "Seed": found.resampling.seed,
    }
    yield MapFile(
        "desc-stability_statmap",
        found.share.values,
        ESTIMATE,
        "share of replicates",
        {"Description": found.words, **about},
    )
    yield MapFile(
        "desc-stabilitySE_statmap",
        found.standard_error.values,
        ESTIMATE,
        "standard error",
        {"Description": f"Standard error of this: {found.words}", **about},
    )


def null_record(result: InferentialResult) -> dict[str, Any]:
    """The Monte Carlo null of a result, as JSON files tell it."""
    corrected, alpha = result.fwe, result.protocol.alpha
    threshold = corrected.threshold
    n = corrected.n_iterations
    return {
        "Iterations": n,
        "Seed": corrected.seed,
        "SequentialStopAfter": corrected.stop_after,
        "SmallestP": smallest_p(n, corrected.p_rule),
        "PRule": corrected.p_rule,
        "MonteCarloErrorAtAlpha": float(np.sqrt(alpha * (1 - alpha) / n)),
        "ClusterFormingP": corrected.cluster_forming_p,
        f"ClusterForming{result.words.key.upper()}": threshold if np.isfinite(threshold) else None,
        "Connectivity": CONTACTS[corrected.connectivity],
        "SamplingMask": corrected.sampling.name,
        "SamplingMaskSHA256": corrected.sampling.sha256,
        "SamplingVoxels": corrected.sampling.n_voxels,
    }


def _space_and_resolution(mask: Mask) -> str:
    edges = np.unique(np.round(mask.grid.voxel_size_mm, 2))
    resolution = f"_res-{edges[0]:g}" if edges.size == 1 and edges[0] % 1 == 0 else ""
    space = f"_space-{mask.space}" if mask.space != "unknown" else ""
    return f"{space}{resolution}"
