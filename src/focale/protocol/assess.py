"""Descriptive or inferential: decided from counts, before any map is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from focale.phrases import count, one_line
from focale.protocol.protocol import METHOD_NAMES, Protocol
from focale.space.talairach import CONVERSION_NAMES
from focale.studyset.model import Studyset
from focale.studyset.others import taken_as

POWER_EXPERIMENTS = 20
"""Experiments for power at moderate effects (Eickhoff et al. 2016)."""


@dataclass(frozen=True, slots=True)
class Decision:
    """How an evidence base is to be read, and why.

    Attributes
    ----------
    mode
        "descriptive" or "inferential".
    n_independent
        Number of independent experiments, as the protocol counts them.
    unit
        What was counted: "studies", or "subject groups" where these are not the studies.
    reason
        Why this mode, in one sentence.
    remarks
        What else a reader should know about the evidence, one sentence each.
    """

    mode: Literal["descriptive", "inferential"]
    n_independent: int
    unit: Literal["studies", "subject groups"]
    reason: str
    remarks: tuple[str, ...]


def assess(studyset: Studyset, protocol: Protocol | None = None) -> Decision:
    """Decide how to read an evidence base, without computing a map.

    Parameters
    ----------
    studyset
        The evidence; only its counts are looked at.
    protocol
        The choices; by default those of `Protocol()`.

    Examples
    --------
    >>> from focale import Studyset, pain_studyset_path
    >>> studyset = Studyset(pain_studyset_path())
    >>> assess(studyset.slice(studyset.ids[:8])).mode
    'descriptive'
    """
    protocol = protocol or Protocol()
    studyset = taken_as(studyset, protocol.reading)
    n_independent = _n_independent(studyset, protocol)
    minimum = protocol.min_experiments
    is_by_group = protocol.independence == "subject_group"
    has_groups = len(studyset.subject_groups) != len(studyset.study_ids)
    unit: Literal["studies", "subject groups"] = (
        "subject groups" if is_by_group and has_groups else "studies"
    )
    singular = "study" if unit == "studies" else "subject group"
    counted = count(n_independent, f"independent {singular}", f"independent {unit}")
    enough = n_independent >= minimum
    return Decision(
        mode="inferential" if enough else "descriptive",
        n_independent=n_independent,
        unit=unit,
        reason=(
            f"{counted} with foci, and the protocol asks for at least {minimum}: "
            + ("an inferential reading is allowed." if enough else "the reading is descriptive.")
        ),
        remarks=tuple(_remarks(studyset, n_independent, protocol)),
    )


def _n_independent(studyset: Studyset, protocol: Protocol) -> int:
    """Subject groups (or studies) with at least one focus, each counted once."""
    by_study = protocol.independence == "study"
    return len({e.study_id if by_study else e.group for e in studyset if e.foci})


_DONE = {
    "pool": "so the experiments of a group are pooled into one",
    "first": "so the first experiment of each group stands for it",
    "keep": "but the protocol keeps them as if they were independent",
}


def _remarks(studyset: Studyset, n_independent: int, protocol: Protocol) -> list[str]:
    remarks = []
    minimum = protocol.min_experiments
    n_groups = len(studyset.subject_groups)
    if len(studyset) > n_groups:
        groups = (
            count(n_groups, "study", "studies")
            if n_groups == len(studyset.study_ids)
            else count(n_groups, "subject group")
        )
        remarks.append(
            f"{len(studyset)} experiments come from the participants of {groups}. Contrasts of "
            f"the same participants are not independent, {_DONE[protocol.pooling]}."
        )
    without_foci = [str(e.id) for e in studyset if not e.foci]
    if without_foci:
        remarks.append(
            f"No foci are reported by {len(without_foci)} of {count(len(studyset), 'experiment')} "
            f"({_few(without_foci)}); such an experiment stays in the evidence base and adds "
            "nothing to the map."
        )
    unknown = studyset.ids[np.isnan(studyset.n_subjects)]
    if unknown.size:
        remarks.append(
            f"No sample size is given for {unknown.size} of {count(len(studyset), 'experiment')} "
            f"({_few([str(i) for i in unknown])}); {_without_n(protocol)}."
        )
    if minimum <= n_independent < POWER_EXPERIMENTS:
        remarks.append(
            f"With fewer than {POWER_EXPERIMENTS} independent experiments, power for moderate "
            "effects is low (Eickhoff et al. 2016)."
        )
    for matrix, n in studyset.n_converted_by.items():
        remarks.append(
            f"Converted from Talairach coordinates: {n} of "
            f"{count(studyset.n_foci, 'focus', 'foci')}, with {CONVERSION_NAMES[matrix]}."
        )
    return remarks


def _without_n(protocol: Protocol) -> str:
    """What follows where a sample size is missing."""
    if protocol.method == "ale":
        return "a width of the footprints must be declared (fwhm_mm in the protocol)"
    if protocol.weights != "equal":
        return 'add it, or weigh all experiments alike (weights = "equal" in the protocol)'
    return f"{METHOD_NAMES[protocol.method]} does not use it"


def _few(names: list[str]) -> str:
    shown = ", ".join(one_line(name) for name in names[:3])
    return f"{shown}, and {len(names) - 3} more" if len(names) > 3 else shown
