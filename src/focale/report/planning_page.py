"""A plan as one page."""

from __future__ import annotations

import base64
from importlib.metadata import version
from pathlib import Path

from focale.phrases import one_line
from focale.planning.result import Plan
from focale.report.page.render import fill
from focale.report.planning_text import (
    assumption_texts,
    evidence_text,
    found_texts,
    grid_rows,
    own_rows,
)


def plan_page(plan: Plan, command: str, picture: Path | None = None) -> str:
    """The page, as HTML: one file that loads nothing.

    Parameters
    ----------
    plan
        What `focale.plan` returned.
    command
        The command that repeats it.
    picture
        File of the figure (PNG).
    """
    drawn = base64.b64encode(picture.read_bytes()).decode("ascii") if picture else ""
    return fill(
        "plan.html.jinja",
        (),
        ("report.css", "plan.css"),
        title=one_line(plan.protocol.title or plan.studyset.record.source, 200),
        lead=evidence_text(plan),
        version=version("focale"),
        found=found_texts(plan),
        picture=drawn,
        tables=[
            {
                "id": "own",
                "title": f"Power with {plan.n} experiments",
                "about": "How many of them report the place.",
                "rows": own_rows(plan),
            },
            {
                "id": "grid",
                "title": "Power by experiments and share that reports the place",
                "about": "In brackets: how many experiments report it.",
                "rows": grid_rows(plan),
            },
        ],
        assumptions=assumption_texts(plan),
        command=command,
    )
