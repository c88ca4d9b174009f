"""The formats Focale reads, and the one door through which files come in."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from focale.errors import InputMissingError, ReadError
from focale.io import nimads, sleuth
from focale.io.records import StudysetRecord

FORMATS: tuple[ModuleType, ...] = (nimads, sleuth)
"""In the order they are asked; each has `NAME`, `looks_like` and `read`."""


def read_record(path: str | Path) -> StudysetRecord:
    """Read a file of any known format, recognised by its content.

    Parameters
    ----------
    path
        A NIMADS JSON or a Sleuth text file.

    Raises
    ------
    InputMissingError
        If the file is not there or cannot be opened.
    ReadError
        If it is of no known format, or holds errors (all are listed).
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise InputMissingError(f"{path} does not exist; check the path") from error
    except IsADirectoryError as error:
        raise InputMissingError(f"{path} is a folder, not a file; name the file in it") from error
    except OSError as error:
        raise InputMissingError(f"{path} cannot be opened: {error.strerror}") from error
    except ValueError as error:  # a NUL in the name
        raise InputMissingError(f"{str(path)!r} is not the name of a file: {error}") from error
    if not content.strip():
        raise ReadError(f"{path.name} is empty; check that it was saved")
    for reader in FORMATS:
        if reader.looks_like(content, path.name):
            record: StudysetRecord = reader.read(content, path.name)
            return record
    names = " or ".join(reader.NAME for reader in FORMATS)
    raise ReadError(
        f"{path.name} is in no format Focale reads; expected {names} "
        f"(it begins with {content[:20]!r})"
    )
