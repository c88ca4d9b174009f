"""The written interpretation of a descriptive reading.

One paragraph that separates observation from claim: what was read and why in this way,
where reported coordinates lie closest together, and on which studies the picture depends.
Every number comes from the result; no word goes beyond it (`language.py` is run on the
text by the tests).
"""

from __future__ import annotations

import numpy as np

from focale.descriptive import DescriptiveResult
from focale.phrases import in_words, listed, place, volume
from focale.report.robustness_text import robustness_sentences
from focale.report.sentences import (
    counts_of,
    deviations,
    dominated,
    lost_without_a_study,
    study_names,
)


def descriptive_text(result: DescriptiveResult) -> str:
    """Paragraph that reads the map of a descriptive reading in words."""
    sentences = [
        _evidence(result),
        *deviations(result.protocol),
        _highest(result),
        *_clusters(result),
        *_dependence(result),
        *dominated(result),
        *_lost(result),
        *robustness_sentences(result),
        "These results summarize where coordinates tended to be reported; they should not be "
        "described as statistically significant activation.",
    ]
    return " ".join(sentences)


def _evidence(result: DescriptiveResult) -> str:
    studyset, decision, base = result.studyset, result.decision, counts_of(result)
    asked = f"{result.protocol.min_experiments} independent {decision.unit}"
    if decision.mode == "inferential":
        return (
            f"The screened evidence base ({base}) reaches the {asked} the protocol asks for, so "
            "an inferential reading is allowed; this text is the descriptive reading, for which p "
            "and z maps were not computed."
        )
    counted = str(decision.n_independent)
    if decision.n_independent < len(studyset.study_ids):
        counted += " with foci"
    return (
        f"The screened evidence base ({base}) was too small for robust voxelwise inference: the "
        f"protocol asks for at least {asked} and there are {counted}, so p and z maps were not "
        "computed."
    )


def _highest(result: DescriptiveResult) -> str:
    several, words = result.decision.n_independent > 1, result.words
    unit = "" if words.means else _in_peaks(result)
    return (
        f"The raw {words.statistic} statistic map was inspected descriptively. "
        + (
            "The included coordinates showed the strongest descriptive convergence near "
            if several
            else "The largest value of this single study lies near "
        )
        + f"{place(result.stat.max_mm)} ({words.equals(result.stat.max)}{unit}). The map is "
        f"displayed above a display-only threshold of {words.exceeds(result.display_threshold)}, "
        f"the {result.protocol.display_percentile:g}th percentile of its non-zero values, which "
        "makes the picture readable and tests nothing."
    )


def _in_peaks(result: DescriptiveResult) -> str:
    return f", {result.in_peaks.max:.1f} times the peak of one typical experiment"


def _clusters(result: DescriptiveResult) -> list[str]:
    clusters, floor = result.clusters, _floor(result)
    smaller = len(clusters.smaller_volumes_mm3)
    if not len(clusters):
        return [
            f"No cluster above this threshold has a volume of {floor} or more; "
            f"{in_words(smaller, 'smaller cluster')} can be seen on the map."
        ]
    peaks = listed([f"({', '.join(f'{v:g}' for v in c.peaks[0].mm)})" for c in clusters])
    text = f"{in_words(len(clusters), 'cluster').capitalize()} of at least {floor} "
    text += "is listed, with its peak" if len(clusters) == 1 else "are listed, with peaks"
    text += f" near {peaks} mm"
    if smaller:
        are = "is" if smaller == 1 else "are"
        text += f"; {in_words(smaller, 'smaller cluster')} {are} on the map but not in the table"
    sentences = [f"{text}."]
    if clusters.labels[result.stat.values.argmax()] == 0:
        largest = result.words.statistic
        sentences.append(
            f"The place of the largest {largest} lies in one of these smaller clusters."
        )
    return sentences


def _dependence(result: DescriptiveResult) -> list[str]:
    """Which study the listed clusters lean on most, and by how much."""
    means, names = result.mean_study_contributions, study_names(result)
    lowers = f"the {result.words.statistic} of the listed clusters"
    if not len(result.clusters) or len(names) < 2:
        return []
    order = np.argsort(-means, kind="stable")
    shown = [f"{means[i]:.0%}" for i in order]
    first = [names[i] for i in sorted(order[: shown.count(shown[0])])]
    text = (
        "A jackknife sensitivity analysis was used to evaluate whether the displayed descriptive "
        "clusters were dominated by a single study. "
    )
    if shown[0] == "0%":
        return [f"{text}No single study lowers {lowers} by 1% when left out."]
    if len(first) > 1:
        few = listed(first[:5], "or") if len(first) <= 5 else f"any of {len(first)} studies"
        return [f"{text}Leaving out {few} lowers {lowers} most, by {shown[0]}."]
    second = order[1]
    text += (
        f"Leaving out {first[0]} lowers {lowers} by {shown[0]} on average, "
        f"more than any other study (next: {names[second]}, {shown[1]})"
    )
    if means[order[0]] >= 1.5 * means[second]:
        return [f"{text}; the displayed pattern leans on {first[0]} more than on the others."]
    return [f"{text}."]


def _lost(result: DescriptiveResult) -> list[str]:
    """Clusters that do not outlast the removal of some study."""
    lost = lost_without_a_study(result)
    if lost is None:
        return []
    text, floor = "Cut at the same display-only threshold, ", _floor(result)
    if lost:
        return [f"{text}less than {floor} remains of {'; '.join(lost)}."]
    return [f"{text}every listed cluster keeps at least {floor}, whichever study is left out."]


def _floor(result: DescriptiveResult) -> str:
    return volume(result.protocol.min_cluster_mm3)
