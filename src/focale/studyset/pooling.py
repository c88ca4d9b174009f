"""Experiments of the same participants made one.

Contrasts of one sample are not independent. Taking the foci of all of them as one
experiment lets a voxel count the participants once (Turkeltaub et al. 2012,
doi:10.1002/hbm.21186).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

from focale._check import check_choice
from focale.io.join import told_apart
from focale.io.problems import Problem, quoted
from focale.io.records import ExperimentRecord, StudysetRecord

Pooling = Literal["pool", "keep", "first"]
PooledN = Literal["min", "max"]


def pool(
    record: StudysetRecord, policy: Pooling = "pool", pooled_n: PooledN = "min"
) -> StudysetRecord:
    """Record with one experiment for each subject group.

    Where every experiment has participants of its own, the record is given back as it is.

    Parameters
    ----------
    record
        What a source says.
    policy
        "pool" joins the foci of a group's experiments, "first" takes the first of them
        that has foci, "keep" leaves all as they are, as if they were independent.
    pooled_n
        Sample size of a pooled experiment: the smallest (and so the widest footprint) or
        the largest of its members.
    """
    check_choice("pooling", "the analysis", policy, get_args(Pooling))
    check_choice("pooled_n", "the analysis", pooled_n, get_args(PooledN))
    groups: dict[str, list[ExperimentRecord]] = {}
    for experiment in record.experiments:
        groups.setdefault(experiment.group, []).append(experiment)
    if policy == "keep" or len(groups) == len(record.experiments):
        return record
    if policy == "pool":
        experiments = [
            members[0] if len(members) == 1 else _pooled(members, pooled_n)
            for members in groups.values()
        ]
        return replace(record, experiments=tuple(told_apart(experiments)[0]))
    firsts = [_first(members) for members in groups.values()]
    chosen = {experiment.id for experiment in firsts}
    left_out = [_not_first(e, groups[e.group]) for e in record.experiments if e.id not in chosen]
    return replace(record, experiments=tuple(firsts), problems=(*record.problems, *left_out))


def _first(members: Sequence[ExperimentRecord]) -> ExperimentRecord:
    return next((member for member in members if member.foci), members[0])


def _not_first(experiment: ExperimentRecord, members: Sequence[ExperimentRecord]) -> Problem:
    return Problem(
        severity="note",
        code="not-first-of-group",
        what=f"left out: {quoted(_first(members).id)} stands for its participants",
        file=experiment.file,
        line=experiment.line,
        experiment=experiment.id,
    )


def _pooled(members: Sequence[ExperimentRecord], pooled_n: PooledN) -> ExperimentRecord:
    first = members[0]
    sizes = [member.n_subjects for member in members if member.n_subjects is not None]
    is_one_study = len({member.study_id for member in members}) == 1
    study_id = first.study_id if is_one_study else first.group
    of_group = "" if first.group == study_id else f" ({first.group})"
    return replace(
        first,
        study_id=study_id,
        contrast_id=f"{len(members)} experiments pooled{of_group}",
        foci=tuple(focus for member in members for focus in member.foci),
        n_subjects=(min(sizes) if pooled_n == "min" else max(sizes)) if sizes else None,
        name="; ".join(member.name or member.contrast_id for member in members),
        talairach=None,
        annotations={},
        members=tuple(members),
    )
