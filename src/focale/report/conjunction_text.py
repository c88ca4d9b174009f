"""A conjunction in words: what was tested, where all sets survive, and what that says.

Every set is tested by itself, so no sentence says that sets differ or are alike; where
nothing is common, no sentence says that there is nothing. Counts of sets are descriptive.
"""

from __future__ import annotations

from collections.abc import Sequence

from focale.conjoining.result import Conjunction, Part
from focale.conjoining.shared import Shared
from focale.phrases import count, in_words, listed, one_line, place, share_text, volume
from focale.report.inferential_text import MOST_CLUSTERS, OF_WHAT, p_text

NICHOLS = "Nichols et al. 2005, doi:10.1016/j.neuroimage.2004.12.005"
MOST_NAMES = 5
MOST_ROWS = 20
ABOUT = {
    "clusters": "Peaks are of the smallest z of the uncorrected p of the sets, a unit they share. "
    "p is the largest family-wise p of the sets.",
    "parts": "In which surviving cluster of each set it lies, and how much of that cluster it is. "
    "ALE and z are those of the set at the peak of the conjunction. ALE grows with the number of "
    "experiments, so it is not to be compared between sets.",
    "counts": "Descriptive, not tested: a count of sets has no p. With p of clusters, a voxel "
    "survives in a set where it lies in one of its surviving clusters.",
    "sets": "Each was tested by itself.",
    "shared": "What is in more than one set makes these sets agree by construction.",
}


def conjunction_text(conjunction: Conjunction) -> str:
    """Paragraph that reads a conjunction in words."""
    sentences = [
        _evidence(conjunction),
        found_text(conjunction),
        *_clusters(conjunction),
        rule_text(),
        *reach_texts(conjunction),
        *count_texts(conjunction),
        *remarks(conjunction),
    ]
    return " ".join(sentences)


def found_text(conjunction: Conjunction) -> str:
    """Where all sets survive, in a sentence or two."""
    n_sets, found = len(conjunction.sets), len(conjunction.clusters)
    alpha = (
        f"{OF_WHAT[conjunction.level]} family-wise p of at most {share_text(conjunction.alpha)}"
    )
    is_voxel = conjunction.level == "voxel"
    all_sets = "both sets" if n_sets == 2 else f"all {n_sets} sets"
    if not found:
        if is_voxel:
            return f"No voxel has a {alpha} in {all_sets}. {_no_proof('voxel')}"
        return f"No voxel lies in a surviving cluster of {all_sets} ({alpha}). {_no_proof()}"
    size = volume(conjunction.volume_mm3)
    size += " together" if found > 1 else ""
    clusters = f"{in_words(found, 'cluster').capitalize()} of voxels ({size})"
    if is_voxel:
        return f"{clusters} {'has' if found == 1 else 'have'} a {alpha} in {all_sets}."
    lies = "lies" if found == 1 else "lie"
    return f"{clusters} {lies} in surviving clusters of {all_sets} ({alpha} in each)."


def rule_text() -> str:
    """The rule, by name."""
    return (
        "The p of a voxel is the largest of its family-wise p over the sets: the minimum "
        f"statistic with the conjunction null ({NICHOLS}). Each set was tested by itself against "
        "random places; no test asks how the sets relate to each other."
    )


def reach_texts(conjunction: Conjunction) -> list[str]:
    """What a p of clusters can say, where it decides."""
    if conjunction.level == "voxel" or not len(conjunction.clusters):
        return []
    return [
        "Control at the level of clusters speaks of a cluster as a whole: coordinates of each set "
        "converge somewhere in its cluster, which need not be the part that is common."
    ]


def count_texts(conjunction: Conjunction) -> list[str]:
    """How many voxels survive in how many sets, said to be descriptive."""
    (_, n_in_one), *others = conjunction.counts.items()
    survive = "voxel survives" if n_in_one == 1 else "voxels survive"
    parts = [f"{n_in_one:,} {survive} in exactly one set"]
    parts += [f"{n:,} in exactly {in_words(k, 'set')}" for k, n in others[:-1]]
    n_sets, n = others[-1]
    parts.append(f"{n:,} in {'both' if n_sets == 2 else f'all {n_sets}'}")
    return [f"Descriptive, not tested: {listed(parts)}."]


def remarks(conjunction: Conjunction) -> list[str]:
    """Sentences that a reader of the tables should know."""
    return [*shared_texts(conjunction), *note_texts(conjunction)]


def note_texts(conjunction: Conjunction) -> list[str]:
    """The notes as sentences."""
    return [f"{note[:1].upper()}{note[1:].rstrip('.')}." for note in conjunction.notes]


def shared_texts(conjunction: Conjunction) -> list[str]:
    """What is in more than one set, and what that means."""
    kinds = {
        "experiment": ("is", "are"),
        "subject group": ("has other experiments", "have other experiments"),
    }
    parts = []
    for kind, (one, several) in kinds.items():
        found = [shared for shared in conjunction.shared if shared.kind == kind]
        if found:
            verb = one if len(found) == 1 else several
            parts.append(f"{in_words(len(found), kind)} ({_names(found)}) {verb}")
    if not parts:
        return []
    text = f"{' and '.join(parts)} in more than one set"
    return [
        f"{text[:1].upper()}{text[1:]}: what is shared makes sets agree by construction, so the "
        "conjunction is not one of independent evidence."
    ]


def _names(found: Sequence[Shared]) -> str:
    names = [one_line(shared.name) for shared in found[:MOST_NAMES]]
    more = len(found) - len(names)
    return listed([*names, f"{more:,} more"] if more else names)


