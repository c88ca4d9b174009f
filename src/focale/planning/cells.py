"""Counts of what the test found: of one design, and of a cell of the plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from focale.correction.p_values import interval_of_share

DATA_SETS_A_DESIGN = 5
"""Data sets that share a design, and so its Monte Carlo null."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts over simulated evidence bases.

    Attributes
    ----------
    n
        Evidence bases.
    n_detected
        Those in which the place was found.
    n_on_few
        Those of the detections that rest on one or two experiments.
    n_elsewhere, n_elsewhere_on_few
        Surviving clusters away from the place, and those of them that rest on one or two
        experiments.
    """

    n: int = 0
    n_detected: int = 0
    n_on_few: int = 0
    n_elsewhere: int = 0
    n_elsewhere_on_few: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


def total(tallies: Iterable[Tally]) -> Tally:
    """Counts of all of them together."""
    return sum(tallies, Tally())


@dataclass(frozen=True, slots=True)
class Cell:
    """What was found with n experiments, k of which report the place.

    Attributes
    ----------
    n, k
        Experiments, and those that report the place.
    tally
        Counts over the simulated evidence bases.
    """

    n: int
    k: int
    tally: Tally

    @property
    def power(self) -> float:
        """Share of the simulated evidence bases in which the place was found."""
        return self.tally.n_detected / self.tally.n

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the power (Clopper and Pearson 1934)."""
        return interval_of_share(self.tally.n_detected, self.tally.n)

    @property
    def on_few(self) -> float | None:
        """Share of the detections that rest on one or two experiments; None without any."""
        return self.tally.n_on_few / self.tally.n_detected if self.tally.n_detected else None

    @property
    def on_few_interval(self) -> tuple[float, float]:
        """Its 95 % interval; from 0 to 1 without a detection."""
        return interval_of_share(self.tally.n_on_few, self.tally.n_detected)

    @property
    def elsewhere(self) -> float:
        """Surviving clusters away from the place, in the mean of an analysis."""
        return self.tally.n_elsewhere / self.tally.n

    @property
    def elsewhere_on_few(self) -> float | None:
        """Share of these that rest on one or two experiments; None without any."""
        tally = self.tally
        return tally.n_elsewhere_on_few / tally.n_elsewhere if tally.n_elsewhere else None

    @property
    def elsewhere_on_few_interval(self) -> tuple[float, float]:
        """Its 95 % interval; from 0 to 1 without such a cluster."""
        return interval_of_share(self.tally.n_elsewhere_on_few, self.tally.n_elsewhere)


def designs_of(n_simulations: int) -> list[range]:
    """Numbers of the data sets of each design.

    Examples
    --------
    >>> designs_of(12)
    [range(0, 5), range(5, 10), range(10, 12)]
    """
    step = DATA_SETS_A_DESIGN
    return [range(i, min(i + step, n_simulations)) for i in range(0, n_simulations, step)]
