"""Neurosynth, NeuroQuery and pubget: coordinates taken from papers by a machine.

A table of coordinates has one row for each peak, with the paper it is from; a table
beside it describes the papers and says in which space they report:

    data-neurosynth_version-7_coordinates.tsv.gz    id table_id table_num peak_id x y z
    data-neurosynth_version-7_metadata.tsv.gz       id doi space title authors year journal

    coordinates.csv                                 pmcid table_id table_label x y z
    metadata.csv, coordinate_space.csv, authors.csv pmcid ...

One experiment is made of each paper: what contrasts it has is not known. A row that holds
no coordinate of a head is left out and counted.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from focale.errors import ReadError
from focale.io.ledger import Ledger
from focale.io.numbers import FARTHEST_MM, parse_number
from focale.io.problems import Problem
from focale.io.records import ExperimentRecord, FocusRecord, StudysetRecord
from focale.io.source import ReadOptions, Source, open_source
from focale.io.text import decoded
from focale.phrases import count, listed

NAME = "Neurosynth, NeuroQuery or pubget tables"
SUFFIXES = (".tsv", ".csv")

CONTRAST = "1"
STUDY_COLUMNS = ("id", "pmcid", "pmid")
TABLE_COLUMNS = ("table_id", "table_num", "table_label", "peak_id")
MOST_LINES = 5
MOST_BAD_ROWS = 10_000
_SUFFIXES = (".tsv", ".csv", ".tsv.gz", ".csv.gz")
_HEAD_BYTES = 1 << 12
_DESCRIPTION = {
    "title": "name",
    "authors": "authors",
    "journal": "publication",
    "year": "year",
    "publication_year": "year",
    "doi": "doi",
    "pmid": "pmid",
    "pmcid": "pmcid",
}
_NOTHING = ("", "n/a", "nan", "none", "null")


def looks_like(source: Source) -> bool:
    """Whether it is a table of coordinates of these, or a folder with exactly one."""
    if source.path is not None and source.path.is_dir():
        return len(_tables_in(source.path)) == 1
    return _is_coordinates(source.head, source.name)


def read(source: Source, options: ReadOptions) -> StudysetRecord:
    """Read a table of coordinates and what lies beside it.

    Parameters
    ----------
    source
        The table of coordinates, or the folder it lies in.
    options
        What to assume.

    Raises
    ------
    ReadError
        If a table cannot be read as one.
    """
    if source.path is not None and source.path.is_dir():
        source = open_source(_tables_in(source.path)[0])
    ledger = Ledger(source.name)
    papers = _papers_of(source, options, ledger)
    table = _table_of(source, options, ledger)
    peaks = _Peaks(table, papers.spaces if papers else {})
    peaks.read()
    _finish(ledger, peaks, papers)
    digests = [source.sha256, *(papers.digests if papers else [])]
    fingerprint = hashlib.sha256("".join(digests).encode()).hexdigest()
    return ledger.record(fingerprint if papers else source.sha256)


# --- finding the files -----------------------------------------------------------------


def _is_coordinates(head: bytes, name: str) -> bool:
    """Whether a first line names a paper, x, y, z, and a table or peak of the paper."""
    line = head[:_HEAD_BYTES].lstrip(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("latin-1").lower()
    delimiter = "\t" if "\t" in line else ","
    columns = {cell.strip(" \r\"'") for cell in line.split(delimiter)}
    if not columns >= {"x", "y", "z"} or not columns & set(STUDY_COLUMNS):
        return False
    known = {"x", "y", "z", *STUDY_COLUMNS, *TABLE_COLUMNS, ""}
    return columns <= known and (
        bool(columns & {*TABLE_COLUMNS, "pmcid"}) or "coordinates" in name.lower()
    )


def _tables_in(folder: Path) -> list[Path]:
    """Tables of coordinates in a folder."""
    try:
        paths = sorted(
            path
            for path in folder.iterdir()
            if "coordinates" in path.name.lower() and path.name.lower().endswith(_SUFFIXES)
        )
        return [path for path in paths if _is_coordinates(_head_of(path), path.name)]
    except OSError:
        return []


def _head_of(path: Path) -> bytes:
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except (OSError, EOFError, zlib.error):
        return b""


def _beside(source: Source, what: str) -> Path | None:
    """File beside the coordinates whose name has another word for "coordinates"."""
    if source.path is None or "coordinates" not in source.path.name:
        return None
    stem = source.path.name.replace("coordinates", what).split(".")[0]
    paths = [source.path.with_name(stem + suffix) for suffix in _SUFFIXES]
    same = source.path.with_name(source.path.name.replace("coordinates", what))
    return next((path for path in (same, *paths) if path.is_file()), None)


# --- tables ----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Table:
    """Rows of a table with the positions of its columns."""

    name: str
    columns: Mapping[str, int]
    rows: Iterator[list[str]]
    lines: Any

    def position(self, *names: str) -> int:
        """Position of the first of some columns that is there."""
        for name in names:
            if name in self.columns:
                return self.columns[name]
        raise ReadError(
            f"{self.name} has no column {listed([repr(name) for name in names], 'or')} "
            f"(it has {', '.join(self.columns)[:200]}); check that it is the right file"
        )


def _table_of(source: Source, options: ReadOptions, ledger: Ledger) -> _Table:
    text, guesses = decoded(source, options.encoding)
    ledger.problems += guesses
    first = text.split("\n", 1)[0]
    delimiter = "\t" if "\t" in first else ","
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = _checked(lines, source.name)
    names = [cell.strip().lower() for cell in next(rows, [])]
    return _Table(source.name, {name: i for i, name in enumerate(names)}, rows, lines)


def _checked(lines: Any, name: str) -> Iterator[list[str]]:
    try:
        yield from lines
    except csv.Error as error:
        raise ReadError(
            f"{name}:{lines.line_num}: this row cannot be read ({error}); correct it"
        ) from error


# --- papers ----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Papers:
    """What lies beside the coordinates."""

    name: str
    described: Mapping[str, Mapping[str, Any]]
    spaces: Mapping[str, str]
    digests: Sequence[str]


def _papers_of(source: Source, options: ReadOptions, ledger: Ledger) -> _Papers | None:
    path = _beside(source, "metadata")
    if path is None:
        ledger.note(
            "warning",
            "no-metadata",
            "no table of metadata lies beside it, so the space of the coordinates and the "
            "descriptions of the papers are not known",
            expected="put the file with 'metadata' instead of 'coordinates' in its name beside it",
        )
        return None
    table_source = open_source(path)
    described, spaces = _described(_table_of(table_source, options, ledger), ledger)
    digests = [table_source.sha256]
    for what in ("coordinate_space", "authors"):
        more = _beside(source, what)
        if more is None:
            continue
        more_source = open_source(more)
        digests.append(more_source.sha256)
        table = _table_of(more_source, options, ledger)
        if what == "authors":
            _add_authors(described, table)
        else:
            spaces |= _spaces(table)
    return _Papers(table_source.name, described, spaces, digests)


def _described(table: _Table, ledger: Ledger) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Descriptions and spaces of papers, by identifier."""
    key = table.position(*STUDY_COLUMNS)
    kept = {
        position: _DESCRIPTION[name]
        for name, position in table.columns.items()
        if name in _DESCRIPTION and position != key
    }
    space = table.columns.get("space", table.columns.get("coordinate_space"))
    described: dict[str, dict[str, Any]] = {}
    spaces: dict[str, str] = {}
    repeated: list[int] = []
    for row in table.rows:
        if len(row) <= key:
            continue
        if row[key] in described:
            repeated.append(table.lines.line_num)
        described[row[key]] = {
            name: row[position]
            for position, name in kept.items()
            if position < len(row) and row[position].lower() not in _NOTHING
        }
        if space is not None and space < len(row) and row[space]:
            spaces[row[key]] = row[space]
    if repeated:
        ledger.add(_repeated(table.name, repeated))
    return described, spaces


