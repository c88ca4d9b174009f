"""Removals by trying every set, from nothing but the answer to "is it still there?"."""

from __future__ import annotations

from itertools import combinations


def smallest_removal_size(n_units, is_gone):
    """Size of the smallest set of units whose removal makes something vanish.

    is_gone : says of a set of units whether it does
    """
    for size in range(n_units + 1):
        if any(is_gone(set(units)) for units in combinations(range(n_units), size)):
            return size
    return None
