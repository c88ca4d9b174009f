"""Noise experiments: what they are drawn from, and that lists are nested."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from focale.robustness.noise import noise_experiments
from tests.fixtures_pain import box_mask

N_FOCI = np.array([3, 8, 20])
FWHM = np.array([9.5, 8.0])


def noise_in(mask, n=200, seed=0, realisation=0):
    return noise_experiments(n, N_FOCI, FWHM, mask, seed, realisation)


@pytest.fixture
def half_a_box():
    inside = np.random.default_rng(1).random((10, 10, 10)) < 0.5
    return box_mask((10, 10, 10), inside=inside)


def test_noise_experiments__fall_on_different_voxels_of_the_mask(half_a_box):
    noise = noise_in(half_a_box)
    positions = half_a_box.position_of(noise.foci_mm)
    assert np.all(positions >= 0)
    np.testing.assert_allclose(half_a_box.mm(positions), noise.foci_mm)
    for start, stop in zip(noise.offsets[:-1], noise.offsets[1:], strict=True):
        assert len(set(positions[start:stop])) == stop - start


def test_noise_experiments__fall_evenly(half_a_box):
    positions = half_a_box.position_of(noise_in(half_a_box, n=2000).foci_mm)
    counts = np.bincount(positions, minlength=half_a_box.n_voxels)
    assert stats.chisquare(counts).pvalue > 0.001


def test_noise_experiments__have_observed_counts_and_widths_independently(half_a_box):
    noise = noise_in(half_a_box, n=3000)
    n_foci = np.diff(noise.offsets)
    assert set(n_foci) == set(N_FOCI)
    assert set(noise.fwhm_mm) == set(FWHM)
    table = [[np.sum((n_foci == n) & (noise.fwhm_mm == w)) for w in FWHM] for n in N_FOCI]
    expected = np.full((3, 2), 500.0)
    assert stats.chisquare(np.ravel(table), np.ravel(expected)).pvalue > 0.001


def test_noise_experiments__a_longer_list_begins_with_a_shorter_one(half_a_box):
    few, many = noise_in(half_a_box, n=7), noise_in(half_a_box, n=20)
    part = many.part(0, 7)
    for name in ("foci_mm", "offsets", "fwhm_mm"):
        np.testing.assert_array_equal(getattr(few, name), getattr(part, name))
    later = many.part(7, 9)
    assert later.offsets.tolist() == (many.offsets[7:10] - many.offsets[7]).tolist()
    np.testing.assert_array_equal(later.foci_mm, many.foci_mm[many.offsets[7] : many.offsets[9]])


def test_noise_experiments__differ_by_seed_and_list(half_a_box):
    lists = [noise_in(half_a_box, 5, s, r).foci_mm.tobytes() for s in (0, 1) for r in (0, 1)]
    assert len(set(lists)) == 4


def test_noise_experiments__have_no_more_foci_than_there_are_voxels():
    noise = noise_in(box_mask((2, 2, 2)), n=30)
    assert np.diff(noise.offsets).max() == 8
