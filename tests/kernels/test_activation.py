"""Laying footprints and collecting them, compiled and as plain Python."""

from __future__ import annotations

import numpy as np
import pytest

from focale.kernels.activation import collect, stamp
from tests.naive import activation as naive


@pytest.fixture(params=[stamp, stamp.py_func], ids=["compiled", "python"])
def any_stamp(request):
    return request.param


@pytest.fixture(params=[collect, collect.py_func], ids=["compiled", "python"])
def any_collect(request):
    return request.param


@pytest.fixture
def footprints(rng):
    """Two footprints of 3 x 5 x 3 voxels with zeros among their values."""
    return rng.integers(0, 50, size=(2, 3, 5, 3)).astype(np.int32)


SHAPE = (6, 7, 8)


def scratch(shape=SHAPE):
    """An empty volume and its spans, as `stamp` wants them."""
    return (
        np.zeros(shape, dtype=np.int32),
        np.full(shape[:2], shape[2], dtype=np.int64),
        np.zeros(shape[:2], dtype=np.int64),
    )


CENTRES = {
    "inside": [[3, 3, 4]],
    "in the first corner": [[0, 0, 0]],
    "in the last corner": [[5, 6, 7]],
    "just outside, still reaching in": [[-1, 3, 4], [3, -2, 4], [3, 3, -1], [6, 3, 4], [3, 3, 8]],
    "out of reach on each side": [[-2, 3, 4], [7, 3, 4], [3, -3, 4], [3, 9, 4], [3, 3, -2]],
    "far away": [[10**6, 0, 0], [0, -(10**6), 0], [0, 0, 10**6]],
    "overlapping": [[3, 3, 4], [3, 4, 4], [3, 3, 4], [2, 3, 5]],
    "none": np.zeros((0, 3)),
}


@pytest.mark.parametrize("centres", CENTRES.values(), ids=CENTRES.keys())
@pytest.mark.parametrize("adds", [False, True])
def test_stamp__equals_naive(any_stamp, footprints, centres, adds):
    centres = np.array(centres, dtype=np.int64).reshape(-1, 3)
    which = np.arange(len(centres)) % 2
    volume, row_start, row_stop = scratch()
    any_stamp(footprints, which, centres, volume, row_start, row_stop, adds)
    expected = naive.stamp(footprints, which, centres, np.zeros(SHAPE, dtype=np.int32), adds)
    np.testing.assert_array_equal(volume, expected)


def test_stamp__keeps_larger_values_that_are_there(any_stamp, footprints):
    volume, row_start, row_stop = scratch()
    volume[:] = 25
    any_stamp(footprints, np.array([0]), np.array([[3, 3, 3]]), volume, row_start, row_stop)
    before = np.full(SHAPE, 25, dtype=np.int32)
    np.testing.assert_array_equal(volume, naive.stamp(footprints, [0], [[3, 3, 3]], before))


def test_stamp__spans_cover_all_it_touched(any_stamp, footprints, rng):
    volume, row_start, row_stop = scratch()
    centres = rng.integers(-3, 10, size=(12, 3))
    any_stamp(footprints, np.zeros(12, dtype=int), centres, volume, row_start, row_stop)
    z = np.arange(SHAPE[2])
    in_span = (z >= row_start[..., None]) & (z < row_stop[..., None])
    assert np.all(volume[~in_span] == 0)


def test_stamp__leaves_untouched_rows_marked_as_empty(any_stamp, footprints):
    volume, row_start, row_stop = scratch()
    any_stamp(footprints, np.array([0]), np.array([[0, 0, 0]]), volume, row_start, row_stop)
    assert np.all(row_start[3:] >= row_stop[3:])


@pytest.fixture
def stamped(footprints, rng):
    """A volume after a few foci, and a mask order in which a third of the voxels is outside."""
    inside = rng.random(SHAPE) < 0.66
    index = np.full(SHAPE, -1, dtype=np.int32)
    index[inside] = np.arange(inside.sum())
    volume, row_start, row_stop = scratch()
    centres = np.array([[1, 1, 1], [4, 5, 6], [6, 3, 3]])
    stamp(footprints, np.array([0, 1, 0]), centres, volume, row_start, row_stop)
    return volume, row_start, row_stop, index


def outputs(index):
    n = int(index.max()) + 1
    return (
        np.empty(n, dtype=np.int32),
        np.empty(n, dtype=np.int32),
        np.full(n, 1000, dtype=np.int64),
    )


def test_collect__equals_naive(any_collect, stamped):
    volume, row_start, row_stop, index = stamped
    expected = naive.collect(volume.copy(), index)
    voxels, values, log_sum = outputs(index)
    n = any_collect(volume, row_start, row_stop, index, voxels, values, log_sum)
    assert list(zip(voxels[:n].tolist(), values[:n].tolist(), strict=True)) == expected


def test_collect__adds_the_values_to_the_sum(any_collect, stamped):
    volume, row_start, row_stop, index = stamped
    expected = np.full(int(index.max()) + 1, 1000)
    for position, value in naive.collect(volume.copy(), index):
        expected[position] += value
    voxels, values, log_sum = outputs(index)
    any_collect(volume, row_start, row_stop, index, voxels, values, log_sum)
    np.testing.assert_array_equal(log_sum, expected)


def test_collect__leaves_the_scratch_cleared(any_collect, stamped):
    volume, row_start, row_stop, index = stamped
    any_collect(volume, row_start, row_stop, index, *outputs(index))
    for left, empty in zip((volume, row_start, row_stop), scratch(), strict=True):
        np.testing.assert_array_equal(left, empty)


def test_collect__drops_what_lies_outside_the_mask(any_collect, stamped):
    volume, row_start, row_stop, index = stamped
    nowhere = np.full(SHAPE, -1, dtype=np.int32)
    voxels, values, log_sum = outputs(index)
    n = any_collect(volume, row_start, row_stop, nowhere, voxels, values, log_sum)
    assert n == 0
    assert np.all(log_sum == 1000)
    assert not volume.any()


def test_collect__of_an_untouched_volume_is_empty(any_collect, stamped):
    index = stamped[3]
    assert any_collect(*scratch(), index, *outputs(index)) == 0
