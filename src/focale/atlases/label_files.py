"""Names of labels, in the files that atlases come with.

A label file pairs numbers with names: BIDS ``dseg.tsv``, CSV with a header, FSL's and SPM's
XML, FreeSurfer's colour table, or plain text with one label a line. Some leave open which of
two numbers is meant, or whether volumes are counted from 0; each way of reading is given,
and the image decides.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from focale.errors import ReadError
from focale.io.source import Source, open_source
from focale.io.text import decoded, lines
from focale.phrases import listed, one_line

LONGEST_NAME = 80
MOST_SHOWN = 5
TEXT_SUFFIXES = (".txt", ".lut", ".ctab")
SUFFIXES = (".tsv", ".csv", ".xml", *TEXT_SUFFIXES)

_NUMBER_COLUMNS = ("index", "number", "id", "value", "label_id", "roi_id", "key")
_NAME_COLUMNS = ("name", "label", "region", "label_name", "roi_name", "region_name", "structure")
_NUMBER = re.compile(r"(\d{1,9})(?:\.0*)?[:=.,;)]?", re.ASCII)

Reading = dict[int, str]


@dataclass(frozen=True, slots=True)
class _Row:
    """A label as it stands in a file."""

    where: str
    number: str
    name: str


def read_labels(path: Path) -> tuple[Reading, ...]:
    """Names of numbers, in each way the file can be read.

    Raises
    ------
    InputMissingError
        If the file is not there.
    ReadError
        If it is not a label file, with every line that is at fault.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ReadError(
            f"{one_line(path.name)} is not a label file by its name; a label file ends in "
            f"{listed(SUFFIXES, 'or')}"
        )
    source = open_source(path)
    if suffix == ".xml":
        return (_reading(source.name, _of_xml(source)),)
    text, _ = decoded(source, None)
    written = [(number, line) for number, line in lines(text) if line.strip("\t ,;")]
    rows = [(n, line) for n, line in written if not line.lstrip().startswith("#")]
    if suffix in TEXT_SUFFIXES:
        return _of_text(source.name, rows)
    return _of_table(source.name, rows)


def _reading(file: str, rows: Sequence[_Row]) -> Reading:
    """Checked names by number; all faults are reported at once."""
    names: Reading = {}
    faults: list[str] = []
    for row in rows:
        number, name = whole_number(row.number), one_line(row.name[:1000], LONGEST_NAME)
        if number is None:
            shown = one_line(row.number[:1000], 20)
            faults.append(f"{row.where}: {shown!r} is not a whole number of at least 0")
        elif not name or name == "(no name)":
            faults.append(f"{row.where}: number {number} has no name")
        elif names.setdefault(number, name) != name:
            faults.append(
                f"{row.where}: number {number} is {names[number]!r} and {name!r} at once"
            )
    if faults:
        more = f" and {len(faults) - MOST_SHOWN:,} more" if len(faults) > MOST_SHOWN else ""
        raise ReadError(
            f"{file} does not pair numbers with names ({'; '.join(faults[:MOST_SHOWN])}{more}); "
            "correct these lines or pass another label file"
        )
    if not names:
        raise ReadError(f"{file} names no label; pass another label file")
    return names


def whole_number(text: str) -> int | None:
    """Whole number of a text such as "12", "12.0" or "12:", else None."""
    match = _NUMBER.fullmatch(text.strip())
    return int(match[1]) if match else None


# ------------------------------------------------------------------------ tables


def _of_table(file: str, rows: Sequence[tuple[int, str]]) -> tuple[Reading, ...]:
    if not rows:
        raise ReadError(f"{file} names no label; pass another label file")
    delimiter = max("\t,;", key=rows[0][1].count)
    cells = [(line, _cells(text, delimiter)) for line, text in rows]
    header = [cell.strip().lower() for cell in cells[0][1]]
    number = next((header.index(name) for name in _NUMBER_COLUMNS if name in header), None)
    name = next((header.index(name) for name in _NAME_COLUMNS if name in header), None)
    if number is not None and name is not None:
        found = [_row(line, _cell(row, number), [_cell(row, name)]) for line, row in cells[1:]]
        return (_reading(file, found),)
    if whole_number(header[0]) is not None or whole_number(header[-1]) is not None:
        return _of_fields(file, cells, most_words=1)
    columns = listed([repr(one_line(cell, 20)) for cell in header[:10]])
    raise ReadError(
        f"{file} has no column of numbers or none of names: its header has {columns}, and needs "
        "'index' and 'name'"
    )


