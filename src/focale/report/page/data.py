"""What the report says, as plain data: lists, texts and numbers that JSON can hold.

A page is made from this data alone, so it can be made again from the output folder
without computing anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np

from focale.descriptive import DescriptiveResult
from focale.estimators.spheres import RADIUS_MM
from focale.inferential import InferentialResult
from focale.phrases import one_line, peak_name, share_text
from focale.protocol.protocol import has_choice
from focale.report.checklist import checklist
from focale.report.files import table_text
from focale.report.inferential_text import OF_WHAT, found_text
from focale.report.interpretation import interpretation
from focale.report.methods import methods
from focale.report.page.payload import viewer_payload
from focale.report.page.robustness import robustness_data
from focale.report.provenance import Run, provenance_of
from focale.report.references import bibtex, cited_in
from focale.report.sentences import counts_of
from focale.report.tables import tables_of
from focale.tables.contributions import definitions

FORMAT = 3
"""Raised when a page can no longer be made from older data."""

_INFERENTIAL_CHOICES = (
    *("alpha", "correction", "cluster_forming_p", "connectivity", "sampling", "tfce"),
    *("iterations", "seed"),
)
_DESCRIPTIVE_CHOICES = ("display_percentile", "min_cluster_mm3")


def report_data(result: DescriptiveResult | InferentialResult, run: Run) -> dict[str, Any]:
    """Everything a page shows.

    Parameters
    ----------
    result
        A descriptive or an inferential reading.
    run
        How it came about.
    """
    used = methods(result, version("focale"))
    is_inferential = isinstance(result, InferentialResult)
    return {
        "format": FORMAT,
        "version": version("focale"),
        "label": run.label,
        "title": one_line(result.protocol.title or result.studyset.record.source, 200),
        "mode": "inferential" if is_inferential else "descriptive",
        "lead": _lead(result),
        "words": _words(result),
        "protocol": _protocol(result),
        "provenance": provenance_of(result, run),
        "clusters": [_cluster(result, number) for number in range(len(result.clusters))],
        "threshold": _threshold(result),
        "formed": _formed(result),
        "contributions": _contributions(result),
        "definitions": definitions(result),
        "robustness": robustness_data(result),
        "studies": _studies(result),
        "interpretation": interpretation(result),
        "methods": used,
        "bibtex": bibtex(cited_in(used)),
        "checklist": [asdict(item) for item in checklist(result)],
        "tables": {table.name: table_text(table.frame) for table in tables_of(result)},
        "viewer": viewer_payload(result),
    }


def _words(result: DescriptiveResult | InferentialResult) -> dict[str, str]:
    """How the statistic is spoken of."""
    return {"statistic": result.words.statistic, "means": result.words.means}


def _lead(result: DescriptiveResult | InferentialResult) -> str:
    """The whole in a sentence or two."""
    base = f"{counts_of(result)[:1].upper()}{counts_of(result)[1:]}."
    if isinstance(result, InferentialResult):
        return f"{base} {found_text(result)}"
    return f"{base} {result.decision.reason}"


def _protocol(result: DescriptiveResult | InferentialResult) -> dict[str, Any]:
    protocol = result.protocol
    other = _DESCRIPTIVE_CHOICES if isinstance(result, InferentialResult) else _INFERENTIAL_CHOICES
    return {
        "declared": one_line(protocol.declared),
        "fingerprint": protocol.fingerprint,
        "choices": {
            k: _shown(k, v)
            for k, v in protocol.choices.items()
            if k not in other and has_choice(protocol.method, k)
        },
        "deviations": [
            {name: one_line(text, 400) for name, text in asdict(deviation).items()}
            for deviation in protocol.deviations
        ],
    }


_UNSET = {"fwhm_mm": "from the sample sizes", "radius_mm": f"{RADIUS_MM:g}"}
"""What stands for a choice that was not made."""


def _shown(name: str, value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return "; ".join(one_line(str(text), 200) for text in value) or "none"
    if value is None:
        return _UNSET.get(name, "not set")
    return one_line(f"{value:g}" if isinstance(value, float) else str(value), 200)


def _cluster(result: DescriptiveResult | InferentialResult, number: int) -> dict[str, Any]:
    cluster, flags = result.clusters.members[number], result.dominance[number]
    in_peaks = result.in_peaks.values
    content: dict[str, Any] = {
        "number": number + 1,
        "volume_mm3": cluster.volume_mm3,
        "n_voxels": int(cluster.positions.size),
        "n_studies": flags.n_contributing,
        "flags": list(flags.flags),
        "peaks": [],
        "anatomy": [
            {
                "atlas": anatomy.atlas.title,
                "centre": one_line(str(anatomy.clusters[number].centre)),
                "overlap": one_line(anatomy.clusters[number].overlap_text, 200),
            }
            for anatomy in result.anatomy
        ],
    }
    for order, peak in enumerate(cluster.peaks):
        of_peak = {
            "name": peak_name(number + 1, order),
            "mm": list(peak.mm),
            "value": result.words.value(peak.value, decimals=4),
            "in_peaks": float(in_peaks[peak.position]),
            "label": [one_line(str(a.clusters[number].peaks[order])) for a in result.anatomy],
        }
        if isinstance(result, InferentialResult):
            of_peak["z"] = float(result.z.values[peak.position])
            of_peak["p_voxel"] = float(result.fwe.p_voxel.values[peak.position])
        content["peaks"].append(of_peak)
    if isinstance(result, InferentialResult):
        p = float(result.p_of_clusters[number])
        content["p"] = {"value": p, "interval": list(result.fwe.interval(p))}
    return content


def _threshold(result: DescriptiveResult | InferentialResult) -> dict[str, Any]:
    """The level clusters were cut at, and what makes one listed."""
    if isinstance(result, InferentialResult):
        corrected, protocol = result.fwe, result.protocol
        return {
            "listed": f"{OF_WHAT[protocol.correction]} family-wise p of at most "
            f"{share_text(protocol.alpha)}",
            "n_iterations": corrected.n_iterations,
            "smallest_size": result.clusters.min_voxels,
        }
    return {
        "above": result.words.exceeds(result.display_threshold),
        "percentile": result.protocol.display_percentile,
        "min_cluster_mm3": result.protocol.min_cluster_mm3,
        "smaller": len(result.clusters.smaller_volumes_mm3),
    }


def _formed(result: DescriptiveResult | InferentialResult) -> list[dict[str, Any]]:
    """Every cluster that was formed, if there was a test."""
    if not isinstance(result, InferentialResult):
        return []
    return [
        {
            "mm": list(cluster.peaks[0].mm),
            "value": result.words.value(cluster.peaks[0].value, decimals=4),
            "n_voxels": int(cluster.positions.size),
            "p_size": float(p_size),
            "p_mass": float(p_mass),
            "p_peak": float(result.fwe.p_voxel.values[cluster.peaks[0].position]),
            "listed": int(result.clusters.labels[cluster.peaks[0].position]),
        }
        for cluster, (p_size, p_mass) in zip(
            result.fwe.clusters, result.fwe.p_of_clusters, strict=True
        )
    ]


def _contributions(result: DescriptiveResult | InferentialResult) -> list[dict[str, Any]]:
    """What is lost without each study, and without each experiment where studies have more."""
    groups = [
        {
            "of": "study",
            "rows": _rows(
                result.studyset.study_ids,
                result.study_contributions.mean_drop,
                result.study_leave_one_out.remains,
            ),
        }
    ]
    if len(result.studyset) > len(result.studyset.study_ids):
        groups.append(
            {
                "of": "experiment",
                "rows": _rows(
                    result.studyset.ids,
                    result.contributions.mean_drop,
                    result.leave_one_out.remains,
                ),
            }
        )
    return groups


def _rows(names: Iterable[Any], drop: Any, remains: Any) -> list[dict[str, Any]]:
    return [
        {
            "name": one_line(str(name), 120),
            "drop": np.round(drop[i], 4).tolist(),
            "remains": remains[i].tolist(),
        }
        for i, name in enumerate(names)
    ]


def _studies(result: DescriptiveResult | InferentialResult) -> list[dict[str, Any]]:
    """Experiments and their coordinates, by study."""
    studyset = result.studyset
    positions = result.mask.position_of(studyset.foci_mm)
    cluster = np.where(positions >= 0, result.clusters.labels[positions], 0)
    conversions = studyset.conversion_of_focus
    studies: dict[str, dict[str, Any]] = {}
    for number, experiment in enumerate(studyset):
        study = studies.setdefault(
            experiment.study_id, {"name": one_line(experiment.study_id, 120), "experiments": []}
        )
        foci = []
        for f in range(int(studyset.offsets[number]), int(studyset.offsets[number + 1])):
            reported = experiment.foci[f - int(studyset.offsets[number])]
            converted = conversions[f]
            foci.append(
                {
                    "mm": np.round(studyset.foci_mm[f], 2).tolist(),
                    "in_mask": bool(positions[f] >= 0),
                    "cluster": int(cluster[f]),
                    "reported": [*map(float, reported.mm)] if converted else [],
                    "conversion": converted or "",
                }
            )
        n = float(studyset.n_subjects[number])
        study["experiments"].append(
            {
                "index": number,
                "name": one_line(str(studyset.ids[number]), 120),
                "n": f"{n:g}" if np.isfinite(n) else "not given",
                "pooled": [one_line(m.contrast_id) for m in experiment.members],
                "foci": foci,
            }
        )
    return list(studies.values())
