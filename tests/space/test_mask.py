"""The voxels of an analysis, in one fixed order."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import nibabel
import numpy as np
import pytest

from focale.errors import ArgumentError, InputMissingError
from focale.space.grid import Grid
from focale.space.mask import Mask

AFFINE = np.array([[3.0, 0, 0, -13], [0, 3, 0, -11], [0, 0, 3, -9], [0, 0, 0, 1]])


def image(data, affine=AFFINE):
    return nibabel.Nifti1Image(np.asarray(data, dtype=np.float32), affine)


def small_mask(inside=None):
    inside = np.ones((4, 5, 6), dtype=bool) if inside is None else inside
    return Mask(grid=Grid(shape=inside.shape, affine=AFFINE), inside=inside, name="small")


# -------------------------------------------------------------------- order of voxels


def test_mask__order_is_that_of_boolean_indexing(tiny_mask, rng):
    volume = rng.random(tiny_mask.grid.shape)
    np.testing.assert_array_equal(volume.ravel()[tiny_mask.voxels], volume[tiny_mask.inside])


def test_mask__index_counts_the_voxels_in_mask_order(tiny_mask):
    assert tiny_mask.index.dtype == np.int32
    np.testing.assert_array_equal(tiny_mask.index[tiny_mask.inside], np.arange(tiny_mask.n_voxels))
    assert np.all(tiny_mask.index[~tiny_mask.inside] == -1)


def test_to_volume__undoes_boolean_indexing(tiny_mask, rng):
    values = rng.random(tiny_mask.n_voxels)
    volume = tiny_mask.to_volume(values)
    np.testing.assert_array_equal(volume[tiny_mask.inside], values)
    assert np.all(volume[~tiny_mask.inside] == 0)


def test_to_volume__fills_the_outside_as_asked(tiny_mask):
    volume = tiny_mask.to_volume(np.ones(tiny_mask.n_voxels), outside=np.nan)
    assert np.isnan(volume).sum() == volume.size - tiny_mask.n_voxels


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.int64, bool])
def test_to_volume__keeps_the_type(tiny_mask, dtype):
    assert tiny_mask.to_volume(np.ones(tiny_mask.n_voxels, dtype=dtype)).dtype == dtype


def test_to_volume__refuses_a_vector_of_another_length(tiny_mask):
    with pytest.raises(ValueError, match=r"could not broadcast|shape mismatch"):
        tiny_mask.to_volume(np.ones(tiny_mask.n_voxels + 1))


def test_ijk__and_mm_agree_with_the_grid(tiny_mask):
    positions = np.arange(tiny_mask.n_voxels)
    ijk = tiny_mask.ijk(positions)
    np.testing.assert_array_equal(ijk, np.argwhere(tiny_mask.inside))
    np.testing.assert_allclose(tiny_mask.mm(positions), ijk * 3 + [-13, -11, -9])


# ------------------------------------------------------------------------ position_of


def test_position_of__undoes_mm(tiny_mask):
    positions = np.arange(tiny_mask.n_voxels)
    np.testing.assert_array_equal(tiny_mask.position_of(tiny_mask.mm(positions)), positions)


FULL = small_mask()  # x -13..-4, y -11..1, z -9..6; each voxel reaches 1.5 mm further
PLACES = {
    "a voxel centre": ([-13, -11, -9], 0),
    "nearest to it": ([-12.1, -11.9, -8.2], 0),
    "the last voxel": ([-4, 1, 6], 119),
    "within half a voxel of the rim": ([-14.4, -11, -9], 0),
    "half way out at the first voxel, to even": ([-14.5, -11, -9], 0),
    "half way out at the last voxel, to even and so out": ([-2.5, 1, 6], -1),
    "beyond the rim": ([-14.6, -11, -9], -1),
    "a negative index is not counted from the end": ([-16, -11, -9], -1),
    "a negative index along the last axis": ([-13, -11, -12], -1),
    "one past the end of each axis": ([-1, 4, 9], -1),
    "far away": ([1e6, -1e6, 1e6], -1),
    "half way between voxels, to even": ([-11.5, -11, -9], 0),
    "half way between the next, to even": ([-8.5, -11, -9], 60),
}


@pytest.mark.parametrize(("mm", "position"), PLACES.values(), ids=PLACES.keys())
def test_position_of__is_the_nearest_voxel_or_minus_one(mm, position):
    assert FULL.position_of(np.array([mm], dtype=float)).tolist() == [position]


def test_position_of__outside_the_mask_within_the_volume_is_minus_one():
    inside = np.ones((4, 5, 6), dtype=bool)
    inside[0, 0, 0] = False
    assert small_mask(inside).position_of(np.array([[-13.0, -11, -9]])).tolist() == [-1]


def test_position_of__no_points_gives_none(tiny_mask):
    assert tiny_mask.position_of(np.zeros((0, 3))).shape == (0,)


# -------------------------------------------------------------------------- refusals


def test_mask__shape_other_than_the_grid_is_refused():
    message = r"the mask has shape \(4, 5, 6\) but its grid has \(4, 5, 7\)"
    with pytest.raises(ArgumentError, match=message):
        Mask(
            grid=Grid(shape=(4, 5, 7), affine=AFFINE),
            inside=np.ones((4, 5, 6), dtype=bool),
            name="wrong",
        )


def test_mask__without_a_voxel_is_refused():
    with pytest.raises(ArgumentError, match="small has no voxel inside; pass another mask"):
        small_mask(np.zeros((4, 5, 6), dtype=bool))


def test_mask__is_frozen(tiny_mask):
    with pytest.raises(dataclasses.FrozenInstanceError):
        tiny_mask.name = "another"


# ------------------------------------------------------------------------- from_image


def test_from_image__takes_voxels_above_zero():
    data = np.zeros((4, 5, 6))
    data[1, 2, 3], data[0, 0, 0], data[3, 4, 5] = 0.2, -1.0, np.nan
    mask = Mask.from_image(image(data))
    assert mask.ijk(np.arange(mask.n_voxels)).tolist() == [[1, 2, 3]]
    np.testing.assert_array_equal(mask.grid.affine, AFFINE)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_from_image__reads_a_file_and_takes_its_name(tmp_path, suffix):
    path = tmp_path / f"brain{suffix}"
    image(np.ones((4, 5, 6))).to_filename(path)
    for given in (path, str(path)):
        assert Mask.from_image(given).name == f"the mask brain{suffix}"
    assert Mask.from_image(path, name="mine").name == "mine"


def test_from_image__takes_a_fourth_dimension_of_one():
    assert Mask.from_image(image(np.ones((4, 5, 6, 1)))).n_voxels == 120


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 6, 2)])
def test_from_image__other_than_three_dimensions_is_refused(shape):
    message = "the mask must be a three-dimensional image, got shape .*; pass one volume of it"
    with pytest.raises(ArgumentError, match=message):
        Mask.from_image(image(np.ones(shape)))


def test_from_image__with_nothing_above_zero_is_refused():
    with pytest.raises(ArgumentError, match="a mask image has no voxel inside"):
        Mask.from_image(image(np.zeros((4, 5, 6))))


@pytest.mark.parametrize("name", ["missing.nii", "."])
def test_from_image__missing_file_is_refused(tmp_path, name):
    with pytest.raises(InputMissingError, match="is not a file; check the path") as caught:
        Mask.from_image(tmp_path / name)
    assert caught.value.exit_code == 66


NO_IMAGE = {
    "notes.txt": b"not an image",
    "broken.nii": b"not an image",
    "broken.nii.gz": b"not an image",
    "empty.nii": b"",
}


@pytest.mark.parametrize(("name", "content"), NO_IMAGE.items())
def test_from_image__file_that_is_no_image_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    message = "is not an image nibabel can read, or not all of it; pass a whole NIfTI file"
    with pytest.raises(ArgumentError, match=message):
        Mask.from_image(tmp_path / name)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_from_image__truncated_file_is_refused(tmp_path, suffix):
    # The header is whole, so the damage shows only when the voxels are read.
    path = tmp_path / f"whole{suffix}"
    image(np.random.default_rng(0).random((30, 30, 30))).to_filename(path)
    cut = tmp_path / f"cut{suffix}"
    cut.write_bytes(path.read_bytes()[:50_000])
    with pytest.raises(ArgumentError, match=r"cut\.nii"):
        Mask.from_image(cut)


# ----------------------------------------------------------------------------- sha256


def test_sha256__is_the_same_for_the_same_mask():
    assert small_mask().sha256 == small_mask().sha256
    assert len(small_mask().sha256) == 64


def test_sha256__is_fixed_for_the_standard_mask(brain):
    # Stored with results: a change of this number breaks the link to what was computed before.
    assert brain.sha256 == ("163f77b96dff77c4ac309f9f9334152fc2131008e649eef3b6a5102e18a44d19")


def test_sha256__does_not_depend_on_the_name():
    other = Mask(grid=small_mask().grid, inside=small_mask().inside, name="another")
    assert other.sha256 == small_mask().sha256


def test_sha256__changes_with_a_voxel():
    inside = np.ones((4, 5, 6), dtype=bool)
    inside[3, 4, 5] = False
    assert small_mask(inside).sha256 != small_mask().sha256


def test_sha256__changes_with_the_place():
    moved = AFFINE.copy()
    moved[0, 3] += 0.001
    mask = Mask(
        grid=Grid(shape=(4, 5, 6), affine=moved), inside=np.ones((4, 5, 6), bool), name="small"
    )
    assert mask.sha256 != small_mask().sha256


def test_sha256__changes_with_the_shape():
    # The same positions in the flattened volume, in another box.
    inside = np.zeros((4, 5, 6), dtype=bool)
    inside[0, 0, :3] = True
    other = np.zeros((4, 5, 7), dtype=bool)
    other[0, 0, :3] = True
    assert small_mask(inside).sha256 != small_mask(other).sha256


def test_sha256__does_not_depend_on_digits_below_a_nanometre():
    noisy = Mask(
        grid=Grid(shape=(4, 5, 6), affine=AFFINE + 1e-9 * np.eye(4)),
        inside=np.ones((4, 5, 6), bool),
        name="small",
    )
    assert noisy.sha256 == small_mask().sha256


def test_sha256__does_not_depend_on_the_sign_of_a_zero():
    # Turning an image leaves -0.0 in its affine, and rounding makes -0.0 of -1e-9.
    turned = AFFINE.copy()
    turned[0, 1], turned[1, 0] = -0.0, -1e-9
    mask = Mask(
        grid=Grid(shape=(4, 5, 6), affine=turned), inside=np.ones((4, 5, 6), bool), name="small"
    )
    assert mask.sha256 == small_mask().sha256


def test_mask__file_and_image_of_it_give_one_mask(tmp_path):
    path = Path(tmp_path) / "mask.nii.gz"
    data = np.random.default_rng(1).random((4, 5, 6)) < 0.5
    image(data).to_filename(path)
    assert Mask.from_image(path).sha256 == Mask.from_image(image(data)).sha256