def _evidence(conjunction: Conjunction) -> str:
    parts = [
        f"{name} ({count(len(own.studyset), 'experiment')}, "
        f"{count(own.studyset.n_foci, 'focus', 'foci')})"
        for name, own in zip(conjunction.names, conjunction.sets, strict=True)
    ]
    n_sets = in_words(len(parts), "set").capitalize()
    return f"{n_sets} of experiments were put together: {listed(parts)}."


def _no_proof(what: str = "cluster") -> str:
    return (
        "That is no evidence that the sets have no place in common: a set with few experiments, "
        f"or a {what} a little above that p, gives the same picture."
    )


def _clusters(conjunction: Conjunction) -> list[str]:
    sentences = []
    for number, cluster in enumerate(conjunction.clusters.members[:MOST_CLUSTERS], start=1):
        peak = cluster.peaks[0]
        label = ""
        for anatomy in conjunction.anatomy[:1]:
            name = one_line(str(anatomy.clusters[number - 1].peaks[0]))
            label = f" ({name}, {one_line(anatomy.atlas.name)})"
        parts = [
            _part(conjunction, k, part) for k, part in enumerate(conjunction.parts[number - 1])
        ]
        sentences.append(
            f"Cluster {number} ({volume(cluster.volume_mm3)}) has its peak, smallest z "
            f"{peak.value:.2f}, at {place(peak.mm)}{label}; it is {listed(parts)}."
        )
    more = len(conjunction.clusters) - MOST_CLUSTERS
    if more > 0:
        sentences.append(f"The table has {in_words(more, 'more cluster', 'more clusters')}.")
    return sentences


def _part(conjunction: Conjunction, k: int, part: Part) -> str:
    p = p_text(part.p, conjunction.sets[k].corrected.n_iterations)
    at = " at the peak" if conjunction.level == "voxel" else ""
    return f"{_percent(part.share)} of cluster {part.cluster} of {conjunction.names[k]} ({p}{at})"


# --- rows of tables ------------------------------------------------------------------------


def cluster_rows(conjunction: Conjunction) -> list[list[str]]:
    """Header, and one row a cluster of the conjunction."""
    rows = [["cluster", "mm3", "peak (mm)", "min z", "p", "label"]]
    for number, cluster in enumerate(conjunction.clusters, start=1):
        peak = cluster.peaks[0]
        labels = [
            str(anatomy.clusters[number - 1].peaks[0]) for anatomy in conjunction.anatomy[:1]
        ]
        parts = conjunction.parts[number - 1]
        k = max(range(len(parts)), key=lambda i: parts[i].p)
        rows.append(
            [
                str(number),
                f"{cluster.volume_mm3:,.10g}",
                " ".join(f"{value:g}" for value in peak.mm),
                f"{peak.value:.2f}",
                _p(conjunction, k, parts[k]),
                one_line(labels[0], 60) if labels else "",
            ]
        )
    return rows


def part_rows(conjunction: Conjunction) -> list[list[str]]:
    """Header, and one row for each cluster of the conjunction and each set."""
    rows = [
        [
            "cluster",
            "lies in cluster",
            "of mm3",
            "share of it",
            "p",
            "95 % interval",
            "ALE",
            "z",
            "studies",
            "set",
        ]
    ]
    for number, parts in enumerate(conjunction.parts, start=1):
        for k, part in enumerate(parts):
            rows.append(
                [
                    str(number),
                    str(part.cluster),
                    f"{part.volume_mm3:,.10g}",
                    _percent(part.share),
                    _p(conjunction, k, part),
                    f"{share_text(part.low)} to {share_text(part.high)}",
                    f"{part.ale:.4f}",
                    f"{part.z:.2f}",
                    f"{part.n_contributing} of {part.n_studies}",
                    conjunction.names[k],
                ]
            )
    return rows


def count_rows(conjunction: Conjunction) -> list[list[str]]:
    """Header, and how many voxels survive in exactly 1, 2, ... sets."""
    size = conjunction.mask.grid.voxel_volume_mm3
    rows = [["voxels", "mm3", "survive in exactly"]]
    for k, n in conjunction.counts.items():
        every = " (the conjunction)" if k == len(conjunction.sets) else ""
        rows.append([f"{n:,}", f"{n * size:,.10g}", f"{count(k, 'set')}{every}"])
    return rows


def set_rows(conjunction: Conjunction) -> list[list[str]]:
    """Header, and one row a set."""
    head = ["experiments", "foci", "clusters", "mm3", "iterations", "seed", "set"]
    rows = [head]
    size = conjunction.mask.grid.voxel_volume_mm3
    for k, (own, kept) in enumerate(zip(conjunction.sets, conjunction.surviving, strict=True)):
        rows.append(
            [
                f"{len(own.studyset):,}",
                f"{own.studyset.n_foci:,}",
                f"{len(kept)} of {len(own.corrected.clusters)}",
                f"{int(kept.sizes.sum()) * size:,.10g}",
                f"{own.corrected.n_iterations:,}",
                str(own.corrected.seed),
                conjunction.names[k],
            ]
        )
    return rows


def shared_rows(conjunction: Conjunction) -> list[list[str]]:
    """Header, and one row for each experiment or subject group in more than one set."""
    rows = [["kind", "name", "sets"]]
    for found in conjunction.shared[:MOST_ROWS]:
        sets = ", ".join(conjunction.names[k] for k in found.sets)
        rows.append([found.kind, one_line(found.name), sets])
    more = len(conjunction.shared) - MOST_ROWS
    if more > 0:
        rows.append(["", f"and {more:,} more, in the table of the folder", ""])
    return rows


def _p(conjunction: Conjunction, k: int, part: Part) -> str:
    text = p_text(part.p, conjunction.sets[k].corrected.n_iterations)
    return text.removeprefix("p ").removeprefix("= ")


def _percent(share: float) -> str:
    return "< 1 %" if share < 0.005 else f"{100 * share:.0f} %"
