"""Clusters and peaks of a reading, one row a peak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focale.estimators.words import Words
from focale.inference.clusters import Cluster, Peak
from focale.inferential import InferentialResult
from focale.phrases import peak_name
from focale.reading import Reading

if TYPE_CHECKING:
    import pandas as pd

_PLACE = {
    "cluster": "Number of the cluster, the highest peak first",
    "peak": "The cluster's number for its highest peak, then a, b, c for further peaks at "
    "least 8 mm from all higher ones listed",
    "x": "Left (-) to right (+), mm, in the space of the map",
    "y": "Back (-) to front (+), mm",
    "z": "Bottom (-) to top (+), mm",
}
_LABEL = {
    "label": "Label of the first atlas at the peak, or the nearest one with its distance; the "
    "table of labels has more",
    "atlas": "Name and version of that atlas",
}
_OF_CLUSTER = {
    "volume_mm3": "Volume of the cluster; first row of a cluster",
    "n_voxels": "Voxels of the cluster; first row of a cluster",
    "centre_x": "Mean place of the cluster weighted by {statistic}, mm; first row of a cluster",
    "centre_y": "As centre_x",
    "centre_z": "As centre_x",
    "n_studies": "Studies with a focus in the cluster or a share of at least 5 %; first row of a "
    "cluster",
    "remarks": "Flags for clusters that rest on one or two studies",
}
_P_OF_PEAK = {
    "z_value": "One-tailed z of the uncorrected p of the peak",
    "p_uncorrected": "Uncorrected p of the peak",
    "p_voxel": "Family-wise p of the peak, among all voxels",
}
_P_OF_CLUSTER = {
    "p_size": "Family-wise p of the size of the cluster; first row of a cluster",
    "p_size_low": "Lower end of its 95 % Monte Carlo interval (Clopper and Pearson)",
    "p_size_high": "Upper end of it",
    "p_mass": "Family-wise p of the mass of the cluster; first row of a cluster",
    "p_mass_low": "Lower end of its 95 % Monte Carlo interval",
    "p_mass_high": "Upper end of it",
}
_P_TFCE = "Family-wise p of the TFCE of the peak, among all voxels"
_WHOLE = {"n_voxels": "Int64", "n_studies": "Int64"}


def columns_of(result: Reading) -> dict[str, str]:
    """Names and meanings of the columns of `cluster_frame`."""
    words = result.words
    of_peak = {**_PLACE, **_statistic(words), **_LABEL}
    of_cluster = {k: v.format(statistic=words.statistic) for k, v in _OF_CLUSTER.items()}
    if not isinstance(result, InferentialResult):
        return {**of_peak, **of_cluster}
    tfce = {"p_tfce": _P_TFCE} if result.fwe.p_tfce is not None else {}
    return {**of_peak, **_P_OF_PEAK, **tfce, **_P_OF_CLUSTER, **of_cluster}


def _statistic(words: Words) -> dict[str, str]:
    """The statistic of a peak, and where its value needs one its unit."""
    if words.means:
        return {words.key: f"{words.statistic} at the peak: {words.means}"}
    return {
        words.key: f"{words.statistic} statistic at the peak",
        f"{words.key}_in_peaks": f"{words.statistic} in units of one typical experiment's peak "
        "(1: one experiment reports a focus here; 2: as if two did)",
    }


def cluster_frame(result: Reading) -> pd.DataFrame:
    """Peaks of all listed clusters; columns as in `columns_of`."""
    import pandas as pd

    words, in_peaks = result.words, result.in_peaks.values
    rows: list[dict[str, Any]] = []
    for number, cluster in enumerate(result.clusters, start=1):
        for order, peak in enumerate(cluster.peaks):
            row = {
                "cluster": number,
                "peak": peak_name(number, order),
                **dict(zip("xyz", peak.mm, strict=True)),
                words.key: peak.value,
                f"{words.key}_in_peaks": in_peaks[peak.position],
            }
            for anatomy in result.anatomy[:1]:
                row["label"] = str(anatomy.clusters[number - 1].peaks[order])
                row["atlas"] = anatomy.atlas.title
            if isinstance(result, InferentialResult):
                row.update(_p_of_peak(result, peak))
            if order == 0:
                row.update(_of_cluster(result, number - 1, cluster))
            rows.append(row)
    return pd.DataFrame(rows, columns=list(columns_of(result))).astype(_WHOLE)


def _of_cluster(result: Reading, number: int, cluster: Cluster) -> dict[str, Any]:
    flags = result.dominance[number]
    centre = np.round(cluster.centre_mm, 1)
    row = {
        "volume_mm3": cluster.volume_mm3,
        "n_voxels": cluster.positions.size,
        **dict(zip(("centre_x", "centre_y", "centre_z"), centre, strict=True)),
        "n_studies": flags.n_contributing,
        "remarks": "; ".join(flags.flags) or None,
    }
    if isinstance(result, InferentialResult) and result.protocol.correction != "voxel":
        row.update(_p_of_cluster(result, cluster.peaks[0]))
    return row


def _p_of_peak(result: InferentialResult, peak: Peak) -> dict[str, Any]:
    maps = {"z_value": result.z, "p_uncorrected": result.p, "p_voxel": result.fwe.p_voxel}
    if result.fwe.p_tfce is not None:
        maps["p_tfce"] = result.fwe.p_tfce
    return {name: of.values[peak.position] for name, of in maps.items()}


def _p_of_cluster(result: InferentialResult, peak: Peak) -> dict[str, Any]:
    row = {}
    for name, p_map in (("p_size", result.fwe.p_size), ("p_mass", result.fwe.p_mass)):
        p = float(p_map.values[peak.position])
        low, high = result.fwe.interval(p)
        row.update({name: p, f"{name}_low": low, f"{name}_high": high})
    return row


def formed_frame(result: InferentialResult) -> pd.DataFrame:
    """Every cluster that was formed, listed or not; columns as in `formed_columns`."""
    table = result.fwe.table
    first = [cluster.peaks[0].position for cluster in result.fwe.clusters]
    listed = result.clusters.labels[first] if first else np.zeros(0, dtype=int)
    table["listed_as"] = listed
    table["listed_as"] = table["listed_as"].astype("Int64").mask(listed == 0)
    return table[list(formed_columns(result))]


def formed_columns(result: InferentialResult) -> dict[str, str]:
    """Names and meanings of the columns of `formed_frame`."""
    key = result.words.key
    return {
        "cluster": "Number of the cluster among all that were formed, the highest peak first",
        **{name: _PLACE[name] for name in "xyz"},
        key: _statistic(result.words)[key],
        "n_voxels": "Voxels of the cluster",
        "volume_mm3": "Volume of the cluster",
        **{name: _P_OF_CLUSTER[name].partition(";")[0] for name in list(_P_OF_CLUSTER)[:4]},
        "p_peak": _P_OF_PEAK["p_voxel"],
        "listed_as": "Number in the table of the clusters that survive, if it does",
    }
