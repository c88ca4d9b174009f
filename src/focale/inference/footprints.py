"""The footprint of a focus ("kernel" in the ALE literature).

A reported peak stands for the probability that the true location lies in a
voxel: a Gaussian around the focus whose width comes from the sample size. With
a mean distance of 5.7 mm between templates and 11.6 mm between subjects
(Eickhoff et al. 2009, doi:10.1002/hbm.20718), and a mean distance ED being
2 sd sqrt(2/pi) of a Gaussian,

    sd(N)^2 = sd_template^2 + sd_subject^2 / N.

The Gaussian is laid on the voxels as the field does it: on each axis the
weights of the voxel centres within four standard deviations, scaled so that they
sum to 1 for a focus on a voxel centre, and outside that box nothing. Widths are
in millimetres and divided by the edge of the voxel, axis by axis.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from focale.errors import EvidenceError
from focale.inference.lattice import to_lattice
from focale.typing import FloatArray, IntArray

TEMPLATE_DISTANCE_MM = 5.7
SUBJECT_DISTANCE_MM = 11.6
FWHM_PER_SD = math.sqrt(8 * math.log(2))
WIDEST_MM = 60.0
"""No footprint is wider (FWHM): one subject gives 19 mm, and a head has 180."""

REACH_SD = 4.0
"""How many standard deviations a footprint reaches along each axis."""


def fwhm_from_sample_size(n_subjects: FloatArray) -> FloatArray:
    """Full width at half maximum of the footprint, in mm.

    Parameters
    ----------
    n_subjects
        Sample sizes, any shape, above 0.

    References
    ----------
    Eickhoff et al. 2009, doi:10.1002/hbm.20718.

    Examples
    --------
    >>> fwhm_from_sample_size(np.array([10.0, 20.0])).round(4).tolist()
    [10.0026, 9.2412]
    """
    sd_per_distance = 1 / (2 * math.sqrt(2 / math.pi))
    template = (TEMPLATE_DISTANCE_MM * sd_per_distance) ** 2
    subject = (SUBJECT_DISTANCE_MM * sd_per_distance) ** 2
    fwhm: FloatArray = FWHM_PER_SD * np.sqrt(template + subject / np.asarray(n_subjects))
    return fwhm


def reach_in_voxels(sd_voxels: float) -> int:
    """Half width of the box of a footprint, in voxels, as scipy's Gaussian filter has it."""
    return int(REACH_SD * sd_voxels + 0.5)


def footprint_size(fwhm_mm: FloatArray, voxel_size_mm: FloatArray) -> IntArray:
    """Number of voxels in the box of a footprint, shape of `fwhm_mm`."""
    sd_voxels = np.asarray(fwhm_mm)[..., None] / FWHM_PER_SD / voxel_size_mm
    reach = (REACH_SD * sd_voxels + 0.5).astype(np.int64)
    size: IntArray = np.prod(2 * reach + 1, axis=-1)
    return size


@lru_cache(maxsize=1024)
def gaussian_footprint(
    fwhm_mm: float,
    voxel_size_mm: tuple[float, float, float],
    offset_voxels: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> IntArray:
    """Gaussian around a focus, on the log lattice.

    Parameters
    ----------
    fwhm_mm
        Full width at half maximum, at least as wide as a voxel.
    voxel_size_mm
        Edges of a voxel.
    offset_voxels
        Where the focus lies within its voxel: its distance from the centre of the
        middle voxel along each axis, in voxels, between -1/2 and 1/2.

    Returns
    -------
    IntArray
        Shape (2 a + 1, 2 b + 1, 2 c + 1), int32, read only.

    Raises
    ------
    EvidenceError
        If the voxels are wider than the footprint.
    """
    if fwhm_mm < max(voxel_size_mm):
        raise EvidenceError(
            f"the footprint (FWHM {fwhm_mm:.2f} mm) is narrower than a voxel "
            f"({max(voxel_size_mm):.2f} mm), so it cannot be laid on this grid; "
            "use a mask with smaller voxels or a larger fwhm_mm"
        )
    x, y, z = axis_weights(fwhm_mm, voxel_size_mm, offset_voxels)
    footprint = to_lattice(x[:, None, None] * y[:, None] * z)
    footprint.setflags(write=False)
    return footprint


def axis_weights(
    fwhm_mm: float,
    voxel_size_mm: tuple[float, float, float],
    offset_voxels: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Weights along x, y and z, whose product is the modelled activation of a footprint."""
    x, y, z = (
        _weights(fwhm_mm / FWHM_PER_SD / edge, offset)
        for edge, offset in zip(voxel_size_mm, offset_voxels, strict=True)
    )
    return x, y, z


def _weights(sd_voxels: float, offset: float) -> FloatArray:
    reach = reach_in_voxels(sd_voxels)
    voxels = np.arange(-reach, reach + 1)
    distances = voxels - offset
    weights = np.exp(-0.5 * (distances / sd_voxels) ** 2)
    weights[np.abs(distances) > reach] = 0
    on_centre: float = np.exp(-0.5 * (voxels / sd_voxels) ** 2).sum()
    scaled: FloatArray = weights / on_centre
    return scaled