def _cells(text: str, delimiter: str) -> list[str]:
    """Cells of one line; a quotation mark that is not closed is a letter like others."""
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return text.split(delimiter)


def _cell(row: Sequence[str], column: int) -> str:
    return row[column] if column < len(row) else ""


# -------------------------------------------------------------------- plain text


def _of_text(file: str, rows: Sequence[tuple[int, str]]) -> tuple[Reading, ...]:
    if not rows:
        raise ReadError(f"{file} names no label; pass another label file")
    if all("\t" in text.strip() for _, text in rows):
        return _of_fields(file, [(n, text.strip().split("\t")) for n, text in rows], most_words=1)
    return _of_fields(file, [(n, text.split()) for n, text in rows], most_words=None)


def _of_fields(
    file: str, rows: Sequence[tuple[int, list[str]]], *, most_words: int | None
) -> tuple[Reading, ...]:
    """Labels of lines without a header, in cells (a name is one) or in words (it may be more).

    A line is a number and a name in either order, with a short name before or a colour
    behind. With one number at both ends either may be meant.
    """
    leading = [whole_number(fields[0]) is not None for _, fields in rows]
    if 2 * sum(leading) < len(rows):
        start = 0 if most_words is None else -1 - most_words
        found = [_row(line, row[-1], row[start:-1]) for line, row in rows]
        return (_reading(file, found),)
    n_behind = min(_numbers_behind(row) for _, row in rows)
    if n_behind == 0:
        found = [_row(n, row[0], _without_repeat(row)[:most_words]) for n, row in rows]
        return (_reading(file, found),)
    first = [_row(n, row[0], row[1 : len(row) - n_behind][:most_words]) for n, row in rows]
    if n_behind < 3 and len({row.name for row in first}) < len(first):
        found = [_row(n, row[0], row[1:]) for n, row in rows]  # "Brodmann area 4" needs its 4
        return (_reading(file, found),)
    last = [_row(n, row[-1], [own.name]) for (n, row), own in zip(rows, first, strict=True)]
    if n_behind > 1 or len({row.number for row in last}) < len(last):
        return (_reading(file, first),)
    return _reading(file, first), _reading(file, last)


def _row(line: int, number: str, words: Sequence[str]) -> _Row:
    return _Row(f"line {line}", number, " ".join(words))


def _numbers_behind(fields: Sequence[str]) -> int:
    """How many numbers stand at the end of a line, the first field aside."""
    n = 0
    while n < len(fields) - 1 and whole_number(fields[-1 - n]) is not None:
        n += 1
    return n


def _without_repeat(fields: Sequence[str]) -> Sequence[str]:
    """Words after the number, without the same number at the end."""
    return fields[1:-1] if len(fields) > 2 and fields[-1] == fields[0] else fields[1:]


# --------------------------------------------------------------------------- XML


def parsed_xml(source: Source) -> ET.Element:
    """Root of an XML file, refused if it declares entities."""
    if b"<!ENTITY" in source.content.upper():
        raise ReadError(f"{source.name} declares entities, which no label file needs")
    try:
        return ET.fromstring(source.content)  # noqa: S314  # entities are refused above
    except (ET.ParseError, ValueError, LookupError) as error:
        raise ReadError(f"{source.name} is not XML ({error}); pass another label file") from error


def _of_xml(source: Source) -> list[_Row]:
    """Labels of FSL's or SPM's XML.

    FSL counts the volumes of a probabilistic atlas from 0, and gives each the value one
    higher in the image of the likeliest label.
    """
    root = parsed_xml(source)
    is_probabilistic = (root.findtext(".//header/type") or "").strip().lower().startswith("prob")
    return list(_rows_of_xml(root, 1 if is_probabilistic else 0))


def _rows_of_xml(root: ET.Element, step: int) -> Iterator[_Row]:
    for place, label in enumerate(root.iter("label"), start=1):
        index = (label.get("index") or label.findtext("index") or "").strip()
        name = label.findtext("name") or label.text or ""
        number = whole_number(index)
        yield _Row(f"label {place}", index if number is None else str(number + step), name)
