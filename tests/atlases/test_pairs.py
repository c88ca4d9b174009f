"""Label files are found beside their images by the names that tools give them."""

from __future__ import annotations

import pytest

from focale.atlases.pairs import labels_beside

SCHAEFER = "tpl-MNI152NLin6Asym{}_atlas-Schaefer2018_desc-100Parcels7Networks_dseg"


@pytest.mark.parametrize(
    ("image", "labels"),
    [
        ("AAL.nii.gz", "AAL.tsv"),
        ("AAL.nii", "AAL.xml"),
        ("AAL3v1.nii.gz", "AAL3v1.nii.txt"),
        ("aal.nii.gz", "aal.nii.gz.txt"),
        ("atlas_destrieux.nii.gz", "labels_destrieux.csv"),
        (SCHAEFER.format("_res-02") + ".nii.gz", SCHAEFER.format("") + ".tsv"),
        (
            "Schaefer2018_400Parcels_7Networks_order_FSLMNI152_2mm.nii.gz",
            "Schaefer2018_400Parcels_7Networks_order.txt",
        ),
        ("destrieux2009_rois_lateralized.nii.gz", "destrieux2009_rois_labels_lateralized.csv"),
        ("aparc+aseg.mgz", "aparc+aseg.lut"),
    ],
)
def test_labels_beside__finds_the_usual_names(tmp_path, image, labels):
    (tmp_path / labels).write_text("1 A\n")
    assert labels_beside(tmp_path / image) == tmp_path / labels
    assert labels_beside(tmp_path / image, {labels}) == tmp_path / labels
    assert labels_beside(tmp_path / image, set()) is None


@pytest.mark.parametrize("labels", ["other.tsv", "AAL.json", "AAL2.tsv"])
def test_labels_beside__takes_no_file_of_another_name(tmp_path, labels):
    (tmp_path / labels).write_text("1 A\n")
    assert labels_beside(tmp_path / "AAL.nii.gz") is None


def test_labels_beside__takes_no_empty_file(tmp_path):
    (tmp_path / "AAL.tsv").touch()
    assert labels_beside(tmp_path / "AAL.nii.gz") is None
