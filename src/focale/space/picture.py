"""The picture of a brain that maps are drawn over.

A T1 image of the ICBM 152 non-linear symmetric template, version 2009a, without its skull,
on the standard 2 mm grid (see ``data/NOTICE.md``). The standard mask comes from another
template of the same laboratory (MNI152NLin6Asym), so borders of the two may differ by some
millimetres. Nothing is computed from the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import nibabel
import numpy as np

from focale.frozen import freeze
from focale.space.grid import Grid
from focale.typing import IntArray

FILE = "tpl-MNI152NLin2009aSym_res-02_desc-brain_T1w.nii.gz"
SPACE = "MNI152NLin2009aSym"


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Shades of grey on a grid.

    Attributes
    ----------
    grid
        Where the voxels are; x to the right, y to the front, z up.
    shades
        Shape `grid.shape`, uint8; 0 outside the brain.
    """

    grid: Grid
    shades: IntArray

    def __post_init__(self) -> None:
        freeze(self, "shades")


@cache
def brain_picture() -> Picture:
    """The picture that ships with Focale, cut to its brain.

    Examples
    --------
    >>> brain_picture().shades.shape
    (72, 90, 77)
    """
    with as_file(files("focale") / "data" / FILE) as path:
        image = nibabel.load(path)
        volume = np.asarray(image.dataobj)
        affine = np.array(image.affine)
    inside = np.argwhere(volume)
    corner, end = inside.min(axis=0), inside.max(axis=0) + 1
    affine[:3, 3] += affine[:3, :3] @ corner
    shades = volume[tuple(slice(*ends) for ends in zip(corner, end, strict=True))]
    return Picture(Grid(shades.shape, affine), shades.copy())
