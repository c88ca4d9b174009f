"""Whether a cluster outlasts the removal of an experiment.

A mean ratio cannot say. Here every experiment is left out in turn and the map is cut at
the same level again: is there still a cluster of the smallest volume allowed, what share
of the voxels is left, and how far does the highest value move?
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from focale.frozen import freeze
from focale.inference.clusters import Cluster, Clusters, connected_components
from focale.inference.ma_maps import MaMaps
from focale.progress import Progress, silent
from focale.typing import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class LeaveOneOut:
    """Each cluster without each experiment, at the level of the full map.

    All arrays have shape (n_experiments, n_clusters).

    Attributes
    ----------
    remains
        Whether connected voxels above the same level, at least as many as the smallest
        cluster allowed, are left within the cluster.
    kept_share
        Share of the cluster's voxels still above the level.
    peak_shift_mm
        Distance from the peak of the cluster to the highest remaining value within it;
        NaN where no voxel has a value above 0 any more.
    """

    remains: BoolArray
    kept_share: FloatArray
    peak_shift_mm: FloatArray

    def __post_init__(self) -> None:
        freeze(self, "remains", "kept_share", "peak_shift_mm")


def leave_one_out(ma: MaMaps, clusters: Clusters, progress: Progress = silent) -> LeaveOneOut:
    """Cut each cluster at the same level again without each experiment.

    A voxel only loses by the removal, so what is left of a cluster lies within it.

    Parameters
    ----------
    ma
        Modelled activation of the experiments.
    clusters
        Clusters of the map of all experiments.
    progress
        Wraps the loop over experiments, to show a bar.
    """
    shape = (ma.n_experiments, len(clusters))
    remains = np.ones(shape, dtype=bool)
    kept_share = np.ones(shape)
    peak_shift_mm = np.zeros(shape)
    for i in progress(range(ma.n_experiments)):
        touched = np.unique(clusters.labels[ma.entries(i)[0]])
        without = ma.log_sum_without(i)
        for c in touched[touched > 0] - 1:
            cluster = clusters.members[c]
            stat = ma.scale.value(without[cluster.positions])
            left = cluster.positions[stat > clusters.threshold]
            kept_share[i, c] = left.size / cluster.positions.size
            remains[i, c] = _largest(clusters, left) >= clusters.min_voxels
            peak_shift_mm[i, c] = _shift_mm(clusters, cluster, stat)
    return LeaveOneOut(remains=remains, kept_share=kept_share, peak_shift_mm=peak_shift_mm)


def _largest(clusters: Clusters, left: IntArray) -> int:
    if left.size == 0:
        return 0
    return int(np.bincount(connected_components(clusters.mask, left, clusters.connectivity)).max())


def _shift_mm(clusters: Clusters, cluster: Cluster, stat: FloatArray) -> float:
    if stat.max() <= 0:
        return float("nan")
    highest = clusters.mask.mm(cluster.positions[[stat.argmax()]])[0]
    return float(np.linalg.norm(highest - cluster.peaks[0].mm))
