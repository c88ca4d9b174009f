"""Maps as files: what the header says, and what is inside."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest

from focale.report.nifti import ESTIMATE, LABEL, save_nifti
from tests.fixtures_pain import box_mask


@pytest.fixture
def saved(tmp_path, brain):
    values = np.linspace(0, 1, brain.n_voxels)
    path = tmp_path / "map.nii.gz"
    save_nifti(values, brain, path, intent=ESTIMATE, name="ALE", description="Focale: ALE")
    return path, values


def test_save_nifti__header(saved, brain):
    header = nibabel.load(saved[0]).header
    assert header.get_intent("code")[0] == 1001
    assert header.get_intent()[2] == "ALE"
    assert header["descrip"].item() == b"Focale: ALE"
    assert header.get_data_dtype() == np.float32
    assert header.get_xyzt_units()[0] == "mm"
    for affine, code in (header.get_sform(coded=True), header.get_qform(coded=True)):
        assert code == 4  # MNI
        np.testing.assert_allclose(affine, brain.grid.affine)
    assert header["cal_max"] == pytest.approx(1)


def test_save_nifti__values_come_back(saved, brain):
    path, values = saved
    volume = np.asarray(nibabel.load(path).dataobj)
    np.testing.assert_array_equal(volume[brain.inside], values.astype(np.float32))
    assert not volume[~brain.inside].any()


def test_save_nifti__labels_are_whole_numbers(tmp_path):
    mask = box_mask((3, 3, 3))
    path = tmp_path / "labels.nii.gz"
    save_nifti(np.arange(27, dtype=np.int32), mask, path, intent=LABEL, name="c", description="")
    image = nibabel.load(path)
    assert image.get_data_dtype() == np.int16
    assert image.header.get_intent("code")[0] == 1002
    assert np.asarray(image.dataobj).max() == 26


def test_save_nifti__an_unknown_space_is_not_called_mni(tmp_path):
    path = tmp_path / "map.nii.gz"
    save_nifti(np.ones(27), box_mask((3, 3, 3)), path, intent=ESTIMATE, name="x", description="y")
    header = nibabel.load(path).header
    assert int(header["sform_code"]) == int(header["qform_code"]) == 2


def test_save_nifti__equal_values_give_equal_bytes(saved, tmp_path, brain):
    path, values = saved
    other = tmp_path / "under another name.nii.gz"
    save_nifti(values, brain, other, intent=ESTIMATE, name="ALE", description="Focale: ALE")
    assert other.read_bytes() == path.read_bytes()


def test_save_nifti__long_names_are_cut_and_letters_replaced(tmp_path):
    path = tmp_path / "map.nii.gz"
    mask = box_mask((3, 3, 3))
    save_nifti(np.ones(27), mask, path, intent=ESTIMATE, name="n" * 40, description="ü" * 200)
    header = nibabel.load(path).header
    assert header.get_intent()[2] == "n" * 15
    assert header["descrip"].item() == b"?" * 79
