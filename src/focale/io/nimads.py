"""NIMADS: the JSON exchange format of the NeuroStore ecosystem.

A studyset holds studies, a study holds analyses (experiments), an analysis holds
points (foci). Everything in it may be null. The schema has no place for sample
sizes; they are found as ``sample_sizes`` or ``sample_size`` in the metadata of the
analysis, else of its study.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from focale.errors import ReadError
from focale.io.numbers import coordinate
from focale.io.problems import raise_errors
from focale.io.records import ExperimentRecord, FocusRecord, Problem, StudysetRecord
from focale.io.sample_size import sample_size

NAME = "NIMADS JSON"


def looks_like(content: bytes, file_name: str) -> bool:
    """Whether the content is a JSON object, or the file says it should be."""
    start = content[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"{") or file_name.lower().endswith(".json")


def read(content: bytes, source: str) -> StudysetRecord:
    """Read the bytes of a NIMADS file.

    Raises
    ------
    ReadError
        If they are not JSON, not a NIMADS studyset, or hold values no analysis can
        use; the message lists every problem of the file.
    """
    try:
        tree = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        raise ReadError(
            f"{source}: byte {error.start + 1} is not UTF-8, which JSON must be; "
            "save the file as UTF-8"
        ) from error
    except json.JSONDecodeError as error:
        raise ReadError(
            f"{source}:{error.lineno}: not JSON ({error.msg} at column {error.colno}); "
            "a NIMADS file is a JSON object with a list 'studies'"
        ) from error
    except (ValueError, RecursionError) as error:
        raise ReadError(f"{source}: this JSON cannot be used ({error}); correct it") from error
    return read_tree(tree, source, hashlib.sha256(content).hexdigest())


def read_tree(tree: Any, source: str, sha256: str | None = None) -> StudysetRecord:
    """Read a NIMADS studyset that is already a dictionary."""
    if not isinstance(tree, Mapping) or not isinstance(tree.get("studies"), list):
        found = (
            f"keys {[str(key) for key in tree][:5]}"
            if isinstance(tree, Mapping)
            else type(tree).__name__
        )
        raise ReadError(
            f"{source}: this JSON is not a NIMADS studyset (expected an object with a list "
            f"'studies', got {found}); export the studyset again, or pass a Sleuth text file"
        )
    reader = _Reader(source)
    for position, study in enumerate(tree["studies"], start=1):
        reader.read_study(study, position)
    reader.refuse_repeated_ids()
    raise_errors(source, reader.problems)
    return StudysetRecord(
        experiments=tuple(reader.experiments),
        source=source,
        sha256=sha256 or _fingerprint(tree),
        problems=tuple(reader.problems),
        studies=reader.studies,
    )


def _text(value: object) -> str:
    """Text that can be written; JSON may hold halves of letters that cannot."""
    return str(value).encode("utf-8", "replace").decode("utf-8")


def _fingerprint(tree: Mapping[str, Any]) -> str:
    """SHA-256 of a dictionary, whatever the order of its keys."""
    plain = json.loads(json.dumps(tree, default=str))  # all keys as text, so that they sort
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; a key given twice would silently lose what the first one holds."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"the key {twice!r} is given twice in one object")
    return found


class _Reader:
    """Walks the tree once, collecting experiments and problems."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.experiments: list[ExperimentRecord] = []
        self.studies: dict[str, dict[str, Any]] = {}
        self.problems: list[Problem] = []
        self.study_ids: Counter[str] = Counter()

    def note(self, severity: Any, code: str, where: str, message: str) -> None:
        self.problems.append(Problem(severity, code, where, message))

    def read_study(self, study: Any, position: int) -> None:
        where = f"{self.source}, study {position}"
        if not isinstance(study, Mapping) or study.get("id") in (None, ""):
            self.note("error", "study-without-id", where, "the study has no id; give it one")
            return
        study_id = _text(study["id"])
        where = f"{self.source}, study {study_id!r}"
        self.study_ids[study_id] += 1
        self.studies[study_id] = {
            key: study[key]
            for key in ("name", "authors", "publication", "year", "doi", "pmid")
            if study.get(key) not in (None, "")
        }
        analyses = study.get("analyses") or []
        if not isinstance(analyses, list):
            self.note("error", "analyses-not-a-list", where, "'analyses' must be a list")
            return
        if not analyses:
            self.note(
                "warning", "study-without-analysis", where, "the study has no analysis: left out"
            )
        for number, analysis in enumerate(analyses, start=1):
            self.read_analysis(study, analysis, study_id, number, where)

    def read_analysis(
        self, study: Mapping[str, Any], analysis: Any, study_id: str, number: int, where: str
    ) -> None:
        if not isinstance(analysis, Mapping) or analysis.get("id") in (None, ""):
            self.note(
                "error",
                "analysis-without-id",
                f"{where}, analysis {number}",
                "the analysis has no id; give it one",
            )
            return
        contrast_id = _text(analysis["id"])
        where = f"{where}, analysis {contrast_id!r}"
        points = analysis.get("points") or []
        if not isinstance(points, list):
            self.note("error", "points-not-a-list", where, "'points' must be a list")
            return
        foci = [
            focus
            for number, point in enumerate(points, start=1)
            if (focus := self.read_point(point, f"{where}, point {number}")) is not None
        ]
        if not foci:
            self.note(
                "warning",
                "experiment-without-foci",
                where,
                "no foci: kept as an experiment that reports none, and counted as one",
            )
        self.experiments.append(
            ExperimentRecord(
                study_id=study_id,
                contrast_id=contrast_id,
                foci=tuple(foci),
                n_subjects=self.read_sample_size(analysis, study, where),
                where=where,
                name=_text(analysis.get("name") or ""),
            )
        )

    def read_point(self, point: Any, where: str) -> FocusRecord | None:
        coordinates = point.get("coordinates") if isinstance(point, Mapping) else point
        if coordinates is None:
            self.note("warning", "focus-without-coordinates", where, "no coordinates: left out")
            return None
        try:
            mm = coordinate(coordinates)
        except ValueError as error:
            message = f"{error}; correct it or remove the point"
            self.note("error", "not-a-coordinate", where, message)
            return None
        space = point.get("space") if isinstance(point, Mapping) else None
        return FocusRecord(mm=mm, space=None if space is None else str(space))

    def read_sample_size(
        self, analysis: Mapping[str, Any], study: Mapping[str, Any], where: str
    ) -> float | None:
        for owner in (analysis, study):
            metadata = owner.get("metadata")
            if not isinstance(metadata, Mapping):
                continue
            for key in ("sample_sizes", "sample_size"):
                given = metadata.get(key)
                groups = list(given) if isinstance(given, (list, tuple)) else [given]
                if given is None or not groups:
                    continue
                try:
                    return sample_size(groups)
                except ValueError as error:
                    self.note("error", "bad-sample-size", where, f"{error}; correct {key!r}")
                    return None
        return None

    def refuse_repeated_ids(self) -> None:
        for study_id, count in self.study_ids.items():
            if count > 1:
                self.note(
                    "error",
                    "repeated-id",
                    self.source,
                    f"study id {study_id!r} is given to {count} studies; ids must differ, or "
                    "their experiments could not be told apart",
                )
        for experiment_id, count in Counter(e.id for e in self.experiments).items():
            if count > 1 and self.study_ids.total() == len(self.study_ids):
                self.note(
                    "error",
                    "repeated-id",
                    self.source,
                    f"experiment id {experiment_id!r} (study id - analysis id) occurs {count} "
                    "times; give each analysis of a study its own id",
                )
