"""The output folder of a descriptive reading.

Names follow BIDS derivatives where BIDS has a word for it. The folder is written beside
its place under a temporary name and renamed when it is complete, so a folder that is
there is whole. Nothing in it depends on the time or the place of the run: equal runs
give equal bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from focale.descriptive import DescriptiveResult
from focale.io.atomic import atomic_folder
from focale.phrases import one_line
from focale.plotting.contributions import plot_contribution_bars, plot_contribution_heatmap
from focale.plotting.foci import plot_foci
from focale.plotting.maps import plot_ale_glass, plot_ale_slices
from focale.plotting.style import save_figure
from focale.report.interpretation import interpretation
from focale.report.markdown import escape
from focale.report.methods import methods
from focale.report.nifti import ESTIMATE, LABEL, save_nifti
from focale.report.references import bibtex, cited_in
from focale.space.talairach import CONVERSION_NAMES
from focale.studyset.summary import summarize
from focale.tables import clusters, contributions, evidence

if TYPE_CHECKING:
    import pandas as pd

DEPENDENCIES = ("numpy", "scipy", "numba", "pandas", "nibabel", "nilearn", "matplotlib")


@dataclass(frozen=True, slots=True)
class Run:
    """What a folder says of its own making.

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


def label_of(source: str) -> str:
    """Letters and digits of a file name, to begin the names of outputs with.

    Examples
    --------
    >>> label_of("nidm_pain_studyset.json"), label_of("__.txt")
    ('nidmPainStudyset', 'ale')
    """
    words = re.findall(r"[A-Za-z0-9]+", Path(source).stem)
    joined = "".join([*words[:1], *(word[:1].upper() + word[1:] for word in words[1:])])
    return joined[:40] or "ale"


def write_descriptive(result: DescriptiveResult, folder: Path, run: Run) -> None:
    """Write the maps, tables, figures and texts of a descriptive reading.

    Parameters
    ----------
    result
        A descriptive reading.
    folder
        Where to write; must not exist or be empty, unless Focale wrote it, in which case
        it is replaced once the new one is complete.
    run
        How the result came about.

    Raises
    ------
    OutputError
        If the folder cannot be written; nothing is left behind.
    """
    with atomic_folder(folder) as unfinished:
        for name in ("maps", "tables", "figures") if run.with_figures else ("maps", "tables"):
            (unfinished / name).mkdir()
        _write_maps(result, unfinished / "maps", run)
        _write_tables(result, unfinished / "tables", run)
        _write_texts(result, unfinished)
        _write_provenance(result, unfinished, run)
        if run.with_figures:
            _write_figures(result, unfinished / "figures", run)


def _write_maps(result: DescriptiveResult, folder: Path, run: Run) -> None:
    mask = result.mask
    edges = np.unique(np.round(mask.grid.voxel_size_mm, 2))
    resolution = f"_res-{edges[0]:g}" if edges.size == 1 and edges[0] % 1 == 0 else ""
    space = f"_space-{mask.space}" if mask.space != "unknown" else ""
    stem = f"{run.label}{space}{resolution}"
    software = f"Focale {version('focale')}"
    common = {"SpatialReference": mask.space, "Mask": mask.name, "MaskSHA256": mask.sha256}

    def save(values: Any, name: str, intent: int, title: str, about: Mapping[str, Any]) -> None:
        path = folder / f"{stem}_{name}.nii.gz"
        description = f"{software}: {title}"
        save_nifti(values, mask, path, intent=intent, name=title, description=description)
        _write_json(folder / f"{stem}_{name}.json", {**about, **common})

    threshold = {
        "DisplayOnlyThreshold": result.display_threshold,
        "DisplayOnlyPercentile": result.protocol.display_percentile,
    }
    save(
        result.ale.values,
        "stat-ale_statmap",
        ESTIMATE,
        "ALE",
        {
            "Description": "ALE = 1 - prod(1 - MA) of all experiments, unthresholded. "
            "Descriptive: no null distribution was computed.",
            **threshold,
        },
    )
    save(
        result.ale_in_peaks.values,
        "stat-ale_desc-peaks_statmap",
        ESTIMATE,
        "ALE in peaks",
        {
            "Description": "ALE on the log scale in units of one typical experiment's peak: 1 is "
            "what one experiment gives at its own focus, 2 what two give that report one place.",
            "Unit": result.map.peak_unit,
        },
    )
    save(
        result.clusters.labels,
        "desc-clusters_dseg",
        LABEL,
        "clusters",
        {
            "Description": "Clusters above the display-only threshold, numbered as in the tables",
            "MinimumVolumeMm3": result.protocol.min_cluster_mm3,
            "Connectivity": "faces",
            **threshold,
        },
    )
    rows = [f"{n}\tcluster {n}" for n in range(1, len(result.clusters) + 1)]
    _write_text(folder / f"{stem}_desc-clusters_dseg.tsv", "\n".join(["index\tname", *rows]))
    inside = np.ones(mask.n_voxels, dtype=np.int16)
    save(inside, "desc-brain_mask", LABEL, "mask", {"Description": "Voxels of the analysis"})


