"""What a reading lists, at the levels at which two readings are compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from focale.correction.voxelwise import fdr
from focale.descriptive import DescriptiveResult, describe
from focale.inference.tails import z_from_log_p
from focale.inferential import InferentialResult, infer
from focale.protocol.assess import assess
from focale.protocol.profiles import fdr_tails
from focale.protocol.protocol import Protocol
from focale.space.mask import Mask
from focale.space.voxelmap import VoxelMap
from focale.studyset.model import Studyset
from focale.typing import BoolArray, IntArray

Level = Literal["listed", "uncorrected", "fdr"]
LEVELS: tuple[Level, ...] = get_args(Level)
FDR_Z = 1.645
"""z that tools cut maps of the false discovery rate at."""


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A cluster whose Monte Carlo interval holds alpha, so that chance may have decided.

    Parameters
    ----------
    mm
        Its peak.
    n_voxels
        Its size.
    p, low, high
        Family-wise p and its interval.
    """

    mm: tuple[float, float, float]
    n_voxels: int
    p: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What is listed.

    Attributes
    ----------
    mode
        "descriptive" or "inferential".
    stat
        The map.
    clusters
        Voxels of each cluster; positions in the flattened volume, rising.
    peaks_mm
        Place of the highest peak of each cluster.
    voxels
        Voxels by level, rising: "listed" clusters (displayed, or surviving), an
        "uncorrected" p below the cluster-forming p, and a z of the "fdr" above 1.645. A
        descriptive reading has the first alone.
    uncertain
        Clusters whose Monte Carlo interval holds alpha.
    mask
        The voxels of the analysis.
    """

    mode: Literal["descriptive", "inferential"]
    stat: VoxelMap
    clusters: tuple[IntArray, ...]
    peaks_mm: tuple[tuple[float, float, float], ...]
    voxels: Mapping[Level, IntArray]
    uncertain: tuple[Uncertain, ...]

    @property
    def mask(self) -> Mask:
        """The voxels of the analysis."""
        return self.stat.mask


def outcome_of(evidence: Studyset, protocol: Protocol, *, is_described: bool) -> Outcome:
    """Read evidence under a protocol, and keep what a comparison needs.

    Parameters
    ----------
    evidence, protocol
        As for `infer`.
    is_described
        Whether to describe it although the protocol allows a test.
    """
    if is_described or assess(evidence, protocol).mode == "descriptive":
        described = describe(evidence, protocol, atlases=())
        return _outcome(described, "descriptive", {}, ())
    result = infer(evidence, protocol, atlases=())
    voxels: dict[Level, IntArray] = {
        "uncorrected": _voxels(result.mask, result.p.values < protocol.cluster_forming_p),
        "fdr": _voxels(result.mask, _fdr_z(result).values > FDR_Z),
    }
    return _outcome(result, "inferential", voxels, tuple(_uncertain(result)))


def _outcome(
    result: DescriptiveResult | InferentialResult,
    mode: Literal["descriptive", "inferential"],
    voxels: Mapping[Level, IntArray],
    uncertain: tuple[Uncertain, ...],
) -> Outcome:
    mask = result.mask
    return Outcome(
        mode=mode,
        stat=result.stat,
        clusters=tuple(np.sort(mask.voxels[c.positions]) for c in result.clusters),
        peaks_mm=tuple(c.peaks[0].mm for c in result.clusters),
        voxels={"listed": _voxels(mask, result.clusters.labels > 0), **voxels},
        uncertain=uncertain,
    )


def _voxels(mask: Mask, chosen: BoolArray) -> IntArray:
    return mask.voxels[np.flatnonzero(chosen)]


def _fdr_z(result: InferentialResult) -> VoxelMap:
    """Map of z of the false discovery rate, with the tails of the profile."""
    q = fdr(result.uncorrected).values / fdr_tails(result.protocol.profile)
    return VoxelMap(z_from_log_p(np.log(q)), result.mask)


def _uncertain(result: InferentialResult) -> Iterator[Uncertain]:
    corrected, protocol = result.fwe, result.protocol
    p_of_voxel = corrected.p(protocol.correction).values
    for cluster in corrected.clusters:
        peak = cluster.peaks[0]
        p = float(p_of_voxel[peak.position])
        low, high = corrected.interval(p)
        if low <= protocol.alpha < high:
            yield Uncertain(peak.mm, cluster.positions.size, p, low, high)
