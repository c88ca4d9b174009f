"""Voxels to millimetres and back."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from focale.errors import ArgumentError
from focale.space.grid import Grid

STANDARD = np.array([[2.0, 0, 0, -90], [0, 2, 0, -126], [0, 0, 2, -72], [0, 0, 0, 1]])
COS, SIN = np.cos(0.4), np.sin(0.4)
AFFINES = {
    "2 mm": STANDARD,
    "x stored from right to left": np.array(
        [[-2.0, 0, 0, 90], [0, 2, 0, -126], [0, 0, 2, -72], [0, 0, 0, 1]]
    ),
    "anisotropic": np.array([[1.5, 0, 0, 3], [0, 3, 0, -7.25], [0, 0, 2, 0.1], [0, 0, 0, 1]]),
    "axes in another order": np.array([[0, 0, 3.0, 1], [2, 0, 0, 2], [0, -4, 0, 3], [0, 0, 0, 1]]),
    "turned": np.array(
        [[3 * COS, -2 * SIN, 0, 5], [3 * SIN, 2 * COS, 0, -4], [0, 0, 2.5, 1], [0, 0, 0, 1]]
    ),
}
all_affines = pytest.mark.parametrize("affine", AFFINES.values(), ids=AFFINES.keys())


def grid(affine=STANDARD, shape=(91, 109, 91)):
    return Grid(shape=shape, affine=np.array(affine, dtype=float))


@all_affines
def test_to_voxels__undoes_to_mm(affine, rng):
    voxels = rng.uniform(-5, 100, size=(50, 3))
    np.testing.assert_allclose(
        grid(affine).to_voxels(grid(affine).to_mm(voxels)), voxels, rtol=0, atol=1e-6
    )


@all_affines
def test_to_mm__undoes_to_voxels(affine, rng):
    mm = rng.uniform(-90, 90, size=(50, 3))
    np.testing.assert_allclose(
        grid(affine).to_mm(grid(affine).to_voxels(mm)), mm, rtol=0, atol=1e-5
    )


@all_affines
def test_to_voxels__puts_voxel_centres_and_half_ways_exactly(affine, rng):
    voxels = rng.integers(-10, 220, size=(200, 3)) / 2
    np.testing.assert_array_equal(grid(affine).to_voxels(grid(affine).to_mm(voxels)), voxels)


@pytest.mark.parametrize(
    ("voxel", "snapped"),
    [(3 + 9e-7, 3.0), (3.5 - 9e-7, 3.5), (3 + 2e-6, 3 + 2e-6), (3.25, 3.25)],
)
def test_to_voxels__snaps_within_a_millionth_of_a_voxel_only(voxel, snapped):
    unit = grid(np.eye(4))
    assert unit.to_voxels(np.array([[voxel, 0, 0]]))[0, 0] == snapped


def test_to_mm__of_the_first_voxel_is_the_origin():
    assert grid().to_mm(np.zeros((1, 3))).tolist() == [[-90, -126, -72]]


def test_to_voxels__of_no_points_is_empty():
    assert grid().to_voxels(np.zeros((0, 3))).shape == (0, 3)


def test_voxel_size_mm__is_the_edge_along_each_axis():
    np.testing.assert_allclose(grid(AFFINES["turned"]).voxel_size_mm, [3, 2, 2.5])
    np.testing.assert_allclose(grid(AFFINES["axes in another order"]).voxel_size_mm, [2, 4, 3])


@all_affines
def test_voxel_volume_mm3__is_the_determinant(affine):
    assert grid(affine).voxel_volume_mm3 == pytest.approx(abs(np.linalg.det(affine[:3, :3])))


REFUSED = {
    "sheared": ([[2, 1, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1]], "at right angles"),
    "slightly sheared": (
        [[2, 0.002, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1]],
        "resample the image to a regular grid first",
    ),
    "two axes the same": ([[2, 2, 0, 0], [0, 0, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1]], "sheared"),
    "an axis of zero": (np.diag([2, 0, 2, 1]), "does not place its voxels in space"),
    "nothing but zeros": (np.zeros((4, 4)), "zero or non-finite axes"),
    "NaN": (np.full((4, 4), np.nan), "check the header of the image"),
    "an infinite origin": (STANDARD + np.diag([np.inf] * 3, 1)[:4, :4], "non-finite"),
}


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")  # inf x 0 above
@pytest.mark.parametrize(("affine", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_grid__affine_that_is_no_regular_grid_is_refused(affine, message):
    with pytest.raises(ArgumentError, match=message) as caught:
        grid(affine)
    assert caught.value.exit_code == 2


def test_grid__header_noise_is_no_shear():
    noisy = STANDARD.copy()
    noisy[0, 1] = 1e-5  # float32 headers of turned images
    assert grid(noisy).voxel_size_mm[0] == 2.0


def test_grid__is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        grid().shape = (1, 1, 1)
