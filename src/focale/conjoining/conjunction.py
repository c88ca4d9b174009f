"""The conjunction of two or more corrected tests, in one unit.

The p of a voxel is the largest of its family-wise p, all at one level; its z is then the
smallest z. That is the minimum statistic against the conjunction null, "at least one set
has nothing here" (Nichols et al. 2005, doi:10.1016/j.neuroimage.2004.12.005). ALE itself is
not put together: it grows with the number of experiments, so the smaller ALE would be
that of the smaller set.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from focale._check import check_between
from focale.atlases.atlas import Atlas
from focale.conjoining.result import Conjunction, Part
from focale.conjoining.shared import check_different, shared_by
from focale.conjoining.tested_set import (
    Conjoinable,
    ConjunctionLevel,
    TestedSet,
    decided_alike,
    sets_of,
)
from focale.correction.p_values import smallest_p
from focale.errors import ArgumentError, EvidenceError
from focale.inference.clusters import Cluster, Clusters, Connectivity, find_clusters
from focale.phrases import count, listed, one_line, place, share_text
from focale.reading import diagnose, name_clusters
from focale.space.voxelmap import VoxelMap
from focale.typing import FloatArray, IntArray


def conjunction(
    results: Sequence[Conjoinable],
    *,
    alpha: float | None = None,
    level: ConjunctionLevel | None = None,
    names: Sequence[str] | None = None,
    atlases: Sequence[Atlas] | None = None,
) -> Conjunction:
    """Where every one of several sets has a family-wise p of at most alpha.

    Each set converges there by its own test; nothing is tested about whether the sets
    differ. With p of cluster "size" or "mass", a voxel of the conjunction lies in a
    surviving cluster of every set: a claim about these clusters as wholes, not about the
    voxels they have in common.

    Parameters
    ----------
    results
        Two or more inferential readings, results of `fwe`, or output folders of `focale
        run`, on one mask.
    alpha
        Largest family-wise p in each set; by default that of the protocols.
    level
        What the p is of: cluster "size" or "mass", or "voxel"; by default what the
        protocols decide by.
    names
        What to call the sets; by default the folder, the title of the protocol, or the source.
    atlases
        Atlases that name peaks and clusters; by default the one that ships with Focale.

    Raises
    ------
    ArgumentError
        If there are fewer than two sets, one is no corrected result, or their protocols
        decide differently and neither alpha nor level says what counts.
    EvidenceError
        If a set was described and not tested, two hold the same evidence, or the masks
        differ.

    Examples
    --------
    >>> from focale import Protocol, Studyset, infer, pain_studyset_path
    >>> pain, few = Studyset(pain_studyset_path()), Protocol(iterations=99, min_experiments=10)
    >>> halves = [infer(pain.slice(pain.ids[k::2]), few, atlases=()) for k in (0, 1)]
    >>> both = conjunction(halves, names=["even", "odd"])
    >>> both.counts, len(both.clusters)
    ({1: 1594, 2: 148}, 3)
    """
    sets = sets_of(results, names)
    alpha, level = decided_alike(sets, alpha, level)
    check_between("alpha", "conjunction", alpha, 0, 1)
    _check_iterations(sets, alpha)
    _check_masks(sets)
    check_different(sets)
    mask = sets[0].corrected.mask
    p_of_sets = np.stack([own.corrected.p(level).values for own in sets])
    p = VoxelMap(p_of_sets.max(axis=0), mask)
    height = _height(sets, p, alpha)
    clusters = find_clusters(height, 0.0, connectivity=_connectivity(sets))
    surviving = tuple(own.surviving(alpha, level) for own in sets)
    n_surviving = np.count_nonzero(p_of_sets <= alpha, axis=0)
    return Conjunction(
        sets=tuple(sets),
        alpha=alpha,
        level=level,
        p=p,
        height=height,
        clusters=clusters,
        parts=_parts(sets, clusters, surviving, level),
        surviving=surviving,
        n_surviving=n_surviving,
        shared=shared_by(sets),
        anatomy=name_clusters(clusters, atlases),
        notes=tuple(_notes(sets, alpha, level, n_surviving)),
    )


def _height(sets: Sequence[TestedSet], p: VoxelMap, alpha: float) -> VoxelMap:
    """The smallest uncorrected z inside the conjunction, 0 outside."""
    z = np.min([own.corrected.uncorrected.z.values for own in sets], axis=0)
    above_0 = np.maximum(z, np.finfo(float).tiny)  # a voxel inside is never taken for one outside
    return VoxelMap(np.where(p.values <= alpha, above_0, 0.0), p.mask)


def _connectivity(sets: Sequence[TestedSet]) -> Connectivity:
    """That of the sets; the strictest, so that a cluster lies in one cluster of each set."""
    return min(own.corrected.connectivity for own in sets)


def _parts(
    sets: Sequence[TestedSet],
    clusters: Clusters,
    surviving: Sequence[Clusters],
    level: ConjunctionLevel,
) -> tuple[tuple[Part, ...], ...]:
    """What each cluster of the conjunction is to each set."""
    if not len(clusters):
        return ()
    flags = [diagnose(own.corrected.uncorrected.map, clusters).dominance for own in sets]
    return tuple(
        tuple(
            _part(own, within, cluster, level, of_set[number].n_contributing)
            for own, within, of_set in zip(sets, surviving, flags, strict=True)
        )
        for number, cluster in enumerate(clusters)
    )


def _part(
    own: TestedSet,
    within: Clusters,
    cluster: Cluster,
    level: ConjunctionLevel,
    n_contributing: int,
) -> Part:
    peak = cluster.peaks[0].position
    number = int(within.labels[peak])
    whole = within.members[number - 1]
    p = float(own.corrected.p(level).values[peak])
    low, high = own.corrected.interval(p)
    return Part(
        cluster=number,
        n_voxels=whole.positions.size,
        volume_mm3=whole.volume_mm3,
        share=cluster.positions.size / whole.positions.size,
        p=p,
        low=low,
        high=high,
        ale=float(own.corrected.ale.values[peak]),
        z=float(own.corrected.uncorrected.z.values[peak]),
        n_contributing=n_contributing,
        n_studies=len(own.studyset.study_ids),
    )


# --- what is refused, and what a reader should know ---------------------------------------


def _check_iterations(sets: Sequence[TestedSet], alpha: float) -> None:
    for own in sets:
        n = own.corrected.n_iterations
        smallest = smallest_p(n, own.corrected.p_rule)
        if smallest > alpha:
            raise ArgumentError(
                f"the smallest p that the {count(n, 'iteration')} of {one_line(own.name)} can "
                f"give is {smallest:.3g}, above the alpha of {alpha:g}; run it with more "
                "iterations, or choose a larger alpha"
            )


def _check_masks(sets: Sequence[TestedSet]) -> None:
    first = sets[0]
    for other in sets[1:]:
        if other.corrected.mask.sha256 == first.corrected.mask.sha256:
            continue
        ours, theirs = first.corrected.mask, other.corrected.mask
        same_grid = ours.grid.shape == theirs.grid.shape and np.allclose(
            ours.grid.affine, theirs.grid.affine
        )
        what = "have other voxels" if same_grid else "are on different grids"
        raise EvidenceError(
            f"the masks of {one_line(first.name)} ({one_line(ours.name)}, {ours.n_voxels:,} "
            f"voxels) and {one_line(other.name)} ({one_line(theirs.name)}, {theirs.n_voxels:,} "
            f"voxels) {what}, and a conjunction needs one; run both with the same mask"
        )


def _notes(
    sets: Sequence[TestedSet], alpha: float, level: ConjunctionLevel, n_surviving: IntArray
) -> Iterator[str]:
    yield from _decided_otherwise(sets, alpha, level)
    if level != "voxel":
        yield from _formed_otherwise(sets)
        for own in sets:
            yield from _uncertain(own, alpha, level, n_surviving, len(sets))


def _decided_otherwise(
    sets: Sequence[TestedSet], alpha: float, level: ConjunctionLevel
) -> Iterator[str]:
    """Where the conjunction asks something else than a protocol, or that was deviated from."""
    decided: dict[str, list[str]] = {}
    for own in sets:
        if own.protocol is None:
            yield f"{one_line(own.name)} was tested without a protocol"
        else:
            by = f"{own.protocol.correction} at alpha {own.protocol.alpha:g}"
            decided.setdefault(by, []).append(one_line(own.name))
    asked = f"{level} at alpha {alpha:g}"
    for by, names in decided.items():
        if by != asked:
            are = "protocol of {} decides" if len(names) == 1 else "protocols of {} decide"
            yield f"the {are.format(listed(names))} by {by}; here it is {asked}, as was given"
    for own in sets:
        for deviation in own.protocol.deviations if own.protocol else ():
            yield (
                f"{one_line(own.name)} deviates from its protocol, declared "
                f'{one_line(deviation.declared)} ("{one_line(deviation.reason, 400)}"): '
                f"{one_line(deviation.changes, 400)}"
            )


def _formed_otherwise(sets: Sequence[TestedSet]) -> Iterator[str]:
    for what, values in (
        ("cluster-forming p", [f"{own.corrected.cluster_forming_p:g}" for own in sets]),
        ("connectivity", [str(own.corrected.connectivity) for own in sets]),
    ):
        if len(set(values)) > 1:
            told = ", ".join(f"{one_line(s.name)} {v}" for s, v in zip(sets, values, strict=True))
            yield f"the sets form clusters with another {what} ({told})"


def _uncertain(
    own: TestedSet, alpha: float, level: ConjunctionLevel, n_surviving: IntArray, n_sets: int
) -> Iterator[str]:
    """Clusters of a set whose interval holds alpha, where all other sets survive."""
    corrected = own.corrected
    p: FloatArray = corrected.p(level).values
    others = n_surviving - (p <= alpha) == n_sets - 1
    for cluster in corrected.clusters:
        there = cluster.positions[others[cluster.positions]]
        if not there.size:
            continue
        of_cluster = float(p[there].min())
        low, high = corrected.interval(of_cluster)
        if low <= alpha < high:
            yield (
                f"in {one_line(own.name)}, the Monte Carlo interval of the cluster at "
                f"{place(cluster.peaks[0].mm)} holds alpha (p = {share_text(of_cluster)}, "
                f"{share_text(low)} to {share_text(high)}): other random numbers may decide "
                f"otherwise about {count(there.size, 'voxel')} of the conjunction"
            )
