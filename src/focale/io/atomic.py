"""Folders that are there only when they are complete."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from focale.errors import OutputError


def check_writable(folder: Path, *, overwrite: bool = False) -> None:
    """Refuse an output folder that could not be written, before any work is done.

    Parameters
    ----------
    folder
        Output folder; fine if it does not exist or is empty.
    overwrite
        Whether a folder that Focale wrote may be replaced.

    Raises
    ------
    OutputError
        If it is a file, holds something else, or its place cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file, not a folder; choose another output folder")
    if folder.is_dir() and any(folder.iterdir()):
        if not is_focale_folder(folder):
            raise OutputError(
                f"the output folder {folder} is not empty and was not written by Focale; "
                "choose a new or an empty folder"
            )
        if not overwrite:
            raise OutputError(
                f"the output folder {folder} already holds a result; choose another folder, or "
                "replace it with --overwrite"
            )
    place = folder.absolute().parent
    while not place.exists():
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        raise OutputError(f"{place} cannot be written to; choose another output folder")


def is_focale_folder(folder: Path) -> bool:
    """Whether a folder holds a result that Focale wrote."""
    try:
        described = json.loads((folder / "dataset_description.json").read_text(encoding="utf-8"))
        return bool(described["GeneratedBy"][0]["Name"] == "Focale")
    except (OSError, ValueError, LookupError, TypeError):
        return False


@contextmanager
def atomic_folder(folder: Path) -> Iterator[Path]:
    """Folder to fill, which takes its place when the block ends well.

    On any error, Ctrl-C included, what was written is removed and what stood in the place
    before is untouched.

    Raises
    ------
    OutputError
        If the disk is full or the place cannot be written.
    """
    unfinished: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        yield unfinished
        unfinished.chmod(0o777 & ~_umask())
        _put_in_place(unfinished, folder)
    except OSError as error:
        failure = OutputError(
            f"{folder} could not be written ({error.strerror or error}); nothing was left "
            "behind. Free some space or choose another output folder"
        )
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
            failure.exit_code = 74
        raise failure from error
    finally:
        if unfinished is not None and unfinished.exists():
            shutil.rmtree(unfinished, ignore_errors=True)


def _put_in_place(unfinished: Path, folder: Path) -> None:
    """Rename the finished folder, with an older result moved away first."""
    if not folder.exists():
        unfinished.rename(folder)
        return
    older = Path(tempfile.mkdtemp(prefix=f".{folder.name}.old.", dir=folder.parent)) / "result"
    folder.rename(older)
    try:
        unfinished.rename(folder)
    except OSError:
        older.rename(folder)
        raise
    finally:
        shutil.rmtree(older.parent, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
