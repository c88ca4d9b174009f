"""Rings around voxels, and the cumulants that follow from them, against enumeration."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from focale.inference.footprints import gaussian_footprint
from focale.inference.null_moments import rings_of
from focale.kernels.base_rate import add_cumulants, count_rings, gather_moments
from tests.naive import scale as naive

EDGES = (3.0, 3.0, 3.0)
SHAPE = (7, 6, 8)


def whole(sub):
    """A kernel that Python can call, of one that only kernels call."""

    def call(*arguments):
        return sub(*arguments)

    return numba.njit(call, error_model="numpy")


def both_ways(compiled, python):
    return pytest.mark.parametrize("way", [compiled, python], ids=["compiled", "python"])


@both_ways(count_rings, count_rings.py_func)
def test_count_rings__counts_every_place_by_its_distance(way, rng):
    places = rng.integers(-4, 12, (40, 3))
    weights = rng.integers(1, 5, 40)
    ring, _ = rings_of([gaussian_footprint(9.0, EDGES)], EDGES)
    half = np.array(ring.shape) // 2
    for x in range(SHAPE[0]):
        counts = np.full((*SHAPE[1:], ring.max() + 1), 7, dtype=np.int32)
        way(x, places, weights, ring, counts)
        expected = np.zeros_like(counts)
        for place, weight in zip(places, weights, strict=True):
            for y, z in np.ndindex(SHAPE[1:]):
                far = np.array([x, y, z]) - place
                if np.all(np.abs(far) <= half):
                    expected[y, z, ring[tuple(half + far)]] += weight
        assert np.array_equal(counts, expected)


@both_ways(add_cumulants, add_cumulants.py_func)
def test_add_cumulants__equal_those_of_all_ways_in_which_foci_can_fall(way, rng):
    base = np.array([[3, 2, 3], [3, 2, 3], [2, 4, 5], [5, 1, 6]])
    footprint = gaussian_footprint(8.0, EDGES)
    n_foci, n_alike = np.array([1, 3]), np.array([2, 1])
    ring, values = rings_of([footprint, footprint], EDGES)
    places, weights = np.unique(base, axis=0, return_counts=True)
    total = np.zeros((3, *SHAPE))
    for n, alike in zip(n_foci, n_alike, strict=True):
        total += alike * np.array(
            naive.cumulants(naive.experiment_values(footprint, n, base, SHAPE))
        )
    inside = rng.random(SHAPE) < 0.8
    for x in range(SHAPE[0]):
        counts = np.zeros((*SHAPE[1:], ring.max() + 1), dtype=np.int32)
        count_rings(x, places, weights, ring, counts)
        found = np.full((int(inside[x].sum()), 3), np.nan)
        assert way(counts, inside[x], 4, values, n_foci, n_alike, found) == len(found)
        np.testing.assert_allclose(found.T, total[:, x][:, inside[x]], rtol=1e-9, atol=1e-3)


@both_ways(whole(gather_moments), gather_moments.py_func)
def test_gather_moments__of_one_focus_are_those_of_the_shares(way):
    counts = np.array([1, 0, 3, 6], dtype=np.int32)
    values = np.array([[8.0, 4.0, 2.0, 0.0]])
    before, moments = np.empty(2), np.empty((1, 3))
    way(counts, 20, values, np.array([1]), before, moments)
    expected = [
        sum(n / 20 * v**k for n, v in zip(counts, values[0], strict=True)) for k in (1, 2, 3)
    ]
    np.testing.assert_allclose(moments[0], expected, rtol=1e-12)
