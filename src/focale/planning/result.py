"""A plan: power for numbers of experiments and shares of them that agree."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from focale._check import check_between
from focale.errors import ArgumentError
from focale.phrases import count
from focale.planning.cells import Cell
from focale.planning.curves import Needed, needed
from focale.planning.prototypes import PlannedTest, Prototypes
from focale.planning.settings import PlanSettings, n_reporting
from focale.protocol.protocol import Protocol
from focale.studyset.model import Studyset

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

POWER = 0.8
"""The power that is asked for, unless another is."""

COLUMNS = {
    "n": "experiments",
    "k": "those that report the place",
    "power": "share of the simulated analyses in which a surviving cluster lies at the place",
    "power_low": "lower end of its 95 % interval (Clopper-Pearson)",
    "power_high": "upper end of its 95 % interval",
    "on_few": "share of these detections that rest on one or two experiments",
    "on_few_low": "lower end of its 95 % interval",
    "on_few_high": "upper end of its 95 % interval",
    "elsewhere": "surviving clusters away from the place, in the mean of an analysis",
    "elsewhere_on_few": "share of these that rest on one or two experiments",
    "n_detected": "simulated analyses in which the place was found",
    "n_simulations": "simulated analyses",
}
"""Columns of the tables, and what they mean."""

FEW_COLUMNS = ("on_few", "on_few_low", "on_few_high", "elsewhere_on_few")
"""Columns that are blank where no cluster survived."""

SHARE_COLUMN = {"share": "share of the experiments that report the place, k = share n rounded"}


@dataclass(frozen=True, eq=False, kw_only=True)
class Plan:
    """Power to detect that experiments converge at one place.

    Attributes
    ----------
    studyset, protocol
        The evidence simulated experiments are like, and the test they face.
    prototypes, test, settings
        What was taken from them, and what was chosen.
    own
        Cells with as many experiments as the evidence has, for k = 2, 3, ...
    grid
        Cells of each share, by rising size, in the order of `settings.shares`.
    """

    studyset: Studyset
    protocol: Protocol
    prototypes: Prototypes
    test: PlannedTest
    settings: PlanSettings
    own: tuple[Cell, ...]
    grid: tuple[tuple[Cell, ...], ...]

    @property
    def n(self) -> int:
        """Number of experiments of the evidence, after pooling, that have foci."""
        return len(self.prototypes)

    @property
    def table(self) -> pd.DataFrame:
        """One row for each share and size; columns as in `COLUMNS`, after `share`."""
        import pandas as pd

        frames = []
        for share, cells in zip(self.settings.shares, self.grid, strict=True):
            frame = _frame(cells)
            frame.insert(0, "share", share)
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    @property
    def own_table(self) -> pd.DataFrame:
        """One row for each k, with as many experiments as the evidence has."""
        return _frame(self.own)

    def cells(self, share: float) -> tuple[Cell, ...]:
        """Cells of a share, by rising size."""
        try:
            return self.grid[self.settings.shares.index(share)]
        except ValueError:
            known = ", ".join(f"{known:g}" for known in self.settings.shares)
            raise ArgumentError(
                f"the plan has no share of {share:g}; it has {known}, and others are given to "
                "plan(shares=...)"
            ) from None

    def needed(self, share: float, power: float = POWER) -> Needed:
        """Smallest number of experiments with so much power; see `curves.needed`.

        The evidence's own number of experiments counts as a size, where k experiments of
        `own` are the share.

        Parameters
        ----------
        share
            Of the experiments that report the place; one of the plan.
        power
            The power that is wanted.
        """
        check_between("power", "Plan.needed", power, 0, 1)
        k = n_reporting(share, self.n)
        at_hand = [cell for cell in self.own if cell.k == k]
        by_size = {cell.n: cell for cell in (*at_hand, *self.cells(share))}
        return needed([by_size[n] for n in sorted(by_size)], power)

    def more(self, share: float, power: float = POWER) -> int | None:
        """How many experiments more than the evidence has; None beyond the largest size."""
        n = self.needed(share, power).n
        return None if n is None else max(n - self.n, 0)

    def k_needed(self, power: float = POWER) -> Cell | None:
        """The smallest k of the evidence's own number of experiments with so much power."""
        return next((cell for cell in self.own if cell.power >= power), None)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        columns = ["n", "k", "power", "power_low", "power_high"]
        own, table = self.own_table[columns], self.table[["share", *columns]]
        tables = (frame.round(2).to_html(index=False) for frame in (own, table))
        return "".join([f"<p>{escape(repr(self))}</p>", *tables])

    def __repr__(self) -> str:
        needs = ", ".join(f"{s:.0%}: {self.needed(s)}" for s in self.settings.shares)
        return (
            f"Plan: like {count(self.n, 'experiment')} of {self.studyset.record.source}; "
            f"experiments until power is {POWER:g}, by share that reports the place: {needs} "
            f"({count(self.settings.n_simulations, 'simulation')} a cell, seed "
            f"{self.settings.seed})"
        )


def grid_of(settings: PlanSettings) -> list[list[tuple[int, int]]]:
    """N and k of each cell, by share and rising size."""
    return [[(n, n_reporting(share, n)) for n in settings.sizes] for share in settings.shares]


def _frame(cells: Sequence[Cell]) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for cell in cells:
        interval = (None, None) if cell.on_few is None else cell.on_few_interval
        counts = (cell.elsewhere, cell.elsewhere_on_few, cell.tally.n_detected, cell.tally.n)
        rows.append((cell.n, cell.k, cell.power, *cell.interval, cell.on_few, *interval, *counts))
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype(dict.fromkeys(FEW_COLUMNS, float))
