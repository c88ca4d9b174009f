"""Counts, and what is made of them."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from focale.planning.cells import Cell, Tally, designs_of, total


@pytest.mark.parametrize(("found", "of"), [(0, 20), (1, 20), (13, 20), (20, 20)])
def test_cell__interval_is_that_of_clopper_and_pearson(found, of):
    cell = Cell(10, 4, Tally(of, found, 0, 0, 0))
    exact = binomtest(found, of).proportion_ci(0.95, "exact")
    assert cell.interval == pytest.approx((exact.low, exact.high), abs=1e-12)


def test_cell__shares_have_their_own_denominators():
    cell = Cell(10, 4, Tally(n=20, n_detected=8, n_on_few=2, n_elsewhere=4, n_elsewhere_on_few=3))
    assert (cell.power, cell.on_few, cell.elsewhere, cell.elsewhere_on_few) == (
        *(0.4, 0.25, 0.2, 0.75),
    )


def test_cell__without_a_cluster_there_is_no_share():
    cell = Cell(10, 4, Tally(20))
    assert cell.on_few is cell.elsewhere_on_few is None
    assert cell.on_few_interval == cell.elsewhere_on_few_interval == (0.0, 1.0)


def test_total__adds_each_count():
    assert total([Tally(5, 4, 3, 2, 1), Tally(5, 0, 0, 1, 0)]) == Tally(10, 4, 3, 3, 1)
    assert total([]) == Tally()


@pytest.mark.parametrize("n", [1, 4, 5, 6, 500])
def test_designs_of__share_out_all_data_sets(n):
    numbers = [number for design in designs_of(n) for number in design]
    assert numbers == list(range(n))
