"""The two sides of a contrast, which may share nobody.

Labels can be exchanged only between experiments of different participants. A group of
participants on both sides would have to be on both sides of every labeling.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

import numpy as np

from focale._check import check_choice
from focale.errors import ArgumentError, EvidenceError
from focale.estimators.result import StatMap
from focale.inference.fingerprints import experiment_fingerprints
from focale.inference.ma_maps import MaMaps, join_maps, merge_experiments
from focale.inference.shapes import Footprints
from focale.io.records import ExperimentRecord
from focale.phrases import count, one_line
from focale.studyset.findings import same_sample_of
from focale.studyset.model import Studyset
from focale.typing import BoolArray, IntArray

Shared = Literal["refuse", "drop"]
FEWEST = 2
"""Independent experiments that a side needs at least."""


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """Two evidence bases without experiments or participants in common.

    Attributes
    ----------
    first, second
        The evidence of each side.
    names
        What they are called.
    reported
        The evidence of each side before anything was left out.
    dropped
        What was left out of both because it was on both, in words.
    suspected
        What may be of the same participants under different names, in words; kept.
    """

    first: Studyset
    second: Studyset
    names: tuple[str, str]
    reported: tuple[Studyset, Studyset]
    dropped: tuple[str, ...] = ()
    suspected: tuple[str, ...] = ()


def sides_of(
    first: Studyset,
    second: Studyset,
    names: tuple[str, str] = ("first", "second"),
    shared: Shared = "refuse",
    *,
    by_study: bool = False,
) -> Sides:
    """Two evidence bases as the sides of a contrast.

    Parameters
    ----------
    first, second
        The evidence as reported.
    names
        What to call them.
    shared
        What is done with experiments and subject groups that are on both sides: "refuse",
        or "drop" to leave them out of both.
    by_study
        Whether a study's participants are taken for the same whatever subject groups the
        source names (`independence = "study"` in the protocol).

    Raises
    ------
    ArgumentError
        If the spaces of the sides differ.
    EvidenceError
        If something is on both sides, or a side has fewer than two independent experiments.
    """
    check_choice("shared", "contrast", shared, ("refuse", "drop"))
    names = (one_line(names[0], 40), one_line(names[1], 40))
    if first.target != second.target:
        raise ArgumentError(
            f"the sides of a contrast are in different spaces ({first.target} and "
            f"{second.target}); read both with one target"
        )
    if names[0] == names[1]:
        names = (f"{names[0]} (1)", f"{names[1]} (2)")
    common, of_first, of_second = _in_common(first, second, by_study=by_study)
    if common and shared == "refuse":
        few = "; ".join(common[:3])
        raise EvidenceError(
            f"{names[0]} and {names[1]} share "
            f"{count(len(common), 'experiment or subject group', 'experiments or subject groups')}"
            f" ({few}{'; ...' if len(common) > 3 else ''}), so labels cannot be exchanged; leave "
            "them out of both with --drop-shared (shared='drop'), or give different participants "
            "different names with --group"
        )
    left = _without(first, of_first, names[0]), _without(second, of_second, names[1])
    sides = Sides(*left, names, (first, second), tuple(common), _suspected(*left, names))
    for name, side in zip(names, (sides.first, sides.second), strict=True):
        n = len({e.group for e in side if e.foci})
        if n < FEWEST:
            raise EvidenceError(
                f"{name} has {count(n, 'independent experiment')} with foci, and a contrast needs "
                f"at least {FEWEST} on each side: the labels of one tell nothing"
            )
    return sides


def units_of(side: StatMap) -> tuple[MaMaps, IntArray]:
    """Maps of what is labelled as one, and names of these units by what they report.

    A unit is a subject group: experiments of the same participants keep together in every
    labeling.
    """
    studyset, laid = side.studyset, side.footprints
    groups = studyset.subject_groups
    if len(groups) == len(studyset):
        return side.ma, experiment_fingerprints(studyset.foci_mm, studyset.offsets, laid)
    number = {group: i for i, group in enumerate(groups)}
    group = np.array([number[e.group] for e in studyset])
    # named as one experiment with the foci of all, so that their order in the file is nothing
    of_focus = np.repeat(group, np.diff(studyset.offsets))
    foci_mm = studyset.foci_mm[np.argsort(of_focus, kind="stable")]
    offsets = np.concatenate([[0], np.cumsum(np.bincount(of_focus, minlength=len(groups)))])
    widest = np.zeros(len(groups))
    np.maximum.at(widest, group, laid.width_mm)
    together = Footprints.alike(laid.shape, widest)
    return merge_experiments(side.ma, group), experiment_fingerprints(foci_mm, offsets, together)


def join_units(
    first: tuple[MaMaps, IntArray], second: tuple[MaMaps, IntArray]
) -> tuple[MaMaps, BoolArray, IntArray]:
    """Units of both sides in one row: maps, whether each is of the first side, names."""
    in_first = np.arange(first[0].n_experiments + second[0].n_experiments) < first[0].n_experiments
    return join_maps(first[0], second[0]), in_first, np.concatenate([first[1], second[1]])


def _in_common(
    first: Studyset, second: Studyset, *, by_study: bool
) -> tuple[list[str], set[str], set[str]]:
    """What both sides have, in words, and the identifiers of these experiments."""
    found: dict[str, None] = {}
    of_first: set[str] = set()
    of_second: set[str] = set()
    for name_of in (_group, _study) if by_study else (_group,):
        both = {_plain(name_of(e)) for e in first} & {_plain(name_of(e)) for e in second}
        for side, ids in ((first, of_first), (second, of_second)):
            ids |= {e.id for e in side if _plain(name_of(e)) in both}
        for name in dict.fromkeys(name_of(e) for e in first if _plain(name_of(e)) in both):
            found[f"participants of {one_line(name)!r}"] = None
    lists = _foci_lists(second)
    for foci, alike in _foci_lists(first).items():
        for mine in alike:
            for theirs in lists.get(foci, ()):
                if mine in of_first and theirs in of_second:
                    continue
                found[f"{one_line(mine)!r} reports the foci of {one_line(theirs)!r}"] = None
                of_first.add(mine)
                of_second.add(theirs)
    return list(found), of_first, of_second


def _group(experiment: ExperimentRecord) -> str:
    return experiment.group


def _study(experiment: ExperimentRecord) -> str:
    return experiment.study_id


def _plain(name: str) -> str:
    """A name without what is written now so and now otherwise.

    These are capitals, blanks, and the two ways to code an accent.
    """
    return " ".join(unicodedata.normalize("NFKC", name).split()).casefold()


def _suspected(first: Studyset, second: Studyset, names: tuple[str, str]) -> tuple[str, ...]:
    return tuple(
        f"{one_line(mine.id)!r} of {names[0]} and {one_line(theirs.id)!r} of {names[1]}"
        for mine, theirs in same_sample_of(first, second)
    )


def _foci_lists(studyset: Studyset) -> dict[bytes, list[str]]:
    """Identifiers of experiments by their foci, where these are two or more."""
    lists: dict[bytes, list[str]] = {}
    for i, experiment in enumerate(studyset):
        own = studyset.foci_mm[studyset.offsets[i] : studyset.offsets[i + 1]]
        if len(own) > 1:
            rounded = np.rint(own * 1000).astype(np.int64)
            key = rounded[np.lexsort(rounded.T)].tobytes()
            lists.setdefault(key, []).append(str(experiment.id))
    return lists


def _without(studyset: Studyset, ids: set[str], name: str) -> Studyset:
    if not ids:
        return studyset
    left = [str(i) for i in studyset.ids if str(i) not in ids]
    if not left:
        raise EvidenceError(
            f"every experiment of {name} is on both sides, so nothing of it is left; check that "
            "the sides are two different files or selections"
        )
    return studyset.slice(left)
