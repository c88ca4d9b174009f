"""Images become atlases with the names that belong to them, or are refused in a sentence."""

from __future__ import annotations

from contextlib import suppress

import nibabel
import numpy as np
import pytest

from focale import read_atlas
from focale.errors import ArgumentError, FocaleError, InputMissingError, ReadError
from tests.atlases.conftest import affine_of, save


@pytest.fixture
def image(tmp_path, blobs):
    return save(tmp_path / "small.nii.gz", blobs)


def names_file(tmp_path, text, name="names.tsv"):
    path = tmp_path / name
    path.write_text(text)
    return path


def probabilities(tmp_path, volumes, name="prob.nii.gz"):
    return save(tmp_path / name, np.stack(volumes, axis=-1))


# ------------------------------------------------------------------ whole numbers


def test_read_atlas__names_labels_by_a_file(tmp_path, image):
    labels = names_file(tmp_path, "index\tname\n1\tInsula\n2\tAmygdala\n9\tnot in the image\n")
    atlas = read_atlas(image, labels, name="Mine", version="3", space="MNI152NLin6Asym")
    assert atlas.label_at([6, 8, 6]).name == "Amygdala"
    assert dict(atlas.labels) == {1: "Insula", 2: "Amygdala"}
    assert (atlas.title, atlas.space, atlas.source) == ("Mine 3", "MNI152NLin6Asym", str(image))
    assert atlas.volume.dtype == np.uint8
    assert atlas.notes == ()


def test_read_atlas__looks_for_names_beside_the_image(tmp_path, image):
    names_file(tmp_path, "1 Insula\n2 Amygdala\n", "small.txt")
    assert dict(read_atlas(image).labels) == {1: "Insula", 2: "Amygdala"}


def test_read_atlas__without_names_says_that_numbers_are_used(image):
    atlas = read_atlas(image)
    assert dict(atlas.labels) == {1: "1", 2: "2"}
    assert atlas.notes == (
        "small.nii.gz came without names: its labels are called by their numbers",
    )
    assert atlas.name == "small"
    assert atlas.space == "unknown"
    assert atlas.licence == "not known to Focale; see where it came from"


def test_read_atlas__says_which_labels_have_no_name(tmp_path, image):
    atlas = read_atlas(image, names_file(tmp_path, "index\tname\n1\tInsula\n"))
    assert atlas.labels[2] == "2"
    (note,) = atlas.notes
    expected = "names.tsv does not name 1 label of small.nii.gz, which are called by their numbers"
    assert note == f"{expected} (2)"


def test_read_atlas__the_image_decides_which_of_two_numbers_is_meant(tmp_path, blobs):
    image = save(
        tmp_path / "aal.nii", np.where(blobs, 2000 + blobs.astype(np.int16), 0).astype("i2")
    )
    labels = names_file(tmp_path, "1 Precentral_L 2001\n2 Precentral_R 2002\n", "aal.txt")
    assert dict(read_atlas(image, labels).labels) == {2001: "Precentral_L", 2002: "Precentral_R"}


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int16, np.uint16, np.int32])
def test_read_atlas__takes_whole_numbers_of_any_type(tmp_path, blobs, kind):
    atlas = read_atlas(save(tmp_path / "a.nii", blobs.astype(kind)))
    assert np.array_equal(atlas.volume, blobs)


def test_read_atlas__takes_a_fourth_dimension_of_one(tmp_path, blobs):
    assert read_atlas(save(tmp_path / "a.nii", blobs[..., None])).probability is None


# ------------------------------------------------------------------ probabilities


@pytest.mark.parametrize(("scale", "kind"), [(100, np.uint8), (1, np.float32)])
def test_read_atlas__keeps_the_likeliest_label_and_its_probability(tmp_path, blobs, scale, kind):
    one, two = np.zeros((2, *blobs.shape), dtype=kind)
    one[1:3, 1:3, 1:3], two[2:8, 1:3, 1:3] = 0.75 * scale, 0.5 * scale
    one[6], two[6] = 0.5 * scale, 0.5 * scale  # of equals the first
    path = probabilities(tmp_path, [one, two])
    atlas = read_atlas(path, names_file(tmp_path, "1 first\n2 second\n", "n.txt"))
    if kind is np.uint8:
        assert one.max() == 75
    at = [tuple(atlas.grid.to_mm(np.array([[i, 1.0, 1.0]]))[0]) for i in (2, 3, 6)]
    assert [str(atlas.label_at(place)) for place in at] == [
        "first (probability 0.75)",
        "second (probability 0.50)",
        "first (probability 0.50)",
    ]
    assert atlas.volume.max() == 2


@pytest.mark.parametrize(
    "text", ["index,name\n0,first\n1,second\n", "index,name\n1,first\n2,second\n"]
)
def test_read_atlas__counts_volumes_from_0_or_1_as_the_names_do(tmp_path, blobs, text):
    path = probabilities(tmp_path, [(blobs == n).astype(np.float32) for n in (1, 2)])
    atlas = read_atlas(path, names_file(tmp_path, text, "n.csv"))
    assert dict(atlas.labels) == {1: "first", 2: "second"}


