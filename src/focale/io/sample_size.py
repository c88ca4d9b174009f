"""One rule for sample sizes, whatever the format."""

from __future__ import annotations

import re
from collections.abc import Sequence

from focale.io.numbers import is_finite_number

RULE = "a sample size must be a whole number above 0"
MOST_SUBJECTS = 1e9

_COUNT_WITH_REMARK = re.compile(
    r"(\d+(?:\.\d+)?)\s*(?!\s)(\([^)]*\)|\[[^\]]*\]|[^\d()\[\]]*)", re.ASCII
)
_OTHER_COUNT = re.compile(
    r"^(?:[/%*+~\N{MULTIPLICATION SIGN}-]|[xk]\b)|\b(?:per|each|pairs?|twins?|dyads?|couples?)\b",
    re.IGNORECASE,
)
"""Remarks that make another number of the one before them: "12 per group"."""


def sample_size(values: Sequence[object]) -> float:
    """Sample size from what a file gives: one number, or one for each group.

    Several groups give their mean, as in NiMARE.

    Parameters
    ----------
    values
        Whole numbers of at least 1.

    Raises
    ------
    ValueError
        If a value is not a whole number above 0.

    Examples
    --------
    >>> sample_size([20])
    20.0
    >>> sample_size([20, 21])
    20.5
    """
    if not values:
        raise ValueError(RULE)
    return sum(_whole(value) for value in values) / len(values)


def count_with_remark(text: str) -> tuple[float, str] | None:
    """Number that begins a text, and the remark after it; None if it is not a plain count.

    Examples
    --------
    >>> count_with_remark("20 (12F)"), count_with_remark("17"), count_with_remark("12 per group")
    ((20.0, '(12F)'), (17.0, ''), None)
    """
    match = _COUNT_WITH_REMARK.fullmatch(text)
    if not match or _OTHER_COUNT.search(match[2]):
        return None
    return float(match[1]), match[2]


def _whole(value: object) -> float:
    if not is_finite_number(value) or value <= 0 or value != int(value):
        raise ValueError(RULE)
    return float(value)
