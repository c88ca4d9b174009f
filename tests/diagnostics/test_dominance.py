"""Flags of clusters that rest on one or two studies, at and beside their limits."""

from __future__ import annotations

import numpy as np
import pytest

from focale.diagnostics.dominance import dominance


def of(shares, foci=None):
    share = np.array(shares, dtype=float)[:, None]
    n_foci = np.zeros(share.shape, dtype=int) if foci is None else np.array(foci)[:, None]
    (found,) = dominance(share, n_foci)
    return found


@pytest.mark.parametrize(
    ("shares", "flags"),
    [
        ([0.25, 0.25, 0.25, 0.25], ()),
        ([0.5, 0.2, 0.2, 0.1], ()),  # half is not more than half
        ([0.51, 0.2, 0.2, 0.09], ("one study has a share of 51%",)),
        ([0.2, 0.2, 0.09, 0.51], ("one study has a share of 51%",)),
        ([0.4, 0.4, 0.1, 0.1], ()),  # 80 % is not more than 80 %
        ([0.45, 0.45, 0.05, 0.05], ("two studies have a share of 90%",)),
        ([0.6, 0.35, 0.05], ("one study has a share of 60%",)),  # said once
        ([0.5, 0.5], ()),  # two of two is no finding
        ([1.0], ("fewer than two studies contribute", "one study has a share of 100%")),
        (
            [0.96, 0.04],
            ("fewer than two studies contribute", "one study has a share of 96%"),
        ),
        ([0.95, 0.05], ("one study has a share of 95%",)),  # 5 % contributes
    ],
)
def test_dominance__flags_what_is_beyond_a_limit(shares, flags):
    assert of(shares).flags == flags


def test_dominance__a_focus_in_the_cluster_counts_as_contributing():
    assert of([0.97, 0.02, 0.01], [1, 1, 0]).n_contributing == 2
    assert of([0.97, 0.02, 0.01], [1, 0, 0]).n_contributing == 1
    assert of([0.5, 0.45, 0.05], [0, 0, 0]).n_contributing == 3


def test_dominance__names_the_largest_and_the_first_of_equals():
    assert of([0.2, 0.5, 0.3]).largest == 1
    assert of([0.4, 0.4, 0.2]).largest == 0
    assert of([0.2, 0.5, 0.3]).two_largest_share == pytest.approx(0.8)


def test_dominance__of_no_cluster_is_empty():
    assert dominance(np.zeros((3, 0)), np.zeros((3, 0), dtype=int)) == []


def test_dominance__flags_the_fourth_cluster_of_the_pain_set(pain8_described):
    flags = [found.flags for found in pain8_described.dominance]
    found = pain8_described.dominance[3]
    assert flags == [(), (), (), ("one study has a share of 51%",)]
    assert pain8_described.studyset.study_ids[found.largest] == "pain_04.nidm"
