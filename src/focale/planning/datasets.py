"""One simulated evidence base: foci at random, some of them at one place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from focale.frozen import freeze
from focale.inference.footprints import FWHM_PER_SD
from focale.inference.ma_maps import MaMaps, model_activation
from focale.planning.designs import DATA_SET, Design, generator, places_at_random
from focale.planning.prototypes import PlannedTest
from focale.planning.settings import PlanSettings
from focale.typing import FloatArray, IntArray

MOST_DRAWS = 100
"""How often a focus that fell outside the mask is drawn again; then it is at the place."""


@dataclass(frozen=True, slots=True, eq=False)
class DataSet:
    """Where the foci of a simulated evidence base fall, whoever reports the place.

    With k experiments that report it, the first k of `order` do: their first focus is the
    one of `scattered_mm`. So data sets that differ in k alone have all else in common.

    Attributes
    ----------
    design
        The experiments.
    place_mm
        Shape (3,); the true place.
    background_mm
        Shape (n_foci, 3); foci at random.
    order
        Shape (n_experiments,); experiments in the order in which they report the place.
    scattered_mm
        Shape (n_experiments, 3); the focus of each experiment, should it report the place.
    """

    design: Design
    place_mm: FloatArray
    background_mm: FloatArray
    order: IntArray
    scattered_mm: FloatArray

    def __post_init__(self) -> None:
        freeze(self, "place_mm", "background_mm", "order", "scattered_mm")

    def foci_mm(self, k: int) -> FloatArray:
        """Foci if k experiments report the place, shape (n_foci, 3)."""
        foci_mm = self.background_mm.copy()
        reporting = self.order[:k]
        foci_mm[self.design.offsets[reporting]] = self.scattered_mm[reporting]
        return foci_mm

    def modelled_activation(self, k: int, test: PlannedTest) -> MaMaps:
        """Maps if k experiments report the place."""
        design = self.design
        return model_activation(
            self.foci_mm(k), design.offsets, design.fwhm_mm, test.mask, test.placement
        )


def draw_dataset(
    design: Design, number: int, test: PlannedTest, settings: PlanSettings
) -> DataSet:
    """A data set of a design, a function of the seed, the design and the number alone."""
    rng = generator(settings.seed, DATA_SET, design.n, design.number, number)
    background_mm = places_at_random(test, design.n_foci, rng)
    order = rng.permutation(design.n)
    voxel = rng.integers(test.sampling.n_voxels, size=1)  # also where the place is given
    place_mm = test.sampling.mm(voxel)[0] if settings.place is None else np.array(settings.place)
    sd_mm = design.fwhm_mm / FWHM_PER_SD
    if settings.scatter_mm is not None:
        sd_mm = np.full(design.n, settings.scatter_mm)
    return DataSet(design, place_mm, background_mm, order, _scattered(place_mm, sd_mm, test, rng))


def _scattered(
    place_mm: FloatArray, sd_mm: FloatArray, test: PlannedTest, rng: np.random.Generator
) -> FloatArray:
    """A focus of each experiment about a place, inside the mask, whole millimetres."""
    foci_mm = np.tile(place_mm, (sd_mm.size, 1))
    outside = np.ones(sd_mm.size, dtype=bool)
    for _ in range(MOST_DRAWS):
        drawn = np.round(place_mm + rng.normal(size=(sd_mm.size, 3)) * sd_mm[:, None])
        fits = outside & (test.mask.position_of(drawn) >= 0)
        foci_mm[fits] = drawn[fits]
        outside &= ~fits
        if not outside.any():
            break
    return foci_mm
