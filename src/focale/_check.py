"""Argument checks, all in one sentence form.

"The 'fwhm_mm' parameter of ALE must be a number above 0. Got -3 instead."
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from focale.errors import ArgumentError


def refuse(name: str, caller: str, constraint: str, value: Any) -> ArgumentError:
    """Error for a parameter that breaks its constraint, to be raised."""
    return ArgumentError(
        f"The {name!r} parameter of {caller} must be {constraint}. Got {value!r} instead."
    )


def check_choice(name: str, caller: str, value: object, choices: Iterable[object]) -> None:
    """Refuse a value that is not one of the choices."""
    allowed = list(choices)
    if value not in allowed:
        listed = " or ".join(repr(choice) for choice in allowed)
        raise refuse(name, caller, listed, value)


def check_positive(name: str, caller: str, value: float | None) -> None:
    """Refuse a number that is not finite and above 0; None passes."""
    if value is None:
        return
    if not is_number(value) or not math.isfinite(value) or value <= 0:
        raise refuse(name, caller, "a number above 0", value)


def check_between(name: str, caller: str, value: float, low: float, high: float) -> None:
    """Refuse a number outside the open interval (low, high)."""
    if not is_number(value) or not low < value < high:
        raise refuse(name, caller, f"a number between {low:g} and {high:g}", value)


def check_count(name: str, caller: str, value: int, low: int) -> None:
    """Refuse anything but a whole number of at least `low`."""
    if not is_number(value) or not math.isfinite(value) or int(value) != value or value < low:
        raise refuse(name, caller, f"a whole number of at least {low}", value)


def is_number(value: object) -> bool:
    """Whether the value is a number and not a truth value."""
    try:
        float(value)  # type: ignore[arg-type]  # the question is whether it converts
    except (TypeError, ValueError, OverflowError):
        return False
    return not isinstance(value, (bool, str))
