"""A line of free text with coordinates: three numbers, and what follows them.

People part numbers with blanks, tabs, commas or semicolons, and write decimals with a
point or a comma. A row is read only where one reading is possible.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from focale.io.numbers import FARTHEST_MM, has_typographic_minus, parse_number
from focale.io.problems import quoted

EXPECTED = 'write three numbers x y z in mm; begin the line with "//" if it is a comment'
LONGEST_ROW = 10_000
"""Letters; a longer line is no row of a table."""

MISSING = frozenset({"na", "n/a", "nan", "nr", "n.r.", "ns", "n.s.", "none", "-", "--", "?", "."})
"""What people write, in lower case, where they have no number."""

_N = r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))"
_PLAIN_ROW = re.compile(rf" *{_N}(?: +|\t *){_N}(?: +|\t *){_N}\s*", re.ASCII)
_COMMA_ROW = re.compile(rf" *{_N} ?([,;]) ?{_N} ?\2 ?{_N}[\s,;]*", re.ASCII)
_BETWEEN_QUOTED = re.compile(r'" ?[,;\t] ?"')
_BRACKETED = re.compile(r"[(\[]([^)\]]*)[)\]]")
_AROUND = " \t,;\"'"


@dataclass(frozen=True, slots=True)
class Row:
    """A coordinate row as it was understood.

    Parameters
    ----------
    mm
        x, y, z.
    statistics
        Numbers after z, None for an empty cell before the last of them.
    label
        Text after the numbers.
    has_decimal_comma, has_typographic_minus
        Whether the row was read with a comma as the decimal sign, or with another sign
        as the minus.
    is_shifted
        Whether an empty cell stands before x.
    text
        The line, where it is more than three plain numbers.
    """

    mm: tuple[float, float, float]
    statistics: tuple[float | None, ...] = ()
    label: str = ""
    has_decimal_comma: bool = False
    has_typographic_minus: bool = False
    is_shifted: bool = False
    text: str = ""

    @property
    def n_numbers(self) -> int:
        """How many numbers the row has, up to its label."""
        return 3 + sum(number is not None for number in self.statistics)

    @property
    def has_more_numbers(self) -> bool:
        """Whether numbers follow z, or three of them in a row follow its label."""
        return bool(self.statistics) or _holds_place(self.label.split())


def parse_row(line: str) -> Row:
    """Read a coordinate row.

    Parameters
    ----------
    line
        As `with_plain_blanks` gives it.

    Raises
    ------
    ValueError
        If it does not begin with three numbers, or could be read in two ways; the text
        says which.

    Examples
    --------
    >>> parse_row("-42, 18, -8").mm
    (-42.0, 18.0, -8.0)
    >>> parse_row("-42,5 18,0 -8,25").mm
    (-42.5, 18.0, -8.25)
    >>> parse_row("-42 18 -8 4.3 left insula").label
    'left insula'
    """
    if len(line) > LONGEST_ROW:
        raise ValueError(f"a line of {len(line):,} letters is no coordinate")
    if match := _PLAIN_ROW.fullmatch(line):
        x, y, z = match.groups()
        return Row(_in_reach((float(x), float(y), float(z))))
    if match := _COMMA_ROW.fullmatch(line):
        x, _, y, z = match.groups()
        return Row(_in_reach((float(x), float(y), float(z))))
    return _parse_any_row(line)


def _parse_any_row(line: str) -> Row:
    plain = _BETWEEN_QUOTED.sub("\t", line).strip(_AROUND)
    if bracketed := _BRACKETED.fullmatch(plain):
        plain = bracketed[1].strip(_AROUND)
    cells = _cells(plain)
    numbers = [number for cell in cells[:3] if (number := _number(cell)) is not None]
    if len(numbers) < 3:
        raise ValueError(_reason(cells))
    statistics = _statistics(cells[3:])
    read = cells[: 3 + len(statistics)]
    return Row(
        mm=_in_reach((numbers[0], numbers[1], numbers[2])),
        statistics=statistics,
        label=" ".join(cell for cell in cells[len(read) :] if cell).lstrip("/#,; "),
        has_decimal_comma=any("," in cell for cell in read),
        has_typographic_minus=any(has_typographic_minus(cell) for cell in read),
        text=line.strip(),
        is_shifted=line.lstrip(" \"'").startswith(("\t", ",", ";")),
    )


def _in_reach(mm: tuple[float, float, float]) -> tuple[float, float, float]:
    if max(mm) > FARTHEST_MM or min(mm) < -FARTHEST_MM:
        raise ValueError(f"a number beyond {FARTHEST_MM:,.0f} mm is no place in a head")
    return mm


def _statistics(cells: Sequence[str]) -> tuple[float | None, ...]:
    """Numbers up to the first text; an empty cell keeps its place."""
    found: list[float | None] = []
    for cell in cells:
        if (number := _number(cell)) is None and cell:
            break
        found.append(number)
    while found and found[-1] is None:
        found.pop()
    return tuple(found)


def _holds_place(words: Sequence[str]) -> bool:
    """Whether three numbers stand in a row: perhaps a second table beside the first."""
    return any(
        all(_number(word.strip(",;()[]")) is not None for word in words[i : i + 3])
        for i in range(len(words) - 2)
    )


def _cells(plain: str) -> list[str]:
    """Cells by the strongest separator the row has: semicolon, tab, blank, comma."""
    for separator in (";", "\t"):
        cells = [cell.strip(" ,") for cell in plain.split(separator)]
        filled = [i for i, cell in enumerate(cells) if cell][:3]
        if len(filled) == 3 and _are_numbers([cells[i] for i in filled]):
            _refuse_gap(filled, separator)
            return [cells[i] for i in filled] + cells[filled[2] + 1 :]
    words = plain.split()
    bare = [word.strip(",;") for word in words]
    if len(bare) >= 3 and _are_numbers(bare[:3]):
        n_numbers = 3 + len(_statistics(bare[3:]))
        _refuse_two_meanings(plain, words, n_numbers)
        return bare[:n_numbers] + words[n_numbers:]
    return [cell.strip() for cell in plain.split(",")] if "," in plain else bare


def _refuse_gap(filled: Sequence[int], separator: str) -> None:
    """Two tabs for one are a matter of form; an empty cell is a number that is missing."""
    x, y, z = filled
    if z - y != y - x or (y - x > 1 and separator != "\t"):
        raise ValueError("an empty cell between the numbers")


def _refuse_two_meanings(plain: str, words: Sequence[str], n_numbers: int) -> None:
    numbers = " ".join(words[:n_numbers]).strip(",;")
    if re.search(r", | ,", numbers) and re.search(r"\d,\d", numbers):
        raise ValueError("a comma may part numbers here or stand before decimals")
    first_cell = re.split(r"[;\t]", plain, maxsplit=1)[0]
    if first_cell != plain and len(first_cell.split()) < 3 and n_numbers > 3:
        raise ValueError("blanks and tabs part the numbers in different ways")


def _are_numbers(cells: Sequence[str]) -> bool:
    return all(_number(cell) is not None for cell in cells)


def _number(cell: str) -> float | None:
    return parse_number(cell, decimal_comma=True)


def _reason(cells: Sequence[str]) -> str:
    n_numbers = sum(_number(cell) is not None for cell in cells)
    if not n_numbers:
        return "not a coordinate"
    odd = next((cell for cell in cells[:3] if _number(cell) is None), None)
    if odd:
        return f"{quoted(odd)} is not a coordinate"
    if odd == "" and n_numbers > 2:
        return "an empty cell between the numbers"
    return f"{n_numbers} number{'' if n_numbers == 1 else 's'} where x y z are expected"
