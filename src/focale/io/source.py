"""Where bytes come from: a file, a folder, an address, a buffer; and what is to be assumed."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Literal, TextIO, get_args
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from urllib.request import urlopen

from focale._check import check_choice, check_count, refuse
from focale.errors import InputMissingError, ReadError
from focale.phrases import one_line

MOST_BYTES = 1 << 30
"""No evidence base is larger: 1 GiB, also after unpacking."""

PIECE = 1 << 26
TIMEOUT_SECONDS = 60

Extra = Literal["statistics", "ignore"]
Space = Literal["MNI", "TAL"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What a reader is told to assume where a file leaves the meaning open.

    Parameters
    ----------
    space
        "MNI" or "TAL", for foci whose space the file leaves open.
    default_n
        Sample size of experiments that have none.
    encoding
        Name of the encoding of a text file.
    extra
        What numbers after x y z are, where the file does not say: "statistics" keeps
        them, "ignore" drops them.
    sheet
        Sheet of an Excel workbook; by default the first one that holds coordinates.
    annotation
        NIMADS: path of a JSON file with the annotation.
    talairach_of
        Conversion of Talairach coordinates, by study or experiment id.
    groups_of
        Subject group, by study or experiment id: those with one name have the same
        participants.
    """

    space: Space | None = None
    default_n: int | None = None
    encoding: str | None = None
    extra: Extra | None = None
    sheet: str | None = None
    annotation: str | None = None
    talairach_of: Mapping[str, str] | None = None
    groups_of: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        check_choice("space", "read", self.space, (None, *get_args(Space)))
        check_choice("extra", "read", self.extra, (None, *get_args(Extra)))
        if not isinstance(self.encoding, str | None):
            raise refuse("encoding", "read", "the name of an encoding", self.encoding)
        if self.default_n is not None:
            check_count("default_n", "read", self.default_n, 1)

    @property
    def given(self) -> dict[str, Any]:
        """The options that were given."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True)
class Source:
    """Bytes with a name.

    Parameters
    ----------
    name
        Name for messages: the file name, without its folders.
    content
        The bytes, unpacked if they were packed with gzip; empty for a folder.
    path
        Where it lies, for formats of several files.
    """

    name: str
    content: bytes
    path: Path | None = None

    @cached_property
    def sha256(self) -> str:
        """Fingerprint of the bytes, hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @cached_property
    def head(self) -> bytes:
        """The first 64 kB, which say what format it is."""
        return self.content[: 1 << 16]


Readable = str | os.PathLike[str] | BinaryIO | TextIO


def open_source(readable: Readable) -> Source:
    """Bytes of a path, a folder, an http(s) address, or something with `read`.

    Raises
    ------
    InputMissingError
        If there is nothing to read.
    ReadError
        If it is empty, larger than 1 GiB, or packed wrongly.
    """
    if isinstance(readable, (str, os.PathLike)):
        text = os.fspath(readable)
        source = _of_address(text) if _is_address(text) else _of_path(Path(text))
    else:
        source = _of_buffer(readable)
    if source.content.startswith(b"\x1f\x8b"):
        source = Source(source.name, _unpacked(source), source.path)
    if (not source.content or source.content.isspace()) and not (
        source.path and source.path.is_dir()
    ):
        raise ReadError(f"{source.name} is empty; check that it was saved")
    return source


def _is_address(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def _of_path(path: Path) -> Source:
    try:
        if path.is_dir():
            return Source(one_line(path.name or str(path)), b"", path)
        with path.open("rb") as file:
            name = one_line(path.name)
            return Source(name, _limited(file, name), path)
    except ReadError:
        raise
    except FileNotFoundError as error:
        raise InputMissingError(f"{path} does not exist; check the path") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputMissingError(f"{path} cannot be opened: {reason}") from error
    except ValueError as error:  # a NUL in the name
        raise InputMissingError(f"{str(path)!r} is not the name of a file: {error}") from error


def _of_address(address: str) -> Source:
    try:
        name = one_line(PurePosixPath(unquote(urlsplit(address).path)).name or address)
        with urlopen(address, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310  # http(s) only
            content = _limited(answer, name)
            if getattr(answer, "length", None):  # what is left, by the length it was said to have
                raise OSError(f"it broke off after {len(content):,} bytes")
            return Source(name, content)
    except ReadError:
        raise
    except (URLError, HTTPException, OSError, ValueError) as error:
        if isinstance(error, HTTPError):
            error.close()
        reason = one_line(str(getattr(error, "reason", error)))
        raise InputMissingError(
            f"{one_line(address)} cannot be loaded ({reason}); check the address, or download "
            "the file and pass its path"
        ) from error


def _of_buffer(buffer: BinaryIO | TextIO) -> Source:
    if not hasattr(buffer, "read"):
        raise refuse("source", "read", "a path, an address or an open file", buffer)
    name = getattr(buffer, "name", None)
    label = one_line(Path(name).name) if isinstance(name, str) else "buffer"
    try:
        return Source(label, _limited(buffer, label))
    except ReadError:
        raise
    except (OSError, ValueError, TypeError) as error:  # closed, or opened for writing
        raise InputMissingError(
            f"{label} cannot be read from ({error}); open the file for reading, or pass its path"
        ) from error


def _limited(file: Any, name: str) -> bytes:
    """Everything there is to read; streams may give it in parts."""
    pieces: list[bytes] = []
    n_bytes = 0
    while piece := file.read(PIECE):
        if isinstance(piece, str):
            piece = piece.encode("utf-8", "surrogatepass")
        elif not isinstance(piece, (bytes, bytearray, memoryview)):
            raise TypeError(f"it gives {type(piece).__name__}, not bytes or text")
        pieces.append(bytes(piece))
        n_bytes += len(pieces[-1])
        if n_bytes > MOST_BYTES:
            raise ReadError(
                f"{name} has more than {MOST_BYTES >> 20:,} MiB, which no evidence base needs; "
                "check that it is the file you mean"
            )
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _unpacked(source: Source) -> bytes:
    try:
        with gzip.open(io.BytesIO(source.content)) as packed:
            return _limited(packed, source.name)
    except (OSError, EOFError, zlib.error) as error:
        raise ReadError(
            f"{source.name} is packed with gzip and cannot be unpacked ({error}); download or "
            "pack it again"
        ) from error
