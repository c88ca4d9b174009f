"""Maps as NIfTI files that say what they hold."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np

from focale.space.mask import Mask

Z_SCORE, P_VALUE, ESTIMATE, LABEL = 5, 22, 1001, 1002
"""NIfTI intent codes: z, p, an estimate of some parameter, labels."""

_MNI = 4
"""NIfTI code of coordinates in MNI space; 2 (aligned) where the space is not known."""


def save_nifti(
    values: Any, mask: Mask, path: Path, *, intent: int, name: str, description: str
) -> None:
    """Write values in mask order as a compressed NIfTI file; equal values, equal bytes.

    Parameters
    ----------
    values
        Shape (n_voxels,); integers are stored as int16, other numbers as float32.
    mask
        The voxels of the values.
    path
        File to write, ending in ``.nii.gz``.
    intent, name
        NIfTI intent code and its name, at most 15 characters.
    description
        What the map is, at most 79 characters.
    """
    import nibabel

    stored = np.int16 if np.issubdtype(np.asarray(values).dtype, np.integer) else np.float32
    volume = mask.to_volume(np.asarray(values).astype(stored))
    image = nibabel.Nifti1Image(volume, mask.grid.affine)
    code = _MNI if mask.space.startswith("MNI") else 2
    image.set_sform(mask.grid.affine, code)
    image.set_qform(mask.grid.affine, code)
    image.header.set_xyzt_units("mm")
    image.header.set_intent(intent, name=name[:15])
    image.header["descrip"] = description[:79].encode("ascii", "replace")
    image.header["cal_max"] = float(volume.max())
    # Not by nibabel.save, which leaves a half-written file open where the disk is full.
    with path.open("wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
        packed.write(image.to_bytes())
