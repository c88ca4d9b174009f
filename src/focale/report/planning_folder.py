"""The output folder of a plan: text, tables, figure, settings; whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from focale.io.atomic import atomic_folder
from focale.planning.result import COLUMNS, POWER, SHARE_COLUMN, Plan
from focale.plotting.power import plot_power
from focale.plotting.style import save_figure
from focale.report.files import write_json, write_table, write_text
from focale.report.folder import label_of
from focale.report.markdown import escape
from focale.report.planning_page import plan_page
from focale.report.planning_text import (
    assumption_texts,
    evidence_text,
    found_texts,
    grid_rows,
    own_rows,
)
from focale.report.provenance import DEPENDENCIES


def kept_beside(folder: Path) -> Path:
    """File that keeps simulations while a plan is not complete, beside its folder."""
    place = folder.absolute()
    return place.with_name(f"{place.name}.plan.json")


def write_plan(plan: Plan, folder: Path, command: str, *, with_figures: bool = True) -> None:
    """Write a plan: `plan.html`, `plan.md`, tables, figures, `plan.json` and the protocol.

    Parameters
    ----------
    plan
        What `focale.plan` returned.
    folder
        Where to write; must not exist or be empty, unless Focale wrote it, in which case
        it is replaced once the new one is complete.
    command
        The command that repeats it.
    with_figures
        Whether to draw figures.

    Raises
    ------
    OutputError
        If the folder cannot be written; nothing is left behind.
    """
    label = label_of(plan.studyset.record.source)
    with atomic_folder(folder) as unfinished:
        for name in ("tables", "figures") if with_figures else ("tables",):
            (unfinished / name).mkdir()
        tables = unfinished / "tables"
        write_table(tables / f"{label}_powerOwn.tsv", plan.own_table, COLUMNS)
        write_table(tables / f"{label}_power.tsv", plan.table, {**SHARE_COLUMN, **COLUMNS})
        if with_figures:
            save_figure(plot_power(plan), unfinished / "figures" / f"{label}_power")
        figure = f"figures/{label}_power.png" if with_figures else None
        write_text(unfinished / "plan.md", plan_text(plan, figure))
        picture = unfinished / figure if figure else None
        write_text(unfinished / "plan.html", plan_page(plan, command, picture))
        write_text(unfinished / "protocol.toml", plan.protocol.to_toml())
        write_json(unfinished / "plan.json", plan_record(plan, command))
        write_json(unfinished / "dataset_description.json", _description(plan))


def plan_text(plan: Plan, figure: str | None = None) -> str:
    """The plan as Markdown.

    Parameters
    ----------
    plan
        What `focale.plan` returned.
    figure
        Path of the figure, as seen from the text.
    """
    parts = [
        "# Plan",
        escape(evidence_text(plan)),
        *(escape(text) for text in found_texts(plan)),
        f"![Power against the number of experiments]({figure})" if figure else "",
        f"## Power with {plan.n} experiments",
        _table(own_rows(plan)),
        "## Power by experiments and share that reports the place",
        "In brackets: how many experiments report it.",
        _table(grid_rows(plan)),
        "## What was assumed, and what a plan does not say",
        *(escape(text) for text in assumption_texts(plan)),
    ]
    return "\n\n".join(part for part in parts if part)


def plan_record(plan: Plan, command: str) -> dict[str, Any]:
    """Settings, versions and answers of a plan, by name."""
    record = plan.studyset.record
    drawn, settings = plan.prototypes, plan.settings
    needs = [(share, plan.needed(share)) for share in settings.shares]
    return {
        "Software": {"Name": "Focale", "Version": version("focale")},
        "Dependencies": {name: version(name) for name in DEPENDENCIES},
        "Command": command,
        "Input": {"File": record.source, "SHA256": record.sha256, "Options": record.options},
        "Mask": {"Name": plan.test.mask.name, "SHA256": plan.test.mask.sha256},
        "Protocol": plan.protocol.fingerprint,
        "Settings": asdict(settings),
        "Experiments": len(drawn),
        "ExperimentsWithoutFoci": drawn.n_without_foci,
        "Needed": [
            {
                "Share": share,
                "Power": POWER,
                "Experiments": needed.n,
                "Low": needed.low,
                "High": needed.high,
                "More": plan.more(share),
            }
            for share, needed in needs
        ],
    }


def _description(plan: Plan) -> dict[str, Any]:
    record = plan.studyset.record
    return {
        "Name": plan.protocol.title or f"Plan of an ALE like {record.source}",
        "BIDSVersion": "1.10.0",
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "Focale", "Version": version("focale")}],
        "SourceDatasets": [{"File": record.source, "SHA256": record.sha256}],
    }


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, "|" + "---|" * len(rows[0]), *body])
