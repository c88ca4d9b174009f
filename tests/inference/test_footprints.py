"""The footprint of a focus: its width, its sum, its place, and what the field computes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import ndimage

from focale.errors import EvidenceError
from focale.inference.footprints import (
    FWHM_PER_SD,
    fwhm_from_sample_size,
    gaussian_footprint,
    reach_in_voxels,
)
from focale.inference.lattice import to_lattice, to_probability
from tests.naive import ale as naive

# NiMARE 0.22.1 at 2 mm (science.md, section 1): n, FWHM mm, sd mm, peak MA, cube edge in voxels.
# Its cube for n = 1 is cut at 31 voxels; ours is not, and has 33. The table prints .01114 for the
# limit, which is .011146 (the continuous Gaussian gives z0^3 (2 pi)^(-3/2) sd^-3 = .011146 too).
TABLE = [
    (1, 19.0726, 8.0994, 0.000956, 33),
    (5, 11.3733, 4.8298, 0.004509, 21),
    (10, 10.0026, 4.2477, 0.006629, 17),
    (12, 9.7554, 4.1427, 0.007145, 17),
    (15, 9.5018, 4.0350, 0.007732, 17),
    (20, 9.2412, 3.9244, 0.008405, 17),
    (30, 8.9731, 3.8105, 0.009181, 17),
    (50, 8.7527, 3.7169, 0.009893, 15),
    (100, 8.5837, 3.6452, 0.010488, 15),
    (math.inf, 8.4113, 3.5719, 0.011146, 15),
]
GRIDS = {
    "1 mm": (1.0, 1.0, 1.0),
    "1.5 mm": (1.5, 1.5, 1.5),
    "2 mm": (2.0, 2.0, 2.0),
    "3 mm": (3.0, 3.0, 3.0),
    "4 mm": (4.0, 4.0, 4.0),
    "2 x 2 x 4 mm": (2.0, 2.0, 4.0),
    "1.5 x 3 x 2 mm": (1.5, 3.0, 2.0),
}
OFFSETS = {
    "on the grid": (0.0, 0.0, 0.0),
    "half way": (0.5, 0.5, 0.5),
    "in the corner": (-0.5, 0.5, -0.5),
    "anywhere": (0.31, -0.17, 0.44),
}
all_grids = pytest.mark.parametrize("edges", GRIDS.values(), ids=GRIDS.keys())
all_offsets = pytest.mark.parametrize("offset", OFFSETS.values(), ids=OFFSETS.keys())


def fwhm_of(n):
    return float(fwhm_from_sample_size(np.array(float(n))))


def moments(footprint, edges, offset):
    """Sum, mean (mm from the focus) and FWHM (mm) of a footprint along each axis."""
    ma = to_probability(footprint)
    axes = [
        (np.arange(n) - n // 2 - shift) * edge
        for n, edge, shift in zip(ma.shape, edges, offset, strict=True)
    ]
    mesh = np.meshgrid(*axes, indexing="ij")
    mean = np.array([(ma * x).sum() for x in mesh]) / ma.sum()
    about_focus = np.array([(ma * x**2).sum() for x in mesh]) / ma.sum()
    return ma.sum(), mean, FWHM_PER_SD * np.sqrt(about_focus)


# ------------------------------------------------------------------------------- width


@pytest.mark.parametrize(("n", "fwhm", "sd", "_peak", "_edge"), TABLE)
def test_fwhm_from_sample_size__equals_the_table(n, fwhm, sd, _peak, _edge):
    assert fwhm_of(n) == pytest.approx(fwhm, abs=5e-5)
    assert fwhm_of(n) / FWHM_PER_SD == pytest.approx(sd, abs=5e-5)


def test_fwhm_from_sample_size__equals_naive_for_any_n():
    n = np.array([1, 2, 7.5, 20.5, 33, 1e6])
    expected = [naive.fwhm_mm(one) for one in n]
    np.testing.assert_allclose(fwhm_from_sample_size(n), expected, rtol=1e-15)


def test_fwhm_from_sample_size__template_part_is_left_for_large_samples():
    assert fwhm_of(math.inf) == pytest.approx(8.411288, abs=5e-7)


# --------------------------------------------------------------------------- footprint


@pytest.mark.parametrize(("n", "_fwhm", "_sd", "peak", "edge"), TABLE)
def test_gaussian_footprint__peak_and_edge_equal_the_table(n, _fwhm, _sd, peak, edge):
    footprint = gaussian_footprint(fwhm_of(n), (2.0, 2.0, 2.0))
    assert footprint.shape == (edge, edge, edge)
    assert to_probability(footprint.max()) == pytest.approx(peak, abs=5.1e-7)


@pytest.mark.parametrize("offset", [(0.0, 0.0, 0.0), (0.5, 0.0, -0.25), (0.31, -0.17, 0.44)])
@pytest.mark.parametrize("edges", [(4.0, 4.0, 4.0), (2.0, 3.0, 4.0)])
def test_gaussian_footprint__equals_naive(edges, offset):
    ours = gaussian_footprint(9.2412, edges, offset)
    theirs = to_lattice(naive.footprint(9.2412, edges, offset))
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 1  # weights are summed in another order


@all_grids
@pytest.mark.parametrize("n", [5, 20])
def test_gaussian_footprint__equals_scipy_gaussian_filter_of_a_delta(edges, n):
    footprint = gaussian_footprint(fwhm_of(n), edges)
    delta = np.zeros(footprint.shape)
    delta[tuple(s // 2 for s in delta.shape)] = 1.0
    sigma = [fwhm_of(n) / FWHM_PER_SD / edge for edge in edges]
    filtered = ndimage.gaussian_filter(delta, sigma, truncate=4.0, mode="constant")
    assert np.abs(footprint - to_lattice(filtered)).max() <= 1


@all_grids
@all_offsets
def test_gaussian_footprint__sums_to_one(edges, offset):
    # On the grid the weights are scaled to sum to 1, and what is left is the rounding of the
    # corners: values below one lattice step (3.7e-9) go up to one. Off the grid the box of
    # 4 sd cuts one side more than the other, 1e-4 of the mass for each axis at most.
    total, _, _ = moments(gaussian_footprint(fwhm_of(20), edges, offset), edges, offset)
    on_grid = offset == (0.0, 0.0, 0.0)
    assert total == pytest.approx(1.0, abs=3e-5 if on_grid else 6e-4)


@all_grids
@all_offsets
def test_gaussian_footprint__has_its_width_in_mm_about_the_true_focus(edges, offset):
    # Second moment about the focus itself, so that a footprint laid half a voxel off would
    # show. A cut at 4 sd takes .1 % off a standard deviation; a coarse grid rounds the box.
    _, mean, fwhm = moments(gaussian_footprint(fwhm_of(20), edges, offset), edges, offset)
    np.testing.assert_allclose(fwhm, fwhm_of(20), rtol=2e-3)
    np.testing.assert_allclose(mean, 0, atol=5e-3)


@all_grids
def test_gaussian_footprint__off_the_grid_samples_the_same_gaussian(edges):
    # Values are the continuous Gaussian at voxel centres times one constant: moving the focus
    # by a fraction of a voxel must not change that constant.
    sd = fwhm_of(20) / FWHM_PER_SD
    offset = (0.31, -0.17, 0.44)
    constants = []
    for shift in [(0.0, 0.0, 0.0), offset]:
        ma = to_probability(gaussian_footprint(fwhm_of(20), edges, shift))
        middle = [s // 2 for s in ma.shape]
        d2 = sum((shift[a] * edges[a]) ** 2 for a in range(3))
        constants.append(ma[tuple(middle)] / math.exp(-d2 / (2 * sd**2)))
    assert constants[1] == pytest.approx(constants[0], rel=1e-6)


@all_offsets
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_gaussian_footprint__mirrored_is_the_footprint_of_the_mirrored_offset(axis, offset):
    edges = (1.5, 3.0, 2.0)
    mirrored = tuple(-x if a == axis else x for a, x in enumerate(offset))
    np.testing.assert_array_equal(
        np.flip(gaussian_footprint(9.2, edges, offset), axis),
        gaussian_footprint(9.2, edges, mirrored),
    )


def test_gaussian_footprint__half_way_is_the_same_from_either_voxel():
    # A focus between two voxels may be counted to either: the same voxels get the same values.
    low = gaussian_footprint(9.2, (2.0, 2.0, 2.0), (0.5, 0.0, 0.0))
    high = gaussian_footprint(9.2, (2.0, 2.0, 2.0), (-0.5, 0.0, 0.0))
    np.testing.assert_array_equal(low[1:], high[:-1])
    assert not low[0].any()
    assert not high[-1].any()


def test_gaussian_footprint__reaches_the_rounded_four_standard_deviations():
    sd = fwhm_of(20) / FWHM_PER_SD / 2.0
    footprint = gaussian_footprint(fwhm_of(20), (2.0, 2.0, 2.0))
    assert footprint.shape[0] == 2 * reach_in_voxels(sd) + 1
    assert footprint.min() > 0  # the box is full to its corners


@pytest.mark.parametrize(("sd", "reach"), [(0.9, 4), (1.0, 4), (1.12, 4), (1.125, 5), (4.05, 16)])
def test_reach_in_voxels__rounds_as_scipy_does(sd, reach):
    assert reach_in_voxels(sd) == reach


def test_gaussian_footprint__is_shared_and_read_only():
    footprint = gaussian_footprint(9.0, (2.0, 2.0, 2.0))
    assert gaussian_footprint(9.0, (2.0, 2.0, 2.0)) is footprint
    with pytest.raises(ValueError, match="read-only"):
        footprint[0, 0, 0] = 1


@pytest.mark.parametrize("edges", [(10.0, 10.0, 10.0), (2.0, 2.0, 10.0)])
def test_gaussian_footprint__narrower_than_a_voxel_is_refused(edges):
    message = (
        r"the footprint \(FWHM 9\.24 mm\) is narrower than a voxel \(10\.00 mm\), so it cannot "
        r"be laid on this grid; use a mask with smaller voxels or a larger fwhm_mm"
    )
    with pytest.raises(EvidenceError, match=message) as caught:
        gaussian_footprint(9.2412, edges)
    assert caught.value.exit_code == 65


def test_gaussian_footprint__as_wide_as_a_voxel_is_laid():
    total, _, _ = moments(gaussian_footprint(4.0, (4.0,) * 3), (4.0,) * 3, (0.0, 0.0, 0.0))
    assert total == pytest.approx(1.0, abs=1e-6)
