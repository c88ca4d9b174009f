"""A record as NIMADS, as NiMARE reads it and as Focale reads it back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from focale.errors import ArgumentError
from focale.io.metadata import GROUP_KEY, MATRIX_KEY, is_missing
from focale.io.nimads.reader import POINT_FIELDS
from focale.io.numbers import is_finite_number
from focale.io.problems import quoted
from focale.io.records import ExperimentRecord, FocusRecord, StudysetRecord

MOST_GROUPS = 1000
_NOTE_TYPES = {bool: "boolean", int: "number", float: "number"}


def losses(record: StudysetRecord) -> list[str]:
    """What of a record NIMADS has no place for, in words."""
    order = [experiment.study_id for experiment in record.experiments]
    runs = sum(1 for i, study in enumerate(order) if i == 0 or study != order[i - 1])
    lost = {
        "the order of experiments of a study that do not stand together": runs > len(set(order)),
        "the experiments that pooled ones were made from": any(
            experiment.members for experiment in record.experiments
        ),
    }
    return [what for what, is_there in lost.items() if is_there]


def write(record: StudysetRecord, _path: Path) -> str:
    """Text of a NIMADS studyset.

    Raises
    ------
    ArgumentError
        If a sample size is no mean of whole numbers.
    """
    return json.dumps(tree_of(record), indent=1, ensure_ascii=False, default=str) + "\n"


def tree_of(record: StudysetRecord) -> dict[str, Any]:
    """NIMADS studyset of a record."""
    studies = {study_id: _study(study_id, about) for study_id, about in record.studies.items()}
    for experiment in record.experiments:
        study = studies.setdefault(experiment.study_id, _study(experiment.study_id, {}))
        study["analyses"].append(_analysis(experiment))
    order = dict.fromkeys([*(e.study_id for e in record.experiments), *studies])
    tree: dict[str, Any] = {
        "id": record.sha256[:12],
        "name": record.source,
        "studies": [studies[study_id] for study_id in order],
    }
    annotations = _annotations(record)
    return tree | {"annotations": annotations} if annotations else tree


def groups_with_mean(n: float) -> list[int]:
    """Whole sample sizes of groups whose mean is a sample size.

    NiMARE takes whole numbers only and makes 20 of 20.5; of groups it takes the mean.

    Raises
    ------
    ArgumentError
        If it is no mean of at most 1,000 whole numbers.

    Examples
    --------
    >>> groups_with_mean(12), groups_with_mean(20.5)
    ([12], [20, 21])
    """
    fraction = Fraction(n).limit_denominator(MOST_GROUPS)
    total, n_groups = fraction.numerator, fraction.denominator
    if total < n_groups or total / n_groups != n:
        raise ArgumentError(
            f"sample size {n!r} is no mean of whole numbers above 0, which NIMADS needs; give a "
            "whole number"
        )
    small, n_large = divmod(total, n_groups)
    return [small] * (n_groups - n_large) + [small + 1] * n_large


def _study(study_id: str, about: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: _plain(value) for key, value in about.items() if key != "analyses"}
    return {"name": "", "authors": "", "publication": "", **plain, "id": study_id, "analyses": []}


def _analysis(experiment: ExperimentRecord) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    if experiment.n_subjects is not None:
        try:
            metadata["sample_sizes"] = groups_with_mean(experiment.n_subjects)
        except ArgumentError as error:
            raise ArgumentError(f"experiment {quoted(experiment.id)}: {error}") from error
    if experiment.subject_group is not None:
        metadata[GROUP_KEY] = experiment.subject_group
    if experiment.talairach is not None:
        metadata[MATRIX_KEY] = experiment.talairach
    return {
        "id": experiment.contrast_id,
        "name": experiment.name,
        "metadata": metadata,
        "conditions": [],
        "weights": [],
        "images": [],
        "points": [_point(focus) for focus in experiment.foci],
    }


def _point(focus: FocusRecord) -> dict[str, Any]:
    point: dict[str, Any] = {"coordinates": list(focus.mm), "space": focus.space}
    if focus.values:
        said = {key: _plain(v) for key, v in focus.values.items() if not is_missing(v)}
        point |= {key: value for key, value in said.items() if key in POINT_FIELDS}
        point["values"] = [
            {"kind": key, "value": value} for key, value in said.items() if key not in POINT_FIELDS
        ]
    return point


def _annotations(record: StudysetRecord) -> list[dict[str, Any]]:
    """One annotation with a note for each experiment that has any."""
    notes: list[dict[str, Any]] = []
    types: dict[str, str] = {}
    for experiment in record.experiments:
        said = {
            key: _plain(value)
            for key, value in experiment.annotations.items()
            if not is_missing(value)
        }
        types |= {key: _NOTE_TYPES.get(type(value), "string") for key, value in said.items()}
        if said:
            notes.append(
                {"study": experiment.study_id, "analysis": experiment.contrast_id, "note": said}
            )
    if not notes:
        return []
    return [{"id": "notes", "name": "notes", "note_keys": types, "notes": notes}]


def _plain(value: Any) -> Any:
    """A value JSON can hold: infinity, which it cannot, as text."""
    return str(value) if isinstance(value, float) and not is_finite_number(value) else value
