"""What a folder says of its own making: software, input, decision, counts, problems."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from focale.atlases.atlas import Atlas
from focale.inferential import InferentialResult
from focale.reading import Reading
from focale.report.files import write_json
from focale.report.maps import null_record
from focale.space.talairach import CONVERSION_NAMES
from focale.studyset.summary import summarize

DEPENDENCIES = ("numpy", "scipy", "numba", "pandas", "nibabel", "nilearn", "matplotlib")


@dataclass(frozen=True, slots=True)
class Run:
    """How a result came about.

    Parameters
    ----------
    command
        The command that repeats the run, the output folder written as OUT.
    label
        First part of the names of maps, tables and figures.
    with_figures
        Whether figures are drawn.
    """

    command: str
    label: str
    with_figures: bool = True


def write_provenance(result: Reading, folder: Path, run: Run) -> None:
    """Write `dataset_description.json` (BIDS) and `provenance.json`."""
    record = result.studyset.record
    focale = {"Name": "Focale", "Version": version("focale")}
    source = {"File": record.source, "SHA256": record.sha256}
    kind = "Inferential" if isinstance(result, InferentialResult) else "Descriptive"
    write_json(
        folder / "dataset_description.json",
        {
            "Name": result.protocol.title or f"{kind} {result.words.statistic} of {record.source}",
            "BIDSVersion": "1.10.0",
            "DatasetType": "derivative",
            "GeneratedBy": [focale],
            "SourceDatasets": [source],
        },
    )
    write_json(folder / "provenance.json", provenance_of(result, run))


def provenance_of(result: Reading, run: Run) -> dict[str, Any]:
    """What was run on what, what was decided and what was noticed."""
    record, decision = result.studyset.record, result.decision
    content = {
        "Software": {"Name": "Focale", "Version": version("focale")},
        "Dependencies": {name: version(name) for name in DEPENDENCIES},
        "Command": run.command,
        "Input": {
            "File": record.source,
            "SHA256": record.sha256,
            "Format": record.format,
            "Options": record.options,
        },
        "Mask": {"Name": result.mask.name, "SHA256": result.mask.sha256},
        "Protocol": result.protocol.fingerprint,
        "Decision": {
            "Mode": decision.mode,
            "Reason": decision.reason,
            "Remarks": list(decision.remarks),
        },
        "Counts": _counts(result),
        "Atlases": [_atlas(anatomy.atlas, result) for anatomy in result.anatomy],
        "Conversions": _conversions(result),
        "Problems": _problems(result),
    }
    if isinstance(result, InferentialResult):
        content["Null"] = null_record(result)
    return content


def _counts(result: Reading) -> dict[str, Any]:
    """Who went in, reconciled with the source."""
    summary = summarize(result.studyset, result.mask)
    return {
        "Studies": summary.studies,
        "SubjectGroups": summary.subject_groups,
        "Experiments": summary.experiments,
        "ExperimentsAfterPooling": len(result.studyset),
        "Foci": summary.foci,
        "Participants": summary.participants,
        "FociConvertedFromTalairach": result.studyset.n_converted,
        "FociOutsideMask": summary.outside_mask,
        "ExperimentsInSource": summary.experiments_found,
        "ExperimentsLeftOutByReader": summary.experiments_left_out,
        "FociInSource": summary.foci_found,
        "FociLeftOutByReader": summary.foci_left_out,
    }


def _atlas(atlas: Atlas, result: Reading) -> dict[str, Any]:
    return {
        "Name": atlas.name,
        "Version": atlas.version,
        "Space": atlas.space,
        "Licence": atlas.licence,
        "Citation": atlas.citation,
        "Notes": list(atlas.notes_for(result.mask.space)),
    }


def _conversions(result: Reading) -> list[dict[str, Any]]:
    return [
        {"Experiment": experiment, "Conversion": CONVERSION_NAMES[matrix], "Foci": n}
        for experiment, used in result.studyset.conversions.items()
        for matrix, n in used.items()
    ]


def _problems(result: Reading) -> list[dict[str, Any]]:
    return [
        {
            "Severity": p.severity,
            "Code": p.code,
            "Where": p.where,
            "Message": p.message,
            "Line": p.line,
            "Experiment": p.experiment,
            "Found": p.found,
            "Expected": p.expected,
        }
        for p in result.studyset.problems
    ]