def _repeated(name: str, numbers: Sequence[int]) -> Problem:
    return Problem(
        severity="warning",
        code="repeated-id",
        what=f"{count(len(numbers), 'row')} of a paper that was described before: the last one "
        "is taken",
        file=name,
        line=numbers[0],
    )


def _spaces(table: _Table) -> dict[str, str]:
    key, space = table.position(*STUDY_COLUMNS), table.position("coordinate_space", "space")
    most = max(key, space)
    return {row[key]: row[space] for row in table.rows if len(row) > most and row[space]}


def _add_authors(described: dict[str, dict[str, Any]], table: _Table) -> None:
    """Authors of a table with one row for each."""
    key, surname = table.position(*STUDY_COLUMNS), table.position("surname")
    given = table.columns.get("given-names", surname)
    names: dict[str, list[str]] = {}
    for row in table.rows:
        if len(row) > max(key, surname, given):
            parts = dict.fromkeys([row[surname], row[given]])
            names.setdefault(row[key], []).append(" ".join(part for part in parts if part))
    for study_id, authors in names.items():
        if study_id in described:
            described[study_id]["authors"] = ", ".join(authors)


# --- peaks -----------------------------------------------------------------------------


class _NoNumberError(ValueError):
    """A cell is no number."""


class _TooFarError(ValueError):
    """A number is no place in a head."""


class _Millimetres(dict[str, float]):
    """Numbers of cells. There are few different ones, so each is read and kept once."""

    def __missing__(self, cell: str) -> float:
        number = parse_number(cell)
        if number is None:
            raise _NoNumberError(cell)
        if abs(number) > FARTHEST_MM:
            raise _TooFarError(cell)
        self[cell] = number
        return number


