"""Answers about robustness as tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from focale import Questions, examine
from focale.robustness.fail_safe import FailSafe
from focale.tables.robustness import (
    FAIL_SAFE_COLUMNS,
    LEFT_OUT_COLUMNS,
    REMOVAL_COLUMNS,
    STABILITY_COLUMNS,
    fail_safe_frame,
    left_out_frame,
    removal_frame,
    stability_frame,
)
from tests.fixtures_ten import *  # noqa: F403


@pytest.fixture(scope="module")
def answers(pain8_described):
    asked = Questions(parts=("leave-out", "removals"), units=("study", "experiment"))
    return examine(pain8_described, asked).robustness


def test_left_out_frame__puts_each_number_with_its_pair(answers, pain8_described):
    table = left_out_frame(pain8_described, answers.left_out)
    assert list(table.columns) == list(LEFT_OUT_COLUMNS)
    assert len(table) == 2 * 8 * 4
    for _, row in table.iterrows():
        found = answers.left_out[0 if row["unit"] == "study" else 1]
        u, c = found.units.names.index(row["id"]), row["cluster"] - 1
        assert row["survives"] == found.survives[u, c]
        assert row["kept_share"] == found.kept_share[u, c]
        np.testing.assert_equal(row["p"], found.p[u, c])
        assert pd.isna(row["p_low"])
        assert pd.isna(row["p_high"])
        np.testing.assert_equal(row["peak_shift_mm"], found.peak_shift_mm[u, c])
        assert pd.isna(row["new_clusters"]) == (c > 0)
        if c == 0:
            assert row["new_clusters"] == found.n_new[u]


def test_left_out_frame__of_a_test_has_the_interval_of_each_p(ten_tested):
    found = examine(ten_tested, Questions(parts=("leave-out",))).robustness
    for _, row in left_out_frame(ten_tested, found.left_out).iterrows():
        assert (row["p_low"], row["p_high"]) == ten_tested.fwe.interval(row["p"])
        assert row["p_low"] <= row["p"] <= row["p_high"]


def test_removal_frame__has_a_row_a_cluster(answers):
    table = removal_frame(answers)
    assert list(table.columns) == list(REMOVAL_COLUMNS)
    assert table["unit"].tolist() == ["study"] * 4 + ["experiment"] * 4
    for _, row in table.iterrows():
        removals = answers.removals[0 if row["unit"] == "study" else 1]
        removal = removals.of_clusters[row["cluster"] - 1]
        assert row["n"] == len(removal.units)
        assert row["ids"].split("; ") == [removals.units.names[unit] for unit in removal.units]
        assert row["is_smallest"] == removal.is_smallest
        assert row["n_reaching"] == removal.n_reaching


def test_stability_frame__has_a_row_a_cluster(pain8_described):
    asked = Questions(parts=("stability",), n_replicates=12)
    found = examine(pain8_described, asked).robustness.stability
    table = stability_frame(found)
    assert list(table.columns) == list(STABILITY_COLUMNS)
    assert table["cluster"].tolist() == [1, 2, 3, 4]
    for c, row in table.iterrows():
        assert row["share_any"] == found.share_of_clusters[c]
        assert row["mean_share"] == found.mean_share[c]
        assert row["largest_share"] == found.largest_share[c]
        assert (row["share_any_low"], row["share_any_high"]) == found.interval(c)
    assert set(table["n_replicates"]) == {12}
    assert set(table["subject_groups"]) == {6}


def test_fail_safe_frame__has_a_row_a_cluster():
    values = np.array([[3, 40], [9, 40], [5, 12]])
    table = fail_safe_frame(FailSafe(values, 0, 40, "size", 0.05, 1000, 0))
    assert list(table.columns) == list(FAIL_SAFE_COLUMNS)
    assert table["median"].tolist() == [5, 40]
    assert table[["smallest", "largest"]].values.tolist() == [[3, 9], [12, 40]]
    assert table["lists_beyond"].tolist() == [0, 2]
    assert table["values"].tolist() == ["3; 9; 5", "40; 40; 12"]
