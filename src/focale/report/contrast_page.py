"""A contrast as one page, and as Markdown."""

from __future__ import annotations

import base64
from importlib.metadata import version
from pathlib import Path
from typing import Any

from focale.contrasts.result import ContrastDescription, ContrastResult
from focale.report.contrast_text import (
    cluster_rows,
    contrast_methods,
    contrast_text,
    described_sentences,
    found_sentences,
    receipt_rows,
    receipt_sentences,
    remarks,
)
from focale.report.markdown import escape, markdown_table
from focale.report.page.render import fill

_RECEIPT = (
    "All experiments in one pool, split at random into sides as large as these, again and again. "
    "Nothing distinguishes such sides, so whatever the test reports is false; \u201cfalse\u201d "
    "counts the splits in which it reported anything."
)


def contrast_page(
    found: ContrastResult | ContrastDescription, command: str, picture: Path | None = None
) -> str:
    """The page, as HTML: one file that loads nothing.

    Parameters
    ----------
    found
        What `focale.contrast` returned.
    command
        The command that repeats it.
    picture
        File of the figure (PNG).
    """
    is_tested = isinstance(found, ContrastResult)
    drawn = base64.b64encode(picture.read_bytes()).decode("ascii") if picture else ""
    return fill(
        "contrast.html.jinja",
        (),
        ("report.css", "contrast.css"),
        kind="Contrast, tested" if is_tested else "Contrast, described",
        title=title_of_contrast(found),
        lead="; ".join(f"{name}: {text}" for name, text in found.facts.items()),
        version=version("focale"),
        found_title="What was found" if is_tested else "What is shown",
        found=_found(found, with_places=False),
        picture=drawn,
        tables=_tables(found),
        notes=remarks(found) if isinstance(found, ContrastResult) else [],
        text=contrast_text(found),
        methods=contrast_methods(found),
        command=command,
    )


def contrast_markdown(found: ContrastResult | ContrastDescription) -> str:
    """The contrast as Markdown."""
    parts = [f"# {escape(title_of_contrast(found))}", *map(escape, _found(found))]
    for section in _tables(found):
        parts += [f"## {section['title']}", section["about"], markdown_table(section["rows"])]
    if isinstance(found, ContrastResult):
        parts += ["## To be known", "\n".join(f"- {escape(note)}" for note in remarks(found))]
    return "\n\n".join([*parts, "## Methods", escape(contrast_methods(found))])


def title_of_contrast(found: ContrastResult | ContrastDescription) -> str:
    """What is contrasted."""
    return f"{found.sides.names[0]} and {found.sides.names[1]}"


def _found(found: ContrastResult | ContrastDescription, *, with_places: bool = True) -> list[str]:
    if isinstance(found, ContrastDescription):
        return described_sentences(found, with_places=with_places)
    return [*found_sentences(found, with_places=with_places), *receipt_sentences(found)]


def _tables(found: ContrastResult | ContrastDescription) -> list[dict[str, Any]]:
    sections = []
    if found.n_listed:
        about = (
            "Columns after p: independent experiments of each side with a focus in the cluster."
        )
        if isinstance(found, ContrastDescription):
            about = "Display-only. " + about.replace("after p", "that count")
        sections.append(("clusters", "Clusters", about, cluster_rows(found)))
    if isinstance(found, ContrastResult):
        sections.append(("receipt", "Calibration receipt", _RECEIPT, receipt_rows(found)))
    return [
        {"id": name, "title": title, "about": about, "rows": rows}
        for name, title, about, rows in sections
    ]
