"""What every reading of an evidence base has, descriptive or inferential.

A reading is made under a protocol: which evidence counts, how it is mapped and which
clusters are looked at. What each experiment and each study means to these clusters is
computed in the same way for both.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, get_args

import numpy as np

from focale.atlases.atlas import Atlas
from focale.atlases.bundled import desikan_killiany
from focale.atlases.clusters import ClusterLabels, label_clusters
from focale.correction.p_values import PRule, smallest_p
from focale.diagnostics.contributions import Contributions, contributions
from focale.diagnostics.dominance import Dominance, dominance
from focale.diagnostics.focus_counts import focus_counts
from focale.diagnostics.leave_one_out import LeaveOneOut, leave_one_out
from focale.errors import ArgumentError
from focale.estimators.estimator import Estimator
from focale.estimators.registry import estimator_of
from focale.estimators.result import OfMap, StatMap
from focale.frozen import freeze
from focale.inference.clusters import Clusters, find_clusters
from focale.inference.ma_maps import MaMaps, merge_experiments
from focale.inference.montecarlo import Sampling
from focale.phrases import count
from focale.progress import Progress, silent
from focale.protocol.assess import Decision
from focale.protocol.protocol import Protocol
from focale.robustness.answers import Robustness
from focale.space.mask import Mask
from focale.space.targets import TARGETS, standard_mask
from focale.space.voxelmap import VoxelMap
from focale.studyset.model import Studyset
from focale.studyset.others import taken_as
from focale.typing import FloatArray, IntArray

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, kw_only=True)
class Diagnosis:
    """What each experiment and each study means to each cluster.

    Attributes
    ----------
    contributions, leave_one_out, n_foci
        Of each experiment.
    study_contributions, study_leave_one_out
        The same with all experiments of a study left out at once.
    dominance
        Whether a cluster rests on one or two studies.
    """

    contributions: Contributions
    leave_one_out: LeaveOneOut
    n_foci: IntArray
    study_contributions: Contributions
    study_leave_one_out: LeaveOneOut
    dominance: list[Dominance]

    def __post_init__(self) -> None:
        freeze(self, "n_foci")


@dataclass(frozen=True, eq=False, slots=True)
class Anatomy:
    """What an atlas says of the clusters, one entry a cluster."""

    atlas: Atlas
    clusters: tuple[ClusterLabels, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Reading(OfMap):
    """An evidence base, read under a protocol.

    Attributes
    ----------
    decision, protocol
        How the evidence is read and why, and the choices made beforehand.
    evidence
        The evidence as reported, before it is pooled; `studyset` is what was analysed.
    map
        The statistic and what it was made from.
    clusters
        The clusters that are looked at.
    diagnosis
        What each experiment and each study means to them.
    anatomy
        Anatomical labels of the clusters, for each atlas.
    robustness
        What would change the picture, if `examine` was asked.
    tables, labels
        What diagnostics added, under NiMARE's names.
    """

    decision: Decision
    protocol: Protocol
    evidence: Studyset
    map: StatMap
    clusters: Clusters
    diagnosis: Diagnosis
    anatomy: tuple[Anatomy, ...] = ()
    robustness: Robustness | None = None
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    labels: VoxelMap | None = None

    @property
    def in_peaks(self) -> VoxelMap:
        """The statistic in units of one experiment's peak; see `StatMap.in_peaks`."""
        return self.map.in_peaks

    @property
    def contributions(self) -> Contributions:
        """What leaving each experiment out takes from each cluster."""
        return self.diagnosis.contributions

    @property
    def leave_one_out(self) -> LeaveOneOut:
        """Each cluster without each experiment."""
        return self.diagnosis.leave_one_out

    @property
    def n_foci(self) -> IntArray:
        """Shape (n_experiments, n_clusters); foci of each experiment in each cluster."""
        return self.diagnosis.n_foci

    @property
    def study_contributions(self) -> Contributions:
        """What leaving each study out takes from each cluster."""
        return self.diagnosis.study_contributions

    @property
    def study_leave_one_out(self) -> LeaveOneOut:
        """Each cluster without each study."""
        return self.diagnosis.study_leave_one_out

    @property
    def dominance(self) -> list[Dominance]:
        """Whether each cluster rests on one or two studies."""
        return self.diagnosis.dominance

    @property
    def facts(self) -> dict[str, str]:
        """What a reader wants to know first, by name."""
        return {**super().facts, "decision": self.decision.reason}

    @property
    def mean_contributions(self) -> FloatArray:
        """Shape (n_experiments,); mean over clusters of the share of the statistic lost.

        NaN where there is no cluster.
        """
        return _mean_over_clusters(self.contributions)

    @property
    def mean_study_contributions(self) -> FloatArray:
        """Shape (n_studies,); as `mean_contributions`, for whole studies."""
        return _mean_over_clusters(self.study_contributions)


