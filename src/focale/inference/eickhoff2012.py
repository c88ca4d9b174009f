"""The histogram null as the field computes it, for comparison with other tools.

ALE values are counted into bins of 1e-5, and the histograms of the experiments are
folded bin by bin (Eickhoff et al. 2012, doi:10.1016/j.neuroimage.2011.09.017). The
p value of a voxel is the mass of its bin and of all bins above, which puts it a few per
cent off. `focale.inference.null` has no such bins and is the default.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from focale.frozen import freeze
from focale.inference.lattice import to_probability
from focale.inference.ma_maps import MaMaps
from focale.kernels.histogram import fold
from focale.typing import FloatArray, IntArray

BINS_PER_UNIT = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class HistogramNull:
    """Histogram of ALE under spatial independence.

    Attributes
    ----------
    centres
        Shape (n_bins,); ALE at the centre of each bin, 1e-5 apart.
    log_tail
        Shape (n_bins,); natural logarithm of the mass of a bin and all above. Empty
        bins at the top have that of the last bin with any mass.
    """

    centres: FloatArray
    log_tail: FloatArray

    def __post_init__(self) -> None:
        freeze(self, "centres", "log_tail")

    def level(self, ale: FloatArray) -> IntArray:
        """Bin of each ALE value: the one with the nearest centre, ties up."""
        bins = np.floor(ale * BINS_PER_UNIT + 0.5).astype(np.int64)
        level: IntArray = np.clip(bins, 0, self.centres.size - 1)
        return level

    def value_at(self, p: float) -> float:
        """Smallest ALE at the centre of a bin whose p value is at most `p`."""
        beyond = np.flatnonzero(self.log_tail <= np.log(p))
        return float(self.centres[beyond[0]]) if beyond.size else float("inf")


def histogram_null(ma: MaMaps) -> HistogramNull:
    """Fold the histograms of all experiments, in their order."""
    maps = [to_probability(ma.entries(i)[1]) for i in range(ma.n_experiments)]
    largest = [np.ceil(m.max() * BINS_PER_UNIT) / BINS_PER_UNIT if m.size else 0.0 for m in maps]
    highest = 1.0 - np.prod(1.0 - np.asarray(largest))
    centres = np.arange(int(np.ceil(highest * BINS_PER_UNIT)) + 2) / BINS_PER_UNIT
    running = np.zeros(centres.size)
    running[0] = 1.0
    folded = np.empty_like(running)
    for values in maps:
        bins = np.floor(values * BINS_PER_UNIT + 0.5).astype(np.int64)
        counts = np.bincount(bins, minlength=1)
        counts[0] += ma.mask.n_voxels - values.size
        filled = np.flatnonzero(counts)
        fold(running, filled, counts[filled] / ma.mask.n_voxels, centres, BINS_PER_UNIT, folded)
        running, folded = folded, running
    tail = np.cumsum(running[::-1])[::-1]
    tail = np.minimum(tail / tail[0], 1.0)
    return HistogramNull(centres=centres, log_tail=np.log(np.maximum(tail, tail[tail > 0].min())))
