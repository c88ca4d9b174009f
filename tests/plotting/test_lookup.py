from __future__ import annotations

import numpy as np
import pytest

from focale.plotting.brain import VIEWS
from focale.plotting.lookup import brightest, cut, template
from focale.space.grid import Grid
from focale.space.mask import Mask
from focale.space.voxelmap import VoxelMap

TURNED = np.array([[0.0, -2, 0, 90], [2, 0, 0, -126], [0, 0, 2, -72], [0, 0, 0, 1]])
FLIPPED = np.array([[-2.0, 0, 0, 90], [0, 2, 0, -126], [0, 0, 2, -72], [0, 0, 0, 1]])


def on_grid(affine, shape=(91, 91, 91), at=(30, -40, 20)):
    """Map with one value of 1, at a point in mm."""
    mask = Mask(Grid(shape, affine), np.ones(shape, dtype=bool), "all")
    values = np.zeros(mask.n_voxels)
    values[mask.position_of(np.array([at], dtype=float))] = 1
    return VoxelMap(values, mask)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_brightest__equals_the_maximum_of_the_volume(eight_ale, view):
    picture, extent = brightest(eight_ale, view)
    np.testing.assert_array_equal(picture, eight_ale.volume.max(axis=view.through).T)
    first_mm = eight_ale.mask.grid.affine[:3, 3]
    assert extent[0] == first_mm[view.across] - 1
    assert extent[2] == first_mm[view.up] - 1


@pytest.mark.parametrize("affine", [FLIPPED, TURNED], ids=["flipped", "turned"])
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_pictures__show_a_voxel_where_it_is_in_mm(affine, view):
    at = (30.0, -40.0, 20.0)
    ale = on_grid(affine, at=at)
    pictures = [
        brightest(ale, view),
        cut(ale.volume, ale.mask.grid.affine, view, at[view.through], 1.0, order=0),
    ]
    for picture, (left, right, bottom, top) in pictures:
        rows, columns = np.nonzero(picture == picture.max())
        assert picture.max() == 1
        x = left + (columns.mean() + 0.5) * (right - left) / picture.shape[1]
        y = bottom + (rows.mean() + 0.5) * (top - bottom) / picture.shape[0]
        assert (x, y) == pytest.approx((at[view.across], at[view.up]), abs=0.6)


def test_template__is_the_file_that_nilearn_loads():
    import nibabel
    from nilearn.datasets.struct import MNI152_FILE_PATH

    anatomy, affine = template()
    image = nibabel.load(MNI152_FILE_PATH)
    np.testing.assert_array_equal(affine, image.affine)
    np.testing.assert_array_equal(anatomy, image.dataobj)
