"""What is left out at once: an experiment, a study, a subject group, or all with one note."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from focale.errors import ArgumentError
from focale.frozen import freeze
from focale.io.records import ExperimentRecord
from focale.phrases import listed, one_line
from focale.studyset.model import Studyset
from focale.typing import IntArray

KINDS = ("experiment", "subject_group", "study")
"""Units every studyset has; any other name is that of a note."""

_IN_WORDS = {"subject_group": "subject group"}


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Groups of experiments that are left out together.

    Attributes
    ----------
    kind
        "experiment", "subject_group", "study", or the name of a note.
    names
        Name of each unit.
    of_experiment
        Shape (n_experiments,); number of the unit of each experiment, -1 where it is in
        none.
    """

    kind: str
    names: tuple[str, ...]
    of_experiment: IntArray

    def __post_init__(self) -> None:
        freeze(self, "of_experiment")

    def __len__(self) -> int:
        """Number of units."""
        return len(self.names)

    @property
    def in_words(self) -> str:
        """What a unit is, for a sentence."""
        return _IN_WORDS.get(self.kind, one_line(self.kind))

    @property
    def plural(self) -> str:
        """What several units are, for a sentence."""
        return "studies" if self.kind == "study" else f"{self.in_words}s"

    def experiments(self, units: Collection[int]) -> IntArray:
        """Numbers of the experiments of some units."""
        return np.flatnonzero(np.isin(self.of_experiment, list(units)))


def units_of(studyset: Studyset, kind: str = "experiment") -> Units:
    """The units of a studyset.

    Parameters
    ----------
    studyset
        The evidence, as it is analysed.
    kind
        "experiment", "subject_group", "study", or the name of a note such as "lab": then a
        unit is all experiments with one value of it, and an experiment without it, or
        pooled from experiments with several, is in no unit.

    Raises
    ------
    ArgumentError
        If no experiment has such a note.
    """
    keys = [_key(experiment, kind) for experiment in studyset]
    number = {key: i for i, key in enumerate(dict.fromkeys(k for k in keys if k is not None))}
    if not number:
        notes = {str(name) for e in studyset for one in e.reported for name in one.annotations}
        known = listed([*KINDS, *(one_line(name) for name in sorted(notes)[:10])], "or")
        raise ArgumentError(
            f"no experiment of {studyset.record.source} has a note {kind!r}, so nothing can be "
            f"left out by it; choose {known}"
        )
    return Units(
        kind=kind,
        names=tuple(map(str, number)),
        of_experiment=np.array([-1 if key is None else number[key] for key in keys]),
    )


def units_that_differ(studyset: Studyset) -> list[Units]:
    """Experiments, and subject groups and studies where these are others than experiments."""
    chosen: list[Units] = []
    for kind in KINDS:
        units = units_of(studyset, kind)
        if all(not np.array_equal(units.of_experiment, u.of_experiment) for u in chosen):
            chosen.append(units)
    return chosen


def _key(experiment: ExperimentRecord, kind: str) -> Hashable:
    if kind == "experiment":
        return experiment.id
    if kind == "study":
        return experiment.study_id
    if kind == "subject_group":
        return experiment.group
    values = {_note(member.annotations.items(), kind) for member in experiment.reported}
    return values.pop() if len(values) == 1 else None


def _note(
    annotations: Collection[tuple[str, object]] | Sequence[tuple[str, object]], name: str
) -> str | None:
    """Text of a note, whose name may be written in small or large letters."""
    for key, value in annotations:
        if str(key).casefold() == name.casefold() and str(value).strip() not in ("", "None"):
            return str(value).strip()
    return None
