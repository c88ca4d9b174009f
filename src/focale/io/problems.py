"""Reporting the problems of a file: all at once."""

from __future__ import annotations

from collections.abc import Sequence

from focale.errors import ReadError
from focale.io.records import Problem

MOST_SHOWN = 20


def raise_errors(source: str, problems: Sequence[Problem]) -> None:
    """Raise one error that lists every error among the problems, if there is any.

    Raises
    ------
    ReadError
        With one line for a single error, else a count and a line for each.
    """
    errors = [problem for problem in problems if problem.severity == "error"]
    if len(errors) == 1:
        raise ReadError(str(errors[0]))
    if errors:
        lines = [f"{source} has {len(errors)} errors:"]
        lines += [f"  {error}" for error in errors[:MOST_SHOWN]]
        if len(errors) > MOST_SHOWN:
            lines.append(f"  and {len(errors) - MOST_SHOWN} more")
        raise ReadError("\n".join(lines))
