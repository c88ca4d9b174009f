"""Meta-analytic coactivation modelling (MACM).

Of a database, the experiments with a focus in a seed region are mapped: where else do they
report foci? Some places are reported in every other experiment, so a test against foci spread
evenly finds them whatever the seed is. The test is therefore against the base rate of the
database (SCALE; Langner et al. 2014, doi:10.1016/j.neuroimage.2014.06.007), and asks whether a
place is reported more often with the seed than in the database at large.

The seed itself converges because experiments were selected for it. Its voxels are marked, or
left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, get_args

import numpy as np

from focale._check import check_choice
from focale.atlases.atlas import Atlas
from focale.coactivation.result import MacmResult, SeedNull, Test
from focale.coactivation.seed import Seed, as_seed
from focale.coactivation.selection import SeedSelection, select
from focale.correction.fwe import fwe
from focale.correction.scale import scale
from focale.correction.scale_result import ScaleResult
from focale.errors import ArgumentError, EvidenceError
from focale.estimators.ale import ALE
from focale.estimators.result import StatMap
from focale.inference.clusters import Clusters, find_clusters
from focale.phrases import count
from focale.progress import Progress, silent
from focale.protocol.assess import assess
from focale.protocol.protocol import Protocol
from focale.reading import (
    check_iterations,
    diagnose,
    displayed,
    evidence_and_estimator,
    mask_of,
    name_clusters,
    sampling_of,
)
from focale.space.mask import Mask
from focale.studyset.model import Studyset
from focale.studyset.others import taken_as
from focale.typing import BoolArray


def macm(
    studyset: Studyset,
    seed: Seed | Any,
    protocol: Protocol | None = None,
    *,
    null: SeedNull = "scale",
    mask_seed: bool = False,
    atlases: Sequence[Atlas] | None = None,
    threads: int | None = None,
    progress: Progress = silent,
) -> MacmResult:
    """Map what the experiments of a database co-report with a seed.

    Parameters
    ----------
    studyset
        The database, as reported. Experiments with a focus in the seed are selected; those of
        the same participants are then pooled as the protocol says.
    seed
        A `Seed`; or x, y, z and radius in mm; an image or its path (its non-zero voxels); or a
        label and its atlas, as a pair.
    protocol
        The choices; by default those of `Protocol()`. With fewer selected independent
        experiments than it asks for, the reading is descriptive: no p.
    null
        "scale" tests against the base rate of the database; "uniform" against foci spread
        evenly, which finds the base rate again.
    mask_seed
        Whether the voxels of the seed are left out of the analysis. Otherwise they are
        marked.
    atlases
        Atlases that name peaks and clusters; by default the one that ships with Focale.
    threads
        How many threads; by default one for each core.
    progress
        Wraps the iterations, to show a bar.

    Raises
    ------
    ArgumentError
        If the seed has no voxel in the mask, or is all of it and is to be masked.
    EvidenceError
        If no experiment has a focus in the seed, or no width of the footprints is known, or
        the seed is masked and they report nothing else.

    Examples
    --------
    >>> from focale import Studyset, pain_studyset_path
    >>> result = macm(Studyset(pain_studyset_path()), (38, 4, 2, 10))
    >>> result.selection.n_selected, result.is_tested
    (9, False)
    """
    check_choice("null", "macm", null, get_args(SeedNull))
    check_choice("mask_seed", "macm", mask_seed, (True, False))
    seed, protocol = as_seed(seed), protocol or Protocol()
    whole = mask_of(protocol)
    in_seed = seed.voxels_in(whole)
    selection = select(taken_as(studyset, protocol.reading), seed)
    selected = selection.selected
    decision = assess(selected, protocol)
    pooled, estimator = evidence_and_estimator(selected, protocol)
    if not isinstance(estimator, ALE):
        raise ArgumentError(
            f"a coactivation map is made with ALE, and the protocol asks for "
            f'{estimator.words.statistic}; set method = "ale" in it'
        )
    if mask_seed:
        estimator = replace(estimator, mask=_without(whole, in_seed))
        _check_outside(pooled, seed, whole)
    statistic = estimator.statistic(pooled)
    test, display_threshold = None, None
    if decision.mode == "inferential":
        check_iterations(protocol)
        test = _test(statistic, selection, protocol, null, whole, threads, progress)
        statistic = test.map if isinstance(test, ScaleResult) else test.uncorrected.map
        clusters = _surviving(test, protocol)
    else:
        display_threshold, clusters = displayed(statistic, protocol)
    return MacmResult(
        decision=decision,
        protocol=protocol,
        evidence=selected,
        map=statistic,
        clusters=clusters,
        diagnosis=diagnose(statistic, clusters),
        anatomy=name_clusters(clusters, atlases),
        seed=seed,
        selection=selection,
        seed_voxels=seed.contains(statistic.mask.mm(np.arange(statistic.mask.n_voxels))),
        whole_mask=whole,
        n_seed_voxels=int(np.count_nonzero(in_seed)),
        is_masked=mask_seed,
        null=null,
        test=test,
        display_threshold=display_threshold,
    )


def _without(mask: Mask, in_seed: BoolArray) -> Mask:
    """The mask without the voxels of the seed."""
    if in_seed.all():
        raise ArgumentError(
            f"the seed covers all of {mask.name}, so nothing is left to map without it; choose a "
            "smaller seed"
        )
    inside = mask.to_volume(~in_seed, outside=0.0)
    name = f"{mask.name} without the seed"
    return Mask(grid=mask.grid, inside=inside, name=name, space=mask.space)


def _check_outside(selected: Studyset, seed: Seed, whole: Mask) -> None:
    """Refuse to map experiments that report nothing but the seed, without it."""
    in_mask = whole.position_of(selected.foci_mm) >= 0
    if np.all(seed.contains(selected.foci_mm[in_mask])):
        raise EvidenceError(
            f"the {count(len(selected), 'selected experiment')} report no focus outside the seed, "
            "so nothing is left to map without it; mark the seed instead (no --mask-seed, "
            "mask_seed=False), or choose a smaller one"
        )


def _test(
    statistic: StatMap,
    selection: SeedSelection,
    protocol: Protocol,
    null: SeedNull,
    whole: Mask,
    threads: int | None,
    progress: Progress,
) -> Test:
    how: dict[str, Any] = {
        "n_iterations": protocol.iterations,
        "seed": protocol.seed,
        "cluster_forming_p": protocol.cluster_forming_p,
        "connectivity": protocol.connectivity,
        "threads": threads,
        "progress": progress,
    }
    if null == "scale":
        return scale(statistic, selection.database, **how)
    sampling = sampling_of(protocol)
    if sampling == "mask":
        sampling = whole  # foci fall in a masked seed too
    fitted = statistic.estimator.fit(statistic.studyset)
    return fwe(fitted, sampling=sampling, p_rule=protocol.p_rule, **how)


def _surviving(test: Test, protocol: Protocol) -> Clusters:
    """Clusters of the voxels that survive, which know the level they were cut at."""
    level, alpha = protocol.correction, protocol.alpha
    kept = find_clusters(test.surviving(alpha, level), 0.0, connectivity=test.connectivity)
    if level == "voxel":
        return kept
    smallest = test.smallest_size(alpha) if level == "size" else 1
    return replace(kept, threshold=test.clusters.threshold, min_voxels=smallest)
