"""Which groups a replicate is made of."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from focale.errors import ArgumentError, EvidenceError
from focale.robustness.resampling import members_of, resampling


def drawn(found):
    return [found.draw(r).tolist() for r in range(found.n_replicates)]


def test_resampling__subsamples_have_no_group_twice_and_never_all():
    found = resampling(12, n_replicates=60)
    assert found.size == 10
    assert not found.is_complete
    for groups in drawn(found):
        assert len(set(groups)) == 10
        assert groups == sorted(groups)


def test_resampling__a_bootstrap_sample_repeats_groups():
    found = resampling(12, n_replicates=60, with_replacement=True)
    assert found.size == 12
    assert all(len(groups) == 12 for groups in drawn(found))
    assert any(len(set(groups)) < 12 for groups in drawn(found))


@pytest.mark.parametrize("with_replacement", [False, True])
def test_resampling__more_replicates_begin_with_the_same(with_replacement):
    few = resampling(20, n_replicates=5, with_replacement=with_replacement)
    many = resampling(20, n_replicates=9, with_replacement=with_replacement)
    assert drawn(few) == drawn(many)[:5]
    other = resampling(20, n_replicates=5, with_replacement=with_replacement, seed=1)
    assert drawn(few) != drawn(other)


def test_resampling__every_group_is_drawn_as_often():
    found = resampling(10, n_replicates=100, size=3)
    counts = np.bincount(np.concatenate([found.draw(r) for r in range(100)]), minlength=10)
    # Each is in 30 of 100 subsamples, give or take four standard deviations of 4.6.
    assert np.all(np.abs(counts - 30) < 4 * np.sqrt(100 * 0.3 * 0.7))


def test_resampling__takes_each_subsample_once_where_they_are_few():
    found = resampling(7, size=3, n_replicates=comb(7, 3))
    assert found.is_complete
    assert found.n_replicates == comb(7, 3)
    assert len({tuple(groups) for groups in drawn(found)}) == comb(7, 3)
    assert not resampling(7, size=3, n_replicates=comb(7, 3) - 1).is_complete


def test_resampling__default_size_is_four_fifths_and_below_all():
    assert {n: resampling(n).size for n in (4, 5, 8, 21, 50)} == {4: 3, 5: 4, 8: 6, 21: 17, 50: 40}


def test_resampling__refuses_few_groups():
    with pytest.raises(EvidenceError, match="at least 4 subject groups, and there are 3 subject"):
        resampling(3)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"size": 1}, "'size' parameter of stability must be a whole number of at least 2"),
        ({"size": 8}, "must be at most 7, one less than there are subject groups"),
        ({"n_replicates": 0}, "'n_replicates' parameter of stability must be a whole number"),
        ({"seed": -1}, "'seed' parameter of stability must be a whole number of at least 0"),
    ],
)
def test_resampling__refuses_in_one_sentence(given, sentence):
    with pytest.raises(ArgumentError, match=sentence):
        resampling(8, **given)


def test_members_of__keeps_experiments_of_a_group_together():
    members = members_of(np.array([7, 3, 7, 3, 9]), 5)
    assert [own.tolist() for own in members] == [[0, 2], [1, 3], [4]]
    assert [own.tolist() for own in members_of(None, 3)] == [[0], [1], [2]]


@pytest.mark.parametrize("group", [np.zeros(4, int), np.zeros(5), np.zeros((5, 1), int)])
def test_members_of__refuses_other_than_a_number_for_each_experiment(group):
    with pytest.raises(ArgumentError, match="one whole number for each of the 5 experiments"):
        members_of(group, 5)
