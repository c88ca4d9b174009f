"""From cells to the number of experiments that is needed."""

from __future__ import annotations

import numpy as np
import pytest

from focale.planning.cells import Cell, Tally
from focale.planning.curves import needed, rising


def cells(*powers, n_simulations=1000):
    return [
        Cell(10 * i, 3, Tally(n_simulations, round(power * n_simulations)))
        for i, power in enumerate(powers, start=1)
    ]


def test_rising__pools_what_falls():
    np.testing.assert_allclose(rising(np.array([0.1, 0.5, 0.3, 0.9])), [0.1, 0.4, 0.4, 0.9])


@pytest.mark.parametrize(
    ("powers", "n"),
    [
        ((0.2, 0.6, 1.0), 25),  # half way from .6 to 1
        ((0.2, 0.8, 1.0), 20),
        ((0.2, 0.79, 0.81), 25),
        ((0.2, 0.9, 0.7, 0.95), 20),  # 20 and 30 are pooled to .8
        ((0.8, 0.9, 1.0), 10),
        ((0.2, 0.3, 0.79), None),
    ],
)
def test_needed__is_where_the_rising_curve_reaches_the_power(powers, n):
    assert needed(cells(*powers), 0.8).n == n


def test_needed__ends_are_those_of_the_intervals():
    found = needed(cells(0.2, 0.6, 0.9, n_simulations=200), 0.8)
    assert found.low < found.n < found.high
    narrow = needed(cells(0.2, 0.6, 0.9, n_simulations=20_000), 0.8)
    assert found.low <= narrow.low <= found.n <= narrow.high <= found.high


def test_needed__end_beyond_the_largest_size():
    found = needed(cells(0.2, 0.5, 0.81, n_simulations=100), 0.8)
    assert found.n == 30
    assert found.high is None
    assert found.in_words(found.high) == "more than 30"


@pytest.mark.parametrize(
    ("powers", "words"),
    [((0.9, 1.0), "at most 10"), ((0.6, 1.0), "15"), ((0.1, 0.2), "more than 20")],
)
def test_needed__in_words(powers, words):
    assert str(needed(cells(*powers), 0.8)) == words
