"""Which label file belongs to which image, by their names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from focale.atlases.label_files import SUFFIXES

IMAGE_SUFFIXES = (".nii.gz", ".nii", ".mgz")

_RESOLUTION = re.compile(r"_res-[0-9]+")
_GRID = re.compile(r"_(?:FSLMNI152_)?[0-9.]+mm$")


def is_image(name: str) -> bool:
    """Whether a file is an image by its name."""
    return name.lower().endswith(IMAGE_SUFFIXES)


def stem(path: Path) -> str:
    """Name of an image file without its ending.

    Examples
    --------
    >>> stem(Path("AAL.nii.gz"))
    'AAL'
    """
    for suffix in IMAGE_SUFFIXES:
        if path.name.lower().endswith(suffix):
            return path.name[: -len(suffix)]
    return path.stem


def labels_beside(image: Path, files: Collection[str] | None = None) -> Path | None:
    """Label file in the folder of an image that is called like it, if there is one.

    Parameters
    ----------
    image
        Path of the image.
    files
        Names of the files in its folder; by default they are looked up.
    """
    for name in _candidates(image):
        path = image.with_name(name)
        if (path.is_file() if files is None else name in files) and path.stat().st_size:
            return path
    return None


def _candidates(image: Path) -> Iterator[str]:
    """Names a label file may have: like the image, with or without its grid."""
    own = stem(image)
    bases = dict.fromkeys((own, _RESOLUTION.sub("", own), _GRID.sub("", own)))
    for base in bases:
        yield from (base + suffix for suffix in SUFFIXES)
        yield f"{image.name}.txt"
        yield f"{base}.nii.txt"
    if own.startswith("atlas_"):
        yield f"labels_{own.removeprefix('atlas_')}.csv"
    if "_rois" in own:
        yield f"{own.replace('_rois', '_rois_labels')}.csv"
