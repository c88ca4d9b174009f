"""Foci in clusters."""

from __future__ import annotations

import numpy as np

from focale import ALE
from focale.diagnostics.focus_counts import focus_counts
from focale.inference.clusters import find_clusters
from tests.fixtures_pain import box_mask, studyset_of


def test_focus_counts__equal_a_count_focus_by_focus(pain8, pain8_described):
    clusters = pain8_described.clusters
    counts = np.zeros((8, len(clusters)), dtype=int)
    for i, experiment in enumerate(pain8):
        for focus in experiment.foci:
            ijk = np.round((np.array(focus.mm) - [-90, -126, -72]) / 2).astype(int)
            for c, cluster in enumerate(clusters):
                counts[i, c] += ijk.tolist() in clusters.mask.ijk(cluster.positions).tolist()
    np.testing.assert_array_equal(focus_counts(pain8, clusters), counts)


def test_focus_counts__count_repeated_foci_and_skip_those_outside():
    mask = box_mask((20, 20, 20))
    place = (20, 20, 20)
    studyset = studyset_of(
        {"a": [[place, place, (21, 20, 20), (-50, 0, 0), (2, 2, 2)]], "b": [[]], "c": [[place]]}
    )
    ale = ALE(mask=mask).statistic(studyset).ale
    clusters = find_clusters(ale, 0.01)
    assert focus_counts(studyset, clusters).tolist() == [[3], [0], [1]]


def test_focus_counts__without_clusters_have_no_columns(pain8, pain8_result):
    assert focus_counts(pain8, find_clusters(pain8_result.ale, 1.0)).shape == (8, 0)


def test_focus_counts__a_focus_outside_is_not_in_the_cluster_of_the_last_voxel():
    mask = box_mask((12, 12, 12))
    studyset = studyset_of({"a": [[(22, 22, 22), (300, 0, 0)]]})
    clusters = find_clusters(ALE(mask=mask).statistic(studyset).ale, 0.001)
    assert clusters.labels[-1] == 1
    assert focus_counts(studyset, clusters).tolist() == [[1]]
