"""Simulated designs that are known, and a file that keeps them, so that a plan can go on.

What a design gives is a function of the evidence, the test and the settings. The file says
what it is a function of, and is used only where all of that is the same. Sizes and shares
are no part of it: a plan of more of them goes on from what is there.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator, Iterable, Mapping
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from focale.errors import OutputError, ReadError
from focale.io.atomic import write_file
from focale.planning.cells import Tally

VERSION = 1
"""Raised when the same settings give other counts than before."""

SECONDS_BETWEEN = 5.0

Tallies: TypeAlias = dict[tuple[int, int, int], Tally]
"""Counts by n, k and number of the design."""


@dataclass(slots=True)
class Kept:
    """Designs that were computed.

    Parameters
    ----------
    key
        What their counts are a function of, by name.
    path
        File that keeps them; None keeps nothing.
    """

    key: Mapping[str, Any]
    path: Path | None = None
    tallies: Tallies = field(default_factory=dict)

    def has(self, n: int, k: int, design: int) -> bool:
        """Whether a design is known."""
        return (n, k, design) in self.tallies

    def tally(self, n: int, k: int, design: int) -> Tally:
        """Counts of a design that is known."""
        return self.tallies[n, k, design]

    def keeping(self, designs: Iterable[Tallies]) -> Generator[Tallies, None, None]:
        """Pass designs on, and keep them, also when an error or Ctrl-C ends the run.

        Raises
        ------
        OutputError
            If the file cannot be written; what it held before is still there.
        """
        last, is_new = time.monotonic(), False
        try:
            for tallies in designs:
                self.tallies.update(tallies)
                is_new = True
                if time.monotonic() - last > SECONDS_BETWEEN:
                    self._write()
                    last, is_new = time.monotonic(), False
                yield tallies
        finally:
            if is_new:
                self._write()

    def _write(self) -> None:
        if self.path is not None:
            rows = [[*where, *astuple(tally)] for where, tally in self.tallies.items()]
            content = {"key": _whole(self.key), "designs": rows}
            write_file(self.path, json.dumps(content), overwrite=True)


def kept_in(path: Path | None, key: Mapping[str, Any]) -> Kept:
    """What a plan goes on from: the designs of its file, or none where there is no file.

    Raises
    ------
    ReadError
        If the file is none of a plan, or of other evidence or settings: the message says
        what differs.
    OutputError
        If there is no file and its place cannot be written to.
    """
    if path is None:
        return Kept(key)
    if not path.exists():
        place = path.absolute().parent
        if not place.is_dir() or not os.access(place, os.W_OK):
            raise OutputError(f"{path} cannot be written; choose a folder that can be written to")
        return Kept(key, path)
    theirs, tallies = _read(path)
    differing = [
        f"{name} ({theirs.get(name, 'nothing')} there, {value} here)"
        for name, value in _whole(key).items()
        if theirs.get(name, "nothing") != value
    ]
    if differing:
        raise ReadError(
            f"{path} keeps simulations of another plan: it differs in {', '.join(differing)}; "
            "choose another output folder, or remove the file"
        )
    return Kept(key, path, tallies)


def _read(path: Path) -> tuple[dict[str, Any], Tallies]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        theirs = dict(content["key"])
        tallies = {
            (int(n), int(k), int(design)): Tally(*map(int, counts))
            for n, k, design, *counts in content["designs"]
        }
    except (OSError, ValueError, TypeError, LookupError) as error:
        raise ReadError(
            f"{path} is not a file of simulations that Focale kept; remove it"
        ) from error
    return theirs, tallies


def _whole(key: Mapping[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps({"version": VERSION, **key}))  # type: ignore[no-any-return]
