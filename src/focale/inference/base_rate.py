"""The base rate: where in the brain the experiments of a database report foci.

Some places are reported far more often than others, whatever the experiments are about. A
null that draws places uniformly calls this convergence; one that draws them from the base
rate does not (SCALE; Langner et al. 2014, doi:10.1016/j.neuroimage.2014.06.007).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from focale.frozen import freeze
from focale.inference.footprints import FWHM_PER_SD, reach_in_voxels
from focale.space.mask import Mask
from focale.typing import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class BaseRate:
    """The foci of a database as places that random foci are drawn from.

    Attributes
    ----------
    voxels
        Shape (n_foci, 3), int16; voxel nearest to each focus, on the grid of the analysis. A
        voxel with many foci is there as often, so it is drawn as often.
    n_outside
        How many of them lie outside the mask, near enough for a footprint to reach into it.
    n_out_of_reach
        Foci of the database left out: no footprint of the analysis reaches the mask from
        there. As little are such foci of the analysed experiments drawn anew.
    name
        What to call the database.
    """

    voxels: IntArray
    n_outside: int
    n_out_of_reach: int
    name: str

    def __post_init__(self) -> None:
        freeze(self, "voxels")

    @property
    def n_foci(self) -> int:
        """Number of foci that random ones are drawn from."""
        return len(self.voxels)

    @property
    def places(self) -> tuple[IntArray, IntArray]:
        """The different voxels, shape (n_places, 3), and the number of foci at each."""
        places, weights = np.unique(self.voxels, axis=0, return_counts=True)
        return places.astype(np.int64), weights


def base_rate_of(foci_mm: FloatArray, mask: Mask, widest_mm: float, name: str) -> BaseRate:
    """Base rate of the foci of a database.

    Parameters
    ----------
    foci_mm
        Shape (n_foci, 3), millimetres, in the space of the mask.
    mask
        The voxels of the analysis.
    widest_mm
        FWHM of the widest footprint of the analysis.
    name
        What to call the database.
    """
    voxels = np.round(mask.grid.to_voxels(foci_mm)).reshape(-1, 3)
    reach = np.array(
        [reach_in_voxels(widest_mm / FWHM_PER_SD / edge) for edge in mask.grid.voxel_size_mm]
    )
    near = ndimage.maximum_filter(
        np.pad(mask.inside, [(n, n) for n in reach]), size=tuple(2 * reach + 1)
    )
    in_reach = np.all((voxels >= -reach) & (voxels < np.add(mask.grid.shape, reach)), axis=1)
    inside = voxels[in_reach].astype(np.int64)
    in_reach[in_reach] = near[tuple((inside + reach).T)]
    kept = voxels[in_reach].astype(np.int16)
    kept = kept[np.lexsort(kept.T)]  # the order of a database says nothing
    return BaseRate(
        voxels=kept,
        n_outside=_outside(kept, mask),
        n_out_of_reach=int(np.count_nonzero(~in_reach)),
        name=name,
    )


def _outside(voxels: IntArray, mask: Mask) -> int:
    in_volume = np.all((voxels >= 0) & (voxels < mask.grid.shape), axis=1)
    n_inside = np.count_nonzero(mask.inside[tuple(voxels[in_volume].T)])
    return int(len(voxels) - n_inside)
