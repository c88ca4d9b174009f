"""Rows of cells of a spreadsheet, each with its number: what a cell holds, and text tables."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

DELIMITERS = ("\t", ";", ",", "|")
MOST_ROWS_ABOVE = 20
"""The row with the names of the columns is among so many."""

ERROR_VALUES = frozenset(
    ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")
)


@dataclass(frozen=True, slots=True)
class Odd:
    """A cell of a workbook whose content is no text and no number.

    Parameters
    ----------
    kind
        "date", a "formula" whose result is not stored, or an "error" value.
    text
        It, in words.
    """

    kind: Literal["date", "formula", "error"]
    text: str


Cell = str | int | float | Odd | None
"""Text without blanks around it, a number, an odd thing, or nothing."""

NumberedRow = tuple[int, tuple[Cell, ...]]
"""Number of the row, from 1, and its cells."""

ODD_IN_WORDS = {
    "date": "a date, which a spreadsheet makes of numbers such as 3-12",
    "formula": "a formula whose result is not stored in the file",
    "error": "an error value of the spreadsheet",
}


LONGEST_LINE = 1_000_000
_LINE_WITH_END = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


class OpenQuoteError(ValueError):
    """A quotation mark that is opened and not closed, or a cell or line without end."""

    def __init__(self, line: int, found: str) -> None:
        super().__init__(f"row {line}")
        self.line = line
        self.found = found


def rows_of_text(text: str, delimiter: str) -> Iterator[NumberedRow]:
    """Rows of delimited text; a row has the number of its first line.

    Raises
    ------
    OpenQuoteError
        If a cell swallows the rows below it.
    """
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter)
    number = 1
    while True:
        lines.of_row.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise OpenQuoteError(number, lines.of_row[0]) from error
        if (len(lines.of_row) > 1 or lines.is_done) and not _is_closed(lines.of_row, delimiter):
            raise OpenQuoteError(number, lines.of_row[0])
        own: list[Cell] = [cell.strip() or None for cell in cells]
        if any("#" in line for line in lines.of_row):
            own = [
                Odd("error", cell) if isinstance(cell, str) and cell in ERROR_VALUES else cell
                for cell in own
            ]
        yield number, tuple(own)
        number = reader.line_num + 1


def first_rows(rows: Iterator[NumberedRow]) -> list[NumberedRow]:
    """The rows among which the names of the columns are looked for."""
    found: list[NumberedRow] = []
    try:
        for row in rows:
            found.append(row)
            if len(found) == MOST_ROWS_ABOVE:
                break
    except OpenQuoteError:
        pass  # said when the whole is read
    return found


def likely_delimiter(text: str, score: Callable[[Sequence[NumberedRow]], int]) -> str | None:
    """The delimiter under which the first rows make most sense, if under any they do.

    Parameters
    ----------
    text
        The text, or its beginning.
    score
        How much sense some rows make; 0 for none.
    """
    beginning = text[: 1 << 16]
    scores = {
        delimiter: score(first_rows(rows_of_text(beginning, delimiter)))
        for delimiter in DELIMITERS
        if delimiter in beginning
    }
    best = max(scores, key=lambda delimiter: scores[delimiter], default=None)
    return best if best is not None and scores[best] else None


def is_blank(cells: Sequence[Cell]) -> bool:
    """Whether a row holds nothing."""
    return all(cell is None for cell in cells)


def text_of(cell: Cell) -> str:
    """A cell as text; nothing gives empty text.

    Examples
    --------
    >>> text_of(12.0), text_of(2.5), text_of("Smith"), text_of(None)
    ('12', '2.5', 'Smith', '')
    """
    if cell is None or isinstance(cell, str):
        return cell or ""
    return cell.text if isinstance(cell, Odd) else number_text(cell)


def number_text(number: float) -> str:
    """The shortest text that is read as the same number.

    Examples
    --------
    >>> number_text(12), number_text(-3.0), number_text(0.1)
    ('12', '-3', '0.1')
    """
    return repr(number).removesuffix(".0")


class _Lines:
    """Lines of a text with their ends, and those of the present row."""

    def __init__(self, text: str) -> None:
        self.lines = _LINE_WITH_END.finditer(text)
        self.of_row: list[str] = []
        self.is_done = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        match = next(self.lines, None)
        if match is None:
            self.is_done = True
            raise StopIteration
        line = match[0]
        self.of_row.append(line)
        if len(line) > LONGEST_LINE:
            raise csv.Error("a line does not end")
        return line


def _is_closed(lines: list[str], delimiter: str) -> bool:
    """Whether the quotation marks of a row are closed, those over several lines at an end."""
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return len(lines) == 1 and "unexpected end" not in str(error)
    return True