def _write_tables(result: DescriptiveResult, folder: Path, run: Run) -> None:
    tables = {
        "clusters": (clusters.cluster_frame(result), clusters.COLUMNS),
        "contributions": (
            contributions.contribution_frame(result),
            {**contributions.COLUMNS, "n_foci": "Foci of the experiment in the cluster"},
        ),
        "studies": (contributions.study_frame(result), contributions.COLUMNS),
        "experiments": (evidence.experiment_frame(result), evidence.EXPERIMENT_COLUMNS),
        "foci": (evidence.focus_frame(result), evidence.FOCUS_COLUMNS),
    }
    for name, (table, columns) in tables.items():
        _write_table(table, folder / f"{run.label}_{name}.tsv")
        described = {column: {"Description": columns[column]} for column in map(str, table)}
        _write_json(folder / f"{run.label}_{name}.json", described)


def _write_texts(result: DescriptiveResult, folder: Path) -> None:
    used = methods(result, version("focale"))
    _write_text(
        folder / "interpretation.md", f"# Interpretation\n\n{escape(interpretation(result))}"
    )
    _write_text(folder / "methods.md", f"# Methods\n\n{escape(used)}")
    _write_text(folder / "references.bib", bibtex(cited_in(used)))
    _write_text(folder / "protocol.toml", result.protocol.to_toml())


def _write_figures(result: DescriptiveResult, folder: Path, run: Run) -> None:
    ids = [str(experiment_id) for experiment_id in result.studyset.ids]
    names = [f"Cluster {number}" for number in range(1, len(result.clusters) + 1)]
    figures: dict[str, Callable[[], Any]] = {
        "foci": lambda: plot_foci(result.studyset),
        "aleGlass": lambda: plot_ale_glass(result.ale, result.studyset),
        "aleSlices": lambda: plot_ale_slices(
            result.ale, result.display_threshold, result.ale.max_mm
        ),
        "contributionBars": lambda: plot_contribution_bars(ids, result.mean_contributions),
        "contributionMap": lambda: plot_contribution_heatmap(
            ids, names, result.contributions.mean_drop
        ),
    }
    for name, draw in figures.items():
        save_figure(draw(), folder / f"{run.label}_{name}")


def _write_provenance(result: DescriptiveResult, folder: Path, run: Run) -> None:
    studyset, decision = result.studyset, result.decision
    record = studyset.record
    focale = {"Name": "Focale", "Version": version("focale")}
    source = {"File": record.source, "SHA256": record.sha256}
    _write_json(
        folder / "dataset_description.json",
        {
            "Name": result.protocol.title or f"Descriptive ALE of {record.source}",
            "BIDSVersion": "1.10.0",
            "DatasetType": "derivative",
            "GeneratedBy": [focale],
            "SourceDatasets": [source],
        },
    )
    _write_json(
        folder / "provenance.json",
        {
            "Software": focale,
            "Dependencies": {name: version(name) for name in DEPENDENCIES},
            "Command": run.command,
            "Input": {**source, "Format": record.format, "Options": record.options},
            "Mask": {"Name": result.mask.name, "SHA256": result.mask.sha256},
            "Protocol": result.protocol.fingerprint,
            "Decision": {
                "Mode": decision.mode,
                "Reason": decision.reason,
                "Remarks": list(decision.remarks),
            },
            "Counts": _counts(result),
            "Conversions": [
                {"Experiment": experiment, "Conversion": CONVERSION_NAMES[matrix], "Foci": n}
                for experiment, used in studyset.conversions.items()
                for matrix, n in used.items()
            ],
            "Problems": [
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
                for p in studyset.problems
            ],
        },
    )


def _counts(result: DescriptiveResult) -> dict[str, Any]:
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


def _write_table(table: pd.DataFrame, path: Path) -> None:
    texts = table.select_dtypes(exclude=["number", "bool"]).columns
    table = table.assign(**{name: table[name].map(_cell) for name in texts})
    table.to_csv(
        path, sep="\t", index=False, na_rep="n/a", float_format="%.6g", lineterminator="\n"
    )


def _cell(value: Any) -> Any:
    """A text on one line: TSV has no way to write a line break or a tab in a cell."""
    return one_line(value, 1000) if isinstance(value, str) else value


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    _write_text(path, json.dumps(content, indent=2, ensure_ascii=False))


def _write_text(path: Path, text: str) -> None:
    path.write_text(text.rstrip("\n") + "\n", encoding="utf-8", newline="\n")
