"""Largest clusters of lists of voxels against labelled volumes."""

from __future__ import annotations

import numpy as np
import pytest

from focale.inference.montecarlo import neighbour_steps, padded_shape
from focale.kernels.sparse_clusters import largest_clusters
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
