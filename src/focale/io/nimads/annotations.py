"""Annotations of a NIMADS studyset: notes about analyses, brought to the experiments.

An annotation is a list of notes; a note names a study and an analysis and has keys with
values. It lies inside the studyset, inside its analyses, or in a file of its own, as
Neurosynth Compose exports it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from focale.errors import ReadError
from focale.io.json_lines import ANY, Places, load
from focale.io.metadata import find_sample_size, is_missing
from focale.io.problems import Problem
from focale.io.records import ExperimentRecord
from focale.io.source import ReadOptions, open_source
from focale.phrases import count

INCLUSION_KEYS = ("included", "include")


@dataclass(frozen=True, slots=True)
class Note:
    """What an annotation says about one analysis."""

    study: str | None
    analysis: str
    values: Mapping[str, Any]
    place: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Annotation:
    """Notes under one name.

    Parameters
    ----------
    name
        Its name, or else its identifier.
    notes
        One for each analysis it speaks of.
    file
        Where it was found.
    """

    name: str
    notes: Sequence[Note]
    file: str


def is_annotation(tree: Any) -> bool:
    """Whether a tree is one annotation rather than a studyset."""
    return isinstance(tree, Mapping) and isinstance(tree.get("notes"), list)


def annotation_of(tree: Mapping[str, Any], file: str, place: Callable[[int], Any]) -> Annotation:
    """Annotation of a tree that is one.

    Parameters
    ----------
    tree
        Mapping with a list "notes".
    file
        Name of the source.
    place
        Gives the line of a note.
    """
    notes = [
        Note(
            study=_id(note.get("study")),
            analysis=_id(note.get("analysis")) or "",
            values=_said(note.get("note")),
            place=place(number),
        )
        for number, note in enumerate(tree["notes"])
        if isinstance(note, Mapping)
    ]
    return Annotation(str(tree.get("name") or tree.get("id") or "annotation"), notes, file)


def load_annotations(path: str, options: ReadOptions) -> list[Annotation]:
    """Annotations of a file.

    Raises
    ------
    InputMissingError
        If there is none.
    ReadError
        If it holds no annotation.
    """
    source = open_source(path)
    tree, places, _ = load(source, options, ("notes", ANY))
    if isinstance(tree, Mapping) and isinstance(tree.get("annotations"), list):
        tree = tree["annotations"]
    trees = tree if isinstance(tree, list) else [tree]
    if not trees or not all(is_annotation(one) for one in trees):
        raise ReadError(
            f"{source.name} is no annotation (an object with a list 'notes'); export the "
            "annotation, or leave out --annotation (annotation=)"
        )
    return [annotation_of(one, source.name, lambda number: _line(places, number)) for one in trees]


def annotated(
    experiments: Sequence[ExperimentRecord], annotations: Sequence[Annotation]
) -> tuple[list[ExperimentRecord], list[Problem]]:
    """Experiments with what the annotations say of them, and what does not fit.

    Keys stand by themselves; where two annotations give one key different values, it
    has the name of the annotation before it.
    """
    find = _finder(experiments)
    problems: list[Problem] = []
    said: dict[int, list[tuple[Annotation, Note]]] = defaultdict(list)
    for annotation in annotations:
        unknown: list[Note] = []
        met: set[int] = set()
        for note in annotation.notes:
            position = find(note)
            if position is None:
                unknown.append(note)
            else:
                met.add(position)
                said[position].append((annotation, note))
        problems += _unfitting(annotation, unknown, len(experiments) - len(met))
        problems += _selection(annotation)
    colliding = _colliding(said.values())
    noted = list(experiments)
    for position, notes in said.items():
        noted[position], faults = _noted(noted[position], notes, colliding)
        problems += faults
    return noted, problems


def _line(places: Places, number: int) -> dict[str, int]:
    return places.of("notes", number)


def _id(value: Any) -> str | None:
    """Identifier, which may be given as the object it stands for."""
    if isinstance(value, Mapping):
        value = value.get("id")
    return None if is_missing(value) else str(value)


def _said(values: Any) -> dict[str, Any]:
    values = values if isinstance(values, Mapping) else {}
    return {
        str(key): value
        for key, value in values.items()
        if not is_missing(value) and value != "None"
    }


def _finder(experiments: Sequence[ExperimentRecord]) -> Callable[[Note], int | None]:
    """Position of the experiment a note speaks of.

    By study and analysis, by the identifier of both, or by that of the analysis where only
    one analysis has it.
    """
    by_pair = {(e.study_id, e.contrast_id): i for i, e in enumerate(experiments)}
    by_id = {e.id: i for i, e in enumerate(experiments)}
    alone: dict[str, int | None] = {}
    for i, e in enumerate(experiments):
        alone[e.contrast_id] = None if e.contrast_id in alone else i

    def find(note: Note) -> int | None:
        if note.study is not None:
            return by_pair.get((note.study, note.analysis), by_id.get(note.analysis))
        return by_id.get(note.analysis, alone.get(note.analysis))

    return find


def _unfitting(annotation: Annotation, unknown: Sequence[Note], n_without: int) -> list[Problem]:
    """Notes without an analysis, and analyses without a note."""
    problems: list[Problem] = []
    if unknown:
        first = unknown[0]
        problems.append(
            Problem(
                severity="warning",
                code="note-without-analysis",
                what=f"annotation {annotation.name!r}: {count(len(unknown), 'note')} of an "
                "analysis that is not in the studyset: left out; the first is of",
                found=f"{first.study or 'any study'}, {first.analysis}",
                expected="check that annotation and studyset belong together",
                file=annotation.file,
                **first.place,
            )
        )
    if n_without:
        problems.append(
            Problem(
                severity="note",
                code="analysis-without-note",
                what=f"annotation {annotation.name!r} has no note for "
                f"{count(n_without, 'experiment')}",
                file=annotation.file,
            )
        )
    return problems


def _selection(annotation: Annotation) -> list[Problem]:
    """A note that an annotation marks what to include, since nothing is selected silently."""
    problems: list[Problem] = []
    for key in INCLUSION_KEYS:
        marks = [note.values[key] for note in annotation.notes if note.values.get(key) in (0, 1)]
        marks = [mark for mark in marks if isinstance(mark, bool)]
        if marks:
            problems.append(
                Problem(
                    severity="note",
                    code="selection-not-applied",
                    what=f"annotation {annotation.name!r} marks {sum(marks)} of "
                    f"{count(len(marks), 'analysis', 'analyses')} as {key}; all are kept",
                    expected=f"select them with --where +{key}",
                    file=annotation.file,
                )
            )
    return problems


def _colliding(said: Iterable[Sequence[tuple[Annotation, Note]]]) -> set[str]:
    """Keys to which two annotations give different values somewhere."""
    colliding: set[str] = set()
    for notes in said:
        first: dict[str, Any] = {}
        for _, note in notes:
            for key, value in note.values.items():
                if first.setdefault(key, value) != value:
                    colliding.add(key)
    return colliding


def _noted(
    experiment: ExperimentRecord, notes: Sequence[tuple[Annotation, Note]], colliding: set[str]
) -> tuple[ExperimentRecord, list[Problem]]:
    values = dict(experiment.annotations)
    n_subjects = experiment.n_subjects
    problems: list[Problem] = []
    for annotation, note in notes:
        for key, value in note.values.items():
            values[f"{annotation.name}.{key}" if key in colliding else key] = value
        sizes = [{key: note.values.get(key) for key in ("sample_sizes", "sample_size")}]
        place = {"file": annotation.file, "experiment": experiment.id, **note.place}
        n, _, faults = find_sample_size(sizes, **place)
        problems += faults
        if n_subjects is None:
            n_subjects = n
        elif n is not None and n != n_subjects:
            problems.append(_two_sizes(n_subjects, n, annotation, place))
    return replace(experiment, annotations=values, n_subjects=n_subjects), problems


def _two_sizes(
    kept: float, other: float, annotation: Annotation, place: Mapping[str, Any]
) -> Problem:
    return Problem(
        severity="warning",
        code="two-sample-sizes",
        what=f"sample size {kept:g} in the studyset, {other:g} in annotation "
        f"{annotation.name!r}: {kept:g} taken",
        expected="correct the one that is wrong",
        **place,
    )
