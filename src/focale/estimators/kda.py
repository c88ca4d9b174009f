"""Kernel density analysis: how many foci lie near a voxel.

Wager et al. 2003 (doi:10.1016/S1053-8119(03)00078-8) and 2004
(doi:10.1016/j.neuroimage.2004.03.052). Every focus counts, so one experiment with many foci
can make a peak alone; multilevel analysis (`MKDADensity`) was made to mend that, and this
one is here to compare with earlier work.

The uncorrected null takes experiments as they are, each shifted at random as a whole; the
Monte Carlo null moves every focus on its own.
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from pathlib import Path
from typing import Any, ClassVar, get_args

import numpy as np

from focale._check import check_choice
from focale.estimators.estimator import Estimator, NullMethod
from focale.estimators.spheres import (
    RADIUS_COLUMN,
    RADIUS_MM,
    check_null_method,
    radius_from,
)
from focale.estimators.words import Words
from focale.inference.ma_maps import MaMaps, Placement, model_activation
from focale.inference.shapes import SPHERE, Footprints
from focale.space.mask import Mask
from focale.studyset.model import Studyset
from focale.typing import FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class KDA(Estimator):
    """Kernel density analysis of a studyset.

    Parameters
    ----------
    radius_mm
        A focus counts at the voxels whose centre lies no farther from it.
    placement
        As in `ALE`.
    mask
        As in `ALE`.
    kernel__r
        Radius under NiMARE's name.
    null_method
        "approximate", which is NiMARE's name of the exact null.
    n_iters, n_cores, random_state
        Accepted for scripts that pass them; the exact null needs none.

    Examples
    --------
    >>> from focale import Studyset, pain_studyset_path
    >>> result = KDA().fit(Studyset(pain_studyset_path()))
    >>> result.stat.max, result.stat.max_mm
    (14.0, (36.0, 8.0, -4.0))
    """

    name: ClassVar[str] = "kda"
    null: ClassVar[NullMethod] = "exact"  # type: ignore[misc]  # there is no other

    radius_mm: float = RADIUS_MM
    placement: Placement = "exact"
    mask: Mask | str | Path | Any | None = None
    kernel__r: InitVar[float | None] = None
    null_method: InitVar[str] = "approximate"
    n_iters: InitVar[int | None] = None
    n_cores: InitVar[int] = 1
    random_state: InitVar[int | None] = None

    def __post_init__(
        self,
        kernel__r: float | None,
        null_method: str,
        n_iters: int | None,
        n_cores: int,
        random_state: int | None,  # nothing is random here
    ) -> None:
        object.__setattr__(self, "radius_mm", radius_from("KDA", self.radius_mm, kernel__r))
        check_choice("placement", "KDA", self.placement, get_args(Placement))
        check_null_method("KDA", null_method, n_iters, n_cores)

    @property
    def words(self) -> Words:
        """How KDA is spoken of."""
        means = f"number of the foci within {self.radius_mm:g} mm"
        return Words(
            key="kda",
            statistic="KDA",
            method="kernel density analysis (KDA) {wager2003; wager2004}",
            means=means,
            formula=f"KDA: {means}",
            within=f"KDA is the {means}, of whatever experiment; one experiment with many foci "
            "can make a peak alone.",
            footprint=f"a sphere with a radius of {self.radius_mm:g} mm",
            width=RADIUS_COLUMN,
            null=", each with its foci as they are, computed by convolution",
            kept="the number of foci",
            summand="KDA",
            summands="l_i the number of foci of the experiment within the radius",
            mass="KDA",
        )

    def footprints(self, studyset: Studyset) -> Footprints:
        """A sphere around each focus."""
        return Footprints.alike(SPHERE, np.full(len(studyset), self.radius_mm))

    def lay(
        self, foci_mm: FloatArray, offsets: IntArray, footprints: Footprints, mask: Mask
    ) -> MaMaps:
        """Modelled activation of each experiment: its spheres add up."""
        return model_activation(foci_mm, offsets, footprints, mask, self.placement, adds=True)

    def null_units(self, offsets: IntArray, footprints: Footprints) -> tuple[IntArray, Footprints]:
        """Every focus on its own."""
        return np.arange(offsets[-1] - offsets[0] + 1), footprints.of_foci(offsets)
