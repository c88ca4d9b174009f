"""The standard spaces Focale ships, by name.

``mni152_2mm`` is the brain mask the field compares with: MNI152NLin6Asym at
2 mm, 91 x 109 x 91 voxels, 228,483 of them inside (see ``data/NOTICE.md``).
The file stores x from right to left; it is turned to run from left to right,
the order in which other tools flatten it.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files

import nibabel

from focale._check import check_choice
from focale.space.mask import Mask

TARGETS = {"mni152_2mm": ("MNI152_2x2x2_brainmask.nii.gz", "MNI152NLin6Asym")}


def standard_mask(target: str = "mni152_2mm") -> Mask:
    """Brain mask of a standard space that ships with Focale.

    Parameters
    ----------
    target
        Name of the space; at present only ``"mni152_2mm"``.
    """
    check_choice("target", "the analysis", target, TARGETS)
    return _load(target)


@cache
def _load(target: str) -> Mask:
    file_name, space = TARGETS[target]
    with as_file(files("focale") / "data" / file_name) as path:
        image = nibabel.as_closest_canonical(nibabel.load(path))
        return Mask.from_image(image, name=f"the {space} brain mask at 2 mm", space=space)