_KINDS = {
    IndexError: ("row-cut-short", "that end before x, y, z"),
    _NoNumberError: ("not-a-coordinate", "in which x, y or z is no number"),
    _TooFarError: ("impossible-coordinate", f"beyond {FARTHEST_MM:,.0f} mm, no place in a head"),
}


class _Peaks:
    """Rows of coordinates, gathered by paper."""

    def __init__(self, table: _Table, spaces: Mapping[str, str]) -> None:
        self.table = table
        self.spaces = spaces
        self.foci: dict[str, list[FocusRecord]] = {}
        self.first_lines: dict[str, int] = {}
        self.n_rows = 0
        self.bad: dict[type[Exception], list[tuple[int, str]]] = {}

    def read(self) -> None:
        """Read every row. There may be millions, so this loop does only what it must."""
        table, lines = self.table, self.table.lines
        key = table.position(*STUDY_COLUMNS)
        x, y, z = (table.position(axis) for axis in ("x", "y", "z"))
        label = table.columns.get("table_id")
        number = _Millimetres()
        n_rows = 0
        paper: str | None = None
        in_table: str | None = None
        values: dict[str, Any] | None = None
        for row in table.rows:
            if not row:
                continue
            n_rows += 1
            try:
                if row[key] != paper:
                    paper = row[key]
                    foci, space, in_table = self.paper(paper, lines.line_num)
                if label is not None and row[label] != in_table:
                    in_table = row[label]
                    values = {"table_id": in_table} if in_table else None
                mm = (number[row[x]], number[row[y]], number[row[z]])
            except (IndexError, ValueError) as error:
                self.leave_out(error, row, lines.line_num)
            else:
                foci.append(FocusRecord(mm, space, lines.line_num, values))
        self.n_rows = n_rows

    def paper(self, name: str, line: int) -> tuple[list[FocusRecord], str | None, None]:
        """The foci of a paper so far, its space, and no table yet."""
        self.first_lines.setdefault(name, line)
        return self.foci.setdefault(name, []), self.spaces.get(name), None

    def leave_out(self, error: Exception, row: Sequence[str], line: int) -> None:
        kind = next(kind for kind in _KINDS if isinstance(error, kind))
        of_kind = self.bad.setdefault(kind, [])
        of_kind.append((line, " ".join(row)))
        if len(of_kind) == MOST_BAD_ROWS and not any(self.foci.values()):
            raise ReadError(
                f"{self.table.name}: {MOST_BAD_ROWS:,} rows {_KINDS[kind][1]}, and none that can "
                "be used; check that this is a table of coordinates"
            )


def _finish(ledger: Ledger, peaks: _Peaks, papers: _Papers | None) -> None:
    """Experiments of the peaks, and what is to be said of them together."""
    described = papers.described if papers else {}
    ledger.meet(len(peaks.foci), peaks.n_rows)
    for study_id, foci in peaks.foci.items():
        about = dict(described.get(study_id, {}))
        ledger.studies[study_id] = about
        ledger.experiments.append(
            ExperimentRecord(
                study_id=study_id,
                contrast_id=CONTRAST,
                foci=tuple(foci),
                n_subjects=None,
                file=ledger.file,
                line=peaks.first_lines[study_id],
                name=str(about.get("name", "")),
            )
        )
    _note_rows(ledger, peaks)
    if papers:
        _note_papers(ledger, peaks, papers)


def _note_rows(ledger: Ledger, peaks: _Peaks) -> None:
    for kind, rows in peaks.bad.items():
        code, what = _KINDS[kind]
        numbers = [f"{line}" for line, _ in rows[:MOST_LINES]]
        more = ["others"] if len(rows) > MOST_LINES else []
        all_bad = len(rows) == peaks.n_rows
        ledger.note(
            "error" if all_bad else "warning",
            code,
            f"{count(len(rows), 'row')} {what}: left out (lines {listed([*numbers, *more])})",
            found=rows[0][1],
            expected="check that this is a table of coordinates" if all_bad else "",
            line=rows[0][0],
            foci_left_out=len(rows),
        )
    empty = [study_id for study_id, foci in peaks.foci.items() if not foci]
    if empty:
        ledger.note(
            "warning",
            "experiment-without-foci",
            f"{count(len(empty), 'paper')} with no row that could be used: kept as "
            "experiments that report no foci",
            found=empty[0],
        )


def _note_papers(ledger: Ledger, peaks: _Peaks, papers: _Papers) -> None:
    unknown = [study_id for study_id in peaks.foci if study_id not in papers.described]
    if unknown:
        ledger.note(
            "warning",
            "study-without-metadata",
            f"{count(len(unknown), 'paper')} with coordinates and no row in {papers.name}; "
            "the first is",
            found=unknown[0],
            line=peaks.first_lines[unknown[0]],
        )
    n_without = sum(study_id not in peaks.foci for study_id in papers.described)
    if n_without:
        ledger.note(
            "note",
            "study-without-coordinates",
            f"{count(n_without, 'paper')} without coordinates: left out",
            file=papers.name,
        )
