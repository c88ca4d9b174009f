"""Studies that fit the others better with left and right exchanged.

Papers confuse neurological and radiological order, and extraction loses minus signs. If
all the other studies report a place on the left and one study reports it on the right,
the exchange is the first thing to look up. Bilateral patterns give no score either way.
"""

from __future__ import annotations

import numpy as np

from focale.studyset.model import Studyset
from focale.typing import FloatArray, IntArray

SPREAD_MM = 10.0
"""Standard deviation of the agreement between studies."""

REACH_MM = 3 * SPREAD_MM
PRIOR = 0.5
"""Half a study everywhere, so that a lone focus says little."""


def mirror_scores(studyset: Studyset) -> FloatArray:
    """Log ratio of fit as reported over fit with left and right exchanged, by study.

    For each focus, the other studies near it are counted, each once and weighted by the
    distance of its nearest focus; the same is done for the place mirrored at x = 0. The
    score of a study is the sum over its foci of the log of the ratio of the counts.

    Returns
    -------
    FloatArray
        Shape (n_studies,); below 0 where the mirrored foci fit better.
    """
    study = studyset.study_of_experiment[studyset.experiment_of_focus]
    here = _other_studies_near(studyset.foci_mm, studyset.foci_mm, study)
    mirrored = studyset.foci_mm * np.array([-1.0, 1.0, 1.0])
    there = _other_studies_near(mirrored, studyset.foci_mm, study)
    ratios = np.log((here + PRIOR) / (there + PRIOR))
    return np.bincount(study, ratios, minlength=len(studyset.study_ids)).astype(float)


def _other_studies_near(places: FloatArray, foci_mm: FloatArray, study: IntArray) -> FloatArray:
    """Weighted number of other studies near each place; place i belongs to study[i]."""
    from scipy.spatial import cKDTree

    pairs = cKDTree(places).sparse_distance_matrix(
        cKDTree(foci_mm), REACH_MM, output_type="ndarray"
    )
    owner, other = pairs["i"], study[pairs["j"]]
    weight = np.exp(-0.5 * (pairs["v"] / SPREAD_MM) ** 2)
    weight[study[owner] == other] = 0.0
    key = owner * (study.max() + 1) + other
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    nearest = np.maximum.reduceat(weight[order], starts)
    return np.bincount(owner[order][starts], nearest, minlength=len(places)).astype(float)
