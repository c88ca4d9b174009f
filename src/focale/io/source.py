"""Where bytes come from: a file, a folder, an address, a buffer; and what is to be assumed."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Literal, TextIO, get_args
from urllib.error import URLError
from urllib.parse import unquote, urlsplit
from urllib.request import urlopen

from focale._check import check_choice, check_count
from focale.errors import InputMissingError, ReadError
from focale.phrases import one_line

MOST_BYTES = 1 << 30
"""No evidence base is larger: 1 GiB, also after unpacking."""

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
    """

    space: Space | None = None
    default_n: int | None = None
    encoding: str | None = None
    extra: Extra | None = None
    sheet: str | None = None
    annotation: str | None = None

    def __post_init__(self) -> None:
        check_choice("space", "read", self.space, (None, *get_args(Space)))
        check_choice("extra", "read", self.extra, (None, *get_args(Extra)))
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


Readable = str | Path | BinaryIO | TextIO


def open_source(readable: Readable) -> Source:
    """Bytes of a path, a folder, an http(s) address, or something with `read`.

    Raises
    ------
    InputMissingError
        If there is nothing to read.
    ReadError
        If it is empty, larger than 1 GiB, or packed wrongly.
    """
    if isinstance(readable, (str, Path)):
        text = str(readable)
        source = _of_address(text) if _is_address(text) else _of_path(Path(text))
    else:
        source = _of_buffer(readable)
    if source.content.startswith(b"\x1f\x8b"):
        source = Source(source.name, _unpacked(source), source.path)
    if not source.content.strip() and not (source.path and source.path.is_dir()):
        raise ReadError(f"{source.name} is empty; check that it was saved")
    return source


def _is_address(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def _of_path(path: Path) -> Source:
    try:
        if path.is_dir():
            return Source(path.name or str(path), b"", path)
        with path.open("rb") as file:
            return Source(path.name, _limited(file, path.name), path)
    except FileNotFoundError as error:
        raise InputMissingError(f"{path} does not exist; check the path") from error
    except OSError as error:
        raise InputMissingError(f"{path} cannot be opened: {error.strerror}") from error
    except ValueError as error:  # a NUL in the name
        raise InputMissingError(f"{str(path)!r} is not the name of a file: {error}") from error


def _of_address(address: str) -> Source:
    name = PurePosixPath(unquote(urlsplit(address).path)).name or address
    try:
        with urlopen(address, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310  # http(s) only
            return Source(name, _limited(answer, name))
    except (URLError, OSError, ValueError) as error:
        reason = one_line(str(getattr(error, "reason", error)))
        raise InputMissingError(
            f"{one_line(address)} cannot be loaded ({reason}); check the address, or download "
            "the file and pass its path"
        ) from error


def _of_buffer(buffer: BinaryIO | TextIO) -> Source:
    if not hasattr(buffer, "read"):
        raise InputMissingError(
            f"cannot read from {type(buffer).__name__}; pass a path, an address, or an open file"
        )
    name = getattr(buffer, "name", None)
    label = Path(name).name if isinstance(name, str) else "buffer"
    content = buffer.read(MOST_BYTES + 1)
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogatepass")
    return Source(label, _within_limit(bytes(content), label))


def _limited(file: Any, name: str) -> bytes:
    return _within_limit(file.read(MOST_BYTES + 1), name)


def _within_limit(content: bytes, name: str) -> bytes:
    if len(content) > MOST_BYTES:
        raise ReadError(
            f"{name} has more than {MOST_BYTES >> 20:,} MiB, which no evidence base needs; check "
            "that it is the file you mean"
        )
    return content


def _unpacked(source: Source) -> bytes:
    try:
        with gzip.open(io.BytesIO(source.content)) as packed:
            return _limited(packed, source.name)
    except (OSError, EOFError, zlib.error) as error:
        raise ReadError(
            f"{source.name} is packed with gzip and cannot be unpacked ({error}); download or "
            "pack it again"
        ) from error
