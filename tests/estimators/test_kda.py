"""KDA: against its slow twin, against counting, against NiMARE."""

from __future__ import annotations

import json

import numpy as np
import pytest

from focale import KDA, fwe
from focale.errors import ArgumentError
from focale.estimators.subsets import result_of
from tests.estimators.test_mkda import RADIUS, RELATIVE, STUDIES, assert_same_as_nimare, ball
from tests.fixtures_pain import REFERENCE, box_mask, studyset_of
from tests.naive import kda as naive
from tests.naive import montecarlo as naive_null
from tests.naive.mkda import within

NIMARE = json.loads((REFERENCE / "kda_nimare_0.22.1.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def mask():
    return box_mask((10, 10, 7), inside=np.random.default_rng(2).random((10, 10, 7)) < 0.8)


@pytest.fixture(scope="module")
def studyset():
    return studyset_of(STUDIES)


def maps_in(mask):
    return [
        naive.counts(foci, RADIUS, mask.grid.shape, mask.grid.affine)[mask.inside]
        for ((foci, _),) in STUDIES.values()
    ]


def test_statistic__equals_naive(studyset, mask):
    statistic = KDA(radius_mm=RADIUS, mask=mask).statistic(studyset)
    maps = maps_in(mask)
    np.testing.assert_array_equal(statistic.stat.values, sum(maps))
    for i, own in enumerate(maps):
        np.testing.assert_array_equal(statistic.ma.map(i), own)
        np.testing.assert_array_equal(statistic.without(i).values, sum(maps) - own)


def test_statistic__counts_every_focus(mask):
    many = studyset_of({"a": [[(8, 8, 6)] * 5 + [(9, 8, 6)]], "b": [[(8, 8, 6)]]})
    assert KDA(mask=mask).statistic(many).stat.max == 7


def test_statistic__has_a_row_for_an_experiment_without_foci(mask):
    with_none = studyset_of({"a": [[(8, 8, 6)]], "b": [[]], "c": [[(8, 8, 6), (8, 8, 6)]]})
    statistic = KDA(mask=mask).statistic(with_none)
    assert statistic.ma.n_experiments == 3
    assert [statistic.ma.map(i).max() for i in range(3)] == [1, 0, 2]


def test_p__is_that_of_all_tuples_of_voxels(studyset, mask):
    result = KDA(radius_mm=RADIUS, mask=mask).fit(studyset)
    for count in range(int(result.stat.max) + 1):
        found = result.p.values[result.stat.values == count]
        np.testing.assert_allclose(found, naive.tail(maps_in(mask), count), rtol=RELATIVE)


def test_fwe__moves_every_focus_on_its_own(studyset, mask):
    corrected = fwe(
        KDA(radius_mm=RADIUS, mask=mask).fit(studyset),
        n_iterations=60,
        seed=5,
        cluster_forming_p=0.05,
    )
    shape, affine = mask.grid.shape, mask.grid.affine
    foci = [f for ((own, _),) in STUDIES.values() for f in own]
    kept = [f for f in foci if within(f, RADIUS, shape, affine)[mask.inside].any()]
    maxima = naive_null.maxima(
        [[ball(focus, mask)] for focus in kept],
        naive_null.fingerprints(
            [np.array([f]) for f in kept], [RADIUS] * len(kept), [1.0] * len(kept)
        ),
        np.argwhere(mask.inside),
        mask.inside,
        round(corrected.threshold) - 1,
        6,
        (5, 0),
        range(60),
    )
    ours = corrected.maxima
    assert np.stack([ours.largest, ours.size, ours.mass], axis=1).tolist() == maxima


def test_result_of__some_experiments_is_a_new_fit(studyset, mask):
    estimator = KDA(radius_mm=RADIUS, mask=mask)
    few = result_of(estimator.fit(studyset), np.array([0, 2, 4]))
    fresh = estimator.fit(studyset.slice(studyset.ids[[0, 2, 4]]))
    np.testing.assert_array_equal(few.p.values, fresh.p.values)
    corrected = [fwe(r, n_iterations=40, cluster_forming_p=0.05) for r in (few, fresh)]
    assert corrected[0].maxima.largest.tolist() == corrected[1].maxima.largest.tolist()


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, "kda"), ({"radius_mm": 6}, "kda_6mm"), ({"kernel__r": 6}, "kda_6mm")],
)
def test_nimare__has_the_same_map_and_p(pain, given, expected):
    """All foci of the pain set lie on voxels: both lay the same spheres, and both are exact."""
    assert_same_as_nimare(KDA(**given).fit(pain), NIMARE[expected])


def test_nimare__has_the_same_largest_place_and_percentile(pain):
    result, expected = KDA().fit(pain), NIMARE["kda"]
    assert list(result.stat.max_mm) == expected["max_at_mm"]
    values = result.stat.values
    assert np.percentile(values[values > 0], 95) == expected["p95_nonzero"]
    assert result.logp.max == pytest.approx(expected["max_logp"], rel=1e-6)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"radius_mm": "10"}, r"'radius_mm' parameter of KDA must be a number above 0"),
        ({"radius_mm": 8, "kernel__r": 9}, r"KDA takes radius_mm or kernel__r, not both"),
        ({"null_method": "montecarlo"}, r"KDA has no null_method='montecarlo'"),
    ],
)
def test_arguments__that_make_no_sense_are_refused(given, said):
    with pytest.raises(ArgumentError, match=said):
        KDA(**given)


def test_arguments__of_nimare_are_the_same_choices():
    given = {"null_method": "approximate", "n_iters": 5000, "n_cores": 1, "random_state": None}
    assert KDA(kernel__r=8, **given) == KDA(radius_mm=8)
