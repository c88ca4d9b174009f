"""A receipt says how often the test errs on its own evidence, and notices a test that errs."""

from __future__ import annotations

import numpy as np
import pytest

from focale.contrasts import receipt as module
from focale.contrasts.difference import ContrastSettings, design_of, difference_test
from focale.contrasts.receipt import MOST_SPLITS, Receipt, random_split, receipt
from focale.errors import ArgumentError
from focale.inference.relabelling import Look
from tests.contrasts.conftest import mapped, small_side

SETTINGS = ContrastSettings(n_labelings=100, forming_p=0.05, seed=4)


@pytest.fixture(scope="module")
def sides():
    rng = np.random.default_rng(8)
    return [mapped(small_side(n, name, rng, place=(3, 0, 0))) for n, name in ((8, "a"), (11, "b"))]


@pytest.fixture(scope="module")
def design(sides):
    return design_of(*sides, SETTINGS)


def test_receipt__is_the_same_for_any_number_of_threads(design):
    found = [receipt(design, SETTINGS, 0.3, n_splits=12, threads=n) for n in (1, 3)]
    assert found[0] == found[1]
    assert found[0].n_splits == 12
    assert sum(found[0].n_false.values()) > 0


def test_receipt__a_split_is_the_same_whatever_their_number(design):
    """Split by split, the counts of more splits go on from those of fewer."""
    running = [receipt(design, SETTINGS, 0.3, n_splits=n).n_false["size"] for n in range(1, 13)]
    steps = np.diff([0, *running])
    assert set(steps) == {0, 1}


def test_receipt__another_seed_has_other_splits(design):
    splits = [random_split(design, 0, seed)[0].tolist() for seed in (0, 1)]
    assert splits[0] != splits[1]
    assert {sum(split) for split in splits} == {design.size}


def test_receipt__takes_no_longer_than_it_may(design):
    found = receipt(design, SETTINGS, seconds=1e-9, threads=1)
    assert found.n_splits == 1


def test_receipt__without_a_number_ends_somewhere(design, monkeypatch):
    monkeypatch.setattr(module, "MOST_SPLITS", 7)
    assert receipt(design, SETTINGS, seconds=1000.0).n_splits == 7
    assert MOST_SPLITS == 1000


@pytest.mark.parametrize("direction", ["both", "first", "second"])
@pytest.mark.parametrize("subsample", [None, 6])
def test_receipt__a_valid_test_is_calibrated(direction, subsample, sides):
    asked = ContrastSettings(
        n_labelings=100, forming_p=0.05, direction=direction, subsample=subsample, seed=1
    )
    found = receipt(design_of(*sides, asked), asked, 0.1, n_splits=150)
    assert found.is_calibrated
    # of 150 draws at .1, 2 or fewer have p 1e-5: what never reports is no test
    assert found.n_false["voxel"] > 2


def test_receipt__decides_a_split_as_the_test_does(sides, design):
    """A split is tested as if it were the contrast, with other random labelings."""
    pool = [e for side in sides for e in side.studyset]
    assert len(pool) == design.n
    observed = design.group
    rng = np.random.default_rng(0)
    agree = []
    for number in range(20):
        alone = receipt_of_one(design, number)
        (split,) = random_split(design, number, SETTINGS.seed)
        look = Look.of(design, SETTINGS.forming_p)
        _, (own,) = look.at(split[None])
        others = np.array([rng.permutation(observed) for _ in range(999)])
        _, maxima = look.at(others)
        p = (np.sum(maxima >= own, axis=0) + 1) / 1000
        p[own == 0] = 1
        smallest = 2 * p.min(axis=1)
        clear = np.abs(smallest - 0.3) > 0.1  # others may fall on either side
        agree += ((smallest <= 0.3) == alone)[clear].tolist()
    assert len(agree) > 20
    assert all(agree)


def receipt_of_one(design, number):
    """Which levels report something in split `number` alone."""
    before = receipt(design, SETTINGS, 0.3, n_splits=number) if number else None
    upto = receipt(design, SETTINGS, 0.3, n_splits=number + 1)
    levels = ("voxel", "size", "mass")
    return np.array(
        [upto.n_false[x] - (before.n_false[x] if before else 0) for x in levels]
    ).astype(bool)


@pytest.mark.parametrize("alpha", [0.05, 0.004])
def test_receipt__notices_a_test_that_errs(alpha, design, monkeypatch):
    """Labelings that show half of what they hold make every p too small."""
    honest = Look.at

    def broken(self, labelings):
        counts, maxima = honest(self, labelings)
        return counts, maxima // 2 if len(labelings) > 1 else maxima

    monkeypatch.setattr(Look, "at", broken)
    found = receipt(design, SETTINGS, alpha, n_splits=25)
    assert not found.is_calibrated
    assert found.interval("voxel")[0] > alpha


def test_is_calibrated__is_about_every_level():
    assert Receipt(100, 199, 0.05, {"voxel": 5, "size": 13, "mass": 0}).is_calibrated
    assert not Receipt(100, 199, 0.05, {"voxel": 5, "size": 15, "mass": 0}).is_calibrated


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"alpha": 1.5}, "alpha"), ({"n_splits": 0}, "n_splits"), ({"seconds": 0.0}, "seconds")],
)
def test_receipt__wrong_arguments_are_refused(wrong, says, design):
    with pytest.raises(ArgumentError, match=says):
        receipt(design, SETTINGS, **wrong)


def test_receipt__is_about_the_real_sides(sides, design):
    """Splits are as large as the sides, and labelings are those of the test."""
    test = difference_test(*sides, SETTINGS)
    assert test.design.n == design.n
    assert random_split(test.design, 3, 4).sum() == test.n_units[0]
