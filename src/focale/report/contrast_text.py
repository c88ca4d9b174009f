"""A contrast in words: what was found, what it rests on, and what it does not say."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

import numpy as np

from focale.contrasts.difference import SIDES, Side
from focale.contrasts.result import Contrast, ContrastDescription, ContrastResult
from focale.inference.clusters import CONTACTS
from focale.phrases import count, listed, one_line, place, share_text, volume
from focale.protocol.protocol import Protocol
from focale.report.inferential_text import p_text
from focale.report.references import cite, with_citations
from focale.report.sentences import deviations

LEVELS = {"size": "cluster size", "mass": "cluster mass", "voxel": "voxel"}
_SUBSTITUTE = (
    "A contrast compares where two literatures report foci. It does not take the place of a "
    "meta-analysis of studies that compare the two conditions themselves "
    f"{cite('kuppers2024')}."
)


def contrast_text(found: ContrastResult | ContrastDescription) -> str:
    """Paragraph that says what a contrast found."""
    if isinstance(found, ContrastDescription):
        return " ".join(described_sentences(found))
    return " ".join([*found_sentences(found), *receipt_sentences(found), *remarks(found)])


# --- tested ------------------------------------------------------------------------------


def found_sentences(found: ContrastResult, *, with_places: bool = True) -> list[str]:
    """What the test lists, direction by direction; `with_places` names each cluster."""
    return [
        _question(found),
        *(_direction(found, side, with_places=with_places) for side in found.tails),
    ]


def _question(found: ContrastResult) -> str:
    one, two = found.test.n_units
    return (
        f"The contrast of {found.sides.names[0]} ({count(one, 'independent experiment')}) and "
        f"{found.sides.names[1]} ({two}) was tested by {labelings_text(found)}."
    )


def labelings_text(found: ContrastResult) -> str:
    """What was done with labels."""
    n_all = found.test.design.n_labelings
    if found.test.is_complete:
        return f"going through all {n_all:,} ways to label the experiments"
    return (
        f"exchanging labels between the experiments ({len(found.test.null):,} random labelings of "
        f"{n_all:,})"
        if n_all < 10**9
        else f"exchanging labels between the experiments ({len(found.test.null):,} random "
        "labelings)"
    )


def _direction(found: ContrastResult, side: Side, *, with_places: bool) -> str:
    more, less = found.name_of(side), found.other_than(side)
    level, alpha = LEVELS[found.protocol.correction], share_text(found.protocol.alpha)
    n = len(found.listed[side].clusters)
    gated = " inside the gate" if side in found.gates else ""
    if not n:
        return (
            f"No cluster with more convergence in {more} than in {less} met p_FWE <= {alpha}"
            f"{gated} ({level})."
        )
    text = (
        f"More convergence of reported foci in {more} than in {less} (p_FWE <= {alpha}, {level}) "
        f"was found in {count(n, 'cluster')}{gated}"
    )
    if not with_places:
        return f"{text}."
    return f"{text}: {'; '.join(_cluster(found, side, number) for number in range(n))}."


def _cluster(found: ContrastResult, side: Side, number: int) -> str:
    of = found.listed[side]
    cluster = of.clusters.members[number]
    p = float(of.p[number])
    interval = ""
    if not found.test.is_complete:
        low, high = (share_text(end) for end in found.test.interval(p))
        interval = f", 95 % interval {low} to {high}"
    where = f"{place(cluster.peaks[0].mm)}{_label(found, side, number)}"
    return (
        f"{where}, {volume(cluster.volume_mm3)}, {difference_p_text(found, p)}{interval}, with a "
        f"focus in it from {support(found, side, number)}"
    )


def difference_p_text(found: ContrastResult, p: float) -> str:
    """A family-wise p in a sentence: exact, estimated, or a bound."""
    if found.test.is_complete:
        return f"p = {share_text(p)}"
    n_asked = len(found.test.settings.asked)
    return p_text(p, (len(found.test.null) + 1) // n_asked - 1)


def _label(found: Contrast, side: Side, number: int) -> str:
    anatomies = found.listed[side].anatomy
    if not anatomies:
        return ""
    name = one_line(str(anatomies[0].clusters[number].peaks[0]))
    return f" ({name}, {one_line(anatomies[0].atlas.name)})"


def support(found: Contrast, side: Side, number: int) -> str:
    """How many independent experiments of each side have a focus in a cluster."""
    of, (one, two) = found.listed[side], found.n_independent
    return (
        f"{of.n_first[number]} of {one} experiments of {found.sides.names[0]} and "
        f"{of.n_second[number]} of {two} of {found.sides.names[1]}"
    )


def receipt_sentences(found: ContrastResult) -> list[str]:
    """What the test does where nothing distinguishes the sides."""
    made = found.receipt
    one, two = found.test.n_units
    rates = [
        f"{LEVELS[level]} {_percent(made.rate(level), *made.interval(level))}"
        for level in made.n_false
    ]
    text = (
        f"Calibration receipt: on {count(made.n_splits, 'random split')} of these {one + two} "
        f"experiments into {one} and {two}, where nothing distinguishes the sides, the same test "
        f"reported a difference in the following share of splits ({100 * made.alpha:g} % "
        f"allowed): {listed(rates)}."
    )
    if made.is_calibrated:
        return [text]
    return [text, "At least one of these is higher than chance allows: do not rely on this test."]


def _percent(rate: float, low: float, high: float) -> str:
    return f"{100 * rate:.1f} % (95 % interval {100 * low:.1f} to {100 * high:.1f} %)"


def remarks(found: ContrastResult) -> list[str]:
    """What a reader of the result should know."""
    sentences = [*_gates(found), *_legacy(found), *shared_sentences(found)]
    if found.test.settings.direction == "both":
        sentences.append(
            "Both directions were asked, so each family-wise p is twice that of its direction."
        )
    else:
        side = found.test.settings.asked[0]
        sentences.append(
            f"Only more convergence in {found.name_of(side)} was asked for; the other direction "
            "was not looked at."
        )
    sentences.append(
        "That a difference was not found does not mean that the sides agree: see how many "
        "experiments each has."
    )
    return [*sentences, _SUBSTITUTE, *deviations(found.protocol)]


def _gates(found: ContrastResult) -> list[str]:
    if not found.gates:
        return []
    parts = [
        f"{found.name_of(side)}: "
        + (f"{gate.n_kept:,} of {n:,} voxels kept" if n else "no voxel to begin with")
        for side, gate in found.gates.items()
        for n in (gate.n_kept + gate.n_taken,)
    ]
    return [
        "The list is gated: a difference is shown only where the side that has more converges by "
        f"itself, in a test of its own ({'; '.join(parts)}). A gate is a convention that takes "
        "voxels away and makes no p smaller: p are those of the whole mask."
    ]


def _legacy(found: ContrastResult) -> list[str]:
    old = found.legacy
    if old is None:
        return []
    return [
        "Beside it stands, as a map only, the null of random foci that other tools use for "
        "balanced contrasts. It is not a test of a difference: on "
        f"{count(old.n_splits, 'random split')} of this pool it reported one in "
        f"{_percent(old.rate, *old.interval)}, where {100 * old.alpha:g} % are allowed."
    ]


def shared_sentences(found: Contrast) -> list[str]:
    """What was left out of both sides, and what may be on both."""
    dropped, suspected = found.sides.dropped, found.sides.suspected
    sentences = []
    if dropped:
        sentences.append(f"Left out of both sides because it was on both: {_few(dropped)}.")
    if suspected:
        sentences.append(f"{suspicion(suspected)}.")
    return sentences


def suspicion(suspected: Sequence[str]) -> str:
    """That participants may be on both sides under different names, and the way out."""
    return (
        "Perhaps the same participants are on both sides (the same paper by name, and as many of "
        f"them): {_few(suspected)}; if they are, give both one subject group (--group), and leave "
        "it out of both sides (--drop-shared)"
    )


def _few(parts: Sequence[str], most: int = 5) -> str:
    more = f"; and {len(parts) - most:,} more" if len(parts) > most else ""
    return "; ".join(parts[:most]) + more


# --- described ---------------------------------------------------------------------------


def described_sentences(found: ContrastDescription, *, with_places: bool = True) -> list[str]:
    """The difference of two maps, without any test; `with_places` names each cluster."""
    sentences = [
        f"{found.name_of(side)}: {decision.reason}"
        for side, decision in zip(SIDES, found.decisions, strict=True)
    ]
    sentences.append(
        "The contrast is therefore described: no p was computed, and no word here says that the "
        f"sides differ. {_balanced_words(found)} Clusters are shown above a display-only level of "
        f"the difference ({found.display_threshold:.5f}, the "
        f"{found.protocol.display_percentile:g}th percentile of its size)."
    )
    sentences += [_higher(found, side, with_places=with_places) for side in found.listed]
    return [*sentences, *shared_sentences(found), _SUBSTITUTE, *deviations(found.protocol)]


def _higher(found: ContrastDescription, side: Side, *, with_places: bool) -> str:
    name, n = found.name_of(side), len(found.listed[side].clusters)
    if not n:
        return f"No cluster is shown where {found.statistic} is higher in {name}."
    text = f"{found.statistic} is higher in {name} in {count(n, 'displayed cluster')}"
    if not with_places:
        return f"{text}."
    places = [
        f"{place(cluster.peaks[0].mm)}{_label(found, side, number)}, with a focus in it from "
        f"{support(found, side, number)}"
        for number, cluster in enumerate(found.listed[side].clusters)
    ]
    return f"{text}: {'; '.join(places)}."


def _balanced_words(found: Contrast) -> str:
    drawn = found.subsample
    if drawn is None:
        return f"Shown is {found.statistic} of the first side less that of the second."
    return (
        f"{found.statistic} grows with the number of experiments, so shown is the difference of "
        f"matched subsamples of {drawn} experiments of each side, averaged over all of them."
    )


# --- methods -----------------------------------------------------------------------------


def contrast_methods(found: ContrastResult | ContrastDescription) -> str:
    """How the contrast was made, with citations."""
    protocol, mask = found.protocol, found.mask
    sentences = [
        "Coordinates of two evidence bases were mapped with "
        f"{with_citations(found.first.words.method)} in Focale {version('focale')}, on "
        f"{mask.n_voxels:,} voxels ({one_line(mask.name)})."
    ]
    sentences += [_evidence(found, side) for side in SIDES]
    if isinstance(found, ContrastDescription):
        return " ".join([*sentences, _balanced_words(found)])
    settings = found.test.settings
    n_exact = int(np.count_nonzero(found.test.is_exact & (found.test.design.reaching > 0)))
    exact = (
        "Uncorrected p are exact: they come from all labelings."
        if found.test.is_complete
        else f"Uncorrected p are exact at {n_exact:,} voxels, by all subsets of the experiments "
        "that reach them, and come from the random labelings at others."
    )
    sentences += [
        f"The difference was tested by {labelings_text(found)} {cite('eickhoff2011')}; "
        "experiments of the same participants kept together.",
        exact,
        "Each voxel was standardised by the mean, variance and skewness of its sum of "
        f"{found.first.words.summand} over all labelings {cite('wilson1931')}, and the "
        "family-wise error was controlled by the largest standardised value of each labeling, and "
        "by the size and mass of its largest cluster (one-tailed p < "
        f"{share_text(settings.forming_p)}, voxels that share "
        f"{CONTACTS[settings.connectivity]}). p = (b + 1)/(B + 1) {cite('phipson2010')}"
        + (
            ", doubled because both directions were asked."
            if settings.direction == "both"
            else f", one-sided: only more convergence in {found.name_of(settings.asked[0])} was "
            "asked for."
        ),
        f"What is listed was decided by {LEVELS[protocol.correction]} at alpha "
        f"{share_text(protocol.alpha)}; seed {protocol.seed}.",
    ]
    if found.gates:
        sentences.append(
            "It was kept only where the side that has more also converges in a test of its own "
            f"({_own_test(protocol)}); p are those of the whole mask."
        )
    if found.subsample is not None:
        sentences.append(
            f"The contrast is balanced: {_balanced_words(found)} The labels were exchanged in the "
            "same way, and each labeling was balanced likewise."
        )
    return " ".join(sentences)


def _own_test(protocol: Protocol) -> str:
    """The inferential reading that a gate is."""
    level, alpha = LEVELS[protocol.correction], share_text(protocol.alpha)
    formed = share_text(protocol.cluster_forming_p)
    if protocol.correction == "voxel":
        return f"p_FWE <= {alpha}, voxel"
    return f"p_FWE <= {alpha}, {level}, clusters formed at p < {formed}"


def _evidence(found: Contrast, side: Side) -> str:
    of = found.first if side == "first" else found.second
    studyset = of.studyset
    return (
        f"{found.name_of(side)} ({one_line(studyset.record.source)}): "
        f"{count(len(studyset.subject_groups), 'independent experiment')}, "
        f"{count(studyset.n_foci, 'focus', 'foci')}."
    )


# --- tables ------------------------------------------------------------------------------


def cluster_rows(found: Contrast) -> list[list[str]]:
    """Header, and one row a listed cluster."""
    is_tested = isinstance(found, ContrastResult)
    more = "more in" if is_tested else "higher in"
    header = [more, "cluster", "mm3", "peak (mm)", "z" if is_tested else "difference"]
    rows = [[*header, *(["p"] if is_tested else []), *_support_heads(found), "label"]]
    for side, number, cluster in found.rows():
        of = found.listed[side]
        value = cluster.peaks[0].value
        row = [
            found.name_of(side),
            str(number + 1),
            f"{cluster.volume_mm3:,.0f}",
            " ".join(f"{v:g}" for v in cluster.peaks[0].mm),
            f"{value:.2f}" if is_tested else found.first.words.value(value, 4),
        ]
        if isinstance(found, ContrastResult):
            p = difference_p_text(found, float(of.p[number]))
            row.append(p.removeprefix("p ").removeprefix("= "))
        row += [str(of.n_first[number]), str(of.n_second[number])]
        row.append(_label(found, side, number).strip(" ()") or "-")
        rows.append(row)
    return rows


def _support_heads(found: Contrast) -> list[str]:
    one, two = found.n_independent
    return [f"of {one} {found.sides.names[0]}", f"of {two} {found.sides.names[1]}"]


def receipt_rows(found: ContrastResult) -> list[list[str]]:
    """Header, and one row a level of the test."""
    made = found.receipt
    rows = [["test", "splits", "false", "rate", "95 % interval", "allowed"]]
    for level, n in made.n_false.items():
        low, high = made.interval(level)
        rows.append(
            [
                LEVELS[level],
                f"{made.n_splits:,}",
                f"{n:,}",
                f"{made.rate(level):.3f}",
                f"{low:.3f} to {high:.3f}",
                share_text(made.alpha),
            ]
        )
    if found.legacy is not None:
        old = found.legacy
        low, high = old.interval
        rows.append(
            [
                "random foci (not valid)",
                f"{old.n_splits:,}",
                f"{old.n_false:,}",
                f"{old.rate:.3f}",
                f"{low:.3f} to {high:.3f}",
                share_text(old.alpha),
            ]
        )
    return rows
