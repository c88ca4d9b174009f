"""Chi-square and mid-p of counts against scipy."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from focale.inference.two_by_two import FEW, association, uniformity


@pytest.fixture(params=[(30, 40), (25, 80)])
def every_table(request):
    n1, n2 = request.param
    a, c = np.array(list(product(range(n1 + 1), range(n2 + 1)))).T
    return a, c, n1, n2


def test_association__chi2_equals_that_of_scipy(every_table):
    a, c, n1, n2 = every_table
    found = association(a, c, n1, n2)
    for i in range(0, a.size, 7):
        table = np.array([[a[i], n1 - a[i]], [c[i], n2 - c[i]]])
        if 0 in table.sum(axis=0):
            assert (found.chi2[i], found.p[i], found.z[i]) == (0, 1, 0)
            continue
        expected = stats.chi2_contingency(table, correction=False)
        assert found.chi2[i] == pytest.approx(expected.statistic)
        assert found.is_small[i] == (expected.expected_freq.min() < FEW)
        if not found.is_small[i]:
            assert found.p[i] == pytest.approx(expected.pvalue)
            assert abs(found.z[i]) == pytest.approx(np.sqrt(expected.statistic))


def test_association__small_counts_have_the_mid_p_of_fishers_test(every_table):
    a, c, n1, n2 = every_table
    found = association(a, c, n1, n2)
    few = np.flatnonzero(found.is_small)[::5]
    assert few.size > 20
    for i in few:
        table = [[a[i], n1 - a[i]], [c[i], n2 - c[i]]]
        level = stats.hypergeom.pmf(a[i], n1 + n2, a[i] + c[i], n1)
        sides = [
            stats.fisher_exact(table, side).pvalue - level / 2 for side in ("less", "greater")
        ]
        assert found.p[i] == pytest.approx(min(1, 2 * min(sides)), rel=1e-6)


def test_association__is_mirrored_by_its_sides(every_table):
    a, c, n1, n2 = every_table
    one, other = association(a, c, n1, n2), association(c, a, n2, n1)
    np.testing.assert_allclose(one.z, -other.z, atol=1e-9)
    np.testing.assert_allclose(one.p, other.p, rtol=1e-9)


def test_association__mid_p_is_calibrated_where_chi2_is_not():
    """Of all labelings of a rare place, how many have p at most .05?"""
    n1, n2, reporting = 15, 60, 6
    a = np.arange(reporting + 1)
    share = stats.hypergeom.pmf(a, n1 + n2, reporting, n1)
    found = association(a, reporting - a, n1, n2)
    of_chi2 = stats.chi2.sf(found.chi2, 1)
    assert share[found.p <= 0.05].sum() < 0.06
    assert share[found.p <= 0.01].sum() < share[of_chi2 <= 0.01].sum()


def test_uniformity__equals_scipy_where_counts_are_large():
    n, expected = 100, 20.0
    a = np.arange(101)
    at_least = stats.binom.sf(np.arange(-1, n + 1), n, 0.2)
    found = uniformity(a, n, expected, at_least)
    for i in (3, 20, 40, 77):
        alone = stats.chisquare([a[i], n - a[i]], [expected, n - expected])
        assert found.chi2[i] == pytest.approx(alone.statistic)
        assert found.p[i] == pytest.approx(alone.pvalue)
    assert not found.is_small.any()


def test_uniformity__small_counts_have_the_mid_p_of_the_exact_null():
    n, expected = 21, 2.0
    law = stats.binom(n, expected / n)
    at_least = law.sf(np.arange(-1, n + 1))
    a = np.arange(n + 1)
    found = uniformity(a, n, expected, at_least)
    assert found.is_small.all()
    above = law.sf(a) + law.pmf(a) / 2
    below = law.cdf(a - 1) + law.pmf(a) / 2
    side = np.where(a > expected, above, below)
    np.testing.assert_allclose(found.p, np.minimum(2 * np.minimum(side, 0.5), 1), rtol=1e-8)
    assert np.all(np.sign(found.z[a > 2]) == 1)


def test_uniformity__of_nothing_says_nothing():
    found = uniformity(np.zeros(4, int), 5, 0.0, np.array([1.0, 0, 0, 0, 0, 0, 0]))
    assert (found.p.tolist(), found.z.tolist()) == ([1] * 4, [0] * 4)
