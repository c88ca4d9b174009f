"""What is co-reported with a seed, in words.

Never that places are connected: a map of coactivation says which places experiments report
together, and nothing of fibres or of signals.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from focale.coactivation.result import MacmResult
from focale.correction.result import FweResult
from focale.correction.scale_result import ScaleResult
from focale.inference.clusters import CONTACTS
from focale.phrases import count, in_words, listed, one_line, place, share_text, volume
from focale.report.inferential_text import OF_WHAT, p_text
from focale.report.references import cite
from focale.report.sentences import anatomical, deviations, dominated

MOST_CLUSTERS = 10
OWN_SHARE = 0.2
"""Share of the base rate that selected experiments hold, above which a reader is told."""

_NOT = (
    "Co-reported means that the same experiments report both places. It is no test of a "
    "connection between them, of fibres or of signals."
)
UNIFORM = (
    "This test spreads random foci evenly over the mask. Places that experiments of the database "
    "report often, whatever else they report, tend to pass it for any seed: it finds the base "
    "rate of the database again. The test against the base rate (--null scale) asks for more "
    "than that."
)


def macm_text(result: MacmResult) -> str:
    """Paragraph that reads a map of coactivation in words."""
    return " ".join(
        [
            selected_text(result),
            *_pooled(result),
            result.decision.reason,
            *deviations(result.protocol),
            question_text(result),
            *found_texts(result),
            seed_text(result),
            *dominated(result),
            _NOT,
        ]
    )


def selected_text(result: MacmResult) -> str:
    """How many experiments were selected for the seed."""
    selection = result.selection
    n_all, n = len(selection.database), selection.n_selected
    others = n_all - n
    rest = f"; the {in_words(others, 'other')} did not" if others else ""
    return (
        f"Of {count(n_all, 'experiment')} of {one_line(selection.database.record.source)}, {n:,} "
        f"{'reports' if n == 1 else 'report'} a focus in the seed, {result.seed.name} "
        f"({selection.n_foci_in_seed:,} of {count(selection.database.n_foci, 'focus', 'foci')})"
        f"{rest} and {'was' if others == 1 else 'were'} not mapped."
        if others
        else f"All {count(n_all, 'experiment')} of {one_line(selection.database.record.source)} "
        f"report a focus in the seed, {result.seed.name} ({selection.n_foci_in_seed:,} of "
        f"{count(selection.database.n_foci, 'focus', 'foci')})."
    )


def _pooled(result: MacmResult) -> Iterator[str]:
    n_reported, n = len(result.evidence), len(result.studyset)
    if n < n_reported:
        yield (
            f"Selected experiments of the same participants were pooled, which left {n:,} of "
            f"{n_reported:,}."
        )


def question_text(result: MacmResult) -> str:
    """What was asked of the map."""
    if isinstance(result.test, ScaleResult):
        base = result.test.base_rate
        left_out = (
            f" {count(base.n_out_of_reach, 'focus', 'foci')} too far outside the mask for any "
            "footprint to reach it took no part."
            if base.n_out_of_reach
            else ""
        )
        return (
            "Asked was whether a place is reported more often with the seed than in the database "
            f"at large: random foci fell where {count(base.n_foci, 'focus', 'foci')} of the "
            f"database lie, a place with many of them as often (SCALE; Langner et al., 2014), "
            f"{count(result.test.n_iterations, 'time')}.{left_out}{_own_share(result)}"
        )
    if isinstance(result.test, FweResult):
        return UNIFORM
    return (
        "So no test was made, and no p value was computed: the map shows where the selected "
        "experiments report coordinates."
    )


def _own_share(result: MacmResult) -> str:
    share = result.evidence.n_foci / max(result.selection.database.n_foci, 1)
    if share < OWN_SHARE:
        return ""
    return (
        f" The selected experiments hold {100 * share:.0f} % of the foci of the database, so the "
        "base rate is to that part their own, and little can stand out from it; a larger database "
        "says more."
    )


def found_texts(result: MacmResult) -> Iterator[str]:
    """What survives, or what is displayed, and where."""
    n, protocol = len(result.clusters), result.protocol
    if result.test is None:
        yield (
            f"Above the display-only threshold (ALE > {result.display_threshold:.5f}, from "
            f"{volume(protocol.min_cluster_mm3)} on) {_are(n)} {in_words(n, 'cluster')}."
        )
    else:
        level = OF_WHAT[protocol.correction]
        criterion = f"a {level} family-wise p of at most {share_text(protocol.alpha)}"
        formed = len(result.test.clusters)
        were = "one that was" if formed == 1 else f"{formed:,} that were"
        of = f" of the {were} formed" if protocol.correction != "voxel" else ""
        if not n:
            yield (
                f"No cluster{of if formed else ''} had {criterion}. That does not say that "
                "nothing is co-reported with the seed."
            )
            return
        had = f"{in_words(n, 'cluster')}{of} had {criterion}."
        yield f"{had[:1].upper()}{had[1:]}"
    for number, cluster in enumerate(result.clusters.members[:MOST_CLUSTERS]):
        yield _cluster(result, number, cluster.peaks[0].mm, cluster.volume_mm3)
    if n > MOST_CLUSTERS:
        yield f"The other {in_words(n - MOST_CLUSTERS, 'cluster')} are in the table."


def _cluster(result: MacmResult, number: int, mm: tuple[float, float, float], mm3: float) -> str:
    where = f"{place(mm)}{anatomical(result, number)}"
    n = int(np.count_nonzero(result.n_foci[:, number]))
    total = len(result.studyset)
    parts = [volume(mm3)]
    if result.test is not None:
        p = float(result.p_of_clusters[number])
        low, high = result.test.interval(p)
        parts.append(
            f"{p_text(p, result.test.n_iterations)}, 95 % interval {share_text(low)} to "
            f"{share_text(high)}"
        )
    parts.append(f"foci of {n:,} of {count(total, 'selected experiment')}")
    return f"Cluster {number + 1}, at {where}: {'; '.join(parts)}{_in_seed(result, number)}."


def _in_seed(result: MacmResult, number: int) -> str:
    share = float(result.share_in_seed[number])
    if not share:
        return ""
    percent = "less than 1 %" if share < 0.01 else f"{100 * share:.0f} %"
    return f"; {percent} of its voxels lie in the seed, which converges by selection"


def seed_text(result: MacmResult) -> str:
    """What became of the seed."""
    voxels = count(result.n_seed_voxels, "voxel")
    if result.is_masked:
        return (
            f"The seed converges because experiments were selected for it; its {voxels} were left "
            "out of the analysis."
        )
    numbers = [str(i + 1) for i in np.flatnonzero(result.share_in_seed > 0)]
    touching = (
        f"{'cluster' if len(numbers) == 1 else 'clusters'} {listed(numbers)} "
        f"{'touches' if len(numbers) == 1 else 'touch'} it and must be read so"
        if numbers
        else "no listed cluster touches it"
    )
    return f"The seed ({voxels}) converges because experiments were selected for it; {touching}."


def methods_text(result: MacmResult, version: str) -> str:
    """How the map and its test were made."""
    protocol, mask = result.protocol, result.mask
    how = [
        "Meta-analytic coactivation modelling: the experiments with at least one focus in the "
        "seed were mapped by activation likelihood estimation (ALE) "
        f"{cite('turkeltaub2002', 'eickhoff2009', 'turkeltaub2012')} with Focale {version}, "
        f"within {mask.name} ({mask.n_voxels:,} voxels; full width at half maximum of the "
        f"footprints {_widths(result)}).",
    ]
    if isinstance(result.test, ScaleResult):
        how.append(_scale(result.test))
    elif isinstance(result.test, FweResult):
        how.append(
            f"Each of {count(result.test.n_iterations, 'iteration')} (seed {result.test.seed}) "
            f"moved every focus to a voxel drawn uniformly from {result.test.sampling.name}; the "
            "largest ALE, cluster size and cluster mass were kept."
        )
    if result.test is not None:
        how.append(
            f"Clusters were formed at p < {protocol.cluster_forming_p:g} from voxels that share "
            f"{CONTACTS[protocol.connectivity]}. p = (b + 1) / (B + 1), b of the B iterations "
            f"being at least as large as what is observed {cite('phipson2010')}."
        )
    return " ".join([*how, *notes_of(result)])


def _scale(test: ScaleResult) -> str:
    base = test.base_rate
    outside = f" ({base.n_outside:,} of them outside the mask)" if base.n_outside else ""
    return (
        "Foci were moved to the nearest voxel centre. "
        f"In each of {count(test.n_iterations, 'iteration')} (seed {test.seed}) every focus of "
        "the selected experiments was moved to the voxel of a focus drawn from all "
        f"{base.n_foci:,} foci of the database{outside}, with the number of foci and the sample "
        f"size of each experiment as observed {cite('langner2014')}. Each voxel has its own null. "
        "For the family-wise error each value was put where it stands in the upper tail of its "
        "voxel's null, taken as a Pearson III distribution whose mean, spread and skewness "
        "follow from the base rate in closed form; values below what one experiment can give do "
        "not stand. The largest standing, cluster size and cluster mass of each random map were "
        "kept, so that neither places of high nor of low base rate rule the test."
    )


def _widths(result: MacmResult) -> str:
    low, high = result.map.fwhm_mm.min(), result.map.fwhm_mm.max()
    return f"{low:.1f} mm" if np.isclose(low, high) else f"{low:.1f} to {high:.1f} mm"


def notes_of(result: MacmResult) -> list[str]:
    """What a reader should know of the seed, of the protocol and of the evidence."""
    notes = [_sentence(note) for note in (*result.seed.notes, *result.decision.remarks)]
    protocol = result.protocol
    if isinstance(result.test, ScaleResult):
        unused = [
            name
            for name, is_set in (
                ("where random foci fall (sampling)", protocol.sampling != "mask"),
                ("where a focus lies in its voxel (placement)", protocol.placement == "jale"),
                ("the rule of p (p_rule)", protocol.p_rule != "(b+1)/(B+1)"),
            )
            if is_set
        ]
        if unused:
            notes.append(
                f"The test against the base rate has its own way in {listed(unused)}; what the "
                "protocol says of it took no part."
            )
    if protocol.tfce and result.test is not None:
        notes.append("TFCE, which the protocol asks for, is not computed for a seed.")
    return notes


def _sentence(note: str) -> str:
    text = one_line(note, 1000)
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def cluster_rows(result: MacmResult) -> list[list[str]]:
    """Header, and one row a listed cluster."""
    is_scale = isinstance(result.test, ScaleResult)
    head = ["cluster", "mm3", "peak (mm)", "ALE"]
    head += ["standing"] if is_scale else []
    head += ["p", "95 % interval"] if result.test is not None else []
    rows = [[*head, "experiments", "in seed", "label"]]
    for number, cluster in enumerate(result.clusters):
        peak = cluster.peaks[0]
        row = [
            str(number + 1),
            f"{cluster.volume_mm3:,.0f}",
            " ".join(f"{value:g}" for value in peak.mm),
            f"{result.ale.values[peak.position]:.4f}",
        ]
        if isinstance(result.test, ScaleResult):
            row.append(f"{result.test.standing.values[peak.position]:.2f}")
        if result.test is not None:
            p = float(result.p_of_clusters[number])
            text = p_text(p, result.test.n_iterations).removeprefix("p ").removeprefix("= ")
            row += [text, " to ".join(share_text(end) for end in result.test.interval(p))]
        labels = [str(anatomy.clusters[number].peaks[0]) for anatomy in result.anatomy[:1]]
        share = float(result.share_in_seed[number])
        row += [
            f"{np.count_nonzero(result.n_foci[:, number]):,}",
            "-" if not share else "< 1 %" if share < 0.01 else f"{100 * share:.0f} %",
            one_line(labels[0], 60) if labels else "",
        ]
        rows.append(row)
    return rows
