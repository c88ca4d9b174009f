"""A file that keeps the iterations of a null, so that a run can go on and grow.

An iteration is a function of the data, the settings, the seed and its number. The file
holds the maxima of the first iterations and what they are a function of; it is used only
where all of that is the same.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from focale.errors import ReadError
from focale.io.atomic import write_file
from focale.typing import IntArray

VERSION = 1
"""Raised when the same settings give other iterations than before."""

SECONDS_BETWEEN = 5.0


def read_null(path: Path, key: Mapping[str, Any]) -> IntArray:
    """Maxima kept in a file, shape (n, 3); none where there is no file.

    Parameters
    ----------
    path
        The file.
    key
        What the iterations are a function of, by name.

    Raises
    ------
    ReadError
        If it is no file of a null, or was made from something else: the message says
        what differs.
    """
    if not path.exists():
        return np.zeros((0, 3), dtype=np.int64)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            theirs = json.loads(str(content["key"]))
            maxima: IntArray = content["maxima"]
        if not isinstance(theirs, dict) or maxima.ndim != 2 or maxima.shape[1] != 3:
            raise ValueError("it holds something else")
    except (OSError, ValueError, TypeError, LookupError, EOFError, zipfile.BadZipFile) as error:
        raise ReadError(
            f"{path} is not a null that Focale kept; choose another file, or remove it"
        ) from error
    differing = [
        f"{name} ({theirs.get(name, 'nothing')} there, {value} here)"
        for name, value in _whole(key).items()
        if theirs.get(name) != value
    ]
    if differing:
        raise ReadError(
            f"{path} keeps a null of something else: it differs in {', '.join(differing)}; choose "
            "another file"
        )
    return maxima


def kept(
    path: Path, key: Mapping[str, Any], known: IntArray, blocks: Iterable[IntArray]
) -> IntArray:
    """Maxima known and those of further blocks, kept in a file every few seconds.

    What was computed when an error or Ctrl-C ends the run is kept too.

    Raises
    ------
    OutputError
        If the file cannot be written; what it held before is still there.
    """
    maxima = [known]
    saved, last = len(known), time.monotonic()
    try:
        for block in blocks:
            maxima.append(block)
            if time.monotonic() - last > SECONDS_BETWEEN:
                saved, last = _save(path, key, maxima), time.monotonic()
    finally:
        if sum(map(len, maxima)) > saved:
            _save(path, key, maxima)
    return np.concatenate(maxima)


def _save(path: Path, key: Mapping[str, Any], maxima: list[IntArray]) -> int:
    whole = np.concatenate(maxima)
    content = io.BytesIO()
    np.savez_compressed(content, maxima=whole, key=np.array(json.dumps(_whole(key))))
    write_file(path, content.getvalue(), overwrite=True)
    return len(whole)


def _whole(key: Mapping[str, Any]) -> dict[str, Any]:
    return {"version": VERSION, **key}
