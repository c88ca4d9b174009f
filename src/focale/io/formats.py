"""The formats Focale reads and writes, and the one door for files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from focale.errors import ArgumentError, FocaleError, InputMissingError, ReadError
from focale.io import neurosynth, nimads, nimare_dataset, parquet, sleuth, table
from focale.io.assume import with_options
from focale.io.atomic import write_file
from focale.io.collector import paused_collector
from focale.io.join import join_records
from focale.io.problems import raise_errors
from focale.io.records import StudysetRecord
from focale.io.source import Readable, ReadOptions, Source, open_source
from focale.io.spaces import unplaced_foci
from focale.phrases import listed

FORMATS: tuple[ModuleType, ...] = (parquet, nimare_dataset, nimads, neurosynth, sleuth, table)
"""In the order they are asked. Each has `NAME`, `SUFFIXES`, `looks_like` and `read`; those
that can be written have `write`, and `losses`, which says what they have no place for."""

_NO_EVIDENCE = {
    b"\xd0\xcf\x11\xe0": "a binary Excel or Word file (.xls, .doc); save it as .xlsx or .csv",
    b"%PDF": "a PDF; export the table of coordinates as .csv",
    b"PK\x03\x04": "a packed file (.zip, .docx, .ods); save the table as .xlsx or .csv",
    b"\x5c\x01\x00\x00": "a NIfTI image; Focale reads coordinates, not images",
    b"MATLAB": "a MATLAB file; export the coordinates as text",
    b"<": "a web page or XML; download the file itself",
}
"""First bytes of files people pass by mistake."""


def read_record(
    readable: Readable | Sequence[Readable], options: ReadOptions | None = None
) -> StudysetRecord:
    """Read a file of any known format, recognised by its content.

    Parameters
    ----------
    readable
        A path, an http(s) address, an open file; or several, which are joined.
    options
        What to assume where the file leaves a meaning open.

    Raises
    ------
    InputMissingError
        If there is nothing to read.
    ReadError
        If it is of no known format, or holds errors (all are listed).
    """
    record = inspect_record(readable, options)
    raise_errors(record.source, record.problems)
    return record


def inspect_record(
    readable: Readable | Sequence[Readable], options: ReadOptions | None = None
) -> StudysetRecord:
    """Read as `read_record` does, with errors among the problems instead of raised."""
    options = options or ReadOptions()
    if not isinstance(readable, (list, tuple)):
        return with_options(_read_one(readable, options), options)  # type: ignore[arg-type]
    if not readable:
        raise ArgumentError("no file is given; pass at least one")
    return with_options(join_records([_read_one(one, options) for one in readable]), options)


def _read_one(readable: Readable, options: ReadOptions) -> StudysetRecord:
    source = open_source(readable)
    form = _format_of(source)
    with paused_collector():
        record: StudysetRecord = form.read(source, options)
    if not record.is_reconciled:
        raise FocaleError(
            f"{source.name}: the counts of what was read and left out do not add up "
            f"({record.reconciliation}, read {len(record.experiments)} and {record.n_foci}); this "
            "is a bug in Focale, please report it with the file"
        )
    unplaced = unplaced_foci(record, options.space)
    return replace(record, format=form.NAME, problems=(*record.problems, *unplaced))


def write_record(
    record: StudysetRecord, path: str | Path, *, overwrite: bool = False
) -> list[str]:
    """Write a record in the format its suffix names: .txt, .json, .tsv or .csv.

    Returns
    -------
    list of str
        What the format has no place for and was not written, in words.

    Raises
    ------
    ArgumentError
        If no format has this suffix, or the format cannot hold the record.
    OutputError
        If the file exists and may not be replaced, or cannot be written.
    """
    path = Path(path)
    writers = [form for form in FORMATS if hasattr(form, "write")]
    for form in writers:
        if path.suffix.lower() in form.SUFFIXES:
            write_file(path, form.write(record, path), overwrite=overwrite)
            lost: list[str] = form.losses(record)
            return lost
    suffixes = ", ".join(
        f"{suffix} ({form.NAME})" for form in writers for suffix in form.SUFFIXES if suffix
    )
    raise ArgumentError(
        f"{path.name} has no suffix that names a format Focale writes; end it with one of "
        f"{suffixes}"
    )


def _format_of(source: Source) -> ModuleType:
    for form in FORMATS:
        if form.looks_like(source):
            return form
    for begins, what in _NO_EVIDENCE.items():
        if source.content.startswith(begins):
            raise ReadError(f"{source.name} is {what}")
    if source.path is not None and source.path.is_dir():
        raise InputMissingError(f"{source.path} is a folder, not a file; name the file in it")
    names = listed([form.NAME for form in FORMATS], "or")
    raise ReadError(
        f"{source.name} is in no format Focale reads; expected {names} with a row that names "
        f"columns x, y and z (it begins with {source.content[:20]!r})"
    )
