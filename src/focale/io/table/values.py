"""Values of the further columns of a table: numbers, truth values and text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from focale.io.numbers import parse_number
from focale.io.table.cells import Cell, text_of
from focale.io.table.columns import is_statistic
from focale.io.text import visible

PLAIN_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?", re.ASCII)

_NOTE = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,16})?(?:e[+-]?\d{1,3})?", re.ASCII)

Make = Callable[[Cell], Any]


def value_maker(name: str, cells: Iterable[Cell], *, is_of_focus: bool) -> Make:
    """What makes values of the cells of a column.

    Parameters
    ----------
    name
        Name of the column.
    cells
        All its cells: a column holds numbers only if all of them are numbers.
    is_of_focus
        Whether it describes foci, among which statistics and labels have known names.
    """
    if name == "label" and is_of_focus:
        return text_of
    if is_of_focus and is_statistic(name):
        return _statistic
    if all(note_number(cell) is not None for cell in cells if cell is not None):
        return note_number
    return lambda cell: _noted(cell, name)


def note_number(cell: Cell) -> float | None:
    """Number of a note, None for text; "007" is text."""
    if isinstance(cell, (int, float)):
        return cell
    if not isinstance(cell, str) or not _NOTE.fullmatch(cell):
        return None
    return int(cell) if cell.lstrip("-").isdigit() else parse_number(cell)


def _noted(cell: Cell, name: str) -> Any:
    """A note: a truth value for "true", "false" and the name of the column itself, else text."""
    text = text_of(cell)
    if text.casefold() in ("true", name.casefold()):
        return True
    return False if text.casefold() == "false" else text


def _statistic(cell: Cell) -> Any:
    """Number of a statistic, or its text."""
    if isinstance(cell, (int, float)):
        return cell
    text = text_of(cell)
    if PLAIN_NUMBER.fullmatch(text):
        return float(text)
    number = parse_number(visible(text), decimal_comma=True)
    return text if number is None else number
