"""P values of a Monte Carlo test, and how well the iterations tell them.

With a fixed number B of iterations, p = (b + 1) / (B + 1), b being how many of them are at
least as large as what is observed (Phipson and Smyth 2010, doi:10.2202/1544-6115.1585).
A sequential test (Besag and Clifford 1991, doi:10.1093/biomet/78.2.301) ends for what it
observes as soon as h iterations are at least as large: with the h-th at iteration l,
p = h / l. Both are valid for every B: under the null, p is at most alpha with a
probability of at most alpha. The rule "b/B", kept within 1/B and 1 - 1/B, is that of other
tools; it is not valid where b is small, and exists to compare with them.
"""

from __future__ import annotations

import heapq
from typing import Any, Literal

import numpy as np
from scipy.special import betaincinv

from focale.typing import FloatArray, IntArray

PRule = Literal["(b+1)/(B+1)", "b/B"]
"""How p follows from b of B iterations."""


def p_of_maxima(
    observed: Any,
    maxima: Any,
    stop_after: int | None = None,
    rule: PRule = "(b+1)/(B+1)",
) -> FloatArray:
    """P of what is observed, beside the maxima of the iterations.

    Parameters
    ----------
    observed
        Any shape.
    maxima
        Shape (B,); in the order of the iterations.
    stop_after
        The h of a sequential test; None for a test of all iterations.
    rule
        "(b+1)/(B+1)", or "b/B" as other tools have it, which knows no sequential test.

    Examples
    --------
    >>> maxima = np.array([5, 3, 5, 0])
    >>> p_of_maxima(np.array([4, 6]), maxima).tolist()
    [0.6, 0.2]
    >>> p_of_maxima(np.array([4, 6]), maxima, stop_after=1).tolist()
    [1.0, 0.2]
    """
    rising = np.sort(maxima)
    n_as_large = maxima.size - np.searchsorted(rising, observed, side="left")
    if rule == "b/B":
        smallest = 1 / maxima.size
        return np.asarray(np.clip(n_as_large / maxima.size, smallest, 1 - smallest))
    p: FloatArray = np.asarray((n_as_large + 1) / (maxima.size + 1))
    if stop_after is None or maxima.size < stop_after:
        return p
    # From iteration h on: the h-th largest maximum so far. It never falls, and h maxima
    # are at least as large as what is observed once it is.
    ends = np.searchsorted(_running_largest(maxima, stop_after), observed, side="left")
    return np.where(n_as_large >= stop_after, stop_after / (ends + stop_after), p)


def _running_largest(maxima: IntArray, rank: int) -> IntArray:
    """The `rank`-th largest of the first `rank`, `rank` + 1, ... maxima."""
    values = maxima.tolist()
    largest = sorted(values[:rank])
    running = [largest[0]]
    for value in values[rank:]:
        heapq.heappushpop(largest, value)
        running.append(largest[0])
    return np.array(running)


def smallest_p(n_iterations: int, rule: PRule = "(b+1)/(B+1)") -> float:
    """The smallest p that so many iterations can give.

    Examples
    --------
    >>> smallest_p(99), smallest_p(100, "b/B")
    (0.01, 0.01)
    """
    return 1 / n_iterations if rule == "b/B" else 1 / (n_iterations + 1)


def interval_of(
    p: float,
    n_iterations: int,
    stop_after: int | None = None,
    confidence: float = 0.95,
    rule: PRule = "(b+1)/(B+1)",
) -> tuple[float, float]:
    """Interval of the p that endless iterations would give (Clopper and Pearson 1934).

    For a p of a sequential test, the same interval for the number of iterations it took.

    Examples
    --------
    >>> [round(end, 4) for end in interval_of(0.05, 9999)]
    [0.0457, 0.0544]
    """
    if stop_after is not None and p >= stop_after / n_iterations:
        tail = (1 - confidence) / 2
        n_drawn = round(stop_after / p)
        n_before = n_drawn - stop_after
        low = betaincinv(stop_after, n_before + 1, tail)
        high = betaincinv(stop_after, n_before, 1 - tail) if n_before else 1.0
        return float(low), float(high)
    n_as_large = round(p * (n_iterations + 1)) - 1
    if rule == "b/B":
        n_as_large = round(p * n_iterations)
        n_as_large = 0 if n_as_large <= 1 else n_as_large  # b = 0 and b = 1 have one p
    return interval_of_share(n_as_large, n_iterations, confidence)


def interval_of_share(n: int, n_all: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a share, n of `n_all` draws having shown it (Clopper and Pearson 1934).

    Examples
    --------
    >>> [round(end, 3) for end in interval_of_share(9, 10)]
    [0.555, 0.997]
    """
    tail = (1 - confidence) / 2
    low = betaincinv(n, n_all - n + 1, tail) if n else 0.0
    high = betaincinv(n + 1, n_all - n, 1 - tail) if n < n_all else 1.0
    return float(low), float(high)
