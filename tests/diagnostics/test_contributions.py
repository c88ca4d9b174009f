"""Contributions in closed form against refits, experiment by experiment."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from focale import ALE
from focale.diagnostics.contributions import contributions
from focale.inference.clusters import find_clusters
from tests.fixtures_pain import box_mask, studyset_of

CLOSE = 1e-12  # the same integers, added in another order


@pytest.fixture(scope="module")
def shares(pain8_described):
    return pain8_described.contributions


@pytest.fixture(scope="module")
def drops(pain8, pain8_described):
    """1 - S_i / S of every voxel of every cluster, from eight fits without one experiment."""
    clusters = pain8_described.clusters
    full = pain8_described.ale.values
    by_cluster = [np.zeros((8, cluster.positions.size)) for cluster in clusters]
    for i in range(8):
        refit = ALE().statistic(pain8.slice(np.delete(pain8.ids, i))).ale.values
        for drop, cluster in zip(by_cluster, clusters, strict=True):
            drop[i] = 1 - refit[cluster.positions] / full[cluster.positions]
    return by_cluster


def test_contributions__mean_drop_equals_refits(shares, drops):
    expected = np.stack([drop.mean(axis=1) for drop in drops], axis=1)
    np.testing.assert_allclose(shares.mean_drop, expected, atol=CLOSE)


def test_contributions__largest_drop_equals_refits(shares, drops):
    expected = np.stack([drop.max(axis=1) for drop in drops], axis=1)
    np.testing.assert_allclose(shares.largest_drop, expected, atol=CLOSE)


def test_contributions__shares_sum_to_1_and_keep_the_proportions(shares):
    np.testing.assert_allclose(shares.share.sum(axis=0), 1, atol=CLOSE)
    np.testing.assert_allclose(
        shares.share, shares.mean_drop / shares.mean_drop.sum(axis=0), atol=CLOSE
    )


def test_contributions__drop_of_sums_equals_refits(shares, pain8, pain8_described):
    full = pain8_described.ale.values
    for i in range(8):
        refit = ALE().statistic(pain8.slice(np.delete(pain8.ids, i))).ale.values
        expected = [
            1 - refit[c.positions].sum() / full[c.positions].sum()
            for c in pain8_described.clusters
        ]
        np.testing.assert_allclose(shares.drop_of_sums[i], expected, atol=CLOSE)


def test_contributions__additive_shares_sum_to_1_without_scaling(shares, pain8_described):
    np.testing.assert_allclose(shares.additive_share.sum(axis=0), 1, atol=CLOSE)
    for c, cluster in enumerate(pain8_described.clusters):
        whole = -np.log1p(-pain8_described.ale.values[cluster.positions]).sum()
        for i in range(8):
            own = -np.log1p(-pain8_described.ma.map(i)[cluster.positions]).sum()
            assert shares.additive_share[i, c] == pytest.approx(own / whole, abs=1e-9)


def test_contributions__sums_and_means_are_those_of_the_experiments_own_map(
    shares, pain8_described
):
    for c, cluster in enumerate(pain8_described.clusters):
        for i in range(8):
            own = pain8_described.ma.map(i)[cluster.positions]
            assert shares.ma_sum[i, c] == pytest.approx(own.sum(), rel=1e-12)
            assert shares.ma_mean[i, c] == pytest.approx(own.mean(), rel=1e-12)


def test_contributions__the_definitions_differ_on_real_data(shares):
    """By less than the field would notice, and more than rounding: each needs its name."""
    ways = (shares.mean_drop, shares.share, shares.drop_of_sums, shares.additive_share)
    for one, other in itertools.combinations(ways, 2):
        assert 1e-4 < np.abs(one - other).max() < 0.1


def test_contributions__lie_between_0_and_1(shares):
    for values in (shares.mean_drop, shares.share, shares.largest_drop):
        assert values.min() >= 0
        assert values.max() <= 1
    assert np.all(shares.largest_drop >= shares.mean_drop)


def test_contributions__the_only_experiment_of_a_cluster_takes_all():
    mask = box_mask((40, 12, 12))
    ma = ALE(mask=mask).statistic(studyset_of({"a": [[(12, 12, 12)]], "b": [[(66, 12, 12)]]})).ma
    ale = ALE(mask=mask).statistic(studyset_of({"a": [[(12, 12, 12)]], "b": [[(66, 12, 12)]]})).ale
    clusters = find_clusters(ale, 0.001)
    found = contributions(ma, clusters)
    assert len(clusters) == 2
    for values in (found.mean_drop, found.share, found.largest_drop):
        np.testing.assert_array_equal(np.sort(values, axis=0), [[0, 0], [1, 1]])


def test_contributions__of_an_experiment_without_foci_are_zero():
    mask = box_mask((20, 20, 20))
    result = ALE(mask=mask).statistic(studyset_of({"a": [[(20, 20, 20)]], "b": [[]]}))
    found = contributions(result.ma, find_clusters(result.ale, 0.001))
    np.testing.assert_array_equal(found.mean_drop, [[1], [0]])
    np.testing.assert_array_equal(found.share, [[1], [0]])


def test_contributions__of_equal_experiments_are_equal():
    mask = box_mask((20, 20, 20))
    result = ALE(mask=mask).statistic(studyset_of({f"s{i}": [[(20, 20, 20)]] for i in range(4)}))
    found = contributions(result.ma, find_clusters(result.ale, 0.001))
    assert np.unique(found.mean_drop).size == 1
    np.testing.assert_allclose(found.share, 0.25)


def test_contributions__without_clusters_have_no_columns(pain8_result):
    found = contributions(pain8_result.ma, find_clusters(pain8_result.ale, 1.0))
    assert found.mean_drop.shape == found.share.shape == found.largest_drop.shape == (8, 0)


def test_contributions__of_a_cluster_below_zero_count_silent_voxels(pain8_result):
    """The whole mask as one cluster: most voxels of an experiment lose nothing."""
    found = contributions(pain8_result.ma, find_clusters(pain8_result.ale, -1.0))
    assert np.all(np.isfinite(found.mean_drop))
    assert found.share.sum() == pytest.approx(found.share.shape[1])
