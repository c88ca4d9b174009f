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
from focale.io.numbers import coordinate, shown
from focale.io.problems import Problem, Severity
from focale.io.records import ExperimentRecord, FocusRecord, StudysetRecord
from focale.io.sample_size import sample_size
from focale.io.source import ReadOptions, Source

NAME = "NIMADS JSON"
SUFFIXES = (".json",)


def looks_like(source: Source) -> bool:
    """Whether the content is a JSON object, or the file says it should be."""
    start = source.head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"{") or source.name.lower().endswith(".json")


def read(source: Source, _options: ReadOptions) -> StudysetRecord:
    """Read a NIMADS file; what cannot be used is among the problems.

    Raises
    ------
    ReadError
        If it is not JSON, or not a NIMADS studyset.
    """
    try:
        tree = json.loads(source.content.decode("utf-8-sig"), object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        raise ReadError(
            f"{source.name}: byte {error.start + 1} is not UTF-8, which JSON must be; "
            "save the file as UTF-8"
        ) from error
    except json.JSONDecodeError as error:
        raise ReadError(
            f"{source.name}:{error.lineno}: not JSON ({error.msg} at column {error.colno}); "
            "a NIMADS file is a JSON object with a list 'studies'"
        ) from error
    except (ValueError, RecursionError) as error:
        raise ReadError(
            f"{source.name}: this JSON cannot be used ({error}); correct it"
        ) from error
    return read_tree(tree, source.name, source.sha256)


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
    return StudysetRecord.of(
        reader.experiments,
        source,
        sha256 or _fingerprint(tree),
        reader.problems,
        (reader.n_experiments, reader.n_foci),
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

    def __init__(self, file: str) -> None:
        self.file = file
        self.experiments: list[ExperimentRecord] = []
        self.studies: dict[str, dict[str, Any]] = {}
        self.problems: list[Problem] = []
        self.study_ids: Counter[str] = Counter()
        self.n_experiments = 0
        self.n_foci = 0

    def note(self, severity: Severity, code: str, what: str, **more: Any) -> None:
        self.problems.append(
            Problem(severity=severity, code=code, what=what, file=self.file, **more)
        )

    def read_study(self, study: Any, position: int) -> None:
        analyses = study.get("analyses") or [] if isinstance(study, Mapping) else []
        is_list = isinstance(analyses, list)
        if not isinstance(study, Mapping) or study.get("id") in (None, "") or not is_list:
            n_left_out = len(analyses) if is_list else 0
            n_foci = sum(map(_n_points, analyses)) if is_list else 0
            self.n_experiments += n_left_out
            self.n_foci += n_foci
            self.note(
                "error",
                "analyses-not-a-list" if not is_list else "study-without-id",
                f"study {position}: 'analyses' must be a list"
                if not is_list
                else f"study {position} has no id",
                found=shown(study),
                expected="correct the file" if not is_list else "give it one",
                experiments_left_out=n_left_out,
                foci_left_out=n_foci,
            )
            return
        study_id = _text(study["id"])
        self.study_ids[study_id] += 1
        self.studies[study_id] = {
            key: study[key]
            for key in ("name", "authors", "publication", "year", "doi", "pmid")
            if study.get(key) not in (None, "")
        }
        if not analyses:
            self.note(
                "warning",
                "study-without-analysis",
                f"study {study_id!r} has no analysis: left out",
            )
        for number, analysis in enumerate(analyses, start=1):
            self.read_analysis(study, analysis, study_id, number)

    def read_analysis(
        self, study: Mapping[str, Any], analysis: Any, study_id: str, number: int
    ) -> None:
        self.n_experiments += 1
        self.n_foci += _n_points(analysis)
        if not isinstance(analysis, Mapping) or analysis.get("id") in (None, ""):
            self.note(
                "error",
                "analysis-without-id",
                f"analysis {number} of study {study_id!r} has no id",
                expected="give it one",
                experiments_left_out=1,
                foci_left_out=_n_points(analysis),
            )
            return
        contrast_id = _text(analysis["id"])
        experiment = f"{study_id}-{contrast_id}"
        points = analysis.get("points") or []
        if not isinstance(points, list):
            self.note(
                "error",
                "points-not-a-list",
                "'points' must be a list",
                found=shown(points),
                expected="correct the file",
                experiment=experiment,
                experiments_left_out=1,
            )
            return
        foci = [
            focus
            for number, point in enumerate(points, start=1)
            if (focus := self.read_point(point, number, experiment)) is not None
        ]
        if not foci:
            self.note(
                "warning",
                "experiment-without-foci",
                "no foci: kept as an experiment that reports none, and counted as one",
                experiment=experiment,
            )
        self.experiments.append(
            ExperimentRecord(
                study_id=study_id,
                contrast_id=contrast_id,
                foci=tuple(foci),
                n_subjects=self.read_sample_size(analysis, study, experiment),
                file=self.file,
                name=_text(analysis.get("name") or ""),
            )
        )

    def read_point(self, point: Any, number: int, experiment: str) -> FocusRecord | None:
        coordinates = point.get("coordinates") if isinstance(point, Mapping) else point
        if coordinates is None:
            self.note(
                "warning",
                "focus-without-coordinates",
                f"point {number} has no coordinates: left out",
                experiment=experiment,
                foci_left_out=1,
            )
            return None
        try:
            mm = coordinate(coordinates)
        except ValueError as error:
            self.note(
                "error",
                "not-a-coordinate",
                f"point {number}: {error}",
                found=shown(coordinates),
                expected="correct it or remove the point",
                experiment=experiment,
                foci_left_out=1,
            )
            return None
        space = point.get("space") if isinstance(point, Mapping) else None
        return FocusRecord(mm=mm, space=None if space is None else str(space))

    def read_sample_size(
        self, analysis: Mapping[str, Any], study: Mapping[str, Any], experiment: str
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
                    self.note(
                        "error",
                        "bad-sample-size",
                        f"{error}, in {key!r}",
                        found=shown(given),
                        expected="correct it",
                        experiment=experiment,
                    )
                    return None
        return None

    def refuse_repeated_ids(self) -> None:
        for study_id, count in self.study_ids.items():
            if count > 1:
                self.note(
                    "error",
                    "repeated-id",
                    f"{count} studies have one id, so their experiments cannot be told apart",
                    found=study_id,
                    expected="give each study its own id",
                )
        for experiment_id, count in Counter(e.id for e in self.experiments).items():
            if count > 1 and self.study_ids.total() == len(self.study_ids):
                self.note(
                    "error",
                    "repeated-id",
                    f"{count} experiments have one id (study id - analysis id)",
                    found=experiment_id,
                    expected="give each analysis of a study its own id",
                )


def _n_points(analysis: Any) -> int:
    points = analysis.get("points") if isinstance(analysis, Mapping) else None
    return len(points) if isinstance(points, list) else 0
