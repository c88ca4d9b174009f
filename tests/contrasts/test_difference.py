"""The test of a difference against going through every labeling, from foci to p."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.special import ndtri

from focale import ALE
from focale.contrasts.difference import ContrastSettings, difference_of, difference_test
from focale.errors import ArgumentError
from focale.inference.labelings import random_labelings
from focale.space.mask import Mask
from tests.contrasts.conftest import BOX, activations, lattice_values, mapped, small_side
from tests.fixtures_pain import studyset_of
from tests.naive import contrast as naive

LEVELS = ("voxel", "size", "mass")
FORMING = 0.1


def settings(**more):
    return ContrastSettings(**{"n_labelings": 1000, "forming_p": FORMING, **more})


@pytest.fixture
def pair(rng):
    """Four and five mapped experiments; a place of the first, and foci anywhere."""
    return mapped(small_side(4, "a", rng, place=(3, 0, 0))), mapped(small_side(5, "b", rng))


def both(test, values_of):
    """Of each side that has more, one value."""
    return np.stack([values_of(test.tails[side]) for side in ("second", "first")])


# --------------------------------------------------------------------- every labeling


@pytest.mark.parametrize("n_labelings", [1000, 50], ids=["all labelings", "random ones"])
def test_difference_test__exact_p_is_that_of_every_labeling(n_labelings, pair):
    test = difference_test(*pair, settings(n_labelings=n_labelings))
    assert test.is_complete == (n_labelings == 1000)
    assert test.is_exact.all()
    expected = naive.exact_p(activations(*pair), range(4)).T
    reached = lattice_values(*pair).any(axis=0)
    assert 0 < reached.mean() < 1
    found = both(test, lambda tail: tail.p.values)
    np.testing.assert_allclose(found[:, reached], expected[:, reached], atol=1e-12)
    assert np.all(found[:, ~reached] == 1)


@pytest.mark.parametrize("connectivity", [6, 26])
@pytest.mark.parametrize("direction", ["both", "first", "second"])
def test_difference_test__family_wise_p_are_those_of_every_labeling(direction, connectivity, pair):
    asked = settings(direction=direction, connectivity=connectivity)
    test = difference_test(*pair, asked)
    assert test.is_complete
    assert len(test.null) == 125
    n_asked = 2 if direction == "both" else 1
    told, forming = -ndtri(FORMING), -ndtri(FORMING)
    expected = naive.family_wise(
        lattice_values(*pair), BOX.inside, range(4), told, forming, connectivity, n_asked
    )
    assert min(own.min() for own in expected.values()) < 0.5
    assert set(test.tails) == ({"first", "second"} if n_asked == 2 else {direction})
    for side, tail in test.tails.items():
        row = 1 if side == "first" else 0
        for level in LEVELS:
            found = tail.corrected(level).values
            np.testing.assert_allclose(found, expected[level][row], atol=1e-12, err_msg=level)


def test_difference_test__largest_values_are_told_above_p_05_alone(pair):
    """With a strict forming p the voxel level still begins at .05."""
    test = difference_test(*pair, settings(forming_p=0.001))
    expected = naive.family_wise(
        lattice_values(*pair), BOX.inside, range(4), -ndtri(0.05), -ndtri(0.001), 6, 2
    )
    for side, row in (("second", 0), ("first", 1)):
        for level in LEVELS:
            found = test.tails[side].corrected(level).values
            np.testing.assert_allclose(found, expected[level][row], atol=1e-12)


def test_difference_test__standardised_difference_is_that_of_every_labeling(pair):
    values = lattice_values(*pair)
    expected = naive.standardised_by_labeling(values, 4)[0, 1, 2, 3]
    np.testing.assert_allclose(difference_test(*pair, settings()).z.values, expected, atol=1e-6)


def test_difference_test__experiments_of_a_group_keep_together(rng):
    studies = {f"a{i}": np.round(rng.uniform(-9, 9, (2, 2, 3)), 1).tolist() for i in range(3)}
    one = mapped(studyset_of(studies).pooled("keep"))
    two = mapped(small_side(4, "b", rng))
    assert one.ma.n_experiments == 6
    test = difference_test(one, two, settings())
    assert test.n_units == (3, 4)
    assert len(test.null) == 34  # 7 over 3, less the observed one
    expected = naive.exact_p(activations(one, two), range(3)).T
    reached = lattice_values(one, two).any(axis=0)
    found = both(test, lambda tail: tail.p.values)
    np.testing.assert_allclose(found[:, reached], expected[:, reached], atol=1e-12)


def test_difference_test__an_experiment_without_foci_counts(rng, pair):
    studies = {f"b{i}": [np.round(rng.uniform(-9, 9, (3, 3)), 1).tolist()] for i in range(4)}
    two = mapped(studyset_of({**studies, "nothing": [[]]}))
    test = difference_test(pair[0], two, settings())
    assert test.n_units == (4, 5)
    assert len(test.null) == 125
    reached = lattice_values(pair[0], two).any(axis=0)
    expected = naive.exact_p(activations(pair[0], two), range(4)).T
    found = both(test, lambda tail: tail.p.values)
    np.testing.assert_allclose(found[:, reached], expected[:, reached], atol=1e-12)


# ------------------------------------------------------------------- what moves no bit


def bits(test):
    """Everything a test tells, as seen from its first side."""
    told = {"z": test.z.values, "difference": test.difference.values}
    for side, tail in test.tails.items():
        for name in ("p", "p_voxel", "p_size", "p_mass"):
            told[f"{side} {name}"] = getattr(tail, name).values
    return told


@pytest.mark.parametrize("subsample", [None, 3])
@pytest.mark.parametrize("n_second", [12, 9], ids=["unequal", "equal"])
def test_difference_test__sides_exchanged_give_the_mirror_image(n_second, subsample, rng):
    studies = {f"a{i}": [np.round(rng.uniform(-9, 9, (3, 3)), 1).tolist()] for i in range(8)}
    one = mapped(studyset_of({**studies, "a": [[]]}))
    others = {f"b{i}": [np.round(rng.uniform(-9, 9, (3, 3)), 1).tolist()] for i in range(n_second)}
    others[f"b{n_second - 1}"] = [[]]  # as the one without foci of the first side
    two = mapped(studyset_of(others))
    asked = settings(n_labelings=300, subsample=subsample)
    forward = bits(difference_test(one, two, asked))
    mirrored = bits(difference_test(two, one, asked))
    other = {"first": "second", "second": "first"}
    for name, values in forward.items():
        side, _, rest = name.partition(" ")
        if rest:
            assert np.array_equal(values, mirrored[f"{other[side]} {rest}"]), name
        else:
            assert np.array_equal(values, -mirrored[name]), name
    assert min(values.min() for name, values in forward.items() if "p_size" in name) < 1


def test_difference_test__order_and_threads_move_no_bit(rng):
    one, two = small_side(8, "a", rng), small_side(7, "b", rng)
    asked = settings(n_labelings=600)
    expected = bits(difference_test(mapped(one), mapped(two), asked, threads=1))
    shuffled = (side.slice(rng.permutation(side.ids)) for side in (one, two))
    found = bits(difference_test(*map(mapped, shuffled), asked, threads=3))
    for name, values in expected.items():
        assert np.array_equal(values, found[name]), name


def test_difference_test__seeds_differ(rng):
    one, two = mapped(small_side(8, "a", rng)), mapped(small_side(7, "b", rng))
    tests = [difference_test(one, two, settings(n_labelings=100, seed=seed)) for seed in (0, 1)]
    assert not np.array_equal(tests[0].null.largest, tests[1].null.largest)


# --------------------------------------------------------------------------- balanced


@pytest.mark.parametrize("drawn", [1, 3, 4])
def test_difference_of__balanced_is_the_mean_over_all_subsamples(drawn, pair):
    expected = naive.balanced_difference(activations(*pair), set(range(4)), drawn)
    found = difference_of(*pair, drawn)
    largest = -np.log1p(-activations(*pair).max())
    bound = 0.033 * drawn * largest**3  # as its docstring says
    assert np.abs(found - expected).max() < bound
    assert bound < 0.1 * np.abs(expected).max()  # or the test would see nothing


def test_difference_of__of_whole_sides_is_the_plain_difference(rng):
    one, two = mapped(small_side(4, "a", rng)), mapped(small_side(4, "b", rng))
    np.testing.assert_allclose(difference_of(one, two, 4), difference_of(one, two), atol=1e-12)


def test_difference_of__balancing_takes_away_what_more_experiments_add(rng):
    """Two sides that report one place alike: ALE of the larger one is higher by its size."""
    one = mapped(small_side(4, "a", rng, n_foci=1, place=(3, 0, 0)))
    two = mapped(small_side(9, "b", rng, n_foci=1, place=(3, 0, 0)))
    assert difference_of(one, two).min() < -0.03
    assert np.abs(difference_of(one, two, 4)).max() < 1e-9


def test_difference_test__balanced_p_are_those_of_subsamples_of_every_labeling(pair):
    test = difference_test(*pair, settings(subsample=3))

    def statistic(maps, group):
        return naive.balanced_difference(maps, group, 3)

    expected = naive.exact_p(activations(*pair), range(4), statistic).T
    reached = lattice_values(*pair).any(axis=0)
    found = both(test, lambda tail: tail.p.values)
    # labelings closer than the third cumulant of the subsamples may change places
    off = np.abs(found - expected)[:, reached]
    assert off.max() <= 2 / 126 + 1e-12
    assert np.mean(off > 1e-9) < 0.02


# -------------------------------------------------------------------- what it finds


def test_difference_test__finds_a_difference_that_is_there(rng):
    one = mapped(small_side(8, "a", rng, n_foci=2, place=(3, 0, 0)))
    two = mapped(small_side(8, "b", rng, n_foci=2))
    test = difference_test(one, two, settings(n_labelings=999, forming_p=0.01))
    there = BOX.position_of(np.array([[3.0, 0, 0]]))[0]
    for level in LEVELS:
        assert test.tails["first"].corrected(level).values[there] <= 0.02, level
        assert test.tails["second"].corrected(level).values.min() > 0.05, level
    assert test.z.values[there] > 2.5


def test_difference_test__keeps_alpha_where_labels_mean_nothing(rng):
    """Splits of one pool that converges: the share of small p is that of their level."""
    pool = small_side(14, "s", rng, n_foci=2, place=(3, 0, 0))
    rejected = []
    for number in range(100):
        (split,) = random_labelings(14, 7, number, 5, 9)[:1]
        sides = (mapped(pool.slice(pool.ids[chosen])) for chosen in (split, ~split))
        asked = settings(n_labelings=99, forming_p=0.05, seed=number)
        tails = difference_test(*sides, asked, threads=1).tails.values()
        rejected.append([min(t.corrected(x).values.min() for t in tails) <= 0.2 for x in LEVELS])
    # of 100 draws at .2, 33 or more have p .0016, and 8 or fewer have p .0009
    assert np.all(np.sum(rejected, axis=0) < 33)
    assert np.sum(rejected, axis=0)[0] > 8


def test_difference_test__smallest_p_is_that_of_its_labelings(pair):
    assert difference_test(*pair, settings()).smallest_p == 2 / 126
    one_sided = difference_test(*pair, settings(direction="first", n_labelings=99))
    assert one_sided.smallest_p == 1 / 100


def test_interval__is_the_p_itself_where_all_labelings_are_seen(pair):
    assert difference_test(*pair, settings()).interval(0.2) == (0.2, 0.2)
    low, high = difference_test(*pair, settings(n_labelings=99)).interval(0.2)
    assert low < 0.2 < high
    assert difference_test(*pair, settings(n_labelings=99)).interval(1.0) == (1.0, 1.0)


# ------------------------------------------------------------------------- refusals


def test_difference_test__sides_mapped_in_two_ways_are_refused(pair, rng):
    other = small_side(4, "c", rng)
    with pytest.raises(ArgumentError, match=r"mapped with different fwhm_mm \(4.0 and 5.0\)"):
        difference_test(pair[0], mapped(other, fwhm_mm=5.0))
    nearest = ALE(fwhm_mm=4.0, mask=BOX, placement="nearest").statistic(other)
    with pytest.raises(ArgumentError, match="mapped with different placement"):
        difference_test(pair[0], nearest)
    inside = BOX.inside.copy()
    inside[0, 0, 0] = False
    mask = Mask(BOX.grid, inside, "another box")
    with pytest.raises(ArgumentError, match=r"different masks \(a box and another box\)"):
        difference_test(pair[0], mapped(other, mask=mask))


def test_difference_test__subsamples_larger_than_a_side_are_refused(pair):
    with pytest.raises(ArgumentError, match=r"subsamples of 5 were asked for, but .* has 4 indep"):
        difference_test(*pair, settings(subsample=5))


@pytest.mark.parametrize(
    "wrong",
    [
        {"direction": "left"},
        {"n_labelings": 0},
        {"seed": -1},
        {"seed": 2**64},
        {"forming_p": 0.6},
        {"connectivity": 7},
        {"subsample": 0},
    ],
)
def test_contrast_settings__wrong_ones_are_refused(wrong):
    with pytest.raises(ArgumentError, match=next(iter(wrong))):
        ContrastSettings(**wrong)


def test_corrected__an_unknown_level_is_refused(pair):
    with pytest.raises(ArgumentError, match="level"):
        difference_test(*pair, settings()).tails["first"].corrected("peak")


def test_naive_twin__sees_all_labelings():
    u = naive.standardised_by_labeling(np.array([[1, 0], [2, 0], [4, 5], [8, 0]]), 2)
    assert set(u) == set(combinations(range(4), 2))
    assert u[2, 3][0] == max(values[0] for values in u.values())
