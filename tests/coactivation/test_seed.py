"""Seeds of three kinds: what lies in them, on whatever grid, and what is refused."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest

from focale import find_atlas
from focale.atlases.bundled import desikan_killiany
from focale.coactivation.seed import (
    SphereSeed,
    VolumeSeed,
    as_seed,
    image_seed,
    label_seed,
)
from focale.errors import ArgumentError, InputMissingError
from focale.space.grid import Grid
from tests.fixtures_pain import box_mask


def image_of(data, edge=3.0, origin=(-10.0, -10.0, -10.0)):
    affine = np.diag([edge, edge, edge, 1.0])
    affine[:3, 3] = origin
    return nibabel.Nifti1Image(data, affine)


def test_sphere_seed__holds_what_is_within_the_radius():
    seed = SphereSeed((1.0, 2.0, 3.0), 5)
    places = np.array([[1, 2, 3], [6, 2, 3], [6.01, 2, 3], [4, 6, 3]], dtype=float)
    assert seed.contains(places).tolist() == [True, True, False, True]
    assert seed.name == "a sphere of 5 mm around x = 1, y = 2, z = 3 mm"


def test_sphere_seed__of_10_mm_has_515_voxels_of_2_mm(brain):
    assert SphereSeed((38, 4, 2), 10).voxels_in(brain).sum() == 515


@pytest.mark.parametrize(
    ("centre", "radius", "message"),
    [
        ((1, 2), 5, "must be three numbers"),
        (("a", 2, 3), 5, "must be three numbers"),
        ((np.nan, 2, 3), 5, "must be finite numbers"),
        ((1, 2, 3), 0, "'radius_mm' parameter of a seed sphere must be a number above 0"),
        ((1, 2, 3), np.inf, "'radius_mm' parameter"),
        ((1, 2, 3), 101, "larger than a head"),
    ],
)
def test_sphere_seed__refuses_what_is_no_sphere(centre, radius, message):
    with pytest.raises(ArgumentError, match=message):
        SphereSeed(centre, radius)


def test_image_seed__takes_all_voxels_but_zeros_on_another_grid(tmp_path):
    data = np.zeros((7, 7, 7, 1), dtype=np.float32)
    data[2, 3, 4], data[5, 5, 5], data[0, 0, 0] = 0.1, -3, np.nan
    nibabel.save(image_of(data), tmp_path / "s|eed.nii.gz")
    seed = image_seed(tmp_path / "s|eed.nii.gz")
    assert seed.name == "the seed image s|eed.nii.gz"
    assert seed.inside.sum() == 2
    assert seed.contains(np.array([[-4, -1, 2], [-2.6, 0.4, 3.4], [-2.4, 0, 2]])).tolist() == [
        True,
        True,
        False,
    ]
    mask = box_mask((20, 20, 20), edges_mm=(1.0, 1.0, 1.0), origin_mm=(-12.0, -10.0, -8.0))
    assert seed.voxels_in(mask).sum() == 27 + 27  # each voxel of 3 mm
    assert as_seed(str(tmp_path / "s|eed.nii.gz")).inside.sum() == 2
    assert as_seed(image_of(data)).name == "the seed image"


def test_image_seed__places_far_away_are_outside():
    seed = image_seed(image_of(np.ones((3, 3, 3))))
    assert not seed.contains(np.array([[1e30, 0, 0], [-1e30, 0, 0]])).any()


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("nowhere.nii.gz", InputMissingError, "the seed nowhere.nii.gz is not a file"),
        (7, ArgumentError, "a seed must be an image, .* got int"),
        ((1, 2, 3), ArgumentError, "a seed is x, y, z and radius in mm, .* got 3 values"),
    ],
)
def test_as_seed__refuses_what_is_no_seed(given, error, message):
    with pytest.raises(error, match=message):
        as_seed(given)


def test_image_seed__refuses_text_zeros_and_four_dimensions(tmp_path):
    text = tmp_path / "text.nii.gz"
    text.write_text("no image")
    with pytest.raises(ArgumentError, match=r"the seed image text.nii.gz is not an image"):
        image_seed(text)
    with pytest.raises(ArgumentError, match="has no voxel other than zero"):
        image_seed(image_of(np.zeros((3, 3, 3))))
    with pytest.raises(ArgumentError, match=r"three dimensions, got shape \(3, 3, 3, 2\)"):
        image_seed(image_of(np.ones((3, 3, 3, 2))))


def test_label_seed__is_the_label_of_the_atlas(brain):
    atlas = find_atlas("desikan-killiany")
    seed = label_seed("  r  INSULA ", atlas)
    assert seed.name.startswith("R insula of Desikan-Killiany")
    inside = brain.mm(np.flatnonzero(seed.voxels_in(brain)))
    assert {str(atlas.label_at(mm)) for mm in inside[::40]} == {"R insula"}
    assert as_seed(("R insula", atlas)).name == seed.name


def test_label_seed__unknown_names_its_likes():
    atlas = desikan_killiany()
    with pytest.raises(ArgumentError, match="has no label 'insula'; like it: 'L insula' or 'R in"):
        label_seed("insula", atlas)
    with pytest.raises(ArgumentError, match=r"has no label 'R insulla'; like it: .*'R insula'"):
        label_seed("R insulla", atlas)
    with pytest.raises(ArgumentError, match=r"has no label ''; its \d+ labels begin with"):
        label_seed("", atlas)


def test_seed__outside_the_mask_is_refused():
    mask = box_mask((5, 5, 5))
    with pytest.raises(ArgumentError, match=r"the seed \(a sphere .*\) has no voxel in a box"):
        SphereSeed((90, 0, 0), 5).voxels_in(mask)
    far = VolumeSeed(
        "far", Grid((2, 2, 2), np.diag([2.0, 2.0, 2.0, 1.0]) + 0), np.ones((2, 2, 2), bool)
    )
    assert far.voxels_in(mask).sum() == 8
