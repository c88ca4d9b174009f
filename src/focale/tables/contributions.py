"""What each experiment means to each cluster, one row a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focale.descriptive import DescriptiveResult

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "cluster": "Number of the cluster",
    "id": "Experiment: study id, hyphen, contrast id",
    "study_id": "Study",
    "n_foci": "Foci of the experiment in the cluster",
    "mean_drop": "Mean over the cluster's voxels of 1 - S_i / S, S the ALE of all experiments and "
    "S_i without this one (NiMARE's Jackknife)",
    "share": "mean_drop scaled to sum to 1 over experiments",
    "largest_drop": "Largest 1 - S_i / S of any voxel of the cluster",
    "remains": "Whether connected voxels above the same display-only threshold, of at least the "
    "smallest volume listed, are left without the experiment",
    "kept_share": "Share of the cluster's voxels above the same threshold without the experiment",
    "peak_shift_mm": "Distance from the cluster's peak to its highest value without the "
    "experiment, mm",
}


def contribution_frame(result: DescriptiveResult) -> pd.DataFrame:
    """Every experiment in every listed cluster; columns as in `COLUMNS`."""
    import pandas as pd

    n_experiments, n_clusters = result.contributions.mean_drop.shape
    left_out = result.leave_one_out
    experiments = list(result.studyset)
    values = {
        "cluster": np.repeat(np.arange(1, n_clusters + 1), n_experiments),
        "id": [e.id for e in experiments] * n_clusters,
        "study_id": [e.study_id for e in experiments] * n_clusters,
        "n_foci": result.n_foci,
        "mean_drop": result.contributions.mean_drop,
        "share": result.contributions.share,
        "largest_drop": result.contributions.largest_drop,
        "remains": left_out.remains,
        "kept_share": left_out.kept_share,
        "peak_shift_mm": left_out.peak_shift_mm,
    }
    flat = {
        k: v.T.ravel() if isinstance(v, np.ndarray) and v.ndim > 1 else v
        for k, v in values.items()
    }
    return pd.DataFrame(flat)[list(COLUMNS)]
