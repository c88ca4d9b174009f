"""Tables of foci: CSV, TSV and Excel sheets with a column for each of x, y and z.

    study        experiment  n   space  x    y   z
    Smith, 2001  A > B       12  MNI    10   20  30
    Smith, 2001  A > B       12  MNI    -10  20  30

Columns are recognised by their names, in any order, so that the tables of JALE, of the
MKDA toolbox and most exports are read as they are. docs/formats-table.md has the names.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from focale.errors import ReadError
from focale.io.numbers import parse_number
from focale.io.problems import Problem, quoted
from focale.io.records import ExperimentRecord, FocusRecord, StudysetRecord
from focale.io.source import ReadOptions, Source
from focale.io.table.cells import (
    MOST_ROWS_ABOVE,
    NumberedRow,
    OpenQuoteError,
    first_rows,
    is_blank,
    likely_delimiter,
    number_text,
    rows_of_text,
    text_of,
)
from focale.io.table.columns import (
    EXPERIMENT,
    FOCUS,
    STUDY,
    header_position,
    header_score,
    is_of_the_literature,
    is_statistic,
    is_taken,
)
from focale.io.table.reader import OF_STUDIES, read_rows
from focale.io.table.workbook import Workbook, is_workbook
from focale.io.text import decoded
from focale.phrases import count, listed, one_line

NAME = "table"
SUFFIXES = (".tsv", ".csv")

MOST_ROWS = 1 << 20
MOST_ROWS_OF_NOTHING = 5_000
_SHAPE = f"one of the first {MOST_ROWS_ABOVE} rows must name columns x, y and z"
_MARKUP = (b"{", b"[", b"<")
_BEGINS_A_COMMENT = re.compile(r"\W{0,8}//")


def looks_like(source: Source) -> bool:
    """Whether one of the first rows names x, y and z, or the bytes are an Excel workbook."""
    if is_workbook(source):
        return True
    if not source.content or source.head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in _MARKUP:
        return False
    try:
        beginning, _ = decoded(Source(source.name, source.head), None)
    except ReadError:
        return False
    delimiter = likely_delimiter(beginning, header_score)
    if delimiter is None:
        return False
    rows = first_rows(rows_of_text(beginning, delimiter))
    header = header_position(rows)
    assert header is not None
    above = (text_of(cell) for _, cells in rows[:header] for cell in cells)
    is_sleuth = any(_BEGINS_A_COMMENT.match(text) for text in above)
    return not is_sleuth and not is_of_the_literature(rows[header][1])


def read(source: Source, options: ReadOptions) -> StudysetRecord:
    """Read a table; what cannot be understood is among the problems.

    Raises
    ------
    ReadError
        If no row names the columns x, y and z, or the file cannot be opened.
    """
    if is_workbook(source):
        return _read_workbook(source, options)
    text, problems = decoded(source, options.encoding)
    delimiter = likely_delimiter(text, header_score)
    if delimiter is None:
        raise ReadError(f"{source.name} is not a table of foci: {_SHAPE}")
    rows: list[NumberedRow] = []
    try:
        for row in rows_of_text(text, delimiter):
            rows.append(row)
            if len(rows) == MOST_ROWS_OF_NOTHING and not _has_coordinates(rows):
                break  # each of these is an error, and they are enough
            if len(rows) > MOST_ROWS:
                raise ReadError(
                    f"{source.name} has more than {MOST_ROWS:,} rows, which is more than a sheet "
                    "of Excel can hold; check that it is the file you mean"
                )
    except OpenQuoteError as error:
        problems.append(_open_quote(source, error))
    return _read_below_header(rows, source, options, problems, delimiter)


def losses(record: StudysetRecord) -> list[str]:
    """What of a record a table has no place for, in words."""
    notes = [e.annotations for e in record.experiments] + list(record.studies.values())
    values = [f.values or {} for e in record.experiments for f in e.foci]
    lost = {
        "the structure of notes that hold lists (written as JSON)": any(
            isinstance(value, (list, tuple, dict))
            for owner in [*notes, *values]
            for value in owner.values()
        ),
        "which experiments were pooled (they are written as reported)": any(
            e.members for e in record.experiments
        ),
    }
    return [what for what, is_there in lost.items() if is_there]


def write(record: StudysetRecord, path: Path) -> str:
    """Text of a table: comma-separated for the suffix .csv, else separated by tabs."""
    experiments = [own for e in record.experiments for own in e.reported]
    foci = [focus for e in experiments for focus in e.foci]
    described = record.studies.values()
    of_focus = _headers((f.values or {} for f in foci), _header_of_value)
    of_experiment = _headers((e.annotations for e in experiments), _header_of_note)
    of_study = _headers(described, lambda name: name if name in OF_STUDIES else f"{STUDY} {name}")
    fields = [
        *("study", "experiment", "n", "space", "x", "y", "z"),
        *(["subject_group"] if any(e.subject_group for e in experiments) else []),
        *(["talairach"] if any(e.talairach for e in experiments) else []),
        *(["experiment_name"] if any(e.name for e in experiments) else []),
    ]
    text = io.StringIO(newline="")
    delimiter = "," if path.suffix.lower() == ".csv" else "\t"
    table = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    table.writerow([*fields, *of_study.values(), *of_experiment.values(), *of_focus.values()])
    for experiment in experiments:
        own = _fields_of(experiment)
        study = record.studies.get(experiment.study_id, {})
        notes = [_cell(study.get(name), name) for name in of_study]
        notes += [_cell(experiment.annotations.get(name), name) for name in of_experiment]
        for focus in experiment.foci or [None]:
            own.update(_fields_of_focus(focus))
            values = (focus.values if focus else None) or {}
            row = [_cell(values.get(name), name) for name in of_focus]
            table.writerow([*(own[name] for name in fields), *notes, *row])
    return text.getvalue()


# ----------------------------------------------------------------------------- reading


def _read_workbook(source: Source, options: ReadOptions) -> StudysetRecord:
    book = Workbook(source)
    if options.sheet is not None:
        name = book.name_of(options.sheet)
        return _read_below_header(book.rows(name), source, options, [])
    with_foci = [
        name
        for name in book.names
        if header_position(book.rows(name, MOST_ROWS_ABOVE)) is not None
    ]
    if not with_foci:
        raise ReadError(
            f"{source.name} has no sheet with a table of foci "
            f"({listed([quoted(name) for name in book.names])}): {_SHAPE}"
        )
    name, *others = with_foci
    problems = [_other_sheets(source, name, others)] if others else []
    return _read_below_header(book.rows(name), source, options, problems)


def _read_below_header(
    rows: Sequence[NumberedRow],
    source: Source,
    options: ReadOptions,
    problems: list[Problem],
    delimiter: str | None = None,
) -> StudysetRecord:
    position = header_position(rows[:MOST_ROWS_ABOVE])
    if position is None:
        raise ReadError(f"{source.name} is not a table of foci: {_SHAPE}")
    above = [row for row in rows[:position] if not is_blank(row[1])]
    if above:
        problems.append(_rows_above(source, above))
    header = _completed_header(rows[: position + 1])
    return read_rows(
        [header, *rows[position + 1 :]], source, options, problems, delimiter=delimiter
    )


def _completed_header(rows: Sequence[NumberedRow]) -> NumberedRow:
    """The header, with known names from the row above where two rows make one."""
    line, cells = rows[-1]
    above = rows[-2][1] if len(rows) > 1 else ()
    full = [*cells, *[None] * (len(above) - len(cells))]
    for column, cell in enumerate(above):
        if full[column] is None and is_taken(text_of(cell)):
            full[column] = cell
    while len(full) > len(cells) and full[-1] is None:
        full.pop()
    return line, tuple(full)


def _has_coordinates(rows: Sequence[NumberedRow]) -> bool:
    """Whether any row has three cells that are numbers."""
    return any(
        sum(parse_number(text_of(cell), decimal_comma=True) is not None for cell in cells) >= 3
        for _, cells in rows
    )


def _open_quote(source: Source, error: OpenQuoteError) -> Problem:
    return Problem(
        severity="error",
        code="open-quotation-mark",
        what="a quotation mark is opened and not closed, or a line does not end, so this row and "
        "those below were not read",
        found=error.found,
        expected="close it, or remove it",
        file=source.name,
        line=error.line,
    )


def _other_sheets(source: Source, name: str, others: Sequence[str]) -> Problem:
    return Problem(
        severity="warning",
        code="other-sheets",
        what=f"sheet {quoted(name)} is read, and {count(len(others), 'other sheet')} with "
        "coordinates not",
        found=", ".join(others),
        expected="name one with --sheet (sheet=)",
        file=source.name,
    )


def _rows_above(source: Source, above: Sequence[NumberedRow]) -> Problem:
    line, cells = above[0]
    return Problem(
        severity="note",
        code="rows-above-header",
        what=f"{count(len(above), 'row')} above the names of the columns: passed over",
        found=" ".join(text_of(cell) for cell in cells if cell is not None),
        file=source.name,
        line=line,
    )


# ----------------------------------------------------------------------------- writing


def _headers(described: Iterable[Any], header: Any) -> dict[str, str]:
    """Names of columns for all names that occur, each its own."""
    headers: dict[str, str] = {}
    for name in dict.fromkeys(name for owner in described for name in owner):
        own = base = header(one_line(str(name), 150) or "(no name)")
        number = 1
        while own in headers.values():
            number += 1
            own = f"{base} ({number})"
        headers[name] = own
    return headers


def _header_of_value(name: str) -> str:
    return name if name == "label" or is_statistic(name) else f"{FOCUS} {name}"


def _header_of_note(name: str) -> str:
    return f"{EXPERIMENT} {name}" if is_taken(name) else name


def _fields_of(experiment: ExperimentRecord) -> dict[str, str]:
    n = experiment.n_subjects
    return {
        "study": _clean(experiment.study_id) or "(no name)",
        "experiment": _clean(experiment.contrast_id) or "1",
        "n": "" if n is None else number_text(n),
        "subject_group": _clean(experiment.subject_group or ""),
        "talairach": _clean(experiment.talairach or ""),
        "experiment_name": _clean(experiment.name),
    }


def _fields_of_focus(focus: FocusRecord | None) -> dict[str, str]:
    if focus is None:
        return dict.fromkeys(("space", "x", "y", "z"), "")
    x, y, z = (number_text(number) for number in focus.mm)
    return {"space": _clean(focus.space or ""), "x": x, "y": y, "z": z}


def _cell(value: Any, name: str) -> str:
    """A value as the text of a cell; a tag that repeats its name is written as true."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return number_text(value)
    if isinstance(value, (list, tuple, dict)):
        return _clean(json.dumps(value, ensure_ascii=False, default=str))
    text = _clean(str(value))
    return "true" if text.casefold() == name.casefold() else text


def _clean(text: str) -> str:
    """Text without letters that a table cannot hold."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = (c for c in lines if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return "".join(kept).strip()
