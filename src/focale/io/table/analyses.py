"""The analyses a review has planned, from the table JALE reads, and the tags they name.

A row is a type, a title and conditions, without names above the columns:

    M   Inhibition        +inhibition
    M   Inhibition, low   +inhibition  +low
    C   low               +low
        high              +high

A contrast takes two rows, of which the second may leave the type blank.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from focale.errors import ReadError
from focale.io.numbers import MINUS_SIGNS
from focale.io.problems import Problem, raise_errors
from focale.io.source import Readable, Source, open_source
from focale.io.table.cells import (
    ODD_IN_WORDS,
    Cell,
    NumberedRow,
    Odd,
    OpenQuoteError,
    is_blank,
    likely_delimiter,
    rows_of_text,
    text_of,
)
from focale.io.table.workbook import Workbook, is_workbook
from focale.io.text import decoded
from focale.phrases import one_line

SHAPE = "a row is a type (M, P25, C or B20), a title and conditions such as +tag or -tag"

_KIND = re.compile(r"[A-Za-z]+\d*", re.ASCII)
_KINDS_OF_TWO = ("C", "B")
_HEADER = ("type", "kind", "analysis", "analysistype")
_NOT_TRUE = ("", "0", "no", "false", "none", "n", "-")


@dataclass(frozen=True, slots=True)
class PlannedAnalysis:
    """One analysis, or one side of a contrast.

    Parameters
    ----------
    kind
        "M" for a main analysis, "P25" for a probabilistic one of 25 experiments, "C" and
        "B20" for the two sides of a contrast and of a balanced one; any letters and
        number of the file.
    title
        Its name.
    conditions
        What an experiment must have ("+tag", "+tag=value") or not have ("-tag").
    line
        Row of the file, from 1.
    """

    kind: str
    title: str
    conditions: tuple[str, ...]
    line: int | None = None


def read_analyses(readable: Readable) -> list[PlannedAnalysis]:
    """Analyses of an Excel, CSV or TSV file.

    Parameters
    ----------
    readable
        A path, an http(s) address, or an open file.

    Raises
    ------
    InputMissingError
        If there is nothing to read.
    ReadError
        If a row cannot be understood (all are listed), or there is none.
    """
    source = open_source(readable)
    reader = _Reader(source.name)
    for line, cells in _rows(source):
        if not is_blank(cells):
            reader.read_row(line, cells)
    reader.finish_pair()
    raise_errors(source.name, reader.problems)
    if not reader.analyses:
        raise ReadError(f"{source.name} has no analysis: {SHAPE}")
    return reader.analyses


def matches(annotations: Mapping[str, Any], conditions: Sequence[str]) -> bool:
    """Whether an experiment meets all conditions.

    Parameters
    ----------
    annotations
        Its tags and notes by name. A tag is a name whose value is not empty, 0, "no" or
        "false", or it is the value itself, as in the tables of JALE. Capitals do not
        count.
    conditions
        Such as "+tag", "-tag" and "+name=value".

    Examples
    --------
    >>> matches({"Inhibition": True, "lowVShigh": "high"}, ["+inhibition", "-low"])
    True
    >>> matches({"Inhibition": True, "lowVShigh": "high"}, ["+lowVShigh=low"])
    False
    """
    tags = _tags(annotations)
    return all((_bare(condition) in tags) == condition.startswith("+") for condition in conditions)


def unknown_tags(
    all_annotations: Iterable[Mapping[str, Any]], conditions: Sequence[str]
) -> list[str]:
    """Conditions that name a tag no experiment has, as they are written.

    Parameters
    ----------
    all_annotations
        Tags and notes of each experiment.
    conditions
        As `matches` takes them.
    """
    known: set[str] = set()
    for owned in all_annotations:
        known |= _tags(owned) | {_plain(name) for name in owned}
    return [condition for condition in conditions if _bare(condition) not in known]


class _Reader:
    """Reads row by row, collecting analyses and problems."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.analyses: list[PlannedAnalysis] = []
        self.problems: list[Problem] = []
        self.first: PlannedAnalysis | None = None
        self.n_rows = 0

    def refuse(
        self,
        line: int | None,
        what: str,
        column: int | None = None,
        *,
        found: str = "",
        expected: str = SHAPE,
    ) -> None:
        self.problems.append(
            Problem(
                severity="error",
                code="bad-analysis",
                what=what,
                file=self.file,
                line=line,
                column=column,
                found=found,
                expected=expected,
            )
        )

    def read_row(self, line: int, cells: tuple[Cell, ...]) -> None:
        self.n_rows += 1
        kind, title = (*cells, None, None)[:2]
        if self.n_rows == 1 and text_of(kind).casefold().replace(" ", "") in _HEADER:
            return
        own = text_of(kind).upper() or (self.first.kind if self.first else "")
        if not _KIND.fullmatch(own):
            is_blank_kind = kind is None
            self.refuse(
                line,
                "no type of analysis" if is_blank_kind else "not a type of analysis",
                1,
                found=text_of(kind),
                expected=f"{SHAPE}; only the second row of a contrast may leave the type blank",
            )
            return
        if title is None:
            self.refuse(line, "no title", 2)
            return
        conditions = [
            self.condition(cell, line, column)
            for column, cell in enumerate(cells[2:], start=3)
            if cell is not None
        ]
        if not conditions:
            self.refuse(line, "no condition", 3, found=text_of(title))
        name = one_line(text_of(title), 1000)
        self.add(PlannedAnalysis(own, name, tuple(c for c in conditions if c), line))

    def condition(self, cell: Cell, line: int, column: int) -> str:
        """A condition with plain signs and without blanks; empty if it is none."""
        text = text_of(cell)
        plain = f"-{text[1:]}" if text[:1] in MINUS_SIGNS else text
        if isinstance(cell, str) and plain[:1] in ("+", "-") and plain[1:].strip():
            return plain[0] + plain[1:].strip()
        what, expected = "a condition must begin with + or -", "write +tag or -tag"
        if isinstance(cell, Odd):
            what = f"a condition is {ODD_IN_WORDS[cell.kind]}"
            expected = "begin the cell with an apostrophe, '+tag, so that it stays text"
        self.refuse(line, what, column, found=text, expected=expected)
        return ""

    def add(self, analysis: PlannedAnalysis) -> None:
        self.analyses.append(analysis)
        if self.first is not None and analysis.kind == self.first.kind:
            self.first = None
            return
        self.finish_pair()
        if analysis.kind.startswith(_KINDS_OF_TWO):
            self.first = analysis

    def finish_pair(self) -> None:
        """A contrast that has one row."""
        if self.first is not None:
            self.refuse(
                self.first.line,
                "a contrast with one row",
                found=self.first.title,
                expected="write what it is compared with into the next row",
            )
        self.first = None


