"""The sphere around a focus: its voxels, its surface, and its bound."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focale.errors import EvidenceError
from focale.inference.spheres import sphere_factors, sphere_footprint, sphere_reach
from tests.naive import mkda as naive

CUBE = (2.0, 2.0, 2.0)
ODD = (2.0, 4.0, 3.0)
CENTRE = (0.0, 0.0, 0.0)


def naive_sphere(radius_mm, edges, offset, shape):
    """The same box, its middle voxel at the origin."""
    affine = np.diag([*edges, 1.0])
    affine[:3, 3] = [-edge * (n // 2) for edge, n in zip(edges, shape, strict=True)]
    focus = [shift * edge for shift, edge in zip(offset, edges, strict=True)]
    return naive.within(focus, radius_mm, shape, affine)


@pytest.mark.parametrize(
    ("radius_mm", "n"), [(2.0, 7), (4.0, 33), (6.0, 123), (10.0, 515), (12.0, 925), (20.0, 4169)]
)
def test_sphere_footprint__has_the_voxels_of_a_ball(radius_mm, n):
    # Lattice points in a ball of 1, 2, 3, 5, 6 and 10 voxels: OEIS A000605.
    assert np.count_nonzero(sphere_footprint(radius_mm, CUBE)) == n


@given(
    st.sampled_from([4.0, 5.9, 6.0, 10.0]),
    st.sampled_from([CUBE, ODD]),
    st.tuples(*[st.sampled_from([0.0, 0.5, -0.5, 0.25, 0.37, -0.49])] * 3),
)
def test_sphere_footprint__equals_naive(radius_mm, edges, offset):
    ours = sphere_footprint(radius_mm, edges, offset)
    assert np.array_equal(ours > 0, naive_sphere(radius_mm, edges, offset, ours.shape))


@given(st.floats(4.0, 15.0), st.tuples(*[st.floats(-0.5, 0.5)] * 3))
def test_sphere_footprint__has_room_for_every_voxel_of_the_sphere(radius_mm, offset):
    ours = sphere_footprint(radius_mm, CUBE, offset)
    wider = tuple(n + 4 for n in ours.shape)
    assert np.count_nonzero(naive_sphere(radius_mm, CUBE, offset, wider)) == np.count_nonzero(ours)


@pytest.mark.parametrize("dust", [1e-12, -1e-12])
def test_sphere_footprint__surface_belongs_to_it_whatever_the_dust_of_the_affine(dust):
    assert np.count_nonzero(sphere_footprint(10.0, CUBE, (dust, dust, -dust))) == 515


def test_sphere_footprint__has_its_lattice_value_inside_and_nothing_outside():
    assert set(np.unique(sphere_footprint(6.0, CUBE, CENTRE, 77)).tolist()) == {0, 77}


def test_sphere_footprint__is_shared_and_read_only():
    footprint = sphere_footprint(6.0, CUBE)
    assert sphere_footprint(6.0, CUBE) is footprint
    with pytest.raises(ValueError, match="read-only"):
        footprint[0, 0, 0] = 1


def test_sphere_footprint__smaller_than_a_voxel_is_refused():
    with pytest.raises(
        EvidenceError,
        match=r"radius 3 mm\) is smaller than a voxel \(4\.00 mm\).*larger radius_mm",
    ):
        sphere_footprint(3.0, ODD)


@pytest.mark.parametrize("offset", [CENTRE, (0.5, 0.5, 0.5), (-0.5, 0.5, 0.25)])
def test_sphere_footprint__as_large_as_a_voxel_reaches_one_wherever_the_focus_lies(offset):
    assert sphere_footprint(2.0, CUBE, offset).any()


@pytest.mark.parametrize("edges", [CUBE, ODD])
@pytest.mark.parametrize("offset", [CENTRE, (0.5, -0.5, 0.1)])
def test_sphere_factors__bound_the_sphere_and_are_one_in_its_box(edges, offset):
    x, y, z = sphere_factors(9.3, edges, offset)
    product = x[:, None, None] * y[:, None] * z
    footprint = sphere_footprint(9.3, edges, offset)
    assert product.shape == footprint.shape
    assert np.all(product >= footprint)
    assert set(np.unique(product).tolist()) <= {0.0, 1.0}


def test_sphere_reach__is_the_farthest_voxel_of_any_place():
    assert sphere_reach(np.array([10.0, 9.9, 11.0]), np.array([2.0] * 3)).tolist() == [5, 5, 6]
    assert math.floor(9.9 / 2 + 0.5) == 5
