"""What simulated experiments are like: those of the user, and the test they will face."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from focale.correction.null import sampling_mask
from focale.errors import ArgumentError
from focale.frozen import freeze
from focale.inference.clusters import Connectivity
from focale.inference.ma_maps import Placement
from focale.protocol.protocol import Correction, Protocol
from focale.reading import evidence_and_estimator, sampling_of
from focale.space.mask import Mask
from focale.studyset.model import Studyset
from focale.typing import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Prototypes:
    """The experiments that simulated ones take after, one entry an experiment.

    Attributes
    ----------
    n_subjects
        Sample sizes, NaN where unknown (one width for all footprints is declared then).
    n_foci
        Foci inside the mask, at least one.
    fwhm_mm
        Widths of the footprints.
    n_without_foci
        Experiments that were left out because no focus of theirs lies in the mask.
    """

    n_subjects: FloatArray
    n_foci: IntArray
    fwhm_mm: FloatArray
    n_without_foci: int

    def __post_init__(self) -> None:
        freeze(self, "n_subjects", "n_foci", "fwhm_mm")

    def __len__(self) -> int:
        """Number of experiments."""
        return int(self.n_foci.size)

    @property
    def sha256(self) -> str:
        """Fingerprint of widths and numbers of foci."""
        digest = hashlib.sha256(self.fwhm_mm.astype("<f8").tobytes())
        digest.update(self.n_foci.astype("<i8").tobytes())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PlannedTest:
    """The test that a protocol declares, as far as a simulation needs it.

    Attributes
    ----------
    mask, sampling
        The voxels of the analysis, and those random foci fall on.
    placement, cluster_forming_p, connectivity, correction, alpha
        As in `Protocol`.
    """

    mask: Mask
    sampling: Mask
    placement: Placement
    cluster_forming_p: float
    connectivity: Connectivity
    correction: Correction
    alpha: float

    @property
    def key(self) -> dict[str, Any]:
        """What the outcome of a test is a function of, besides the data, by name."""
        return {
            "mask": self.mask.sha256,
            "sampling": self.sampling.sha256,
            "placement": self.placement,
            "cluster-forming p": self.cluster_forming_p,
            "connectivity": self.connectivity,
            "correction": self.correction,
            "alpha": self.alpha,
        }


def prototypes_and_test(studyset: Studyset, protocol: Protocol) -> tuple[Prototypes, PlannedTest]:
    """The experiments of an evidence base as a protocol pools them, and its test.

    Raises
    ------
    ArgumentError
        If the protocol has another method than ALE.
    EvidenceError
        If an experiment has no sample size and no width is declared, or if no focus lies
        in the mask.
    """
    _check_method(protocol)
    pooled, estimator = evidence_and_estimator(studyset, protocol)
    statistic = estimator.statistic(pooled)  # it looks for what is missing
    mask = statistic.mask
    inside = mask.position_of(pooled.foci_mm) >= 0
    n_foci = np.bincount(pooled.experiment_of_focus[inside], minlength=len(pooled))
    kept = n_foci > 0
    prototypes = Prototypes(
        n_subjects=pooled.n_subjects[kept],
        n_foci=n_foci[kept],
        fwhm_mm=statistic.fwhm_mm[kept],
        n_without_foci=int(np.count_nonzero(~kept)),
    )
    test = PlannedTest(
        mask=mask,
        sampling=sampling_mask(sampling_of(protocol), mask),
        placement=protocol.placement,
        cluster_forming_p=protocol.cluster_forming_p,
        connectivity=protocol.connectivity,
        correction=protocol.correction,
        alpha=protocol.alpha,
    )
    return prototypes, test


def _check_method(protocol: Protocol) -> None:
    if protocol.method != "ale":
        raise ArgumentError(
            "a plan simulates ALE, whose foci scatter as its Gaussians are wide; the protocol has "
            f"method={protocol.method!r}, so plan with a protocol of ALE"
        )