def _rows(source: Source) -> list[NumberedRow]:
    if is_workbook(source):
        book = Workbook(source)
        return book.rows(book.names[0])
    text, _ = decoded(source, None)
    delimiter = likely_delimiter(text, _n_conditions) or ","
    try:
        return list(rows_of_text(text, delimiter))
    except OpenQuoteError as error:
        raise ReadError(
            f"{source.name}:{error.line}: a quotation mark is opened and not closed; close it, or "
            "remove it"
        ) from error


def _n_conditions(rows: Sequence[NumberedRow]) -> int:
    return sum(
        text_of(cell)[:1] in ("+", "-", *MINUS_SIGNS) for _, cells in rows for cell in cells
    )


def _tags(annotations: Mapping[str, Any]) -> set[str]:
    """What an experiment has: names, values that are text, and "name=value"."""
    tags: set[str] = set()
    for name, value in annotations.items():
        text = _plain("" if value is None else value)
        if text in _NOT_TRUE:
            continue
        tags |= {_plain(name), f"{_plain(name)}={text}"}
        if isinstance(value, str):
            tags.add(text)
    return tags


def _bare(condition: str) -> str:
    name, equals, value = condition[1:].partition("=")
    return f"{_plain(name)}{equals}{_plain(value)}"


def _plain(value: object) -> str:
    text = text_of(value) if isinstance(value, (int, float)) else str(value)
    return " ".join(text.casefold().split())
