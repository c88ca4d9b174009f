"""Folders and files that are there only when they are complete."""

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

_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


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
    try:
        is_there = folder.exists()
    except OSError as error:  # a name too long for the disk
        raise OutputError(f"{folder} cannot be a folder ({error.strerror})") from error
    if is_there and not folder.is_dir():
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
    place = folder.absolute()
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
    """Folder to fill, whose contents take their place when the block ends well.

    A new folder is written beside its place and renamed. In a folder that exists (the
    present one, a link, a mounted disk) the contents are moved in, and what stood there
    is put back if that fails. On any error, Ctrl-C included, what was written is removed.

    Raises
    ------
    OutputError
        If the disk is full or the place cannot be written.
    """
    place = folder.absolute()
    made = [parent for parent in place.parents if not parent.exists()]
    unfinished: Path | None = None
    try:
        if place.is_dir():
            unfinished = Path(tempfile.mkdtemp(prefix=".focale-", dir=place))
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            unfinished = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
        yield unfinished
        if unfinished.parent == place:
            _move_in(unfinished, place)
        else:
            unfinished.chmod(0o777 & ~_umask())
            unfinished.rename(place)
        made = []
    except OSError as error:
        raise _failure(folder, error) from error
    finally:
        if unfinished is not None and unfinished.exists():
            shutil.rmtree(unfinished, ignore_errors=True)
        for parent in made:
            if parent.exists():
                parent.rmdir()


def write_file(path: Path, content: str | bytes, *, overwrite: bool = False) -> None:
    """Write a file that is there whole or not at all, text as UTF-8.

    Raises
    ------
    OutputError
        If it exists and may not be replaced, or its place cannot be written.
    """
    if path.exists() and not overwrite:
        raise OutputError(
            f"{path} exists; choose another name, or replace it with --overwrite (overwrite=True)"
        )
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_bytes(content.encode() if isinstance(content, str) else content)
        unfinished.replace(path)
    except OSError as error:
        raise _failure(path, error, "place") from error
    finally:
        unfinished.unlink(missing_ok=True)


def _failure(path: Path, error: OSError, other: str = "output folder") -> OutputError:
    is_full = error.errno in _DISK
    way_out = "free some space or choose" if is_full else "choose"
    failure = OutputError(
        f"{path} could not be written ({error.strerror or error}), and nothing was left behind; "
        f"{way_out} another {other}"
    )
    if is_full:
        failure.exit_code = 74
    return failure


def _move_in(unfinished: Path, folder: Path) -> None:
    """Move the contents of a finished folder up into the folder around it."""
    new = [child.name for child in unfinished.iterdir()]
    old = [child.name for child in folder.iterdir() if child != unfinished]
    older = Path(tempfile.mkdtemp(prefix=".focale-older-", dir=folder))
    try:
        for name in old:
            (folder / name).rename(older / name)
        for name in new:
            (unfinished / name).rename(folder / name)
    except BaseException:
        for name in new:
            if not (unfinished / name).exists():
                (folder / name).rename(unfinished / name)
        for name in old:
            if (older / name).exists():
                (older / name).rename(folder / name)
        raise
    finally:
        shutil.rmtree(older, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
