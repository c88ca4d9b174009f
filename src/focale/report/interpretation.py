"""The written interpretation of a descriptive reading.

One paragraph that separates observation from claim: what was read and why in this way,
where reported coordinates lie closest together, and on which experiments the picture
depends. Every number comes from the result; no word goes beyond it (`language.py` is
run on the text by the tests).
"""

from __future__ import annotations

import numpy as np

from focale.descriptive import DescriptiveResult
from focale.report.phrases import count, in_words, listed, place


def interpretation(result: DescriptiveResult) -> str:
    """Paragraph that reads the map in words.

    Parameters
    ----------
    result
        A descriptive reading.

    Returns
    -------
    str
        Plain text, sentences in the order of the argument.
    """
    sentences = [
        _evidence(result),
        *_deviations(result),
        _highest(result),
        *_clusters(result),
        *_dependence(result),
        *_dominated(result),
        *_lost(result),
        "These results summarize where coordinates tended to be reported; they should not be "
        "described as statistically significant activation.",
    ]
    return " ".join(sentences)


def _evidence(result: DescriptiveResult) -> str:
    studyset, decision = result.studyset, result.decision
    base = (
        f"{count(len(studyset.study_ids), 'study', 'studies')}, "
        f"{count(len(studyset), 'experiment')}, {count(studyset.n_foci, 'reported coordinate')}"
    )
    minimum = result.protocol.min_experiments
    if decision.mode == "inferential":
        return (
            f"The screened evidence base ({base}) reaches the {minimum} independent studies the "
            "protocol asks for, so an inferential reading is allowed; this text is the "
            "descriptive reading, for which p and z maps were not computed."
        )
    return (
        f"The screened evidence base ({base}) was too small for robust voxelwise inference: the "
        f"protocol asks for at least {minimum} independent studies and it has "
        f"{decision.n_independent}, so p and z maps were not computed."
    )


def _deviations(result: DescriptiveResult) -> list[str]:
    return [
        f'Deviation from the protocol, declared {deviation.declared} ("{deviation.reason}"): '
        f"{deviation.changes}."
        for deviation in result.protocol.deviations
    ]


def _highest(result: DescriptiveResult) -> str:
    percentile = result.protocol.display_percentile
    return (
        "The raw ALE statistic map was inspected descriptively. The included coordinates showed "
        f"the strongest descriptive convergence near {place(result.ale.max_mm)} "
        f"(ALE = {result.ale.max:.5f}, {result.ale_in_peaks.max:.1f} times the peak of one "
        "typical experiment). The map is displayed above a display-only threshold of "
        f"ALE > {result.display_threshold:.5f}, the {percentile:g}th percentile of its non-zero "
        "values, which makes the picture readable and tests nothing."
    )


def _clusters(result: DescriptiveResult) -> list[str]:
    clusters, floor = result.clusters, f"{result.protocol.min_cluster_mm3:,.0f} mm3"
    smaller = len(clusters.smaller_volumes_mm3)
    if not len(clusters):
        return [
            f"No cluster above this threshold has a volume of {floor} or more; "
            f"{in_words(smaller, 'smaller cluster')} can be seen on the map."
        ]
    sentences = [
        f"{in_words(len(clusters), 'cluster').capitalize()} of at least {floor} "
        f"{'is' if len(clusters) == 1 else 'are'} listed, with peaks near "
        f"{listed([f'({_mm(c.peaks[0].mm)})' for c in clusters])}"
        + (
            f"; {in_words(smaller, 'smaller cluster')} "
            f"{'is' if smaller == 1 else 'are'} on the map but not in the table."
            if smaller
            else "."
        )
    ]
    if clusters.labels[result.ale.values.argmax()] == 0:
        sentences.append("The place of the largest ALE lies in one of these smaller clusters.")
    return sentences


def _dependence(result: DescriptiveResult) -> list[str]:
    if not len(result.clusters) or len(result.studyset) < 2:
        return []
    means = result.mean_contributions
    order = np.argsort(-means, kind="stable")
    ids = result.studyset.ids
    first, second = order[:2]
    text = (
        "A jackknife sensitivity analysis was used to evaluate whether the displayed descriptive "
        f"clusters were dominated by a single study. Leaving out {ids[first]} lowers the ALE of "
        f"the listed clusters by {means[first]:.0%} on average, more than any other experiment "
        f"(next: {ids[second]}, {means[second]:.0%})"
    )
    if means[first] >= 1.5 * means[second]:
        return [f"{text}; the displayed pattern leans on {ids[first]} more than on the others."]
    return [f"{text}."]


def _dominated(result: DescriptiveResult) -> list[str]:
    ids = result.studyset.ids
    return [
        f"In cluster {number}, {listed(list(flags.flags))}"
        + (f" ({ids[flags.largest]})." if "one experiment" in " ".join(flags.flags) else ".")
        for number, flags in enumerate(result.dominance, start=1)
        if flags.flags
    ]


def _lost(result: DescriptiveResult) -> list[str]:
    """Clusters that do not outlast the removal of some experiment."""
    remains = result.leave_one_out.remains
    lost = [
        f"cluster {c + 1} without {listed([str(i) for i in result.studyset.ids[~remains[:, c]]])}"
        for c in range(remains.shape[1])
        if not remains[:, c].all()
    ]
    if not remains.shape[1] or len(result.studyset) < 2:
        return []
    floor = f"{result.protocol.min_cluster_mm3:,.0f} mm3"
    if not lost:
        return [
            f"Every listed cluster keeps a volume of at least {floor} above the display-only "
            "threshold, whichever experiment is left out."
        ]
    return [
        "Above the same display-only threshold, a volume of at least "
        f"{floor} is no longer left of {'; '.join(lost)}."
    ]


def _mm(mm: tuple[float, float, float]) -> str:
    return ", ".join(f"{value:g}" for value in mm)
