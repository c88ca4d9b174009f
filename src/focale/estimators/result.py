"""What ALE computes: the map of the statistic, and its p values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from focale.estimators.nimare_names import NimareNames
from focale.frozen import freeze
from focale.glance import glance
from focale.inference.eickhoff2012 import HistogramNull
from focale.inference.footprints import gaussian_footprint
from focale.inference.lattice import STEP, to_probability
from focale.inference.ma_maps import MaMaps
from focale.inference.null import LatticeNull
from focale.space.mask import Mask
from focale.space.voxelmap import VoxelMap
from focale.studyset.model import Studyset
from focale.typing import FloatArray

if TYPE_CHECKING:
    import pandas as pd

    from focale.estimators.ale import ALE


@dataclass(frozen=True, slots=True, eq=False)
class AleMap:
    """The ALE statistic of a studyset, without p values.

    Attributes
    ----------
    studyset
        The evidence.
    estimator
        The settings.
    fwhm_mm
        Shape (n_experiments,); width of the footprints.
    ma
        Modelled activation of each experiment.
    ale
        ALE = 1 - prod(1 - MA) at every voxel of the mask.
    """

    studyset: Studyset
    estimator: ALE
    fwhm_mm: FloatArray
    ma: MaMaps
    ale: VoxelMap

    def __post_init__(self) -> None:
        freeze(self, "fwhm_mm")

    @property
    def mask(self) -> Mask:
        """The voxels of the analysis."""
        return self.ma.mask

    def ale_without(self, experiment: int) -> VoxelMap:
        """ALE of all experiments but one, exactly as a new fit would give it."""
        return VoxelMap(to_probability(self.ma.log_sum_without(experiment)), self.mask)

    @property
    def peak_unit(self) -> float:
        """ALE at the centre of one typical footprint.

        The median over experiments of the modelled activation at a focus that lies on a
        voxel centre. A unit for display that compares across reviews.
        """
        edges = self.mask.grid.voxel_size_mm
        size = (float(edges[0]), float(edges[1]), float(edges[2]))
        tops = [gaussian_footprint(float(fwhm), size).max() for fwhm in self.fwhm_mm]
        return float(to_probability(np.median(tops)))

    @property
    def ale_in_peaks(self) -> VoxelMap:
        """ALE counted in peaks of one experiment.

        1 is what one typical experiment gives at its own focus, 2 what two give that
        report the same place. On the log scale, where experiments add up.
        """
        unit = -np.log1p(-self.peak_unit) / STEP
        return VoxelMap(self.ma.log_sum / unit, self.mask)


class OfMap(NimareNames):
    """What every result made from an `AleMap` offers of it."""

    __slots__ = ()

    map: AleMap

    @property
    def ale(self) -> VoxelMap:
        """The ALE statistic."""
        return self.map.ale

    @property
    def ma(self) -> MaMaps:
        """Modelled activation of each experiment."""
        return self.map.ma

    @property
    def mask(self) -> Mask:
        """The voxels of the analysis."""
        return self.map.mask

    @property
    def studyset(self) -> Studyset:
        """The evidence."""
        return self.map.studyset

    @property
    def facts(self) -> dict[str, str]:
        """What a reader wants to know first, by name."""
        x, y, z = self.ale.max_mm
        return {
            "evidence": str(self.studyset).removeprefix("Studyset: "),
            "largest ALE": f"{self.ale.max:.5f} at ({x:g}, {y:g}, {z:g}) mm",
        }

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return glance(type(self).__name__, self.facts, self.ale)


@dataclass(frozen=True, eq=False)
class AleResult(OfMap):
    """ALE with uncorrected p values under spatial independence.

    Attributes
    ----------
    map
        The statistic and what it was made from.
    null
        Distribution of the statistic if the experiments were independent.
    p, z, logp
        One-tailed p, z (0 where p is 1/2 or more) and -log10 p at every voxel.
    corrected
        Maps that correctors added, by NiMARE's names.
    tables, labels
        What diagnostics added, under NiMARE's names.
    """

    map: AleMap
    null: LatticeNull | HistogramNull
    p: VoxelMap
    z: VoxelMap
    logp: VoxelMap
    corrected: Mapping[str, VoxelMap] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    labels: VoxelMap | None = None

    @property
    def map_names(self) -> tuple[Literal["stat", "p", "z", "logp"], ...]:  # type: ignore[override]
        """Names `get_map` answers to."""
        return ("stat", "p", "z", "logp")

    def __repr__(self) -> str:
        x, y, z = self.ale.max_mm
        return (
            f"AleResult: {self.studyset!r}; largest ALE {self.ale.max:.5f} "
            f"at ({x:g}, {y:g}, {z:g}) mm"
        )
