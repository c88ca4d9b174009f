"""Views of a studyset as tables."""

from __future__ import annotations

import numpy as np
import pytest

from focale import Studyset
from tests.strategies import nimads_analysis, nimads_tree


def test_coordinates__one_row_a_focus_with_its_owner(tiny_studyset):
    table = tiny_studyset.coordinates
    assert table.columns.tolist() == ["id", "study_id", "contrast_id", "x", "y", "z", "space"]
    assert table["id"].tolist() == ["Smith-pain"] * 2 + ["Smith-heat"] + ["Jones-pain"] * 3
    assert table["study_id"].tolist() == ["Smith"] * 3 + ["Jones"] * 3
    assert table["contrast_id"].tolist() == ["pain", "pain", "heat", "pain", "pain", "pain"]
    np.testing.assert_array_equal(table[["x", "y", "z"]], tiny_studyset.foci_mm)


def test_coordinates__are_in_the_target_space():
    studyset = Studyset(nimads_tree({"a": [nimads_analysis("1", space="TAL")]}))
    table = studyset.coordinates
    assert table["space"].tolist() == ["mni152_2mm"]
    np.testing.assert_array_equal(table[["x", "y", "z"]], studyset.foci_mm)


@pytest.mark.parametrize("foci", [[(1, 2, 3)], []], ids=["one focus", "none"])
def test_coordinates__are_floats(foci):
    table = Studyset(nimads_tree({"a": [nimads_analysis("1", foci)]})).coordinates
    assert [table[axis].dtype for axis in "xyz"] == [np.float64] * 3


def test_coordinates__are_a_copy(tiny_studyset):
    table = tiny_studyset.coordinates
    table["x"] = 0.0
    assert tiny_studyset.foci_mm[0, 0] == 10


def test_metadata__one_row_an_experiment(tiny_studyset):
    table = tiny_studyset.metadata
    assert table.columns.tolist() == [
        "id",
        "study_id",
        "contrast_id",
        "name",
        "sample_size",
        "n_foci",
        "source",
    ]
    assert table["id"].tolist() == tiny_studyset.ids.tolist()
    assert table["n_foci"].tolist() == [2, 1, 3]
    assert table["source"].tolist() == ["dictionary"] * 3


def test_metadata__sample_sizes_are_floats_and_nan_where_unknown(tiny_studyset):
    sizes = tiny_studyset.metadata["sample_size"]
    assert sizes.dtype == np.float64
    np.testing.assert_array_equal(sizes, [12, 15, np.nan])


def test_metadata__of_unknown_sample_sizes_only_is_all_nan():
    table = Studyset(nimads_tree({"a": [nimads_analysis("1"), nimads_analysis("2")]})).metadata
    assert table["sample_size"].dtype == np.float64
    assert table["sample_size"].isna().all()


def test_metadata__counts_experiments_without_foci():
    table = Studyset(nimads_tree({"a": [nimads_analysis("1", [], n=9)]})).metadata
    assert table["n_foci"].tolist() == [0]


def test_studies__counts_and_describes_each_paper():
    def analysis(name, *foci):
        points = [{"coordinates": list(mm), "space": "MNI"} for mm in foci]
        return {"id": name, "points": points, "metadata": {"sample_sizes": [12]}}

    tree = {
        "studies": [
            {"id": "a", "year": 2001, "analyses": [analysis("1", (1, 2, 3)), analysis("2")]},
            {"id": "b", "analyses": [analysis("1", (1, 2, 3), (4, 5, 6))]},
        ]
    }
    from focale.studyset.model import Studyset

    table = Studyset(tree).studies
    assert table["study_id"].tolist() == ["a", "b"]
    assert table["n_experiments"].tolist() == [2, 1]
    assert table["n_foci"].tolist() == [1, 2]
    assert table["year"].tolist()[0] == 2001
