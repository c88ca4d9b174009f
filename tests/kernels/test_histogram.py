"""Folding ALE histograms, compiled and as plain Python."""

from __future__ import annotations

import numpy as np
import pytest

from focale.kernels.histogram import fold
from tests.naive import activation as naive

BINS_PER_UNIT = 100
CENTRES = np.arange(31) / BINS_PER_UNIT


@pytest.fixture(params=[fold, fold.py_func], ids=["compiled", "python"])
def any_fold(request):
    return request.param


def test_fold__equals_naive(any_fold, rng):
    running = rng.dirichlet(np.ones(CENTRES.size)) * (rng.random(CENTRES.size) < 0.7)
    bins = np.array([0, 2, 3, 7])
    probability = rng.dirichlet(np.ones(4))
    out = np.full(CENTRES.size, np.nan)
    any_fold(running, bins, probability, CENTRES, BINS_PER_UNIT, out)
    expected = naive.fold(running, bins, probability, CENTRES, BINS_PER_UNIT)
    np.testing.assert_allclose(out, expected, rtol=0, atol=1e-16)


def test_fold__an_experiment_of_zeros_changes_nothing(any_fold, rng):
    running = rng.dirichlet(np.ones(CENTRES.size))
    out = np.empty(CENTRES.size)
    any_fold(running, np.array([0]), np.array([1.0]), CENTRES, BINS_PER_UNIT, out)
    np.testing.assert_array_equal(out, running)


def test_fold__loses_no_mass_beyond_the_last_bin(any_fold):
    running = np.zeros(CENTRES.size)
    running[-1] = 1.0
    out = np.empty(CENTRES.size)
    any_fold(running, np.array([30]), np.array([1.0]), CENTRES, BINS_PER_UNIT, out)
    assert out[-1] == 1.0
    assert out[:-1].sum() == 0


def test_fold__ties_go_up(any_fold):
    centres = np.array([0.0, 0.5, 1.0])  # 1 - .5 x .5 = .75 lies half way between .5 and 1
    out = np.empty(3)
    any_fold(np.array([0, 1.0, 0]), np.array([1]), np.array([1.0]), centres, 2, out)
    np.testing.assert_array_equal(out, [0, 0, 1])
