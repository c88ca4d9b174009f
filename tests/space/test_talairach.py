"""Talairach to MNI and back, with the matrices of Lancaster et al. 2007."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focale import Studyset
from focale.errors import ArgumentError
from focale.space.talairach import mni_to_talairach, talairach_to_mni

# science.md, section 9: rows x, y, z of MNI -> Talairach, the shift in the fourth column.
MATRICES = {
    "spm": [
        [0.9254, 0.0024, -0.0118, -1.0207],
        [-0.0048, 0.9316, -0.0871, -1.7667],
        [0.0152, 0.0883, 0.8924, 4.0926],
    ],
    "fsl": [
        [0.9464, 0.0034, -0.0026, -1.0680],
        [-0.0083, 0.9479, -0.0580, -1.0239],
        [0.0053, 0.0617, 0.9010, 3.1883],
    ],
    "pooled": [
        [0.9357, 0.0029, -0.0072, -1.0423],
        [-0.0065, 0.9396, -0.0726, -1.3940],
        [0.0103, 0.0752, 0.8967, 3.6475],
    ],
}
all_matrices = pytest.mark.parametrize("matrix", MATRICES)
all_conversions = pytest.mark.parametrize("conversion", [*MATRICES, "brett"])


@pytest.fixture
def points(rng):
    return rng.uniform([-70, -105, -60], [70, 75, 80], size=(500, 3))


@all_matrices
def test_mni_to_talairach__applies_the_published_matrix(matrix, points):
    published = np.array(MATRICES[matrix])
    expected = [
        [sum(row[a] * point[a] for a in range(3)) + row[3] for row in published]
        for point in points
    ]
    np.testing.assert_allclose(mni_to_talairach(points, matrix), expected, rtol=0, atol=1e-12)


@all_matrices
def test_talairach_to_mni__undoes_mni_to_talairach(matrix, points):
    there_and_back = talairach_to_mni(mni_to_talairach(points, matrix), matrix)
    assert np.abs(there_and_back - points).max() < 1e-9


@all_matrices
def test_mni_to_talairach__undoes_talairach_to_mni(matrix, points):
    there_and_back = mni_to_talairach(talairach_to_mni(points, matrix), matrix)
    assert np.abs(there_and_back - points).max() < 1e-9


millimetres = st.floats(-200, 200)
places = st.lists(st.tuples(millimetres, millimetres, millimetres), min_size=1, max_size=20)


@all_conversions
@given(places=places)
def test_talairach__there_and_back_is_where_it_was(conversion, places):
    places = np.array(places)
    for first, second in (
        (talairach_to_mni, mni_to_talairach),
        (mni_to_talairach, talairach_to_mni),
    ):
        assert np.abs(second(first(places, conversion), conversion) - places).max() < 1e-9


def brett(x, y, z):
    """Brett's mni2tal, science.md, section 9, as it is written there."""
    if z >= 0:
        return 0.99 * x, 0.9688 * y + 0.046 * z, -0.0485 * y + 0.9189 * z
    return 0.99 * x, 0.9688 * y + 0.042 * z, -0.0485 * y + 0.839 * z


def test_mni_to_talairach__brett_is_the_published_rule(points):
    expected = [brett(*point) for point in points.tolist()]
    np.testing.assert_allclose(mni_to_talairach(points, "brett"), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("mni", "talairach"),
    [
        ((10, 20, 30), (9.9, 20.756, 26.597)),
        ((-40, -60, -20), (-39.6, -58.968, -13.87)),
        ((0, 50, 0), (0, 48.44, -2.425)),
        ((4, -100, -1), (3.96, -96.922, 4.011)),
    ],
)
def test_brett__by_hand(mni, talairach):
    """The last two change the sign of z: which half applies is told by z in MNI space."""
    np.testing.assert_allclose(mni_to_talairach([mni], "brett"), [talairach], atol=1e-9)
    np.testing.assert_allclose(talairach_to_mni([talairach], "brett"), [mni], atol=1e-9)


def test_brett__differs_from_lancaster_by_what_is_known(brain):
    # science.md, section 9: 6.7 mm on average, 13.6 mm at most
    points = brain.mm(np.arange(0, brain.n_voxels, 3))
    apart = np.linalg.norm(
        mni_to_talairach(points, "pooled") - mni_to_talairach(points, "brett"), axis=1
    )
    assert apart.mean() == pytest.approx(6.7, abs=0.3)
    assert apart.max() == pytest.approx(13.6, abs=0.3)


def test_talairach_to_mni__is_pooled_unless_told(points):
    np.testing.assert_array_equal(talairach_to_mni(points), talairach_to_mni(points, "pooled"))


@pytest.mark.parametrize(
    ("one", "other", "mean", "largest"),
    [("pooled", "spm", 1.0, 2.0), ("pooled", "fsl", 1.0, 2.0), ("spm", "fsl", 2.0, 4.0)],
)
def test_talairach_to_mni__matrices_differ_by_what_is_known(brain, one, other, mean, largest):
    # science.md, section 9: mean and largest distance over the brain, in mm
    points = mni_to_talairach(brain.mm(np.arange(0, brain.n_voxels, 7)))
    apart = np.linalg.norm(talairach_to_mni(points, one) - talairach_to_mni(points, other), axis=1)
    assert apart.mean() == pytest.approx(mean, abs=0.2)
    assert apart.max() == pytest.approx(largest, abs=0.4)


def test_talairach_to_mni__of_no_points_is_empty():
    assert talairach_to_mni(np.zeros((0, 3))).shape == (0, 3)


def test_talairach_to_mni__unknown_matrix_is_refused():
    message = (
        "The 'matrix' parameter of the Talairach conversion must be 'pooled' or 'spm' or 'fsl' "
        "or 'brett'. Got 'laird' instead"
    )
    with pytest.raises(ArgumentError, match=message):
        talairach_to_mni(np.zeros((1, 3)), "laird")


def read_peaks(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return np.array([[float(row[a]) for a in "xyz"] for row in csv.DictReader(file)])


def test_talairach_to_mni__pooled_reproduces_the_peaks_of_enge2021(corpus):
    # Raw peaks of 21 Talairach experiments, and the MNI peaks of their Sleuth file, which has
    # three decimals: .0005 of rounding and no more.
    folder = corpus / "enge2021_semantics"
    with (folder / "raw_children_csv" / "_included.csv").open(newline="") as file:
        spaces = {row["experiment"]: row["peaks_space"] for row in csv.DictReader(file)}
    published = Studyset(folder / "input" / "all.txt")
    worst = {"TAL": 0.0, "MNI": 0.0}
    for i, experiment in enumerate(published):
        raw = read_peaks(folder / "raw_children_csv" / f"{experiment.study_id}.csv")
        space = spaces[experiment.study_id]
        converted = talairach_to_mni(raw) if space == "TAL" else raw
        foci = published.foci_mm[published.offsets[i] : published.offsets[i + 1]]
        worst[space] = max(worst[space], np.abs(foci - converted).max())
    assert list(spaces.values()).count("TAL") == 21
    assert worst["TAL"] <= 0.001
    assert worst["MNI"] <= 1e-9


@pytest.mark.parametrize("matrix", ["spm", "fsl"])
def test_talairach_to_mni__other_matrices_do_not_reproduce_enge2021(corpus, matrix):
    folder = corpus / "enge2021_semantics"
    published = Studyset(folder / "input" / "all.txt")
    raw = read_peaks(folder / "raw_children_csv" / "arnoldussen2006nc.csv")
    foci = published.foci_mm[: published.offsets[1]]
    assert np.abs(foci - talairach_to_mni(raw, matrix)).max() > 0.5
