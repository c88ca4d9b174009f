"""What the answers about robustness say, in sentences.

They describe how a reading changes when evidence is taken away; they are no test of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from focale.descriptive import DescriptiveResult
from focale.inferential import InferentialResult
from focale.phrases import in_words, listed, one_line
from focale.report.references import cite
from focale.robustness.answers import Removals
from focale.robustness.fail_safe import FailSafe
from focale.robustness.leave_out import LeftOut
from focale.robustness.removals import Removal
from focale.robustness.stability import Stability
from focale.robustness.units import Units
from focale.typing import BoolArray

AnyReading = DescriptiveResult | InferentialResult

MOST_NAMES = 6

CAUTION = (
    "Such experiments are irrelevant, not contradicting: a small number says that few studies "
    "found elsewhere would be enough to lose the cluster, and a very large one that a few "
    "experiments carry it strongly, not that it is true."
)


def robustness_sentences(result: AnyReading) -> list[str]:
    """What was asked of a reading and what came out; nothing where nothing was asked."""
    answers = result.robustness
    if answers is None or not len(result.clusters):
        return []
    return [
        *(text for found in answers.left_out for text in _left_out(result, found)),
        *(_removals(result, found) for found in answers.removals),
        *([_stability(result, answers.stability)] if answers.stability else []),
        *([_fail_safe(answers.fail_safe), CAUTION] if answers.fail_safe else []),
    ]


def stays(result: AnyReading, *, several: bool = False) -> str:
    """What a cluster does that is still there: it survives a test, or is displayed."""
    if isinstance(result, InferentialResult):
        return "survive" if several else "survives"
    return "are displayed" if several else "is displayed"


def does_not_stay(result: AnyReading) -> str:
    """What a cluster does that is gone."""
    return "does not survive" if isinstance(result, InferentialResult) else "is not displayed"


def anew(result: AnyReading) -> str:
    """How the reading was made again."""
    if isinstance(result, InferentialResult):
        return "the whole test made anew (its own null and threshold, the same seed)"
    return "the rule of display applied anew"


def undecided(result: AnyReading, found: LeftOut) -> BoolArray:
    """Where the Monte Carlo interval of p holds alpha, shape (n_units, n_clusters)."""
    if not isinstance(result, InferentialResult):
        return np.zeros(found.p.shape, dtype=bool)
    alpha, ends = result.protocol.alpha, [result.fwe.interval(float(p)) for p in found.p.ravel()]
    holds = np.array([low <= alpha <= high for low, high in ends], dtype=bool)
    return holds.reshape(found.p.shape)


def _left_out(result: AnyReading, found: LeftOut) -> list[str]:
    always, sometimes = [], []
    for c, survives in enumerate(found.survives.T, start=1):
        gone = np.flatnonzero(~survives)
        if gone.size == 0:
            always.append(str(c))
        elif gone.size == len(found.units):
            sometimes.append(f"cluster {c} never {stays(result)}")
        else:
            names = _names(found.units, gone.tolist(), "or")
            sometimes.append(f"cluster {c} {does_not_stay(result)} without {names}")
    parts = []
    if always:
        many = len(always) > 1
        who = f"cluster{'s' if many else ''} {listed(always)}"
        parts.append(f"{who} {stays(result, several=many)} every time")
    parts += sometimes
    new = int(np.count_nonzero(found.n_new))
    if new:
        parts.append(f"{in_words(new, 'removal')} let{'s' if new == 1 else ''} a cluster appear")
    first = f"With each {found.units.in_words} left out in turn and {anew(result)}, "
    return [f"{first}{'; '.join(parts)}.", *near_alpha(result, found)]


def near_alpha(result: AnyReading, found: LeftOut) -> list[str]:
    """Where other random numbers may decide otherwise, in a sentence; perhaps nothing."""
    pairs = [
        f"cluster {c} without {_names(found.units, np.flatnonzero(near).tolist(), 'or')}"
        for c, near in enumerate(undecided(result, found).T, start=1)
        if near.any()
    ]
    if not pairs:
        return []
    return [
        f"Other random numbers may decide otherwise of {'; '.join(pairs)}: alpha lies in the "
        "95% Monte Carlo interval of that p."
    ]


def _removals(result: AnyReading, found: Removals) -> str:
    sets = [
        f"cluster {c}: {_set(found.units, removal)}"
        for c, removal in enumerate(found.of_clusters, start=1)
    ]
    text = (
        f"The smallest set of {found.units.plural} found without which a cluster "
        f"{does_not_stay(result)}, {'; '.join(sets)}."
    )
    if any(removal.units and not removal.is_smallest for removal in found.of_clusters):
        text += ' "At most": smaller sets that were not tried may do the same.'
    return text


def _set(units: Units, removal: Removal) -> str:
    """The units of a removal, with their number in front."""
    if not removal.units:
        return "none"
    most = "" if removal.is_smallest else "at most "
    number = in_words(len(removal.units), units.in_words, units.plural)
    return f"{most}{number} ({_names(units, removal.units, 'and')})"


def _stability(result: AnyReading, found: Stability) -> str:
    shares = [
        f"cluster {c} {_percent(share)}"
        for c, share in enumerate(found.share_of_clusters, start=1)
    ]
    enough = f"enough {result.words.statistic} to be displayed"
    has = found.rule.words if isinstance(result, InferentialResult) else enough
    lowest = int(found.mean_share.argmin())
    return (
        f"Share of {found.drawn} in which some voxel of a cluster has {has}: {listed(shares)}. "
        f"The mean over the voxels is lowest in cluster {lowest + 1} "
        f"({_percent(found.mean_share[lowest])}). These are shares of samples of this evidence, "
        "not the chance that another review would find the same."
    )


def _percent(share: float) -> str:
    """A share in percent that is not rounded to all or nothing."""
    if 0.995 <= share < 1:
        return "more than 99%"
    return "less than 1%" if 0 < share < 0.005 else f"{share:.0%}"


def _fail_safe(found: FailSafe) -> str:
    numbers = []
    for c, (median, (low, high)) in enumerate(zip(found.median, found.interval, strict=True), 1):
        beyond = "at least " if median >= found.most else ""
        numbers.append(f"cluster {c} outlasts {beyond}{median:g} ({low} to {high})")
    return (
        f"Fail-safe N {cite('acar2018')}: with experiments added whose coordinates lie at random "
        f"places ({found.n_realisations} lists of up to {found.most}, with sample sizes and "
        f"numbers of foci as observed), {'; '.join(numbers)}, in the median with its "
        f"{found.coverage:.0%} interval."
    )


def _names(units: Units, chosen: Sequence[int], last: str) -> str:
    names = [one_line(units.names[unit]) for unit in chosen]
    more = len(names) - MOST_NAMES
    return listed(names if more <= 0 else [*names[:MOST_NAMES], f"{more} more"], last)
