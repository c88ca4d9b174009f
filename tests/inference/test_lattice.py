"""The log lattice: exact sums, and values that survive the way there and back."""

from __future__ import annotations

import numpy as np
import pytest

from focale.inference.lattice import STEP, to_lattice, to_probability


def test_to_lattice__is_minus_log_one_minus_ma_in_steps():
    ma = np.array([0.001, 0.01, 0.3, 0.7])
    np.testing.assert_array_equal(to_lattice(ma), np.rint(-np.log1p(-ma) / STEP))


def test_to_lattice__what_is_above_zero_stays_above_zero():
    assert to_lattice(np.array([0.0, 1e-300, 1e-12])).tolist() == [0, 1, 1]


def test_to_lattice__is_int32():
    assert to_lattice(np.array([0.5])).dtype == np.int32


def test_to_probability__undoes_to_lattice_to_half_a_step():
    ma = np.linspace(0, 0.7, 10_001)
    np.testing.assert_allclose(to_probability(to_lattice(ma)), ma, rtol=0, atol=0.51 * STEP)


def test_to_probability__keeps_the_digits_of_small_values():
    # 1 - exp(-x) formed without cancellation: x - x^2/2 for one step
    x = STEP
    assert to_probability(np.array([1]))[0] == pytest.approx(x - x**2 / 2, rel=1e-15)


def test_to_probability__of_a_sum_is_the_union_of_probabilities(rng):
    steps = rng.integers(0, 3_000_000, size=(20, 50))
    union = 1 - np.prod(1 - to_probability(steps), axis=0)
    np.testing.assert_allclose(to_probability(steps.sum(axis=0)), union, rtol=1e-12)
