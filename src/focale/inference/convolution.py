"""Tail probabilities of a sum of independent lattice values, exact far into the tail.

The convolution is made by Fourier transform. Its error is absolute, about 1e-16 of
the largest probability, which would drown the tails; so the histograms are tilted
first, h(k) exp(t k) / M(t), which moves the mass to the tail and is undone in log
space afterwards (exponential tilting, as in a saddlepoint approximation, but exact).
Several tilts share the range where one cannot reach it all; each value is taken from the
tilt that leaves the least noise there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import fft
from scipy.optimize import brentq

from focale.typing import FloatArray, IntArray

_REACH_NATS = 10.0  # a tilt serves values whose mass is within exp(-10) of its largest
_NEGLIGIBLE_NATS = 37.0  # mass left beyond the transform's length: exp(-37), as its rounding
_MOST_TILTS = 32  # rounds of refinement; a safeguard, a few suffice
_EXPERIMENTS_AT_ONCE = 2  # stays in the processor cache


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Distribution of one experiment's lattice value over the voxels of the mask.

    Attributes
    ----------
    steps
        Shape (n_values,); distinct values, rising, the first one 0.
    probability
        Shape (n_values,); share of the mask's voxels with each value.
    """

    steps: IntArray
    probability: FloatArray

    def cumulant(self, tilt: float) -> float:
        """Logarithm of the mean of exp(tilt x step)."""
        largest = tilt * float(self.steps[-1])
        terms = self.probability * np.exp(tilt * self.steps - largest)
        return largest + float(np.log(terms.sum()))


def convolved_log_tail(histograms: Sequence[Histogram], k_max: int) -> FloatArray:
    """Logarithm of the tail probabilities of a sum of independent lattice values.

    Parameters
    ----------
    histograms
        Distribution of each summand.
    k_max
        Largest value of interest.

    Returns
    -------
    FloatArray
        Shape (k_max + 1,); log P(sum >= k), with a relative error of P below 1e-8 down
        to the smallest double.
    """
    # In one order whatever the order of the experiments, so that no bit depends on it.
    histograms = sorted(histograms, key=lambda h: (h.steps.tobytes(), h.probability.tobytes()))
    sketch = _Cumulant.of(histograms)
    tilts = sketch.tilts(k_max)
    length = fft.next_fast_len(max(sketch.length(t, k_max) for t in tilts), real=True)
    k = np.arange(length)
    log_mass = np.full(length, -np.inf)
    log_noise = np.full(length, np.inf)
    for tilt in tilts:
        tilted = np.maximum(_convolve(histograms, tilt, length), 0.0)
        untilt = sum(h.cumulant(tilt) for h in histograms) - tilt * k
        noise = np.log(tilted.max()) + untilt
        quieter = noise < log_noise
        with np.errstate(divide="ignore"):
            log_mass[quieter] = np.log(tilted[quieter]) + untilt[quieter]
        log_noise[quieter] = noise[quieter]
    beyond = np.logaddexp.reduce(log_mass[k_max + 1 :])
    rising = np.append(beyond, log_mass[k_max::-1])
    log_tail = np.minimum(np.logaddexp.accumulate(rising)[:0:-1], 0.0)
    log_tail[0] = 0.0
    return log_tail


