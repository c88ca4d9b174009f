"""Noise experiments: what studies without convergence might have reported.

After Acar et al. 2018 (doi:10.1371/journal.pone.0208177). A noise experiment has the sample
size of one experiment of the evidence base and the number of foci of another, both drawn with
replacement, and its foci fall on different voxels drawn uniformly from the sampling mask.
Experiment j of list r is a function of the seed, r and j alone: a list is nested, and a
longer one begins with a shorter one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from focale.frozen import freeze
from focale.inference.shapes import Footprints, as_footprints
from focale.space.mask import Mask
from focale.typing import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """A list of noise experiments.

    Attributes
    ----------
    foci_mm
        Shape (n_foci, 3); voxel centres.
    offsets
        Shape (n_experiments + 1,); experiment j has the foci `offsets[j]` to
        `offsets[j + 1]`.
    footprints
        Of each experiment, which stand for the sample size.
    """

    foci_mm: FloatArray
    offsets: IntArray
    footprints: Footprints

    def __post_init__(self) -> None:
        freeze(self, "foci_mm", "offsets")

    @property
    def fwhm_mm(self) -> FloatArray:
        """Shape (n_experiments,); width of the footprints: of Gaussians the FWHM."""
        return self.footprints.width_mm

    def part(self, start: int, stop: int) -> Noise:
        """The experiments from `start` up to `stop`."""
        offsets = self.offsets[start : stop + 1]
        foci_mm = self.foci_mm[offsets[0] : offsets[-1]]
        return Noise(foci_mm, offsets - offsets[0], self.footprints.only(slice(start, stop)))


def noise_experiments(
    n_experiments: int,
    n_foci: IntArray,
    footprints: Footprints | FloatArray,
    sampling: Mask,
    seed: int,
    realisation: int,
) -> Noise:
    """A list of noise experiments.

    Parameters
    ----------
    n_experiments
        How many.
    n_foci, footprints
        Shape (n_observed,); numbers of foci and footprints to draw from, independently.
        An array is of full widths at half maximum in mm.
    sampling
        Where foci fall.
    seed, realisation
        Whole numbers of 0 and more; equal ones give equal lists.
    """
    observed = as_footprints(footprints)
    chosen, places, counts = np.empty(n_experiments, dtype=np.int64), [], []
    for j in range(n_experiments):
        source = np.random.SeedSequence(seed, spawn_key=(realisation, j))
        rng = np.random.Generator(np.random.Philox(source))
        chosen[j] = rng.integers(len(observed))
        n = min(int(n_foci[rng.integers(len(n_foci))]), sampling.n_voxels)
        places.append(rng.choice(sampling.n_voxels, n, replace=False))
        counts.append(n)
    offsets = np.cumsum([0, *counts], dtype=np.int64)
    positions = np.concatenate([np.zeros(0, dtype=np.int64), *places])
    return Noise(sampling.mm(positions), offsets, observed.only(chosen))
