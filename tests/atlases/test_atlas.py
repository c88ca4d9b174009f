"""An atlas names places, whichever way its volume is stored."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest

from focale.atlases.atlas import PlaceLabel
from focale.errors import ArgumentError
from focale.space.grid import Grid
from tests.atlases.conftest import affine_of, atlas_of
from tests.naive import labels as naive


@pytest.fixture
def random_atlas(rng):
    volume = rng.integers(1, 4, size=(6, 7, 5)).astype(np.uint8)
    volume[rng.random(volume.shape) < 0.7] = 0
    return atlas_of(volume)


def test_numbers_at__are_of_the_nearest_centre(random_atlas, rng):
    places = rng.uniform(-14, 10, size=(400, 3))
    expected = [naive.number_at(random_atlas, place) for place in places]
    assert random_atlas.numbers_at(places).tolist() == expected
    assert set(expected) == {0, 1, 2, 3}


def test_label_at__equals_naive(random_atlas, rng):
    for place in rng.uniform(-14, 10, size=(40, 3)):
        label = random_atlas.label_at(place, within_mm=4.0)
        assert (label.name, label.distance_mm) == naive.label_at(random_atlas, place, 4.0)


@pytest.mark.parametrize("turned", [("L", "A", "S"), ("R", "P", "I"), ("P", "S", "L")])
@pytest.mark.parametrize("shape", [(6, 7, 5), (8, 4, 6)])  # also even: half ways are ties
def test_label_at__does_not_depend_on_how_the_volume_is_stored(rng, turned, shape):
    volume = rng.integers(0, 3, size=shape).astype(np.uint8)
    image = nibabel.Nifti1Image(volume, affine_of())
    change = nibabel.orientations.ornt_transform(
        nibabel.io_orientation(image.affine), nibabel.orientations.axcodes2ornt(turned)
    )
    other = image.as_reoriented(change)
    assert other.shape != image.shape or not np.array_equal(other.dataobj, image.dataobj)
    one, two = (atlas_of(np.asarray(i.dataobj), i.affine) for i in (image, other))
    steps = np.arange(-20, 20)  # in mm: centres and half ways of voxels of 2 mm
    places = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3).astype(float)
    assert np.array_equal(one.numbers_at(places), two.numbers_at(places))
    for place in places[::701]:
        assert one.label_at(place) == two.label_at(place)


def test_label_at__takes_a_turned_grid(blobs):
    turn = np.deg2rad(30)
    affine = affine_of()
    affine[:2, :2] = 2 * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    atlas = atlas_of(blobs, affine)
    centre = affine[:3, :3] @ [7, 9, 6] + affine[:3, 3]
    assert atlas.label_at(centre + 0.4) == PlaceLabel("area 2", 0.0)


def test_label_at__looks_5_mm_around_and_no_further(blobs):
    atlas = atlas_of(blobs)  # the first label begins at x = -6, y = -8, z = -4
    assert atlas.label_at([-10, -8, -4]) == PlaceLabel("area 1", 4.0)
    assert atlas.label_at([-11, -8, -4]) == PlaceLabel("area 1", 5.0)
    assert atlas.label_at([-11.1, -8, -4]) == PlaceLabel("unlabelled", None)
    assert atlas.label_at([-11.1, -8, -4], within_mm=6).name == "area 1"


def test_label_at__of_equally_near_labels_takes_the_lowest_number():
    volume = np.zeros((5, 3, 3), dtype=np.uint8)
    volume[0], volume[4] = 7, 3
    assert atlas_of(volume).label_at([-4, -8, -4]) == PlaceLabel("area 3", 4.0)


def test_label_at__gives_the_probability_of_the_label(blobs):
    atlas = atlas_of(blobs, probability=np.where(blobs == 1, 0.625, 0.25))
    assert atlas.label_at([-6, -8, -4]) == PlaceLabel("area 1", 0.0, 0.625)
    assert str(atlas.label_at([-10, -8, -4])) == "area 1 (4.0 mm away) (probability 0.62)"


@pytest.mark.parametrize("place", [[1e300, 0, 0], [0, -1e30, 5]])
def test_label_at__a_place_far_away_is_unlabelled(blobs, place):
    assert str(atlas_of(blobs).label_at(place)) == "unlabelled"


@pytest.mark.parametrize("place", [[1, 2], [1, 2, np.nan], [[1, 2, 3]]])
def test_label_at__refuses_what_is_no_place(blobs, place):
    with pytest.raises(ArgumentError, match="a place must be three numbers"):
        atlas_of(blobs).label_at(place)


@pytest.mark.parametrize("within_mm", [0, -1, np.inf, "far"])
def test_label_at__refuses_a_distance_that_is_none(blobs, within_mm):
    with pytest.raises(ArgumentError, match="'within_mm' parameter of label_at must be a number"):
        atlas_of(blobs).label_at([0, 0, 0], within_mm)


def test_atlas__cannot_be_written_to(blobs):
    atlas = atlas_of(blobs)
    with pytest.raises(ValueError, match="read-only"):
        atlas.volume[0, 0, 0] = 1
    with pytest.raises(TypeError):
        atlas.labels[1] = "other"


def test_atlas__refuses_a_volume_of_another_shape(blobs):
    with pytest.raises(ArgumentError, match="the probability of the atlas Small has shape"):
        atlas_of(blobs, probability=np.zeros((2, 2, 2)))
    with pytest.raises(ArgumentError, match="the volume of the atlas Small has shape"):
        type(atlas_of(blobs))(
            name="Small", licence="", citation="", source="", grid=Grid((2, 2, 2), np.eye(4)),
            volume=blobs, labels={1: "a"},
        )  # fmt: skip


def test_notes_for__speak_of_a_space_that_differs(blobs):
    atlas = atlas_of(blobs, space="MNIColin27", version="2", notes=("first",))
    assert atlas.notes_for("MNIColin27") == ("first",)
    assert atlas.notes_for("MNI152NLin6Asym") == (
        "first",
        "the atlas Small 2 is in MNIColin27, the map in MNI152NLin6Asym: borders may be off by "
        "some millimetres",
    )
    assert "the space of the map is unknown" in atlas.notes_for("unknown")[1]


def test_notes_for__do_not_take_two_unknown_spaces_for_one(blobs):
    (note,) = atlas_of(blobs).notes_for("unknown")
    assert note.startswith(
        "the atlas Small does not say which space it is in, the space of the map"
    )


def test_atlas__a_copy_by_pickle_is_as_good():
    import pickle

    from focale import find_atlas

    atlas = find_atlas("desikan-killiany")
    copied = pickle.loads(pickle.dumps(atlas))
    np.testing.assert_array_equal(copied.volume, atlas.volume)
    assert dict(copied.labels) == dict(atlas.labels)
    assert str(copied.label_at([38, 4, 2])) == "R insula"
