"""Contrasts in a small box, and maps of every experiment at every voxel."""

import numpy as np

from focale import ALE
from focale.inference.lattice import to_probability
from tests.fixtures_contrast import *  # noqa: F403
from tests.fixtures_pain import *  # noqa: F403
from tests.fixtures_pain import box_mask, studyset_of

BOX = box_mask((10, 9, 11), (2.0, 2.0, 2.0), (-9.0, -9.0, -9.0))


def small_side(n, name, rng, n_foci=3, place=None):
    """Studies with foci in `BOX`; with a place, the first focus is there."""
    studies = {}
    for i in range(n):
        foci = np.round(rng.uniform(-9, 9, (n_foci, 3)), 1)
        if place is not None:
            foci[0] = place
        studies[f"{name}{i}"] = [(foci.tolist(), 12)]
    return studyset_of(studies)


def mapped(studyset, fwhm_mm=4.0, mask=BOX):
    """ALE of narrow footprints, so that some voxels are reached by few and some by none."""
    return ALE(fwhm_mm=fwhm_mm, mask=mask).statistic(studyset)


def lattice_values(*sides):
    """Lattice values of the subject groups of some maps, shape (n, voxels)."""
    rows = []
    for side in sides:
        values = np.zeros((side.ma.n_experiments, side.mask.n_voxels), dtype=np.int64)
        for i in range(side.ma.n_experiments):
            voxels, own = side.ma.entries(i)
            values[i, voxels] = own
        groups = [e.group for e in side.studyset]
        rows += [values[[g == name for g in groups]].sum(axis=0) for name in dict.fromkeys(groups)]
    return np.array(rows)


def activations(*sides):
    """The same as modelled activation."""
    return to_probability(lattice_values(*sides))
