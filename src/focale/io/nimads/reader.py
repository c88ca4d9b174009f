"""The tree of a NIMADS studyset, walked once into experiments and problems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from focale.io.json_lines import Places
from focale.io.ledger import Ledger
from focale.io.metadata import find_group, find_matrix, find_sample_size, is_missing
from focale.io.nimads.annotations import Annotation, Note, annotated, annotation_of, is_annotation
from focale.io.numbers import FARTHEST_MM, coordinate, shown
from focale.io.problems import Problem
from focale.io.records import ExperimentRecord, FocusRecord
from focale.phrases import count, listed

STUDY_FIELDS = ("name", "authors", "publication", "year", "doi", "pmid", "pmcid")
"""What is kept of the description of a study."""

POINT_FIELDS = ("kind", "cluster_size", "subpeak", "label_id", "image")
"""Fields of a point that are kept with its values."""

COORDINATE_PREFIX = "coordinate_"
"""NiMARE writes columns of points into the metadata of the analysis, after this."""

MOST_BAD_POINTS = 20
"""So many bad points of an analysis are named one by one."""

_NUMBERS = (float, int)
Metadata = list[Any]


def read_studies(
    tree: Mapping[str, Any],
    file: str,
    places: Places,
    annotations: Sequence[Annotation] = (),
    guesses: Sequence[Problem] = (),
) -> Ledger:
    """Experiments and problems of a studyset.

    Parameters
    ----------
    tree
        Mapping whose "studies" is a list.
    file
        Name of the source.
    places
        Lines of the parts of the tree.
    annotations
        Those that come from elsewhere.
    guesses
        What was assumed to decode the source.
    """
    reader = _Reader(file, places)
    ledger = reader.ledger
    ledger.problems += guesses
    for number, study in enumerate(tree["studies"]):
        reader.read_study(study, number)
        if ledger.gives_up():
            break
    reader.refuse_repeated_ids()
    noted, problems = annotated(ledger.experiments, [*reader.annotations_of(tree), *annotations])
    ledger.experiments = noted
    ledger.problems += problems
    return ledger


class _Reader:
    """Reads studies, analyses and points, collecting what it meets in a ledger."""

    def __init__(self, file: str, places: Places) -> None:
        self.ledger = Ledger(file)
        self.places = places
        self.study_lines: dict[str, list[dict[str, int]]] = {}
        self.inline: dict[str, list[Note]] = {}

    # --- studies -----------------------------------------------------------------------

    def read_study(self, study: Any, number: int) -> None:
        place = self.places.of("studies", number)
        analyses = study.get("analyses") if isinstance(study, Mapping) else None
        analyses = [] if analyses is None else analyses
        study_id = id_of(study)
        if study_id is None or not isinstance(analyses, list):
            self.leave_study_out(study, study_id, analyses, number, place)
            return
        self.study_lines.setdefault(study_id, []).append(place)
        self.ledger.studies[study_id] = {
            key: study[key] for key in STUDY_FIELDS if not is_missing(study.get(key))
        }
        if not analyses:
            self.ledger.note(
                "warning",
                "study-without-analysis",
                f"study {study_id!r} has no analysis: left out",
                **place,
            )
        for position, analysis in enumerate(analyses):
            self.read_analysis(study, analysis, study_id, (number, position))
            if self.ledger.gives_up():
                break

    def leave_study_out(
        self, study: Any, study_id: str | None, analyses: Any, number: int, place: dict[str, Any]
    ) -> None:
        lost = analyses if isinstance(analyses, list) else []
        n_foci = sum(map(n_points, lost))
        self.ledger.meet(len(lost), n_foci)
        left_out = {"experiments_left_out": len(lost), "foci_left_out": n_foci}
        if study_id is None:
            what, code, way_out = "has no id", "study-without-id", "give it one"
        else:
            what, code, way_out = "'analyses' must be a list", "analyses-not-a-list", "correct it"
        self.ledger.note(
            "error",
            code,
            f"study {number + 1}: {what}" if study_id else f"study {number + 1} {what}",
            found=shown(analyses if study_id else study),
            expected=way_out,
            **left_out,
            **place,
        )

    # --- analyses ----------------------------------------------------------------------

    def read_analysis(
        self, study: Mapping[str, Any], analysis: Any, study_id: str, at: tuple[int, int]
    ) -> None:
        self.ledger.meet(1, n_points(analysis))
        place: dict[str, Any] = {**self.places.of("studies", at[0], "analyses", at[1])}
        contrast_id = id_of(analysis)
        if contrast_id is None:
            self.ledger.note(
                "error",
                "analysis-without-id",
                f"analysis {at[1] + 1} of study {study_id!r} has no id",
                expected="give it one",
                experiments_left_out=1,
                foci_left_out=n_points(analysis),
                **place,
            )
            return
        place["experiment"] = f"{study_id}-{contrast_id}"
        points = analysis.get("points")
        points = [] if points is None else points
        if not isinstance(points, list):
            self.ledger.note(
                "error",
                "points-not-a-list",
                "'points' must be a list",
                found=shown(points),
                expected="correct the file",
                experiments_left_out=1,
                **place,
            )
            return
        metadata: Metadata = [analysis.get("metadata"), study.get("metadata")]
        foci = _Points(self, at, place, analysis).read(points)
        n, _, faults = find_sample_size(metadata, file=self.ledger.file, **place)
        for fault in faults:
            self.ledger.add(fault)
        self.ledger.experiments.append(
            ExperimentRecord(
                study_id=study_id,
                contrast_id=contrast_id,
                foci=foci,
                n_subjects=n,
                file=self.ledger.file,
                line=place.get("line"),
                name=text_of(analysis.get("name") or ""),
                subject_group=find_group(metadata),
                talairach=find_matrix(metadata),
            )
        )
        self.read_inline_notes(analysis, study_id, contrast_id, place)

    def read_inline_notes(
        self, analysis: Mapping[str, Any], study_id: str, contrast_id: str, place: dict[str, Any]
    ) -> None:
        """Notes inside an analysis: keys and values, or such under names of annotations."""
        given = analysis.get("annotations")
        if not isinstance(given, Mapping):
            return
        named: dict[str, dict[str, Any]] = {}
        for key, value in given.items():
            if isinstance(value, Mapping):
                named.setdefault(str(key), {}).update(value)
            elif not is_missing(value):
                named.setdefault("inline", {})[str(key)] = value
        lines = {key: value for key, value in place.items() if key != "experiment"}
        for name, values in named.items():
            kept = {str(key): value for key, value in values.items() if not is_missing(value)}
            self.inline.setdefault(name, []).append(Note(study_id, contrast_id, kept, lines))

    # --- the whole ---------------------------------------------------------------------

    def annotations_of(self, tree: Mapping[str, Any]) -> list[Annotation]:
        """Annotations of the studyset and of its analyses."""
        file = self.ledger.file
        found = [Annotation(name, notes, file) for name, notes in self.inline.items()]
        given = tree.get("annotations")
        for number, one in enumerate(given if isinstance(given, list) else []):
            if is_annotation(one):
                found.append(annotation_of(one, file, self.places_of_notes(number)))
                continue
            name = id_of(one) or (one if isinstance(one, str) else str(number + 1))
            if name not in self.inline:
                self.ledger.note(
                    "note",
                    "annotation-without-notes",
                    f"annotation {name!r} has no notes in this file",
                    expected="export it and pass it as --annotation (annotation=)",
                    **self.places.of("annotations", number),
                )
        return found

    def places_of_notes(self, number: int) -> Callable[[int], dict[str, int]]:
        return lambda note: self.places.of("annotations", number, "notes", note)

    def refuse_repeated_ids(self) -> None:
        repeated = {name for name, places in self.study_lines.items() if len(places) > 1}
        for study_id in self.study_lines:
            if study_id in repeated:
                places = self.study_lines[study_id]
                self.ledger.note(
                    "error",
                    "repeated-id",
                    f"{len(places)} studies have one id, so their experiments cannot be told "
                    "apart",
                    found=study_id,
                    expected="give each study its own id",
                    **places[1],
                )
        experiments = [e for e in self.ledger.experiments if e.study_id not in repeated]
        for experiment_id, n in Counter(e.id for e in experiments).items():
            if n > 1:
                lines = [e.line for e in experiments if e.id == experiment_id]
                self.ledger.note(
                    "error",
                    "repeated-id",
                    f"{n} experiments have one id (study id - analysis id)",
                    expected="give each analysis of a study its own id",
                    line=lines[1],
                    experiment=experiment_id,
                )


class _Points:
    """Reads the points of one analysis."""

    def __init__(
        self,
        reader: _Reader,
        at: tuple[int, int],
        place: dict[str, Any],
        analysis: Mapping[str, Any],
    ) -> None:
        self.ledger = reader.ledger
        self.places = reader.places
        self.path = ("studies", at[0], "analyses", at[1], "points")
        self.place = place
        self.analysis = analysis
        self.without: list[int] = []
        self.n_bad = 0

    def read(self, points: Sequence[Any]) -> tuple[FocusRecord, ...]:
        columns = self.columns_of_metadata(len(points))
        own_space = self.space_of_analysis()
        foci: list[FocusRecord] = []
        for number, point in enumerate(points):
            is_object = isinstance(point, Mapping)
            mm = self.read_coordinates(point.get("coordinates") if is_object else point, number)
            if mm is None:
                continue
            space, values = None, None
            if is_object:
                space = point.get("space")
                values = values_of(point)
            for column, cells in columns.items():
                if not is_missing(cells[number]):
                    values = {**(values or {}), column: cells[number]}
            space = own_space if space is None else text_of(space)
            foci.append(FocusRecord(mm, space, None, values))
        self.report(len(foci))
        return tuple(foci)

    def read_coordinates(self, given: Any, number: int) -> tuple[float, float, float] | None:
        if type(given) is list and len(given) == 3:
            x, y, z = given
            if (
                type(x) in _NUMBERS
                and type(y) in _NUMBERS
                and type(z) in _NUMBERS
                and -FARTHEST_MM <= x <= FARTHEST_MM
                and -FARTHEST_MM <= y <= FARTHEST_MM
                and -FARTHEST_MM <= z <= FARTHEST_MM
            ):
                return float(x), float(y), float(z)
        if given is None:
            self.without.append(number + 1)
            return None
        try:
            return coordinate(given)
        except ValueError as error:
            self.refuse(given, number, str(error))
            return None

    def refuse(self, given: Any, number: int, why: str) -> None:
        self.n_bad += 1
        if self.n_bad > MOST_BAD_POINTS:
            return
        self.ledger.note(
            "error",
            "not-a-coordinate",
            f"point {number + 1}: {why}",
            found=shown(given),
            expected="correct it or remove the point",
            foci_left_out=1,
            **{**self.place, **self.places.of(*self.path, number)},
        )

    def report(self, n_read: int) -> None:
        """What concerns the points together."""
        if self.n_bad > MOST_BAD_POINTS:
            n = self.n_bad - MOST_BAD_POINTS
            self.ledger.note(
                "error",
                "not-a-coordinate",
                f"{count(n, 'more point')} without three finite numbers x, y, z in mm",
                expected="correct or remove them",
                foci_left_out=n,
                **self.place,
            )
        if self.without:
            first = [str(number) for number in self.without[:5]]
            more = ["others"] if len(self.without) > len(first) else []
            verb = "has" if len(self.without) == 1 else "have"
            noun = "point" if len(self.without) == 1 else "points"
            self.ledger.note(
                "warning",
                "focus-without-coordinates",
                f"{noun} {listed([*first, *more])} {verb} no coordinates: left out",
                foci_left_out=len(self.without),
                **{**self.place, **self.places.of(*self.path, self.without[0] - 1)},
            )
        if not n_read and not self.n_bad:
            self.ledger.note(
                "warning",
                "experiment-without-foci",
                "no foci: kept as an experiment that reports none, and counted as one",
                **self.place,
            )

    def columns_of_metadata(self, n: int) -> dict[str, list[Any]]:
        """Columns with a value for each point that NiMARE keeps in the metadata."""
        metadata = self.analysis.get("metadata")
        if not isinstance(metadata, Mapping):
            return {}
        return {
            key.removeprefix(COORDINATE_PREFIX): cells
            for key, cells in metadata.items()
            if isinstance(key, str)
            and key.startswith(COORDINATE_PREFIX)
            and isinstance(cells, list)
            and len(cells) == n
        }

    def space_of_analysis(self) -> str | None:
        """Space of points that name none themselves."""
        for owner in (self.analysis, self.analysis.get("metadata")):
            for key in ("space", "coordinate_space"):
                given = owner.get(key) if isinstance(owner, Mapping) else None
                if isinstance(given, str) and given:
                    return text_of(given)
        return None


def values_of(point: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a point has beside its place, by name; None if nothing."""
    found: dict[str, Any] = {}
    for key in POINT_FIELDS:
        value = point.get(key)
        if value and not is_missing(value):
            found[key] = value
    given = point.get("values")
    for entry in given if isinstance(given, list) else ():
        kind, value = ("", entry) if not isinstance(entry, Mapping) else _entry(entry)
        if not is_missing(value):
            found[_free_name(kind or "value", found)] = value
    return found or None


def _entry(entry: Mapping[str, Any]) -> tuple[str, Any]:
    kind = entry.get("kind")
    return "" if kind is None else text_of(kind), entry.get("value")


def _free_name(name: str, taken: Mapping[str, Any]) -> str:
    """The name, with a number where it is taken: a point may have two values of one kind."""
    own, number = name, 1
    while own in taken:
        number += 1
        own = f"{name} ({number})"
    return own


def id_of(tree: Any) -> str | None:
    """Identifier of a study or analysis as text; None where it has none."""
    given = tree.get("id") if isinstance(tree, Mapping) else None
    if isinstance(given, (str, int, float)) and not isinstance(given, bool):
        return None if is_missing(given) else text_of(given)
    return None


def text_of(value: object) -> str:
    """Text that can be written; a dictionary may hold halves of letters that cannot."""
    text = str(value)
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def n_points(analysis: Any) -> int:
    """Number of points an analysis lists, whatever they are."""
    points = analysis.get("points") if isinstance(analysis, Mapping) else None
    return len(points) if isinstance(points, list) else 0
