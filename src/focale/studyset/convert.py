"""Coordinates of an evidence base with their space named, or all in one space."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, cast

import numpy as np

from focale.io.records import ExperimentRecord, FocusRecord, StudysetRecord
from focale.io.spaces import canonical_space
from focale.space.talairach import TalairachMatrix, mni_to_talairach
from focale.studyset.model import Studyset


def placed(studyset: Studyset) -> StudysetRecord:
    """Record of the evidence in which every focus names its space.

    Foci the source leaves open get the space they were taken to be in; no number changes.
    """

    def of(experiment: ExperimentRecord) -> ExperimentRecord:
        foci = tuple(
            focus if canonical_space(focus.space or "") else replace(focus, space=studyset.space)
            for focus in experiment.foci
        )
        members = tuple(of(member) for member in experiment.members)
        return replace(experiment, foci=foci, members=members)

    if studyset.space is None:
        return studyset.record
    experiments = tuple(of(experiment) for experiment in studyset)
    return replace(studyset.record, experiments=experiments)


def in_space(studyset: Studyset, space: Literal["MNI", "TAL"]) -> StudysetRecord:
    """Record of the evidence with all coordinates in one space.

    Foci that are in that space already keep the numbers they were reported with.

    Parameters
    ----------
    studyset
        The evidence; coordinates are converted as it says, either way, and an experiment whose
        source names another conversion takes that one.
    space
        "MNI" or "TAL".

    Returns
    -------
    StudysetRecord
        Its foci are in `space`. Where that is MNI, no experiment names a conversion any more.
    """
    places = iter(zip(studyset.foci_mm.tolist(), studyset.conversion_of_focus, strict=True))

    def moved(focus: FocusRecord, matrix: TalairachMatrix) -> FocusRecord:
        mm, conversion = next(places)
        if (conversion is None) == (space == "MNI"):
            return replace(focus, space=space)
        if space == "TAL":
            mm = mni_to_talairach(np.array([mm]), matrix)[0].tolist()
        return replace(focus, mm=tuple(mm), space=space)

    def written(experiment: ExperimentRecord) -> ExperimentRecord:
        matrix = cast("TalairachMatrix", experiment.talairach or studyset.talairach)
        return replace(
            experiment,
            foci=tuple(moved(focus, matrix) for focus in experiment.foci),
            talairach=experiment.talairach if space == "TAL" else None,
        )

    experiments = []
    for experiment in studyset:
        if not experiment.members:
            experiments.append(written(experiment))
            continue
        members = tuple(written(member) for member in experiment.members)
        foci = tuple(focus for member in members for focus in member.foci)
        experiments.append(replace(experiment, foci=foci, members=members))
    return replace(studyset.record, experiments=tuple(experiments))