def evidence_and_estimator(studyset: Studyset, protocol: Protocol) -> tuple[Studyset, Estimator]:
    """The evidence as a protocol pools it, and the estimator it declares.

    Raises
    ------
    ArgumentError
        If the studyset was converted from Talairach coordinates in another way.
    """
    _check_conversion(studyset, protocol)
    taken = taken_as(studyset, protocol.reading)
    pooled = taken.pooled(protocol.pooling, protocol.pooled_n)
    return pooled, estimator_of(protocol.method, {**protocol.choices, "mask": mask_of(protocol)})


def diagnose(statistic: StatMap, clusters: Clusters, progress: Progress = silent) -> Diagnosis:
    """Leave each experiment and each study out of each cluster, in closed form.

    Parameters
    ----------
    statistic
        The map of the statistic.
    clusters
        Clusters of its map.
    progress
        Wraps the leave-one-out loop, to show a bar.
    """
    studyset = statistic.studyset
    n_foci = focus_counts(studyset, clusters)
    of_experiments = of_studies = _left_out(statistic.ma, clusters, progress)
    study, n_studies = studyset.study_of_experiment, len(studyset.study_ids)
    if n_studies < len(studyset):
        of_studies = _left_out(merge_experiments(statistic.ma, study), clusters, progress)
    study_foci = np.zeros((n_studies, len(clusters)), dtype=np.int64)
    np.add.at(study_foci, study, n_foci)
    return Diagnosis(
        contributions=of_experiments[0],
        leave_one_out=of_experiments[1],
        n_foci=n_foci,
        study_contributions=of_studies[0],
        study_leave_one_out=of_studies[1],
        dominance=dominance(of_studies[0].share, study_foci),
    )


def name_clusters(clusters: Clusters, atlases: Sequence[Atlas] | None) -> tuple[Anatomy, ...]:
    """Labels of clusters from atlases; from the bundled one where none is given."""
    chosen = (desikan_killiany(),) if atlases is None else atlases
    return tuple(Anatomy(atlas, tuple(label_clusters(clusters, atlas))) for atlas in chosen)


def mask_of(protocol: Protocol) -> Mask:
    """The mask a protocol declares."""
    if protocol.mask in TARGETS:
        return standard_mask(protocol.mask)
    return Mask.from_image(protocol.mask)


def sampling_of(protocol: Protocol) -> Sampling | Mask:
    """Where a protocol lets random foci fall: a name, or the mask of its image."""
    if protocol.sampling in get_args(Sampling):
        return protocol.sampling  # type: ignore[return-value]
    return Mask.from_image(protocol.sampling)


def _left_out(
    ma: MaMaps, clusters: Clusters, progress: Progress
) -> tuple[Contributions, LeaveOneOut]:
    return contributions(ma, clusters), leave_one_out(ma, clusters, progress)


def _mean_over_clusters(of: Contributions) -> FloatArray:
    drop = of.mean_drop
    means: FloatArray = drop.mean(axis=1) if drop.shape[1] else np.full(drop.shape[0], np.nan)
    return means


def _check_conversion(studyset: Studyset, protocol: Protocol) -> None:
    if studyset.n_converted and studyset.talairach != protocol.talairach:
        raise ArgumentError(
            f"the studyset was converted with the {studyset.talairach!r} Talairach matrix, but "
            f"the protocol declares {protocol.talairach!r}; pass talairach="
            f"{protocol.talairach!r} to Studyset"
        )


def check_iterations(protocol: Protocol, p_rule: PRule = "(b+1)/(B+1)") -> None:
    """Refuse so few iterations that no p could be as small as alpha."""
    smallest = smallest_p(protocol.iterations, p_rule)
    if smallest > protocol.alpha:
        needed = math.ceil(1 / protocol.alpha) - (p_rule != "b/B")
        raise ArgumentError(
            f"with {count(protocol.iterations, 'iteration')} the smallest p there can be is "
            f"{smallest:.3g}, above the alpha of {protocol.alpha:g}; ask for at least {needed:,} "
            "iterations, better for 10,000"
        )


def displayed(statistic: StatMap, protocol: Protocol) -> tuple[float, Clusters]:
    """The display-only threshold of a description, and the clusters above it."""
    values = statistic.stat.values
    threshold = float(np.percentile(values[values > 0], protocol.display_percentile))
    voxel_mm3 = statistic.mask.grid.voxel_volume_mm3
    min_voxels = max(1, math.ceil(protocol.min_cluster_mm3 / voxel_mm3))
    return threshold, find_clusters(statistic.stat, threshold, min_voxels)
