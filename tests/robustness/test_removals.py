"""Sets of units without which a cluster is gone, against every set there is."""

from __future__ import annotations

import numpy as np
import pytest

from focale.robustness.leave_out import leave_out
from focale.robustness.removals import smallest_removals
from focale.robustness.rereading import Redisplay, Rereadings, Retest
from focale.robustness.units import Units, units_of
from tests.naive import removals as naive


@pytest.fixture(scope="module")
def readings(ten_tested):
    protocol = ten_tested.protocol
    return Rereadings(
        Retest(ten_tested.fwe, ten_tested.clusters, protocol.alpha, protocol.correction)
    )


@pytest.fixture(scope="module")
def units(ten):
    return units_of(ten)


def test_leave_out__has_the_reading_without_each_unit(readings, units):
    found = leave_out(readings, units)
    assert found.survives.shape == (10, len(readings.reread.clusters))
    for u in range(10):
        alone = readings.without([u])
        np.testing.assert_array_equal(found.p[u], alone.p)
        np.testing.assert_array_equal(found.survives[u], alone.survives)
        np.testing.assert_array_equal(found.kept_share[u], alone.kept_share)
        np.testing.assert_array_equal(found.peak_shift_mm[u], alone.peak_shift_mm)
        assert found.n_new[u] == alone.n_new


def test_leave_out__of_units_of_several_experiments_leaves_all_of_them_out(readings):
    pairs = Units("lab", ("a", "b"), np.array([0, 1] + [-1] * 6 + [1, 0]))
    found = leave_out(readings, pairs)
    np.testing.assert_array_equal(found.p[1], readings.without([1, 8]).p)


def test_smallest_removals__exact_equals_every_set_tried(readings, units):
    found = smallest_removals(readings, units, exact_up_to=3)
    for c, removal in enumerate(found):
        size = naive.smallest_removal_size(
            10, lambda out, c=c: not readings.without(out).survives[c]
        )
        assert removal.is_smallest
        assert len(removal.units) == size
        assert not readings.without(removal.units).survives[c]


def test_smallest_removals__greedy_finds_no_smaller_one_than_exact(readings, units):
    exact = smallest_removals(readings, units, exact_up_to=3)
    for exact_up_to in (0, 1, 2):
        greedy = smallest_removals(readings, units, exact_up_to=exact_up_to)
        for c, (ours, theirs) in enumerate(zip(greedy, exact, strict=True)):
            assert len(ours.units) >= len(theirs.units)
            assert not readings.without(ours.units).survives[c]
            if ours.is_smallest:
                assert len(ours.units) == len(theirs.units)


def test_smallest_removals__greedy_takes_the_largest_shares_first(readings, units):
    for removal, cluster in zip(
        smallest_removals(readings, units, exact_up_to=0), readings.reread.clusters, strict=True
    ):
        ma = readings.reread.ma
        own = [-np.log1p(-ma.map(i)[cluster.positions]).sum() for i in range(10)]
        assert list(removal.units) == np.argsort(-np.array(own))[: len(removal.units)].tolist()
        assert removal.n_reaching == np.count_nonzero(own)


def test_smallest_removals__nothing_is_found_where_the_units_do_not_reach(readings):
    the_last = Units("lab", ("a",), np.array([-1] * 9 + [0]))
    second = list(readings.reread.clusters)[1]
    assert not readings.reread.ma.map(9)[second.positions].any()
    removal = smallest_removals(readings, the_last)[1]
    assert removal.units == ()
    assert removal.n_reaching == 0
    assert not removal.is_smallest


def test_smallest_removals__of_a_description(pain8, pain8_described):
    result = pain8_described
    readings = Rereadings(Redisplay(result.map, result.clusters, 95.0))
    units = units_of(pain8)
    for c, removal in enumerate(smallest_removals(readings, units, exact_up_to=2)):
        assert removal.is_smallest
        size = naive.smallest_removal_size(8, lambda o, c=c: not readings.without(o).survives[c])
        assert len(removal.units) == size
