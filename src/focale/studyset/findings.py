"""What looks wrong in evidence that can be read: the input doctor.

Nothing here changes a number or leaves anything out. A finding says what was seen, where,
and what a person should look up; most are slips of typing, some are right.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

import numpy as np

from focale.io.problems import Problem, Severity, by_seriousness, quoted
from focale.io.records import ExperimentRecord, FocusRecord
from focale.phrases import count
from focale.space.mask import Mask
from focale.space.talairach import CONVERSION_NAMES
from focale.space.targets import standard_mask
from focale.studyset.mirror import mirror_scores
from focale.studyset.model import Studyset
from focale.typing import BoolArray, FloatArray

HEAD_MM = np.array([[-100.0, -140.0, -100.0], [100.0, 110.0, 120.0]])
"""A box that holds every head in MNI and Talairach space, with room to spare."""

GRID_VOXELS = (91, 109, 91)
"""Of the standard 2 mm grid: indices of its voxels are taken for millimetres by mistake."""

FEW_FOCI = 5
"""Patterns over fewer foci than this are too common to be named."""

ONE_SIDED_FOCI = 8
SHARED_PART = 0.8
OUTSIDE_PART = 0.3
SIZES_DIFFER = 1.2
MIRROR_SCORE = -4.0
"""Log ratio. Of 176 real studies with five foci or more one falls below it. Exchanging the
sides of one study of a lateralised set (16 studies) is noticed for half of them."""

MOST_FOCI_MIRRORED = 6_000
MOST_FOCI_COMPARED = 50_000
"""Each experiment is compared with all others up to these sizes: time grows with the
square, and in databases extracted by machine copies are the least of it."""

MOST_SHARED = 50
"""A place that more experiments report than this says nothing about copies."""


def check(studyset: Studyset, mask: Mask | None = None) -> tuple[Problem, ...]:
    """Findings about an evidence base, most serious first.

    Parameters
    ----------
    studyset
        The evidence as reported, before experiments are pooled.
    mask
        Brain mask to count foci outside of; by default that of the target space.
    """
    mask = mask or standard_mask(studyset.target)
    outside = mask.position_of(studyset.foci_mm) < 0
    detectors: tuple[Callable[[Studyset], Iterator[Problem]], ...] = (
        _impossible_values,
        _voxel_indices,
        _lost_signs,
        _repeated_foci,
        _copies,
        _mirrored_studies,
        lambda studyset: _far_outside(studyset, outside),
        _not_compared,
        _same_sample,
        _spanning_groups,
        _unequal_sizes,
        _missing_sizes,
        _same_participants,
        _converted,
        lambda studyset: _outside(studyset, outside, mask),
    )
    found = [problem for detect in detectors for problem in detect(studyset)]
    return by_seriousness(sorted(found, key=lambda problem: (problem.file, problem.line or 0)))


def _finding(
    severity: Severity, code: str, experiment: ExperimentRecord, what: str, **more: object
) -> Problem:
    place = {"file": experiment.file, "line": experiment.line, "experiment": experiment.id}
    return Problem(severity=severity, code=code, what=what, **{**place, **more})  # type: ignore[arg-type]


def _arrays(studyset: Studyset) -> Iterator[tuple[ExperimentRecord, FloatArray]]:
    """Each experiment with its foci as reported, mm."""
    for experiment in studyset:
        mm = np.array([focus.mm for focus in experiment.foci], dtype=float)
        yield experiment, mm.reshape(-1, 3)


def _text(mm: Sequence[float]) -> str:
    return " ".join(f"{number:g}" for number in mm)


# --- single values -----------------------------------------------------------------------


def _impossible_values(studyset: Studyset) -> Iterator[Problem]:
    for experiment, mm in _arrays(studyset):
        beyond = ((mm < HEAD_MM[0]) | (mm > HEAD_MM[1])).any(axis=1)
        for i in np.flatnonzero(beyond):
            focus = experiment.foci[i]
            yield _finding(
                "warning",
                "impossible-value",
                experiment,
                "a place beyond the head",
                found=_text(focus.mm),
                expected="look it up in the paper: a sign, a decimal point or a column is wrong",
                line=focus.line or experiment.line,
            )


def _voxel_indices(studyset: Studyset) -> Iterator[Problem]:
    for experiment, mm in _arrays(studyset):
        if len(np.unique(mm, axis=0)) >= FEW_FOCI and _are_indices(mm):
            yield _finding(
                "warning",
                "voxel-indices",
                experiment,
                f"all {len(mm)} foci are whole numbers of 0 and more: voxel indices instead of "
                "millimetres?",
                found=_text(mm[0]),
                expected="look up the unit in the paper",
            )


def _are_indices(mm: FloatArray) -> bool:
    return bool((mm >= 0).all() and (mm % 1 == 0).all() and (mm < GRID_VOXELS).all())


def _lost_signs(studyset: Studyset) -> Iterator[Problem]:
    for experiment, mm in _arrays(studyset):
        if len(mm) >= ONE_SIDED_FOCI and (mm[:, 0] > 0).all() and not _are_indices(mm):
            yield _finding(
                "warning",
                "all-positive-x",
                experiment,
                f"x is above 0 in all {len(mm)} foci: only the right hemisphere, or minus signs "
                "lost?",
                expected="compare with the table of the paper",
            )


def _repeated_foci(studyset: Studyset) -> Iterator[Problem]:
    for experiment in studyset:
        first: dict[tuple[float, float, float], FocusRecord] = {}
        repeated = [f for f in experiment.foci if first.setdefault(f.mm, f) is not f]
        if repeated:
            lines = (first[repeated[0].mm].line, repeated[0].line)
            place = "" if None in lines else f" (lines {lines[0]}, {lines[1]})"
            yield _finding(
                "warning",
                "repeated-focus",
                experiment,
                f"{len(repeated)} of {len(experiment.foci)} foci occur twice in the experiment"
                f"{place}: kept, without effect on ALE",
                found=_text(repeated[0].mm),
                expected="check the table of the paper",
                line=repeated[0].line or experiment.line,
            )


# --- experiments against each other ------------------------------------------------------


def _copies(studyset: Studyset) -> Iterator[Problem]:
    """Lists of foci that occur in two experiments, as they are or mirrored."""
    if studyset.n_foci > MOST_FOCI_COMPARED:
        return
    experiments = [e for e in studyset if len({f.mm for f in e.foci}) >= 3]
    places = [{focus.mm for focus in e.foci} for e in experiments]
    known: set[tuple[int, int]] = set()
    for code, mirrored in (("identical-foci", False), ("mirrored-foci", True)):
        for i, j, n in _sharing_pairs(places, mirrored=mirrored):
            if (i, j) in known:  # a bilateral list is its own mirror image
                continue
            first, second = experiments[i], experiments[j]
            smaller = min(len(places[i]), len(places[j]))
            if n >= 3 and n >= SHARED_PART * smaller:
                known.add((i, j))
                share = f"{n} of {smaller} places"
                how = "with left and right exchanged" if mirrored else "as they are"
                yield _finding(
                    "warning",
                    code,
                    second,
                    f"{share} are also in {quoted(first.id)} ({first.where}), {how}",
                    expected="check whether a table was copied twice"
                    if not mirrored
                    else "check the signs of x in both papers",
                )


def _sharing_pairs(
    places: Sequence[set[tuple[float, float, float]]], *, mirrored: bool
) -> Iterator[tuple[int, int, int]]:
    """Pairs of experiments with places in common, and how many they share.

    Mirrored, a place on the midline is its own image; such places count for pairs that also
    share others.
    """
    owners: dict[tuple[float, float, float], list[int]] = defaultdict(list)
    for i, own in enumerate(places):
        for mm in own:
            owners[mm].append(i)
    shared: Counter[tuple[int, int]] = Counter()
    on_midline: Counter[tuple[int, int]] = Counter()
    for mm, here in owners.items():
        if not mirrored:
            if 1 < len(here) <= MOST_SHARED:
                shared.update(combinations(here, 2))
        elif mm[0] > 0:
            there = owners.get((-mm[0], mm[1], mm[2]), [])
            if len(here) <= MOST_SHARED and len(there) <= MOST_SHARED:
                shared.update((min(i, j), max(i, j)) for i in here for j in there if i != j)
        elif mm[0] == 0 and len(here) <= MOST_SHARED:
            on_midline.update(combinations(here, 2))
    yield from ((i, j, n + on_midline[i, j]) for (i, j), n in shared.items())


def _mirrored_studies(studyset: Studyset) -> Iterator[Problem]:
    """Studies that fit the others much better with left and right exchanged."""
    if not 0 < studyset.n_foci <= MOST_FOCI_MIRRORED:
        return
    n_foci = Counter(e.study_id for e in studyset for _ in e.foci)
    scores = mirror_scores(studyset)
    for study_id, score in zip(studyset.study_ids, scores, strict=True):
        if n_foci[study_id] >= FEW_FOCI and score < MIRROR_SCORE:
            yield _finding(
                "warning",
                "left-right-exchange",
                next(e for e in studyset if e.study_id == study_id),
                f"the {n_foci[study_id]} foci of study {quoted(study_id)} agree better with the "
                f"other studies after left and right are exchanged (log ratio {score:.1f})",
                expected="look up the signs of x, and the side of the stimulus or the lesion",
            )


_AUTHOR_AND_YEAR = re.compile(r"[^a-z]*([a-z][a-z'\-]+).*?((?:19|20)\d\d(?:[a-e]\b)?)", re.DOTALL)
_PUBMED_ID = re.compile(r"(\d{7,8})\b")


def _paper(study_id: str) -> tuple[str, ...] | None:
    """First author and year of a name, or the PubMed id it begins with.

    A letter after the year tells papers of one year apart: 2006a is not 2006b.
    """
    match = _AUTHOR_AND_YEAR.match(study_id.lower()) or _PUBMED_ID.match(study_id)
    return match.groups() if match else None


def _same_sample(studyset: Studyset) -> Iterator[Problem]:
    """Subject groups whose names point to one paper."""
    alike: dict[tuple[str, ...], list[ExperimentRecord]] = defaultdict(list)
    for first in {e.group: e for e in reversed(list(studyset))}.values():
        if paper := _paper(first.study_id):
            alike[paper].append(first)
    for experiments in alike.values():
        experiments.sort(key=lambda e: (e.file, e.line or 0))
        first = experiments[0]
        for other in experiments[1:]:
            equal_n = other.n_subjects is not None and other.n_subjects == first.n_subjects
            yield _finding(
                "warning" if equal_n else "note",
                "same-sample" if equal_n else "same-paper",
                other,
                f"perhaps the participants of {quoted(first.study_id)} ({first.where}) again: the "
                f"same paper by name{', and as many of them' if equal_n else ''}",
                expected="if so, give both one subject group (--group, groups_of=)",
            )


def same_sample_of(
    first: Studyset, second: Studyset
) -> list[tuple[ExperimentRecord, ExperimentRecord]]:
    """Experiments of two evidence bases that may be of the same participants.

    Those whose names point to one paper, with as many participants, under subject groups of
    different names: one pair for two such groups, in the order of `first`.
    """
    theirs: dict[tuple[tuple[str, ...], float], dict[str, ExperimentRecord]] = defaultdict(dict)
    for experiment in second:
        if (paper := _paper(experiment.study_id)) and experiment.n_subjects is not None:
            theirs[paper, experiment.n_subjects].setdefault(experiment.group, experiment)
    pairs: dict[tuple[str, str], tuple[ExperimentRecord, ExperimentRecord]] = {}
    for experiment in first:
        if (paper := _paper(experiment.study_id)) and experiment.n_subjects is not None:
            for group, other in theirs.get((paper, experiment.n_subjects), {}).items():
                pairs.setdefault((experiment.group, group), (experiment, other))
    return list(pairs.values())


def _spanning_groups(studyset: Studyset) -> Iterator[Problem]:
    """Subject groups the source names in more than one study."""
    studies: dict[str, list[ExperimentRecord]] = defaultdict(list)
    for experiment in studyset:
        if all(experiment.study_id != known.study_id for known in studies[experiment.group]):
            studies[experiment.group].append(experiment)
    for group, members in studies.items():
        if len(members) > 1:
            yield _finding(
                "warning",
                "group-of-two-studies",
                members[1],
                f"the subject group {quoted(group)} is also that of study "
                f"{quoted(members[0].study_id)}: taken as the same participants",
                expected="name groups that differ differently",
            )


def _unequal_sizes(studyset: Studyset) -> Iterator[Problem]:
    for members in _groups(studyset):
        sizes = [e.n_subjects for e in members if e.n_subjects]
        if len(sizes) > 1 and max(sizes) > SIZES_DIFFER * min(sizes):
            yield _finding(
                "warning",
                "unequal-sample-sizes",
                members[0],
                f"{len(members)} experiments of the same participants have "
                f"{min(sizes):g} to {max(sizes):g} of them",
                expected="check whether they are one group; pooled, they count with the smallest",
            )


def _same_participants(studyset: Studyset) -> Iterator[Problem]:
    for members in _groups(studyset):
        if len(members) > 1:
            yield _finding(
                "note",
                "same-participants",
                members[0],
                f"{len(members)} experiments of the participants of {quoted(members[0].group)}: "
                "pooled into one, unless the protocol says otherwise",
            )


def _groups(studyset: Studyset) -> list[list[ExperimentRecord]]:
    groups: dict[str, list[ExperimentRecord]] = defaultdict(list)
    for experiment in studyset:
        groups[experiment.group].append(experiment)
    return list(groups.values())


def _not_compared(studyset: Studyset) -> Iterator[Problem]:
    for most, what in (
        (MOST_FOCI_MIRRORED, "exchanges of left and right"),
        (MOST_FOCI_COMPARED, "copied lists of foci"),
    ):
        if studyset.n_foci > most:
            yield Problem(
                severity="note",
                code="not-compared",
                what=f"{what} are not looked for in more than {most:,} foci",
                file=studyset.record.source,
            )


# --- the whole ---------------------------------------------------------------------------


def _missing_sizes(studyset: Studyset) -> Iterator[Problem]:
    without = [e for e in studyset if e.n_subjects is None]
    if without:
        yield _finding(
            "warning",
            "no-sample-size",
            without[0],
            f"no sample size in {len(without)} of {count(len(studyset), 'experiment')}",
            expected="add it, give one for all with --default-n (default_n=), or declare fwhm_mm",
        )


def _converted(studyset: Studyset) -> Iterator[Problem]:
    conversions = studyset.conversions
    for experiment in studyset:
        for matrix, n in conversions.get(experiment.id, {}).items():
            yield _finding(
                "note",
                "converted",
                experiment,
                f"{count(n, 'focus', 'foci')} converted from Talairach coordinates with "
                f"{CONVERSION_NAMES[matrix]}",
            )


def _far_outside(studyset: Studyset, outside: BoolArray) -> Iterator[Problem]:
    for i, experiment in enumerate(studyset):
        own = outside[studyset.offsets[i] : studyset.offsets[i + 1]]
        if own.sum() >= 3 and own.mean() > OUTSIDE_PART:
            yield _finding(
                "warning",
                "many-foci-outside",
                experiment,
                f"{own.sum()} of {own.size} foci lie outside the brain mask",
                expected="check the space and the signs of the coordinates",
            )


def _outside(studyset: Studyset, outside: BoolArray, mask: Mask) -> Iterator[Problem]:
    if outside.any():
        yield Problem(
            severity="note",
            code="foci-outside",
            what=f"{outside.sum()} of {count(studyset.n_foci, 'focus', 'foci')} "
            f"{'lies' if studyset.n_foci == 1 else 'lie'} outside "
            f"{mask.name}: kept, with the part of their footprint that is inside",
            file=studyset.record.source,
        )
