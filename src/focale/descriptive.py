"""The descriptive reading: where coordinates were reported, and no claim beyond.

For an evidence base too small to bear a test. It has the raw ALE statistic, clusters
above a display-only level, what each experiment contributes to them, and what is left of
them without it. It has no p and no z.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from focale.diagnostics.contributions import Contributions, contributions
from focale.diagnostics.dominance import Dominance, dominance
from focale.diagnostics.focus_counts import focus_counts
from focale.diagnostics.leave_one_out import LeaveOneOut, leave_one_out
from focale.errors import ArgumentError, DescriptiveOnlyError
from focale.estimators.ale import ALE
from focale.estimators.result import AleMap, OfMap
from focale.frozen import freeze
from focale.inference.clusters import Clusters, find_clusters
from focale.inference.ma_maps import MaMaps, merge_experiments
from focale.progress import Progress, silent
from focale.protocol.assess import Decision, assess
from focale.protocol.protocol import Protocol
from focale.space.mask import Mask
from focale.space.targets import TARGETS, standard_mask
from focale.space.voxelmap import VoxelMap
from focale.studyset.model import Studyset
from focale.typing import FloatArray, IntArray

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class DescriptiveResult(OfMap):
    """A descriptive reading of an evidence base.

    Attributes
    ----------
    decision, protocol
        Why the evidence is read in this way, and the choices made beforehand.
    map
        The ALE statistic and what it was made from.
    display_threshold
        Display-only: the percentile of non-zero ALE values the protocol names.
    clusters
        Clusters above the display-only threshold and of the protocol's volume.
    contributions, leave_one_out, n_foci
        What each experiment means to each cluster.
    study_contributions, study_leave_one_out
        The same with all experiments of a study left out at once.
    dominance
        Whether a cluster rests on one or two studies.
    """

    decision: Decision
    protocol: Protocol
    map: AleMap
    display_threshold: float
    clusters: Clusters
    contributions: Contributions
    leave_one_out: LeaveOneOut
    n_foci: IntArray
    study_contributions: Contributions
    study_leave_one_out: LeaveOneOut
    dominance: list[Dominance]
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    labels: VoxelMap | None = None

    map_names = ("stat",)

    def __post_init__(self) -> None:
        freeze(self, "n_foci")

    @property
    def ale_in_peaks(self) -> VoxelMap:
        """ALE in units of one experiment's peak; see `AleMap.ale_in_peaks`."""
        return self.map.ale_in_peaks

    @property
    def mean_contributions(self) -> FloatArray:
        """Shape (n_experiments,); mean over clusters of the share of ALE lost.

        NaN where no cluster is large enough to be listed.
        """
        return _mean_over_clusters(self.contributions)

    @property
    def mean_study_contributions(self) -> FloatArray:
        """Shape (n_studies,); as `mean_contributions`, for whole studies."""
        return _mean_over_clusters(self.study_contributions)

    @property
    def p(self) -> NoReturn:
        """Not there: raises `DescriptiveOnlyError`."""
        raise self._no("p")

    @property
    def z(self) -> NoReturn:
        """Not there: raises `DescriptiveOnlyError`."""
        raise self._no("z")

    @property
    def logp(self) -> NoReturn:
        """Not there: raises `DescriptiveOnlyError`."""
        raise self._no("-log10 p")

    def _no(self, name: str) -> DescriptiveOnlyError:
        way_out = "for p and z use ALE().fit(studyset)"
        if self.decision.mode == "descriptive":
            way_out = (
                "to read the evidence inferentially all the same, declare the deviation with "
                "protocol.deviate(reason, min_experiments=...), which is printed with every "
                "result, and use ALE().fit(studyset)"
            )
        return DescriptiveOnlyError(
            f"a descriptive reading has no {name} map ({self.decision.reason.rstrip('.')}); "
            f"{way_out}"
        )

    def __repr__(self) -> str:
        x, y, z = self.ale.max_mm
        return (
            f"DescriptiveResult: {self.studyset!r}; largest ALE {self.ale.max:.5f} at "
            f"({x:g}, {y:g}, {z:g}) mm; {len(self.clusters)} clusters above the display-only "
            f"threshold {self.display_threshold:.5f}"
        )


def describe(
    studyset: Studyset, protocol: Protocol | None = None, progress: Progress = silent
) -> DescriptiveResult:
    """Read an evidence base descriptively.

    Parameters
    ----------
    studyset
        The evidence as reported; experiments of the same participants are pooled as the
        protocol says.
    protocol
        The choices; by default those of `Protocol()`.
    progress
        Wraps the leave-one-out loop, to show a bar.

    Raises
    ------
    EvidenceError
        If no width of the footprints is known, or all foci lie outside the mask.

    Examples
    --------
    >>> from focale import Studyset, pain_studyset_path
    >>> studyset = Studyset(pain_studyset_path())
    >>> describe(studyset.slice(studyset.ids[:8])).ale.max_mm
    (54.0, -28.0, 20.0)
    """
    protocol = protocol or Protocol()
    _check_conversion(studyset, protocol)
    decision = assess(studyset, protocol)
    studyset = studyset.pooled(protocol.pooling, protocol.pooled_n)
    estimator = ALE(fwhm_mm=protocol.fwhm_mm, placement=protocol.placement, mask=_mask(protocol))
    statistic = estimator.statistic(studyset)
    values = statistic.ale.values
    threshold = float(np.percentile(values[values > 0], protocol.display_percentile))
    voxel_mm3 = statistic.mask.grid.voxel_volume_mm3
    min_voxels = max(1, math.ceil(protocol.min_cluster_mm3 / voxel_mm3))
    clusters = find_clusters(statistic.ale, threshold, min_voxels)
    n_foci = focus_counts(studyset, clusters)
    of_experiments = of_studies = _left_out(statistic.ma, clusters, progress)
    study, n_studies = studyset.study_of_experiment, len(studyset.study_ids)
    if n_studies < len(studyset):
        of_studies = _left_out(merge_experiments(statistic.ma, study), clusters, progress)
    study_foci = np.zeros((n_studies, len(clusters)), dtype=np.int64)
    np.add.at(study_foci, study, n_foci)
    return DescriptiveResult(
        decision=decision,
        protocol=protocol,
        map=statistic,
        display_threshold=threshold,
        clusters=clusters,
        contributions=of_experiments[0],
        leave_one_out=of_experiments[1],
        n_foci=n_foci,
        study_contributions=of_studies[0],
        study_leave_one_out=of_studies[1],
        dominance=dominance(of_studies[0].share, study_foci),
    )


def _left_out(
    ma: MaMaps, clusters: Clusters, progress: Progress
) -> tuple[Contributions, LeaveOneOut]:
    return contributions(ma, clusters), leave_one_out(ma, clusters, progress)


def _mean_over_clusters(of: Contributions) -> FloatArray:
    drop = of.mean_drop
    means: FloatArray = drop.mean(axis=1) if drop.shape[1] else np.full(drop.shape[0], np.nan)
    return means


def _mask(protocol: Protocol) -> Mask:
    if protocol.mask in TARGETS:
        return standard_mask(protocol.mask)
    return Mask.from_image(protocol.mask)


def _check_conversion(studyset: Studyset, protocol: Protocol) -> None:
    if studyset.n_converted and studyset.talairach != protocol.talairach:
        raise ArgumentError(
            f"the studyset was converted with the {studyset.talairach!r} Talairach matrix, but "
            f"the protocol declares {protocol.talairach!r}; pass talairach="
            f"{protocol.talairach!r} to Studyset"
        )
