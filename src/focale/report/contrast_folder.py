"""The output folder of a contrast: maps, tables, a figure, texts; whole or not there."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

from focale.contrasts.difference import SIDES
from focale.contrasts.result import ContrastDescription, ContrastResult
from focale.io.atomic import atomic_folder
from focale.io.evidence import evidence_text
from focale.phrases import share_text
from focale.plotting.contrast import plot_contrast
from focale.plotting.style import save_figure
from focale.report.contrast_maps import maps_of_contrast
from focale.report.contrast_page import contrast_markdown, contrast_page, title_of_contrast
from focale.report.contrast_text import LEVELS, contrast_methods, contrast_text
from focale.report.files import write_json, write_table, write_text
from focale.report.maps import write_map_files
from focale.report.references import bibtex, cited_in
from focale.tables.contrast import tables_of_contrast

LABEL = "contrast"
"""First part of the names of maps, tables and figures."""


def write_contrast(
    found: ContrastResult | ContrastDescription,
    folder: Path,
    command: str,
    *,
    with_figures: bool = True,
) -> None:
    """Write maps, tables, a figure and texts of a contrast.

    Parameters
    ----------
    found
        What `contrast` returned.
    folder
        Where to write; must not exist or be empty, unless Focale wrote it.
    command
        The command that repeats it.
    with_figures
        Whether to draw the figure.

    Raises
    ------
    OutputError
        If the folder cannot be written; nothing is left behind.
    """
    with atomic_folder(folder) as unfinished:
        for name in ("maps", "tables", "figures") if with_figures else ("maps", "tables"):
            (unfinished / name).mkdir()
        write_map_files(maps_of_contrast(found), found.mask, unfinished / "maps", LABEL)
        for name, (table, columns) in tables_of_contrast(found).items():
            write_table(unfinished / "tables" / f"{LABEL}_{name}.tsv", table, columns)
        picture = _draw(found, unfinished / "figures") if with_figures else None
        used = f"{contrast_text(found)} {contrast_methods(found)}"
        write_text(unfinished / "contrast.md", contrast_markdown(found))
        write_text(unfinished / "contrast.html", contrast_page(found, command, picture))
        write_text(unfinished / "references.bib", bibtex(cited_in(used)))
        write_text(unfinished / "protocol.toml", found.protocol.to_toml())
        for side, seen in zip(SIDES, found.sides.reported, strict=True):
            content = evidence_text(seen.record, target=seen.target, space=seen.space)
            write_text(unfinished / f"evidence_{side}.json", content)
        write_json(unfinished / "provenance.json", _provenance(found, command))
        write_json(
            unfinished / "dataset_description.json",
            {
                "Name": f"Contrast of {title_of_contrast(found)}",
                "BIDSVersion": "1.10.0",
                "DatasetType": "derivative",
                "GeneratedBy": [{"Name": "Focale", "Version": version("focale")}],
            },
        )


def _draw(found: ContrastResult | ContrastDescription, folder: Path) -> Path:
    if isinstance(found, ContrastResult):
        level = LEVELS[found.protocol.correction]
        words = f"family-wise p <= {share_text(found.protocol.alpha)} ({level})"
        title, more = "Clusters in which one side has more convergence", "more convergence"
    else:
        words = "above a display-only level of the difference; nothing was tested"
        title, more = f"Clusters in which {found.statistic} of one side is higher", "higher"
    figure = plot_contrast(
        {side: of.clusters for side, of in found.listed.items()},
        dict(zip(SIDES, found.sides.names, strict=True)),
        words,
        title,
        more,
    )
    return save_figure(figure, folder / f"{LABEL}_clustersGlass")[0]


def _provenance(found: ContrastResult | ContrastDescription, command: str) -> dict[str, Any]:
    content: dict[str, Any] = {
        "Software": {"Name": "Focale", "Version": version("focale")},
        "Command": command,
        "Inputs": [
            {"Side": name, "File": seen.record.source, "SHA256": seen.record.sha256}
            for name, seen in zip(found.sides.names, found.sides.reported, strict=True)
        ],
        "LeftOutOfBothSides": list(found.sides.dropped),
        "PerhapsOnBothSides": list(found.sides.suspected),
        "Direction": found.options.direction,
        "Decisions": [decision.reason for decision in found.decisions],
        "ProtocolFingerprint": found.protocol.fingerprint,
        "Subsample": found.subsample,
    }
    if isinstance(found, ContrastResult):
        content |= {
            "Labelings": len(found.test.null),
            "AllLabelings": found.test.is_complete,
            "Seed": found.test.settings.seed,
            "Gated": found.options.gate,
            "ReceiptSplits": found.receipt.n_splits,
            "ReceiptLabelings": found.receipt.n_labelings,
        }
    return content
