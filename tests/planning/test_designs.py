"""Designs, and what the test asks of their maps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from focale import ALE, fwe
from focale.correction.null import LARGEST_SEED, lattice_threshold
from focale.correction.p_values import p_of_maxima
from focale.planning.designs import (
    NULL_OF_DESIGN,
    critical_of,
    critical_value,
    draw_design,
    generator,
    places_at_random,
)
from tests.fixtures_pain import studyset_of


def test_draw_design__keeps_sample_size_and_number_of_foci_together(prototypes):
    design = draw_design(prototypes, 200, 0, seed=1)
    pairs = set(zip(prototypes.fwhm_mm, prototypes.n_foci, strict=True))
    drawn = set(zip(design.fwhm_mm, np.diff(design.offsets), strict=True))
    assert drawn == pairs  # all ten of them among two hundred


def test_draw_design__is_a_function_of_seed_size_and_number(prototypes):
    first = draw_design(prototypes, 12, 3, seed=1)
    np.testing.assert_array_equal(first.fwhm_mm, draw_design(prototypes, 12, 3, 1).fwhm_mm)
    for other in ((12, 4, 1), (12, 3, 2)):
        assert not np.array_equal(first.fwhm_mm, draw_design(prototypes, *other).fwhm_mm)


def test_places_at_random__are_whole_millimetres_all_over_the_sampling_mask(boxed, rng):
    mm = places_at_random(boxed, 40_000, rng)
    np.testing.assert_array_equal(mm, np.round(mm))
    # Voxel centres are even from -30 to 28: an odd place belongs to two voxels.
    for axis in mm.T:
        values, counts = np.unique(axis, return_counts=True)
        assert values[0] >= -31
        assert values[-1] <= 29
        inner = counts[(values > -31) & (values < 29)]
        assert np.all(abs(inner - 40_000 / 60) < 5 * np.sqrt(40_000 / 60))


@pytest.mark.parametrize("correction", ["size", "mass", "voxel"])
def test_critical_of__is_what_fwe_asks_for_the_same_foci(prototypes, boxed, correction):
    test = replace(boxed, correction=correction)
    design = draw_design(prototypes, 8, 0, seed=5)
    critical = critical_of(design, test, 199, seed=5)

    rng = generator(5, NULL_OF_DESIGN, 8, 0)
    foci = np.split(places_at_random(test, design.n_foci, rng), design.offsets[1:-1])
    sizes = dict(zip(prototypes.fwhm_mm, prototypes.n_subjects, strict=True))
    studyset = studyset_of(
        {f"s{i}": [(own.tolist(), int(sizes[design.fwhm_mm[i]]))] for i, own in enumerate(foci)}
    )
    null_seed = int(rng.integers(LARGEST_SEED, dtype=np.uint64))
    corrected = fwe(ALE(mask=test.mask).fit(studyset), n_iterations=199, seed=null_seed)
    maxima = {
        "size": corrected.maxima.size,
        "mass": corrected.maxima.mass,
        "voxel": corrected.maxima.largest,
    }[correction]
    p_at, p_above = p_of_maxima(np.array([critical.largest, critical.largest + 1]), maxima)
    assert p_above <= test.alpha < p_at
    assert critical.threshold == lattice_threshold(corrected.threshold)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.3])
def test_critical_value__is_the_largest_that_does_not_survive(rng, alpha):
    maxima = rng.integers(0, 40, size=199)
    critical = critical_value(maxima, alpha)
    p_at, p_above = p_of_maxima(np.array([critical, critical + 1]), maxima)
    assert p_above <= alpha < p_at
