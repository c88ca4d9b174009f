"""Counts of experiments against what chance gives: chi-square, and mid-p where counts are small.

The multilevel kernel density analysis of Neurosynth (Yarkoni et al. 2011,
doi:10.1038/nmeth.1635) puts the experiments that report a place beside those that do not.
A table without both kinds says nothing: chi-square 0, p 1.

Where an expected count is below 5 the chi-square distribution is a poor guide. There p is the
mid-p of the exact distribution (Lancaster 1961, doi:10.1080/01621459.1961.10482105): the
share beyond what is observed and half of what is level with it, of the tail, twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import log_ndtr, ndtri_exp
from scipy.stats import hypergeom

from focale.frozen import freeze
from focale.typing import FloatArray, IntArray

FEW = 5.0
"""Expected count below which mid-p takes the place of the chi-square distribution."""


@dataclass(frozen=True, slots=True, eq=False)
class CountTest:
    """Counts tested against chance, one number a voxel.

    Attributes
    ----------
    chi2
        Chi-square of one degree of freedom.
    z
        Square root of chi-square with the sign of what exceeds what; where counts are small,
        the standard normal value of the mid-p with that sign.
    p
        Two-sided p of that z.
    is_small
        Whether the mid-p was taken.
    """

    chi2: FloatArray
    z: FloatArray
    p: FloatArray
    is_small: FloatArray

    def __post_init__(self) -> None:
        freeze(self, "chi2", "z", "p", "is_small")


def association(a: IntArray, c: IntArray, n_first: int, n_second: int) -> CountTest:
    """Whether experiments of the first set report a place more often than those of the second.

    The null is that of exchangeable labels: given how many experiments report the place, the
    number of the first set among them is hypergeometric (Fisher's exact test).

    Parameters
    ----------
    a, c
        Experiments of the first and of the second set that report each place, equal shapes.
    n_first, n_second
        Experiments of each set.

    Examples
    --------
    >>> test = association(np.array([12]), np.array([2]), 20, 20)
    >>> test.chi2.round(3).tolist(), test.z.round(3).tolist(), bool(test.is_small[0])
    ([10.989], [3.315], False)
    """
    a, c = a.astype(float), c.astype(float)
    n = n_first + n_second
    reporting = a + c
    margins = reporting * (n - reporting) * n_first * n_second
    chi2 = np.where(margins > 0, n * (a * n_second - c * n_first) ** 2, 0.0)
    chi2 = chi2 / np.where(margins > 0, margins, 1.0)
    rarer = np.minimum(reporting, n - reporting) * min(n_first, n_second) / n

    def tails(which: FloatArray) -> tuple[FloatArray, FloatArray]:
        rows = n, reporting[which].astype(int), n_first
        here = 0.5 * hypergeom.pmf(a[which], *rows)
        return hypergeom.cdf(a[which] - 1, *rows) + here, hypergeom.sf(a[which], *rows) + here

    return _tested(chi2, a * n_second - c * n_first, (margins > 0) & (rarer < FEW), tails)


def uniformity(a: IntArray, n: int, expected: float, at_least: FloatArray) -> CountTest:
    """Whether more experiments report a place than report any place on average.

    The null is that of random foci: each experiment reports a place with the share of all
    places it covers, so their number is Poisson-binomial.

    Parameters
    ----------
    a
        Experiments that report each place.
    n
        Experiments.
    expected
        Mean of `a` over all places.
    at_least
        Shape (n + 2,); exact probability of at least 0, 1, ... n + 1 experiments.
    """
    counts = a.astype(int)
    spread = expected * (n - expected)
    chi2 = (a - expected) ** 2 * n / spread if spread > 0 else np.zeros(a.shape)
    is_small = np.full(a.shape, spread > 0 and min(expected, n - expected) < FEW)

    def tails(which: FloatArray) -> tuple[FloatArray, FloatArray]:
        own = counts[which]
        here = 0.5 * (at_least[own] - at_least[own + 1])
        return 1 - at_least[own] + here, at_least[own + 1] + here

    return _tested(chi2, a - expected, is_small, tails)


def _tested(
    chi2: FloatArray,
    excess: Any,
    is_small: FloatArray,
    tails: Callable[[FloatArray], tuple[FloatArray, FloatArray]],
) -> CountTest:
    """P and z of chi-square, by the mid-p of `tails` (below, above) where counts are small."""
    size = np.sqrt(chi2)
    if np.any(is_small):
        below, above = tails(is_small)
        smaller = np.minimum(np.minimum(below, above), 0.5)
        one_sided = np.where(excess[is_small] == 0, 0.5, smaller)
        size[is_small] = -ndtri_exp(np.log(np.maximum(one_sided, np.finfo(float).tiny)))
    log_p = np.minimum(np.log(2) + log_ndtr(-size), 0.0)
    return CountTest(chi2, np.sign(excess) * size, np.exp(log_p), is_small)
