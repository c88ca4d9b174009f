"""NiMARE's Dataset as JSON, which it wrote before it had NIMADS.

    {study: {"contrasts": {contrast: {"coords": {"space": "MNI", "x": [], "y": [], "z": []},
                                      "metadata": {"sample_sizes": [20]},
                                      "labels": {}}}}}

Coordinates are columns; columns beside x, y and z are values of the foci.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from focale.errors import ReadError
from focale.io.json_lines import ANY, Places, load
from focale.io.ledger import Ledger
from focale.io.metadata import find_group, find_matrix, find_sample_size, is_missing
from focale.io.numbers import coordinate, shown
from focale.io.records import ExperimentRecord, FocusRecord, StudysetRecord
from focale.io.source import ReadOptions, Source
from focale.phrases import count

NAME = "NiMARE dataset JSON"
SUFFIXES = (".json",)

AXES = ("x", "y", "z")
_DESCRIPTION = {"title": "name", "authors": "authors", "journal": "publication", "year": "year"}
_PARTS = (ANY, "contrasts", ANY)
_FIRST_MEMBER = re.compile(rb'\s*\{\s*"(?:[^"\\]|\\.)*"\s*:\s*\{')
_CONTRASTS = re.compile(rb'"contrasts"\s*:\s*\{')
_STUDIES = re.compile(rb'"studies"\s*:\s*\[')


def looks_like(source: Source) -> bool:
    """Whether the content is an object of objects that have contrasts."""
    head = source.head.removeprefix(b"\xef\xbb\xbf")
    return (
        _FIRST_MEMBER.match(head) is not None
        and _CONTRASTS.search(head) is not None
        and _STUDIES.search(head) is None
    )


def read(source: Source, options: ReadOptions) -> StudysetRecord:
    """Read a NiMARE dataset; what cannot be used is among the problems.

    Raises
    ------
    ReadError
        If it is not JSON, or not an object.
    """
    tree, places, guesses = load(source, options, _PARTS)
    if not isinstance(tree, Mapping):
        raise ReadError(
            f"{source.name}: this JSON is not a NiMARE dataset (an object of studies with "
            "contrasts); save it again"
        )
    reader = _Reader(source.name, places)
    reader.ledger.problems += guesses
    for study_id, study in tree.items():
        reader.read_study(study, study_id)
        if reader.ledger.gives_up():
            break
    return reader.ledger.record(source.sha256)


class _Reader:
    """Reads studies and contrasts, collecting what it meets in a ledger."""

    def __init__(self, file: str, places: Places) -> None:
        self.ledger = Ledger(file)
        self.places = places

    def read_study(self, study: Any, study_id: str) -> None:
        contrasts = study.get("contrasts") if isinstance(study, Mapping) else None
        if not isinstance(contrasts, Mapping):
            self.ledger.note(
                "error",
                "study-without-contrasts",
                f"study {study_id!r} has no object 'contrasts'",
                found=shown(study),
                expected="correct or remove it",
                **self.places.of(study_id),
            )
            return
        if not contrasts:
            self.ledger.note(
                "warning",
                "study-without-analysis",
                f"study {study_id!r} has no contrast: left out",
                **self.places.of(study_id),
            )
        owners = [study, *contrasts.values()]
        self.ledger.studies[study_id] = _description([_metadata(owner) for owner in owners])
        for contrast_id, contrast in contrasts.items():
            self.read_contrast(contrast, study, study_id, contrast_id)
            if self.ledger.gives_up():
                break

    def read_contrast(self, contrast: Any, study: Any, study_id: str, contrast_id: str) -> None:
        lines = self.places.of(study_id, "contrasts", contrast_id)
        place: dict[str, Any] = {**lines, "experiment": f"{study_id}-{contrast_id}"}
        coords = contrast.get("coords") if isinstance(contrast, Mapping) else None
        coords = {} if coords is None else coords
        n_foci = _length(coords)
        self.ledger.meet(1, n_foci)
        fault = _fault(contrast, coords, study_id, contrast_id)
        if fault:
            self.ledger.note(
                "error",
                "bad-columns",
                fault,
                expected="correct the file",
                experiments_left_out=1,
                foci_left_out=n_foci,
                **place,
            )
            return
        metadata = [_metadata(contrast), _metadata(study)]
        file = self.ledger.file
        n, _, faults = find_sample_size(metadata, file=file, **place)
        for problem in faults:
            self.ledger.add(problem)
        labels = contrast.get("labels")
        self.ledger.experiments.append(
            ExperimentRecord(
                study_id=study_id,
                contrast_id=contrast_id,
                foci=self.read_foci(coords, n_foci, place),
                n_subjects=n,
                file=file,
                line=lines.get("line"),
                name=_name(metadata[0], contrast_id),
                subject_group=find_group(metadata),
                talairach=find_matrix(metadata),
                annotations=_said(labels),
            )
        )

    def read_foci(
        self, coords: Mapping[str, Any], n: int, place: Mapping[str, Any]
    ) -> tuple[FocusRecord, ...]:
        foci: list[FocusRecord] = []
        n_without = 0
        spaces = coords.get("space")
        spaces = spaces if isinstance(spaces, list) else [spaces] * n
        columns = {key: cells for key, cells in coords.items() if key not in (*AXES, "space")}
        for number in range(n):
            given = [coords[axis][number] for axis in AXES]
            if all(is_missing(value) for value in given):
                n_without += 1
                continue
            try:
                mm = coordinate(given)
            except ValueError as error:
                self.ledger.note(
                    "error",
                    "not-a-coordinate",
                    f"focus {number + 1}: {error}",
                    found=shown(given),
                    expected="correct it or remove the focus",
                    foci_left_out=1,
                    **place,
                )
                continue
            values = _cells(columns, number)
            space = spaces[number]
            foci.append(FocusRecord(mm, None if is_missing(space) else str(space), None, values))
        self.note_missing(n_without, n, place)
        return tuple(foci)

    def note_missing(self, n_without: int, n: int, place: Mapping[str, Any]) -> None:
        if n_without:
            self.ledger.note(
                "warning",
                "focus-without-coordinates",
                f"{count(n_without, 'focus', 'foci')} without coordinates: left out",
                foci_left_out=n_without,
                **place,
            )
        if n_without == n:
            self.ledger.note(
                "warning",
                "experiment-without-foci",
                "no foci: kept as an experiment that reports none, and counted as one",
                **place,
            )


def _length(coords: Any) -> int:
    """Number of foci a table of coordinates has: the length of its longest axis."""
    if not isinstance(coords, Mapping):
        return 0
    return max((len(coords[a]) for a in AXES if isinstance(coords.get(a), list)), default=0)


def _fault(contrast: Any, coords: Any, study_id: str, contrast_id: str) -> str:
    """What makes the columns unusable, or nothing."""
    if not study_id or not contrast_id:
        return "a study or contrast without a name"
    if not isinstance(contrast, Mapping) or not isinstance(coords, Mapping):
        return "the contrast and its 'coords' must be objects"
    if not any(axis in coords for axis in AXES):
        return ""
    no_list = [axis for axis in AXES if not isinstance(coords.get(axis), list)]
    if no_list:
        return f"{no_list[0]!r} in 'coords' must be a list"
    lengths = {key: len(cells) for key, cells in coords.items() if isinstance(cells, list)}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{key}: {n}" for key, n in lengths.items())
        return f"the lists in 'coords' have different lengths ({said})"
    return ""


def _cells(columns: Mapping[str, Any], number: int) -> dict[str, Any] | None:
    values: dict[str, Any] = {}
    for key, cells in columns.items():
        value = cells[number] if isinstance(cells, list) else cells
        if not is_missing(value):
            values[key] = value
    return values or None


def _metadata(owner: Any) -> Mapping[str, Any]:
    metadata = owner.get("metadata") if isinstance(owner, Mapping) else None
    return metadata if isinstance(metadata, Mapping) else {}


def _description(metadata: list[Mapping[str, Any]]) -> dict[str, Any]:
    """What the metadata of study and contrasts say of the paper, by the names of NIMADS."""
    found: dict[str, Any] = {}
    for owner in metadata:
        for key, name in (*_DESCRIPTION.items(), ("doi", "doi"), ("pmid", "pmid")):
            if not is_missing(owner.get(key)):
                found.setdefault(name, owner[key])
    return found


def _name(metadata: Mapping[str, Any], contrast_id: str) -> str:
    given = metadata.get("contrast_name")
    return given if isinstance(given, str) and given else contrast_id


def _said(labels: Any) -> dict[str, Any]:
    if not isinstance(labels, Mapping):
        return {}
    return {key: value for key, value in labels.items() if not is_missing(value)}
