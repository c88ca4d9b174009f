"""What becomes of the clusters without each unit, and how few have to go: answers as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focale.robustness.answers import Robustness

if TYPE_CHECKING:
    import pandas as pd

LEFT_OUT_COLUMNS = {
    "unit": "What is left out: experiment, subject_group, study, or a note of the experiments",
    "id": "Which one; the whole reading is then made anew from the others",
    "cluster": "Number of the cluster of the reading of all",
    "survives": "Whether any voxel of the cluster is in a listed cluster of the new reading",
    "p": "Smallest corrected p of a voxel of the cluster in the new reading, with its own null; "
    "none in a descriptive reading",
    "kept_share": "Share of the cluster's voxels in listed clusters of the new reading",
    "peak_shift_mm": "Distance from the cluster's peak to the highest ALE within it then, mm",
    "new_clusters": "Listed clusters of the new reading that share no voxel with any cluster of "
    "the reading of all; first row of each id",
}
REMOVAL_COLUMNS = {
    "unit": LEFT_OUT_COLUMNS["unit"],
    "cluster": "Number of the cluster",
    "n": "How many units are in the smallest set found without which the cluster does not "
    "survive; none if it survives the removal of all that reach it",
    "ids": "The units of this set",
    "is_smallest": "Whether all smaller sets of units that reach the cluster were tried; if not, "
    "the set was found by removing the unit with the largest share first, and a smaller one may "
    "exist",
    "n_reaching": "Units that reach the cluster",
}


def left_out_frame(robustness: Robustness) -> pd.DataFrame:
    """Every unit and every cluster, one row a pair; columns as in `LEFT_OUT_COLUMNS`.

    Of answers that have a reading without each unit.
    """
    import pandas as pd

    parts = []
    for found in robustness.left_out:
        n_units, n_clusters = found.survives.shape
        first = np.tile(np.arange(n_clusters) == 0, n_units)
        part = pd.DataFrame(
            {
                "unit": found.units.kind,
                "id": np.repeat(np.array(found.units.names, dtype=object), n_clusters),
                "cluster": np.tile(np.arange(1, n_clusters + 1), n_units),
                "survives": found.survives.ravel(),
                "p": found.p.ravel(),
                "kept_share": found.kept_share.ravel(),
                "peak_shift_mm": found.peak_shift_mm.ravel(),
                "new_clusters": np.repeat(found.n_new, n_clusters),
            }
        )
        part["new_clusters"] = part["new_clusters"].astype("Int64").where(first)
        parts.append(part)
    return (
        pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*LEFT_OUT_COLUMNS])
    )


def removal_frame(robustness: Robustness) -> pd.DataFrame:
    """The smallest set found for every cluster; columns as in `REMOVAL_COLUMNS`."""
    import pandas as pd

    rows = [
        (
            removals.units.kind,
            cluster,
            len(removal.units) or None,
            "; ".join(removals.units.names[unit] for unit in removal.units) or None,
            removal.is_smallest,
            removal.n_reaching,
        )
        for removals in robustness.removals
        for cluster, removal in enumerate(removals.of_clusters, start=1)
    ]
    return pd.DataFrame(rows, columns=list(REMOVAL_COLUMNS)).astype({"n": "Int64"})
