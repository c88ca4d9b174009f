"""Decide a Monte Carlo test with no more iterations than it takes.

An iteration that can no longer change whether p is at most alpha need not be made. What is
decided is what all iterations would decide.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from focale.typing import BoolArray, IntArray

ITERATIONS_AT_ONCE = 125


def is_at_most_alpha(
    values: IntArray, maxima_of: Callable[[range], IntArray], n_iterations: int, alpha: float
) -> BoolArray:
    """Whether p = (b + 1) / (B + 1) of each value is at most alpha.

    Parameters
    ----------
    values
        Shape (n,); observed values. One of 0 is nothing, and has a p of 1.
    maxima_of
        Maxima of some iterations, shape (n_iterations,).
    n_iterations
        B, the iterations of the whole test.
    alpha
        Largest p.
    """
    n_as_large = np.where(values > 0, 0, n_iterations)
    for first in range(0, n_iterations, ITERATIONS_AT_ONCE):
        most = n_as_large + n_iterations - first
        is_settled = _at_most(most, n_iterations, alpha) | ~_at_most(
            n_as_large, n_iterations, alpha
        )
        if np.all(is_settled):
            break
        maxima = maxima_of(range(first, min(first + ITERATIONS_AT_ONCE, n_iterations)))
        n_as_large += np.count_nonzero(maxima >= values[:, None], axis=1)
    return _at_most(n_as_large, n_iterations, alpha)


def _at_most(n_as_large: IntArray, n_iterations: int, alpha: float) -> BoolArray:
    at_most: BoolArray = (n_as_large + 1) / (n_iterations + 1) <= alpha
    return at_most
