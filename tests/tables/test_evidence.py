"""Who went in, and what became of every focus."""

from __future__ import annotations

import numpy as np
import pytest

from focale import Protocol, Studyset, describe
from focale.tables.evidence import (
    FOCUS_COLUMNS,
    experiment_columns,
    experiment_frame,
    focus_frame,
)
from tests.fixtures_pain import studyset_of
from tests.strategies import nimads_analysis, nimads_tree


@pytest.fixture(scope="module")
def converted():
    tree = nimads_tree(
        {
            "a": [nimads_analysis("1", [(0, 0, 10), (0, 200, 0)], n=[10, 11], space="TAL")],
            "b": [nimads_analysis("1", [(0, 0, 10)], n=12), nimads_analysis("2", [], n=12)],
        }
    )
    return describe(Studyset(tree), Protocol(min_cluster_mm3=8))


def test_frames__have_the_columns_that_are_described(pain8_described):
    assert list(experiment_frame(pain8_described).columns) == list(
        experiment_columns(pain8_described)
    )
    assert list(focus_frame(pain8_described).columns) == list(FOCUS_COLUMNS)


def test_experiment_frame__has_every_experiment(pain8_described, pain8):
    table = experiment_frame(pain8_described)
    assert table["id"].tolist() == pain8.ids.tolist()
    assert table["n_foci"].tolist() == [len(e.foci) for e in pain8]
    assert table["sample_size"].tolist() == pain8.n_subjects.tolist()
    assert table["fwhm_mm"].tolist() == pain8_described.map.fwhm_mm.tolist()
    assert table["mean_contribution"].tolist() == pain8_described.mean_contributions.tolist()


def test_experiment_frame__counts_foci_outside(converted):
    table = experiment_frame(converted)
    assert table["n_foci_outside"].tolist() == [1, 0]
    assert table["sample_size"].tolist() == [10.5, 12]


def test_experiment_frame__says_who_took_part_and_what_was_pooled(converted):
    table = experiment_frame(converted)
    assert table["id"].tolist() == ["a-1", "b-2 experiments pooled"]
    assert table["subject_group"].tolist() == ["a", "b"]
    assert table["pooled_from"].tolist() == ["", "1; 2"]


def test_experiment_frame__of_experiments_kept_apart_has_each():
    studyset = studyset_of({"a": [[(0, 0, 10)]], "b": [[(0, 0, 10)], [(4, 0, 10)]]})
    kept = experiment_frame(describe(studyset, Protocol(min_cluster_mm3=8, pooling="keep")))
    assert kept["id"].tolist() == ["a-1", "b-1", "b-2"]
    assert kept["subject_group"].tolist() == ["a", "b", "b"]
    assert kept["pooled_from"].tolist() == ["", "", ""]


def test_focus_frame__names_the_experiment_as_reported_and_the_conversion(converted):
    table = focus_frame(converted)
    assert table["id"].tolist() == ["a-1", "a-1", "b-2 experiments pooled"]
    assert table["reported_experiment"].tolist() == ["a-1", "a-1", "b-1"]
    assert table["conversion"].tolist() == ["pooled", "pooled", ""]


def test_focus_frame__has_every_focus_in_the_order_of_the_source(pain8_described, pain8):
    table = focus_frame(pain8_described)
    np.testing.assert_array_equal(table[["x", "y", "z"]], pain8.foci_mm)
    assert table["in_mask"].sum() == 107 - 11
    assert table["cluster"].notna().sum() == pain8_described.n_foci.sum()


def test_focus_frame__keeps_what_was_reported(converted):
    table = focus_frame(converted)
    assert table[["reported_x", "reported_y", "reported_z"]].to_numpy().tolist() == [
        [0, 0, 10], [0, 200, 0], [0, 0, 10],
    ]  # fmt: skip
    assert table["reported_space"].tolist() == ["TAL", "TAL", "MNI"]
    assert table["space"].tolist() == ["mni152_2mm"] * 3
    assert (
        table.loc[0, ["x", "y", "z"]]
        != table.loc[0, ["reported_x", "reported_y", "reported_z"]].to_numpy()
    ).all()
    assert table["in_mask"].tolist() == [True, False, True]


def test_focus_frame__a_focus_outside_is_in_no_cluster(converted):
    assert focus_frame(converted)["cluster"].isna().tolist()[1]


def test_focus_frame__names_the_cluster_of_the_nearest_voxel():
    result = describe(
        studyset_of({"a": [[(0, 0, 10), (40, 0, 10)]], "b": [[(40, 0, 10)]]}),
        Protocol(min_cluster_mm3=8, display_percentile=80),
    )
    assert focus_frame(result)["cluster"].tolist() == [2, 1, 1]


def test_experiment_frame__without_clusters_no_contribution_is_known(pain8):
    table = experiment_frame(describe(pain8, Protocol(min_cluster_mm3=1e6)))
    assert table["mean_contribution"].isna().all()


def test_focus_frame__a_focus_outside_is_not_in_the_cluster_of_the_last_voxel(small_mask_path):
    result = describe(
        studyset_of({"a": [[(28, 28, 28), (300, 0, 0)]]}),
        Protocol(mask=str(small_mask_path), min_cluster_mm3=8),
    )
    assert result.clusters.labels[-1] == 1
    assert focus_frame(result)["cluster"].isna().tolist() == [False, True]
