"""Experiments and subject groups that are in more than one set.

What is in two sets makes them agree by construction, so a conjunction of them is less than
it looks. An experiment is the same where its foci and its sample size are, under whatever
name (one focus alone may agree by chance, so it must have the name too); participants
are the same where the subject groups have one name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, TypeAlias

from focale.conjoining.tested_set import TestedSet
from focale.errors import EvidenceError
from focale.io.records import ExperimentRecord
from focale.phrases import count, one_line

Content: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Shared:
    """What several sets have in common.

    Parameters
    ----------
    kind
        "experiment", or "subject group": other experiments of the same participants.
    name
        Its name in the first of these sets.
    sets
        Numbers of the sets, from 0, rising.
    """

    kind: Literal["experiment", "subject group"]
    name: str
    sets: tuple[int, ...]


def check_different(sets: Sequence[TestedSet]) -> None:
    """Refuse the same evidence twice, under whatever name.

    Raises
    ------
    EvidenceError
        If two sets hold the same experiments.
    """
    contents = [sorted(map(repr, map(_content, own.experiments))) for own in sets]
    for (i, first), (j, second) in combinations(enumerate(contents), 2):
        if first == second:
            raise EvidenceError(
                f"{one_line(sets[i].name)} and {one_line(sets[j].name)} hold the same evidence "
                f"({count(len(first), 'experiment')} with the same foci and sample sizes), which "
                "agrees with itself; name each set once"
            )


def shared_by(sets: Sequence[TestedSet]) -> tuple[Shared, ...]:
    """Experiments, then subject groups, that are in more than one set."""
    experiments = list(_experiments(sets))
    of_group = {
        name: {i for i, own in enumerate(sets) if any(e.group == name for e in own.experiments)}
        for name in dict.fromkeys(e.group for own in sets for e in own.experiments)
    }
    told: dict[str, set[int]] = {}  # groups that a shared experiment speaks for
    for shared, group in experiments:
        told.setdefault(group, set()).update(shared.sets)
    groups = [
        Shared("subject group", name, tuple(sorted(where)))
        for name, where in of_group.items()
        if len(where) > 1 and not where <= told.get(name, set())
    ]
    return (*(shared for shared, _ in experiments), *groups)


def _experiments(sets: Sequence[TestedSet]) -> Iterator[tuple[Shared, str]]:
    """Each experiment that several sets hold, with its subject group."""
    held: dict[Content, dict[int, ExperimentRecord]] = {}
    for i, own in enumerate(sets):
        for experiment in own.experiments:
            if experiment.foci:
                by_name = experiment.id if len(experiment.foci) == 1 else ""
                held.setdefault((by_name, *_content(experiment)), {}).setdefault(i, experiment)
    for where in held.values():
        if len(where) > 1:
            first = next(iter(where.values()))
            yield Shared("experiment", first.id, tuple(sorted(where))), first.group


def _content(experiment: ExperimentRecord) -> Content:
    foci = sorted((focus.mm, focus.space or "") for focus in experiment.foci)
    return tuple(foci), experiment.n_subjects
