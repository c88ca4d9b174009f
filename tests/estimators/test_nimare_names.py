"""The habit layer: NiMARE's names lead to the attributes."""

from __future__ import annotations

import nibabel
import numpy as np
import pandas as pd
import pytest

from focale import FocusCounter, Jackknife
from focale.errors import ArgumentError, DescriptiveOnlyError, FocaleError
from focale.estimators.nimare_names import cluster_table, counts_table
from focale.inference.clusters import find_clusters

NAMES = {"stat": "ale", "p": "p", "z": "z", "logp": "logp"}


@pytest.fixture(scope="module")
def diagnosed(pain8_result):
    return Jackknife(target_image="stat", voxel_thresh=0.00378, cluster_threshold=500).transform(
        pain8_result
    )


# ------------------------------------------------------------------ get_map


@pytest.mark.parametrize(("name", "attribute"), NAMES.items())
def test_get_map__names_lead_to_attributes(pain8_result, name, attribute):
    values = getattr(pain8_result, attribute).values
    np.testing.assert_array_equal(pain8_result.get_map(name, return_type="array"), values)
    image = pain8_result.get_map(name)
    np.testing.assert_array_equal(image.get_fdata()[pain8_result.mask.inside], values)
    np.testing.assert_array_equal(image.affine, pain8_result.mask.grid.affine)


def test_get_map__is_zero_outside_the_mask(pain8_result):
    assert not pain8_result.get_map("stat").get_fdata()[~pain8_result.mask.inside].any()


def test_get_map__refuses_an_unknown_name(pain8_result):
    with pytest.raises(ArgumentError, match=r"'stat' or 'p' or 'z' or 'logp'.*Got 'zstat'"):
        pain8_result.get_map("zstat")


def test_get_map__refuses_an_unknown_return_type(pain8_result):
    with pytest.raises(ArgumentError, match=r"'image' or 'array'. Got 'nifti'"):
        pain8_result.get_map("stat", return_type="nifti")


def test_get_map__has_no_labels_before_a_diagnostic(pain8_result):
    with pytest.raises(ArgumentError, match=r"is made by Jackknife or FocusCounter; call get_map"):
        pain8_result.get_map("label_tail-positive")


def test_get_map__labels_number_the_clusters(diagnosed):
    labels = diagnosed.get_map("label_tail-positive", return_type="array")
    assert np.unique(labels).tolist() == [0, 1, 2, 3, 4]
    assert np.count_nonzero(labels == 1) * 8 == 6832


@pytest.mark.parametrize("name", ["p", "z", "logp"])
def test_get_map__of_a_descriptive_reading_has_stat_alone(pain8_described, name):
    with pytest.raises(DescriptiveOnlyError, match=r"a descriptive reading has no"):
        pain8_described.get_map(name)
    assert pain8_described.get_map("stat", return_type="array").max() == pain8_described.ale.max


# ------------------------------------------------------------------ maps


def test_maps__of_a_fit(pain8_result, diagnosed):
    assert list(pain8_result.maps) == ["stat", "p", "z", "logp"]
    assert list(diagnosed.maps) == ["stat", "p", "z", "logp", "label_tail-positive"]
    assert pain8_result.maps["z"].tolist() == pain8_result.z.values.tolist()


def test_maps__of_a_descriptive_reading(pain8_described):
    assert list(pain8_described.maps) == ["stat"]


def test_save_maps__writes_float32_on_the_grid_of_the_mask(diagnosed, tmp_path):
    diagnosed.save_maps(tmp_path / "new" / "maps", prefix="pain")
    files = sorted((tmp_path / "new" / "maps").iterdir())
    assert [file.name for file in files] == [
        "pain_label_tail-positive.nii.gz",
        "pain_logp.nii.gz",
        "pain_p.nii.gz",
        "pain_stat.nii.gz",
        "pain_z.nii.gz",
    ]
    image = nibabel.load(files[3])
    assert image.get_data_dtype() == np.float32
    np.testing.assert_array_equal(image.affine, diagnosed.mask.grid.affine)
    np.testing.assert_array_equal(
        np.asarray(image.dataobj)[diagnosed.mask.inside], diagnosed.ale.values.astype(np.float32)
    )


def test_save_maps__without_a_prefix(pain8_described, tmp_path):
    pain8_described.save_maps(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["stat.nii.gz"]


# ------------------------------------------------------------------ tables


def test_save_tables__writes_what_the_tables_hold(diagnosed, tmp_path):
    diagnosed.save_tables(tmp_path, prefix="pain")
    for name, table in diagnosed.tables.items():
        read = pd.read_csv(tmp_path / f"pain_{name}.tsv", sep="\t")
        assert list(read.columns) == list(table.columns)
        assert len(read) == len(table)
        assert read.iloc[:, 0].tolist() == table.iloc[:, 0].tolist()


def test_tables__of_one_diagnostic_after_another_are_kept(pain8_result):
    settings = {"target_image": "z", "voxel_thresh": 3.0, "cluster_threshold": 50}
    first = Jackknife(**settings).transform(pain8_result)
    both = FocusCounter(**settings).transform(first)
    assert sorted(both.tables) == [
        "z_diag-FocusCounter_tab-counts_tail-positive",
        "z_diag-Jackknife_tab-counts_tail-positive",
        "z_tab-clust",
    ]
    assert "z_diag-FocusCounter_tab-counts_tail-positive" not in first.tables
    assert not pain8_result.tables


def test_tables__of_two_target_images_are_kept(pain8_result):
    first = Jackknife(target_image="stat", voxel_thresh=0.004).transform(pain8_result)
    both = Jackknife(target_image="logp", voxel_thresh=3.0).transform(first)
    assert {"stat_tab-clust", "logp_tab-clust"} <= set(both.tables)


def test_cluster_table__names_peaks_and_gives_a_size_to_the_first(pain8_result):
    table = cluster_table(find_clusters(pain8_result.ale, 0.00378, 500))
    assert list(table.columns) == [
        "Cluster ID", "X", "Y", "Z", "Peak Stat", "Cluster Size (mm3)",
    ]  # fmt: skip
    ids = table["Cluster ID"].tolist()
    assert ids[:5] == [f"PositiveTail {i}" for i in ("1", "1a", "1b", "1c", "2")]
    assert table["Cluster Size (mm3)"].tolist()[:5] == [6832, "", "", "", 9104]


def test_cluster_table__of_no_cluster_keeps_its_columns(pain8_result):
    table = cluster_table(find_clusters(pain8_result.ale, 1.0))
    assert table.shape == (0, 6)


def test_counts_table__has_a_row_an_experiment():
    table = counts_table(["a", "b"], np.array([[1, 2, 0], [0, 1, 4]]))
    assert list(table.columns) == ["id", "PositiveTail 1", "PositiveTail 2", "PositiveTail 3"]
    assert table["id"].tolist() == ["a", "b"]
    assert table["PositiveTail 3"].tolist() == [0, 4]


def test_get_map__errors_are_all_of_one_tree(pain8_result):
    with pytest.raises(FocaleError):
        pain8_result.get_map("nope")
