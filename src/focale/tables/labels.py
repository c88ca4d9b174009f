"""Anatomical labels of clusters and peaks, one row a peak and atlas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from focale.atlases.clusters import ClusterLabels
from focale.errors import ArgumentError
from focale.inference.clusters import Clusters
from focale.phrases import peak_name

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "cluster": "Number of the cluster, the highest peak first",
    "peak": "The cluster's number for its highest peak, then a, b, c for further peaks",
    "x": "Left (-) to right (+), mm, in the space of the map",
    "y": "Back (-) to front (+), mm",
    "z": "Bottom (-) to top (+), mm",
    "atlas": "Name and version of the atlas",
    "label": "Label of the atlas at the peak, or the nearest one; in names of the bundled atlas "
    "L is left and R right",
    "distance_mm": "Distance from the peak to the centre of the nearest voxel with a label; 0 "
    "where the peak has one itself, empty where none is near",
    "probability": "Probability of the label at its voxel, of probabilistic atlases",
    "centre_label": "Label at the cluster's centre, or the nearest one with its distance; first "
    "row of a cluster and atlas",
    "overlap": "The most frequent labels of the cluster's voxels with their shares (at most three "
    "of at least 5 %), then those of other labels and of none; first row of a cluster and atlas",
}


def label_frame(
    labels_by_atlas: Sequence[Sequence[ClusterLabels]], clusters: Clusters
) -> pd.DataFrame:
    """Labels of all peaks; columns as in `COLUMNS`.

    Parameters
    ----------
    labels_by_atlas
        For each atlas what `label_clusters` gave for these clusters.
    clusters
        The clusters.

    Raises
    ------
    ArgumentError
        If the labels are of other clusters.
    """
    import pandas as pd

    if any(len(labels) != len(clusters) for labels in labels_by_atlas):
        raise ArgumentError(
            f"labels of {[len(labels) for labels in labels_by_atlas]} clusters do not belong to "
            f"{len(clusters)} clusters; pass a list of what label_clusters gave for these"
        )
    rows = []
    for number, cluster in enumerate(clusters, start=1):
        for order, peak in enumerate(cluster.peaks):
            for labels in labels_by_atlas:
                own = labels[number - 1]
                label = own.peaks[order]
                rows.append(
                    (
                        number,
                        peak_name(number, order),
                        *peak.mm,
                        own.atlas,
                        label.name,
                        label.distance_mm,
                        label.probability,
                        str(own.centre) if order == 0 else None,
                        own.overlap_text if order == 0 else None,
                    )
                )
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"distance_mm": float, "probability": float})
