"""z from p, in log space, down to the smallest doubles."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from focale.inference.tails import z_from_log_p


@pytest.mark.parametrize("exponent", [-1, -3, -5, -10, -16, -17, -30, -100, -200, -300])
def test_z_from_log_p__equals_the_inverse_of_the_normal_tail(exponent):
    p = 10.0**exponent
    assert z_from_log_p(np.log(p)) == pytest.approx(stats.norm.isf(p), rel=1e-12)


def test_z_from_log_p__equals_the_inverse_all_the_way_down():
    p = np.logspace(-300, np.log10(0.499), 5000)
    np.testing.assert_allclose(z_from_log_p(np.log(p)), stats.norm.isf(p), rtol=1e-11)


@pytest.mark.parametrize("p", [0.5, 0.5000001, 0.9, 1.0])
def test_z_from_log_p__is_zero_from_one_half_up(p):
    assert z_from_log_p(np.log(p)) == 0.0


def test_z_from_log_p__goes_beyond_what_a_double_can_hold():
    # p = exp(-2000) is 0 as a double; Q(z) = exp(-z^2/2) / (z sqrt(2 pi)) (1 - 1/z^2 + ...)
    z = z_from_log_p(np.array(-2000.0))
    log_q = -(z**2) / 2 - np.log(z * np.sqrt(2 * np.pi)) + np.log1p(-1 / z**2 + 3 / z**4)
    assert log_q == pytest.approx(-2000.0, abs=1e-6)


def test_z_from_log_p__rises_as_p_falls():
    z = z_from_log_p(np.linspace(-1e4, np.log(0.5), 10_001))
    assert np.all(np.diff(z) < 0)


def test_z_from_log_p__keeps_the_shape():
    assert z_from_log_p(np.full((2, 3), -5.0)).shape == (2, 3)
