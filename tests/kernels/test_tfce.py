"""Threshold-free cluster enhancement, compiled and as plain Python."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from focale.kernels.tfce import enhance, find_root, order_by_height
from tests.naive import tfce as naive


def both_ways(compiled, python):
    return pytest.mark.parametrize("way", [compiled, python], ids=["compiled", "python"])


every_connectivity = pytest.mark.parametrize("connectivity", [6, 18, 26])

# ------------------------------------------------------------------------ order

INTEGRAL = np.array([1, 1, 4, 9, 9, 16])


def ordered(way, log_sum, places, base, shift):
    voxels = np.full(places.size, -1, dtype=np.int32)
    fall = np.full(places.size, -1)
    begins = np.full(INTEGRAL.size, -1, dtype=np.int32)
    n = way(log_sum, places, base, shift, INTEGRAL, begins, voxels, fall)
    return voxels[:n].tolist(), fall[:n].tolist()


@both_ways(order_by_height, order_by_height.py_func)
@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize(("base", "shift"), [(0, 0), (7, 0), (5, 2), (40, 1), (10**6, 3)])
def test_order_by_height__lists_those_with_a_height_from_the_highest_down(
    way, dtype, base, shift, rng
):
    log_sum = rng.integers(0, 60, 300).astype(dtype)
    places = np.sort(rng.choice(300, 200, replace=False)).astype(np.int32)
    level = np.minimum((log_sum.astype(int) - base) >> shift, INTEGRAL.size - 1)
    expected = sorted((p for p in places.tolist() if level[p] >= 0), key=lambda p: -level[p])
    voxels, fall = ordered(way, log_sum, places, base, shift)
    assert voxels == expected
    assert fall == INTEGRAL[level[expected]].tolist()


@both_ways(order_by_height, order_by_height.py_func)
def test_order_by_height__takes_values_of_any_size(way):
    log_sum = np.array([2**62, 0, 2**40, 3])
    assert ordered(way, log_sum, np.arange(4), 3, 0) == ([0, 2, 3], [16, 16, 1])


# ------------------------------------------------------------------------ components


@both_ways(find_root, find_root.py_func)
def test_find_root__keeps_what_each_voxel_has(way, rng):
    parent = np.array([0, *(rng.integers(max(0, i - 3), i) for i in range(1, 40)), 40, 40])
    gain = rng.integers(-50, 50, parent.size)

    def sums():
        found = []
        for i in range(parent.size):
            root, total = i, gain[i]
            while parent[root] != root:
                root = parent[root]
                total += gain[root]
            found.append((root, total))
        return found

    before = sums()
    for i in rng.permutation(parent.size):
        assert way(i, parent, gain) == before[i][0]
        assert sums() == before


# ------------------------------------------------------------------------ TFCE


def around(shape, connectivity):
    _, y, z = (n + 1 for n in shape)
    axes = {6: 1, 18: 2, 26: 3}[connectivity]
    steps = itertools.product((-1, 0, 1), repeat=3)
    return np.array(
        [(i * y + j) * z + k for i, j, k in steps if 0 < abs(i) + abs(j) + abs(k) <= axes]
    )


def weight_of(sizes):
    """Of so many voxels; any table that falls nowhere will do."""
    return 7 * np.asarray(sizes) + np.asarray(sizes) ** 2


def integral_of(height):
    return 3 * np.asarray(height) ** 3


def enhanced(way, heights, inside, connectivity):
    """TFCE of a volume of whole heights, and the largest."""
    padded = np.pad(heights * inside, ((0, 1), (0, 1), (0, 1))).ravel()
    voxels = np.flatnonzero(padded)
    voxels = voxels[np.argsort(-padded[voxels], kind="stable")]
    rank = np.zeros(padded.size, dtype=np.int32)
    gain = np.full(voxels.size, -1)
    largest = way(
        voxels.astype(np.int32),
        integral_of(padded[voxels]),
        weight_of(np.arange(voxels.size + 1)),
        around(heights.shape, connectivity),
        rank,
        np.full(voxels.size, -1, dtype=np.int32),
        np.full(voxels.size, -1, dtype=np.int32),
        gain,
    )
    assert not rank.any()
    padded[:] = 0
    padded[voxels] = gain
    return padded.reshape([n + 1 for n in heights.shape])[:-1, :-1, :-1], largest


def assert_equals_the_twin(way, heights, inside, connectivity):
    ours, largest = enhanced(way, heights, inside, connectivity)
    expected = naive.exact(heights, inside, connectivity, weight_of, integral_of)
    np.testing.assert_array_equal(ours, expected)
    assert largest == expected.max(initial=0)


SHAPES = [(5, 6, 7), (1, 1, 12), (8, 1, 7), (2, 2, 2)]


@every_connectivity
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n_heights", [2, 4, 1000], ids="{} heights".format)
@pytest.mark.parametrize("share", [0.3, 0.6, 1.1], ids="{} inside".format)
def test_enhance__equals_thresholding_at_each_height(shape, n_heights, share, connectivity, rng):
    for _ in range(15):
        heights = rng.integers(0, n_heights, shape)
        assert_equals_the_twin(enhance, heights, rng.random(shape) < share, connectivity)


@every_connectivity
def test_enhance__in_plain_python_equals_thresholding(connectivity, rng):
    for n_heights in (2, 4, 1000):
        heights = rng.integers(0, n_heights, (4, 5, 4))
        inside = rng.random(heights.shape) < 0.7
        assert_equals_the_twin(enhance.py_func, heights, inside, connectivity)


HILLS = {
    "nothing": [[0, 0, 0, 0]],
    "one voxel": [[0, 5, 0, 0]],
    "a plateau": [[4, 4, 4, 4]],
    "two hills that meet": [[5, 1, 7, 2], [5, 0, 0, 2]],
    "two equal hills that meet on a plateau": [[5, 2, 2, 5]],
    "a hill on a plateau": [[3, 3, 9, 3], [3, 3, 3, 3]],
    "a ring": [[4, 5, 4, 0], [4, 1, 4, 0], [4, 4, 6, 0]],
}


@both_ways(enhance, enhance.py_func)
@every_connectivity
@pytest.mark.parametrize("hills", HILLS.values(), ids=HILLS.keys())
def test_enhance__equals_thresholding_on_shapes(way, hills, connectivity):
    heights = np.array([hills])
    assert_equals_the_twin(way, heights, np.ones(heights.shape, dtype=bool), connectivity)


@both_ways(enhance, enhance.py_func)
def test_enhance__of_one_voxel_is_the_integral_to_its_height(way):
    ours, largest = enhanced(way, np.array([[[5]]]), np.array([[[True]]]), 6)
    assert ours.item() == largest == weight_of(1) * integral_of(5)


def test_enhance__goes_across_no_edge_of_the_volume():
    heights = np.zeros((4, 4, 4), dtype=int)
    for corner in itertools.product((0, 3), repeat=3):
        heights[corner] = 6
    for connectivity in (6, 18, 26):
        ours, _ = enhanced(enhance, heights, heights > 0, connectivity)
        assert set(ours[heights > 0].tolist()) == {int(weight_of(1) * integral_of(6))}
