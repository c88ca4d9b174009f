"""Power of a meta-analysis that is planned, from the experiments at hand.

Every simulated experiment has the sample size and the number of foci of one of the
user's. Its foci fall at random, but in some of the experiments one focus is reported
about a place they share. How often the protocol's own test finds the place is its power
(as Eickhoff et al. 2016, doi:10.1016/j.neuroimage.2016.04.072, did for experiments of a
database).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from focale._check import check_count
from focale.errors import ArgumentError, EvidenceError
from focale.phrases import count
from focale.phrases import place as place_text
from focale.planning.cells import Cell
from focale.planning.plan_file import kept_in
from focale.planning.prototypes import PlannedTest, Prototypes, prototypes_and_test
from focale.planning.result import Plan, grid_of
from focale.planning.settings import SHARES, SIZES, WITHIN_MM, PlanSettings
from focale.planning.simulation import Simulation
from focale.progress import Progress, silent
from focale.protocol.protocol import Protocol
from focale.studyset.model import Studyset

ENOUGH_POWER = 0.95
"""With the evidence's own number of experiments, k grows until power is this."""

K_AT_ONCE = 5


def plan(
    studyset: Studyset,
    protocol: Protocol | None = None,
    *,
    sizes: Sequence[int] = SIZES,
    shares: Sequence[float] = SHARES,
    n_simulations: int = 500,
    scatter_mm: float | None = None,
    place: tuple[float, float, float] | None = None,
    within_mm: float = WITHIN_MM,
    n_iterations: int = 1000,
    seed: int = 0,
    threads: int | None = None,
    checkpoint: str | Path | None = None,
    progress: Progress = silent,
) -> Plan:
    """Power to detect that experiments like those at hand converge at one place.

    Parameters
    ----------
    studyset
        The evidence as reported; experiments of the same participants are pooled as the
        protocol says.
    protocol
        The test; by default that of `Protocol()`. Its iterations and seed are not used.
    sizes
        Numbers of experiments to look at.
    shares
        Shares of the experiments that report the place; k = share x n, rounded.
    n_simulations
        Simulated evidence bases of each cell.
    scatter_mm
        Standard deviation, along each axis, of the reported foci about the place. By
        default that of the footprint of each experiment, which is what ALE itself assumes.
    place
        The place, mm. By default another one in each simulation, drawn from the voxels
        random foci fall on, so that power is a mean over the brain, its edge included.
    within_mm
        How near to the place a surviving cluster must have a voxel to have found it.
    n_iterations
        Random maps of each Monte Carlo null.
    seed
        Whole number of 0 and more; equal seeds give equal bits, on any number of threads.
    threads
        How many threads; by default one for each core.
    checkpoint
        File that keeps what was simulated every few seconds, also when the run is stopped.
        A plan of the same evidence, test and settings goes on from it, and may ask for
        other sizes and shares.
    progress
        Wraps the simulations, to show a bar.

    Raises
    ------
    ArgumentError
        If a setting is outside what it can be.
    EvidenceError
        If an experiment has no sample size and no width is declared, or if fewer than two
        experiments have foci in the mask.
    ReadError
        If the checkpoint is that of another plan.
    OutputError
        If it cannot be written.

    Examples
    --------
    >>> from focale import Studyset, pain_studyset_path
    >>> studyset = Studyset(pain_studyset_path())
    >>> planned = plan(studyset.slice(studyset.ids[:8]), sizes=(4, 8), shares=(0.5,),
    ...                n_simulations=2, n_iterations=99)  # for a moment; not for an answer
    >>> planned.table[["share", "n", "k"]].values.tolist()
    [[0.5, 4.0, 2.0], [0.5, 8.0, 4.0]]
    """
    protocol = protocol or Protocol()
    settings = PlanSettings(
        sizes=_tuple(sizes),
        shares=_tuple(shares),
        n_simulations=n_simulations,
        scatter_mm=scatter_mm,
        place=place,
        within_mm=within_mm,
        n_iterations=n_iterations,
        seed=seed,
    )
    if threads is not None:
        check_count("threads", "plan", threads, 1)
    prototypes, test = prototypes_and_test(studyset, protocol)
    _check(prototypes, test, settings, studyset)
    path = None if checkpoint is None else Path(checkpoint)
    simulation = Simulation(
        prototypes=prototypes,
        test=test,
        settings=settings,
        kept=kept_in(path, _key(prototypes, test, settings)),
        threads=threads,
    )
    own = _own(simulation, progress)
    wanted = grid_of(settings)
    simulated = iter(simulation.cells([cell for row in wanted for cell in row], progress))
    return Plan(
        studyset=studyset,
        protocol=protocol,
        prototypes=prototypes,
        test=test,
        settings=settings,
        own=own,
        grid=tuple(tuple(next(simulated) for _ in row) for row in wanted),
    )


def _own(simulation: Simulation, progress: Progress) -> tuple[Cell, ...]:
    """Cells of the evidence's own size for k = 2, 3, ... until there is power enough."""
    n, cells = len(simulation.prototypes), list[Cell]()
    for first in range(2, n + 1, K_AT_ONCE):
        ks = range(first, min(first + K_AT_ONCE, n + 1))
        cells += simulation.cells([(n, k) for k in ks], progress)
        enough = [cell.power >= ENOUGH_POWER for cell in cells]
        if any(enough):
            return tuple(cells[: enough.index(True) + 1])
    return tuple(cells)


def _tuple(values: Any) -> Any:
    """A tuple of what may be an array or a list; anything else is left to be refused."""
    return tuple(values) if isinstance(values, (list, range, np.ndarray)) else values


def _key(prototypes: Prototypes, test: PlannedTest, settings: PlanSettings) -> dict[str, Any]:
    """What the simulations are a function of, by name."""
    return {
        "evidence": prototypes.sha256,
        **test.key,
        "simulations": settings.n_simulations,
        "scatter": settings.scatter_mm,
        "place": settings.place,
        "within": settings.within_mm,
        "iterations": settings.n_iterations,
        "seed": settings.seed,
    }


def _check(
    prototypes: Prototypes, test: PlannedTest, settings: PlanSettings, studyset: Studyset
) -> None:
    if len(prototypes) < 2:
        raise EvidenceError(
            f"{studyset.record.source}: only {count(len(prototypes), 'experiment')} has foci in "
            "the mask, too few to know what further experiments are like; add some"
        )
    if settings.n_iterations < (least := math.ceil(1 / test.alpha - 1e-9) - 1):
        raise ArgumentError(
            f"with {count(settings.n_iterations, 'iteration')} no p can be as small as the alpha "
            f"of {test.alpha:g}; ask for at least {least:,} (n_iterations)"
        )
    place = settings.place
    if place is not None and test.mask.position_of(np.array([place]))[0] < 0:
        raise ArgumentError(
            f"the place {place_text(place)} lies outside {test.mask.name}; name one inside"
        )
