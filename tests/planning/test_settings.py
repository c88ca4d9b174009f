"""What a plan may be asked."""

from __future__ import annotations

import numpy as np
import pytest

from focale.errors import ArgumentError
from focale.planning.settings import PlanSettings, n_reporting


def test_plan_settings__are_sorted_and_without_repeats():
    settings = PlanSettings(sizes=(20, 10, 20), shares=(0.5, 0.2, 0.5))
    assert settings.sizes == (10, 20)
    assert settings.shares == (0.2, 0.5)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"sizes": (10, 1)}, "'sizes' parameter of plan must be a whole number of at least 2"),
        ({"sizes": ()}, "'sizes' parameter of plan must be whole numbers"),
        ({"sizes": "10"}, "'sizes' parameter of plan must be whole numbers"),
        ({"sizes": (2.5,)}, "'sizes' parameter of plan must be a whole number"),
        ({"shares": (0.2, 0)}, "'shares' parameter of plan must be numbers above 0"),
        ({"shares": (1.1,)}, "'shares' parameter of plan must be numbers above 0 and at most 1"),
        ({"shares": (float("nan"),)}, "'shares' parameter"),
        ({"n_simulations": 0}, "'n_simulations' parameter of plan must be a whole number"),
        ({"n_iterations": 0}, "'n_iterations' parameter"),
        ({"seed": -1}, "'seed' parameter"),
        ({"scatter_mm": -1}, "'scatter_mm' parameter of plan must be a number of at least 0"),
        ({"scatter_mm": float("inf")}, "'scatter_mm' parameter"),
        ({"within_mm": 0}, "'within_mm' parameter"),
        ({"place": (1, 2)}, "'place' parameter of plan must be three numbers"),
        ({"place": (1, 2, float("nan"))}, "'place' parameter of plan must be three numbers"),
    ],
)
def test_plan_settings__refuse_what_cannot_be(wrong, said):
    with pytest.raises(ArgumentError, match=said):
        PlanSettings(**wrong)


@pytest.mark.parametrize("share", [0.05, 0.2, 0.3, 0.5, 1.0])
def test_n_reporting__is_the_nearest_whole_number_and_at_least_one(share):
    for n in range(2, 60):
        k = n_reporting(share, n)
        assert 1 <= k <= n
        assert k == 1 or abs(k - share * n) <= 0.5 + 1e-6


def test_n_reporting__rounds_halves_up():
    assert [n_reporting(s, n) for s, n in ((0.3, 15), (0.5, 5), (0.1, 5))] == [5, 3, 1]
    assert np.all([n_reporting(0.3, n) == 3 * n // 10 for n in range(10, 100, 10)])
