"""Results of some of the experiments against fits of them alone."""

from __future__ import annotations

import numpy as np
import pytest

from focale import ALE, fwe
from focale.estimators.subsets import map_of, result_of

MAPS = ("ale", "p", "z", "logp")
SUBSETS = [[0], [7], [0, 1, 2, 3, 4, 5, 6], [6, 1, 3], [7, 6, 5, 4, 3, 2, 1, 0]]


@pytest.fixture(scope="module", params=["exact", "eickhoff2012"])
def fitted(request, pain8):
    return ALE(null=request.param).fit(pain8)


@pytest.mark.parametrize("chosen", SUBSETS, ids=str)
def test_result_of__is_the_fit_of_the_subset_to_the_last_bit(fitted, pain8, chosen):
    ours = result_of(fitted, np.array(chosen))
    theirs = fitted.map.estimator.fit(pain8.slice(pain8.ids[chosen]))
    for name in MAPS:
        assert getattr(ours, name).values.tobytes() == getattr(theirs, name).values.tobytes()
    assert ours.studyset.ids.tolist() == theirs.studyset.ids.tolist()
    assert ours.map.fwhm_mm.tolist() == theirs.map.fwhm_mm.tolist()
    assert ours.null.value_at(0.001) == theirs.null.value_at(0.001)


def test_map_of__leaves_the_map_it_came_from_as_it_was(fitted):
    before = fitted.ma.log_sum.tobytes(), fitted.ale.values.tobytes()
    map_of(fitted.map, np.array([2, 4]))
    assert (fitted.ma.log_sum.tobytes(), fitted.ale.values.tobytes()) == before


def test_fwe__of_a_subset_is_that_of_a_new_run_without_the_others(pain8, pain8_result):
    """Bit for bit: each experiment draws its own random numbers."""
    left = np.array([0, 1, 2, 4, 5, 7])
    ours = fwe(result_of(pain8_result, left), n_iterations=300, seed=4)
    theirs = fwe(ALE().fit(pain8.slice(pain8.ids[left])), n_iterations=300, seed=4)
    for name in ("largest", "size", "mass"):
        assert getattr(ours.maxima, name).tolist() == getattr(theirs.maxima, name).tolist()
    assert ours.table.equals(theirs.table)


def test_fwe__without_an_experiment_shares_its_random_numbers(pain8, pain8_result):
    """Maxima with and without one experiment go together; with another seed they do not."""
    whole = fwe(pain8_result, n_iterations=300, seed=4).maxima.largest
    fewer = result_of(pain8_result, np.arange(7))
    same, other = (fwe(fewer, n_iterations=300, seed=s).maxima.largest for s in (4, 5))
    assert np.corrcoef(whole, same)[0, 1] > 0.5
    assert abs(np.corrcoef(whole, other)[0, 1]) < 0.25
