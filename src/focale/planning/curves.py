"""From cells to a curve that rises with the number of experiments, and where it is crossed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from focale.planning.cells import Cell
from focale.typing import FloatArray


@dataclass(frozen=True, slots=True)
class Needed:
    """Smallest number of experiments with so much power.

    Attributes
    ----------
    n
        None where the largest size of the plan has less power.
    low, high
        The same for the upper and the lower ends of the intervals of power; None beyond
        the largest size.
    smallest, largest
        Sizes of the plan: an answer that is the smallest may be less.
    """

    n: int | None
    low: int | None
    high: int | None
    smallest: int
    largest: int

    def __str__(self) -> str:
        """In words: "31", "at most 5", "more than 50"."""
        return self.in_words(self.n)

    def in_words(self, n: int | None) -> str:
        """One of the numbers in words."""
        if n is None:
            return f"more than {self.largest}"
        return f"at most {n}" if n == self.smallest else str(n)


def needed(cells: Sequence[Cell], power: float) -> Needed:
    """Where a curve of power reaches a value.

    More experiments with the same share of them at the place cannot have less power, but
    simulated power jumps about, the more as k is a whole number. So the rising values
    nearest to it are taken (isotonic regression by least squares), with straight lines
    between the sizes; and likewise for both ends of the intervals.

    Parameters
    ----------
    cells
        Of one share, by rising size.
    power
        The power that is wanted.
    """
    sizes = np.array([cell.n for cell in cells])
    ends = np.array([cell.interval for cell in cells])
    return Needed(
        n=_crossing(sizes, np.array([cell.power for cell in cells]), power),
        low=_crossing(sizes, ends[:, 1], power),
        high=_crossing(sizes, ends[:, 0], power),
        smallest=int(sizes[0]),
        largest=int(sizes[-1]),
    )


def rising(values: FloatArray) -> FloatArray:
    """The rising values nearest to some values, by least squares."""
    from scipy.optimize import isotonic_regression

    fitted: FloatArray = isotonic_regression(values).x
    return fitted


def _crossing(sizes: FloatArray, values: FloatArray, level: float) -> int | None:
    """Smallest whole number at which the rising curve is at least a level."""
    curve = rising(values)
    if curve[-1] < level:
        return None
    above = int(np.argmax(curve >= level))
    if above == 0:
        return int(sizes[0])
    step = (level - curve[above - 1]) / (curve[above] - curve[above - 1])
    size = float(sizes[above - 1] + step * (sizes[above] - sizes[above - 1]))
    return math.ceil(size - 1e-9)
