"""How many foci of each experiment lie in each cluster."""

from __future__ import annotations

import numpy as np

from focale.inference.clusters import Clusters
from focale.studyset.model import Studyset
from focale.typing import IntArray


def focus_counts(studyset: Studyset, clusters: Clusters) -> IntArray:
    """Count foci whose nearest voxel belongs to a cluster.

    Returns
    -------
    IntArray
        Shape (n_experiments, n_clusters).
    """
    counts = np.zeros((len(studyset), len(clusters) + 1), dtype=np.int64)
    positions = clusters.mask.position_of(studyset.foci_mm)
    label = np.where(positions < 0, 0, clusters.labels[positions])
    np.add.at(counts, (studyset.experiment_of_focus, label), 1)
    inside: IntArray = counts[:, 1:]
    return inside
