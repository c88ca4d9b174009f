"""A file that keeps finished parts, so that a run that was stopped goes on.

It holds arrays by name and what they are a function of, and is used only where that is the
same. It is written every few seconds, and when the work ends in whatever way.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from focale.errors import ReadError
from focale.io.atomic import write_file

VERSION = 1
"""Raised when the same settings give other parts than before."""

SECONDS_BETWEEN = 5.0


@dataclass(slots=True)
class KeptParts:
    """Arrays by name, in a file.

    Parameters
    ----------
    path
        The file.
    key
        What the parts are a function of, by name.
    parts
        Those known already.
    """

    path: Path
    key: Mapping[str, Any]
    parts: dict[str, npt.NDArray[Any]] = field(default_factory=dict)
    is_saved: bool = True
    last: float = field(default_factory=time.monotonic)

    def get(self, name: str) -> npt.NDArray[Any] | None:
        """What is kept under a name, or None."""
        return self.parts.get(name)

    def keep(self, name: str, part: npt.NDArray[Any]) -> None:
        """Keep a finished part; it is in the file soon, and at the end of the work at last."""
        self.parts[name] = part
        self.is_saved = False
        if time.monotonic() - self.last > SECONDS_BETWEEN:
            self.save()

    def save(self) -> None:
        """Write the file, if there is anything new."""
        if self.is_saved:
            return
        content = io.BytesIO()
        named: dict[str, Any] = {"key": np.array(_text(self.key)), **self.parts}
        np.savez_compressed(content, **named)
        write_file(self.path, content.getvalue(), overwrite=True)
        self.is_saved, self.last = True, time.monotonic()


@contextmanager
def keeping(path: Path, key: Mapping[str, Any]) -> Iterator[KeptParts]:
    """Keep the parts of some work in a file, and go on from those that are there.

    Raises
    ------
    ReadError
        If the file keeps something else, or parts of other data or settings (the message says
        which).
    """
    kept = KeptParts(path, key, _read(path, key))
    try:
        yield kept
    finally:
        kept.save()


def _read(path: Path, key: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]]:
    if not path.exists():
        return {}
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            parts = {name: content[name] for name in content.files}
        theirs = json.loads(str(parts.pop("key")))
    except (OSError, ValueError, LookupError, EOFError, zipfile.BadZipFile) as error:
        raise ReadError(
            f"{path} does not keep parts of a run; choose another output folder, or remove it"
        ) from error
    ours = json.loads(_text(key))
    differing = [name for name in {**ours, **theirs} if theirs.get(name) != ours.get(name)]
    if differing:
        raise ReadError(
            f"{path} keeps parts of a run with other data or settings: it differs in "
            f"{', '.join(differing)}; remove it, or choose another output folder"
        )
    return parts


def _text(key: Mapping[str, Any]) -> str:
    return json.dumps({"version": VERSION, **key}, sort_keys=True)
