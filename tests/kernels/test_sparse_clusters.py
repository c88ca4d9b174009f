"""Largest clusters of lists of voxels against labelled volumes."""

from __future__ import annotations

import numpy as np
import pytest

from focale.inference.montecarlo import neighbour_steps, padded_shape
from focale.kernels.sparse_clusters import join, largest_clusters
from focale.space.grid import Grid
from focale.space.mask import Mask
from tests.naive import montecarlo as naive

SHAPE = (7, 6, 8)


@pytest.fixture
def mask(rng):
    inside = rng.random(SHAPE) < 0.8
    return Mask(Grid(SHAPE, np.eye(4)), inside, "a small mask")


@pytest.mark.parametrize("connectivity", [6, 18, 26])
@pytest.mark.parametrize(
    "label_maps", [largest_clusters, largest_clusters.py_func], ids=["compiled", "python"]
)
def test_largest_clusters__equal_those_of_whole_volumes(label_maps, connectivity, mask, rng):
    volumes = rng.integers(0, 10, (12, *SHAPE)) * mask.inside
    volumes[5] = 0  # a map without voxels
    threshold = 5
    steps = neighbour_steps(mask, connectivity)
    n_flat = int(np.prod(padded_shape(mask)))
    voxels, values, starts = [], [], [0]
    for volume in volumes:
        padded = np.pad(volume, ((0, 1), (0, 1), (0, 1))).reshape(-1)
        above = np.flatnonzero(padded > threshold)
        voxels.append(above)
        values.append(padded[above] - threshold)
        starts.append(starts[-1] + above.size)
    label = np.zeros(n_flat, dtype=np.int32)
    sizes, masses = np.empty(12, dtype=np.int64), np.empty(12, dtype=np.int64)
    label_maps(
        np.array(starts),
        np.concatenate(voxels),
        np.concatenate(values),
        -steps[steps < 0],
        label,
        sizes,
        masses,
    )
    found = list(zip(sizes.tolist(), masses.tolist(), strict=True))
    assert found == [
        naive.cluster_extremes(volume, mask.inside, threshold, connectivity) for volume in volumes
    ]
    assert sizes[5] == 0
    assert not label.any()


@pytest.mark.parametrize("unite", [join, join.py_func], ids=["compiled", "python"])
def test_join__hangs_the_smaller_tree_on_the_larger(unite):
    parent, mass = np.array([-1, -2, 1, -1]), np.array([10, 20, 5, 1])
    unite(parent, mass, 0, 2)  # 2 hangs on 1
    assert parent.tolist() == [1, -3, 1, -1]
    assert mass[1] == 30
    unite(parent, mass, 2, 0)  # one tree already
    assert parent.tolist() == [1, -3, 1, -1]
    assert mass[1] == 30
