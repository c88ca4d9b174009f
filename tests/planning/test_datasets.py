"""Simulated foci: where they fall, and what data sets have in common."""

from __future__ import annotations

import numpy as np
import pytest

from focale.inference.footprints import FWHM_PER_SD
from focale.planning.datasets import draw_dataset
from focale.planning.designs import draw_design
from focale.planning.settings import PlanSettings


@pytest.fixture
def design(prototypes):
    return draw_design(prototypes, 12, 0, seed=0)


def test_dataset__k_experiments_report_the_place_with_their_first_focus(design, boxed):
    data = draw_dataset(design, 0, boxed, PlanSettings())
    nobody = data.foci_mm(0)
    for k in range(13):
        changed = np.flatnonzero(np.any(data.foci_mm(k) != nobody, axis=1))
        np.testing.assert_array_equal(changed, np.sort(design.offsets[data.order[:k]]))
    assert sorted(data.order) == list(range(12))


def test_dataset__those_that_differ_in_k_have_all_else_in_common(design, boxed):
    data = draw_dataset(design, 4, boxed, PlanSettings(seed=2))
    again = draw_dataset(design, 4, boxed, PlanSettings(seed=2, shares=(1.0,)))
    np.testing.assert_array_equal(data.foci_mm(5), again.foci_mm(5))
    np.testing.assert_array_equal(data.place_mm, again.place_mm)


@pytest.mark.parametrize("other", [(5, 2), (4, 3)])
def test_dataset__number_and_seed_make_another(design, boxed, other):
    number, seed = other
    data = draw_dataset(design, 4, boxed, PlanSettings(seed=2))
    another = draw_dataset(design, number, boxed, PlanSettings(seed=seed))
    assert not np.array_equal(data.background_mm, another.background_mm)


def test_dataset__a_given_place_changes_nothing_else(design, boxed):
    data = draw_dataset(design, 4, boxed, PlanSettings())
    placed = draw_dataset(design, 4, boxed, PlanSettings(place=(2, -4, 6)))
    np.testing.assert_array_equal(placed.place_mm, (2, -4, 6))
    np.testing.assert_array_equal(data.background_mm, placed.background_mm)
    np.testing.assert_array_equal(data.order, placed.order)


@pytest.mark.parametrize("scatter_mm", [None, 0.0, 3.0])
def test_dataset__foci_scatter_as_asked(prototypes, boxed, scatter_mm):
    design = draw_design(prototypes, 3000, 0, seed=0)
    settings = PlanSettings(scatter_mm=scatter_mm, place=(0, 0, 0))
    data = draw_dataset(design, 0, boxed, settings)
    sd_mm = design.fwhm_mm / FWHM_PER_SD if scatter_mm is None else np.full(3000, scatter_mm)
    # Rounding to whole millimetres adds 1/12 to the variance.
    expected = np.mean(sd_mm**2) + (1 / 12 if scatter_mm != 0 else 0)
    found = np.mean(data.scattered_mm**2, axis=0)
    np.testing.assert_allclose(found, expected, rtol=5 * np.sqrt(2 / 3000), atol=1e-12)


def test_dataset__foci_about_a_place_at_the_edge_stay_in_the_mask(design, boxed):
    edge = PlanSettings(place=(-30, -30, -30))
    data = [draw_dataset(design, number, boxed, edge) for number in range(50)]
    reported = np.concatenate([d.scattered_mm for d in data])
    assert np.all(boxed.mask.position_of(reported) >= 0)


def test_dataset__places_are_drawn_from_all_of_the_sampling_mask(design, boxed):
    drawn = [draw_dataset(design, number, boxed, PlanSettings()) for number in range(400)]
    places = np.array([data.place_mm for data in drawn])
    assert np.all(boxed.sampling.position_of(places) >= 0)
    error = 60 / np.sqrt(12 * 400)
    np.testing.assert_allclose(places.mean(axis=0), -1.0, atol=4 * error)
