"""The picture that maps are drawn over."""

from __future__ import annotations

import numpy as np

from focale.space.picture import brain_picture


def test_brain_picture__lies_in_the_mask_and_its_holes(brain):
    picture = brain_picture()
    mm = picture.grid.to_mm(np.argwhere(picture.shades).astype(float))
    assert (brain.position_of(mm) < 0).mean() < 0.02
    assert picture.grid.voxel_size_mm.tolist() == [2, 2, 2]


def test_brain_picture__is_bright_in_white_matter_and_dark_in_ventricles():
    picture = brain_picture()
    places = np.array([[26.0, -20, 30], [6.0, 4, 14]])
    voxels = np.round(picture.grid.to_voxels(places)).astype(int)
    white, ventricle = picture.shades[tuple(voxels.T)]
    assert white > 200
    assert 0 < ventricle < 100


def test_brain_picture__has_64_shades_and_no_empty_border():
    shades = brain_picture().shades
    assert set(np.unique(shades)) <= set(range(0, 256, 4))
    for axis in range(3):
        filled = shades.any(axis=tuple({0, 1, 2} - {axis}))
        assert filled[0]
        assert filled[-1]
