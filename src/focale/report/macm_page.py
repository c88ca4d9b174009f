"""What is co-reported with a seed as one page, and as Markdown."""

from __future__ import annotations

import base64
from importlib.metadata import version
from pathlib import Path
from typing import Any

from focale.coactivation.result import MacmResult
from focale.correction.scale_result import ScaleResult
from focale.phrases import one_line
from focale.report.macm_text import cluster_rows, macm_text, methods_text, seed_text
from focale.report.markdown import escape, markdown_table
from focale.report.page.render import fill
from focale.studyset.model import Studyset

MOST_ROWS = 500
"""Experiments a page lists; the tables have all of them."""

_ABOUT_CLUSTERS = {
    "scale": "Clusters reported more often with the seed than the base rate of the database "
    "gives. Standing: where the peak stands in the null of its own voxel, as a z.",
    "uniform": "Clusters against foci spread evenly: the base rate of the database is among "
    "what this finds.",
}
_ABOUT_DISPLAYED = "Clusters above the display-only threshold; nothing was tested."


def macm_page(result: MacmResult, command: str, picture: Path | None = None) -> str:
    """The page, as HTML: one file that loads nothing.

    Parameters
    ----------
    result
        What `macm` returned.
    command
        The command that repeats it.
    picture
        File of the figure (PNG).
    """
    drawn = base64.b64encode(picture.read_bytes()).decode("ascii") if picture else ""
    return fill(
        "macm.html.jinja",
        (),
        ("report.css", "macm.css"),
        title=title_of(result),
        kind="Tested" if result.is_tested else "Descriptive",
        facts=fact_rows(result),
        version=version("focale"),
        picture=drawn,
        text=macm_text(result),
        seed=seed_text(result),
        tables=_tables(result),
        methods=methods_text(result, version("focale")),
        command=command,
    )


def macm_markdown(result: MacmResult, command: str, figure: str | None = None) -> str:
    """The same as Markdown.

    Parameters
    ----------
    result, command
        As for `macm_page`.
    figure
        Path of the figure, as seen from the text.
    """
    parts = [
        f"# {escape(title_of(result))}",
        escape(macm_text(result)),
        f"![Clusters and the outline of the seed]({figure})" if figure else "",
        markdown_table([["what", ""], *fact_rows(result)]),
    ]
    for section in _tables(result):
        parts += [f"## {section['title']}", section["about"], markdown_table(section["rows"])]
    parts += ["## Methods", escape(methods_text(result, version("focale")))]
    parts += ["## Command", f"    {one_line(command, 2000)}"]
    return "\n\n".join(part for part in parts if part)


def title_of(result: MacmResult) -> str:
    """What is mapped."""
    return one_line(result.protocol.title or f"Co-reported with {result.seed.name}", 200)


def fact_rows(result: MacmResult) -> list[list[str]]:
    """What a reader wants to know first."""
    selection, database = result.selection, result.selection.database
    rows = [
        [
            "seed",
            f"{result.seed.name} ({result.n_seed_voxels:,} voxels, "
            f"{'left out' if result.is_masked else 'marked'})",
        ],
        ["database", f"{database.record.source}: {str(database).removeprefix('Studyset: ')}"],
        [
            "selected",
            f"{selection.n_selected:,} experiments, {len(result.studyset):,} after pooling, "
            f"{result.evidence.n_foci:,} foci, {selection.n_foci_in_seed:,} of them in the seed",
        ],
        ["decision", result.decision.reason],
    ]
    if result.test is not None:
        against = (
            f"the base rate: {result.test.base_rate.n_foci:,} foci of the database"
            if isinstance(result.test, ScaleResult)
            else "foci spread evenly, which finds the base rate again"
        )
        rows.append(["tested against", against])
        rows.append(["iterations", f"{result.test.n_iterations:,} (seed {result.test.seed})"])
    rows.append(["protocol", result.protocol.fingerprint[:12]])
    return rows


def _tables(result: MacmResult) -> list[dict[str, Any]]:
    about = _ABOUT_CLUSTERS[result.null] if result.is_tested else _ABOUT_DISPLAYED
    selected = result.selection.is_selected
    database = result.selection.database
    sections = []
    if len(result.clusters):
        sections.append(("clusters", "Clusters", about, cluster_rows(result)))
    for name, title, which in (
        ("selected", "Selected experiments", selected),
        ("notSelected", "Not selected: no focus in the seed", ~selected),
    ):
        rows = _experiment_rows(database, which, result.selection.n_in_seed)
        more = len(rows) - 1 - MOST_ROWS
        text = "As reported, before experiments of the same participants are pooled."
        if more > 0:
            text += f" {more:,} more are in the table {name}."
        if len(rows) > 1:
            sections.append((name, title, text, rows[: MOST_ROWS + 1]))
    return [
        {"id": name, "title": title, "about": text, "rows": rows}
        for name, title, text, rows in sections
    ]


def _experiment_rows(database: Studyset, which: Any, n_in_seed: Any) -> list[list[str]]:
    rows = [["experiment", "N", "foci", "in seed"]]
    for experiment, taken, n in zip(database, which, n_in_seed.tolist(), strict=True):
        if taken:
            size = "-" if experiment.n_subjects is None else f"{experiment.n_subjects:g}"
            rows.append([one_line(experiment.id), size, str(len(experiment.foci)), str(n)])
    return rows
