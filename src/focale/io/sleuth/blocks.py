"""An experiment of a Sleuth file once its lines are read: its foci, and what to say of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from focale.io.problems import Problem, Severity
from focale.io.records import FocusRecord
from focale.io.sleuth.rows import Row
from focale.io.source import Extra


@dataclass(slots=True)
class Block:
    """The lines of an experiment: headers, a sample size, and rows with their line and space."""

    file: str
    headers: list[str]
    line: int
    n_subjects: float | None
    space: str | None
    publication: dict[str, str]
    rows: list[tuple[Row, int, str | None]] = field(default_factory=list)
    n_unread: int = 0

    @property
    def header(self) -> str:
        """The first header line that is not empty."""
        return next((header for header in self.headers if header), "")

    @property
    def name(self) -> str:
        """All header lines."""
        return "; ".join(header for header in self.headers if header)

    @property
    def has_rows(self) -> bool:
        """Whether any row stands below, understood or not."""
        return bool(self.rows) or self.n_unread > 0

    @property
    def is_orphan(self) -> bool:
        """Whether it is a sample size alone: no header above and no row below."""
        return not self.headers and not self.has_rows

    def problem(self, severity: Severity, code: str, line: int, what: str, **more: Any) -> Problem:
        """Something noticed in its lines."""
        place = {"file": self.file, "line": line, "experiment": self.name}
        return Problem(severity=severity, code=code, what=what, **{**place, **more})


def foci_of(block: Block, extra: Extra | None) -> tuple[list[FocusRecord], list[Problem]]:
    """Foci of the rows, with what follows the coordinates where it is understood.

    Parameters
    ----------
    block
        An experiment whose lines are read.
    extra
        What numbers after z are, if a person has said it.

    Returns
    -------
    list of FocusRecord
        In the order of the rows.
    list of Problem
        How numbers after z were understood; an error where they were not, which leaves out
        the rows that have any.
    """
    with_more = [(row, line) for row, line, _ in block.rows if row.has_more_numbers]
    problem = _further_numbers(block, extra, *with_more[0], len(with_more)) if with_more else None
    is_understood = problem is None or problem.severity != "error"
    foci = [
        FocusRecord(row.mm, space, line, _values(row, keep=extra != "ignore"))
        for row, line, space in block.rows
        if is_understood or not row.has_more_numbers
    ]
    return foci, [problem] if problem else []


def _further_numbers(
    block: Block, extra: Extra | None, first: Row, line: int, n_rows: int
) -> Problem:
    """How the numbers after z are understood, with the first row that has any."""
    found = _shown(first)
    rows = [row for row, _, _ in block.rows]
    if len({row.is_shifted for row in rows}) > 1:
        return block.problem(
            "error",
            "extra-numbers",
            line,
            "more than three numbers in rows of which some begin with an empty cell",
            found=found,
            expected="write x in the first column of each row",
            foci_left_out=n_rows,
        )
    if extra is not None:
        what = "kept as statistics" if extra == "statistics" else "ignored"
        return block.problem(
            "note",
            "extra-columns",
            line,
            f"numbers after x y z in {n_rows} rows: {what}, as extra= says",
            found=found,
        )
    if _are_statistics(rows):
        return block.problem(
            "warning",
            "extra-columns",
            line,
            f"{3 + len(first.statistics)} numbers in each row of the experiment: those after "
            "x y z are kept as statistics",
            found=found,
        )
    return block.problem(
        "error",
        "extra-numbers",
        line,
        f"{first.n_numbers} numbers where x y z are expected"
        + (f" (and {n_rows - 1} more such rows)" if n_rows > 1 else ""),
        found=found,
        expected="keep three, or say what the others are with --extra statistics or --extra "
        "ignore (extra=)",
        foci_left_out=n_rows,
    )


def remarks_on(block: Block) -> Iterator[Problem]:
    """What a person should know of an experiment."""
    if not block.header:
        yield block.problem(
            "warning",
            "no-header",
            block.line,
            "an experiment without a name: kept, and named by its number",
            expected='write "// Author, year: contrast" above its subjects line',
        )
    if not block.has_rows:
        yield block.problem(
            "warning",
            "experiment-without-foci",
            block.line,
            "no foci: kept as an experiment that reports none, and counted as one",
        )
    n_headers = sum(header != "" for header in block.headers)
    if n_headers > 1:
        yield block.problem(
            "note",
            "grouped-headers",
            block.line,
            f"{n_headers} header lines above one sample size: read as one experiment of the same "
            "participants",
        )
    yield from _remarks_on_signs(block)


def _remarks_on_signs(block: Block) -> Iterator[Problem]:
    """Once for an experiment, how its numbers were understood."""
    for code, how, expected, rows in (
        (
            "unicode-minus",
            "a minus that is another sign (U+2212 or a dash)",
            "write a plain minus",
            [(row, line) for row, line, _ in block.rows if row.has_typographic_minus],
        ),
        (
            "decimal-comma",
            "a comma taken as the decimal sign",
            "write decimals with a point",
            [(row, line) for row, line, _ in block.rows if row.has_decimal_comma],
        ),
    ):
        if rows:
            row, line = rows[0]
            more = f" (and {len(rows) - 1} more such rows)" if len(rows) > 1 else ""
            yield block.problem(
                "warning",
                code,
                line,
                f"{how}, read as {_shown(row)}{more}",
                found=row.text,
                expected=expected,
            )


def _are_statistics(rows: Sequence[Row]) -> bool:
    """Whether each row has one or two numbers more, the first of them with decimals."""
    counts = {len(row.statistics) for row in rows}
    return (
        counts in ({1}, {2})
        and any(row.statistics[0] and row.statistics[0] % 1 for row in rows)
        and max(row.n_numbers for row in rows) <= 5
    )


def _values(row: Row, *, keep: bool) -> dict[str, Any] | None:
    values: dict[str, Any] = {}
    if keep:
        values = {f"column {i}": v for i, v in enumerate(row.statistics, 4) if v is not None}
    if row.label:
        values["label"] = row.label
    return values or None


def _shown(row: Row) -> str:
    numbers = (*row.mm, *(number for number in row.statistics if number is not None))
    return " ".join(f"{number:g}" for number in numbers)
