"""Descriptive or inferential: decided from counts, before any map is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from focale.phrases import count, one_line
from focale.protocol.protocol import Protocol
from focale.space.talairach import MATRIX_NAMES
from focale.studyset.model import Studyset

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
    reason
        Why this mode, in one sentence.
    remarks
        What else a reader should know about the evidence, one sentence each.
    """

    mode: Literal["descriptive", "inferential"]
    n_independent: int
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
    n_independent = _n_independent(studyset)
    minimum = protocol.min_experiments
    counted = count(n_independent, "independent study", "independent studies")
    enough = n_independent >= minimum
    return Decision(
        mode="inferential" if enough else "descriptive",
        n_independent=n_independent,
        reason=(
            f"{counted} with foci, and the protocol asks for at least {minimum}: "
            + ("an inferential reading is allowed." if enough else "the reading is descriptive.")
        ),
        remarks=tuple(_remarks(studyset, n_independent, minimum)),
    )


def _n_independent(studyset: Studyset) -> int:
    """Studies with at least one focus, each counted once."""
    return len({experiment.study_id for experiment in studyset if experiment.foci})


def _remarks(studyset: Studyset, n_independent: int, minimum: int) -> list[str]:
    remarks = []
    n_studies = len(studyset.study_ids)
    if len(studyset) > n_studies:
        remarks.append(
            f"{len(studyset)} experiments come from {count(n_studies, 'study', 'studies')}. "
            "Contrasts of the same participants are not independent; each study is counted once."
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
            f"({_few([str(i) for i in unknown])}); a width of the footprints must be declared "
            "(fwhm_mm in the protocol)."
        )
    if minimum <= n_independent < POWER_EXPERIMENTS:
        remarks.append(
            f"With fewer than {POWER_EXPERIMENTS} independent experiments, power for moderate "
            "effects is low (Eickhoff et al. 2016)."
        )
    if studyset.n_converted:
        remarks.append(
            f"Converted from Talairach coordinates: {studyset.n_converted} of "
            f"{count(studyset.n_foci, 'focus', 'foci')} "
            f"({MATRIX_NAMES[studyset.talairach]} matrix of Lancaster et al. 2007)."
        )
    return remarks


def _few(names: list[str]) -> str:
    shown = ", ".join(one_line(name) for name in names[:3])
    return f"{shown}, and {len(names) - 3} more" if len(names) > 3 else shown
