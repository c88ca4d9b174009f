"""Readings of fewer experiments against new runs of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from focale import ALE, Protocol, describe, fwe, infer
from focale.inference.clusters import find_clusters
from focale.robustness.rereading import Fates, Redisplay, Rereadings, Retest, fates
from focale.space.voxelmap import VoxelMap
from tests.fixtures_pain import box_mask


def retest_of(result, **more):
    protocol = result.protocol
    return Retest(result.fwe, result.clusters, protocol.alpha, protocol.correction, **more)


# ------------------------------------------------------------------ the test again


@pytest.mark.parametrize("left_out", [[0], [3], [9], [2, 3], [0, 1, 2, 3, 4, 5, 6]], ids=str)
def test_retested__is_a_new_run_without_them_bit_for_bit(ten_tested, ten, ten_protocol, left_out):
    left = np.setdiff1d(np.arange(10), left_out)
    ours = retest_of(ten_tested).retested(left)
    theirs = fwe(
        ALE(mask=ten_protocol.mask).fit(ten.slice(ten.ids[left])),
        n_iterations=ten_protocol.iterations,
        seed=ten_protocol.seed,
    )
    for name in ("largest", "size", "mass"):
        assert getattr(ours.maxima, name).tolist() == getattr(theirs.maxima, name).tolist()
    for name in ("p_voxel", "p_size", "p_mass", "ale"):
        assert getattr(ours, name).values.tobytes() == getattr(theirs, name).values.tobytes()
    assert ours.table.equals(theirs.table)


@pytest.mark.slow
def test_retested__of_the_pain_set_is_a_new_run_without_an_experiment(pain):
    whole = infer(pain, Protocol(iterations=1000, seed=5))
    retest = retest_of(whole)
    for i in range(len(pain)):
        left = np.delete(np.arange(len(pain)), i)
        ours = retest.retested(left)
        theirs = infer(pain.slice(pain.ids[left]), Protocol(iterations=1000, seed=5)).fwe
        assert ours.maxima.size.tolist() == theirs.maxima.size.tolist()
        assert ours.p_size.values.tobytes() == theirs.p_size.values.tobytes()
        np.testing.assert_allclose(ours.ale.values, theirs.ale.values, atol=1e-7)


@pytest.mark.parametrize("correction", ["size", "mass", "voxel"])
def test_retest__fates_are_read_off_the_new_run(ten, ten_protocol, correction):
    result = infer(ten, replace(ten_protocol, correction=correction, alpha=0.2))
    assert len(result.clusters)
    left = np.array([0, 1, 4, 5, 6, 7, 8, 9])
    again = infer(ten.slice(ten.ids[left]), result.protocol)
    found = retest_of(result).of(left)
    listed, p = again.clusters.labels > 0, again.fwe.p(correction).values
    for c, cluster in enumerate(result.clusters):
        voxels = [int(v) for v in cluster.positions]
        kept = [v for v in voxels if listed[v]]
        assert found.survives[c] == bool(kept)
        assert found.kept_share[c] == pytest.approx(len(kept) / len(voxels))
        assert found.p[c] == min(p[v] for v in voxels)
        highest = max(voxels, key=lambda v: again.ale.values[v])
        moved = np.subtract(again.mask.mm(np.array([highest]))[0], cluster.peaks[0].mm)
        assert found.peak_shift_mm[c] == pytest.approx(float(np.linalg.norm(moved)))
    overlapping = {int(n) for n in again.clusters.labels[result.clusters.labels > 0]} - {0}
    assert found.n_new == len(again.clusters) - len(overlapping)


def test_retest__one_experiment_alone_has_no_test_and_nothing_survives(ten_tested):
    found = retest_of(ten_tested).of(np.array([3]))
    assert not found.survives.any()
    assert np.all(found.p == 1)
    assert np.all(found.kept_share == 0)


def test_retest__of_nobody_moves_no_peak(ten_tested):
    found = retest_of(ten_tested).of(np.array([], dtype=int))
    assert np.isnan(found.peak_shift_mm).all()


# ------------------------------------------------------------------ the display again


def test_redisplay__is_a_new_description_without_them(pain8, pain8_described):
    left = np.array([0, 1, 3, 4, 6, 7])
    again = describe(pain8.slice(pain8.ids[left]))
    result = pain8_described
    found = Redisplay(result.map, result.clusters, 95.0).of(left)
    shown = again.clusters.labels > 0
    expected = [shown[cluster.positions].mean() for cluster in result.clusters]
    np.testing.assert_array_equal(found.kept_share, expected)
    np.testing.assert_array_equal(found.survives, np.array(expected) > 0)
    assert np.isnan(found.p).all()


def test_redisplay__of_nobody_shows_nothing(pain8_described):
    result = pain8_described
    found = Redisplay(result.map, result.clusters, 95.0).of(np.array([], dtype=int))
    assert not found.survives.any()


# ------------------------------------------------------------------ fates


def line(values):
    mask = box_mask((len(values), 1, 1))
    return VoxelMap(np.array(values, dtype=float), mask)


def test_fates__counts_new_clusters_and_those_that_moved_apart():
    clusters = find_clusters(line([0, 5, 6, 5, 5, 0, 0, 0, 0]), 1.0)
    listed = np.array([0, 1, 0, 0, 1, 1, 0, 1, 1]) > 0
    p = np.array([1, 0.02, 1, 1, 0.04, 0.04, 1, 0.01, 0.01])
    found = fates(clusters, listed, np.array([0, 2, 0, 0, 3, 9, 0, 9, 9]), p)
    assert found.survives.tolist() == [True]
    assert found.kept_share.tolist() == [0.5]
    assert found.p.tolist() == [0.02]
    assert found.peak_shift_mm.tolist() == [4.0]
    assert found.n_new == 1


def test_fates__survive_packing(ten_tested):
    found = retest_of(ten_tested).of(np.arange(1, 10))
    again = Fates.unpacked(found.packed())
    for name in ("survives", "kept_share", "peak_shift_mm", "p"):
        np.testing.assert_array_equal(getattr(again, name), getattr(found, name))
    assert again.survives.dtype == bool
    assert again.n_new == found.n_new


# ------------------------------------------------------------------ each made once


class Counting:
    """A rereading that remembers what it was asked."""

    def __init__(self, reread):
        self.reread, self.asked = reread, []

    @property
    def clusters(self):
        return self.reread.clusters

    @property
    def ma(self):
        return self.reread.ma

    def of(self, experiments):
        self.asked.append(experiments.tolist())
        return self.reread.of(experiments)


def test_without__makes_each_reading_once(ten_tested):
    counting = Counting(retest_of(ten_tested))
    readings = Rereadings(counting)
    first = readings.without([3, 1])
    assert readings.without(np.array([1, 3])) is first
    assert counting.asked == [[0, 2, 4, 5, 6, 7, 8, 9]]
