"""A conjunction as one page, and as Markdown."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from focale.conjoining.result import Conjunction
from focale.phrases import listed, one_line
from focale.report.conjunction_text import (
    ABOUT,
    cluster_rows,
    conjunction_text,
    count_rows,
    found_text,
    note_texts,
    part_rows,
    reach_texts,
    rule_text,
    set_rows,
    shared_rows,
    shared_texts,
)
from focale.report.markdown import escape, markdown_table
from focale.report.page.render import fill

MOST_IN_TITLE = 4
TEXTS = ("set", "label", "kind", "name", "sets", "survive in exactly")
"""Columns of words; all others are of numbers."""


def conjunction_page(conjunction: Conjunction, command: str, picture: bytes) -> str:
    """The page, as HTML: one file that loads nothing.

    Parameters
    ----------
    conjunction
        What `focale.conjunction` returned.
    command
        The command that repeats it.
    picture
        The figure, as the bytes of a PNG.
    """
    return fill(
        "conjunction.html.jinja",
        (),
        ("report.css", "conjunction.css"),
        title=title_of(conjunction),
        found=found_text(conjunction),
        reach=[*reach_texts(conjunction), rule_text()],
        version=version("focale"),
        picture=base64.b64encode(picture).decode("ascii"),
        tables=_tables(conjunction),
        shared=shared_texts(conjunction),
        notes=note_texts(conjunction),
        text=conjunction_text(conjunction),
        made_by=made_by(conjunction, command),
    )


def conjunction_markdown(conjunction: Conjunction, command: str) -> str:
    """The conjunction as Markdown."""
    parts = [
        f"# Conjunction: {escape(title_of(conjunction))}",
        escape(conjunction_text(conjunction)),
    ]
    for section in _tables(conjunction):
        parts += [f"## {section['title']}", section["about"], markdown_table(section["rows"])]
    parts += ["## Made by", "\n".join(f"    {line}" for line in made_by(conjunction, command))]
    return "\n\n".join(parts)


def made_by(conjunction: Conjunction, command: str) -> list[str]:
    """The command that repeats the conjunction, and those that repeat its sets."""
    lines = [one_line(command, 1000)]
    for name, own in zip(conjunction.names, conjunction.sets, strict=True):
        lines.append(f"{name}: {one_line(own.command, 1000) or 'made in Python'}")
    return lines


def title_of(conjunction: Conjunction) -> str:
    """What is put together."""
    names = conjunction.names
    if len(names) <= MOST_IN_TITLE:
        return listed(names)
    return listed([*names[: MOST_IN_TITLE - 1], f"{len(names) - MOST_IN_TITLE + 1} more sets"])


def _tables(conjunction: Conjunction) -> list[dict[str, Any]]:
    sections = []
    if len(conjunction.clusters):
        parts = _name_after(part_rows(conjunction), 1)
        sections += [
            ("clusters", "Clusters of the conjunction", cluster_rows(conjunction)),
            ("parts", "Where each cluster lies in each set", parts),
        ]
    sections += [
        ("counts", "In how many sets a voxel survives", count_rows(conjunction)),
        ("sets", "The sets", _name_after(set_rows(conjunction), 0)),
    ]
    if conjunction.shared:
        sections.append(("shared", "In more than one set", shared_rows(conjunction)))
    return [
        {
            "id": name,
            "title": title,
            "about": ABOUT[name],
            "rows": rows,
            "numbers": [cell not in TEXTS for cell in rows[0]],
        }
        for name, title, rows in sections
    ]


def _name_after(rows: Sequence[Sequence[str]], columns: int) -> list[list[str]]:
    """Rows whose last cell, the name of a set, comes after so many columns."""
    return [[*row[:columns], row[-1], *row[columns:-1]] for row in rows]
