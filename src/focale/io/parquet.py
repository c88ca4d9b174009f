"""Studysets as NiMARE and NeuroStore release them: a folder of parquet tables.

    studyset.json         "format": "nimare-studyset-parquet", and the names of the tables
    analyses.parquet      id study_id contrast_id name
    coordinates.parquet   id x y z space, and a column for each kind of value
    metadata.parquet      id, and a column for each key
    annotations.parquet   id, and a column for each key
    studies.parquet       study_id name authors publication

A row of coordinates that holds no place in a head is left out and counted: a release of the
whole of NeuroStore has some, and nobody can correct them in a parquet table.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from focale.errors import ReadError
from focale.io.ledger import Ledger
from focale.io.metadata import (
    GROUP_KEY,
    LOOSE_SIZE_KEYS,
    MATRIX_KEY,
    SIZE_KEYS,
    find_group,
    find_matrix,
    find_sample_size,
    is_missing,
)
from focale.io.nimads.reader import STUDY_FIELDS
from focale.io.numbers import coordinate, shown
from focale.io.records import ExperimentRecord, FocusRecord, StudysetRecord
from focale.io.source import ReadOptions, Source
from focale.phrases import count

NAME = "NiMARE parquet tables"
SUFFIXES = ()

FORMAT = "nimare-studyset-parquet"
MANIFEST = "studyset.json"
_KEYS = ("id", "study_id", "contrast_id")
_NEEDED = ("analyses", "coordinates")
_OPTIONAL = ("metadata", "annotations", "studies")
_ASKED = (*SIZE_KEYS, *LOOSE_SIZE_KEYS, GROUP_KEY, MATRIX_KEY)


def looks_like(source: Source) -> bool:
    """Whether it is a folder of such tables, its studyset.json, or one of its tables."""
    if source.path is not None and source.path.is_dir():
        return all((source.path / f"{name}.parquet").is_file() for name in _NEEDED)
    is_manifest = source.head.lstrip().startswith(b"{") and FORMAT.encode() in source.head
    return is_manifest or source.head.startswith(b"PAR1")


def read(source: Source, _options: ReadOptions) -> StudysetRecord:
    """Read a folder of tables; what cannot be used is among the problems.

    Raises
    ------
    ReadError
        If pyarrow is missing, or a table is missing or not one.
    """
    folder = _folder_of(source)
    tables = _Tables(folder, _names_of(folder), source.name)
    return _Reader(source.name, tables).read().record(tables.fingerprint())


def _folder_of(source: Source) -> Path:
    if source.path is None:
        raise ReadError(
            f"{source.name} is one of several files of a studyset; pass the path of their folder"
        )
    return source.path if source.path.is_dir() else source.path.parent


def _names_of(folder: Path) -> dict[str, str]:
    """Names of the tables, as studyset.json gives them."""
    names: Any = {}
    path = folder / MANIFEST
    if path.is_file():
        try:
            manifest = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError) as error:
            raise ReadError(f"{MANIFEST}: not JSON ({error}); download it again") from error
        names = manifest.get("tables") if isinstance(manifest, Mapping) else None
    given = names if isinstance(names, Mapping) else {}
    return {
        table: Path(str(given.get(table, f"{table}.parquet"))).name
        for table in (*_NEEDED, *_OPTIONAL)
    }


class _Tables:
    """The tables of a folder, read when they are asked for."""

    def __init__(self, folder: Path, names: Mapping[str, str], source: str) -> None:
        self.folder = folder
        self.names = names
        self.source = source
        for table in _NEEDED:
            if not self.has(table):
                raise ReadError(f"{source} has no table {names[table]}; download it again")

    def has(self, table: str) -> bool:
        return (self.folder / self.names[table]).is_file()

    def fingerprint(self) -> str:
        """SHA-256 of the tables that are there."""
        digest = hashlib.sha256()
        for table in (*_NEEDED, *_OPTIONAL):
            if self.has(table):
                digest.update(hashlib.sha256(self._path(table).read_bytes()).digest())
        return digest.hexdigest()

    def columns(self, table: str) -> list[str]:
        """Names of the columns of a table; none where there is no table."""
        return list(_arrow(self._path(table), None).names) if self.has(table) else []

    def read(self, table: str, needed: tuple[str, ...], also: Sequence[str]) -> dict[str, Any]:
        """Columns of a table, by name, as arrow has them.

        Raises
        ------
        ReadError
            If a needed one is missing.
        """
        there = self.columns(table)
        for name in needed:
            if name not in there:
                raise ReadError(
                    f"{self.names[table]} of {self.source} has no column {name!r}; check that it "
                    f"is a {FORMAT} studyset"
                )
        names = list(dict.fromkeys([*needed, *(name for name in also if name in there)]))
        read = _arrow(self._path(table), names)
        return {name: read.column(name) for name in names}

    def _path(self, table: str) -> Path:
        return self.folder / self.names[table]


def _arrow(path: Path, columns: list[str] | None) -> Any:
    """Schema of a parquet file, or some of its columns."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise ReadError(
            "parquet tables need the package pyarrow, which is not installed; install it with "
            'pip install "focale[parquet]"'
        ) from error
    try:
        return pq.read_schema(path) if columns is None else pq.read_table(path, columns=columns)
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = str(error).splitlines()[0][:200]
        raise ReadError(
            f"{path.name} is not a parquet table that can be read ({reason}); download it again"
        ) from error


