"""Atlases from image files: whole numbers in three dimensions, probabilities in four.

In three dimensions the value of a voxel is the number of its label. In four, a volume is a
label and its values are probabilities, from 0 to 1 or in percent; the likeliest label of a
voxel is kept, of equals the first.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from focale._check import refuse
from focale.atlases.atlas import Atlas
from focale.atlases.label_files import Reading, read_labels
from focale.atlases.pairs import labels_beside, stem
from focale.errors import ArgumentError, InputMissingError, ReadError
from focale.phrases import count, listed, one_line
from focale.space.grid import Grid
from focale.typing import FloatArray, IntArray

UNKNOWN_LICENCE = "not known to Focale; see where it came from"
MOST_LABELS = 100_000
LARGEST_NUMBER = 10**9

_NOT_READ = (OSError, EOFError, ValueError, OverflowError, MemoryError, zlib.error)
"""What comes of a file that is no image, or not all of one."""


def read_atlas(
    path: str | Path,
    labels: str | Path | None = None,
    *,
    name: str | None = None,
    version: str = "",
    space: str = "unknown",
    licence: str = UNKNOWN_LICENCE,
    citation: str = "",
) -> Atlas:
    """Atlas of an image file and a file of label names.

    Parameters
    ----------
    path
        A NIfTI image (or another that nibabel reads): whole numbers in three dimensions,
        or probabilities in four, one volume a label.
    labels
        Names of the numbers: BIDS ``dseg.tsv``, CSV, FSL or SPM XML, a FreeSurfer colour
        table or plain text. By default the file beside the image that is called like it;
        if there is none, numbers are the names, and `notes` of the atlas says so.
    name
        What to call the atlas; by default the name of the file.
    version, space, licence, citation
        Of the atlas, for texts.

    Raises
    ------
    ArgumentError
        If a path is not one.
    InputMissingError
        If a file is not there.
    ReadError
        If the image holds no labels, or the names do not belong to it.
    """
    for parameter, value in (("path", path), ("labels", labels or path)):
        if not isinstance(value, (str, Path)):
            raise refuse(parameter, "read_atlas", "the path of a file", value)
    image_path = Path(path)
    image = _opened(image_path)
    names_path = Path(labels) if labels is not None else labels_beside(image_path)
    grid, volume, probability = _content(image, image_path)
    names, notes = _names(image_path, names_path, volume, n_volumes=_n_volumes(image))
    return Atlas(
        name=name or one_line(stem(image_path)),
        version=version,
        space=space,
        licence=licence,
        citation=citation,
        source=str(image_path),
        grid=grid,
        volume=volume,
        labels=names,
        probability=probability,
        notes=notes,
    )


def _n_volumes(image: Any) -> int:
    """Number of volumes of a probabilistic atlas, 0 for another."""
    return int(image.shape[3]) if len(image.shape) == 4 and image.shape[3] > 1 else 0


def _opened(path: Path) -> Any:
    import nibabel
    from nibabel.filebasedimages import ImageFileError
    from nibabel.spatialimages import HeaderDataError

    try:
        if not path.is_file():
            raise InputMissingError(f"the atlas {path} is not a file; check the path")
        image: Any = nibabel.load(path, keep_file_open=True)  # volumes are read one by one
    except InputMissingError:
        raise
    except (ImageFileError, HeaderDataError, *_NOT_READ) as error:
        raise _unreadable(path) from error
    if len(image.shape) not in {3, 4} or 0 in image.shape:
        raise ReadError(
            f"the atlas {one_line(path.name)} must have three dimensions, or four with a volume a "
            f"label; got shape {image.shape}"
        )
    return image


def _unreadable(path: Path) -> ReadError:
    return ReadError(
        f"the atlas {one_line(path.name)} is not an image nibabel can read, or not all of it; "
        "pass a whole NIfTI file"
    )


def _content(image: Any, path: Path) -> tuple[Grid, IntArray, FloatArray | None]:
    """Grid, label numbers, and of a probabilistic atlas their probabilities."""
    name = one_line(path.name)
    try:
        grid = Grid(image.shape[:3], np.asarray(image.affine, dtype=float))
        if _n_volumes(image):
            return grid, *_likeliest(image, name)
        return grid, _whole(image, name), None
    except ReadError:
        raise
    except ArgumentError as error:
        raise ReadError(f"{name}: {error}") from error
    except _NOT_READ as error:
        raise _unreadable(path) from error


def _whole(image: Any, name: str) -> IntArray:
    """Label numbers of a three-dimensional image, in the smallest type that holds them."""
    values = np.asanyarray(image.dataobj)
    values = values[..., 0] if values.ndim == 4 else values
    if values.dtype.kind not in "biuf":
        raise ReadError(f"{name} holds {values.dtype}, not whole numbers")
    low, high = values.min(), values.max()
    if not (low >= 0 and high <= LARGEST_NUMBER):  # not-a-number is neither
        raise ReadError(
            f"{name} holds values from {low:g} to {high:g}; labels are whole numbers "
            f"from 0 to {LARGEST_NUMBER:,}"
        )
    whole: IntArray = values.astype(np.min_scalar_type(int(high)))
    if np.any(whole != values):
        raise ReadError(
            f"{name} holds values between whole numbers, as a map of a statistic does; "
            "pass an image of label numbers, or one of four dimensions with a volume a label"
        )
    return whole


def _likeliest(image: Any, name: str) -> tuple[IntArray, FloatArray]:
    """Number (from 1) of the volume with the highest value, and its probability.

    Volumes are looked at one after the other: a whole atlas may not fit in memory.
    """
    n_volumes = image.shape[3]
    volume = np.zeros(image.shape[:3], dtype=np.min_scalar_type(n_volumes))
    best = np.zeros(image.shape[:3], dtype=np.float32)
    for i in range(n_volumes):
        values = np.asarray(image.dataobj[..., i], dtype=np.float32)
        if not (values.min() >= 0 and values.max() <= 100):
            raise ReadError(
                f"volume {i + 1} of {name} holds values from {values.min():g} to "
                f"{values.max():g}; probabilities lie between 0 and 1, or 0 and 100 %"
            )
        higher = values > best
        volume[higher], best[higher] = i + 1, values[higher]
    if best.max() > 1:
        best /= 100
    return volume, best


# ------------------------------------------------------------------------- names


def _names(
    image_path: Path, names_path: Path | None, volume: IntArray, *, n_volumes: int
) -> tuple[Reading, tuple[str, ...]]:
    """Name of every number in the image, and what to know of them."""
    image = one_line(image_path.name)
    present = np.unique(volume[volume > 0])
    if not present.size:
        raise ReadError(f"{image} is 0 everywhere; pass an atlas with labels")
    if present.size > MOST_LABELS:
        raise ReadError(
            f"{image} holds {present.size:,} different numbers, as a map of a statistic does; "
            "pass an image of label numbers"
        )
    if names_path is None:
        note = f"{image} came without names: its labels are called by their numbers"
        return {int(number): str(number) for number in present}, (note,)
    readings = read_labels(names_path)
    if n_volumes:
        readings = _by_volume(readings, n_volumes, one_line(names_path.name))
    numbers = present.tolist()
    named = max(readings, key=lambda reading: sum(number in reading for number in numbers))
    lacking = [number for number in numbers if number not in named]
    if len(lacking) == len(numbers):
        raise ReadError(
            f"{one_line(names_path.name)} names none of the numbers in {image} (such as "
            f"{listed([str(n) for n in numbers[:3]])}); pass the label file of this atlas"
        )
    names = {number: named.get(number, str(number)) for number in numbers}
    if not lacking:
        return names, ()
    shown = ", ".join(str(number) for number in lacking[:5])
    return names, (
        f"{one_line(names_path.name)} does not name {count(len(lacking), 'label')} of {image}, "
        f"which are called by their numbers ({shown}{', ...' if len(lacking) > 5 else ''})",
    )


def _by_volume(readings: Sequence[Reading], n_volumes: int, file: str) -> tuple[Reading, ...]:
    """Readings counted from 1, whether the file counts volumes from 0 or from 1."""
    counted = []
    for reading in readings:
        if n_volumes in reading:
            counted.append(reading)
        elif 0 in reading:
            counted.append({number + 1: name for number, name in reading.items()})
    if not counted:
        raise ReadError(
            f"{file} names neither number 0 nor number {n_volumes} of an atlas of {n_volumes} "
            "volumes, so it is not known which volume is which; pass a label file with a name for "
            "each volume"
        )
    return tuple(counted)