def test_read_atlas__refuses_names_that_may_count_from_0_or_1(tmp_path, blobs):
    path = probabilities(tmp_path, [(blobs == n).astype(np.float32) for n in (1, 2, 1)])
    with pytest.raises(
        ReadError, match="names neither number 0 nor number 3 of an atlas of 3 volumes"
    ):
        read_atlas(path, names_file(tmp_path, "1 first\n2 second\n", "n.txt"))


@pytest.mark.parametrize("value", [-0.5, 250.0, np.nan])
def test_read_atlas__refuses_what_is_no_probability(tmp_path, blobs, value):
    path = probabilities(tmp_path, [blobs.astype(np.float32), np.full(blobs.shape, value, "f4")])
    with pytest.raises(ReadError, match=r"volume 2 of prob\.nii\.gz holds values from"):
        read_atlas(path)


# ------------------------------------------------------------------ hostile input


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: v * 0.0, "is 0 everywhere"),
        (lambda v: v * 0.5, "holds values between whole numbers, as a map of a statistic does"),
        (lambda v: v - 1.0, "holds values from -1 to 1"),
        (lambda v: np.where(v, np.nan, 0.0), "holds values from nan to nan"),
        (lambda v: np.where(v, np.inf, 0.0), "holds values from 0 to inf"),
        (lambda v: v * 1e12, "holds values from 0 to 2e"),
        (lambda v: v[..., 0].astype(float), "must have three dimensions"),
        (lambda v: v[..., None, None].repeat(2, 4), "must have three dimensions"),
        (lambda v: v.astype(np.complex64), "holds complex64, not whole numbers"),
    ],
)  # fmt: skip
def test_read_atlas__refuses_an_image_without_labels(tmp_path, blobs, change, message):
    path = save(tmp_path / "a.nii", change(blobs.astype(np.float64)))
    with pytest.raises(ReadError, match=message):
        read_atlas(path)


def test_read_atlas__refuses_a_map_of_many_numbers(tmp_path):
    values = np.arange(60**3, dtype=np.int32).reshape(60, 60, 60)
    with pytest.raises(ReadError, match="215,999 different numbers"):
        read_atlas(save(tmp_path / "a.nii", values))


def test_read_atlas__refuses_a_sheared_image(tmp_path, blobs):
    affine = affine_of()
    affine[0, 1] = 1.0
    with pytest.raises(ReadError, match=r"a\.nii: the axes of the image are not at right angles"):
        read_atlas(save(tmp_path / "a.nii", blobs, affine))


def test_read_atlas__refuses_names_of_another_atlas(tmp_path, image):
    labels = names_file(tmp_path, "index\tname\n2001\tA\n2002\tB\n")
    with pytest.raises(
        ReadError, match=r"names.tsv names none of the numbers in small.nii.gz \(such"
    ):
        read_atlas(image, labels)


def test_read_atlas__refuses_what_is_no_path(image):
    with pytest.raises(ArgumentError, match="'path' parameter of read_atlas must be the path of"):
        read_atlas(5)
    with pytest.raises(ArgumentError, match="'labels' parameter of read_atlas must be the path"):
        read_atlas(image, ["a", "b"])
    with pytest.raises(InputMissingError, match="is not a file"):
        read_atlas("")


def test_read_atlas__names_a_missing_file(tmp_path, image):
    with pytest.raises(InputMissingError, match=r"none\.nii is not a file"):
        read_atlas(tmp_path / "none.nii")
    with pytest.raises(InputMissingError, match=r"none\.tsv does not exist"):
        read_atlas(image, tmp_path / "none.tsv")


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.mgz", "a.txt"])
@pytest.mark.parametrize("content", [b"", b"garbage" * 100, b"\x1f\x8b" + bytes(200)])
def test_read_atlas__refuses_bytes_that_are_no_image(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ReadError, match="is not an image nibabel can read, or not all of it"):
        read_atlas(tmp_path / name)


@pytest.mark.parametrize("kept", [100, 352, 400, 0.5, 0.9])
@pytest.mark.parametrize("four", [False, True])
def test_read_atlas__refuses_a_file_that_breaks_off(tmp_path, rng, kept, four):
    values = rng.integers(0, 100, size=(9, 9, 9, 3) if four else (9, 9, 9)).astype(np.uint8)
    for name in ("a.nii", "a.nii.gz"):
        whole = save(tmp_path / name, values).read_bytes()
        part = kept if kept > 1 else int(kept * len(whole))
        (tmp_path / name).write_bytes(whole[:part])
        with pytest.raises(ReadError, match="is not an image nibabel can read, or not all of it"):
            read_atlas(tmp_path / name)


def test_read_atlas__any_header_is_read_or_refused(tmp_path, blobs, rng):
    whole = nibabel.Nifti1Image(blobs, affine_of()).to_bytes()
    path = tmp_path / "a.nii"
    for _ in range(300):
        damaged = bytearray(whole)
        for at in rng.integers(0, 352, size=3):
            damaged[at] = rng.integers(0, 256)
        path.write_bytes(damaged)
        with suppress(FocaleError):
            read_atlas(path)
