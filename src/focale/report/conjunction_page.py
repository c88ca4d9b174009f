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
    part_rows,
    reach_texts,
    remarks,
    rule_text,
    set_rows,
    shared_rows,
)
from focale.report.markdown import escape
from focale.report.page.render import fill

MOST_IN_TITLE = 4


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
        notes=remarks(conjunction),
        text=conjunction_text(conjunction),
        made_by=[command, *(own.command for own in conjunction.sets if own.command)],
    )


def conjunction_markdown(conjunction: Conjunction, command: str) -> str:
    """The conjunction as Markdown."""
    parts = [
        f"# Conjunction: {escape(title_of(conjunction))}",
        escape(conjunction_text(conjunction)),
    ]
    for section in _tables(conjunction):
        parts += [f"## {section['title']}", section["about"], _table(section["rows"])]
    parts += ["## Made by", f"    {one_line(command, 1000)}"]
    return "\n\n".join(parts)


def title_of(conjunction: Conjunction) -> str:
    """What is put together."""
    names = conjunction.names
    if len(names) <= MOST_IN_TITLE:
        return listed(names)
    return listed([*names[: MOST_IN_TITLE - 1], f"{len(names) - MOST_IN_TITLE + 1} more sets"])


def _tables(conjunction: Conjunction) -> list[dict[str, Any]]:
    sections = []
    if len(conjunction.clusters):
        sections += [
            ("clusters", "Clusters of the conjunction", cluster_rows(conjunction)),
            ("parts", "Where each cluster lies in each set", part_rows(conjunction)),
        ]
    sections += [
        ("counts", "In how many sets a voxel survives", count_rows(conjunction)),
        ("sets", "The sets", set_rows(conjunction)),
    ]
    if conjunction.shared:
        sections.append(("shared", "In more than one set", shared_rows(conjunction)))
    return [
        {"id": name, "title": title, "about": ABOUT[name], "rows": rows}
        for name, title, rows in sections
    ]


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as a Markdown table."""
    lines = [
        f"| {' | '.join(escape(cell).replace('|', '&#124;') for cell in row)} |" for row in rows
    ]
    return "\n".join([lines[0], f"|{'---|' * len(rows[0])}", *lines[1:]])
