"""Multilevel kernel density chi-square analysis, as Neurosynth made it known.

How many experiments of a set report a focus near a voxel, beside how many of another set do
(association), and beside how many report any place on average (uniformity). Each has its own
null. Uniformity asks whether foci fall on a place more than random foci would, so its
family-wise error is that of random foci; association asks whether the sets differ, so its
family-wise error is that of exchangeable labels.

Yarkoni et al. 2011 (doi:10.1038/nmeth.1635), Wager et al. 2007 (doi:10.1093/scan/nsm015).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from focale._check import check_between, check_choice, check_count
from focale.contrasts.difference import ContrastSettings, difference_test
from focale.contrasts.pairwise import (
    CORRECTED,
    LEVELS,
    PairwiseResult,
    TabledMaps,
    by_level,
    threads_of,
)
from focale.contrasts.sides import sides_of
from focale.correction.correctors import FWECorrector
from focale.correction.fwe import fwe
from focale.errors import ArgumentError
from focale.estimators.mkda import MKDADensity
from focale.estimators.p_values import with_p_values
from focale.estimators.result import StatMap
from focale.estimators.spheres import RADIUS_MM, radius_from
from focale.inference.two_by_two import (
    CountTest,
    association,
    different_counts,
    poisson_binomial_tail,
    uniformity,
)
from focale.studyset.model import Studyset
from focale.typing import FloatArray, IntArray

ASSOCIATION, UNIFORMITY = "desc-association", "desc-uniformity"
GROUPS = {"desc-group1": 0, "desc-group2": 1}
"""Uniformity of each set, by NiMARE's names."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Chi2Result(PairwiseResult):
    """Association and uniformity of two sets, under NiMARE's names.

    Attributes
    ----------
    first, second
        MKDA density of each set.
    tests
        By name, the test of each different count, and the row of each voxel among them.
    threads
        Threads that a correction takes.
    """

    first: StatMap
    second: StatMap
    tests: Mapping[str, tuple[CountTest, IntArray]]
    threads: int | None

    @property
    def p_by_test(self) -> Mapping[str, FloatArray]:
        """Uncorrected two-sided p of each test."""
        return {name: table.p[row] for name, (table, row) in self.tests.items()}

    def signs_of(self, test: str) -> FloatArray:
        """1 where more experiments report a place than the test expects, -1 where fewer."""
        table, row = self.tests[test]
        signs: FloatArray = np.sign(table.z)[row]
        return signs

    def family_wise(self, corrector: FWECorrector) -> Mapping[str, FloatArray]:
        """Family-wise p: of association by labels, of uniformity by random foci.

        Random foci tell where more experiments report a place than by chance; where fewer do,
        the family-wise p of uniformity is 1.
        """
        settings = ContrastSettings(
            n_labelings=corrector.n_iters,
            seed=corrector.seed,
            forming_p=corrector.voxel_thresh,
        )
        labels = difference_test(self.first, self.second, settings, threads=self.threads)
        found = by_level(labels, ASSOCIATION, corrector)
        of_first = self._random_foci(self.first, corrector)
        for name, of_set in {
            UNIFORMITY: of_first,
            "desc-group1": of_first,
            "desc-group2": self._random_foci(self.second, corrector),
        }.items():
            found |= {f"{name}{suffix}_{CORRECTED}": p for suffix, p in of_set.items()}
        return found

    def _random_foci(self, of: StatMap, corrector: FWECorrector) -> dict[str, FloatArray]:
        corrected = fwe(
            with_p_values(of),
            n_iterations=corrector.n_iters,
            seed=corrector.seed,
            cluster_forming_p=corrector.voxel_thresh,
            threads=self.threads,
        )
        return {
            f"{suffix}_{level_name}": corrected.p(level).values
            for level, (suffix, level_name) in LEVELS.items()
            if level == "voxel" or not corrector.vfwe_only
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class MKDAChi2:
    """Multilevel kernel density chi-square analysis of two sets of experiments.

    Differs from NiMARE's in that a table that says nothing has chi-square 0 (not 2), mid-p
    stand in for chi-square where an expected count is below 5, the family-wise error of
    uniformity is that of random foci and that of association that of labels, clusters never mix
    more with less, and sets that share experiments or participants are refused.

    Parameters
    ----------
    kernel__r
        An experiment counts at the voxels whose centre lies so near one of its foci, mm.
    prior
        Prior probability of the first set, for the maps "..._prior".
    n_cores
        Threads; -1 for all cores. The numbers do not depend on it.
    fwe_null_method
        "label-permutation", which is the null of association; uniformity has that of random
        foci whatever is asked.
    memory, memory_level, random_state
        Accepted for scripts that pass them; nothing here depends on them.

    Examples
    --------
    >>> from focale import Studyset, pain_studyset_path
    >>> pain = Studyset(pain_studyset_path())
    >>> result = MKDAChi2().fit(pain.slice(pain.ids[:10]), pain.slice(pain.ids[10:]))
    >>> float(result.get_map("z_desc-uniformity", return_type="array").max().round(2))
    6.2
    """

    kernel__r: float = 10.0
    prior: float = 0.5
    n_cores: int = 1
    fwe_null_method: str = "label-permutation"
    memory: Any = None
    memory_level: int = 0
    random_state: int | None = None

    def __post_init__(self) -> None:
        radius_from("MKDAChi2", RADIUS_MM, self.kernel__r)
        check_between("prior", "MKDAChi2", self.prior, 0, 1)
        check_count("n_cores", "MKDAChi2", self.n_cores, -1)
        check_choice(
            "fwe_null_method",
            "MKDAChi2",
            self.fwe_null_method,
            ("label-permutation", "random-foci"),
        )
        if self.fwe_null_method == "random-foci":
            raise ArgumentError(
                "MKDAChi2 has no fwe_null_method='random-foci': random foci are no null of a "
                "difference between two sets; FWECorrector takes labels for association and "
                "random foci for uniformity"
            )

    def fit(self, dataset1: Studyset, dataset2: Studyset) -> Chi2Result:
        """Association and uniformity at every voxel.

        Raises
        ------
        EvidenceError
            If experiments or subject groups are in both sets, or a set has fewer than two.
        """
        sides = sides_of(dataset1, dataset2, ("dataset1", "dataset2"))
        estimator = MKDADensity(radius_mm=self.kernel__r)
        first, second = estimator.statistic(sides.first), estimator.statistic(sides.second)
        counts = first.ma.log_sum, second.ma.log_sum
        sizes = first.ma.n_experiments, second.ma.n_experiments
        few, row = different_counts(counts[0], counts[1], sizes[0], sizes[1])
        tests = {
            ASSOCIATION: (association(*few, *sizes), row),
            "desc-group1": (_uniform(first, sizes[0]), counts[0]),
            "desc-group2": (_uniform(second, sizes[1]), counts[1]),
        }
        tests[UNIFORMITY] = tests["desc-group1"]
        tables = {name: (share, row) for name, share in self._probabilities(few, sizes).items()}
        for name, (test, own) in tests.items():
            for kind in ("chi2", "z", "p", "logp"):
                tables[f"{kind}_{name}"] = getattr(test, kind), own
        return Chi2Result(
            named=TabledMaps(tables, first.mask),
            mask=first.mask,
            first=first,
            second=second,
            tests=tests,
            threads=threads_of(self.n_cores),
        )

    def _probabilities(
        self, counts: tuple[IntArray, IntArray], sizes: tuple[int, int]
    ) -> dict[str, FloatArray]:
        """P(A), P(A|F), P(A|U) and P(F|A), F being the first set and U the second."""
        given_first, given_second = (a / n for a, n in zip(counts, sizes, strict=True))
        share = sizes[0] / sum(sizes)
        overall = (counts[0] + counts[1]) / sum(sizes)
        with_prior = self.prior * given_first + (1 - self.prior) * given_second
        values = {
            "A": overall,
            "AgF": given_first,
            "AgU": given_second,
            "FgA": _ratio(given_first * share, overall),
            "group1": given_first,
            "group2": given_second,
            "AgF_prior": with_prior,
            "FgA_prior": _ratio(given_first * self.prior, with_prior),
        }
        return {f"prob_desc-{name}": value for name, value in values.items()}


def _uniform(of: StatMap, n: int) -> CountTest:
    """Uniformity of a set, for 0, 1, ... n experiments, against the exact null of random foci."""
    covered = np.diff(of.ma.offsets) / of.mask.n_voxels
    return uniformity(np.arange(n + 1), float(covered.sum()), poisson_binomial_tail(covered))


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Part of a whole, 0 where the whole is 0."""
    ratio: FloatArray = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return ratio
