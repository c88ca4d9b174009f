"""Which experiments report a focus in the seed."""

from __future__ import annotations

import pytest

from focale.coactivation.seed import SphereSeed
from focale.coactivation.selection import select
from focale.errors import EvidenceError
from tests.fixtures_pain import studyset_of

STUDIES = {
    "a": [[(0, 0, 0), (1, 0, 0), (30, 0, 0)], [(30, 0, 0)]],
    "b": [[(40, 0, 0)]],
    "c": [[]],
    "d": [[(0, 4, 0)]],
}


def test_select__parts_all_experiments_and_loses_none():
    database = studyset_of(STUDIES)
    selection = select(database, SphereSeed((0, 0, 0), 4))
    assert selection.n_in_seed.tolist() == [2, 0, 0, 0, 1]
    assert selection.selected.ids.tolist() == ["a-1", "d-1"]
    assert (selection.n_selected, selection.n_foci_in_seed) == (2, 3)


def test_select__none_says_how_far_the_nearest_is():
    database = studyset_of(STUDIES)
    with pytest.raises(
        EvidenceError, match=r"none of the 6 foci .*the nearest is 20.0 mm from its"
    ):
        select(database, SphereSeed((0, -20, 0), 4))
