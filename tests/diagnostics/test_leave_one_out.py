"""What outlasts an experiment, against refits that are cut at the same level again."""

from __future__ import annotations

import numpy as np
import pytest

from focale import ALE
from focale.diagnostics.leave_one_out import leave_one_out
from focale.inference.clusters import find_clusters
from tests.fixtures_pain import box_mask, studyset_of


def refits(studyset, mask):
    for i in range(len(studyset)):
        others = np.delete(studyset.ids, i)
        yield i, ALE(mask=mask).statistic(studyset.slice(others)).ale


def described_by_refits(studyset, clusters):
    """(remains, kept share, peak shift) from maps without each experiment."""
    shape = (len(studyset), len(clusters))
    remains, kept, shift = np.zeros(shape, bool), np.zeros(shape), np.zeros(shape)
    for i, ale in refits(studyset, clusters.mask):
        again = find_clusters(ale, clusters.threshold, clusters.min_voxels)
        for c, cluster in enumerate(clusters):
            inside = set(cluster.positions.tolist())
            remains[i, c] = any(inside.issuperset(new.positions.tolist()) for new in again)
            values = ale.values[cluster.positions]
            kept[i, c] = np.mean(values > clusters.threshold)
            highest = clusters.mask.mm(cluster.positions[[values.argmax()]])[0]
            shift[i, c] = np.linalg.norm(highest - cluster.peaks[0].mm)
    return remains, kept, shift


def test_leave_one_out__equals_refits_on_the_pain_set(pain8, pain8_described):
    found = pain8_described.leave_one_out
    remains, kept, shift = described_by_refits(pain8, pain8_described.clusters)
    np.testing.assert_array_equal(found.remains, remains)
    np.testing.assert_allclose(found.kept_share, kept)
    np.testing.assert_allclose(found.peak_shift_mm, shift)
    assert not found.remains.all()  # the pain set has both cases
    assert found.remains.any()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("min_voxels", [1, 30])
def test_leave_one_out__equals_refits_on_random_sets(seed, min_voxels):
    rng = np.random.default_rng(seed)
    mask = box_mask((22, 22, 22), inside=rng.random((22, 22, 22)) < 0.95)
    studyset = studyset_of(
        {f"s{i}": [rng.uniform(4, 40, (4, 3)).round(1).tolist()] for i in range(5)}
    )
    result = ALE(mask=mask).statistic(studyset)
    clusters = find_clusters(result.ale, float(np.percentile(result.ale.values, 93)), min_voxels)
    found = leave_one_out(result.ma, clusters)
    remains, kept, shift = described_by_refits(studyset, clusters)
    np.testing.assert_array_equal(found.remains, remains)
    np.testing.assert_allclose(found.kept_share, kept)
    has_peak = np.isfinite(found.peak_shift_mm)
    np.testing.assert_allclose(found.peak_shift_mm[has_peak], shift[has_peak])


def test_leave_one_out__a_cluster_that_falls_apart_does_not_remain():
    """Two halves of 100 voxels joined by one experiment are not one cluster of 200."""
    mask = box_mask((40, 12, 12))
    studyset = studyset_of(
        {"left": [[(24, 12, 12)]], "right": [[(48, 12, 12)]], "between": [[(36, 12, 12)]]}
    )
    result = ALE(mask=mask).statistic(studyset)
    clusters = find_clusters(result.ale, 0.002)
    assert len(clusters) == 1
    size = int(clusters.sizes[0])
    strict = find_clusters(result.ale, 0.002, min_voxels=size // 2)
    found = leave_one_out(result.ma, strict)
    assert not found.remains[2, 0]  # without the one between
    assert found.kept_share[2, 0] > 0.5


def test_leave_one_out__of_the_only_experiment_nothing_remains():
    mask = box_mask((20, 20, 20))
    result = ALE(mask=mask).statistic(studyset_of({"a": [[(20, 20, 20)]]}))
    found = leave_one_out(result.ma, find_clusters(result.ale, 0.001))
    assert found.remains.tolist() == [[False]]
    assert found.kept_share.tolist() == [[0.0]]
    assert np.isnan(found.peak_shift_mm).all()


def test_leave_one_out__an_experiment_without_foci_changes_nothing():
    mask = box_mask((20, 20, 20))
    result = ALE(mask=mask).statistic(studyset_of({"a": [[(20, 20, 20)]], "b": [[]]}))
    found = leave_one_out(result.ma, find_clusters(result.ale, 0.001))
    assert found.remains[1].tolist() == [True]
    assert found.kept_share[1].tolist() == [1.0]
    assert found.peak_shift_mm[1].tolist() == [0.0]


def test_leave_one_out__without_clusters_has_no_columns(pain8_result):
    found = leave_one_out(pain8_result.ma, find_clusters(pain8_result.ale, 1.0))
    assert found.remains.shape == found.kept_share.shape == found.peak_shift_mm.shape == (8, 0)


def test_leave_one_out__runs_its_loop_through_the_progress_bar(pain8_described):
    seen = []

    def count(items):
        for item in items:
            seen.append(item)
            yield item

    leave_one_out(pain8_described.ma, pain8_described.clusters, count)
    assert seen == list(range(8))
