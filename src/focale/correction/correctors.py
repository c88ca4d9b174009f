"""Correction as verbs, for scripts that know them from NiMARE.

`FWECorrector(...).transform(result)` and `FDRCorrector(...).transform(result)` return the
result with more maps, under NiMARE's names. The numbers come from `fwe`, `fdr` and
`bonferroni`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, Self, TypeVar, get_args, overload

import numpy as np

from focale._check import check_between, check_choice, check_count, refuse
from focale.correction.fwe import fwe
from focale.correction.result import FweResult
from focale.correction.scale import scale
from focale.correction.scale_result import ScaleResult
from focale.correction.voxelwise import FdrMethod, bonferroni, fdr
from focale.estimators.result import Result
from focale.inference.tails import z_from_log_p
from focale.space.voxelmap import VoxelMap

FweMethod = Literal["montecarlo", "bonferroni"]
MONTE_CARLO_MAPS = {
    "voxel": "level-voxel_corr-FWE_method-montecarlo",
    "size": "desc-size_level-cluster_corr-FWE_method-montecarlo",
    "mass": "desc-mass_level-cluster_corr-FWE_method-montecarlo",
}


class Correctable(Protocol):
    """A result that knows itself what a corrector is to do with it."""

    def corrected_by(self, corrector: Any) -> Self:
        """The result with the maps that a corrector asks for."""


AnyCorrectable = TypeVar("AnyCorrectable", bound=Correctable)
AnyResult = TypeVar("AnyResult", Result, ScaleResult)


@dataclass(frozen=True, slots=True)
class FWECorrector:
    """Family-wise error control of a result.

    Parameters
    ----------
    method
        "montecarlo", or "bonferroni", which is not recommended for ALE.
    n_iters
        Iterations of the null.
    n_cores
        Threads; -1 for all cores. The numbers do not depend on it.
    voxel_thresh
        Uncorrected p that forms clusters.
    vfwe_only
        Whether to leave out the maps of clusters.
    seed
        Seed of the random numbers.

    Examples
    --------
    >>> from focale import ALE, Studyset, pain_studyset_path
    >>> result = ALE().fit(Studyset(pain_studyset_path()))
    >>> corrected = FWECorrector(n_iters=100).transform(result)
    >>> name = "z_desc-size_level-cluster_corr-FWE_method-montecarlo"
    >>> float(corrected.get_map(name, return_type="array").max().round(2))
    2.33
    """

    method: FweMethod = "montecarlo"
    n_iters: int = 5000
    n_cores: int = 1
    voxel_thresh: float = 0.001
    vfwe_only: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        check_choice("method", "FWECorrector", self.method, get_args(FweMethod))
        check_between("voxel_thresh", "FWECorrector", self.voxel_thresh, 0, 1)
        check_count("n_iters", "FWECorrector", self.n_iters, 1)
        check_count("n_cores", "FWECorrector", self.n_cores, -1)

    @overload
    def transform(self, result: Result) -> Result: ...
    @overload
    def transform(self, result: ScaleResult) -> ScaleResult: ...
    @overload
    def transform(self, result: AnyCorrectable) -> AnyCorrectable: ...
    def transform(self, result: Any) -> Any:
        """The result with corrected maps; the one given is left as it is."""
        if isinstance(result, ScaleResult):
            return _with_maps(result, self._of_scale(result))
        if not isinstance(result, Result):
            return result.corrected_by(self)
        if self.method == "bonferroni":
            return _with_maps(result, {"corr-FWE_method-bonferroni": bonferroni(result)}, p=True)
        corrected = fwe(
            result,
            n_iterations=self.n_iters,
            seed=self.seed,
            cluster_forming_p=self.voxel_thresh,
            threads=None if self.n_cores < 1 else self.n_cores,
        )
        return _with_maps(result, self._wanted(corrected))

    def _of_scale(self, result: ScaleResult) -> dict[str, VoxelMap]:
        """Corrected p against the base rate of a result, which has a null for each voxel."""
        if self.method != "montecarlo":
            raise refuse("method", "FWECorrector", "'montecarlo' for SCALE", self.method)
        tested = scale(
            result.map,
            result.base_rate,
            n_iterations=self.n_iters,
            seed=self.seed,
            cluster_forming_p=self.voxel_thresh,
            threads=None if self.n_cores < 1 else self.n_cores,
        )
        return self._wanted(tested)

    def _wanted(self, corrected: FweResult | ScaleResult) -> dict[str, VoxelMap]:
        maps = {"voxel": corrected.p_voxel, "size": corrected.p_size, "mass": corrected.p_mass}
        wanted = ("voxel",) if self.vfwe_only else tuple(maps)
        return {MONTE_CARLO_MAPS[level]: maps[level] for level in wanted}


@dataclass(frozen=True, slots=True)
class FDRCorrector:
    """False discovery rate of a result; not recommended for ALE, see `FWECorrector`.

    Parameters
    ----------
    method
        "indep" (Benjamini and Hochberg) or "negcorr" (Benjamini and Yekutieli).
    alpha
        Accepted for scripts that pass it; the maps do not depend on it.
    """

    method: FdrMethod = "indep"
    alpha: float = 0.05

    def __post_init__(self) -> None:
        check_choice("method", "FDRCorrector", self.method, get_args(FdrMethod))
        check_between("alpha", "FDRCorrector", self.alpha, 0, 1)

    @overload
    def transform(self, result: Result) -> Result: ...
    @overload
    def transform(self, result: AnyCorrectable) -> AnyCorrectable: ...
    def transform(self, result: Any) -> Any:
        """The result with corrected maps; the one given is left as it is."""
        if not isinstance(result, Result):
            return result.corrected_by(self)
        adjusted = fdr(result, self.method)
        return _with_maps(result, {f"corr-FDR_method-{self.method}": adjusted}, p=True)


def _with_maps(
    result: AnyResult, corrected: Mapping[str, VoxelMap], *, p: bool = False
) -> AnyResult:
    """The result with -log10 p and one-tailed z of corrected p, and p where it is asked."""
    maps = dict(result.corrected)
    for name, p_map in corrected.items():
        log_p = np.log(p_map.values)
        if p:
            maps[f"p_{name}"] = p_map
        maps[f"z_{name}"] = VoxelMap(z_from_log_p(log_p), result.mask)
        maps[f"logp_{name}"] = VoxelMap(np.abs(log_p / np.log(10)), result.mask)
    return replace(result, corrected=maps)
