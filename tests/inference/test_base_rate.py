"""The foci of a database as places that random foci are drawn from."""

from __future__ import annotations

import numpy as np

from focale.inference.base_rate import base_rate_of
from focale.inference.footprints import FWHM_PER_SD, reach_in_voxels
from focale.inference.montecarlo import null_design
from tests.fixtures_pain import box_mask


def test_base_rate_of__keeps_every_focus_as_often_as_it_is_reported():
    mask = box_mask((10, 10, 10))
    foci = np.array([[2.0, 4.0, 6.0]] * 3 + [[2.9, 4.9, 6.0], [8.0, 8.0, 8.0]])
    base = base_rate_of(foci, mask, 10.0, "five foci")
    places, weights = base.places
    assert places.tolist() == [[1, 2, 3], [4, 4, 4]]
    assert weights.tolist() == [4, 1]
    assert (base.n_foci, base.n_outside, base.n_out_of_reach) == (5, 0, 0)


def test_base_rate_of__counts_what_lies_outside_and_what_no_footprint_brings_in():
    mask = box_mask((10, 10, 10))
    reach = reach_in_voxels(10.0 / FWHM_PER_SD / 2)
    near, far = -2.0 * reach, -2.0 * (reach + 1)
    foci = np.array([[0.0, 0.0, 0.0], [near, 0.0, 0.0], [far, 0.0, 0.0], [1e9, 0.0, 0.0]])
    base = base_rate_of(foci, mask, 10.0, "four foci")
    assert base.voxels.tolist() == [[-reach, 0, 0], [0, 0, 0]]
    assert (base.n_foci, base.n_outside, base.n_out_of_reach) == (2, 1, 2)


def test_base_rate_of__a_hole_in_the_mask_is_outside():
    inside = np.ones((9, 9, 9), dtype=bool)
    inside[4, 4, 4] = False
    base = base_rate_of(
        np.array([[8.0, 8.0, 8.0]]), box_mask((9, 9, 9), inside=inside), 10.0, "one"
    )
    assert (base.n_foci, base.n_outside) == (1, 1)


def test_base_rate_of__order_of_the_database_says_nothing(rng):
    mask = box_mask((10, 10, 10))
    foci = rng.uniform(0, 18, (50, 3))
    one, other = (base_rate_of(f, mask, 10.0, "") for f in (foci, foci[::-1]))
    assert np.array_equal(one.voxels, other.voxels)


def test_null_design__takes_a_base_rate_and_is_otherwise_the_same(rng):
    mask = box_mask((10, 10, 10))
    foci, offsets, fwhm = rng.uniform(0, 18, (6, 3)), np.array([0, 2, 6]), np.array([9.0, 10.0])
    base = base_rate_of(foci, mask, 10.0, "")
    plain = null_design(foci, offsets, fwhm, mask)
    based = null_design(foci, offsets, fwhm, mask, "exact", base)
    assert np.array_equal(based.sampling, base.voxels)
    assert based.sha256 != plain.sha256
    for part in ("offsets", "fingerprints", "words", "starts", "halves"):
        assert np.array_equal(getattr(based, part), getattr(plain, part))
