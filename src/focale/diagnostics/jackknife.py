"""Diagnostics as verbs, for scripts that know them from NiMARE.

`Jackknife(...).transform(result)` and `FocusCounter(...).transform(result)` find the
clusters of a map and return the result with two more tables. The numbers come from
`contributions` and `focus_counts`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from focale._check import check_choice, check_count, is_number, refuse
from focale.diagnostics.contributions import contributions
from focale.diagnostics.focus_counts import focus_counts
from focale.errors import ArgumentError
from focale.estimators.nimare_names import (
    cluster_table,
    cluster_table_name,
    counts_table,
    counts_table_name,
)
from focale.estimators.result import Result
from focale.inference.clusters import Clusters, find_clusters
from focale.space.voxelmap import VoxelMap
from focale.typing import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class _ClusterDiagnostic:
    """Clusters of a map, and a number for each experiment in each of them.

    Parameters
    ----------
    target_image
        The map whose clusters are looked at: "stat", "z", "logp", or one that a corrector
        made.
    voxel_thresh
        Voxels above it are in a cluster. There is no default: a level that nobody chose
        says nothing.
    cluster_threshold
        Smallest number of voxels of a cluster.
    n_cores
        Accepted for scripts that pass it; the closed form needs no more than one core.
    """

    target_image: str = "stat"
    voxel_thresh: float | None = None
    cluster_threshold: int | None = None
    n_cores: int = 1

    def __post_init__(self) -> None:
        name = type(self).__name__
        if "_corr-" not in str(self.target_image):
            check_choice("target_image", name, self.target_image, ("stat", "z", "logp"))
        if self.voxel_thresh is None:
            raise ArgumentError(
                f"{name} needs voxel_thresh, the level above which voxels form clusters; for a "
                "descriptive reading take a percentile of the non-zero values"
            )
        if not is_number(self.voxel_thresh) or not math.isfinite(self.voxel_thresh):
            raise refuse("voxel_thresh", name, "a finite number", self.voxel_thresh)
        if self.cluster_threshold is not None:
            check_count("cluster_threshold", name, self.cluster_threshold, 0)

    def transform(self, result: Result) -> Result:
        """The result with a cluster table and the table of this diagnostic.

        Parameters
        ----------
        result
            What `fit` of an estimator returned; left as it is.
        """
        target = result.get_map(self.target_image, return_type="array")
        clusters = find_clusters(
            VoxelMap(target, result.mask),
            float(self.voxel_thresh or 0),
            self.cluster_threshold or 1,
        )
        tables = {
            **result.tables,
            cluster_table_name(self.target_image): cluster_table(clusters),
            counts_table_name(self.target_image, type(self).__name__): counts_table(
                result.studyset.ids, self._counts(result, clusters)
            ),
        }
        labels = VoxelMap(clusters.labels.astype(float), result.mask)
        return replace(result, tables=tables, labels=labels)

    def _counts(self, result: Result, clusters: Clusters) -> FloatArray | IntArray:
        raise NotImplementedError


class Jackknife(_ClusterDiagnostic):
    """Share of each cluster's ALE that is lost without each experiment.

    Examples
    --------
    >>> from focale import ALE, Studyset, pain_studyset_path
    >>> result = ALE().fit(Studyset(pain_studyset_path()))
    >>> jackknife = Jackknife(target_image="z", voxel_thresh=3.1, cluster_threshold=200)
    >>> table = jackknife.transform(result).tables["z_diag-Jackknife_tab-counts_tail-positive"]
    >>> table.shape
    (21, 4)
    """

    __slots__ = ()

    def _counts(self, result: Result, clusters: Clusters) -> FloatArray:
        return contributions(result.ma, clusters).mean_drop


class FocusCounter(_ClusterDiagnostic):
    """Number of foci of each experiment in each cluster."""

    __slots__ = ()

    def _counts(self, result: Result, clusters: Clusters) -> IntArray:
        return focus_counts(result.studyset, clusters)
