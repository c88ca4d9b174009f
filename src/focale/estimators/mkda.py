"""Multilevel kernel density analysis: how many experiments report a focus near a voxel.

Wager et al. 2007 (doi:10.1093/scan/nsm015), with the weights of Wager et al. 2009
(doi:10.1016/j.neuroimage.2008.10.061). An experiment counts once at a voxel, however many
of its foci lie within the radius. If the experiments are independent of each other, the
count at a voxel follows the Poisson-binomial distribution.
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from pathlib import Path
from typing import Any, ClassVar, get_args

import numpy as np

from focale._check import check_choice
from focale.errors import EvidenceError
from focale.estimators.estimator import Estimator, NullMethod, sample_sizes
from focale.estimators.spheres import (
    RADIUS_COLUMN,
    RADIUS_MM,
    Weights,
    check_null_method,
    radius_from,
    weights_from,
)
from focale.estimators.words import Words
from focale.inference.ma_maps import Placement
from focale.inference.shapes import SPHERE, WEIGHTED_SPHERE, Footprints
from focale.inference.spheres import HEAVIEST
from focale.space.mask import Mask
from focale.studyset.model import Studyset
from focale.typing import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class MKDADensity(Estimator):
    """Multilevel kernel density analysis of a studyset.

    Parameters
    ----------
    radius_mm
        An experiment counts at the voxels whose centre lies no farther from one of its foci.
    weights
        "equal": the statistic is the number of experiments. "sqrt_n": experiment i weighs
        w_i = n sqrt(N_i) / sum sqrt(N_j), N_i its sample size, so that the weights of the n
        experiments sum to n. The discount of Wager et al. 2009 for fixed-effects experiments
        (three quarters) is left out: the sources do not say which experiments these are.
    placement
        As in `ALE`.
    mask
        As in `ALE`.
    kernel__r
        Radius under NiMARE's name.
    weighting
        Weights under NiMARE's name: None, "uniform" or "sample_size".
    null_method
        "approximate", which is NiMARE's name of the exact null.
    n_iters, n_cores, random_state
        Accepted for scripts that pass them; the exact null needs none.

    Examples
    --------
    >>> from focale import Studyset, pain_studyset_path
    >>> result = MKDADensity().fit(Studyset(pain_studyset_path()))
    >>> result.stat.max, result.stat.max_mm
    (10.0, (38.0, 0.0, 0.0))
    """

    name: ClassVar[str] = "mkda"
    null: ClassVar[NullMethod] = "exact"  # type: ignore[misc]  # there is no other

    radius_mm: float = RADIUS_MM
    weights: Weights = "equal"
    placement: Placement = "exact"
    mask: Mask | str | Path | Any | None = None
    kernel__r: InitVar[float | None] = None
    weighting: InitVar[str | None] = None
    null_method: InitVar[str] = "approximate"
    n_iters: InitVar[int | None] = None
    n_cores: InitVar[int] = 1
    random_state: InitVar[int | None] = None

    def __post_init__(
        self,
        kernel__r: float | None,
        weighting: str | None,
        null_method: str,
        n_iters: int | None,
        n_cores: int,
        random_state: int | None,  # nothing is random here
    ) -> None:
        radius_mm = radius_from("MKDADensity", self.radius_mm, kernel__r)
        object.__setattr__(self, "radius_mm", radius_mm)
        weights = weights_from("MKDADensity", self.weights, weighting)
        object.__setattr__(self, "weights", weights)
        check_choice("placement", "MKDADensity", self.placement, get_args(Placement))
        check_null_method("MKDADensity", null_method, n_iters, n_cores)

    @property
    def words(self) -> Words:
        """How MKDA density is spoken of."""
        within = f"experiments with a focus within {self.radius_mm:g} mm"
        is_count = self.weights == "equal"
        means = f"{'number' if is_count else 'sum of the weights (1 on average)'} of the {within}"
        counted = "An experiment counts once at a voxel, however many of its foci lie so near"
        weighed = (
            "a weight is proportional to the square root of the sample size, and 1 on average "
            "{wager2009}"
        )
        added = "w_i I_i, w_i its weight and I_i whether it has a focus within the radius"
        return Words(
            key="mkda",
            statistic="MKDA density",
            method="multilevel kernel density analysis (MKDA) {wager2007}",
            means=means,
            formula=f"MKDA density: {means}",
            within=f"MKDA density is the {means}. {counted}{'' if is_count else f'; {weighed}'}.",
            footprint=f"a sphere with a radius of {self.radius_mm:g} mm",
            width=RADIUS_COLUMN,
            null=": a Poisson-binomial distribution, computed by convolution"
            if is_count
            else ", computed by convolution",
            kept="the number of foci of each experiment"
            if is_count
            else "the number of foci and the weight of each experiment",
            summand="MKDA density",
            summands="l_i = 1 where the experiment has a focus within the radius"
            if is_count
            else f"l_i = {added}",
            mass="MKDA density",
            decimals=None if is_count else 3,
        )

    def footprints(self, studyset: Studyset) -> Footprints:
        """A sphere around each focus, as heavy as its experiment."""
        weight, n = self._weights(studyset), len(studyset)
        shape = SPHERE if np.all(weight == 1) else WEIGHTED_SPHERE
        return Footprints(shape, np.full(n, self.radius_mm), weight)

    def _weights(self, studyset: Studyset) -> FloatArray:
        """Shape (n_experiments,); their mean is 1."""
        if self.weights == "equal":
            return np.ones(len(studyset))
        way_out = 'weigh all experiments alike (weights = "equal" in the protocol)'
        root = np.sqrt(sample_sizes(studyset, way_out))
        if np.all(root == root[:1]):
            return np.ones(len(root))
        weight: FloatArray = root / root.mean()
        if weight.max() > HEAVIEST:
            raise EvidenceError(
                f"{studyset.record.source}: the largest sample size, "
                f"{studyset.n_subjects.max():g}, outweighs the others beyond measure; correct "
                'it, or weigh all experiments alike (weights = "equal" in the protocol)'
            )
        return weight
