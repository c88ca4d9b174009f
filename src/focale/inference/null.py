"""The null distribution of the statistic at a voxel, and exact p values from it.

The null of Eickhoff et al. (2012, doi:10.1016/j.neuroimage.2011.09.017): the
experiments are independent, and each contributes the value of a voxel drawn
uniformly from the mask, its map being as observed. The sum of the experiments
then has as its distribution the convolution of their histograms.

Here the histograms are taken on a lattice (of ALE, one of -log(1 - MA)), and the observed
values are rounded in the same way before they are summed. The p value is therefore exact
for the statistic on this lattice: there is no bin in which a value could fall on the
wrong side. Rounding every experiment up, or every one down, and leaving the observed sum
unrounded, brackets the p value of the statistic without a lattice. For spheres of one weight every
histogram is that of a count, and the convolution is the Poisson-binomial distribution
without any rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from focale.frozen import freeze
from focale.inference.convolution import Histogram, convolved_log_tail
from focale.inference.lattice import PROBABILITY, Scale
from focale.inference.ma_maps import MaMaps
from focale.kernels.tally import add_at, count, rescale
from focale.typing import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class LatticeNull:
    """Distribution of the sum of the experiments at a voxel, if they were independent.

    Attributes
    ----------
    log_tail
        Shape (k_max + 1,); natural logarithm of P(K >= k) for k = 0 ... k_max, the
        largest value observed.
    step
        Width of a lattice step in units of the sum.
    scale
        What the sum means.
    """

    log_tail: FloatArray
    step: float
    scale: Scale = PROBABILITY

    def __post_init__(self) -> None:
        freeze(self, "log_tail")

    def value_at(self, p: float) -> float:
        """Smallest statistic on the lattice whose p value is at most `p`.

        Beyond the largest value observed the answer is infinite: nothing in the map
        has so small a p.
        """
        if self.log_tail[-1] > np.log(p):
            return float("inf")
        k = int(np.searchsorted(-self.log_tail, -np.log(p), side="left"))
        return self.scale.of_sum(k * self.step)


def null_steps(ma: MaMaps, step: float | None = None) -> IntArray:
    """Lattice value of every entry of the maps on the lattice of the null."""
    step = step or ma.scale.null_step
    steps = np.empty(ma.values.size, dtype=np.int32)
    rescale(ma.values, ma.scale.step / step, steps)
    return steps


def sum_steps(ma: MaMaps, steps: IntArray) -> IntArray:
    """Sum of the experiments' lattice values at every voxel, shape (n_voxels,)."""
    sums = np.zeros(ma.mask.n_voxels, dtype=np.int64)
    add_at(ma.voxels, steps, sums)
    return sums


def lattice_null(
    ma: MaMaps, steps: IntArray, k_max: int, step: float | None = None
) -> LatticeNull:
    """Exact null distribution of the sum of the experiments.

    Parameters
    ----------
    ma
        Modelled activation of the experiments.
    steps
        Shape (n_entries,); lattice value of every entry of `ma`.
    k_max
        Largest observed sum.
    step
        Width of the lattice of `steps`; by default that of the scale of `ma`.
    """
    log_tail = convolved_log_tail(step_histograms(ma, steps), k_max)
    return LatticeNull(log_tail, step or ma.scale.null_step, ma.scale)


def step_histograms(ma: MaMaps, steps: IntArray) -> list[Histogram]:
    """Distribution of each experiment's lattice value; `steps` as in `lattice_null`."""
    return [
        _histogram(steps[ma.offsets[i] : ma.offsets[i + 1]], ma.mask.n_voxels)
        for i in range(ma.n_experiments)
    ]


def _histogram(steps: IntArray, n_voxels: int) -> Histogram:
    counts = np.zeros(int(steps.max(initial=0)) + 1, dtype=np.int64)
    count(steps, counts)
    counts[0] += n_voxels - steps.size
    values = np.flatnonzero(counts)
    return Histogram(steps=values, probability=counts[values] / n_voxels)
