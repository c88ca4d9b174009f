"""Experiments of one source or several told apart, and several sources made one."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from typing import Any

from focale.io.problems import Problem
from focale.io.records import ExperimentRecord, Reconciliation, StudysetRecord


def told_apart(
    experiments: Sequence[ExperimentRecord],
) -> tuple[list[ExperimentRecord], list[Problem]]:
    """Experiments with identifiers that differ, and a warning for each that was renamed.

    A header is a label and never a key: equal headers are different experiments.
    """
    taken: dict[str, ExperimentRecord] = {}
    numbers: dict[str, Iterator[int]] = {}
    problems: list[Problem] = []
    for experiment in experiments:
        own = experiment
        if experiment.id in taken:
            own = _renumbered(
                experiment, taken, numbers.setdefault(experiment.id, itertools.count(2))
            )
            problems.append(_renamed(taken[experiment.id], experiment, own))
        taken[own.id] = own
    return list(taken.values()), problems


def join_records(records: Sequence[StudysetRecord]) -> StudysetRecord:
    """One record of several sources: the experiments of the first, the second and so on."""
    if len(records) == 1:
        return records[0]
    experiments, renamed = told_apart([e for record in records for e in record.experiments])
    studies: dict[str, dict[str, Any]] = {}
    for record in records:
        for study_id, described in record.studies.items():
            studies[study_id] = {**described, **studies.get(study_id, {})}
    fingerprints = "".join(record.sha256 for record in records)
    return StudysetRecord(
        experiments=tuple(experiments),
        source=" + ".join(record.source for record in records),
        sha256=hashlib.sha256(fingerprints.encode()).hexdigest(),
        reconciliation=sum((r.reconciliation for r in records), Reconciliation(0, 0)),
        problems=(*(p for record in records for p in record.problems), *renamed),
        studies=studies,
        format=" + ".join(dict.fromkeys(record.format for record in records)),
    )


def _renumbered(
    experiment: ExperimentRecord, taken: Container[str], numbers: Iterator[int]
) -> ExperimentRecord:
    """The experiment with the first number in brackets that makes its identifier new."""
    for number in numbers:
        renumbered = replace(experiment, contrast_id=f"{experiment.contrast_id} ({number})")
        if renumbered.id not in taken:
            return renumbered
    raise AssertionError("the numbers do not end")


def _renamed(first: ExperimentRecord, second: ExperimentRecord, own: ExperimentRecord) -> Problem:
    return Problem(
        severity="warning",
        code="repeated-header",
        what=f"the name of the experiment at {first.where} again",
        found=second.name or second.id,
        expected="both are kept: name the contrasts, and pool them if they share participants",
        file=second.file,
        line=second.line,
        experiment=own.id,
    )
