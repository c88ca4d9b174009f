"""Counts of an evidence base, reconciled with its source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from focale.io.records import StudysetRecord
from focale.io.spaces import canonical_space
from focale.space.mask import Mask
from focale.space.targets import standard_mask
from focale.studyset.model import Studyset


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a source has, what was read of it, and who was studied.

    Attributes
    ----------
    studies, subject_groups, experiments, foci
        Counts of what was read, experiments as reported.
    participants
        Each subject group counted once, with its largest sample size; None where no size
        is known.
    smallest_n, largest_n
        Range of the sample sizes of experiments.
    experiments_without_n, experiments_without_foci
        How many have no sample size, and no foci.
    spaces
        Foci by space, "MNI" or "TAL"; others under the name the source gives.
    outside_mask
        Foci whose nearest voxel is outside the brain mask; None where errors forbid to
        place them.
    experiments_found, experiments_left_out, foci_found, foci_left_out
        Experiments and foci the source has by its own marks, and how many of them were
        not taken. Each of these is named in a problem.
    """

    studies: int
    subject_groups: int
    experiments: int
    foci: int
    participants: float | None
    smallest_n: float | None
    largest_n: float | None
    experiments_without_n: int
    experiments_without_foci: int
    spaces: dict[str, int]
    outside_mask: int | None
    experiments_found: int
    experiments_left_out: int
    foci_found: int
    foci_left_out: int


def summarize(evidence: Studyset | StudysetRecord, mask: Mask | None = None) -> Summary:
    """Counts of an evidence base, or of a record that cannot become one.

    Parameters
    ----------
    evidence
        A studyset, or the record of a source with errors.
    mask
        Brain mask to count foci outside of; by default that of the target space.
    """
    record = evidence if isinstance(evidence, StudysetRecord) else evidence.record
    experiments = [member for e in record.experiments for member in e.reported]
    sizes = [e.n_subjects for e in experiments if e.n_subjects is not None]
    spaces: dict[str, int] = {}
    for experiment in experiments:
        for focus in experiment.foci:
            name = canonical_space(focus.space or "") or focus.space or "not given"
            spaces[name] = spaces.get(name, 0) + 1
    outside = None
    if isinstance(evidence, Studyset):
        mask = mask or standard_mask(evidence.target)
        outside = int(np.count_nonzero(mask.position_of(evidence.foci_mm) < 0))
    counts = record.reconciliation
    return Summary(
        studies=len({e.study_id for e in experiments}),
        subject_groups=len({e.group for e in experiments}),
        experiments=len(experiments),
        foci=record.n_foci,
        participants=_plain(record.n_participants),
        smallest_n=_plain(min(sizes, default=None)),
        largest_n=_plain(max(sizes, default=None)),
        experiments_without_n=len(experiments) - len(sizes),
        experiments_without_foci=sum(not e.foci for e in experiments),
        spaces=spaces,
        outside_mask=outside,
        experiments_found=counts.experiments_found,
        experiments_left_out=counts.experiments_left_out,
        foci_found=counts.foci_found,
        foci_left_out=counts.foci_left_out,
    )


def _plain(number: float | None) -> float | None:
    """Number without a decimal point where it needs none, as JSON shows it."""
    return int(number) if number is not None and number == int(number) else number
