"""Rows of cells of an Excel workbook."""

from __future__ import annotations

import io
import itertools
import re
import warnings
import zipfile
import zlib
from datetime import datetime
from itertools import zip_longest
from typing import Any

from focale.errors import ReadError
from focale.io.source import MOST_BYTES, Source
from focale.io.table.cells import ERROR_VALUES, Cell, NumberedRow, Odd
from focale.phrases import listed, one_line

MOST_ROWS = 1 << 20
"""Excel has no more rows."""

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_MIDNIGHT = " 00:00:00"


def is_workbook(source: Source) -> bool:
    """Whether the bytes are an Excel workbook, or one protected by a password."""
    if source.head.startswith(_OLE):
        return _ENCRYPTED in source.content
    is_zip = source.head.startswith(_ZIP)
    return is_zip and (b"xl/w" in source.head or b"xl/w" in source.content[-(1 << 16) :])


_BROKEN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What the parts of a broken file raise; openpyxl lets it through."""


class Workbook:
    """The visible sheets of an .xlsx or .xlsm file.

    Parameters
    ----------
    source
        Its bytes.

    Raises
    ------
    ReadError
        If it is protected, broken, too large when unpacked, or openpyxl is not installed.
    """

    def __init__(self, source: Source) -> None:
        if source.head.startswith(_OLE):
            raise ReadError(f"{source.name} is protected by a password; save a copy without one")
        self.file = source.name
        self._content = source.content
        self._values = self._opened(data_only=True)
        self._formulas = self._opened(data_only=False) if self._has_formulas() else None
        self.names: list[str] = [
            sheet.title for sheet in self._values.worksheets if sheet.sheet_state == "visible"
        ]
        if not self.names:
            raise ReadError(f"{self.file} has no visible sheet; show the sheet with the table")

    def name_of(self, sheet: str) -> str:
        """The name of a sheet as the workbook writes it, capitals left aside.

        Raises
        ------
        ReadError
            If there is none of that name.
        """
        if sheet in self._values.sheetnames:  # perhaps hidden, and asked for
            return sheet
        for name in self.names:
            if name.casefold() == sheet.strip().casefold():
                return name
        names = listed([f'"{one_line(name)}"' for name in self.names], "and")
        raise ReadError(f'{self.file} has no sheet "{one_line(sheet)}"; it has {names} (sheet=)')

    def rows(self, name: str, most: int = MOST_ROWS) -> list[NumberedRow]:
        """Rows of a sheet with their numbers, those without content among them.

        Parameters
        ----------
        name
            Name of the sheet, as the workbook writes it.
        most
            How many rows at most.

        Raises
        ------
        ReadError
            If they cannot be read.
        """
        values = self._raw(self._values, name, most)
        if self._formulas is None:
            cells = [tuple(map(_cell, row)) for row in values]
        else:
            formulas = self._raw(self._formulas, name, most)
            cells = [
                tuple(itertools.starmap(_cell_or_formula, zip_longest(*both)))
                for both in zip_longest(values, formulas, fillvalue=())
            ]
        return list(enumerate(cells, start=1))

    def _opened(self, *, data_only: bool) -> Any:
        try:
            import openpyxl
        except ImportError as error:
            raise ReadError(
                f"{self.file} is an Excel workbook, and reading one needs openpyxl; install it "
                'with `pip install "focale[excel]"`, or save the sheet as .csv'
            ) from error
        try:
            self._check_size()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of formats and validations, which are not read
                return openpyxl.load_workbook(
                    io.BytesIO(self._content), read_only=True, data_only=data_only
                )
        except ReadError:
            raise
        except _BROKEN as error:
            raise self._broken(error) from error

    def _check_size(self) -> None:
        with zipfile.ZipFile(io.BytesIO(self._content)) as archive:
            size = sum(part.file_size for part in archive.infolist())
        if size > MOST_BYTES:
            raise ReadError(
                f"{self.file} unpacks to more than {MOST_BYTES >> 20:,} MiB, which no evidence "
                "base needs; check that it is the file you mean"
            )

    def _has_formulas(self) -> bool:
        try:
            with zipfile.ZipFile(io.BytesIO(self._content)) as archive:
                return any(
                    _FORMULA.search(archive.read(part)) is not None
                    for part in archive.infolist()
                    if part.filename.startswith("xl/worksheets/")
                )
        except _BROKEN as error:
            raise self._broken(error) from error

    def _raw(self, book: Any, name: str, most: int) -> list[tuple[Any, ...]]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of dates out of range, which become errors
                sheet = book[name]
                sheet.reset_dimensions()  # what the file says of them is often wrong
                return list(sheet.iter_rows(max_row=most, values_only=True))
        except _BROKEN as error:
            raise self._broken(error) from error

    def _broken(self, error: Exception) -> ReadError:
        return ReadError(
            f"{self.file} cannot be read as an Excel workbook ({one_line(str(error))}); open it, "
            "and save it again as .xlsx or .csv"
        )


def _cell(value: Any) -> Cell:
    """A value of openpyxl as a cell."""
    if value is None:
        return None
    if isinstance(value, str):
        stripped = value.strip()
        return Odd("error", stripped) if stripped in ERROR_VALUES else stripped or None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return value
    shown = value.isoformat(" ") if isinstance(value, datetime) else str(value)
    return Odd("date", shown.removesuffix(_MIDNIGHT))


def _cell_or_formula(value: Any, formula: Any) -> Cell:
    """A value as a cell, or the formula that has none."""
    if value is not None or formula is None:
        return _cell(value)
    text = formula if isinstance(formula, str) else f"={getattr(formula, 'text', '')}"
    return Odd("formula", text) if text.startswith("=") else _cell(value)
