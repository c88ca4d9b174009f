"""P of a Monte Carlo test: against counting, scipy and the promise of a sequential test."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from focale.correction.p_values import interval_of, p_of_maxima, smallest_p


def test_p_of_maxima__equals_counting(rng):
    maxima, observed = rng.integers(0, 30, 200), rng.integers(-2, 33, (7, 9))
    expected = [[(np.sum(maxima >= value) + 1) / 201 for value in row] for row in observed]
    np.testing.assert_array_equal(p_of_maxima(observed, maxima), expected)


def test_p_of_maxima__counts_ties_as_at_least_as_large():
    maxima = np.array([5, 3, 5, 0])
    observed = np.array([0, 1, 3, 4, 5, 6])
    assert (p_of_maxima(observed, maxima) * 5).tolist() == [5, 4, 4, 3, 3, 1]


def test_p_of_maxima__is_never_zero_nor_above_one(rng):
    p = p_of_maxima(np.array([-1, 0, 10**18]), rng.integers(0, 10**9, 50))
    assert p.tolist() == [1.0, 1.0, 1 / 51]


def test_p_of_maxima__falls_as_what_is_observed_rises(rng):
    p = p_of_maxima(np.arange(40), rng.integers(5, 30, 100))
    assert np.all(np.diff(p) <= 0)


def test_p_of_maxima__of_nothing_is_nothing():
    assert p_of_maxima(np.zeros(0, dtype=np.int64), np.array([1, 2])).shape == (0,)


# ------------------------------------------------------------------------ sequential


def besag_clifford(observed, maxima, h):
    """The definition, draw by draw."""
    n_as_large = 0
    for drawn, value in enumerate(maxima, start=1):
        n_as_large += value >= observed
        if n_as_large == h:
            return h / drawn
    return (n_as_large + 1) / (len(maxima) + 1)


@pytest.mark.parametrize("h", [1, 2, 7, 60, 200, 201])
def test_p_of_maxima__sequential_equals_drawing_one_by_one(rng, h):
    maxima, observed = rng.integers(0, 30, 200), np.arange(-2, 33)
    expected = [besag_clifford(value, maxima, h) for value in observed]
    np.testing.assert_array_equal(p_of_maxima(observed, maxima, h), expected)


def test_p_of_maxima__sequential_does_not_look_beyond_its_end(rng):
    maxima = rng.integers(0, 1000, 500)
    longer = np.concatenate([maxima, rng.integers(0, 1000, 500)])
    observed = np.arange(0, 900)
    assert np.sum(maxima >= 900) >= 5  # each of the tests has ended within the first 500
    ended = p_of_maxima(observed, maxima, 5)
    np.testing.assert_array_equal(ended, p_of_maxima(observed, longer, 5))


@pytest.mark.parametrize("h", [1, 3, 10])
def test_p_of_maxima__sequential_is_valid(h):
    """Under the null p is at most alpha with a probability of at most alpha."""
    rng = np.random.default_rng(20261125)
    n, n_tests = 99, 20_000
    draws = rng.random((n_tests, n + 1))  # the first column is observed, the others the null
    p = np.array([p_of_maxima(row[:1], row[1:], h)[0] for row in draws])
    for alpha in (0.01, 0.02, 0.05, 0.1, 0.3):
        error = 4 * np.sqrt(alpha * (1 - alpha) / n_tests)
        assert np.mean(p <= alpha) <= alpha + error
    assert np.mean(p <= 0.05) > 0.04  # and it is a test, not a refusal


# ------------------------------------------------------------------------ intervals


@pytest.mark.parametrize(("h", "drawn"), [(1, 4), (5, 5), (5, 40), (100, 731), (100, 999)])
def test_interval_of__a_sequential_p_solves_its_tails(h, drawn):
    low, high = interval_of(h / drawn, 1000, h)
    # With p = low, so few draws are as rare as the tail; with p = high, so many are.
    assert stats.binom.sf(h - 1, drawn, low) == pytest.approx(0.025)
    if drawn > h:
        assert stats.binom.cdf(h - 1, drawn - 1, high) == pytest.approx(0.025)
    else:
        assert high == 1.0
    assert low < h / drawn <= high


def test_interval_of__a_p_that_did_not_end_is_that_of_all_iterations():
    assert interval_of(5 / 1001, 1000, 100) == interval_of(5 / 1001, 1000)


# ------------------------------------------------------------------ the rule of other tools


def test_p_of_maxima__b_over_b_is_the_share_within_its_ends(rng):
    maxima = rng.integers(0, 20, 100)
    observed = np.arange(-1, 23)
    share = np.array([np.count_nonzero(maxima >= value) / 100 for value in observed])
    expected = np.clip(share, 1 / 100, 1 - 1 / 100)
    np.testing.assert_array_equal(p_of_maxima(observed, maxima, rule="b/B"), expected)


def test_interval_of__a_share_has_the_interval_of_its_count():
    for b in (2, 5, 60):
        assert interval_of(b / 200, 200, rule="b/B") == interval_of((b + 1) / 201, 200)


def test_interval_of__the_smallest_share_may_be_of_no_iteration():
    assert interval_of(1 / 200, 200, rule="b/B") == interval_of(1 / 201, 200)


@pytest.mark.parametrize("rule", ["(b+1)/(B+1)", "b/B"])
def test_smallest_p__is_what_the_largest_of_all_gets(rng, rule):
    maxima = rng.integers(0, 20, 99)
    assert p_of_maxima(np.array(99), maxima, rule=rule) == smallest_p(99, rule)
