"""What differs between two readings: studies, and choices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from focale.comparison.side import Side
from focale.io.metadata import is_missing
from focale.io.records import ExperimentRecord, StudysetRecord
from focale.phrases import count, listed, one_line
from focale.protocol.names import CHOICE_NAMES, value_text
from focale.protocol.profiles import fdr_tails

StudyKind = Literal["dropped", "corrected", "renamed", "added", "reordered"]
_HOW_READ = {True: "described only", False: "as the protocol decides"}
_BESIDE = {"profile": "tails of the z of FDR", "described": "reading"}
MOST_STUDIES = 40
"""With more studies changed, the others of a kind are one step."""


@dataclass(frozen=True, slots=True)
class StudyChange:
    """Studies that differ.

    Parameters
    ----------
    kind
        What happened to them.
    old, new
        Their identifiers in the old and in the new reading.
    details
        What differs, in words.
    """

    kind: StudyKind
    old: tuple[str, ...]
    new: tuple[str, ...]
    details: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The change in a few words."""
        names = self.new or self.old
        if self.kind == "reordered":
            return "experiments in another order"
        if len(names) > 1:
            return f"{count(len(names), 'more study', 'more studies')} {self.kind}"
        if self.kind == "renamed":
            return f"renamed: {one_line(self.old[0])} -> {one_line(names[0])}"
        return f"{self.kind}: {one_line(names[0])}"

    @property
    def short(self) -> str:
        """The change in fewer words, for a sentence."""
        return self.words


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A choice that differs.

    Parameters
    ----------
    name
        Of the protocol's choice; "profile" and "described" for what no choice holds.
    old, new
        Its values.
    """

    name: str
    old: Any
    new: Any

    @property
    def words(self) -> str:
        """The change in a few words."""
        if self.name == "profile":
            values = [str(fdr_tails(name)) for name in (self.old, self.new)]
        elif self.name == "described":
            values = [_HOW_READ[value] for value in (self.old, self.new)]
        else:
            values = [value_text(value) for value in (self.old, self.new)]
        of = "" if self.name in _BESIDE else f" ({self.name})"
        return f"{self.short}{of}: {one_line(' -> '.join(values), 200)}"

    @property
    def short(self) -> str:
        """What is chosen, for a sentence."""
        return _BESIDE.get(self.name) or CHOICE_NAMES[self.name]

    @property
    def details(self) -> tuple[str, ...]:
        """Nothing more."""
        return ()


Change: TypeAlias = StudyChange | SettingChange


def changes_between(old: Side, new: Side) -> tuple[Change, ...]:
    """All changes, in the order in which they are done: reader, evidence, settings."""
    settings = list(_settings(old, new))
    return (
        *(change for change in settings if change.name == "reading"),
        *_few(list(_studies(old.evidence.record, new.evidence.record))),
        *_order(old.evidence.record, new.evidence.record),
        *(change for change in settings if change.name != "reading"),
    )


# --- settings ----------------------------------------------------------------------------


def _settings(old: Side, new: Side) -> Iterator[SettingChange]:
    before, after = old.protocol.choices, new.protocol.choices
    for name in CHOICE_NAMES:
        if before[name] != after[name]:
            yield SettingChange(name, before[name], after[name])
    if old.is_described != new.is_described:
        yield SettingChange("described", old.is_described, new.is_described)
    profiles = old.protocol.profile, new.protocol.profile
    if fdr_tails(profiles[0]) != fdr_tails(profiles[1]):
        yield SettingChange("profile", *profiles)


# --- studies -----------------------------------------------------------------------------


def _studies(old: StudysetRecord, new: StudysetRecord) -> Iterator[StudyChange]:
    before, after = _by_study(old), _by_study(new)
    dropped = [study for study in before if study not in after]
    added = [study for study in after if study not in before]
    renamed: dict[str, str] = {}
    for study in dropped:
        same = [a for a in added if _content(after[a]) == _content(before[study])]
        free = [a for a in same if a not in renamed.values()]
        if free:
            renamed[study] = free[0]
    for study in dropped:
        if study not in renamed:
            yield StudyChange("dropped", (study,), (), (_holds(before[study]),))
    for study in before:
        if study in after and _by_contrast(before[study]) != _by_contrast(after[study]):
            details = tuple(_corrections(before[study], after[study]))
            yield StudyChange("corrected", (study,), (study,), details)
    for study, name in renamed.items():
        yield StudyChange("renamed", (study,), (name,))
    for study in added:
        if study not in renamed.values():
            yield StudyChange("added", (), (study,), (_holds(after[study]),))


def _few(changes: Sequence[StudyChange]) -> list[StudyChange]:
    """The first changes one by one, and the others of each kind together."""
    if len(changes) <= MOST_STUDIES:
        return list(changes)
    alone, rest = changes[:MOST_STUDIES], changes[MOST_STUDIES:]
    together = []
    for kind in dict.fromkeys(change.kind for change in rest):
        alike = [change for change in rest if change.kind == kind]
        old = tuple(study for change in alike for study in change.old)
        new = tuple(study for change in alike for study in change.new)
        together.append(StudyChange(kind, old, new))
    return [*alone, *together]


def _order(old: StudysetRecord, new: StudysetRecord) -> list[StudyChange]:
    """Whether experiments that both have stand in another order."""
    names = [e.id for e in old.experiments], [e.id for e in new.experiments]
    common = set(names[0]) & set(names[1])
    orders = [[name for name in own if name in common] for own in names]
    return [] if orders[0] == orders[1] else [StudyChange("reordered", (), ())]


def _by_study(record: StudysetRecord) -> dict[str, list[ExperimentRecord]]:
    studies: dict[str, list[ExperimentRecord]] = {}
    for experiment in record.experiments:
        studies.setdefault(experiment.study_id, []).append(experiment)
    return studies


def _content(experiments: Sequence[ExperimentRecord]) -> Counter[Any]:
    """What of experiments matters to an analysis, whatever their names."""
    return Counter(map(_of, experiments))


def _by_contrast(experiments: Sequence[ExperimentRecord]) -> dict[str, Any]:
    return {e.contrast_id: _of(e) for e in experiments}


def _of(experiment: ExperimentRecord) -> Any:
    """What of one experiment matters to an analysis."""
    return (
        tuple((focus.mm, focus.space) for focus in experiment.foci),
        experiment.n_subjects,
        experiment.subject_group,
        experiment.talairach,
        frozenset(_tags(experiment).items()),
    )


def _foci(experiment: ExperimentRecord) -> Counter[Any]:
    return Counter((focus.mm, focus.space) for focus in experiment.foci)


def _tags(experiment: ExperimentRecord) -> dict[str, str]:
    return {k: str(v) for k, v in experiment.annotations.items() if not is_missing(v)}


def _holds(experiments: Sequence[ExperimentRecord]) -> str:
    n_foci = sum(len(e.foci) for e in experiments)
    return f"{count(len(experiments), 'experiment')}, {count(n_foci, 'focus', 'foci')}"


def _corrections(
    old: Sequence[ExperimentRecord], new: Sequence[ExperimentRecord]
) -> Iterator[str]:
    """What differs between the experiments of one study."""
    before, after = {e.contrast_id: e for e in old}, {e.contrast_id: e for e in new}
    coming = {name: _of(e) for name, e in after.items() if name not in before}
    for name, experiment in before.items():
        same = [other for other, content in coming.items() if content == _of(experiment)]
        if name not in after and same:
            del coming[same[0]]
            yield f"experiment {one_line(name)} renamed {one_line(same[0])}"
        elif name not in after:
            yield f"experiment {one_line(name)} dropped ({_holds([experiment])})"
        elif differences := list(_differences(experiment, after[name])):
            where = f"{one_line(name)}: " if len(before) > 1 or len(after) > 1 else ""
            yield f"{where}{listed(differences)}"
    for name in coming:
        yield f"experiment {one_line(name)} added ({_holds([after[name]])})"


def _differences(old: ExperimentRecord, new: ExperimentRecord) -> Iterator[str]:
    before, after = _foci(old), _foci(new)
    places = Counter(f.mm for f in old.foci), Counter(f.mm for f in new.foci)
    if before != after and places[0] == places[1]:
        spaces = [listed(sorted({str(f.space) for f in e.foci})) for e in (old, new)]
        yield f"space {one_line(spaces[0])} -> {one_line(spaces[1])}"
    elif before != after:
        gone, come = (before - after).total(), (after - before).total()
        moved = min(gone, come)
        if moved:
            yield f"{count(moved, 'focus', 'foci')} changed"
        if come > moved:
            yield f"{count(come - moved, 'focus', 'foci')} added"
        if gone > moved:
            yield f"{count(gone - moved, 'focus', 'foci')} dropped"
    elif [f.mm for f in old.foci] != [f.mm for f in new.foci]:
        yield "foci in another order"
    for name, is_, was in (
        ("N", new.n_subjects, old.n_subjects),
        ("subject group", new.subject_group, old.subject_group),
        ("conversion", new.talairach, old.talairach),
    ):
        if is_ != was:
            yield f"{name} {_said(was)} -> {_said(is_)}"
    if _tags(old) != _tags(new):
        yield "tags differ"


def _said(value: Any) -> str:
    if value is None:
        return "not given"
    return f"{value:g}" if isinstance(value, float) else one_line(str(value))
