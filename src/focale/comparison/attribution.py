"""Which change causes what: one change at a time, everything computed again.

The changes are done one after the other, in the order of `changes_between`, and the whole
reading is made again after each. What a step gains and loses is the difference to the
reading before it, so the steps lead from the old reading to the new one without a rest.
What a step gains depends on the steps before it; so each change is also done alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from focale.comparison.changes import Change
from focale.comparison.matching import match_clusters
from focale.comparison.outcome import LEVELS, Level, Outcome
from focale.errors import FocaleError
from focale.progress import Counted, Progress, silent
from focale.typing import IntArray

Recompute = Callable[[frozenset[Change]], Outcome]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a step does to the voxels of one level.

    Parameters
    ----------
    before, gained, lost, after
        Numbers of voxels; `after` is `before` with what is gained and without what is lost.
    explains
        Voxels that differ between the old and the new reading and have been as they are in
        the new since this step. Over all steps, they add up to all voxels that differ.
    """

    before: int
    gained: int
    lost: int
    after: int
    explains: int


@dataclass(frozen=True, slots=True)
class Step:
    """One change, or several that can only be made together.

    Parameters
    ----------
    changes
        What is changed.
    effects
        By level.
    clusters
        How many clusters it gains, loses and moves; see `match_clusters`.
    alone
        Voxels gained and lost by level, if nothing but this is changed in the old reading;
        None where that cannot be computed.
    why_together
        Why several changes are one step; "" for one change.
    """

    changes: tuple[Change, ...]
    effects: Mapping[Level, Effect]
    clusters: tuple[int, int, int]
    alone: Mapping[Level, tuple[int, int]] | None
    why_together: str = ""

    @property
    def words(self) -> str:
        """What is changed, in a few words."""
        return "; ".join(change.words for change in self.changes)

    @property
    def short(self) -> str:
        """What is changed, for a sentence."""
        return "; ".join(change.short for change in self.changes)


def attribute(
    changes: Sequence[Change], recompute: Recompute, progress: Progress = silent
) -> tuple[list[Step], list[Outcome]]:
    """Steps from the old reading to the new, and the readings between them.

    Parameters
    ----------
    changes
        All of them, in the order in which they are done.
    recompute
        Gives the reading with some of the changes done.
    progress
        Wraps the changes, to show a bar.

    Returns
    -------
    list of Step
        One a change, as far as each can be computed.
    list of Outcome
        The old reading, and the one after each step; the last is the new reading.
    """
    outcomes = [recompute(frozenset())]
    groups: list[tuple[tuple[Change, ...], str]] = []
    alone: list[Mapping[Level, tuple[int, int]] | None] = []
    waiting: list[Change] = []
    why = ""
    for number, change in enumerate(progress(Counted(changes, len(changes))), start=1):
        waiting.append(change)
        try:
            outcome = recompute(frozenset(changes[:number]))
        except FocaleError as error:
            if number == len(changes):
                raise
            why = str(error)
            continue
        outcomes.append(outcome)
        groups.append((tuple(waiting), why))
        first = outcome if len(groups) == 1 else None
        alone.append(_alone(outcomes[0], waiting, recompute, first))
        waiting, why = [], ""
    explains = {level: _explains([o.voxels.get(level) for o in outcomes]) for level in LEVELS}
    steps = []
    for number, (done, reason) in enumerate(groups):
        before, after = outcomes[number], outcomes[number + 1]
        effects = {
            level: _effect(before.voxels[level], after.voxels[level], explains[level][number])
            for level in LEVELS
            if level in before.voxels and level in after.voxels
        }
        steps.append(Step(done, effects, _of_clusters(before, after), alone[number], reason))
    return steps, outcomes


def causes(outcomes: Sequence[Outcome], voxels: IntArray) -> dict[int, int]:
    """Steps that made voxels of the listed clusters what they are, and how many each.

    Parameters
    ----------
    outcomes
        The old reading, and the one after each step.
    voxels
        Voxels of a cluster.

    Returns
    -------
    dict
        Number of the step, from 0, and number of voxels, the most first.
    """
    step = _last_flips([o.voxels["listed"] for o in outcomes], voxels)
    found, n = np.unique(step[step >= 0], return_counts=True)
    order = np.argsort(-n, kind="stable")
    return {int(found[i]): int(n[i]) for i in order}


def moves(outcomes: Sequence[Outcome], voxels: IntArray) -> list[int]:
    """Steps, from 0, that move the place of the largest value within some voxels."""
    tops = [_top(outcome, voxels) for outcome in outcomes]
    return [k for k in range(len(tops) - 1) if tops[k] != tops[k + 1]]


def _top(outcome: Outcome, voxels: IntArray) -> int:
    volume = outcome.stat.volume.reshape(-1)
    return int(voxels[np.argmax(volume[voxels])])


def _alone(
    old: Outcome, done: Sequence[Change], recompute: Recompute, known: Outcome | None
) -> dict[Level, tuple[int, int]] | None:
    """Voxels gained and lost with these changes only; the first step is that already."""
    try:
        outcome = known or recompute(frozenset(done))
    except FocaleError:
        return None
    return {
        level: _gained_and_lost(old.voxels[level], outcome.voxels[level])
        for level in LEVELS
        if level in old.voxels and level in outcome.voxels
    }


def _gained_and_lost(before: IntArray, after: IntArray) -> tuple[int, int]:
    n_kept = np.intersect1d(before, after, assume_unique=True).size
    return after.size - n_kept, before.size - n_kept


def _effect(before: IntArray, after: IntArray, explains: int) -> Effect:
    gained, lost = _gained_and_lost(before, after)
    return Effect(before.size, gained, lost, after.size, explains)


def _of_clusters(before: Outcome, after: Outcome) -> tuple[int, int, int]:
    """Clusters gained, lost and moved."""
    matches = match_clusters(before.clusters, after.clusters)
    gained = sum(m.old is None and not m.n_shared for m in matches)
    lost = sum(m.new is None and not m.n_shared for m in matches)
    moved = sum(
        m.old is not None and m.new is not None and before.peaks_mm[m.old] != after.peaks_mm[m.new]
        for m in matches
    )
    return gained, lost, moved


def _explains(voxels: Sequence[IntArray | None]) -> list[int]:
    """How many of the voxels that differ in the end each step explains; 0 where unknown."""
    n_steps = len(voxels) - 1
    if any(own is None for own in voxels):
        return [0] * n_steps
    known = [own for own in voxels if own is not None]
    differing = np.setxor1d(known[0], known[-1], assume_unique=True)
    step = _last_flips(known, differing)
    return [int(n) for n in np.bincount(step[step >= 0], minlength=n_steps)]


def _last_flips(states: Sequence[IntArray], voxels: IntArray) -> IntArray:
    """The last step, from 0, at which each voxel came in or went out; -1 where none did."""
    last = np.full(voxels.size, -1)
    inside = np.isin(voxels, states[0])
    for step, state in enumerate(states[1:]):
        now = np.isin(voxels, state)
        last[now != inside] = step
        inside = now
    return last