def _convolve(histograms: Sequence[Histogram], tilt: float, length: int) -> FloatArray:
    """Distribution of the sum after tilting, shape (length,), by Fourier transform."""
    product = np.ones(length // 2 + 1, dtype=complex)
    masses = np.empty((min(len(histograms), _EXPERIMENTS_AT_ONCE), length))
    for first in range(0, len(histograms), _EXPERIMENTS_AT_ONCE):
        group = histograms[first : first + _EXPERIMENTS_AT_ONCE]
        masses[:] = 0
        for row, histogram in zip(masses, group, strict=False):
            exponent = tilt * histogram.steps - histogram.cumulant(tilt)
            row[histogram.steps] = histogram.probability * np.exp(exponent)
        for spectrum in fft.rfft(masses[: len(group)], axis=1):
            product *= spectrum
    tilted: FloatArray = fft.irfft(product, length)
    return tilted


@dataclass(frozen=True, slots=True, eq=False)
class _Cumulant:
    """Cumulant function of the sum, from histograms thinned to a few points each.

    It only chooses tilts and the length of the transform, which need not be exact. The
    smallest and the largest value of each histogram are kept as they are. Shape of both
    arrays: (n_experiments, n_points).
    """

    steps: FloatArray
    probability: FloatArray

    @classmethod
    def of(cls, histograms: Sequence[Histogram], n_points: int = 64) -> _Cumulant:
        steps = np.zeros((len(histograms), n_points + 2))
        probability = np.zeros((len(histograms), n_points + 2))
        for i, histogram in enumerate(histograms):
            width = histogram.steps[-1] // n_points + 1
            point = 1 + histogram.steps // width
            point[0], point[-1] = 0, n_points + 1
            mass = np.bincount(point, histogram.probability, n_points + 2)
            moment = np.bincount(point, histogram.probability * histogram.steps, n_points + 2)
            steps[i] = np.divide(moment, mass, out=steps[i], where=mass > 0)
            probability[i] = mass
        return cls(steps, probability)

    @property
    def largest_sum(self) -> float:
        return float(self.steps.max(axis=1).sum())

    def value_and_slope(self, tilt: float) -> tuple[float, float]:
        largest = self.steps.max(axis=1, keepdims=True) * max(tilt, 0.0)
        terms = self.probability * np.exp(tilt * self.steps - largest)
        totals = terms.sum(axis=1)
        value = float(np.log(totals).sum() + largest.sum())
        return value, float(((terms * self.steps).sum(axis=1) / totals).sum())

    def tilt_at(self, k: float) -> float:
        """Saddlepoint: the tilt that moves the mean to k, 0 for values below the mean."""
        if self.value_and_slope(0.0)[1] >= k:
            return 0.0
        upper = 1.0 / max(self.steps.max(), 1.0)
        while self.value_and_slope(upper)[1] < k:
            upper *= 2
        return float(brentq(lambda t: self.value_and_slope(t)[1] - k, 0.0, upper))

    def tilts(self, k_max: int) -> list[float]:
        """As few tilts as reach every value from 0 to k_max with full precision."""
        top = self.tilt_at(min(float(k_max), self.largest_sum - 0.5))
        middle = top / 2
        bulk = self.value_and_slope(middle)[0]  # how far it lies below the reach of `middle`
        if top == 0.0 or (bulk < _REACH_NATS and self._apart(middle, top) < _REACH_NATS):
            return [middle]
        tilts = [0.0, top]
        for _ in range(_MOST_TILTS):
            between = [self._between(*pair) for pair in pairwise(tilts)]
            if all(tilt is None for tilt in between):
                break
            tilts = sorted([*tilts, *(tilt for tilt in between if tilt is not None)])
        return tilts

    def _between(self, lower: float, upper: float) -> float | None:
        """A tilt for the values that neither of two tilts reaches, if there are any."""
        values = [self.value_and_slope(tilt)[0] for tilt in (lower, upper)]
        if upper - lower <= 1e-9 * upper:
            return None
        worst = (values[1] - values[0]) / (upper - lower)  # reached by both alike
        tilt = self.tilt_at(worst)
        return tilt if lower < tilt < upper and self._apart(lower, tilt) > _REACH_NATS else None

    def _apart(self, tilt: float, other: float) -> float:
        """How far below the largest mass after `tilt` the mean after another one lies, nats."""
        value, mean = self.value_and_slope(other)
        return (other - tilt) * mean - value + self.value_and_slope(tilt)[0]

    def length(self, tilt: float, k_max: int) -> int:
        """Transform length beyond which the tilted sum has next to no mass (Chernoff)."""
        here = self.value_and_slope(tilt)[0]

        def excess(steeper: float) -> float:
            value, slope = self.value_and_slope(steeper)
            return value - here - (steeper - tilt) * slope + _NEGLIGIBLE_NATS

        least = max(k_max, int(self.steps.max())) + 2
        upper = max(2 * tilt, 1.0 / max(self.steps.max(), 1.0))
        for _ in range(20):
            if excess(upper) < 0:
                reach = self.value_and_slope(float(brentq(excess, tilt, upper)))[1]
                return min(max(least, int(1.02 * reach)), max(least, int(self.largest_sum) + 2))
            upper *= 2
        return max(least, int(self.largest_sum) + 2)
