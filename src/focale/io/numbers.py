"""Numbers as files give them: what counts as one, and how to show what does not."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from numbers import Real
from typing import Any, TypeGuard

MOST_SHOWN = 60
FARTHEST_MM = 1000.0
"""No coordinate of a head is further from the origin than this."""

MINUS_SIGNS = (
    "\N{MINUS SIGN}\N{EN DASH}\N{EM DASH}\N{FIGURE DASH}\N{HYPHEN}\N{NON-BREAKING HYPHEN}"
    "\N{SMALL HYPHEN-MINUS}\N{FULLWIDTH HYPHEN-MINUS}"
)
"""What word processors make of a minus."""

_MINUS_SIGNS = frozenset(MINUS_SIGNS)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?", re.IGNORECASE | re.ASCII)


def parse_number(text: str, *, decimal_comma: bool = False) -> float | None:
    """Number of a cell, or None if it is not one finite number.

    Typographic minus signs count as a minus, before a number only.

    Examples
    --------
    >>> parse_number(" -10.5"), parse_number(".28"), parse_number("1_0"), parse_number("nan")
    (-10.5, 0.28, None, None)
    >>> parse_number("10,5"), parse_number("10,5", decimal_comma=True)
    (None, 10.5)
    """
    plain = text.strip()
    if plain[:1] in _MINUS_SIGNS:
        plain = f"-{plain[1:]}"
    if decimal_comma and plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    if not _NUMBER.fullmatch(plain):
        return None
    number = float(plain)
    return number if math.isfinite(number) else None


def has_typographic_minus(number: str) -> bool:
    """Whether a number that was read begins with a typographic minus."""
    return number.lstrip()[:1] in _MINUS_SIGNS


def is_finite_number(value: object) -> TypeGuard[float]:
    """Whether a value is a number of ordinary size; truth values are none."""
    if value is True or value is False or not isinstance(value, Real):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def coordinate(values: Any) -> tuple[float, float, float]:
    """Three millimetre coordinates.

    Parameters
    ----------
    values
        A list, tuple or array of three finite numbers.

    Raises
    ------
    ValueError
        If they are not; the text says what was found.

    Examples
    --------
    >>> coordinate([54, -28.0, 20])
    (54.0, -28.0, 20.0)
    """
    is_list = hasattr(values, "__len__") and not isinstance(values, (str, bytes, dict))
    numbers: Sequence[Any] = list(values) if is_list else []
    if len(numbers) != 3 or not all(is_finite_number(number) for number in numbers):
        raise ValueError("a focus must be three finite numbers x, y, z in mm")
    if any(abs(number) > FARTHEST_MM for number in numbers):
        raise ValueError(f"a number beyond {FARTHEST_MM:,.0f} mm is no place in a head")
    x, y, z = (float(number) for number in numbers)
    return x, y, z


def shown(value: object) -> str:
    """What was found, cut where it is long."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except ValueError:  # Python does not print whole numbers of thousands of digits
        text = "a number of thousands of digits"
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."
