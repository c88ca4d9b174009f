"""Who went in: experiments and foci, and what became of every focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focale.reading import Reading

if TYPE_CHECKING:
    import pandas as pd

_EXPERIMENT = {
    "id": "Experiment: study id, hyphen, contrast id",
    "study_id": "Study",
    "contrast_id": "Contrast within the study",
    "name": "Label in the source",
    "sample_size": "Participants; the mean over groups where the source lists several",
    "n_foci": "Foci reported",
    "source": "Place in the source",
    "subject_group": "Participants; experiments with one name share them",
    "pooled_from": "Experiments as reported that were pooled into this one, by contrast",
}
_WEIGHT = {"weight": "Weight of the experiment, 1 on average"}
_IN_MASK = {
    "n_foci_outside": "Foci whose nearest voxel lies outside the mask",
    "mean_contribution": "Mean over the listed clusters of the share of {statistic} lost "
    "without the experiment",
}

FOCUS_COLUMNS = {
    "id": "Experiment: study id, hyphen, contrast id",
    "study_id": "Study",
    "contrast_id": "Contrast within the study",
    "x": "Left (-) to right (+), mm, in the space of the map",
    "y": "Back (-) to front (+), mm",
    "z": "Bottom (-) to top (+), mm",
    "space": "Space of x, y, z",
    "reported_x": "As reported, mm",
    "reported_y": "As reported, mm",
    "reported_z": "As reported, mm",
    "reported_space": "Space as reported",
    "reported_experiment": "Experiment as reported, before experiments were pooled",
    "conversion": "How Talairach coordinates were converted; empty for MNI coordinates",
    "in_mask": "Whether the nearest voxel is inside the mask; foci outside count with the part of "
    "their footprint that lies inside",
    "cluster": "Cluster the nearest voxel belongs to, if any",
}


def experiment_columns(result: Reading) -> dict[str, str]:
    """Names and meanings of the columns of `experiment_frame`."""
    words, weighs = result.words, np.any(result.map.footprints.weight != 1)
    in_mask = {k: v.format(statistic=words.statistic) for k, v in _IN_MASK.items()}
    return {**_EXPERIMENT, **dict([words.width]), **(_WEIGHT if weighs else {}), **in_mask}


def experiment_frame(result: Reading) -> pd.DataFrame:
    """One row an experiment; columns as in `experiment_columns`."""
    table = result.studyset.metadata
    outside = result.mask.position_of(result.studyset.foci_mm) < 0
    owners = result.studyset.experiment_of_focus
    experiments = list(result.studyset)
    table["subject_group"] = [e.group for e in experiments]
    table["pooled_from"] = ["; ".join(m.contrast_id for m in e.members) for e in experiments]
    table[result.words.width[0]] = result.map.footprints.width_mm
    table["weight"] = result.map.footprints.weight
    table["n_foci_outside"] = [int(outside[owners == i].sum()) for i in range(len(table))]
    table["mean_contribution"] = result.mean_contributions
    return table[list(experiment_columns(result))]


def focus_frame(result: Reading) -> pd.DataFrame:
    """One row a focus, in the order of the source; columns as in `FOCUS_COLUMNS`."""
    import pandas as pd

    studyset = result.studyset
    table = studyset.coordinates
    reported = [focus for experiment in studyset for focus in experiment.foci]
    table[["reported_x", "reported_y", "reported_z"]] = [focus.mm for focus in reported]
    table["reported_space"] = [focus.space for focus in reported]
    table["reported_experiment"] = [m.id for e in studyset for m in e.reported for _ in m.foci]
    table["conversion"] = [matrix or "" for matrix in studyset.conversion_of_focus]
    positions = result.mask.position_of(studyset.foci_mm)
    table["in_mask"] = positions >= 0
    cluster = pd.Series(result.clusters.labels[positions], dtype="Int64")
    table["cluster"] = cluster.mask((positions < 0) | (cluster == 0))
    return table[list(FOCUS_COLUMNS)]
