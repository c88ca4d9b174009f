"""The two sides of a contrast, which may share nobody.

Labels can be exchanged only between experiments of different participants. A group of
participants on both sides would have to be on both sides of every labeling.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from focale._check import check_choice
from focale.errors import ArgumentError, EvidenceError
from focale.inference.fingerprints import experiment_fingerprints
from focale.inference.ma_maps import MaMaps, join_maps, merge_experiments
from focale.phrases import count, one_line
from focale.studyset.model import Studyset
from focale.typing import BoolArray, FloatArray, IntArray

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
    """

    first: Studyset
    second: Studyset
    names: tuple[str, str]
    reported: tuple[Studyset, Studyset]
    dropped: tuple[str, ...] = ()


def sides_of(
    first: Studyset,
    second: Studyset,
    names: tuple[str, str] = ("first", "second"),
    shared: Shared = "refuse",
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
    common, of_first, of_second = _in_common(first, second)
    if common and shared == "refuse":
        few = "; ".join(common[:3])
        raise EvidenceError(
            f"{count(len(common), 'experiment or subject group', 'experiments or subject groups')}"
            f" of {names[0]} and {names[1]} are on both sides ({few}"
            f"{'; ...' if len(common) > 3 else ''}), so their labels cannot be exchanged; leave "
            "them out of both with --drop-shared (shared='drop'), or give different participants "
            "different names with --group"
        )
    sides = Sides(
        _without(first, of_first, names[0]),
        _without(second, of_second, names[1]),
        names,
        (first, second),
        tuple(common),
    )
    for name, side in zip(names, (sides.first, sides.second), strict=True):
        n = len({e.group for e in side if e.foci})
        if n < FEWEST:
            raise EvidenceError(
                f"{name} has {count(n, 'independent experiment')} with foci, and a contrast needs "
                f"at least {FEWEST} on each side: the labels of one tell nothing"
            )
    return sides


def units_of(studyset: Studyset, ma: MaMaps, fwhm_mm: FloatArray) -> tuple[MaMaps, IntArray]:
    """Maps of what is labelled as one, and names of these units by what they report.

    A unit is a subject group: experiments of the same participants keep together in every
    labeling.
    """
    names = experiment_fingerprints(studyset.foci_mm, studyset.offsets, fwhm_mm)
    groups = studyset.subject_groups
    if len(groups) == len(studyset):
        return ma, names
    number = {group: i for i, group in enumerate(groups)}
    group = np.array([number[e.group] for e in studyset])
    together = np.zeros(len(groups), dtype=np.uint64)
    np.bitwise_xor.at(together, group, names)
    return merge_experiments(ma, group), together


def join_units(
    first: tuple[MaMaps, IntArray], second: tuple[MaMaps, IntArray]
) -> tuple[MaMaps, BoolArray, IntArray]:
    """Units of both sides in one row: maps, whether each is of the first side, names."""
    in_first = np.arange(first[0].n_experiments + second[0].n_experiments) < first[0].n_experiments
    return join_maps(first[0], second[0]), in_first, np.concatenate([first[1], second[1]])


def _in_common(first: Studyset, second: Studyset) -> tuple[list[str], set[str], set[str]]:
    """What both sides have, in words, and the identifiers of these experiments."""
    found: dict[str, None] = {}
    of_first: set[str] = set()
    of_second: set[str] = set()
    groups = {_plain(e.group) for e in first} & {_plain(e.group) for e in second}
    for side, ids in ((first, of_first), (second, of_second)):
        ids |= {str(e.id) for e in side if _plain(e.group) in groups}
    for name in dict.fromkeys(e.group for e in first if _plain(e.group) in groups):
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


def _plain(name: str) -> str:
    """A name without what people write now so and now otherwise: capitals and blanks."""
    return " ".join(name.split()).casefold()


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
