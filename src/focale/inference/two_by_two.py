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
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from scipy.special import log_ndtr, ndtri_exp
from scipy.stats import hypergeom

from focale.frozen import freeze
from focale.typing import BoolArray, FloatArray, IntArray

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
    p, logp
        Two-sided p of that z, and its -log10.
    is_small
        Whether the mid-p was taken.
    """

    chi2: FloatArray
    z: FloatArray
    p: FloatArray
    logp: FloatArray
    is_small: BoolArray

    def __post_init__(self) -> None:
        freeze(self, "chi2", "z", "p", "logp", "is_small")

    def at(self, place: IntArray) -> CountTest:
        """The same numbers where `place` says, any shape: a table of few counts, laid out."""
        return CountTest(*(getattr(self, field.name)[place] for field in fields(self)))


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
    few, place = different_counts(a, c, n_first, n_second)
    return _association(*few, n_first, n_second).at(place)


def different_counts(
    a: IntArray, c: IntArray, n_first: int, n_second: int
) -> tuple[tuple[IntArray, IntArray], IntArray]:
    """The different pairs of counts, and the place of each place's pair among them.

    A map has few different counts, so what follows from them is computed once for each pair.
    Parameters as in `association`.
    """
    rows, place = _different(a * (n_second + 1) + c, (n_first + 1) * (n_second + 1))
    return (rows // (n_second + 1), rows % (n_second + 1)), place


def _different(codes: IntArray, n_codes: int) -> tuple[IntArray, IntArray]:
    """The different codes, and the place of each among them: maps have few different counts."""
    if n_codes > codes.size:
        rows, place = np.unique(codes, return_inverse=True)
        return rows, place.reshape(codes.shape)
    is_there = np.zeros(n_codes, dtype=bool)
    is_there[codes] = True
    return np.flatnonzero(is_there), (np.cumsum(is_there) - 1)[codes]


def _association(a: Any, c: Any, n_first: int, n_second: int) -> CountTest:
    a, c = a.astype(float), c.astype(float)
    n = n_first + n_second
    reporting = a + c
    margins = reporting * (n - reporting) * n_first * n_second
    chi2 = np.where(margins > 0, n * (a * n_second - c * n_first) ** 2, 0.0)
    chi2 = chi2 / np.where(margins > 0, margins, 1.0)
    rarer = np.minimum(reporting, n - reporting) * min(n_first, n_second) / n

    def tails(which: BoolArray) -> tuple[FloatArray, FloatArray]:
        rows = n, reporting[which].astype(int), n_first
        here = 0.5 * hypergeom.pmf(a[which], *rows)
        return hypergeom.cdf(a[which] - 1, *rows) + here, hypergeom.sf(a[which], *rows) + here

    return _tested(chi2, a * n_second - c * n_first, (margins > 0) & (rarer < FEW), tails)


def poisson_binomial_tail(shares: FloatArray) -> FloatArray:
    """Probability of at least 0, 1, ... n + 1 events, n of which have these probabilities.

    Shape (n + 2,). By adding one event after the other; all terms are positive, so no digits
    are lost.

    Examples
    --------
    >>> poisson_binomial_tail(np.array([0.5, 0.1])).round(3).tolist()
    [1.0, 0.55, 0.05, 0.0]
    """
    law = np.ones(1)
    for share in shares:
        law = np.convolve(law, [1 - share, share])
    tail: FloatArray = np.append(np.cumsum(law[::-1])[::-1], 0.0)
    return tail


def uniformity(a: IntArray, expected: float, at_least: FloatArray) -> CountTest:
    """Whether more experiments report a place than report any place on average.

    The null is that of random foci: each experiment reports a place with the share of all
    places it covers, so their number is Poisson-binomial.

    Parameters
    ----------
    a
        Experiments that report each place.
    expected
        Mean number over all places.
    at_least
        Shape (n + 2,); from `poisson_binomial_tail`, n being the number of experiments.
    """
    n = at_least.size - 2
    counts = np.arange(n + 1)
    spread = expected * (n - expected)
    chi2 = (counts - expected) ** 2 * n / spread if spread > 0 else np.zeros(n + 1)
    is_small = np.full(n + 1, spread > 0 and min(expected, n - expected) < FEW)

    def tails(which: BoolArray) -> tuple[FloatArray, FloatArray]:
        own = counts[which]
        here = 0.5 * (at_least[own] - at_least[own + 1])
        return 1 - at_least[own] + here, at_least[own + 1] + here

    return _tested(chi2, counts - expected, is_small, tails).at(a)


def _tested(
    chi2: FloatArray,
    excess: Any,
    is_small: BoolArray,
    tails: Callable[[BoolArray], tuple[FloatArray, FloatArray]],
) -> CountTest:
    """P and z of chi-square, by the mid-p of `tails` (below, above) where counts are small."""
    size = np.sqrt(chi2)
    if np.any(is_small):
        below, above = tails(is_small)
        smaller = np.minimum(np.minimum(below, above), 0.5)
        one_sided = np.where(excess[is_small] == 0, 0.5, smaller)
        size[is_small] = -ndtri_exp(np.log(np.maximum(one_sided, np.finfo(float).tiny)))
    log_p = np.minimum(np.log(2) + log_ndtr(-size), 0.0)
    logp = np.abs(log_p / np.log(10))
    return CountTest(chi2, np.sign(excess) * size, np.exp(log_p), logp, is_small)
