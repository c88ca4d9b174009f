"""Thresholds of subsets, against the null of each subset alone."""

from __future__ import annotations

import numpy as np
import pytest

from focale.correction.null import lattice_threshold
from focale.inference.null import lattice_null, null_steps, step_histograms
from focale.robustness.subset_nulls import SubsetNulls, cumulants, reach, tilts_for

SUBSETS = [np.arange(8), np.array([0, 2, 5, 6]), np.array([7, 1]), np.array([3, 3, 3, 4, 0])]


def alone(ma, subset, p):
    """Threshold from the null that a new fit of the subset has."""
    own = ma.only(subset)
    null = lattice_null(own, null_steps(own), 120_000)  # whatever is observed
    return lattice_threshold(null.value_at(p))


def nulls_of(ma, p, size=8, *, repeats=True):
    members = list(np.arange(ma.n_experiments)[:, None])
    return SubsetNulls.of(ma, p, members, size, repeats=repeats)


@pytest.mark.parametrize("p", [0.05, 0.001, 1e-5, 1e-8, 1e-12])
def test_thresholds__equal_those_of_the_null_of_each_subset(pain8_result, p):
    ma = pain8_result.ma
    found = nulls_of(ma, p).thresholds(SUBSETS)
    assert found == [alone(ma, subset, p) for subset in SUBSETS]
    assert len(set(found)) == len(SUBSETS)


def test_thresholds__do_not_depend_on_their_company(pain8_result):
    nulls = nulls_of(pain8_result.ma, 0.001)
    together = nulls.thresholds(SUBSETS)
    assert together == [nulls.thresholds([subset])[0] for subset in SUBSETS]


@pytest.mark.parametrize(("size", "repeats"), [(6, False), (8, True), (30, True)])
def test_length__leaves_next_to_no_mass_beyond(pain8_result, size, repeats):
    """The worst subset: the most of the experiment with the largest values."""
    ma = pain8_result.ma
    nulls = nulls_of(ma, 0.001, size, repeats=repeats)
    means = [histogram.probability @ histogram.steps for histogram in nulls.histograms]
    order = np.argsort(means)
    worst = np.full(size, order[-1]) if repeats else order[-size:]
    own = ma.only(worst)
    null = lattice_null(own, null_steps(own), nulls.length)
    assert null.log_tail[nulls.length] < -36.0


def test_reach__is_beyond_the_value_of_that_probability(pain8_result):
    ma, steps = pain8_result.ma, null_steps(pain8_result.ma)
    histograms = step_histograms(ma, steps)
    tilts = tilts_for(histograms)
    cumulant = cumulants(histograms, tilts).sum(axis=0)
    log_tail = lattice_null(ma, steps, 120_000).log_tail
    for nats in (7.0, 20.0, 40.0):
        farthest = reach(tilts, cumulant, nats)
        assert log_tail[int(np.ceil(farthest))] <= -nats
        assert log_tail[int(farthest / 2)] > -nats  # and not far beyond


def test_cumulants__are_at_least_the_exact_ones(pain8_result):
    histograms = step_histograms(pain8_result.ma, null_steps(pain8_result.ma))
    tilts = tilts_for(histograms)
    for histogram, found in zip(histograms, cumulants(histograms, tilts), strict=True):
        exact = [histogram.cumulant(float(tilt)) for tilt in tilts]
        assert np.all(found >= np.array(exact) - 1e-12)
