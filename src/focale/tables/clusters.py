"""Clusters and peaks of a descriptive reading, one row a peak."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focale.descriptive import DescriptiveResult

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "cluster": "Number of the cluster, the highest peak first",
    "peak": "The cluster's number for its highest peak, then a, b, c for further peaks at "
    "least 8 mm from all higher ones listed",
    "x": "Left (-) to right (+), mm, in the space of the map",
    "y": "Back (-) to front (+), mm",
    "z": "Bottom (-) to top (+), mm",
    "ale": "ALE statistic at the peak",
    "ale_in_peaks": "ALE in units of one typical experiment's peak (1: one experiment reports "
    "a focus here; 2: as if two did)",
    "volume_mm3": "Volume of the cluster above the display-only threshold; first row of a cluster",
    "n_voxels": "Voxels of the cluster; first row of a cluster",
    "centre_x": "Mean place of the cluster weighted by ALE, mm; first row of a cluster",
    "centre_y": "As centre_x",
    "centre_z": "As centre_x",
    "n_studies": "Studies with a focus in the cluster or a share of at least 5 %; first row of a "
    "cluster",
    "remarks": "Flags for clusters that rest on one or two studies",
}


def cluster_frame(result: DescriptiveResult) -> pd.DataFrame:
    """Peaks of all listed clusters; columns as in `COLUMNS`."""
    import pandas as pd

    in_peaks = result.ale_in_peaks.values
    rows = []
    for number, cluster in enumerate(result.clusters, start=1):
        flags = result.dominance[number - 1]
        of_cluster = (
            cluster.volume_mm3,
            cluster.positions.size,
            *np.round(cluster.centre_mm, 1),
            flags.n_contributing,
            "; ".join(flags.flags) or None,
        )
        for order, peak in enumerate(cluster.peaks):
            name = f"{number}{'' if order == 0 else chr(ord('a') + order - 1)}"
            of_peak = (number, name, *peak.mm, peak.value, in_peaks[peak.position])
            rows.append((*of_peak, *(of_cluster if order == 0 else (None,) * len(of_cluster))))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    whole = {"n_voxels": "Int64", "n_studies": "Int64"}
    return table.astype(whole)
