"""Clusters brought together: against a slow twin that looks for the best pair each time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focale.comparison.matching import Match, match_clusters, shared_voxels
from tests.naive import matching as naive

FEW = settings(max_examples=25)


@st.composite
def parted_voxels(draw):
    """A map of 30 voxels, each in one of up to five clusters or in none."""
    owners = draw(st.lists(st.integers(0, 5), min_size=30, max_size=30))
    found = [np.flatnonzero(np.array(owners) == number) for number in range(1, 6)]
    return [voxels for voxels in found if voxels.size]


@FEW
@given(old=parted_voxels(), new=parted_voxels())
def test_match_clusters__equals_its_slow_twin(old, new):
    matches = match_clusters(old, new)
    assert [(m.old, m.new, m.n_shared) for m in matches] == naive.match(old, new)


@FEW
@given(old=parted_voxels(), new=parted_voxels())
def test_match_clusters__names_every_cluster_once(old, new):
    matches = match_clusters(old, new)
    assert [m.old for m in matches if m.old is not None] == list(range(len(old)))
    assert sorted(m.new for m in matches if m.new is not None) == list(range(len(new)))


def voxels(*ranges):
    return [np.arange(first, last) for first, last in ranges]


@pytest.mark.parametrize(
    ("old", "new", "matches"),
    [
        ([], [], []),
        (voxels((0, 3)), [], [Match(0, None, 0)]),
        ([], voxels((0, 3)), [Match(None, 0, 0)]),
        (voxels((0, 9)), voxels((0, 5), (6, 9)), [Match(0, 0, 5), Match(None, 1, 3)]),
        (voxels((0, 4), (5, 9)), voxels((0, 9)), [Match(0, 0, 4), Match(1, None, 4)]),
        (voxels((0, 4), (9, 12)), voxels((9, 12), (0, 4)), [Match(0, 1, 4), Match(1, 0, 3)]),
    ],
    ids=["nothing", "lost", "gained", "parted", "joined", "another order"],
)
def test_match_clusters__of_plain_cases(old, new, matches):
    assert match_clusters(old, new) == matches


@FEW
@given(old=parted_voxels(), new=parted_voxels())
def test_shared_voxels__counts_each_voxel_of_both_once(old, new):
    shared = shared_voxels(old, new)
    both = set(np.concatenate([*old, []])) & set(np.concatenate([*new, []]))
    assert shared.sum() == len(both)
