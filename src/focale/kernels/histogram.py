"""Convolution of ALE histograms on a grid of probabilities.

Eickhoff et al. 2012 (doi:10.1016/j.neuroimage.2011.09.017): two independent values
a and b give 1 - (1 - a)(1 - b), counted into the nearest bin.
"""

from __future__ import annotations

import math

from focale._jit import kernel
from focale.typing import FloatArray, IntArray

# b bins of the running histogram, e non-empty bins of one experiment


@kernel
def fold(
    running: FloatArray,
    experiment_bins: IntArray,
    experiment_probability: FloatArray,
    centres: FloatArray,
    bins_per_unit: float,
    out: FloatArray,
) -> None:
    """Fold one experiment into the running histogram.

    running : shape (b,); probability of each bin
    experiment_bins, experiment_probability : shape (e,)
    centres : shape (b,); value at the centre of each bin
    out : shape (b,), overwritten; ties between bins go up
    """
    out[:] = 0.0
    for e in range(experiment_bins.size):
        complement = 1.0 - centres[experiment_bins[e]]
        for b in range(running.size):
            if running[b] > 0.0:
                scaled = (1.0 - complement * (1.0 - centres[b])) * bins_per_unit
                below = math.floor(scaled)
                nearest = int(below) + int(scaled - below >= 0.5)
                nearest = min(nearest, out.size - 1)
                out[nearest] += experiment_probability[e] * running[b]
