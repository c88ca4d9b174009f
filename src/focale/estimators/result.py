"""What an estimator computes: the map of its statistic, and its p values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from focale.errors import ArgumentError
from focale.estimators.nimare_names import NimareNames
from focale.estimators.words import Words
from focale.glance import glance
from focale.inference.eickhoff2012 import HistogramNull
from focale.inference.ma_maps import MaMaps
from focale.inference.montecarlo import NullDesign, null_design
from focale.inference.null import LatticeNull
from focale.inference.shapes import Footprints
from focale.space.mask import Mask
from focale.space.voxelmap import VoxelMap
from focale.studyset.model import Studyset
from focale.typing import FloatArray, IntArray

if TYPE_CHECKING:
    import pandas as pd

    from focale.estimators.estimator import Estimator


@dataclass(frozen=True, slots=True, eq=False)
class StatMap:
    """The statistic of a studyset, without p values.

    Attributes
    ----------
    studyset
        The evidence.
    estimator
        The settings.
    footprints
        What stands for the foci of each experiment.
    ma
        Modelled activation of each experiment.
    stat
        The statistic at every voxel of the mask; ALE = 1 - prod(1 - MA) of an `ALE`.
    """

    studyset: Studyset
    estimator: Estimator
    footprints: Footprints
    ma: MaMaps
    stat: VoxelMap

    @property
    def ale(self) -> VoxelMap:
        """The ALE statistic, of a map of `ALE`."""
        return ale_of(self)

    @property
    def words(self) -> Words:
        """How the statistic is spoken of."""
        return self.estimator.words

    @property
    def mask(self) -> Mask:
        """The voxels of the analysis."""
        return self.ma.mask

    @property
    def fwhm_mm(self) -> FloatArray:
        """Shape (n_experiments,); width of the footprints: of Gaussians the FWHM."""
        return self.footprints.width_mm

    def without(self, experiment: int) -> VoxelMap:
        """The statistic of all experiments but one, as a new fit would give it."""
        return VoxelMap(self.ma.scale.value(self.ma.log_sum_without(experiment)), self.mask)

    @property
    def peak_unit(self) -> float:
        """The statistic where one typical experiment reports a focus, and no other does.

        A unit for display that compares across reviews.
        """
        return self.estimator.peak_unit(self)

    @property
    def footprint_words(self) -> str:
        """What stands for a focus, in a sentence; see `Words.footprint`."""
        return self.estimator.footprint_words(self)

    @property
    def in_peaks(self) -> VoxelMap:
        """The statistic counted in peaks of one experiment.

        1 is what one typical experiment gives at its own focus, 2 what two give that
        report the same place. On the scale where experiments add up.
        """
        scale = self.ma.scale
        unit = scale.sum_of(self.peak_unit) / scale.step
        return VoxelMap(self.ma.log_sum / unit, self.mask)

    def design(self, sampling: Mask, experiments: IntArray | None = None) -> NullDesign:
        """The Monte Carlo null of all experiments or of some, by their numbers.

        Parameters
        ----------
        sampling
            Where random foci may fall.
        experiments
            One given twice counts twice.
        """
        foci_mm, offsets, footprints = (
            self.studyset.foci_mm,
            self.studyset.offsets,
            self.footprints,
        )
        if experiments is not None:
            foci_mm, offsets = foci_of(foci_mm, offsets, experiments)
            footprints = footprints.only(experiments)
        return self.design_with(foci_mm, offsets, footprints, sampling)

    def design_with(
        self, foci_mm: FloatArray, offsets: IntArray, footprints: Footprints, sampling: Mask
    ) -> NullDesign:
        """The Monte Carlo null of other foci, under the same settings."""
        units, laid = self.estimator.null_units(offsets, footprints)
        return null_design(foci_mm, units, laid, self.mask, self.estimator.placement, sampling)


def foci_of(
    foci_mm: FloatArray, offsets: IntArray, experiments: IntArray
) -> tuple[FloatArray, IntArray]:
    """Foci and offsets of some experiments; one given twice comes twice."""
    own = [foci_mm[offsets[i] : offsets[i + 1]] for i in experiments]
    ends = np.cumsum([0, *(len(foci) for foci in own)], dtype=np.int64)
    return np.concatenate(own), ends


def ale_of(holder: StatMap | OfMap | Any) -> VoxelMap:
    """The map of what holds one, if it is of ALE.

    Raises
    ------
    ArgumentError
        If it is of another method.
    """
    words: Words = holder.words
    if words.key != "ale":
        raise ArgumentError(f"this is a result of {words.statistic}, not of ALE; its map is .stat")
    stat: VoxelMap = holder.stat
    return stat


class OfMap(NimareNames):
    """What every result made from a `StatMap` offers of it."""

    __slots__ = ()

    map: StatMap

    @property
    def stat(self) -> VoxelMap:
        """The statistic."""
        return self.map.stat

    @property
    def ale(self) -> VoxelMap:
        """The ALE statistic, of a result of `ALE`."""
        return ale_of(self)

    @property
    def words(self) -> Words:
        """How the statistic is spoken of."""
        return self.map.words

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
        x, y, z = self.stat.max_mm
        largest = self.words.value(self.stat.max)
        facts = {
            "evidence": str(self.studyset).removeprefix("Studyset: "),
            f"largest {self.words.statistic}": f"{largest} at ({x:g}, {y:g}, {z:g}) mm",
        }
        return {**facts, "value": self.words.means} if self.words.means else facts

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return glance(type(self).__name__, self.facts, self.stat, self.words.statistic)


@dataclass(frozen=True, eq=False)
class Result(OfMap):
    """The statistic with uncorrected p values under spatial independence.

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

    map: StatMap
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
        x, y, z = self.stat.max_mm
        words = self.words
        return (
            f"Result: {self.studyset!r}; largest {words.statistic} "
            f"{words.value(self.stat.max)} at ({x:g}, {y:g}, {z:g}) mm"
        )
