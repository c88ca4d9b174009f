"""The simulated evidence bases of a plan, design by design, wherever they are computed.

What a design gives is a function of the evidence, the test, the settings and its number
alone. So designs can be computed by any number of threads, kept in a file and gone on
with, and give the same bits each time.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import astuple, dataclass, field
from typing import Any, TypeAlias

from focale.correction.null import usable_cores
from focale.planning.cells import Cell, Tally, designs_of, total
from focale.planning.datasets import draw_dataset
from focale.planning.designs import Critical, Design, critical_of, draw_design
from focale.planning.detection import outcome_of
from focale.planning.plan_file import Kept, Tallies
from focale.planning.prototypes import PlannedTest, Prototypes
from focale.planning.settings import PlanSettings
from focale.progress import Counted, Progress, silent

Cells: TypeAlias = Sequence[tuple[int, int]]
"""Pairs of n and k."""


@dataclass(slots=True, kw_only=True)
class Simulation:
    """What data sets are a function of, and what is known of them already.

    Attributes
    ----------
    prototypes, test, settings
        What simulated experiments are like, what they face, and what is chosen.
    kept
        Designs that were computed.
    threads
        How many are computed at once; by default one a core.
    """

    prototypes: Prototypes
    test: PlannedTest
    settings: PlanSettings
    kept: Kept
    threads: int | None = None
    _critical: dict[tuple[int, int], Critical] = field(default_factory=dict)

    def cells(self, wanted: Cells, progress: Progress = silent) -> list[Cell]:
        """Simulate cells, those with equal n on the same data sets.

        Parameters
        ----------
        wanted
            n and k of each cell.
        progress
            Wraps the designs, to show a bar.
        """
        jobs = self._jobs(wanted)
        n_left = sum(len(ks) * len(numbers) for _, ks, _, numbers in jobs)
        computed = self._computed(jobs)
        with closing(computed):  # whoever stops the run, nothing goes on behind the scenes
            designs = self.kept.keeping(computed)
            with closing(designs):
                counted = Counted(designs, n_left, amount=_n_data_sets)
                for _ in progress(counted):
                    pass
        every = range(len(designs_of(self.settings.n_simulations)))
        return [
            Cell(n, k, total(self.kept.tally(n, k, design) for design in every)) for n, k in wanted
        ]

    def _jobs(self, wanted: Cells) -> list[tuple[int, tuple[int, ...], int, range]]:
        """n, all k that are not known, number of the design and of its data sets."""
        ks_of: dict[int, list[int]] = {}
        for n, k in dict.fromkeys(wanted):
            ks_of.setdefault(n, []).append(k)
        jobs = []
        for n, ks in ks_of.items():
            for design, numbers in enumerate(designs_of(self.settings.n_simulations)):
                left = tuple(k for k in ks if not self.kept.has(n, k, design))
                if left:
                    jobs.append((n, left, design, numbers))
        return jobs

    def _computed(self, jobs: Sequence[Any]) -> Generator[Tallies, None, None]:
        pool = ThreadPoolExecutor(self.threads or usable_cores())
        futures = [pool.submit(self._of_design, *job) for job in jobs]
        try:
            for future in futures:
                yield future.result()
        finally:
            for future in futures:
                future.cancel()
            pool.shutdown()

    def _of_design(self, n: int, ks: tuple[int, ...], number: int, numbers: range) -> Tallies:
        design = draw_design(self.prototypes, n, number, self.settings.seed)
        critical = self._critical_of(design)
        tallies = {(n, k, number): Tally() for k in ks}
        for data_set in numbers:
            data = draw_dataset(design, data_set, self.test, self.settings)
            for k in ks:
                outcome = outcome_of(
                    data.modelled_activation(k, self.test),
                    critical,
                    self.test,
                    data.place_mm,
                    self.settings.within_mm,
                )
                tallies[n, k, number] += Tally(1, *map(int, astuple(outcome)))
        return tallies

    def _critical_of(self, design: Design) -> Critical:
        key = design.n, design.number
        if key not in self._critical:
            self._critical[key] = critical_of(
                design, self.test, self.settings.n_iterations, self.settings.seed
            )
        return self._critical[key]


def _n_data_sets(tallies: Tallies) -> int:
    return sum(tally.n for tally in tallies.values())
