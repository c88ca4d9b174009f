"""Results of two evidence bases under NiMARE's names, and what correctors do with them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Self

import numpy as np
from scipy.special import ndtri_exp

from focale._check import check_choice
from focale.contrasts.difference import DifferenceTest, Level
from focale.correction.correctors import FDRCorrector, FWECorrector
from focale.correction.voxelwise import step_up
from focale.estimators.nimare_names import NimareNames
from focale.space.mask import Mask
from focale.space.voxelmap import VoxelMap
from focale.typing import FloatArray, IntArray

CORRECTED = "corr-FWE_method-montecarlo"
LEVELS: Mapping[Level, tuple[str, str]] = MappingProxyType(
    {
        "voxel": ("", "level-voxel"),
        "size": ("Size", "level-cluster"),
        "mass": ("Mass", "level-cluster"),
    }
)
"""What NiMARE appends to the name of a test, and the level it names."""


@dataclass(frozen=True, slots=True, eq=False)
class TabledMaps(Mapping[str, VoxelMap]):
    """Maps that have few different values, each laid out over the voxels when it is asked for.

    Attributes
    ----------
    tables
        By name, a table of values and the row of each voxel, shape (n_voxels,).
    mask
        The voxels.
    """

    tables: Mapping[str, tuple[FloatArray, IntArray]]
    mask: Mask

    def __getitem__(self, name: str) -> VoxelMap:
        """The map of this name."""
        table, row = self.tables[name]
        return VoxelMap(table[row], self.mask)

    def __iter__(self) -> Iterator[str]:
        """Names of the maps."""
        return iter(self.tables)

    def __len__(self) -> int:
        """Number of maps."""
        return len(self.tables)


@dataclass(frozen=True, eq=False, kw_only=True)
class PairwiseResult(NimareNames, ABC):
    """Maps of two evidence bases, by NiMARE's names.

    Attributes
    ----------
    named
        The maps.
    corrected
        Maps that correctors added.
    mask
        The voxels of the analysis.
    """

    named: Mapping[str, VoxelMap]
    mask: Mask
    corrected: Mapping[str, VoxelMap] = field(default_factory=dict)

    tables = MappingProxyType({})
    labels = None

    @property
    def map_names(self) -> tuple[str, ...]:  # type: ignore[override]  # no fixed names here
        """Names `get_map` answers to."""
        return tuple(self.named)

    def _map(self, name: str) -> VoxelMap:
        check_choice("name", "get_map", name, (*self.named, *self.corrected))
        return self.corrected[name] if name in self.corrected else self.named[name]

    def corrected_by(self, corrector: FWECorrector | FDRCorrector) -> Self:
        """The result with maps that a corrector asks for; see the corrector's `transform`."""
        adjusted: Mapping[str, FloatArray]
        if isinstance(corrector, FDRCorrector):
            adjusted = {
                f"{name}_corr-FDR_method-{corrector.method}": step_up(p, corrector.method)
                for name, p in self.p_by_test.items()
            }
        elif corrector.method == "bonferroni":
            adjusted = {
                f"{name}_corr-FWE_method-bonferroni": np.minimum(p * p.size, 1.0)
                for name, p in self.p_by_test.items()
            }
        else:
            adjusted = self.family_wise(corrector)
        maps = dict(self.corrected)
        for name, p in adjusted.items():
            test = name.partition("_level-")[0].partition("_corr-")[0]
            signs = self.signs_of(test.removesuffix("Size").removesuffix("Mass"))
            maps |= as_maps(name, p, signs, self.mask)
        return replace(self, corrected=maps)

    @property
    @abstractmethod
    def p_by_test(self) -> Mapping[str, FloatArray]:
        """Uncorrected two-sided p of each test, by its name ("desc-association")."""

    @abstractmethod
    def signs_of(self, test: str) -> FloatArray:
        """Direction of a test at every voxel."""

    @abstractmethod
    def family_wise(self, corrector: FWECorrector) -> Mapping[str, FloatArray]:
        """Family-wise p by Monte Carlo, by name without what kind of value it is."""


def as_maps(name: str, p: FloatArray, signs: FloatArray, mask: Mask) -> dict[str, VoxelMap]:
    """P, signed two-tailed z and -log10 p of a test, named as NiMARE names them."""
    log_p = np.log(np.maximum(p, np.finfo(float).tiny))
    z = np.maximum(-ndtri_exp(log_p - np.log(2)), 0.0)
    values = {"p": p, "z": z * signs, "logp": np.abs(log_p / np.log(10))}
    return {f"{kind}_{name}": VoxelMap(value, mask) for kind, value in values.items()}


def two_sided(test: DifferenceTest) -> FloatArray:
    """Uncorrected p over both directions."""
    smaller = np.minimum(test.tails["first"].p.values, test.tails["second"].p.values)
    both: FloatArray = np.minimum(2 * smaller, 1.0)
    return both


def by_level(test: DifferenceTest, name: str, corrector: FWECorrector) -> dict[str, FloatArray]:
    """Family-wise p of a difference, in the direction each voxel has, by NiMARE's names."""
    first_has_more = test.z.values > 0
    found = {}
    for level, (suffix, level_name) in LEVELS.items():
        if level == "voxel" or not corrector.vfwe_only:
            found[f"{name}{suffix}_{level_name}_{CORRECTED}"] = np.where(
                first_has_more,
                test.tails["first"].corrected(level).values,
                test.tails["second"].corrected(level).values,
            )
    return found


def threads_of(n_cores: int) -> int | None:
    """Threads for NiMARE's number of cores; below 1 means all."""
    return None if n_cores < 1 else n_cores
