"""Talairach coordinates to MNI coordinates and back.

The affine matrices of Lancaster et al. (2007, doi:10.1002/hbm.20345; see also
Laird et al. 2010, doi:10.1016/j.neuroimage.2010.02.048) take MNI to Talairach
coordinates. Three were fitted: to images normalised with SPM, with FSL, and to
both together ("pooled"), for when the software is not known. They differ from
each other by 1 to 4 mm.

Before 2007 many papers made Talairach coordinates from MNI ones with Brett's
``mni2tal``, which differs from the above by 7 mm on average. Its inverse ("brett")
gives back what the scanner's images had.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from focale._check import check_choice
from focale.typing import FloatArray

TalairachMatrix = Literal["pooled", "spm", "fsl", "brett"]

CONVERSION_NAMES = {
    "pooled": "the pooled matrix of Lancaster et al. (2007)",
    "spm": "the SPM matrix of Lancaster et al. (2007)",
    "fsl": "the FSL matrix of Lancaster et al. (2007)",
    "brett": "the inverse of Brett's mni2tal (Brett et al. 2002)",
}
"""How texts write the name of a conversion."""

_MNI_TO_TALAIRACH = {
    "pooled": np.array(
        [
            [0.9357, 0.0029, -0.0072, -1.0423],
            [-0.0065, 0.9396, -0.0726, -1.3940],
            [0.0103, 0.0752, 0.8967, 3.6475],
            [0.0, 0.0, 0.0, 1.0],
        ]
    ),
    "spm": np.array(
        [
            [0.9254, 0.0024, -0.0118, -1.0207],
            [-0.0048, 0.9316, -0.0871, -1.7667],
            [0.0152, 0.0883, 0.8924, 4.0926],
            [0.0, 0.0, 0.0, 1.0],
        ]
    ),
    "fsl": np.array(
        [
            [0.9464, 0.0034, -0.0026, -1.0680],
            [-0.0083, 0.9479, -0.0580, -1.0239],
            [0.0053, 0.0617, 0.9010, 3.1883],
            [0.0, 0.0, 0.0, 1.0],
        ]
    ),
}


_BRETT_ABOVE = np.array([[0.99, 0.0, 0.0], [0.0, 0.9688, 0.0460], [0.0, -0.0485, 0.9189]])
_BRETT_BELOW = np.array([[0.99, 0.0, 0.0], [0.0, 0.9688, 0.0420], [0.0, -0.0485, 0.8390]])
"""Brett's mni2tal above (z >= 0) and below the plane of the anterior commissure."""


def mni_to_talairach(mm: FloatArray, matrix: TalairachMatrix = "pooled") -> FloatArray:
    """MNI to Talairach coordinates.

    Parameters
    ----------
    mm
        Shape (n, 3), millimetres, MNI.
    matrix
        Which fit of Lancaster et al. (2007) to use, or "brett" for Brett's mni2tal
        (Brett et al. 2002, doi:10.1038/nrn756).

    Returns
    -------
    FloatArray
        Shape (n, 3), millimetres, Talairach.

    Examples
    --------
    >>> mni_to_talairach([[0.0, 0.0, 0.0]]).round(4).tolist()
    [[-1.0423, -1.394, 3.6475]]
    """
    mm = np.asarray(mm, dtype=float).reshape(-1, 3)
    if _checked(matrix) == "brett":
        above = mm[:, 2:] >= 0
        brett: FloatArray = np.where(above, _apply(_BRETT_ABOVE, mm), _apply(_BRETT_BELOW, mm))
        return brett
    return _apply(_MNI_TO_TALAIRACH[matrix], mm)


def talairach_to_mni(mm: FloatArray, matrix: TalairachMatrix = "pooled") -> FloatArray:
    """Talairach to MNI coordinates: the inverse of `mni_to_talairach`.

    Parameters
    ----------
    mm
        Shape (n, 3), millimetres, Talairach.
    matrix
        Which fit of Lancaster et al. (2007) to invert, or "brett".

    Returns
    -------
    FloatArray
        Shape (n, 3), millimetres, MNI.
    """
    mm = np.asarray(mm, dtype=float).reshape(-1, 3)
    if _checked(matrix) == "brett":
        above = _apply(np.linalg.inv(_BRETT_ABOVE), mm)
        below = _apply(np.linalg.inv(_BRETT_BELOW), mm)
        # the halves differ in the column of z alone, so both inverses give z the same sign
        return np.where(above[:, 2:] >= 0, above, below)
    return _apply(np.linalg.inv(_MNI_TO_TALAIRACH[matrix]), mm)


def _checked(matrix: TalairachMatrix) -> TalairachMatrix:
    check_choice("matrix", "the Talairach conversion", matrix, get_args(TalairachMatrix))
    return matrix


def _apply(affine: FloatArray, mm: FloatArray) -> FloatArray:
    """Places after an affine map (or a linear one), axis by axis.

    Not as a matrix product: the last bit of that depends on how many places there are.
    """
    moved = mm[:, 0, None] * affine[:3, 0] + mm[:, 1, None] * affine[:3, 1]
    moved += mm[:, 2, None] * affine[:3, 2]
    if affine.shape[1] == 4:
        moved += affine[:3, 3]
    return moved
