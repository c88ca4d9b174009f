"""Activation likelihood estimation.

Turkeltaub et al. 2002 (doi:10.1006/nimg.2002.1131), Eickhoff et al. 2009
(doi:10.1002/hbm.20718) and 2012 (doi:10.1016/j.neuroimage.2011.09.017), Turkeltaub et
al. 2012 (doi:10.1002/hbm.21186).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from focale._check import check_choice, check_positive, refuse
from focale.errors import ArgumentError, EvidenceError
from focale.estimators.p_values import with_p_values
from focale.estimators.result import AleMap, AleResult
from focale.inference.footprints import WIDEST_MM, fwhm_from_sample_size
from focale.inference.lattice import to_probability
from focale.inference.ma_maps import Placement, model_activation
from focale.phrases import count
from focale.space.mask import Mask
from focale.space.targets import standard_mask
from focale.space.voxelmap import VoxelMap
from focale.studyset.model import Studyset
from focale.typing import FloatArray

NullMethod = Literal["exact", "eickhoff2012"]


@dataclass(frozen=True, slots=True)
class ALE:
    """Activation likelihood estimation of a studyset.

    Parameters
    ----------
    fwhm_mm
        Width of all footprints in mm. By default it follows from each experiment's
        sample size.
    sample_size
        Sample size to take for all experiments in place of their own.
    placement
        "exact" evaluates footprints at voxel centres from the focus as reported;
        "nearest" first moves the focus to the nearest voxel, as NiMARE does; "jale" to the
        next one left, in front and above, as JALE does.
    mask
        A `Mask`, an image or the path of one; by default the brain mask of the
        studyset's space.
    null
        "exact" for p values on the log lattice; "eickhoff2012" for the histogram of
        1e-5 other tools use.

    Examples
    --------
    >>> from focale import Studyset, pain_studyset_path
    >>> result = ALE().fit(Studyset(pain_studyset_path()))
    >>> result.ale.max_mm
    (38.0, 4.0, 2.0)
    """

    fwhm_mm: float | None = None
    sample_size: float | None = None
    placement: Placement = "exact"
    mask: Mask | str | Path | Any | None = None
    null: NullMethod = "exact"

    def __post_init__(self) -> None:
        check_positive("fwhm_mm", "ALE", self.fwhm_mm)
        check_positive("sample_size", "ALE", self.sample_size)
        if self.fwhm_mm is not None and self.fwhm_mm > WIDEST_MM:
            raise refuse("fwhm_mm", "ALE", f"at most {WIDEST_MM:g} mm", self.fwhm_mm)
        if self.sample_size is not None and self.sample_size < 1:
            raise refuse("sample_size", "ALE", "at least 1", self.sample_size)
        check_choice("placement", "ALE", self.placement, get_args(Placement))
        check_choice("null", "ALE", self.null, get_args(NullMethod))
        if self.fwhm_mm is not None and self.sample_size is not None:
            raise ArgumentError(
                "ALE takes fwhm_mm or sample_size, not both: each of them sets the width of "
                "the footprints"
            )

    def fit(self, studyset: Studyset) -> AleResult:
        """ALE and its uncorrected p values.

        Parameters
        ----------
        studyset
            The evidence; left as it is.

        Raises
        ------
        EvidenceError
            If an experiment has no sample size and no width is given, or if every focus
            lies outside the mask.
        """
        return with_p_values(self.statistic(studyset))

    def statistic(self, studyset: Studyset) -> AleMap:
        """The ALE map alone, without p values; raises as `fit` does."""
        mask = self._mask(studyset)
        fwhm_mm = self._fwhm_mm(studyset)
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
        ma = model_activation(studyset.foci_mm, studyset.offsets, fwhm_mm, mask, self.placement)
        ale = VoxelMap(to_probability(ma.log_sum), mask)
        return AleMap(studyset=studyset, estimator=self, fwhm_mm=fwhm_mm, ma=ma, ale=ale)

    def _mask(self, studyset: Studyset) -> Mask:
        if self.mask is None:
            return standard_mask(studyset.target)
        return self.mask if isinstance(self.mask, Mask) else Mask.from_image(self.mask)

    def _fwhm_mm(self, studyset: Studyset) -> FloatArray:
        if self.fwhm_mm is not None:
            return np.full(len(studyset), float(self.fwhm_mm))
        if self.sample_size is not None:
            return fwhm_from_sample_size(np.full(len(studyset), float(self.sample_size)))
        missing = studyset.ids[np.isnan(studyset.n_subjects)]
        if missing.size:
            few = ", ".join(repr(str(experiment_id)) for experiment_id in missing[:5])
            raise EvidenceError(
                f"no sample size for {missing.size} of {count(len(studyset), 'experiment')} of "
                f"{studyset.record.source} ({few}{', ...' if missing.size > 5 else ''}); add it "
                "to the file, assume one where none is given (--default-n, default_n=), or "
                "declare one width for all with fwhm_mm in the protocol "
                "(in Python also ALE(fwhm_mm=...) or ALE(sample_size=...))"
            )
        return fwhm_from_sample_size(studyset.n_subjects)
