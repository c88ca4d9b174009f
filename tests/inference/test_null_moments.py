"""Moments of random maps in closed form against all ways in which foci can fall."""

from __future__ import annotations

import numpy as np
import pytest

from focale.inference import null_moments as module
from focale.inference.base_rate import base_rate_of
from focale.inference.footprints import gaussian_footprint
from focale.inference.null_moments import null_moments, rings_of
from tests.fixtures_pain import box_mask
from tests.naive import scale as naive

BASE_MM = np.array([[6.0, 8.0, 4.0]] * 3 + [[10.0, 2.0, 8.0], [0.0, 0.0, 0.0]])


def expected(mask, widths, counts):
    edges = tuple(mask.grid.voxel_size_mm.tolist())
    base = np.round(BASE_MM / edges).astype(int)
    shape = mask.grid.shape
    total = sum(
        np.array(
            naive.cumulants(naive.experiment_values(gaussian_footprint(w, edges), n, base, shape))
        )
        for w, n in zip(widths, counts, strict=True)
    )
    mean, variance, third = total[:, mask.inside]
    return mean, np.sqrt(variance), third / variance**1.5


@pytest.mark.parametrize("edges", [(2.0, 2.0, 2.0), (2.0, 4.0, 2.0)], ids=["cubes", "oblong"])
def test_null_moments__equal_enumeration(edges, rng):
    mask = box_mask((8, 6, 7), edges_mm=edges, inside=rng.random((8, 6, 7)) < 0.7)
    widths, counts = np.array([9.0, 9.0, 9.0]), np.array([1, 3, 1])
    found = null_moments(base_rate_of(BASE_MM, mask, 9.0, ""), mask, widths, counts)
    mean, sd, skewness = expected(mask, widths, counts)
    np.testing.assert_allclose(found.mean, mean, rtol=1e-9)
    np.testing.assert_allclose(found.sd, sd, rtol=1e-9)
    np.testing.assert_allclose(found.skewness, skewness, rtol=1e-6)


def test_null_moments__of_several_widths_are_close(rng):
    # A smaller box leaves out part of a ring of the larger one; its values there are nearly 0.
    mask = box_mask((8, 6, 7), inside=rng.random((8, 6, 7)) < 0.7)
    widths, counts = np.array([8.6, 10.0, 12.0]), np.array([2, 1, 3])
    found = null_moments(base_rate_of(BASE_MM, mask, 12.0, ""), mask, widths, counts, threads=2)
    mean, sd, skewness = expected(mask, widths, counts)
    np.testing.assert_allclose(found.mean, mean, rtol=1e-3)
    np.testing.assert_allclose(found.sd, sd, rtol=1e-3)
    np.testing.assert_allclose(found.skewness, skewness, atol=1e-2)


def test_null_moments__where_nothing_falls_there_is_nothing():
    mask = box_mask((60, 3, 3))
    base = base_rate_of(np.array([[0.0, 0.0, 0.0]]), mask, 9.0, "")
    found = null_moments(base, mask, np.array([9.0]), np.array([2]))
    assert found.mean[0] > 0
    assert (found.mean[-1], found.sd[-1], found.skewness[-1]) == (0, 0, 0)
    assert found.sd[0] == 0  # every focus falls on the one place there is


def test_null_moments__many_kinds_and_many_rings_are_taken_together(rng, monkeypatch):
    mask = box_mask((8, 6, 7))
    widths, counts = rng.uniform(8.5, 11, 30), rng.integers(0, 4, 30)
    base = base_rate_of(BASE_MM, mask, widths.max(), "")
    exact = null_moments(base, mask, widths, counts)
    monkeypatch.setattr(module, "MOST_KINDS", 5)
    coarse = null_moments(base, mask, widths, counts)
    assert not np.array_equal(coarse.mean, exact.mean)
    np.testing.assert_allclose(coarse.mean, exact.mean, rtol=0.05)
    module._moments.cache_clear()
    monkeypatch.setattr(module, "MOST_RINGS", 120)
    few = null_moments(base, mask, widths, counts)
    module._moments.cache_clear()
    assert abs(np.log(few.mean / exact.mean)).mean() < 0.05
    assert abs(np.log(few.sd / exact.sd)).mean() < 0.05


def test_rings_of__a_ring_is_one_distance_and_has_its_value():
    footprint = gaussian_footprint(9.0, (2.0, 2.0, 2.0))
    ring, values = rings_of([footprint], (2.0, 2.0, 2.0))
    assert ring.shape == footprint.shape
    assert ring[tuple(n // 2 for n in ring.shape)] == 0
    assert np.array_equal(values[0][ring], footprint)
    assert np.all(np.diff(values[0]) <= 0)
