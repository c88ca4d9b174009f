"""One rule for sample sizes, whatever the format."""

from __future__ import annotations

from collections.abc import Sequence

from focale.io.numbers import is_finite_number

RULE = "a sample size must be a whole number above 0"


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


def _whole(value: object) -> float:
    if not is_finite_number(value) or value <= 0 or value != int(value):
        raise ValueError(RULE)
    return float(value)
