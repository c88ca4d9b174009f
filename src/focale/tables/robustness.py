"""What becomes of the clusters without each unit, and how few have to go: answers as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from focale.inferential import InferentialResult
from focale.reading import Reading
from focale.robustness.answers import Robustness
from focale.robustness.fail_safe import FailSafe
from focale.robustness.leave_out import LeftOut
from focale.robustness.stability import Stability
from focale.typing import FloatArray

if TYPE_CHECKING:
    import pandas as pd

LEFT_OUT_COLUMNS = {
    "unit": "What is left out: experiment, subject_group, study, or a note of the experiments",
    "id": "Which one; the whole reading is then made anew from the others",
    "cluster": "Number of the cluster of the reading of all",
    "survives": "Whether any voxel of the cluster is in a listed cluster of the new reading",
    "p": "Smallest corrected p of a voxel of the cluster in the new reading, with its own null; "
    "none in a descriptive reading",
    "p_low": "Lower end of its 95 % Monte Carlo interval (Clopper and Pearson)",
    "p_high": "Upper end of it",
    "kept_share": "Share of the cluster's voxels in listed clusters of the new reading",
    "peak_shift_mm": "Distance from the cluster's peak to its highest value then, mm",
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

STABILITY_COLUMNS = {
    "cluster": "Number of the cluster",
    "mean_share": "Share of the replicates in which a voxel of the cluster survives (is "
    "displayed), the mean over its voxels; each replicate is judged by its own null (its own "
    "display rule)",
    "largest_share": "The same share of the voxel that survives most often",
    "share_any": "Share of the replicates in which any voxel of the cluster survives",
    "share_any_low": "Lower end of its 95 % interval (Clopper and Pearson), as the replicates "
    "tell it",
    "share_any_high": "Upper end of it",
    "n_replicates": "How many replicates there are",
    "subject_groups": "Subject groups of a replicate",
    "with_replacement": "Whether a group may be drawn more than once (bootstrap)",
    "rule": "What it takes to survive",
}
FAIL_SAFE_COLUMNS = {
    "cluster": "Number of the cluster",
    "median": "Median over the lists of the largest number of noise experiments with which the "
    "cluster survives",
    "low": "Lower end of an interval of the median, from order statistics",
    "high": "Upper end of it",
    "coverage": "Probability that this interval holds the median over endless lists",
    "smallest": "Smallest number over the lists",
    "largest": "Largest number over the lists",
    "lists_beyond": "Lists with all of whose noise experiments the cluster survives: there the "
    "number is at least what was searched",
    "n_lists": "How many lists",
    "most": "Most noise experiments that were added, fixed before looking",
    "values": "The number of each list, in their order",
}


def left_out_frame(result: Reading, left_out: Sequence[LeftOut]) -> pd.DataFrame:
    """Every unit and every cluster, one row a pair; columns as in `LEFT_OUT_COLUMNS`.

    Parameters
    ----------
    result
        The reading of all.
    left_out
        The readings without each unit, for one kind of unit or more.
    """
    import pandas as pd

    parts = []
    for found in left_out:
        n_units, n_clusters = found.survives.shape
        low, high = _intervals(result, found.p.ravel()).T
        first = np.tile(np.arange(n_clusters) == 0, n_units)
        part = pd.DataFrame(
            {
                "unit": found.units.kind,
                "id": np.repeat(np.array(found.units.names, dtype=object), n_clusters),
                "cluster": np.tile(np.arange(1, n_clusters + 1), n_units),
                "survives": found.survives.ravel(),
                "p": found.p.ravel(),
                "p_low": low,
                "p_high": high,
                "kept_share": found.kept_share.ravel(),
                "peak_shift_mm": found.peak_shift_mm.ravel(),
                "new_clusters": np.repeat(found.n_new, n_clusters),
            }
        )
        part["new_clusters"] = part["new_clusters"].astype("Int64").where(first)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _intervals(result: Reading, p: FloatArray) -> FloatArray:
    """Monte Carlo interval of each p, shape (n, 2); NaN in a descriptive reading."""
    if not isinstance(result, InferentialResult):
        return np.full((p.size, 2), np.nan)
    return np.array([result.fwe.interval(float(one)) for one in p]).reshape(-1, 2)


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


def stability_frame(found: Stability) -> pd.DataFrame:
    """How often each cluster survives in replicates; columns as in `STABILITY_COLUMNS`."""
    import pandas as pd

    intervals = [found.interval(c) for c in range(len(found.clusters))]
    return pd.DataFrame(
        {
            "cluster": np.arange(1, len(intervals) + 1),
            "mean_share": found.mean_share,
            "largest_share": found.largest_share,
            "share_any": found.share_of_clusters,
            "share_any_low": [low for low, _ in intervals],
            "share_any_high": [high for _, high in intervals],
            "n_replicates": found.n_replicates,
            "subject_groups": found.resampling.size,
            "with_replacement": found.resampling.with_replacement,
            "rule": found.rule.words,
        },
        columns=list(STABILITY_COLUMNS),
    )


def fail_safe_frame(found: FailSafe) -> pd.DataFrame:
    """How many noise experiments each cluster outlasts; columns as in `FAIL_SAFE_COLUMNS`."""
    import pandas as pd

    return pd.DataFrame(
        {
            "cluster": np.arange(1, found.values.shape[1] + 1),
            "median": found.median,
            "low": found.interval[:, 0],
            "high": found.interval[:, 1],
            "coverage": found.coverage,
            "smallest": found.range[:, 0],
            "largest": found.range[:, 1],
            "lists_beyond": found.reaches_most.sum(axis=0),
            "n_lists": found.n_realisations,
            "most": found.most,
            "values": ["; ".join(map(str, own)) for own in found.values.T.tolist()],
        },
        columns=list(FAIL_SAFE_COLUMNS),
    )
