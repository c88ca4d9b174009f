"""Footprints laid out for the Monte Carlo loop, and their bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focale.inference.footprints import gaussian_footprint
from focale.inference.null_footprints import null_footprints
from focale.kernels.montecarlo import PAD

offsets = st.floats(-0.5, 0.5, allow_subnormal=False)
edges = st.sampled_from([1.0, 2.0, 2.5, 3.0, 4.0])
kinds = st.lists(
    st.tuples(st.floats(4.0, 30.0), offsets, offsets, offsets), min_size=1, max_size=4
)


def footprint_in_words(footprints, number, shape):
    """The words where a footprint should be, and those around it."""
    size_y, size_z = shape[1] + PAD, shape[2] + PAD
    steps = np.array([size_y * size_z, size_z, 1])
    around = np.indices([n + 2 * PAD for n in shape]).reshape(3, -1).T - PAD
    words = footprints.words[footprints.starts[number] + around @ steps]
    return words.reshape([n + 2 * PAD for n in shape])


@given(kinds, st.tuples(edges, edges, edges))
def test_null_footprints__zeros_surround_each_footprint(kinds, size_mm):
    footprints = null_footprints(np.array(kinds), size_mm, 9)
    for number, (fwhm, *offset) in enumerate(kinds):
        expected = gaussian_footprint(fwhm, size_mm, tuple(offset))
        assert footprints.halves[number].tolist() == [n // 2 for n in expected.shape]
        found = footprint_in_words(footprints, number, expected.shape)
        np.testing.assert_array_equal(found, np.pad(expected, PAD))


@pytest.mark.slow
@given(kinds, st.tuples(edges, edges, edges), st.tuples(*[st.integers(0, 3)] * 3))
def test_null_footprints__bounds_are_above_all_values_less_one(kinds, size_mm, place):
    footprints = null_footprints(np.array(kinds), size_mm, 1)
    for number, (fwhm, *offset) in enumerate(kinds):
        values = gaussian_footprint(fwhm, size_mm, tuple(offset))
        near = [footprints.near[number, axis, place[axis]] for axis in range(3)]
        blocks = near[0][:, None, None] * near[1][:, None] * near[2]
        padded = np.zeros([4 * n.size for n in near])
        padded[tuple(slice(a, a + n) for a, n in zip(place, values.shape, strict=True))] = values
        most = largest_in(padded, 4)
        assert np.all(blocks >= most - 1)
        assert np.all(blocks <= 1.01 * looseness(values) * most + 1)


def largest_in(volume, edge):
    x, y, z = (n // edge for n in volume.shape)
    return volume.reshape(x, edge, y, edge, z, edge).max(axis=(1, 3, 5))


def looseness(values):
    """-log(1 - MA) of the peak is so many times MA."""
    peak = values.max() * 2.0**-28
    return peak / -np.expm1(-peak)


@given(kinds, st.tuples(edges, edges, edges), st.tuples(*[st.integers(0, 9)] * 3))
def test_null_footprints__fine_bounds_are_above_all_values_less_one(kinds, size_mm, place):
    footprints = null_footprints(np.array(kinds), size_mm, 1)
    for number, (fwhm, *offset) in enumerate(kinds):
        values = np.pad(gaussian_footprint(fwhm, size_mm, tuple(offset)), (PAD, 12))
        x, y, z = (footprints.fine[number, axis, place[axis]] for axis in range(3))
        block = values[tuple(slice(a, a + 4) for a in place)]
        parts = x[:, None, None] * y[:, None] * z
        assert np.all(parts >= largest_in(block, 2) - 1)
        assert np.all(parts <= 1.01 * looseness(values) * largest_in(block, 2) + 1)


@pytest.mark.parametrize("n_foci", [1, 267, 16_000])
def test_null_footprints__bounds_leave_room_for_sums_of_small_floats(n_foci):
    kinds = np.array([[9.2, 0.1, -0.2, 0.5]])
    footprints = null_footprints(kinds, (2.0, 2.0, 2.0), n_foci)
    value = np.float32(footprints.fine[0, :, 10].max(axis=1).prod(dtype=np.float32))
    exact = int(gaussian_footprint(9.2, (2.0, 2.0, 2.0), (0.1, -0.2, 0.5))[7:11, 7:11, 7:11].max())
    added = np.cumsum(np.full(n_foci, value))[-1]
    assert added.dtype == np.float32
    assert int(added) >= n_foci * (exact - 1)
