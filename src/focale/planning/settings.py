"""What is chosen about a plan."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from focale._check import check_count, check_positive, is_number, refuse

SIZES = tuple(range(5, 55, 5))
SHARES = (0.2, 0.3, 0.4, 0.5)

WITHIN_MM = 10.0
"""How near to the true place a cluster counts as finding it.

Foci scatter about it with a standard deviation of some 4 mm along each axis, so that about
nine in ten lie within 10 mm, and a cluster made of them has a voxel there.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSettings:
    """What is chosen about a plan.

    Parameters
    ----------
    sizes
        Numbers of experiments to look at, at least 2 each.
    shares
        Shares of the experiments that report the place, above 0 and at most 1.
    n_simulations
        Simulated evidence bases of each cell.
    scatter_mm
        Standard deviation, along each axis, of reported foci about the true place; None
        takes that of the footprint of each experiment.
    place
        The true place, mm; None draws another one in each simulation.
    within_mm
        How near to the true place a surviving cluster must have a voxel.
    n_iterations
        Random maps of each Monte Carlo null.
    seed
        Whole number of 0 and more; equal seeds give equal bits.
    """

    sizes: tuple[int, ...] = SIZES
    shares: tuple[float, ...] = SHARES
    n_simulations: int = 500
    scatter_mm: float | None = None
    place: tuple[float, float, float] | None = None
    within_mm: float = WITHIN_MM
    n_iterations: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        for size in _several("sizes", self.sizes, "whole numbers of at least 2"):
            check_count("sizes", "plan", size, 2)
        for share in _several("shares", self.shares, "numbers above 0 and at most 1"):
            if not is_number(share) or not 0 < share <= 1:
                raise refuse("shares", "plan", "numbers above 0 and at most 1", share)
        check_count("n_simulations", "plan", self.n_simulations, 1)
        check_count("n_iterations", "plan", self.n_iterations, 1)
        check_count("seed", "plan", self.seed, 0)
        check_positive("within_mm", "plan", self.within_mm)
        scatter = self.scatter_mm
        if scatter is not None and not (is_number(scatter) and 0 <= scatter < math.inf):
            raise refuse("scatter_mm", "plan", "a number of at least 0", scatter)
        if self.place is not None:
            object.__setattr__(self, "place", _place(self.place))
        object.__setattr__(self, "sizes", tuple(sorted({int(size) for size in self.sizes})))
        object.__setattr__(self, "shares", tuple(sorted({float(s) for s in self.shares})))


def n_reporting(share: float, n: int) -> int:
    """How many of n experiments a share of them is, rounded, at least one.

    Examples
    --------
    >>> [n_reporting(0.3, n) for n in (2, 5, 10, 15)]
    [1, 2, 3, 5]
    """
    return max(1, math.floor(share * n + 0.5 + 1e-9))


def _several(name: str, values: object, what: str) -> Sequence[Any]:
    if isinstance(values, str) or not isinstance(values, Sequence) or not values:
        raise refuse(name, "plan", what, values)
    return values


def _place(place: Sequence[float]) -> tuple[float, float, float]:
    if len(place) != 3 or not all(is_number(v) and math.isfinite(v) for v in place):
        raise refuse("place", "plan", "three numbers (mm)", place)
    x, y, z = (float(value) for value in place)
    return x, y, z