class _Reader:
    """Brings the tables together by the identifier of the analysis."""

    def __init__(self, file: str, tables: _Tables) -> None:
        self.ledger = Ledger(file)
        self.tables = tables

    def read(self) -> Ledger:
        foci = self.read_foci()
        metadata = self.rows("metadata", _ASKED)
        notes = self.rows("annotations", None)
        analyses = self.tables.read("analyses", _KEYS, ["name"])
        columns = [column.to_pylist() for column in analyses.values()]
        self.ledger.meet(len(columns[0]), 0)
        for own, *names in zip(*columns, strict=True):
            self.add(names, foci.pop(own, []), metadata.get(own, {}), notes.get(own, {}))
        self.note_the_whole(foci)
        self.describe()
        return self.ledger

    def add(
        self,
        names: Sequence[Any],
        foci: Sequence[FocusRecord],
        said: Mapping[str, Any],
        notes: Mapping[str, Any],
    ) -> None:
        """Add the experiment of one analysis."""
        study_id, contrast_id = names[:2]
        if is_missing(study_id) or is_missing(contrast_id):
            self.ledger.note(
                "error",
                "analysis-without-id",
                "an analysis has no study_id or no contrast_id",
                found=shown(list(names)),
                expected="download the studyset again",
                experiments_left_out=1,
                foci_left_out=len(foci),
            )
            return
        file = self.ledger.file
        place = {"file": file, "experiment": f"{study_id}-{contrast_id}"}
        n, _, faults = find_sample_size([said], **place)
        for problem in faults:
            self.ledger.add(problem)
        self.ledger.experiments.append(
            ExperimentRecord(
                study_id=str(study_id),
                contrast_id=str(contrast_id),
                foci=tuple(foci),
                n_subjects=n,
                file=file,
                name=str(names[2] or "") if len(names) > 2 else "",
                subject_group=find_group([said]),
                talairach=find_matrix([said]),
                annotations=notes,
            )
        )

    def read_foci(self) -> dict[Any, list[FocusRecord]]:
        """Foci by the identifier of their analysis."""
        kinds = [name for name in self.tables.columns("coordinates") if name not in _KEYS]
        table = self.tables.read("coordinates", ("id", "x", "y", "z"), kinds)
        cells = {
            name: column.to_pylist() for name, column in table.items() if _is_plain(column.type)
        }
        ids, *xyz = (cells.pop(name) for name in ("id", "x", "y", "z"))
        spaces = cells.pop("space", None) or [None] * len(ids)
        values = _by_row(cells)
        self.ledger.meet(0, len(ids))
        foci: dict[Any, list[FocusRecord]] = {}
        bad: list[str] = []
        for row, (own, *mm) in enumerate(zip(ids, *xyz, strict=True)):
            try:
                focus = FocusRecord(coordinate(mm), spaces[row] or None, None, values.get(row))
            except ValueError:
                bad.append(shown(mm))
                continue
            foci.setdefault(own, []).append(focus)
        if bad:
            self.ledger.note(
                "error" if len(bad) == len(ids) else "warning",
                "not-a-coordinate",
                f"{count(len(bad), 'row')} of coordinates that are no place in a head: left out; "
                "the first is",
                found=bad[0],
                foci_left_out=len(bad),
            )
        return foci

    def rows(self, table: str, asked: Sequence[str] | None) -> dict[Any, dict[str, Any]]:
        """What a table says, by identifier: columns asked for, or all that are plain."""
        there = self.tables.columns(table)
        if not there:
            return {}
        names = [name for name in there if name not in _KEYS and name in (asked or there)]
        columns = self.tables.read(table, ("id",), names)
        ids = columns.pop("id").to_pylist()
        cells = {
            name: column.to_pylist()
            for name, column in columns.items()
            if column.null_count < len(column) and (asked or _is_plain(column.type))
        }
        return {ids[row]: said for row, said in _by_row(cells).items()}

    def describe(self) -> None:
        """Descriptions of the studies that have experiments."""
        kept = dict.fromkeys(experiment.study_id for experiment in self.ledger.experiments)
        self.ledger.studies = {study_id: {} for study_id in kept}
        if not self.tables.has("studies"):
            return
        columns = self.tables.read("studies", ("study_id",), list(STUDY_FIELDS))
        ids = columns.pop("study_id").to_pylist()
        for row, said in _by_row({k: c.to_pylist() for k, c in columns.items()}).items():
            if str(ids[row]) in kept:
                self.ledger.studies[str(ids[row])] = said

    def note_the_whole(self, strays: Mapping[Any, Sequence[FocusRecord]]) -> None:
        """What concerns the tables together."""
        if strays:
            self.ledger.note(
                "error",
                "coordinates-without-analysis",
                f"{count(len(strays), 'analysis', 'analyses')} with coordinates and no row in "
                "the table of analyses; the first is",
                found=shown(next(iter(strays))),
                expected="download the studyset again",
                foci_left_out=sum(map(len, strays.values())),
            )
        experiments = self.ledger.experiments
        repeated = [name for name, n in Counter(e.id for e in experiments).items() if n > 1]
        if repeated:
            self.ledger.note(
                "error",
                "repeated-id",
                f"{count(len(repeated), 'identifier')} given to several analyses; the first is",
                found=repeated[0],
                expected="download the studyset again",
            )
        empty = [experiment.id for experiment in experiments if not experiment.foci]
        if empty:
            self.ledger.note(
                "warning",
                "experiment-without-foci",
                f"{count(len(empty), 'experiment')} without foci: kept, and counted as such; the "
                "first is",
                found=empty[0],
            )


def _is_plain(kind: Any) -> bool:
    """Whether the type of a column is text, a number or a truth value."""
    return str(kind).startswith(
        ("string", "large_string", "int", "uint", "float", "double", "bool")
    )


def _by_row(cells: Mapping[str, Sequence[Any]]) -> dict[int, dict[str, Any]]:
    """Values of columns by row; what is missing is left out."""
    rows: dict[int, dict[str, Any]] = {}
    for name, column in cells.items():
        for row, value in enumerate(column):
            if value is not None and not is_missing(value):
                rows.setdefault(row, {})[name] = value
    return rows
