"""Compare two readings, and find what each difference between them causes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TypeAlias

import numpy as np

from focale.comparison.against import compare_against
from focale.comparison.attribution import attribute, causes, moves
from focale.comparison.blending import blended
from focale.comparison.changes import (
    MOST_STUDIES,
    Change,
    StudyChange,
    changes_between,
)
from focale.comparison.matching import Match, match_clusters
from focale.comparison.outcome import Level, Outcome, outcome_of
from focale.comparison.result import Against, ClusterChange, ClusterKind, Comparison
from focale.comparison.side import Side, side_of
from focale.descriptive import DescriptiveResult
from focale.inferential import InferentialResult
from focale.phrases import count, place, share_text
from focale.progress import Progress, silent
from focale.protocol.protocol import METHOD_NAMES
from focale.reading import mask_of
from focale.space.mask import Mask
from focale.space.voxelmap import VoxelMap

Readable: TypeAlias = DescriptiveResult | InferentialResult | Side | str | Path


def compare(
    old: Readable,
    new: Readable,
    *,
    against: str | Path | None = None,
    cut: float = 0.0,
    level: Level = "listed",
    progress: Progress = silent,
) -> Comparison:
    """Compare two readings, one change at a time.

    Parameters
    ----------
    old, new
        Readings, or their output folders.
    against
        Image of another tool, to be put beside the reading that has its profile (else the
        old one).
    cut
        Voxels of that image above it count.
    level
        Voxels of the reading it is put beside: "listed" clusters, those with an
        "uncorrected" p below the cluster-forming p, or with a z of the "fdr" above 1.645.
    progress
        Wraps the changes, to show a bar; after each, the whole reading is made again.

    Raises
    ------
    InputMissingError
        If a folder holds no result with its evidence, or the image is not there.

    Examples
    --------
    >>> from focale import Protocol, Studyset, describe, pain_studyset_path
    >>> studyset = Studyset(pain_studyset_path())
    >>> first = describe(studyset.slice(studyset.ids[:8]))
    >>> second = describe(studyset.slice(studyset.ids[1:8]))
    >>> print(compare(first, second).steps[0].words)
    dropped: pain_01.nidm
    """
    old, new = side_of(old, "OLD"), side_of(new, "NEW")
    changes = changes_between(old, new)
    cannot = _cannot(old, new)
    if cannot:
        return Comparison(
            old=old, new=new, changes=changes, steps=(), clusters=(), outcomes=(), notes=(cannot,)
        )
    masks: dict[str, Mask] = {}

    def recompute(done: frozenset[Change]) -> Outcome:
        in_order = [change for change in changes if change in done]
        evidence, protocol, is_described = blended(old, new, in_order)
        outcome = outcome_of(evidence, protocol, is_described=is_described)
        mask = masks.setdefault(outcome.mask.sha256, outcome.mask)  # one copy for all steps
        return replace(outcome, stat=VoxelMap(outcome.stat.values, mask))

    steps, outcomes = attribute(changes, recompute, progress)
    return Comparison(
        old=old,
        new=new,
        changes=changes,
        steps=tuple(steps),
        clusters=tuple(_clusters(outcomes)),
        outcomes=tuple(outcomes),
        notes=tuple(_notes(old, new, changes, outcomes)),
        against=_against(old, new, outcomes, against, cut, level),
    )


def _cannot(old: Side, new: Side) -> str:
    """Why maps cannot be compared voxel by voxel; "" if they can."""
    methods = [METHOD_NAMES[side.protocol.method] for side in (old, new)]
    if methods[0] != methods[1]:
        return (
            f"{old.name} is a reading of {methods[0]} and {new.name} one of {methods[1]}: values "
            "of different statistics cannot be compared voxel by voxel, and no step lies between "
            "them. Make both readings with one method."
        )
    first, second = mask_of(old.protocol).grid, mask_of(new.protocol).grid
    if first.shape == second.shape and np.allclose(first.affine, second.affine):
        return ""
    return (
        f"the masks are on different grids ({_grid_text(first.shape)} and "
        f"{_grid_text(second.shape)} voxels, or in another place), so voxels and clusters cannot "
        "be put beside each other; studies and settings can"
    )


def _grid_text(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))


def _clusters(outcomes: Sequence[Outcome]) -> Iterator[ClusterChange]:
    """Every cluster of the first and the last reading."""
    old, new = outcomes[0], outcomes[-1]
    for match in match_clusters(old.clusters, new.clusters):
        kind = _kind(match, old, new)
        before = old.clusters[match.old] if match.old is not None else np.zeros(0, np.int64)
        after = new.clusters[match.new] if match.new is not None else np.zeros(0, np.int64)
        voxels = np.union1d(before, after)
        steps = causes(outcomes, voxels)
        if kind == "moved":
            steps = {step: steps.get(step, 0) for step in moves(outcomes, voxels)} or steps
        yield ClusterChange(
            kind=kind,
            old=None if match.old is None else match.old + 1,
            new=None if match.new is None else match.new + 1,
            old_mm=None if match.old is None else old.peaks_mm[match.old],
            new_mm=None if match.new is None else new.peaks_mm[match.new],
            n_old=before.size,
            n_new=after.size,
            n_shared=match.n_shared,
            causes=tuple((k + 1, n) for k, n in steps.items()),
        )


def _kind(match: Match, old: Outcome, new: Outcome) -> ClusterKind:
    if match.old is None:
        return "parted" if match.n_shared else "gained"
    if match.new is None:
        return "joined" if match.n_shared else "lost"
    return "kept" if old.peaks_mm[match.old] == new.peaks_mm[match.new] else "moved"


def _notes(
    old: Side, new: Side, changes: Sequence[Change], outcomes: Sequence[Outcome]
) -> Iterator[str]:
    for side, outcome in ((old, outcomes[0]), (new, outcomes[-1])):
        yield from _recorded(side, outcome)
    if outcomes[0].mode != outcomes[-1].mode:
        yield (
            f"{old.name} is {outcomes[0].mode} and {new.name} {outcomes[-1].mode}: clusters that "
            "are displayed stand beside clusters that survive a test, which is not the same"
        )
    for side, outcome in ((old, outcomes[0]), (new, outcomes[-1])) if changes else ():
        for cluster in outcome.uncertain:
            yield (
                f"in {side.name}, the Monte Carlo interval of the cluster of "
                f"{count(cluster.n_voxels, 'voxel')} at {place(cluster.mm)} holds alpha (p = "
                f"{share_text(cluster.p)}, {share_text(cluster.low)} to "
                f"{share_text(cluster.high)}): other random numbers may decide otherwise"
            )
    n_studies = sum(isinstance(change, StudyChange) for change in changes)
    if n_studies > MOST_STUDIES:
        yield (
            f"the first {MOST_STUDIES} studies that changed are steps of their own, and the "
            "others of each kind are one step together"
        )


def _recorded(side: Side, outcome: Outcome) -> Iterator[str]:
    """Whether a reading made again is the one in the folder."""
    differing = np.setxor1d(side.listed, outcome.voxels["listed"]).size
    if outcome.mask.sha256 != side.mask_sha256:
        yield (
            f"the mask of {side.name} ({outcome.mask.name}) is not the one its result was made "
            "with: its file has changed"
        )
    if differing:
        yield (
            f"{side.name} was made by Focale {side.version}; made again by {version('focale')}, "
            f"{count(differing, 'voxel')} of its listed clusters differ, which no step explains "
            "(another version, a sequential test, or iterations of other settings)"
        )


def _against(
    old: Side,
    new: Side,
    outcomes: Sequence[Outcome],
    image: str | Path | None,
    cut: float,
    level: Level,
) -> Against | None:
    if image is None:
        return None
    is_new = bool(new.protocol.profile) and not old.protocol.profile
    side, outcome = (new, outcomes[-1]) if is_new else (old, outcomes[0])
    return compare_against(image, cut, side.name, outcome, level)
