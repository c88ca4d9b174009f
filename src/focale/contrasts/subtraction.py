"""The subtraction of two ALE analyses, as scripts know it from NiMARE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from focale._check import check_between, check_count
from focale.contrasts.difference import ContrastSettings, DifferenceTest, difference_test
from focale.contrasts.pairwise import PairwiseResult, as_maps, by_level, threads_of, two_sided
from focale.contrasts.sides import sides_of
from focale.correction.correctors import FWECorrector
from focale.estimators.ale import ALE
from focale.studyset.model import Studyset
from focale.typing import FloatArray

NAME = "desc-group1MinusGroup2"


@dataclass(frozen=True, eq=False, kw_only=True)
class SubtractionResult(PairwiseResult):
    """The difference of two ALE analyses under NiMARE's names.

    Attributes
    ----------
    test
        The same under ours; see `DifferenceTest`.
    threads
        Threads that a correction takes.
    """

    test: DifferenceTest
    threads: int | None

    @property
    def p_by_test(self) -> Mapping[str, FloatArray]:
        """Uncorrected two-sided p."""
        return {NAME: two_sided(self.test)}

    def signs_of(self, test: str) -> FloatArray:  # noqa: ARG002  # there is one test
        """Which group has more: 1 the first, -1 the second."""
        signs: FloatArray = np.sign(self.test.z.values)
        return signs

    def family_wise(self, corrector: FWECorrector) -> Mapping[str, FloatArray]:
        """Family-wise p by labelings, over both directions."""
        settings = replace(
            self.test.settings,
            n_labelings=corrector.n_iters,
            forming_p=corrector.voxel_thresh,
            seed=corrector.seed,
        )
        test = self.test
        if settings != test.settings:
            test = difference_test(test.first, test.second, settings, threads=self.threads)
        return by_level(test, NAME, corrector)


@dataclass(frozen=True, slots=True, kw_only=True)
class ALESubtraction:
    """Difference of two ALE analyses by permutation of labels.

    Differs from NiMARE's in that labels of a subject group keep together, p are exact where
    few experiments reach a voxel and (b + 1)/(B + 1) elsewhere, two-sided p are twice the
    smaller tail, the family-wise error is controlled on standardised differences over both
    directions, and sides that share experiments or participants are refused.

    Parameters
    ----------
    n_iters
        Labelings.
    voxel_thresh
        One-tailed p that forms clusters.
    n_cores
        Threads; -1 for all cores. The numbers do not depend on it.
    random_state
        Seed; None is 0.
    kernel__fwhm, kernel__sample_size
        As `fwhm_mm` and `sample_size` of `ALE`.
    vfwe_only, low_memory, memory, memory_level
        Accepted for scripts that pass them; nothing here depends on them.

    Examples
    --------
    >>> from focale import Studyset, pain_studyset_path
    >>> pain = Studyset(pain_studyset_path())
    >>> one, two = pain.slice(pain.ids[:10]), pain.slice(pain.ids[10:])
    >>> result = ALESubtraction(n_iters=100).fit(one, two)
    >>> result.get_map("z_desc-group1MinusGroup2", return_type="array").shape
    (228483,)
    """

    n_iters: int = 5000
    voxel_thresh: float = 0.001
    n_cores: int = 1
    random_state: int | None = None
    kernel__fwhm: float | None = None
    kernel__sample_size: float | None = None
    vfwe_only: bool = True
    low_memory: Any = "auto"
    memory: Any = None
    memory_level: int = 0

    def __post_init__(self) -> None:
        check_count("n_iters", "ALESubtraction", self.n_iters, 1)
        check_between("voxel_thresh", "ALESubtraction", self.voxel_thresh, 0, 0.5)
        check_count("n_cores", "ALESubtraction", self.n_cores, -1)

    def fit(self, dataset1: Studyset, dataset2: Studyset) -> SubtractionResult:
        """ALE of the first less that of the second, with p.

        Raises
        ------
        EvidenceError
            If experiments or subject groups are on both sides, or a side has fewer than two.
        """
        estimator = ALE(fwhm_mm=self.kernel__fwhm, sample_size=self.kernel__sample_size)
        sides = sides_of(dataset1, dataset2, ("dataset1", "dataset2"))
        test = difference_test(
            estimator.statistic(sides.first),
            estimator.statistic(sides.second),
            ContrastSettings(
                n_labelings=self.n_iters,
                seed=self.random_state or 0,
                forming_p=self.voxel_thresh,
            ),
            threads=threads_of(self.n_cores),
        )
        signs: FloatArray = np.sign(test.z.values)
        return SubtractionResult(
            named={
                f"stat_{NAME}": test.difference,
                **as_maps(NAME, two_sided(test), signs, test.mask),
                "stat_desc-group1": test.first.stat,
                "stat_desc-group2": test.second.stat,
            },
            mask=test.mask,
            test=test,
            threads=threads_of(self.n_cores),
        )
