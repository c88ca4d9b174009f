"""The scale that voxels with different nulls share."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from focale.inference.common_scale import (
    HIGHEST,
    LEAST_SKEWNESS,
    SCALE_STEP,
    common_scale,
    tail_z,
)
from focale.inference.null_moments import NullMoments
from tests.naive import scale as naive

SKEWNESS = np.array([0.02, 0.3, 1.0, 2.0, 5.0, 20.0, 60.0])


def moments_of(skewness, mean=1e6, sd=2e5):
    n = len(skewness)
    return NullMoments(np.full(n, mean), np.full(n, sd), np.asarray(skewness, dtype=float))


@pytest.mark.parametrize("z", [0.5, 2.0, 4.0, 8.0])
def test_tail_z__equals_scipy(z):
    values, mean, sd = np.full(SKEWNESS.size, z), np.zeros(SKEWNESS.size), np.ones(SKEWNESS.size)
    found = tail_z(values, mean, sd, SKEWNESS)
    expected = naive.standing(values, mean, sd, SKEWNESS)
    np.testing.assert_allclose(found, np.maximum(expected, 0), rtol=1e-4, atol=1e-6)


def test_tail_z__goes_on_where_the_tail_is_below_the_smallest_number():
    values = np.array([1.0, 600.0, 1e3, 1e4])
    ones = np.ones(4)
    found = tail_z(values, 0 * ones, ones, 2 * ones)  # exponential: tail exp(-1 - value)
    expected = [stats.norm.isf(np.exp(-2)), *np.sqrt(2 * values[1:])]
    np.testing.assert_allclose(found, expected, rtol=0.02)
    assert np.all(np.diff(found) > 0)


def test_tail_z__rises_strictly_with_the_value():
    for skewness in SKEWNESS:
        values = np.linspace(0.1, 60, 400)
        ones = np.ones(values.size)
        assert np.all(np.diff(tail_z(values, 0 * ones, ones, skewness * ones)) > 0)


def test_tail_z__skewed_to_the_left_counts_as_nearly_normal():
    one = np.ones(1)
    left = tail_z(3 * one, 0 * one, one, -2 * one)
    assert left == tail_z(3 * one, 0 * one, one, LEAST_SKEWNESS * one)
    assert left[0] == pytest.approx(3, abs=0.02)


def test_common_scale__threshold_has_the_forming_tail():
    scale = common_scale(moments_of(SKEWNESS), 0.001, 0)
    assert scale.forming_z == pytest.approx(3.0902, abs=1e-4)
    positions = np.arange(SKEWNESS.size)
    above = tail_z(scale.thresholds + 1, *(np.asarray(m) for m in _arrays(scale)))
    at = tail_z(scale.thresholds, *(np.asarray(m) for m in _arrays(scale)))
    usual = SKEWNESS < 50  # beyond, the mean is already that high
    assert np.all(at[usual] <= scale.forming_z + 1e-9)
    assert np.all(above[usual] > scale.forming_z - 1e-9)
    standing = scale.standing(positions, scale.thresholds + 1)
    assert np.all(standing >= round(scale.forming_z / SCALE_STEP) - 1)


def _arrays(scale):
    return scale.moments.mean, scale.moments.sd, scale.moments.skewness


def test_common_scale__what_one_experiment_can_give_never_stands():
    scale = common_scale(moments_of(SKEWNESS), 0.001, 10**7)
    assert np.all(scale.thresholds >= 10**7)
    values = np.array([10**7, 10**7 + 1] + [0] * 5)
    assert (scale.standing_of_map(values) > 0).tolist() == [False, True] + [False] * 5


def test_common_scale__what_never_happens_stands_highest():
    scale = common_scale(NullMoments(np.zeros(2), np.zeros(2), np.zeros(2)), 0.001, 5)
    assert (scale.standing_of_map(np.array([5, 6])) * SCALE_STEP).tolist() == [0.0, HIGHEST]
