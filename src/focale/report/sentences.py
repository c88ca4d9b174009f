"""Sentences that descriptive and inferential texts share."""

from __future__ import annotations

import numpy as np

from focale.phrases import count, listed, one_line
from focale.protocol.protocol import Protocol
from focale.reading import Reading


def counts_of(result: Reading) -> str:
    """What the evidence base has, counted as it was reported: "8 studies, 8 experiments, ..."."""
    studyset = result.studyset
    reported = [member for experiment in studyset for member in experiment.reported]
    counts = [
        count(len({member.study_id for member in reported}), "study", "studies"),
        count(len(reported), "experiment"),
        count(studyset.n_foci, "reported coordinate"),
    ]
    if result.decision.unit == "subject groups":
        counts.insert(1, count(len(studyset.subject_groups), "subject group"))
    return ", ".join(counts)


def deviations(protocol: Protocol) -> list[str]:
    """One sentence for each deviation from the protocol."""
    return [
        f"Deviation from the protocol, declared {one_line(deviation.declared)} "
        f'("{one_line(deviation.reason, 400)}"): {one_line(deviation.changes, 400)}.'
        for deviation in protocol.deviations
    ]


def dominated(result: Reading) -> list[str]:
    """One sentence for each cluster that rests on one or two studies."""
    names = study_names(result)
    sentences = []
    for number, flags in enumerate(result.dominance, start=1):
        if flags.flags:
            who = f" ({names[flags.largest]})" if "one study" in flags.flags[-1] else ""
            sentences.append(f"In cluster {number}, {listed(flags.flags)}{who}.")
    return sentences


def anatomical(result: Reading, number: int) -> str:
    """Where the peak of a cluster lies, as an atlas has it: " (R insula, Desikan-Killiany)".

    Blank where no atlas was asked for. Counted from 0.
    """
    if not result.anatomy:
        return ""
    anatomy = result.anatomy[0]
    return f" ({one_line(str(anatomy.clusters[number].peaks[0]))}, {one_line(anatomy.atlas.name)})"


def lost_without_a_study(result: Reading) -> list[str] | None:
    """Clusters that do not outlast the removal of a study: "cluster 2 without A or B".

    None where there is no cluster, or no study could be left out.
    """
    remains, names = result.study_leave_one_out.remains, study_names(result)
    if not len(result.clusters) or len(names) < 2:
        return None
    lost = []
    for c in range(remains.shape[1]):
        gone = [names[i] for i in np.flatnonzero(~remains[:, c])]
        if gone:
            few = listed(gone, "or") if len(gone) <= 8 else f"any of {len(gone)} studies"
            lost.append(f"cluster {c + 1} without {few}")
    return lost


def study_names(result: Reading) -> list[str]:
    """Names of the studies, each on one line."""
    return [one_line(str(study_id)) for study_id in result.studyset.study_ids]
