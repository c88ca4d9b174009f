"""The old reading with some of its changes done: evidence, protocol, and how it is read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from focale.comparison.changes import Change, SettingChange, StudyChange
from focale.comparison.side import Side
from focale.io.records import ExperimentRecord, StudysetRecord
from focale.protocol.protocol import Protocol
from focale.studyset.model import Studyset


def blended(old: Side, new: Side, done: Collection[Change]) -> tuple[Studyset, Protocol, bool]:
    """Evidence, protocol and whether it is described, with some changes done."""
    protocol, is_described = old.protocol, old.is_described
    for change in done:
        if isinstance(change, SettingChange):
            if change.name == "described":
                is_described = change.new
            else:
                protocol = replace(protocol, **{change.name: change.new})
    record = _record(old.evidence.record, new.evidence.record, done)
    evidence = Studyset(record, old.evidence.target, talairach=protocol.talairach)
    return evidence, protocol, is_described


def _record(old: StudysetRecord, new: StudysetRecord, done: Collection[Change]) -> StudysetRecord:
    """The old evidence with some studies as they are in the new."""
    changes = [change for change in done if isinstance(change, StudyChange)]
    if not changes:
        return old
    leaving = {study for change in changes for study in change.old}
    coming = {study for change in changes for study in change.new}
    replaced = {e.id: e for e in new.experiments if e.study_id in coming}
    kept = [
        replaced.get(e.id, e)
        for e in old.experiments
        if e.study_id not in leaving or e.id in replaced
    ]
    experiments = _inserted(kept, new.experiments, coming)
    if any(change.kind == "reordered" for change in changes):
        experiments = _in_order_of(experiments, new.experiments)
    return replace(
        new,
        experiments=tuple(experiments),
        problems=(),
        studies={**old.studies, **new.studies},
    )


def _inserted(
    kept: Sequence[ExperimentRecord], new: Sequence[ExperimentRecord], coming: set[str]
) -> list[ExperimentRecord]:
    """Experiments with those of other studies, each behind the one it follows in the new."""
    experiments = list(kept)
    ids = [e.id for e in experiments]
    at = 0
    for experiment in new:
        if experiment.id in ids:
            at = ids.index(experiment.id) + 1
        elif experiment.study_id in coming:
            experiments.insert(at, experiment)
            ids.insert(at, experiment.id)
            at += 1
    return experiments


def _in_order_of(
    experiments: Sequence[ExperimentRecord], new: Sequence[ExperimentRecord]
) -> list[ExperimentRecord]:
    """Experiments in the order of the new; one it does not have behind the one before it."""
    rank = {e.id: number for number, e in enumerate(new)}
    ranks, last = [], -1
    for experiment in experiments:
        last = rank.get(experiment.id, last)
        ranks.append(last)
    return [experiments[i] for i in sorted(range(len(ranks)), key=ranks.__getitem__)]
