"""Activation likelihood estimation.

Turkeltaub et al. 2002 (doi:10.1006/nimg.2002.1131), Eickhoff et al. 2009
(doi:10.1002/hbm.20718) and 2012 (doi:10.1016/j.neuroimage.2011.09.017), Turkeltaub et
al. 2012 (doi:10.1002/hbm.21186).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, get_args

import numpy as np

from focale._check import check_choice, check_positive, refuse
from focale.errors import ArgumentError
from focale.estimators.estimator import Estimator, NullMethod, sample_sizes
from focale.estimators.result import StatMap
from focale.estimators.words import Words
from focale.inference.footprints import WIDEST_MM, fwhm_from_sample_size, gaussian_footprint
from focale.inference.lattice import to_probability
from focale.inference.ma_maps import Placement
from focale.inference.shapes import GAUSSIAN, Footprints
from focale.space.mask import Mask
from focale.studyset.model import Studyset
from focale.typing import FloatArray


@dataclass(frozen=True, slots=True)
class ALE(Estimator):
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

    name: ClassVar[str] = "ale"

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

    @property
    def words(self) -> Words:
        """How ALE is spoken of."""
        width = "a full width at half maximum that follows from the sample size of the experiment"
        if self.fwhm_mm is not None:
            width = f"a full width at half maximum of {self.fwhm_mm:g} mm"
        return Words(
            key="ale",
            statistic="ALE",
            method="activation likelihood estimation (ALE) "
            "{turkeltaub2002; eickhoff2009; turkeltaub2012}",
            means="",
            formula="ALE = 1 - prod(1 - MA) of all experiments",
            within="Within an experiment a voxel took the largest value any of its foci gave it "
            "{turkeltaub2012}; over experiments, ALE = 1 - prod(1 - MA), MA being the modelled "
            "value of an experiment.",
            footprint=f"a three-dimensional Gaussian with {width}",
            width=("fwhm_mm", "Width (FWHM) of the footprint of the experiment's foci, mm"),
            null=" {eickhoff2012}, computed by convolution",
            kept="the number of foci and the sample size of each experiment",
            summand="-log(1 - MA)",
            summands="l_i = -log(1 - MA_i)",
            mass="-log(1 - ALE)",
            tfce="is valid for ALE but not more sensitive than cluster size",
            decimals=5,
        )

    def footprints(self, studyset: Studyset) -> Footprints:
        """A Gaussian around each focus, whose width follows from the sample size."""
        return Footprints.alike(GAUSSIAN, self._fwhm_mm(studyset))

    def peak_unit(self, statistic: StatMap) -> float:
        """ALE at the centre of one typical footprint.

        The median over experiments of the modelled activation at a focus that lies on a
        voxel centre.
        """
        edges = statistic.mask.grid.voxel_size_mm
        size = (float(edges[0]), float(edges[1]), float(edges[2]))
        tops = [gaussian_footprint(float(fwhm), size).max() for fwhm in statistic.fwhm_mm]
        return float(to_probability(np.median(tops)))

    def footprint_words(self, statistic: StatMap) -> str:
        """The Gaussians of a map, with their widths."""
        if self.fwhm_mm is not None:
            return self.words.footprint
        low, high = statistic.fwhm_mm.min(), statistic.fwhm_mm.max()
        spread = f"{low:.1f} mm" if np.isclose(low, high) else f"{low:.1f} to {high:.1f} mm"
        return f"{self.words.footprint} ({spread}) {{eickhoff2009}}"

    def _fwhm_mm(self, studyset: Studyset) -> FloatArray:
        if self.fwhm_mm is not None:
            return np.full(len(studyset), float(self.fwhm_mm))
        if self.sample_size is not None:
            return fwhm_from_sample_size(np.full(len(studyset), float(self.sample_size)))
        way_out = (
            "assume one where none is given (--default-n, default_n=), or declare one width for "
            "all with fwhm_mm in the protocol "
            "(in Python also ALE(fwhm_mm=...) or ALE(sample_size=...))"
        )
        return fwhm_from_sample_size(sample_sizes(studyset, way_out))
