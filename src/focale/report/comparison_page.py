"""A comparison as one page, and as Markdown."""

from __future__ import annotations

import base64
import io
from importlib.metadata import version
from typing import Any

import numpy as np

from focale.comparison.result import Comparison
from focale.comparison.side import Side
from focale.phrases import one_line
from focale.report.comparison_text import (
    change_lines,
    cluster_rows,
    comparison_text,
    limit_lines,
    sentence_of,
    step_rows,
)
from focale.report.markdown import escape, markdown_table
from focale.report.page.render import fill

KEPT, GAINED, LOST = (0.45, 0.45, 0.45), (0.0, 0.447, 0.698), (0.835, 0.369, 0.0)
"""Colours that are told apart by every kind of colour vision (Okabe and Ito)."""

_BRAIN = (0.93, 0.93, 0.93)
_PIXELS = 3  # of a voxel
ABOUT = {
    "steps": "Voxels of each level after each change; + gained, - lost. Explains: listed voxels "
    "that only one of the readings has and that are as in the new one since this step.",
    "clusters": "Clusters are brought together by the voxels they share.",
    "limits": "Choices of the tool that its profile does not take as the tool makes them.",
}


def comparison_page(comparison: Comparison) -> str:
    """The page, as HTML: one file that loads nothing."""
    return fill(
        "comparison.html.jinja",
        (),
        ("report.css", "comparison.css"),
        title=title_of(comparison),
        lead="; ".join(f"{name}: {text}" for name, text in comparison.facts.items()),
        version=version("focale"),
        sides=_sides(comparison),
        changes=change_lines(comparison),
        picture=_picture(comparison) if comparison.outcomes else "",
        tables=_tables(comparison),
        notes=[sentence_of(note) for note in comparison.notes],
        text=comparison_text(comparison),
    )


def comparison_markdown(comparison: Comparison) -> str:
    """The comparison as Markdown."""
    parts = [
        f"# {escape(title_of(comparison))}",
        escape(comparison_text(comparison)),
        "## The readings",
        markdown_table([["", "old", "new"], *_sides(comparison)]),
        "## What differs",
        "\n".join(f"- {escape(line)}" for line in change_lines(comparison)) or "Nothing.",
    ]
    for section in _tables(comparison):
        parts += [f"## {section['title']}", section["about"], markdown_table(section["rows"])]
    return "\n\n".join(parts)


def title_of(comparison: Comparison) -> str:
    """What is compared."""
    return f"{one_line(comparison.old.name)} and {one_line(comparison.new.name)}"


def _sides(comparison: Comparison) -> list[list[str]]:
    old, new = comparison.old, comparison.new
    return [
        ["name", old.name, new.name],
        ["evidence", *(f"{side.evidence.record.source}: {_counts(side)}" for side in (old, new))],
        ["protocol", old.protocol.fingerprint[:12], new.protocol.fingerprint[:12]],
        ["profile", old.protocol.profile or "none", new.protocol.profile or "none"],
        ["made by", f"Focale {old.version}", f"Focale {new.version}"],
        ["command", old.command or "Python", new.command or "Python"],
    ]


def _counts(side: Side) -> str:
    return str(side.evidence).removeprefix("Studyset: ")


def _tables(comparison: Comparison) -> list[dict[str, Any]]:
    sections = []
    if comparison.steps:
        sections.append(("steps", "Voxels, step by step", step_rows(comparison)))
    if comparison.clusters:
        sections.append(("clusters", "Clusters", cluster_rows(comparison)))
    limits = limit_lines(comparison)
    if limits:
        rows = [["what the tool does and Focale does not"], *([line] for line in limits)]
        sections.append(("limits", "What is not reproduced or not known", rows))
    return [
        {"id": name, "title": title, "about": ABOUT[name], "rows": rows}
        for name, title, rows in sections
    ]


def _picture(comparison: Comparison) -> str:
    """Listed voxels from three sides, as base64 of a PNG."""
    from matplotlib.image import imsave

    old, new = comparison.outcomes[0], comparison.outcomes[-1]
    before, after = (
        _volume(outcome.voxels["listed"], old.mask.grid.shape) for outcome in (old, new)
    )
    inside = old.mask.inside | new.mask.inside
    height = max(inside.shape)
    views = []
    for axis in range(3):
        view = np.ones((*np.any(inside, axis=axis).T.shape, 3))
        for voxels, colour in (
            (inside, _BRAIN),
            (before & after, KEPT),
            (after & ~before, GAINED),
            (before & ~after, LOST),
        ):
            view[np.any(voxels, axis=axis).T[::-1]] = colour
        views.append(np.pad(view, ((height - len(view), 0), (0, 4), (0, 0)), constant_values=1.0))
    page = np.concatenate(views, axis=1).repeat(_PIXELS, axis=0).repeat(_PIXELS, axis=1)
    content = io.BytesIO()
    nameless: Any = {"Software": None}  # equal comparisons, equal bytes
    imsave(content, page, format="png", metadata=nameless)
    return base64.b64encode(content.getvalue()).decode()


def _volume(voxels: Any, shape: tuple[int, int, int]) -> Any:
    volume = np.zeros(shape, dtype=bool)
    volume.reshape(-1)[voxels] = True
    return volume
