"""The null distribution of ALE at a voxel, by counting. Nothing here comes from focale.

Every experiment shows the value of a voxel drawn from the mask, independently of the
others: so count tuples of voxels, one voxel for each experiment.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np


def sums_of_all_tuples(maps: Sequence[np.ndarray]) -> np.ndarray:
    """The sum of every one of the V^n tuples of voxels."""
    sums = np.zeros(1, dtype=maps[0].dtype)
    for values in maps:
        sums = np.add.outer(sums, values).ravel()
    return sums


def share_at_least(sums: np.ndarray, threshold: float) -> float:
    return float(np.count_nonzero(sums >= threshold)) / sums.size


def counts_of_sums(histograms: Sequence[Mapping[int, int]]) -> list[int]:
    """Number of tuples of voxels with each sum, in whole numbers without rounding.

    A histogram says how many voxels have each value.
    """
    running = {0: 1}
    for histogram in histograms:
        folded: dict[int, int] = {}
        for total, tuples in running.items():
            for value, voxels in histogram.items():
                folded[total + value] = folded.get(total + value, 0) + tuples * voxels
        running = folded
    return [running.get(total, 0) for total in range(max(running) + 1)]


def log_tail_exact(histograms: Sequence[Mapping[int, int]], n_voxels: int) -> np.ndarray:
    """log P(sum >= k) for every k up to the largest possible sum."""
    tail, tuples = [], 0
    for count in reversed(counts_of_sums(histograms)):
        tuples += count
        tail.append(math.log(tuples) - len(histograms) * math.log(n_voxels))
    return np.array(tail[::-1])


def log_tail_direct(histograms: Sequence[Mapping[int, float]]) -> np.ndarray:
    """The same in floats, by direct convolution; a histogram gives probabilities.

    Only products and sums of numbers that are not negative: each float operation costs a
    relative error of 1e-16 and nothing cancels, so tails stay right down to 1e-290. Below
    the smallest double the logarithm is minus infinity.
    """
    running = np.ones(1)
    for histogram in histograms:
        folded = np.zeros(running.size + max(histogram))
        for value, probability in histogram.items():
            folded[value : value + running.size] += probability * running
        running = folded
    with np.errstate(divide="ignore"):
        return np.log(np.cumsum(running[::-1])[::-1])


def ale_histogram(maps: Sequence[np.ndarray], bins_per_unit: int) -> list[float]:
    """Eickhoff et al. 2012: fold the histograms of MA maps bin by bin, ties up.

    `maps` hold the MA value of every mask voxel, zeros included.
    """
    n_bins = 2 * bins_per_unit
    running = {0: 1.0}
    for values in maps:
        histogram: dict[int, float] = {}
        for value in values:
            bin_of_value = math.floor(value * bins_per_unit + 0.5)
            histogram[bin_of_value] = histogram.get(bin_of_value, 0.0) + 1 / len(values)
        folded: dict[int, float] = {}
        for a, p_a in running.items():
            for b, p_b in histogram.items():
                both = 1 - (1 - a / bins_per_unit) * (1 - b / bins_per_unit)
                bin_of_both = math.floor(both * bins_per_unit + 0.5)
                folded[bin_of_both] = folded.get(bin_of_both, 0.0) + p_a * p_b
        running = folded
    return [running.get(i, 0.0) for i in range(min(n_bins, max(running) + 1))]
