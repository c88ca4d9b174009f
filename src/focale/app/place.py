"""Where a session keeps its files, and where results are kept after it."""

from __future__ import annotations

import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from focale.io.atomic import atomic_folder, check_writable
from focale.phrases import one_line

LONGEST_NAME = 120
_REFUSED = re.compile(r'[<>:"|?*\\/]')
_DEVICES = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))}


def plain_name(name: str) -> str:
    r"""Last part of a name from outside, as a file may be called on any system.

    Examples
    --------
    >>> plain_name("C:\\data\\foci 2.txt"), plain_name("../../etc/passwd"), plain_name("..")
    ('foci 2.txt', 'passwd', 'file')
    """
    last = re.split(r"[\\/]", name)[-1]
    last = _REFUSED.sub("_", one_line(last, 10_000)).strip(". ")
    last = last.encode(errors="replace").decode()  # halves of letters have no bytes
    stem, dot, suffix = last.partition(".")
    if stem.casefold() in _DEVICES:
        stem += "_"
    tail = f"{dot}{suffix}"[-20:] if dot else ""
    stem = stem if len(stem + tail) <= LONGEST_NAME else stem[: LONGEST_NAME - len(tail)]
    while len((stem + tail).encode()) > 2 * LONGEST_NAME:  # disks count bytes
        stem = stem[:-1]
    return stem + tail or "file"


class Place:
    """A temporary folder that nobody else may read, removed at the end.

    Parameters
    ----------
    kept
        Folder that finished results are copied to; None keeps them for the session only.
    """

    def __init__(self, kept: Path | None = None) -> None:
        self.kept = kept
        self.root = Path(tempfile.mkdtemp(prefix="focale-app-"))
        self.uploads = self.root / "evidence"
        self.uploads.mkdir()
        self.log = self.root / "worker.log"
        self._copies: dict[Path, Path] = {}

    def forget_uploads(self) -> None:
        """Remove what was uploaded."""
        shutil.rmtree(self.uploads, ignore_errors=True)
        self.uploads.mkdir(exist_ok=True)

    def run_folder(self, fingerprint: str, label: str) -> Path:
        """Where the result of an evidence base is written.

        A second run of the same evidence replaces the first, so that a protocol changed
        in between is recorded as a deviation.
        """
        folder = self.root / "results" / fingerprint[:16] / label
        folder.parent.mkdir(parents=True, exist_ok=True)
        return folder

    def keep(self, folder: Path) -> Path | None:
        """Copy a finished result to where results are kept, whole or not at all.

        Raises
        ------
        OutputError
            If it cannot be written there.
        """
        if self.kept is None:
            return None
        copy = self._copies.get(folder) or self._free(self.kept / folder.name)
        check_writable(copy, overwrite=True)
        with atomic_folder(copy) as unfinished:
            shutil.copytree(folder, unfinished, dirs_exist_ok=True)
        self._copies[folder] = copy
        return copy

    def sweep(self, folder: Path) -> None:
        """Remove what a run that did not finish left beside and in a folder."""
        for path in folder.parent.iterdir():
            if path.is_dir() and path != folder:
                shutil.rmtree(path, ignore_errors=True)
            elif path.is_file():
                with suppress(OSError):  # Windows: still open
                    path.unlink()
        if any(folder.glob(".focale-*")):  # killed while an older result was being replaced
            shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Remove everything."""
        with suppress(OSError):
            shutil.rmtree(self.root)

    @staticmethod
    def _free(folder: Path) -> Path:
        """The folder, or one with a number if something is there already."""
        number, free = 1, folder
        while free.exists():
            number += 1
            free = folder.with_name(f"{folder.name}-{number}")
        return free
