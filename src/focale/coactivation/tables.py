"""Tables of what is co-reported with a seed, with what their columns mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from focale.coactivation.result import MacmResult
from focale.correction.scale_result import ScaleResult
from focale.inference.clusters import Cluster, Peak
from focale.phrases import peak_name
from focale.typing import BoolArray

if TYPE_CHECKING:
    import pandas as pd

Table: TypeAlias = "tuple[pd.DataFrame, dict[str, str]]"

_PLACE = {
    "cluster": "Number of the cluster, the highest peak first",
    "peak": "The cluster's number for its highest peak, then a, b, c for further peaks at least "
    "8 mm apart",
    "x": "Left (-) to right (+), mm",
    "y": "Back (-) to front (+), mm",
    "z": "Bottom (-) to top (+), mm",
    "label": "Label of the first atlas at the peak, or the nearest one with its distance",
    "atlas": "Name and version of that atlas",
    "ale": "ALE at the peak",
    "ale_in_peaks": "ALE in units of one typical experiment's peak",
}
_TESTED = {
    "p_uncorrected": "Uncorrected p of the peak",
    "p_voxel": "Family-wise p of the peak, among all voxels",
    "p_size": "Family-wise p of the size of the cluster; first row of a cluster",
    "p_mass": "Family-wise p of the mass of the cluster; first row of a cluster",
    "p_low": "Lower end of the 95 % Monte Carlo interval of the p that the protocol decides by",
    "p_high": "Upper end of it",
}
_STANDING = {
    "standing": "Where the peak stands in the null of its own voxel, as a z; it ranks voxels and "
    "tests nothing by itself"
}
_CLUSTER = {
    "n_voxels": "Voxels of the cluster; first row of a cluster",
    "volume_mm3": "Volume of the cluster; first row of a cluster",
    "n_experiments": "Selected experiments (after pooling) with a focus in the cluster; first row "
    "of a cluster",
    "share_in_seed": "Share of the cluster's voxels that lie in the seed, which converges by "
    "selection; first row of a cluster",
    "remarks": "Flags for clusters that rest on one or two studies",
}
EXPERIMENT_COLUMNS = {
    "id": "Identifier of the experiment",
    "study_id": "Identifier of its study",
    "subject_group": "Its participants; experiments of one group are pooled",
    "name": "What the source calls it",
    "n_subjects": "Sample size",
    "n_foci": "Foci it reports",
    "n_in_seed": "Foci in the seed",
}
_FORMED = {
    "cluster": "Number of the cluster, the highest peak first",
    "x": "Peak, mm",
    "y": "Peak, mm",
    "z": "Peak, mm",
    "ale": "ALE at the peak",
    "p": "Uncorrected p of the peak in its own null",
    "standing": _STANDING["standing"],
    "n_voxels": "Voxels of the cluster",
    "volume_mm3": "Volume of the cluster",
    "p_size": "Family-wise p of its size",
    "p_size_low": "Lower end of its 95 % Monte Carlo interval",
    "p_size_high": "Upper end of it",
    "p_mass": "Family-wise p of its mass",
    "p_peak": "Family-wise p of the peak, among all voxels",
}


def tables_of(result: MacmResult) -> Iterator[tuple[str, pd.DataFrame, dict[str, str]]]:
    """Tables by name, each with a description of its columns."""
    yield "clusters", *_clusters(result)
    if result.test is not None:
        formed = result.test.table
        yield "clustersFormed", formed, {name: _FORMED[name] for name in map(str, formed)}
    selected = result.selection.is_selected
    yield "selected", _experiments(result, selected), EXPERIMENT_COLUMNS
    yield "notSelected", _experiments(result, ~selected), EXPERIMENT_COLUMNS


def _experiments(result: MacmResult, which: BoolArray) -> pd.DataFrame:
    import pandas as pd

    n_in_seed = result.selection.n_in_seed.tolist()
    rows = [
        (e.id, e.study_id, e.group, e.name or e.contrast_id, e.n_subjects, len(e.foci), n)
        for e, n, taken in zip(result.selection.database, n_in_seed, which, strict=True)
        if taken
    ]
    return pd.DataFrame(rows, columns=list(EXPERIMENT_COLUMNS))


def _clusters(result: MacmResult) -> Table:
    import pandas as pd

    columns = dict(_PLACE)
    if result.test is not None:
        columns |= (_STANDING if isinstance(result.test, ScaleResult) else {}) | _TESTED
    columns |= _CLUSTER
    rows = [
        {
            **_of_peak(result, number, order, peak),
            **(_of_cluster(result, number) if not order else {}),
        }
        for number, cluster in enumerate(result.clusters, start=1)
        for order, peak in enumerate(cluster.peaks)
    ]
    table = pd.DataFrame(rows, columns=list(columns))
    return table.astype({"n_voxels": "Int64", "n_experiments": "Int64"}), columns


def _of_peak(result: MacmResult, number: int, order: int, peak: Peak) -> dict[str, Any]:
    x, y, z = peak.mm
    at = peak.position
    row: dict[str, Any] = {
        "cluster": number,
        "peak": peak_name(number, order),
        "x": x,
        "y": y,
        "z": z,
        "ale": result.ale.values[at],
        "ale_in_peaks": result.in_peaks.values[at],
    }
    for anatomy in result.anatomy[:1]:
        row["label"] = str(anatomy.clusters[number - 1].peaks[order])
        row["atlas"] = anatomy.atlas.title
    if result.test is not None:
        row["p_uncorrected"] = result.p.values[at]
        row["p_voxel"] = result.p_fwe("voxel").values[at]
        if isinstance(result.test, ScaleResult):
            row["standing"] = result.test.standing.values[at]
    return row


def _of_cluster(result: MacmResult, number: int) -> dict[str, Any]:
    cluster: Cluster = result.clusters.members[number - 1]
    row: dict[str, Any] = {
        "n_voxels": cluster.positions.size,
        "volume_mm3": cluster.volume_mm3,
        "n_experiments": int(np.count_nonzero(result.n_foci[:, number - 1])),
        "share_in_seed": result.share_in_seed[number - 1],
        "remarks": "; ".join(result.dominance[number - 1].flags),
    }
    if result.test is not None:
        at = cluster.peaks[0].position
        row["p_size"] = result.p_fwe("size").values[at]
        row["p_mass"] = result.p_fwe("mass").values[at]
        row["p_low"], row["p_high"] = result.test.interval(float(result.p_of_clusters[number - 1]))
    return row
