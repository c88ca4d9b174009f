"""ALE as its papers write it, voxel by voxel. Nothing here comes from focale.

Eickhoff et al. 2009 (footprint), Turkeltaub et al. 2012 (maximum within an experiment).
"""

from __future__ import annotations

import math

import numpy as np

ED_TEMPLATE_MM = 5.7
ED_SUBJECT_MM = 11.6


def sd_mm(n_subjects: float) -> float:
    """Standard deviation of the footprint: mean distance ED = 2 sd sqrt(2 / pi)."""
    template = ED_TEMPLATE_MM / (2 * math.sqrt(2 / math.pi))
    subject = ED_SUBJECT_MM / (2 * math.sqrt(2 / math.pi))
    return math.sqrt(template**2 + subject**2 / n_subjects)


def fwhm_mm(n_subjects: float) -> float:
    return math.sqrt(8 * math.log(2)) * sd_mm(n_subjects)


def reach(sd_voxels: float) -> int:
    """Half width of the box in voxels: four standard deviations, rounded half up."""
    return math.floor(4 * sd_voxels + 0.5)


def axis_weight(distance_voxels: float, sd_voxels: float) -> float:
    """Weight of a voxel on one axis; the weights around a voxel centre sum to 1."""
    if abs(distance_voxels) > reach(sd_voxels):
        return 0.0
    total = 0.0
    for k in range(-reach(sd_voxels), reach(sd_voxels) + 1):
        total += math.exp(-(k**2) / (2 * sd_voxels**2))
    return math.exp(-(distance_voxels**2) / (2 * sd_voxels**2)) / total


def footprint(fwhm, voxel_size_mm, offset=(0.0, 0.0, 0.0)):
    """Gaussian around a focus `offset` voxels from the middle of the box."""
    sds = [fwhm / math.sqrt(8 * math.log(2)) / edge for edge in voxel_size_mm]
    reaches = [reach(sd) for sd in sds]
    out = np.zeros([2 * r + 1 for r in reaches])
    for a in range(out.shape[0]):
        for b in range(out.shape[1]):
            for c in range(out.shape[2]):
                weight = 1.0
                for index, r, sd, shift in zip((a, b, c), reaches, sds, offset, strict=True):
                    weight *= axis_weight(index - r - shift, sd)
                out[a, b, c] = weight
    return out


def modelled_activation(foci_mm, fwhm, shape, affine, placement="exact"):
    """Volume of one experiment: at each voxel the largest footprint value of any focus."""
    edges = [math.dist((0, 0, 0), affine[:3, axis]) for axis in range(3)]
    sds = [fwhm / math.sqrt(8 * math.log(2)) / edge for edge in edges]
    out = np.zeros(shape)
    for focus in np.linalg.solve(affine, np.c_[foci_mm, np.ones(len(foci_mm))].T).T[:, :3]:
        place = [snap(x) for x in focus]
        if placement == "nearest":
            place = [float(round(x)) for x in place]  # Python rounds half to even
        if placement == "jale":  # left, in front, above: whichever way an axis runs
            along = [max(range(3), key=lambda k, a=a: abs(affine[k, a])) for a in range(3)]
            towards = [math.copysign(1, affine[k, a]) * (-1, 1, 1)[k] for a, k in enumerate(along)]
            place = [float(t * math.ceil(t * x)) for t, x in zip(towards, place, strict=True)]
        x, y, z = (
            np.array([axis_weight(voxel - p, sd) for voxel in range(n)])
            for p, sd, n in zip(place, sds, shape, strict=True)
        )
        out = np.maximum(out, x[:, None, None] * y[:, None] * z)
    return out


def snap(x):
    """Whole and half voxels are meant exactly; the affine leaves 1e-14 around them."""
    return round(2 * x) / 2 if abs(x - round(2 * x) / 2) < 1e-6 else x


def ale(modelled_activations):
    """Probability that at least one experiment activates: 1 - prod(1 - MA)."""
    silent = 1.0
    for activation in modelled_activations:
        silent = silent * (1.0 - activation)
    return 1.0 - silent
