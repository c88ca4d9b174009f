"""The output folder of a coactivation map; whole or not there."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from focale.coactivation.result import MacmResult
from focale.coactivation.tables import tables_of
from focale.io.atomic import atomic_folder
from focale.io.evidence import evidence_text
from focale.phrases import one_line
from focale.plotting.maps import plot_clusters_glass
from focale.plotting.style import save_figure
from focale.report.files import write_json, write_table, write_text
from focale.report.folder import label_of
from focale.report.macm_maps import macm_maps, null_record
from focale.report.macm_page import macm_markdown, macm_page, title_of
from focale.report.macm_text import methods_text
from focale.report.maps import write_map_files
from focale.report.provenance import DEPENDENCIES
from focale.report.references import bibtex, cited_in
from focale.space.voxelmap import VoxelMap

DATABASE_NAME = "database.json"
"""All experiments, selected or not; not the name of a reading's evidence, which they are not."""


def write_macm(
    result: MacmResult, folder: Path, command: str, *, with_figures: bool = True
) -> None:
    """Write `macm.html`, `macm.md`, maps, tables, a figure and where all of it comes from.

    Parameters
    ----------
    result
        What `macm` returned.
    folder
        Where to write; must not exist or be empty, unless Focale wrote it, in which case
        it is replaced once the new one is complete.
    command
        The command that repeats it.
    with_figures
        Whether to draw the figure.

    Raises
    ------
    OutputError
        If the folder cannot be written; nothing is left behind.
    """
    label = label_of(result.selection.database.record.source)
    with atomic_folder(folder) as unfinished:
        for name in ("maps", "tables", "figures") if with_figures else ("maps", "tables"):
            (unfinished / name).mkdir()
        write_map_files(
            macm_maps(result), result.mask, unfinished / "maps", label, len(result.clusters)
        )
        for name, table, columns in tables_of(result):
            write_table(unfinished / "tables" / f"{label}_{name}.tsv", table, columns)
        figure = None
        if with_figures:
            figure = f"figures/{label}_seedAndClusters.png"
            save_figure(_figure(result), (unfinished / figure).with_suffix(""))
        picture = unfinished / figure if figure else None
        write_text(unfinished / "macm.md", macm_markdown(result, command, figure))
        write_text(unfinished / "macm.html", macm_page(result, command, picture))
        used = methods_text(result, version("focale"))
        write_text(unfinished / "references.bib", bibtex(cited_in(used)))
        write_text(unfinished / "protocol.toml", result.protocol.to_toml())
        seen = result.selection.database
        write_text(
            unfinished / DATABASE_NAME,
            evidence_text(seen.record, target=seen.target, space=seen.space),
        )
        write_json(unfinished / "provenance.json", _provenance(result, command))
        write_json(unfinished / "dataset_description.json", _description(result))


def _figure(result: MacmResult) -> Any:
    words = "orange: the seed; clusters of the display-only threshold"
    if result.is_tested:
        protocol = result.protocol
        words = f"orange: the seed; family-wise p of {protocol.correction} <= {protocol.alpha:g}"
    title = "Clusters, numbered as in the table, and the outline of the seed"
    return plot_clusters_glass(
        result.ale, result.clusters, words, title, outlined=_seed_map(result)
    )


def _seed_map(result: MacmResult) -> VoxelMap:
    """The seed within the mask of the analysis, also where it is left out of it."""
    whole = result.whole_mask
    inside = result.seed.contains(whole.mm(np.arange(whole.n_voxels)))
    return VoxelMap(inside.astype(float), whole)


def _provenance(result: MacmResult, command: str) -> dict[str, Any]:
    record, decision = result.selection.database.record, result.decision
    selection = result.selection
    return {
        "Software": {"Name": "Focale", "Version": version("focale")},
        "Dependencies": {name: version(name) for name in DEPENDENCIES},
        "Command": command,
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
        "Seed": {
            "Name": one_line(result.seed.name, 200),
            "Voxels": result.n_seed_voxels,
            "LeftOutOfTheAnalysis": result.is_masked,
            "Notes": list(result.seed.notes),
        },
        "Counts": {
            "Experiments": len(selection.database),
            "Selected": selection.n_selected,
            "NotSelected": len(selection.database) - selection.n_selected,
            "SelectedAfterPooling": len(result.studyset),
            "Foci": selection.database.n_foci,
            "FociOfSelected": result.evidence.n_foci,
            "FociInSeed": selection.n_foci_in_seed,
        },
        "Test": null_record(result),
    }


def _description(result: MacmResult) -> dict[str, Any]:
    record = result.selection.database.record
    return {
        "Name": title_of(result),
        "BIDSVersion": "1.10.0",
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "Focale", "Version": version("focale")}],
        "SourceDatasets": [{"File": record.source, "SHA256": record.sha256}],
    }
