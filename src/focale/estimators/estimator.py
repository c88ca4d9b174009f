"""What every estimator is: a studyset in, a frozen map or result out.

A method says what stands for a focus (`footprints`), and where that differs from ALE what
becomes of the footprints of one experiment (`lay`) and what moves on its own in the Monte
Carlo null (`null_units`). Everything else is shared: the sum over experiments on a lattice,
its exact null, correction, diagnostics.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from focale.errors import EvidenceError
from focale.estimators.p_values import with_p_values
from focale.estimators.result import Result, StatMap
from focale.estimators.words import Words
from focale.inference.ma_maps import MaMaps, Placement, model_activation
from focale.inference.shapes import Footprints
from focale.phrases import count
from focale.space.mask import Mask
from focale.space.targets import standard_mask
from focale.space.voxelmap import VoxelMap
from focale.studyset.model import Studyset
from focale.typing import FloatArray, IntArray

NullMethod = Literal["exact", "eickhoff2012"]


class Estimator(ABC):
    """A method of coordinate-based meta-analysis with its settings.

    Attributes
    ----------
    name
        What the protocol and the command line call the method.
    placement, mask, null
        As in `ALE`.
    """

    __slots__ = ()

    name: ClassVar[str]
    placement: Placement
    mask: Mask | str | Path | Any | None
    null: NullMethod

    @property
    @abstractmethod
    def words(self) -> Words:
        """How the method and its statistic are spoken of."""

    @abstractmethod
    def footprints(self, studyset: Studyset) -> Footprints:
        """What stands for the foci of each experiment.

        Raises
        ------
        EvidenceError
            If it does not follow from what the evidence says.
        """

    def lay(
        self, foci_mm: FloatArray, offsets: IntArray, footprints: Footprints, mask: Mask
    ) -> MaMaps:
        """Modelled activation of each experiment; parameters as in `model_activation`."""
        return model_activation(foci_mm, offsets, footprints, mask, self.placement)

    def null_units(self, offsets: IntArray, footprints: Footprints) -> tuple[IntArray, Footprints]:
        """What the Monte Carlo null takes the largest value within, as offsets of foci."""
        return offsets, footprints

    def peak_unit(self, statistic: StatMap) -> float:  # noqa: ARG002
        """The statistic where one typical experiment reports a focus, and no other does."""
        return 1.0

    def footprint_words(self, statistic: StatMap) -> str:  # noqa: ARG002
        """What stands for a focus in a map, in a sentence; see `Words.footprint`."""
        return self.words.footprint

    def fit(self, studyset: Studyset) -> Result:
        """The statistic and its uncorrected p values.

        Parameters
        ----------
        studyset
            The evidence; left as it is.

        Raises
        ------
        EvidenceError
            If the footprints do not follow from what the evidence says, or if every focus
            lies outside the mask.
        """
        return with_p_values(self.statistic(studyset))

    def statistic(self, studyset: Studyset) -> StatMap:
        """The map of the statistic alone, without p values; raises as `fit` does."""
        mask = self._mask(studyset)
        footprints = self.footprints(studyset)
        if not studyset.n_foci:
            raise EvidenceError(
                f"no experiment of {studyset.record.source} reports a focus, so there is nothing "
                "to map; check that the source holds coordinates"
            )
        if np.all(mask.position_of(studyset.foci_mm) < 0):
            lie = (
                "the only focus lies"
                if studyset.n_foci == 1
                else f"all {studyset.n_foci} foci lie"
            )
            raise EvidenceError(
                f"{studyset.record.source}: {lie} outside {mask.name}; check the space of the "
                "coordinates (voxel indices instead of mm?) and that the mask is in that space"
            )
        ma = self.lay(studyset.foci_mm, studyset.offsets, footprints, mask)
        stat = VoxelMap(ma.scale.value(ma.log_sum), mask)
        return StatMap(studyset=studyset, estimator=self, footprints=footprints, ma=ma, stat=stat)

    def _mask(self, studyset: Studyset) -> Mask:
        if self.mask is None:
            return standard_mask(studyset.target)
        return self.mask if isinstance(self.mask, Mask) else Mask.from_image(self.mask)


def sample_sizes(studyset: Studyset, way_out: str) -> FloatArray:
    """Sample size of each experiment, shape (n_experiments,).

    Raises
    ------
    EvidenceError
        If one is missing; the message ends with the way out.
    """
    missing = studyset.ids[np.isnan(studyset.n_subjects)]
    if missing.size:
        few = ", ".join(repr(str(experiment_id)) for experiment_id in missing[:5])
        raise EvidenceError(
            f"no sample size for {missing.size} of {count(len(studyset), 'experiment')} of "
            f"{studyset.record.source} ({few}{', ...' if missing.size > 5 else ''}); add it "
            f"to the file, or {way_out}"
        )
    return studyset.n_subjects
