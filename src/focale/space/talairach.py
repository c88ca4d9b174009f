"""Talairach coordinates to MNI coordinates and back.

The affine matrices of Lancaster et al. (2007, doi:10.1002/hbm.20345; see also
Laird et al. 2010, doi:10.1016/j.neuroimage.2010.02.048) take MNI to Talairach
coordinates. Three were fitted: to images normalised with SPM, with FSL, and to
both together ("pooled"), for when the software is not known. They differ from
each other by 1 to 4 mm.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from focale._check import check_choice
from focale.typing import FloatArray

TalairachMatrix = Literal["pooled", "spm", "fsl"]

MATRIX_NAMES = {"pooled": "pooled", "spm": "SPM", "fsl": "FSL"}
"""How texts write the name of a matrix."""

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


def mni_to_talairach(mm: FloatArray, matrix: TalairachMatrix = "pooled") -> FloatArray:
    """MNI to Talairach coordinates.

    Parameters
    ----------
    mm
        Shape (n, 3), millimetres, MNI.
    matrix
        Which fit of Lancaster et al. (2007) to use.

    Returns
    -------
    FloatArray
        Shape (n, 3), millimetres, Talairach.

    Examples
    --------
    >>> mni_to_talairach([[0.0, 0.0, 0.0]]).round(4).tolist()
    [[-1.0423, -1.394, 3.6475]]
    """
    return _apply(_affine(matrix), mm)


def talairach_to_mni(mm: FloatArray, matrix: TalairachMatrix = "pooled") -> FloatArray:
    """Talairach to MNI coordinates.

    Parameters
    ----------
    mm
        Shape (n, 3), millimetres, Talairach.
    matrix
        Which fit of Lancaster et al. (2007) to invert.

    Returns
    -------
    FloatArray
        Shape (n, 3), millimetres, MNI.
    """
    return _apply(np.linalg.inv(_affine(matrix)), mm)


def _affine(matrix: TalairachMatrix) -> FloatArray:
    check_choice("matrix", "the Talairach conversion", matrix, get_args(TalairachMatrix))
    return _MNI_TO_TALAIRACH[matrix]


def _apply(affine: FloatArray, mm: FloatArray) -> FloatArray:
    moved: FloatArray = np.asarray(mm, dtype=float) @ affine[:3, :3].T + affine[:3, 3]
    return moved
