"""Fewer iterations, the same decision."""

from __future__ import annotations

import numpy as np
import pytest

from focale.correction.p_values import p_of_maxima
from focale.robustness.deciding import is_at_most_alpha


@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.5])
@pytest.mark.parametrize("n_iterations", [19, 125, 999, 1000])
def test_is_at_most_alpha__decides_as_all_iterations_do(rng, n_iterations, alpha):
    maxima = rng.integers(0, 60, n_iterations)
    values = np.arange(62)
    found = is_at_most_alpha(values, lambda some: maxima[some], n_iterations, alpha)
    expected = p_of_maxima(values, maxima) <= alpha
    expected[0] = False  # nothing to test
    np.testing.assert_array_equal(found, expected)
    assert found.any() == bool(1 / (n_iterations + 1) <= alpha)


@pytest.mark.parametrize(("value", "n_made"), [(0, 0), (1, 125), (3, 1000)])
def test_is_at_most_alpha__makes_no_more_than_it_takes(value, n_made):
    """Nothing observed needs none; what every iteration beats is soon lost."""
    made = []

    def maxima_of(some):
        made.extend(some)
        return np.full(len(some), 2)

    decided = is_at_most_alpha(np.array([value]), maxima_of, 1000, 0.05)
    assert decided.tolist() == [value > 2]
    assert len(made) == n_made


def test_is_at_most_alpha__of_nothing_is_nothing():
    assert is_at_most_alpha(np.zeros(0, int), lambda some: np.zeros(len(some)), 99, 0.05).size == 0
