"""The contrast of two evidence bases, read as the protocol decides.

With enough independent experiments on each side the difference is tested; with fewer it is
described: the difference of both maps, without p and z.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, get_args

import numpy as np

from focale._check import check_choice
from focale.atlases.atlas import Atlas
from focale.contrasts.difference import (
    SIDES,
    ContrastSettings,
    DifferenceTest,
    Direction,
    Side,
    design_of,
    difference_of,
    difference_test,
)
from focale.contrasts.legacy import Legacy, LegacyTest, random_foci_test
from focale.contrasts.receipt import receipt
from focale.contrasts.result import Contrast, ContrastDescription, ContrastResult, Gate, Listed
from focale.contrasts.sides import Shared, sides_of
from focale.diagnostics.focus_counts import focus_counts
from focale.errors import EvidenceError
from focale.estimators.result import AleMap
from focale.inference.clusters import Clusters, find_clusters
from focale.inferential import infer
from focale.phrases import count
from focale.progress import Progress, silent
from focale.protocol.assess import assess
from focale.protocol.protocol import Protocol
from focale.reading import evidence_and_estimator, name_clusters
from focale.space.voxelmap import VoxelMap
from focale.studyset.model import Studyset
from focale.typing import FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ContrastOptions:
    """What is asked of a contrast beside the protocol.

    Parameters
    ----------
    direction
        "both", or the side that alone may have more: "first" or "second".
    subsample
        Independent experiments of matched subsamples, for a balanced difference.
    gate
        Whether to list only what lies where the side that has more converges by itself.
    shared
        What is done with what is on both sides: "refuse" or "drop".
    legacy
        "random-foci" to put the null of other tools beside the test; it is not valid.
    n_splits, seconds
        Of the calibration receipt; see `receipt`.
    """

    direction: Direction = "both"
    subsample: int | None = None
    gate: bool = False
    shared: Shared = "refuse"
    legacy: Legacy | None = None
    n_splits: int | None = None
    seconds: float = 60.0

    def __post_init__(self) -> None:
        check_choice("direction", "contrast", self.direction, get_args(Direction))
        check_choice("gate", "contrast", self.gate, (True, False))
        check_choice("shared", "contrast", self.shared, get_args(Shared))
        check_choice("legacy", "contrast", self.legacy, (None, *get_args(Legacy)))


def contrast(
    first: Studyset,
    second: Studyset,
    protocol: Protocol | None = None,
    options: ContrastOptions | None = None,
    *,
    names: tuple[str, str] = ("first", "second"),
    atlases: Sequence[Atlas] | None = None,
    threads: int | None = None,
    progress: Progress = silent,
) -> ContrastResult | ContrastDescription:
    """Read the difference between two evidence bases.

    Parameters
    ----------
    first, second
        The evidence of each side, as reported; experiments of the same participants are
        pooled as the protocol says. Nobody may be on both sides.
    protocol
        The choices; by default those of `Protocol()`. Its `min_experiments` holds for each
        side, its `iterations` are the random labelings.
    options
        What is asked of the contrast; by default `ContrastOptions()`.
    names
        What to call the sides.
    atlases
        Atlases that name peaks and clusters; by default the one that ships with Focale.
    threads
        How many threads; by default one for each core.
    progress
        Wraps the splits of the receipt, to show a bar.

    Returns
    -------
    ContrastResult or ContrastDescription
        A test with its calibration receipt, or a description without p.

    Raises
    ------
    EvidenceError
        If anybody is on both sides, a side has fewer than two independent experiments, or
        a side cannot be mapped.
    ArgumentError
        If an option is outside what it can be.

    Examples
    --------
    >>> from focale import Protocol, Studyset, pain_studyset_path
    >>> pain = Studyset(pain_studyset_path())
    >>> one, two = pain.slice(pain.ids[:10]), pain.slice(pain.ids[10:])
    >>> protocol = Protocol(min_experiments=10, iterations=200)
    >>> contrast(one, two, protocol, ContrastOptions(n_splits=5)).n_listed
    0
    """
    protocol, options = protocol or Protocol(), options or ContrastOptions()
    sides = sides_of(first, second, names, options.shared)
    decisions = assess(sides.first, protocol), assess(sides.second, protocol)
    maps = _map_of(sides.first, protocol), _map_of(sides.second, protocol)
    subsample = options.subsample
    is_tested = all(decision.mode == "inferential" for decision in decisions)
    sizes = [len(side.studyset.subject_groups) for side in maps]
    if not is_tested and subsample is None and sizes[0] != sizes[1]:
        subsample = min(sizes)  # ALE grows with the number of experiments
    found = Contrast(
        sides=sides,
        decisions=decisions,
        protocol=protocol,
        options=options,
        first=maps[0],
        second=maps[1],
        difference=VoxelMap(difference_of(*maps, subsample), maps[0].mask),
        subsample=subsample,
        listed={},
    )
    if is_tested:
        return _tested(found, atlases, threads, progress)
    if options.gate or options.legacy:
        raise EvidenceError(
            "a gate and the null of random foci belong to a test, and the protocol asks for at "
            f"least {protocol.min_experiments} independent experiments on each side ("
            f"{sides.names[0]} has {decisions[0].n_independent}, {sides.names[1]} has "
            f"{decisions[1].n_independent}); ask for neither, or declare a deviation"
        )
    return _described(found, atlases)


def settings_of(protocol: Protocol, options: ContrastOptions) -> ContrastSettings:
    """The settings of the test that a protocol and its options ask for."""
    return ContrastSettings(
        direction=options.direction,
        subsample=options.subsample,
        n_labelings=protocol.iterations,
        seed=protocol.seed,
        forming_p=protocol.contrast_forming_p,
        connectivity=protocol.connectivity,
    )


def _map_of(side: Studyset, protocol: Protocol) -> AleMap:
    pooled, estimator = evidence_and_estimator(side, protocol)
    return estimator.statistic(pooled)


def _tested(
    found: Contrast,
    atlases: Sequence[Atlas] | None,
    threads: int | None,
    progress: Progress,
) -> ContrastResult:
    """The test, what it lists, and its receipt."""
    protocol, options = found.protocol, found.options
    settings = settings_of(protocol, options)
    test = difference_test(found.first, found.second, settings, threads=threads)
    if test.smallest_p > protocol.alpha:
        raise EvidenceError(
            f"with {count(len(test.null), 'labeling')} the smallest family-wise p there can be is "
            f"{test.smallest_p:.3g}, above the alpha of {protocol.alpha:g}; ask for more "
            "iterations, or read the sides descriptively (min_experiments in the protocol)"
        )
    gates = _gates(found, test, threads) if options.gate else {}
    listed = {}
    for side, tail in test.tails.items():
        p = tail.corrected(protocol.correction).values
        survives = p <= protocol.alpha
        if side in gates:
            survives = survives & gates[side].inside
        upper = test.z.values if side == "first" else -test.z.values
        kept = VoxelMap(np.where(survives, upper, 0.0), test.mask)
        clusters = find_clusters(kept, 0.0, connectivity=protocol.connectivity)
        listed[side] = _listed(found, clusters, atlases, p)
    legacy = None
    if options.legacy:
        plain = design_of(found.first, found.second, replace(settings, subsample=None))
        legacy = random_foci_test(
            found.first,
            found.second,
            plain,
            options.subsample or min(test.n_units),
            n_iterations=min(protocol.iterations, LEGACY_ITERATIONS),
            seed=protocol.seed,
            alpha=protocol.alpha,
            threads=threads,
        )
        _warn(legacy)
    made = receipt(
        test.design,
        settings,
        protocol.alpha,
        n_splits=options.n_splits,
        seconds=options.seconds,
        threads=threads,
        progress=progress,
    )
    return ContrastResult(
        **{**_fields(found), "listed": listed},
        test=test,
        receipt=made,
        gates=gates,
        legacy=legacy,
    )


LEGACY_ITERATIONS = 1000
"""Of the null of random foci, as the tools that have it."""


def _gates(found: Contrast, test: DifferenceTest, threads: int | None) -> dict[Side, Gate]:
    """Where the side that has more converges by itself, in each direction that is asked."""
    gates = {}
    for side, tail in test.tails.items():
        evidence = found.sides.first if side == "first" else found.sides.second
        main = infer(evidence, found.protocol, atlases=(), threads=threads)
        inside = main.surviving.values > 0
        survives = tail.corrected(found.protocol.correction).values <= found.protocol.alpha
        gates[side] = Gate(
            main,
            inside,
            int(np.count_nonzero(survives & inside)),
            int(np.count_nonzero(survives & ~inside)),
        )
    return gates


def _described(found: Contrast, atlases: Sequence[Atlas] | None) -> ContrastDescription:
    """The difference above a display-only level, in each direction."""
    protocol, values = found.protocol, found.difference.values
    size = np.abs(values[values != 0])
    threshold = float(np.percentile(size, protocol.display_percentile)) if size.size else 0.0
    voxel_mm3 = found.mask.grid.voxel_volume_mm3
    min_voxels = max(1, math.ceil(protocol.min_cluster_mm3 / voxel_mm3))
    asked = SIDES if found.options.direction == "both" else (found.options.direction,)
    listed = {}
    for side in asked:
        upper = VoxelMap(values if side == "first" else -values, found.mask)
        clusters = find_clusters(upper, threshold, min_voxels, connectivity=protocol.connectivity)
        listed[side] = _listed(found, clusters, atlases)
    return ContrastDescription(**{**_fields(found), "listed": listed}, display_threshold=threshold)


def _listed(
    found: Contrast,
    clusters: Clusters,
    atlases: Sequence[Atlas] | None,
    p: FloatArray | None = None,
) -> Listed:
    peaks = [cluster.peaks[0].position for cluster in clusters]
    return Listed(
        clusters=clusters,
        anatomy=name_clusters(clusters, atlases),
        n_first=_n_with_a_focus(found.first.studyset, clusters),
        n_second=_n_with_a_focus(found.second.studyset, clusters),
        p=np.array([] if p is None else p[peaks], dtype=float),
    )


def _n_with_a_focus(studyset: Studyset, clusters: Clusters) -> IntArray:
    """Subject groups with a focus in each cluster."""
    counts = focus_counts(studyset, clusters) > 0
    groups = np.array([e.group for e in studyset], dtype=object)
    return np.array([len(set(groups[own])) for own in counts.T], dtype=np.int64)


def _fields(found: Contrast) -> dict[str, Any]:
    return {field.name: getattr(found, field.name) for field in fields(Contrast)}


def _warn(legacy: LegacyTest) -> None:
    low, high = legacy.interval
    warnings.warn(
        "the null of random foci is no test of a difference: on random splits of this pool it "
        f"finds a difference in {legacy.rate:.0%} ({low:.0%} to {high:.0%}) of {legacy.n_splits}, "
        f"where {legacy.alpha:.0%} are allowed; it decides nothing here",
        stacklevel=4,
    )
