"""What a person tells a reader to assume, put into the record and said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from focale.io.problems import Problem
from focale.io.records import ExperimentRecord, StudysetRecord
from focale.io.source import ReadOptions


def with_options(record: StudysetRecord, options: ReadOptions) -> StudysetRecord:
    """The record with sample sizes, subject groups and conversions as the options say.

    Options that name a study or experiment the record does not have are errors among the
    problems.
    """
    record = replace(record, options=options.given)
    record = _with_default_n(record, options.default_n)
    record = _assigned(
        record, "groups_of", options.groups_of, lambda e, name: replace(e, subject_group=name)
    )
    return _assigned(
        record, "talairach_of", options.talairach_of, lambda e, name: replace(e, talairach=name)
    )


def _with_default_n(record: StudysetRecord, n: int | None) -> StudysetRecord:
    if n is None:
        return record
    without = [e for e in record.experiments if e.n_subjects is None]
    filled = [
        Problem(
            severity="warning",
            code="default-sample-size",
            what=f"no sample size: {n} taken, as default_n says",
            file=e.file,
            line=e.line,
            experiment=e.id,
        )
        for e in without
    ]
    experiments = tuple(
        replace(e, n_subjects=float(n)) if e.n_subjects is None else e for e in record.experiments
    )
    return replace(record, experiments=experiments, problems=(*record.problems, *filled))


def _assigned(
    record: StudysetRecord,
    option: str,
    values: Mapping[str, str] | None,
    change: Callable[[ExperimentRecord, str], ExperimentRecord],
) -> StudysetRecord:
    """The record with a value set for whole studies or for single experiments."""
    values = values or {}
    known = {name for e in record.experiments for name in (e.id, e.study_id)}
    unknown = [
        Problem(
            severity="error",
            code="unknown-id",
            what=f"{option} names a study or experiment that is not in the file",
            found=name,
            expected="give an id as `focale check` lists it",
            file=record.source,
        )
        for name in values
        if name not in known
    ]
    experiments = tuple(
        change(e, values[e.id if e.id in values else e.study_id])
        if e.id in values or e.study_id in values
        else e
        for e in record.experiments
    )
    return replace(record, experiments=experiments, problems=(*record.problems, *unknown))
