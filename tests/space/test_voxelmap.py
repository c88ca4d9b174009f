"""Values that know their place."""

from __future__ import annotations

import numpy as np

from focale.space.voxelmap import VoxelMap


def test_volume__is_zero_outside_the_mask(tiny_mask, rng):
    values = rng.random(tiny_mask.n_voxels) + 1
    volume = VoxelMap(values, tiny_mask).volume
    np.testing.assert_array_equal(volume[tiny_mask.inside], values)
    assert not volume[~tiny_mask.inside].any()


def test_image__has_the_affine_and_the_values(tiny_mask, rng):
    values = rng.random(tiny_mask.n_voxels)
    image = VoxelMap(values, tiny_mask).image
    np.testing.assert_array_equal(image.affine, tiny_mask.grid.affine)
    np.testing.assert_array_equal(image.get_fdata()[tiny_mask.inside], values)


def test_image__survives_a_file(tiny_mask, rng, tmp_path):
    import nibabel

    values = rng.random(tiny_mask.n_voxels)
    VoxelMap(values, tiny_mask).image.to_filename(tmp_path / "map.nii.gz")
    read = nibabel.load(tmp_path / "map.nii.gz")
    np.testing.assert_array_equal(read.get_fdata()[tiny_mask.inside], values)


def test_max_mm__is_the_place_of_the_largest_value(tiny_mask):
    values = np.zeros(tiny_mask.n_voxels)
    values[100] = 2.5
    found = VoxelMap(values, tiny_mask)
    assert found.max == 2.5
    assert found.max_mm == tuple(tiny_mask.mm(np.array([100]))[0])


def test_max_mm__of_equals_is_the_first_in_mask_order(tiny_mask):
    values = np.zeros(tiny_mask.n_voxels)
    values[[40, 90]] = 1.0
    assert VoxelMap(values, tiny_mask).max_mm == tuple(tiny_mask.mm(np.array([40]))[0])


def test_max_mm__is_plain_numbers(tiny_mask):
    found = VoxelMap(np.arange(tiny_mask.n_voxels), tiny_mask)
    assert [type(x) for x in (*found.max_mm, found.max)] == [float] * 4
