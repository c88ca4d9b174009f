"""Shares of replicates, against counting from the beginning."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from focale.correction.fwe import fwe
from focale.correction.null import NullSettings
from focale.errors import ArgumentError, EvidenceError
from focale.inference.clusters import find_clusters
from focale.robustness.rules import Corrected, Displayed, Formed
from focale.robustness.stability import KEPT_AS, stability
from tests.naive import robustness_survival as naive


@pytest.fixture(scope="module")
def clusters(box_result):
    return find_clusters(box_result.ale, float(np.percentile(box_result.ale.values, 97)))


class Kept(dict):
    """Remembers what was kept, as a file would."""

    def keep(self, name, array):
        self[name] = array.copy()


def maps_of(result):
    """Whole volume of each experiment's map, in mask order."""
    maps = []
    for i in range(result.ma.n_experiments):
        voxels, values = result.ma.entries(i)
        maps.append(np.zeros(result.mask.n_voxels, dtype=np.int64))
        maps[-1][voxels] = values
    return maps


def test_stability__equals_counting_all_subsamples(box_result, clusters):
    maps, subsets = maps_of(box_result), list(combinations(range(6), 5))
    found = stability(box_result.map, clusters, Formed(0.005), size=5)
    formed = [naive.formed([maps[i] for i in subset], 0.005) for subset in subsets]
    shares = np.mean(formed, axis=0)
    np.testing.assert_allclose(found.share.values, shares, rtol=1e-12)
    assert found.n_replicates == 6
    assert np.mean((shares > 0) & (shares < 1)) > 0
    for c, cluster in enumerate(clusters):
        own = shares[cluster.positions]
        assert found.mean_share[c] == pytest.approx(own.mean())
        assert found.largest_share[c] == pytest.approx(own.max())
        assert found.n_surviving[c] == sum(any(one[cluster.positions]) for one in formed)


@pytest.mark.slow
@pytest.mark.parametrize("with_replacement", [False, True])
def test_stability__equals_counting_random_replicates(box_result, clusters, with_replacement):
    """Groups of two experiments and one; a group that is drawn twice counts twice."""
    group = np.array([4, 4, 1, 2, 3, 0])
    found = stability(
        box_result.map,
        clusters,
        Formed(0.005),
        n_replicates=3,
        size=None if with_replacement else 3,
        with_replacement=with_replacement,
        group=group,
    )
    members = [[0, 1], [2], [3], [4], [5]]
    draws = [found.resampling.draw(r) for r in range(found.n_replicates)]
    subsets = [[i for g in draw for i in members[g]] for draw in draws]
    maps = maps_of(box_result)
    shares = np.mean([naive.formed([maps[i] for i in s], 0.005) for s in subsets], axis=0)
    np.testing.assert_allclose(found.share.values, shares, rtol=1e-12)
    assert shares.max() > 0


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(Formed(0.01), marks=pytest.mark.slow),
        Displayed(90),
        pytest.param(Corrected("size", 0.3, 19), marks=pytest.mark.slow),
    ],
)
def test_stability__is_the_same_on_any_number_of_threads(box_result, clusters, rule, monkeypatch):
    given = {"n_replicates": 20, "with_replacement": True}
    one = stability(box_result.map, clusters, rule, threads=1, **given)
    two = stability(box_result.map, clusters, rule, threads=2, **given)
    monkeypatch.setattr("focale.robustness.stability.REPLICATES_A_BLOCK", 7)
    sevens = stability(box_result.map, clusters, rule, threads=2, **given)
    for other in (two, sevens):
        assert one.share.values.tobytes() == other.share.values.tobytes()
        assert one.n_surviving.tolist() == other.n_surviving.tolist()


def test_stability__of_a_cluster_by_chance_is_corrected_away(box_result, clusters):
    formed = stability(box_result.map, clusters, Formed(0.005), size=4)
    rule = Corrected("size", 0.05, 99, NullSettings(cluster_forming_p=0.005))
    corrected = stability(box_result.map, clusters, rule, size=4)
    assert np.all(corrected.share.values <= formed.share.values)
    assert corrected.share.values.sum() < formed.share.values.sum()


def test_stability__the_own_null_asks_for_less_than_that_of_the_full_set(box_result):
    """Judged by the full set's threshold, a third of the experiments forms less."""
    threshold = fwe(box_result, n_iterations=1, cluster_forming_p=0.005).threshold
    subset = np.array([0, 1])
    maps = maps_of(box_result)
    own = naive.formed([maps[i] for i in subset], 0.005)
    full = -np.expm1(-sum(maps[i] for i in subset) * 2.0**-28) >= threshold
    assert own.sum() > full.sum()


def test_standard_error__is_that_of_a_share(box_result, clusters):
    found = stability(
        box_result.map, clusters, Formed(0.005), n_replicates=16, with_replacement=True
    )
    share = found.share.values
    np.testing.assert_allclose(found.standard_error.values, np.sqrt(share * (1 - share) / 16))
    n = int(found.n_surviving[0])
    expected = stats.binomtest(n, 16).proportion_ci(0.9, method="exact")
    assert found.interval(0, 0.9) == pytest.approx(tuple(expected))


def test_standard_error__is_zero_of_all_subsamples(box_result, clusters):
    found = stability(box_result.map, clusters, Formed(0.005), size=4)
    assert found.resampling.is_complete
    assert not found.standard_error.values.any()
    assert found.interval(0) == (found.share_of_clusters[0],) * 2


def test_words__say_what_the_share_is_of(box_result, clusters):
    all_there_are = stability(box_result.map, clusters, Displayed(90), size=5)
    assert all_there_are.words == (
        "Share of all 6 subsamples of 5 of 6 subject groups in which a voxel has a value above "
        "percentile 90 of the non-zero values of its own map."
    )
    given = {"n_replicates": 2, "size": 3}
    assert "of 2 random subsamples of 3 of 6 subject groups in which a voxel has an" in (
        stability(box_result.map, clusters, Formed(), **given).words
    )
    assert "2 bootstrap samples (3 of 6 subject groups, drawn with replacement)" in (
        stability(box_result.map, clusters, Formed(), with_replacement=True, **given).words
    )


@pytest.mark.slow
def test_stability__goes_on_from_what_was_kept(box_result, clusters):
    given = {"n_replicates": 40, "with_replacement": True}
    whole = stability(box_result.map, clusters, Formed(0.01), **given)

    class Interrupted(Kept):
        def keep(self, name, array):
            super().keep(name, array)
            if array[0] >= 32:
                raise KeyboardInterrupt

    kept = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        stability(box_result.map, clusters, Formed(0.01), kept=kept, **given)
    assert kept[KEPT_AS][0] == 32
    again = stability(box_result.map, clusters, Formed(0.01), kept=Kept(kept), **given)
    np.testing.assert_array_equal(again.share.values, whole.share.values)
    np.testing.assert_array_equal(again.n_surviving, whole.n_surviving)


def test_stability__without_clusters_has_a_map_all_the_same(box_result):
    none = find_clusters(box_result.ale, 1.0)
    found = stability(box_result.map, none, Formed(0.01), size=5)
    assert found.share.values.any()
    assert found.mean_share.size == 0


def test_stability__refuses_few_groups_and_no_threads(box_result, clusters):
    with pytest.raises(EvidenceError, match="needs at least 4 subject groups"):
        stability(box_result.map, clusters, Formed(), group=np.array([0, 0, 1, 1, 2, 2]))
    with pytest.raises(ArgumentError, match="'threads' parameter of stability"):
        stability(box_result.map, clusters, Formed(), threads=0)
