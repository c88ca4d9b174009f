"""What each experiment, or each study, means to each cluster: one row a pair.

All definitions of a contribution that the field uses stand side by side under names of
their own; see `focale.diagnostics.contributions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from focale.diagnostics.contributions import Contributions
from focale.diagnostics.leave_one_out import LeaveOneOut
from focale.inferential import InferentialResult
from focale.reading import Reading

if TYPE_CHECKING:
    import pandas as pd

_DEFINITIONS = {
    "mean_drop": "Mean over the cluster's voxels of 1 - S_i / S, S the {statistic} of all "
    "experiments and S_i the {statistic} of the others (for experiments: NiMARE's Jackknife)",
    "share": "mean_drop scaled to sum to 1 over the rows of the cluster",
    "largest_drop": "Largest 1 - S_i / S of any voxel of the cluster",
    "drop_of_sums": "1 - (sum of S_i) / (sum of S) over the cluster's voxels: the ratio of summed "
    "values that papers describe",
    "additive_share": "(sum of l_i) / (sum of L) over the cluster's voxels, {summands} "
    "and L the sum over all experiments: adds up to 1 without scaling",
    "jale_sum": "JALE's SUM: sum over the cluster's voxels of the MA of what is left out",
    "jale_avg": "JALE's AVG: 100 times the mean over the cluster's voxels of that MA",
    "jale_max": "JALE's MAX: 100 times largest_drop",
    "jale_norm": "JALE's NORM: 100 times share",
}
_CLUSTER = {
    "cluster": "Number of the cluster",
    "id": "What is left out: an experiment (study id, hyphen, contrast id) or a whole study",
}
_WITHOUT = {
    "remains": "Whether connected voxels above the same display-only threshold, of at least the "
    "smallest volume listed, are left",
    "kept_share": "Share of the cluster's voxels still above the same threshold",
    "peak_shift_mm": "Distance from the cluster's peak to its highest value then, mm",
}


def columns_of(result: Reading) -> dict[str, str]:
    """Names and meanings of the columns of `study_frame`."""
    columns = {**_CLUSTER, **definitions(result), **_WITHOUT}
    if not isinstance(result, InferentialResult):
        return columns
    remains = (
        "Whether connected voxels above the same threshold are left, at least "
        f"{result.clusters.min_voxels} of them. Threshold and number are those of all "
        "experiments: this is no test of the others"
    )
    return {**columns, "remains": remains}


def definitions(result: Reading) -> dict[str, str]:
    """The field's definitions of a contribution, by the names of their columns."""
    words = {"statistic": result.words.statistic, "summands": result.words.summands}
    return {name: text.format(**words) for name, text in _DEFINITIONS.items()}


def contribution_frame(result: Reading) -> pd.DataFrame:
    """Every experiment in every listed cluster; `columns_of` and the number of foci."""
    ids = [str(experiment_id) for experiment_id in result.studyset.ids]
    table = _frame(ids, result.contributions, result.leave_one_out)
    table.insert(2, "n_foci", result.n_foci.T.ravel())
    return table


def study_frame(result: Reading) -> pd.DataFrame:
    """Every study in every listed cluster, all of its experiments left out; `columns_of`."""
    ids = [str(study_id) for study_id in result.studyset.study_ids]
    return _frame(ids, result.study_contributions, result.study_leave_one_out)


def _frame(ids: Sequence[str], of: Contributions, left_out: LeaveOneOut) -> pd.DataFrame:
    import pandas as pd

    n_clusters = of.mean_drop.shape[1]
    values = {
        "mean_drop": of.mean_drop,
        "share": of.share,
        "largest_drop": of.largest_drop,
        "drop_of_sums": of.drop_of_sums,
        "additive_share": of.additive_share,
        "jale_sum": of.ma_sum,
        "jale_avg": 100 * of.ma_mean,
        "jale_max": 100 * of.largest_drop,
        "jale_norm": 100 * of.share,
        "remains": left_out.remains,
        "kept_share": left_out.kept_share,
        "peak_shift_mm": left_out.peak_shift_mm,
    }
    table = pd.DataFrame({name: value.T.ravel() for name, value in values.items()})
    table.insert(0, "cluster", np.repeat(np.arange(1, n_clusters + 1), len(ids)))
    table.insert(1, "id", list(ids) * n_clusters)
    return table
