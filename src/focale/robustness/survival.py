"""What survives of a map, asked of its own null."""

from __future__ import annotations

from typing import Literal

import numpy as np

from focale.inference.clusters import Connectivity, connected_components
from focale.space.mask import Mask
from focale.typing import IntArray

ClusterLevel = Literal["voxel", "size", "mass"]
COLUMN: dict[ClusterLevel, int] = {"voxel": 0, "size": 1, "mass": 2}
"""Where the maxima of an iteration have what a level is about."""


def tested_values(
    log_sum: IntArray,
    threshold: int,
    mask: Mask,
    level: ClusterLevel,
    connectivity: Connectivity,
) -> tuple[IntArray, IntArray]:
    """Voxels that can survive, in mask order, and the value of each that is tested.

    The value of the voxel, or the size or mass of the cluster it belongs to.

    Parameters
    ----------
    log_sum
        Shape (n_voxels,); the map, lattice steps.
    threshold
        Cluster-forming threshold; voxels above it are in a cluster.
    mask, level, connectivity
        As in `fwe`.
    """
    if level == "voxel":
        positions = np.flatnonzero(log_sum > 0)
        return positions, log_sum[positions]
    positions = np.flatnonzero(log_sum > threshold)
    cluster = connected_components(mask, positions, connectivity)
    of_voxel = 1 if level == "size" else log_sum[positions] - threshold
    values = np.zeros(int(cluster.max(initial=0)) + 1, dtype=np.int64)
    np.add.at(values, cluster, of_voxel)
    return positions, values[cluster]
