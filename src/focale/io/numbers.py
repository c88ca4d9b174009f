"""Numbers as files give them: what counts as one, and how to show what does not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any, TypeGuard

MOST_SHOWN = 60
FARTHEST_MM = 1000.0
"""No coordinate of a head is further from the origin than this."""


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
        raise ValueError(
            f"a focus must be three finite numbers x, y, z in mm, got {shown(values)}"
        )
    if any(abs(number) > FARTHEST_MM for number in numbers):
        raise ValueError(f"{shown(values)} mm is not a place in a head")
    x, y, z = (float(number) for number in numbers)
    return x, y, z


def shown(value: object) -> str:
    """What was found, cut where it is long."""
    try:
        text = repr(value)
    except ValueError:  # Python does not print whole numbers of thousands of digits
        text = "a number of thousands of digits"
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."
