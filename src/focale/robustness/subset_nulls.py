"""Cluster-forming thresholds of many subsets of the experiments, each from its own null.

The null of a subset is the convolution of the histograms of its experiments, and so the
product of their spectra. One transform of each histogram serves many subsets, and what is
found is what `LatticeNull.value_at` gives for the subset.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import fft

from focale.correction.null import lattice_threshold
from focale.inference.convolution import Histogram, convolved_log_tail
from focale.inference.lattice import Scale
from focale.inference.ma_maps import MaMaps
from focale.inference.null import null_steps, step_histograms
from focale.typing import FloatArray, IntArray

LEAST_P = 1e-6
"""Of a plain transform, whose error of 1e-15 is then 1e-9 of p; below it is tilted."""

NEGLIGIBLE_NATS = 37.0
"""Mass beyond the length of the transform: exp(-37), as its rounding."""

_POINTS = 64
_TILTS = np.geomspace(0.02, 60, 60)  # over the largest step


@dataclass(frozen=True, slots=True, eq=False)
class SubsetNulls:
    """Nulls of subsets of the experiments.

    Attributes
    ----------
    histograms
        Distribution of each experiment's lattice value.
    p
        Cluster-forming p.
    length
        Of the transform; no subset has mass to speak of beyond it.
    scale
        Of the map and of the lattice of the null.
    """

    histograms: Sequence[Histogram]
    p: float
    length: int
    scale: Scale

    @classmethod
    def of(
        cls, ma: MaMaps, p: float, members: Sequence[IntArray], size: int, *, repeats: bool
    ) -> SubsetNulls:
        """Nulls of subsets of a number of groups of experiments.

        Parameters
        ----------
        ma
            Modelled activation of all experiments.
        p
            Cluster-forming p.
        members
            Numbers of the experiments of each group.
        size
            Groups of a subset.
        repeats
            Whether a group may be in a subset more than once.
        """
        histograms = step_histograms(ma, null_steps(ma))
        tilts = tilts_for(histograms)
        log_means = cumulants(histograms, tilts)
        of_groups = np.sort([log_means[own].sum(axis=0) for own in members], axis=0)
        most = size * of_groups[-1] if repeats else of_groups[-size:].sum(axis=0)
        largest = max(int(histogram.steps[-1]) for histogram in histograms)
        return cls(histograms, p, transform_length(largest, tilts, most), ma.scale)

    def thresholds(self, subsets: Sequence[IntArray]) -> list[int]:
        """Cluster-forming threshold of each subset, lattice steps; see `Null.threshold`.

        Parameters
        ----------
        subsets
            Numbers of the experiments of each; one given twice counts twice.
        """
        if self.p < LEAST_P:
            return [self._tilted(subset) for subset in subsets]
        shape = (len(subsets), self.length // 2 + 1)
        products = np.ones(shape, dtype=complex)
        for i, spectrum in enumerate(map(self.spectrum, self.histograms)):
            for product, subset in zip(products, subsets, strict=True):
                for _ in range(np.count_nonzero(subset == i)):
                    np.multiply(product, spectrum, out=product)
        return [
            forming_threshold(product, self.length, self.p, self.scale) for product in products
        ]

    def spectrum(self, histogram: Histogram) -> FloatArray:
        """Fourier transform of a histogram, shape (length // 2 + 1,)."""
        return spectrum_of(histogram, self.length)

    def _tilted(self, subset: IntArray) -> int:
        own = [self.histograms[i] for i in subset]
        tilts = tilts_for(own)
        farthest = reach(tilts, cumulants(own, tilts).sum(axis=0), -np.log(self.p))
        log_tail = convolved_log_tail(own, int(farthest) + 1)
        return _lattice(self.scale, int(np.count_nonzero(log_tail > np.log(self.p))))


def spectrum_of(histogram: Histogram, length: int) -> FloatArray:
    """Fourier transform of a histogram on a circle of some length."""
    mass = np.zeros(length)
    mass[histogram.steps] = histogram.probability
    spectrum: FloatArray = fft.rfft(mass)
    return spectrum


def forming_threshold(product: FloatArray, length: int, p: float, scale: Scale) -> int:
    """Cluster-forming threshold from the spectrum of a null, lattice steps."""
    mass = np.maximum(fft.irfft(product, length), 0.0)
    tail = np.cumsum(mass[::-1])[::-1]
    return _lattice(scale, int(np.count_nonzero(tail > p)))


def _lattice(scale: Scale, k: int) -> int:
    """Threshold on the lattice of the map for the smallest sum of the null with so small a p."""
    return lattice_threshold(scale.of_sum(k * scale.null_step), scale)


def tilts_for(histograms: Sequence[Histogram]) -> FloatArray:
    """Tilts at which the cumulants of these histograms are asked for."""
    largest = max(float(histogram.steps[-1]) for histogram in histograms)
    tilts: FloatArray = _TILTS / max(largest, 1.0)
    return tilts


def cumulants(histograms: Sequence[Histogram], tilts: FloatArray) -> FloatArray:
    """At least log mean exp(tilt x step) of each histogram, shape (n_histograms, n_tilts).

    From a few points each, with every step moved up to the next point.
    """
    rows = []
    for histogram in histograms:
        width = int(histogram.steps[-1]) // _POINTS + 1
        mass = np.bincount(-(-histogram.steps // width), histogram.probability)
        points = width * np.arange(mass.size)
        rows.append(np.log(np.exp(np.outer(tilts, points)) @ mass))
    return np.array(rows)


def reach(tilts: FloatArray, cumulant: FloatArray, nats: float) -> float:
    """A value beyond which a sum has a probability of at most exp(-nats) (Chernoff)."""
    return float(np.min((cumulant + nats) / tilts))


def transform_length(largest: int, tilts: FloatArray, cumulant: FloatArray) -> int:
    """Length of a transform beyond which a sum has next to no mass.

    Parameters
    ----------
    largest
        Largest value of a summand.
    tilts, cumulant
        Cumulant of the sum at some tilts, or more.
    """
    length = max(int(reach(tilts, cumulant, NEGLIGIBLE_NATS)), largest) + 2
    return int(fft.next_fast_len(length, real=True))
