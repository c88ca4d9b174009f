"""The standard mask."""

from __future__ import annotations

from importlib.resources import files

import nibabel
import numpy as np
import pytest

from focale.errors import ArgumentError
from focale.space.targets import standard_mask


def test_standard_mask__has_the_voxels_the_field_compares_with(brain):
    assert brain.n_voxels == 228_483
    assert brain.grid.shape == (91, 109, 91)


def test_standard_mask__starts_at_the_left_back_bottom(brain):
    np.testing.assert_array_equal(brain.grid.to_mm(np.zeros((1, 3))), [[-90, -126, -72]])
    np.testing.assert_array_equal(brain.grid.affine[:3, :3], np.diag([2, 2, 2]))


def test_standard_mask__has_the_same_voxels_as_the_file(brain):
    raw = nibabel.load(files("focale") / "data" / "MNI152_2x2x2_brainmask.nii.gz")
    stored = np.argwhere(np.asarray(raw.dataobj) > 0)
    in_mm = nibabel.affines.apply_affine(raw.affine, stored)
    assert raw.affine[0, 0] < 0  # the file stores x from right to left
    ours = brain.mm(np.arange(brain.n_voxels))
    assert set(map(tuple, in_mm.tolist())) == set(map(tuple, ours.tolist()))


def test_standard_mask__is_read_once():
    assert standard_mask("mni152_2mm") is standard_mask("mni152_2mm")


def test_standard_mask__knows_its_space(brain):
    assert brain.space == "MNI152NLin6Asym"


def test_standard_mask__unknown_name_is_refused():
    message = (
        r"The 'target' parameter of the analysis must be 'mni152_2mm'\. Got 'ale_2mm' instead"
    )
    with pytest.raises(ArgumentError, match=message):
        standard_mask("ale_2mm")
