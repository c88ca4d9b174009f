"""A file that keeps iterations of a null, so that a run can go on, grow and be parted.

An iteration is a function of the data, the settings, the seed and its number. The file
holds the maxima of consecutive iterations and what they are a function of; it is used
only where all of that is the same. A file whose iterations do not begin with the first is
a shard: shards are made by several machines and merged into one null.
"""

from __future__ import annotations

import io
import json
import os
import time
import zipfile
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from focale.errors import InputMissingError, OutputError, ReadError
from focale.frozen import freeze
from focale.io.atomic import write_file
from focale.typing import IntArray

NULL_NAME = "null.npz"
"""The file in an output folder."""

VERSION = 2
"""Raised when the same settings give other iterations than before."""

SECONDS_BETWEEN = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class StoredNull:
    """Consecutive iterations of a null.

    Attributes
    ----------
    key
        What the iterations are a function of, by name.
    maxima
        Shape (n, 3), or (n, 4) with TFCE: largest value, cluster size, cluster mass and
        TFCE of each iteration.
    first
        Number of the first iteration: 0, or more in a shard.
    asked
        How many iterations the whole null was to have.
    """

    key: Mapping[str, Any]
    maxima: IntArray
    first: int = 0
    asked: int = 0

    def __post_init__(self) -> None:
        freeze(self, "maxima")

    @property
    def stop(self) -> int:
        """Number of the iteration after the last."""
        return self.first + len(self.maxima)

    def with_blocks(self, blocks: Iterable[IntArray]) -> StoredNull:
        """The null with further iterations."""
        maxima = np.concatenate([self.maxima, *blocks])
        return StoredNull(self.key, maxima, self.first, max(self.asked, self.first + len(maxima)))


def nothing_of(key: Mapping[str, Any], n_columns: int, first: int, asked: int) -> StoredNull:
    """A null without iterations yet."""
    return StoredNull(key, np.zeros((0, n_columns), dtype=np.int64), first, asked)


def read_null(path: Path) -> StoredNull:
    """Iterations kept in a file.

    Raises
    ------
    InputMissingError
        If there is no file.
    ReadError
        If it is no file of a null.
    """
    if not path.exists():
        raise InputMissingError(f"there is no null at {path}; check the path")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            key = json.loads(str(content["key"]))
            first, asked = (int(content[name]) for name in ("first", "asked"))
            maxima: IntArray = content["maxima"]
        if not isinstance(key, dict) or maxima.ndim != 2 or maxima.shape[1] not in (3, 4):
            raise ValueError("it holds something else")
    except (OSError, ValueError, TypeError, LookupError, EOFError, zipfile.BadZipFile) as error:
        raise ReadError(
            f"{path} is not a null that Focale kept; choose another file, or remove it"
        ) from error
    return StoredNull(key, maxima, first, asked)


def continued(path: Path, nothing: StoredNull) -> StoredNull:
    """Iterations a run goes on from: those of its file, or none where there is no file.

    Parameters
    ----------
    path
        The file.
    nothing
        The null of the run, without iterations yet.

    Raises
    ------
    ReadError
        If the file is no null, or one of other data or settings (the message says what
        differs), or one that begins with another iteration.
    OutputError
        If there is no file and its place cannot be written to.
    """
    if not path.exists():
        place = path.absolute().parent
        if not place.is_dir() or not os.access(place, os.W_OK):
            raise OutputError(f"{path} cannot be written; choose a folder that can be written to")
        return nothing
    stored = read_null(path)
    _check_same(path, stored.key, _whole(nothing.key), "here")
    if stored.first != nothing.first:
        raise ReadError(
            f"{path} is a shard that begins with iteration {stored.first + 1:,}, and iteration "
            f"{nothing.first + 1:,} was asked for; merge the shards with `focale merge`, or "
            "choose another file"
        )
    return StoredNull(nothing.key, stored.maxima, stored.first, stored.asked)


def kept(
    path: Path, null: StoredNull, blocks: Iterable[IntArray]
) -> Generator[IntArray, None, None]:
    """Pass blocks of iterations on, and keep them in a file every few seconds.

    What was computed when an error or Ctrl-C ends the run is kept too; close the
    generator where it is left early.

    Parameters
    ----------
    path
        The file.
    null
        The iterations known before.
    blocks
        Further iterations.

    Raises
    ------
    OutputError
        If the file cannot be written; what it held before is still there.
    """
    new: list[IntArray] = []
    n_saved, last = 0, time.monotonic()
    try:
        for block in blocks:
            new.append(block)
            if time.monotonic() - last > SECONDS_BETWEEN:
                write_null(path, null.with_blocks(new))
                n_saved, last = len(new), time.monotonic()
            yield block
    finally:
        if len(new) > n_saved:
            write_null(path, null.with_blocks(new))


def write_null(path: Path, null: StoredNull) -> None:
    """Write the iterations of a null to a file that is there whole or not at all."""
    content = io.BytesIO()
    np.savez_compressed(
        content,
        maxima=null.maxima,
        first=np.array(null.first),
        asked=np.array(null.asked),
        key=np.array(json.dumps(_whole(null.key))),
    )
    write_file(path, content.getvalue(), overwrite=True)


def merge_nulls(paths: Sequence[str | Path], output: str | Path) -> StoredNull:
    """Join shards of one null, and write it.

    Parameters
    ----------
    paths
        Files of shards, in any order.
    output
        File to write; it may be one that exists.

    Raises
    ------
    ReadError
        If they are shards of different nulls, if two hold the same iteration, or if an
        iteration is missing: the message names it.
    """
    shards = sorted(
        ((Path(path), read_null(Path(path))) for path in paths), key=lambda s: s[1].first
    )
    if not shards:
        raise ReadError("no shard was given; name the files that `focale run --shard` wrote")
    first_path, first = shards[0]
    end = 0
    for path, shard in shards:
        _check_same(path, shard.key, first.key, f"in {first_path}")
        if shard.first > end:
            raise _missing(end, shard.first)
        if shard.first < end:
            raise ReadError(
                f"{path} begins with iteration {shard.first + 1:,}, which another file has too; "
                "name every shard once, all of them parts of one number of iterations"
            )
        end = shard.stop
    asked = max(shard.asked for _, shard in shards)
    if end < asked:
        raise _missing(end, asked)
    maxima = np.concatenate([shard.maxima for _, shard in shards])
    merged = StoredNull(first.key, maxima, 0, asked)
    write_null(Path(output), merged)
    return merged


def _missing(start: int, stop: int) -> ReadError:
    return ReadError(
        f"the iterations {start + 1:,} to {stop:,} are in none of the files; run their shard "
        "(again), and name it too"
    )


def _check_same(
    path: Path, theirs: Mapping[str, Any], ours: Mapping[str, Any], where: str
) -> None:
    differing = [
        f"{name} ({theirs.get(name, 'nothing')} there, {ours.get(name, 'nothing')} {where})"
        for name in dict.fromkeys([*ours, *theirs])
        if theirs.get(name) != ours.get(name)
    ]
    if differing:
        raise ReadError(
            f"{path} keeps a null of something else: it differs in {', '.join(differing)}; choose "
            "another file"
        )


def _whole(key: Mapping[str, Any]) -> dict[str, Any]:
    return {"version": VERSION, **key}
