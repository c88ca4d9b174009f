"""A line of free text with coordinates: three numbers, and what follows them.

People part numbers with blanks, tabs, commas or semicolons, and write decimals with a
point or a comma. A row is read only where one reading is possible.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from focale.io.numbers import FARTHEST_MM, has_typographic_minus, parse_number

EXPECTED = 'write three numbers x y z in mm; begin the line with "//" if it is a comment'

_INVISIBLE = str.maketrans(
    {
        "\N{NO-BREAK SPACE}": " ",
        "\N{NARROW NO-BREAK SPACE}": " ",
        "\N{ZERO WIDTH SPACE}": "",
        "\N{ZERO WIDTH NO-BREAK SPACE}": "",
        "\N{LEFT-TO-RIGHT MARK}": "",
    }
)


@dataclass(frozen=True, slots=True)
class Row:
    """A coordinate row as it was understood.

    Parameters
    ----------
    mm
        x, y, z.
    statistics
        Numbers after z.
    label
        Text after the numbers.
    has_decimal_comma, has_typographic_minus
        Whether the row was read with a comma as the decimal sign, or with another sign
        as the minus.
    """

    mm: tuple[float, float, float]
    statistics: tuple[float, ...]
    label: str
    has_decimal_comma: bool
    has_typographic_minus: bool


def visible(line: str) -> str:
    """Line with plain blanks for special ones, and without letters that cannot be seen."""
    return line.translate(_INVISIBLE).strip()


def parse_row(line: str) -> Row:
    """Read a coordinate row.

    Parameters
    ----------
    line
        As `visible` gives it.

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
    plain = line.strip(" \t,;\"'")
    if bracketed := re.fullmatch(r"[(\[]([^)\]]*)[)\]]", plain):
        plain = bracketed[1]
    cells = _cells(plain)
    numbers = [_number(cell) for cell in cells[:3]]
    if len(numbers) < 3 or None in numbers:
        raise ValueError(_reason(cells))
    mm = tuple(number for number in numbers if number is not None)
    if any(abs(number) > FARTHEST_MM for number in mm):
        raise ValueError(f"a number beyond {FARTHEST_MM:,.0f} mm is no place in a head")
    statistics: list[float] = []
    for cell in cells[3:]:
        if (number := _number(cell)) is None:
            break
        statistics.append(number)
    label = " ".join(cell for cell in cells[3 + len(statistics) :] if cell).lstrip("/# ")
    return Row(
        mm=(mm[0], mm[1], mm[2]),
        statistics=tuple(statistics),
        label=label,
        has_decimal_comma=any("," in cell for cell in cells[: 3 + len(statistics)]),
        has_typographic_minus=has_typographic_minus(plain),
    )


def _cells(plain: str) -> list[str]:
    """Cells by the strongest separator the row has: semicolon, tab, blank, comma."""
    for separator in (";", "\t"):
        if separator in plain:
            cells = [cell.strip(" ,") for cell in plain.split(separator)]
            filled = [cell for cell in cells if cell]
            if all(_number(cell) is not None for cell in filled[:3]) and len(filled) >= 3:
                # an empty cell before z is a column left out of line only if nothing follows
                return filled if len(filled) == 3 else cells
    words = [word.strip(",;") for word in plain.split()]
    if len(words) >= 3 and all(_number(word) is not None for word in words[:3]):
        return words
    return [cell.strip() for cell in plain.split(",")] if "," in plain else words


def _number(cell: str) -> float | None:
    return parse_number(cell, decimal_comma=True)


def _reason(cells: list[str]) -> str:
    odd = next((cell for cell in cells[:3] if _number(cell) is None), None)
    n_numbers = sum(_number(cell) is not None for cell in cells)
    if odd is None or (not odd and n_numbers):
        return f"{n_numbers} number{'' if n_numbers == 1 else 's'} where x y z are expected"
    return "not a coordinate"
