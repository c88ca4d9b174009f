"""The written interpretation of an inferential reading.

One paragraph: what was tested, which clusters survive and with what p, what the test can
and cannot say, and on which studies the clusters depend. "Convergence" is of reported
coordinates; nothing is said of the presence or the size of activation.
"""

from __future__ import annotations

from focale.inference.clusters import CONTACTS
from focale.inferential import InferentialResult
from focale.phrases import count, in_words, place, share_text, volume
from focale.report.robustness_text import robustness_sentences
from focale.report.sentences import (
    anatomical,
    counts_of,
    deviations,
    dominated,
    lost_without_a_study,
)

OF_WHAT = {"size": "cluster-size", "mass": "cluster-mass", "voxel": "voxel-level"}
MOST_CLUSTERS = 10

_NOT = (
    "The test asks whether reported coordinates lie together more than random places do; it "
    "does not measure whether, or how strongly, a place is active."
)


def inferential_text(result: InferentialResult) -> str:
    """Paragraph that reads an inferential result in words."""
    sentences = [
        _evidence(result),
        *deviations(result.protocol),
        found_text(result),
        *_clusters(result),
        *_reach(result),
        *dominated(result),
        *(robustness_sentences(result) or _lost(result)),
        _NOT,
    ]
    return " ".join(sentences)


def p_text(p: float, n_iterations: int) -> str:
    """P in a sentence; where no iteration was as large, it is a bound.

    Examples
    --------
    >>> p_text(0.0125, 9999), p_text(1 / 10_001, 10_000), p_text(1.0, 99)
    ('p = .013', 'p <= .0001', 'p = 1')
    """
    sign = "<=" if p * (n_iterations + 1) < 1.5 else "="
    return f"p {sign} {share_text(p)}"


def _evidence(result: InferentialResult) -> str:
    asked = f"{result.protocol.min_experiments} independent {result.decision.unit}"
    return (
        f"The screened evidence base ({counts_of(result)}) reaches the {asked} the protocol asks "
        "for, so convergence of reported coordinates was tested."
    )


def found_text(result: InferentialResult) -> str:
    """What the test found, in a sentence or two."""
    protocol, corrected = result.protocol, result.fwe
    level = OF_WHAT[protocol.correction]
    alpha = f"a {level} family-wise p of at most {share_text(protocol.alpha)}"
    iterations = f"({count(corrected.n_iterations, 'iteration')}, seed {corrected.seed})"
    if protocol.correction == "voxel":
        n = len(result.clusters)
        if not n:
            return f"No voxel has {alpha} {iterations}. {_no_proof()}"
        return f"{in_words(n, 'cluster').capitalize()} of voxels have {alpha} {iterations}."
    formed, kept = len(corrected.clusters), len(result.clusters)
    text = (
        f"{in_words(formed, 'cluster').capitalize()} of voxels that share "
        f"{CONTACTS[corrected.connectivity]} {'was' if formed == 1 else 'were'} formed at an "
        f"uncorrected p < {share_text(protocol.cluster_forming_p)}"
    )
    if not formed:
        return f"{text}, so none could be tested. {_no_proof()}"
    if not kept:
        return f"{text}; none of them has {alpha} {iterations}. {_no_proof()}"
    have = "has" if kept == 1 else "have"
    return f"{text}; {in_words(kept, 'cluster')} {have} {alpha} {iterations}."


def _no_proof() -> str:
    return (
        "That is no evidence for an absence of convergence: scattered or small effects give the "
        "same picture."
    )


def _clusters(result: InferentialResult) -> list[str]:
    corrected, studies = result.fwe, len(result.studyset.study_ids)
    words = result.words
    sentences = []
    tested = list(zip(result.clusters, result.p_of_clusters, result.dominance, strict=True))
    for number, (cluster, p, flags) in enumerate(tested[:MOST_CLUSTERS], start=1):
        low, high = corrected.interval(float(p))
        peak = cluster.peaks[0]
        sentences.append(
            f"Cluster {number} ({volume(cluster.volume_mm3)}; "
            f"{p_text(float(p), corrected.n_iterations)}, 95% Monte Carlo interval "
            f"{share_text(low)} to {share_text(high)}) has its largest {words.statistic}, "
            f"{words.value(peak.value)}, at "
            f"{place(peak.mm)}{anatomical(result, number - 1)}; {flags.n_contributing} of "
            f"{studies} studies contribute to it."
        )
    more = len(tested) - MOST_CLUSTERS
    if more > 0:
        sentences.append(f"The table has {in_words(more, 'more cluster', 'more clusters')}.")
    return sentences


def _reach(result: InferentialResult) -> list[str]:
    if result.protocol.correction == "voxel" or not len(result.clusters):
        return []
    return [
        "Control at the level of clusters speaks of a cluster as a whole: coordinates converge "
        "somewhere in it, not at each of its voxels."
    ]


def _lost(result: InferentialResult) -> list[str]:
    """Clusters of which too little is left without some study, at the same threshold."""
    lost = lost_without_a_study(result)
    if lost is None:
        return []
    least = count(result.clusters.min_voxels, "connected voxel")
    if result.protocol.correction == "size":
        least += " (the smallest size that survives with all studies)"
    text = "Cut at the same threshold with each study left out in turn, "
    if lost:
        text += f"fewer than {least} remain of {'; '.join(lost)}"
    else:
        text += f"every cluster keeps at least {least}"
    return [f"{text}. This describes the clusters; it does not test them anew."]
