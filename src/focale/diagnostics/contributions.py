"""How much of a cluster each experiment carries: the jackknife in closed form.

Leaving experiment i out changes the ALE of a voxel from S = 1 - exp(-L) to
S_i = 1 - exp(-(L - l_i)). Both are known from the sums, so nothing is fitted again, and
the result is what a new fit without the experiment would give.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from focale.frozen import freeze
from focale.inference.clusters import Clusters
from focale.inference.lattice import to_probability
from focale.inference.ma_maps import MaMaps
from focale.typing import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Contributions:
    """What leaving each experiment out takes from each cluster.

    Attributes
    ----------
    mean_drop
        Shape (n_experiments, n_clusters); mean over the voxels of the cluster of
        1 - S_i / S, the share of a voxel's ALE that is lost. Fractions that need not
        sum to 1; the definition of NiMARE's Jackknife.
    share
        Shape (n_experiments, n_clusters); `mean_drop` scaled to sum to 1 over the
        experiments, the contribution the literature prints as a percentage.
    largest_drop
        Shape (n_experiments, n_clusters); the largest 1 - S_i / S of any voxel.
    """

    mean_drop: FloatArray
    share: FloatArray
    largest_drop: FloatArray

    def __post_init__(self) -> None:
        freeze(self, "mean_drop", "share", "largest_drop")


def contributions(ma: MaMaps, clusters: Clusters) -> Contributions:
    """Leave each experiment out of the ALE of each cluster.

    Parameters
    ----------
    ma
        Modelled activation of the experiments.
    clusters
        Clusters of the map of all experiments, on the same mask.
    """
    shape = (ma.n_experiments, len(clusters))
    label = clusters.labels[ma.voxels]
    kept = np.flatnonzero(label)
    voxels, values = ma.voxels[kept], ma.values[kept]
    total = ma.log_sum[voxels]
    drop = 1.0 - to_probability(total - values) / to_probability(total)
    cell = (
        np.ravel_multi_index((ma.experiment_of_entry[kept], label[kept] - 1), shape)
        if (kept.size)
        else np.zeros(0, dtype=np.int64)
    )
    summed = np.bincount(cell, weights=drop, minlength=shape[0] * shape[1]).reshape(shape)
    largest = np.zeros(shape[0] * shape[1])
    np.maximum.at(largest, cell, drop)
    mean_drop = summed / clusters.sizes
    of_all = mean_drop.sum(axis=0)
    share = np.divide(mean_drop, of_all, out=np.zeros(shape), where=of_all > 0)
    return Contributions(mean_drop=mean_drop, share=share, largest_drop=largest.reshape(shape))
