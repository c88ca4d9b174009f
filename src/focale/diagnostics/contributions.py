"""How much of a cluster each experiment carries: the jackknife in closed form.

Leaving experiment i out changes the ALE of a voxel from S = 1 - exp(-L) to
S_i = 1 - exp(-(L - l_i)), where l_i = -log(1 - MA_i) and L is their sum. A density is the sum
itself, S = L and S_i = L - l_i. Both are known from the sums, so nothing is fitted again, and
the result is what a new fit without the experiment would give.

The field has several definitions of a contribution, which differ in the third digit or the second;
each is here under a name of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from focale.frozen import freeze
from focale.inference.clusters import Clusters
from focale.inference.ma_maps import MaMaps
from focale.typing import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Contributions:
    """What leaving each experiment out takes from each cluster.

    All arrays have shape (n_experiments, n_clusters).

    Attributes
    ----------
    mean_drop
        Mean over the voxels of the cluster of 1 - S_i / S, the share of a voxel's value that
        is lost. Fractions that need not sum to 1; the definition of NiMARE's Jackknife.
    share
        `mean_drop` scaled to sum to 1 over the experiments: the contribution the literature
        prints as a percentage (NORM in JALE).
    largest_drop
        The largest 1 - S_i / S of any voxel (MAX in JALE).
    drop_of_sums
        1 - sum S_i / sum S over the voxels of the cluster, the ratio of summed values that
        papers describe in words.
    additive_share
        sum l_i / sum L over the voxels of the cluster. It sums to 1 over the experiments
        without scaling, since l adds up where ALE does not; of a density the two are one.
    ma_sum, ma_mean
        Sum and mean over the voxels of the cluster of the experiment's own MA (SUM and AVG
        in JALE).
    """

    mean_drop: FloatArray
    share: FloatArray
    largest_drop: FloatArray
    drop_of_sums: FloatArray
    additive_share: FloatArray
    ma_sum: FloatArray
    ma_mean: FloatArray

    def __post_init__(self) -> None:
        freeze(self, "mean_drop", "share", "largest_drop", "drop_of_sums", "additive_share")
        freeze(self, "ma_sum", "ma_mean")


def contributions(ma: MaMaps, clusters: Clusters) -> Contributions:
    """Leave each experiment out of the statistic of each cluster.

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
    values, total = ma.values[kept], ma.log_sum[ma.voxels[kept]]
    cell = (ma.experiment_of_entry[kept] * shape[1]) + label[kept] - 1

    def summed(of_entries: FloatArray | IntArray) -> FloatArray:
        size = shape[0] * shape[1]
        sums: FloatArray = np.bincount(cell, of_entries, size).astype(float).reshape(shape)
        return sums

    value = ma.scale.value
    stat = value(total)
    lost = stat - value(total - values)
    largest = np.zeros(shape[0] * shape[1])
    np.maximum.at(largest, cell, lost / stat)
    mean_drop = summed(lost / stat) / clusters.sizes
    ma_sum = summed(value(values))
    return Contributions(
        mean_drop=mean_drop,
        share=_of_all(mean_drop, mean_drop.sum(axis=0)),
        largest_drop=largest.reshape(shape),
        drop_of_sums=_of_all(summed(lost), _sums(value(ma.log_sum), clusters)),
        additive_share=_of_all(summed(values), _sums(ma.log_sum, clusters)),
        ma_sum=ma_sum,
        ma_mean=ma_sum / clusters.sizes,
    )


def _sums(values: FloatArray | IntArray, clusters: Clusters) -> FloatArray:
    """Sum of a map over each cluster."""
    return np.array([values[cluster.positions].sum() for cluster in clusters], dtype=float)


def _of_all(parts: FloatArray, whole: FloatArray) -> FloatArray:
    shares: FloatArray = np.divide(parts, whole, out=np.zeros(parts.shape), where=whole > 0)
    return shares
