"""The inferential reading: where experiments converge more than chance would have it.

For an evidence base that the protocol finds large enough. A cluster is listed if its
family-wise p is at most the protocol's alpha; all clusters that were formed are kept with
their p.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from focale.atlases.atlas import Atlas
from focale.correction.fwe import fwe, fwe_shard
from focale.correction.result import FweResult
from focale.errors import EvidenceError
from focale.estimators.result import Result
from focale.inference.clusters import Clusters, find_clusters
from focale.phrases import count
from focale.progress import Progress, silent
from focale.protocol.assess import Decision, assess
from focale.protocol.protocol import Protocol
from focale.reading import (
    Reading,
    check_iterations,
    diagnose,
    evidence_and_estimator,
    name_clusters,
    sampling_of,
)
from focale.space.voxelmap import VoxelMap
from focale.studyset.model import Studyset
from focale.typing import FloatArray


@dataclass(frozen=True, eq=False, kw_only=True)
class InferentialResult(Reading):
    """An inferential reading of an evidence base.

    Attributes
    ----------
    decision, protocol, map, diagnosis, anatomy
        As in `Reading`.
    clusters
        Clusters with a family-wise p of at most the protocol's alpha, the highest peak
        first. Their `min_voxels` is the smallest size that survives, where the size
        decides.
    fwe
        The corrected p values, of all clusters that were formed and of every voxel.
    """

    fwe: FweResult

    map_names = ("stat", "p", "z", "logp")

    @property
    def uncorrected(self) -> Result:
        """The statistic with uncorrected p."""
        return self.fwe.uncorrected

    @property
    def p(self) -> VoxelMap:
        """Uncorrected p."""
        return self.uncorrected.p

    @property
    def z(self) -> VoxelMap:
        """Uncorrected z, one-tailed."""
        return self.uncorrected.z

    @property
    def logp(self) -> VoxelMap:
        """-log10 of the uncorrected p."""
        return self.uncorrected.logp

    @property
    def surviving(self) -> VoxelMap:
        """The statistic in the listed clusters, 0 elsewhere."""
        return self.fwe.surviving(self.protocol.alpha, self.protocol.correction)

    @property
    def p_of_clusters(self) -> FloatArray:
        """Shape (n_clusters,); family-wise p of each listed cluster, as the protocol decides.

        Where voxels decide, that of the peak.
        """
        p = self.fwe.p(self.protocol.correction).values
        return np.array([p[cluster.peaks[0].position] for cluster in self.clusters])

    @property
    def facts(self) -> dict[str, str]:
        """What a reader wants to know first, by name."""
        listed = (
            f"{len(self.clusters)} of {len(self.fwe.clusters)} (p < "
            f"{self.protocol.cluster_forming_p:g}) with p_FWE <= {self.protocol.alpha:g} "
            f"({self.protocol.correction}, {count(self.fwe.n_iterations, 'iteration')})"
        )
        return {**super().facts, "clusters": listed}

    def __repr__(self) -> str:
        return (
            f"InferentialResult: {self.studyset!r}; {len(self.clusters)} of "
            f"{len(self.fwe.clusters)} clusters (p < {self.protocol.cluster_forming_p:g}) with "
            f"p_FWE <= {self.protocol.alpha:g} ({self.protocol.correction}, "
            f"{self.fwe.n_iterations:,} iterations, seed {self.fwe.seed})"
        )


def infer(
    studyset: Studyset,
    protocol: Protocol | None = None,
    *,
    atlases: Sequence[Atlas] | None = None,
    stop_after: int | None = None,
    executor: Executor | None = None,
    threads: int | None = None,
    checkpoint: str | Path | None = None,
    progress: Progress = silent,
) -> InferentialResult:
    """Read an evidence base inferentially, if the protocol allows it.

    Parameters
    ----------
    studyset
        The evidence as reported; experiments of the same participants are pooled as the
        protocol says.
    protocol
        The choices; by default those of `Protocol()`.
    atlases
        Atlases that name peaks and clusters; by default the one that ships with Focale.
    stop_after, executor, threads, checkpoint, progress
        As for `fwe`.

    Raises
    ------
    EvidenceError
        If the protocol decides that the evidence is to be read descriptively.

    Examples
    --------
    >>> from focale import Protocol, Studyset, pain_studyset_path
    >>> result = infer(Studyset(pain_studyset_path()), Protocol(iterations=200))
    >>> len(result.clusters), result.clusters.members[0].peaks[0].mm
    (6, (38.0, 4.0, 2.0))
    """
    protocol = protocol or Protocol()
    decision, fitted = _fitted(studyset, protocol)
    corrected = fwe(
        fitted,
        n_iterations=protocol.iterations,
        **_null_settings(protocol),
        stop_after=stop_after,
        p_rule=protocol.p_rule,
        executor=executor,
        threads=threads,
        checkpoint=checkpoint,
        progress=progress,
    )
    clusters = _listed(corrected, protocol)
    return InferentialResult(
        decision=decision,
        protocol=protocol,
        evidence=studyset,
        map=fitted.map,
        clusters=clusters,
        diagnosis=diagnose(fitted.map, clusters),
        anatomy=name_clusters(clusters, atlases),
        fwe=corrected,
    )


def infer_shard(
    studyset: Studyset,
    protocol: Protocol,
    path: str | Path,
    shard: tuple[int, int],
    *,
    executor: Executor | None = None,
    threads: int | None = None,
    progress: Progress = silent,
) -> int:
    """Compute a part of the iterations that `infer` needs, and keep it in a file.

    Parameters
    ----------
    studyset, protocol
        As for `infer`.
    path
        File of the part. One that was stopped goes on from it.
    shard
        Which part, counted from 1, and of how many.
    executor, threads, progress
        As for `fwe`.

    Returns
    -------
    int
        How many iterations the file holds.
    """
    _, fitted = _fitted(studyset, protocol)
    return fwe_shard(
        fitted,
        path,
        *shard,
        n_iterations=protocol.iterations,
        executor=executor,
        threads=threads,
        progress=progress,
        **_null_settings(protocol),
    )


def _fitted(studyset: Studyset, protocol: Protocol) -> tuple[Decision, Result]:
    """The decision for an inferential reading, and the estimate."""
    decision = assess(studyset, protocol)
    if decision.mode == "descriptive":
        raise EvidenceError(
            f"{decision.reason} Use describe(studyset, protocol), or declare the deviation with "
            "protocol.deviate(reason, min_experiments=...), which is printed with every result"
        )
    check_iterations(protocol, protocol.p_rule)
    pooled, estimator = evidence_and_estimator(studyset, protocol)
    return decision, estimator.fit(pooled)


def _null_settings(protocol: Protocol) -> dict[str, Any]:
    return {
        "seed": protocol.seed,
        "cluster_forming_p": protocol.cluster_forming_p,
        "connectivity": protocol.connectivity,
        "sampling": sampling_of(protocol),
        "tfce": protocol.tfce,
    }


def _listed(corrected: FweResult, protocol: Protocol) -> Clusters:
    """Clusters of the voxels that survive, which know the level they were cut at."""
    level, alpha = protocol.correction, protocol.alpha
    kept = find_clusters(
        corrected.surviving(alpha, level), 0.0, connectivity=corrected.connectivity
    )
    if level == "voxel":
        above = corrected.stat.values[corrected.p_voxel.values > alpha].max(initial=0.0)
        return replace(kept, threshold=float(above))
    smallest = corrected.smallest_size(alpha) if level == "size" else 1
    return replace(kept, threshold=corrected.clusters.threshold, min_voxels=smallest)
