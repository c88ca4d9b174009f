"""What a file says about the evidence, as reported, before any conversion.

Readers turn files into records, writers turn records into files, and neither knows
of target spaces, masks or analyses. A `Studyset` is made from a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from focale.io.problems import Problem


@dataclass(frozen=True, slots=True)
class FocusRecord:
    """One reported peak.

    Parameters
    ----------
    mm
        x, y, z in millimetres, as reported.
    space
        Name of the space, as the source gives it; None where it gives none.
    line
        Line or row of the source, from 1.
    values
        What else the source gives for the peak (t, z, cluster size, region), by name;
        None where it gives nothing.
    """

    mm: tuple[float, float, float]
    space: str | None
    line: int | None = None
    values: Mapping[str, Any] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ExperimentRecord:
    """One contrast: one list of foci with one sample size.

    Parameters
    ----------
    study_id
        The paper.
    contrast_id
        The contrast within the paper.
    foci
        The peaks as reported, perhaps none.
    n_subjects
        Sample size; the mean over groups where the file lists several; None where
        the file says nothing.
    file
        Name of the source.
    line
        Line or row where the experiment begins, from 1.
    name
        Label of the experiment, for readers; any text.
    subject_group
        Name of the participants, shared by experiments that share them; None where the
        source says nothing, in which case they are those of the study.
    talairach
        Matrix for the Talairach coordinates of this experiment, where the source names
        one.
    annotations
        Tags and notes of the experiment, by name.
    members
        Of a pooled experiment, the experiments it was made from.
    """

    study_id: str
    contrast_id: str
    foci: tuple[FocusRecord, ...]
    n_subjects: float | None
    file: str
    line: int | None = None
    name: str = ""
    subject_group: str | None = None
    talairach: str | None = None
    annotations: Mapping[str, Any] = field(default_factory=dict, compare=False)
    members: tuple[ExperimentRecord, ...] = ()

    @property
    def id(self) -> str:
        """Identifier of the experiment: study and contrast."""
        return f"{self.study_id}-{self.contrast_id}"

    @property
    def group(self) -> str:
        """Name of the participants: the subject group, or else the study."""
        return self.subject_group or self.study_id

    @property
    def reported(self) -> tuple[ExperimentRecord, ...]:
        """The experiments as reported: those it was pooled from, or itself."""
        return self.members or (self,)

    @property
    def where(self) -> str:
        """Place in the source: "foci.txt:14", or its name alone."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Counts of a source against what was read of it.

    Parameters
    ----------
    experiments_found
        Experiments the source has by its own marks, counted before they are understood:
        sample-size lines, analyses, groups of rows.
    foci_found
        Coordinate rows or points the source has.
    experiments_left_out, foci_left_out
        How many of them were not taken; each is named in a problem.
    """

    experiments_found: int
    foci_found: int
    experiments_left_out: int = 0
    foci_left_out: int = 0

    def __add__(self, other: Reconciliation) -> Reconciliation:
        """Counts of two sources together."""
        return Reconciliation(
            self.experiments_found + other.experiments_found,
            self.foci_found + other.foci_found,
            self.experiments_left_out + other.experiments_left_out,
            self.foci_left_out + other.foci_left_out,
        )


@dataclass(frozen=True, slots=True)
class StudysetRecord:
    """Everything one source says.

    Parameters
    ----------
    experiments
        In the order of the source.
    source
        Name of the file, or "dictionary".
    sha256
        Fingerprint of the bytes of the source.
    reconciliation
        What the source has against what was read; it stays that of the whole source
        when experiments are selected or pooled.
    problems
        What the reader noticed.
    studies
        Descriptions of the papers by study id, as the source has them.
    options
        What the reader was told to assume, by name of the option.
    format
        Name of the format it was read as.
    """

    experiments: tuple[ExperimentRecord, ...]
    source: str
    sha256: str
    reconciliation: Reconciliation
    problems: tuple[Problem, ...] = ()
    studies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    format: str = ""

    @classmethod
    def of(
        cls,
        experiments: Sequence[ExperimentRecord],
        source: str,
        sha256: str,
        problems: Iterable[Problem],
        found: tuple[int, int],
        **more: Any,
    ) -> StudysetRecord:
        """Record of a source whose experiments and foci were counted as they were met.

        Parameters
        ----------
        found
            Experiments and foci met. What was left out of them is counted from the
            problems, each of which says how many it cost.
        **more
            Other fields.
        """
        problems = tuple(problems)
        reconciliation = Reconciliation(
            *found,
            sum(problem.experiments_left_out for problem in problems),
            sum(problem.foci_left_out for problem in problems),
        )
        return cls(tuple(experiments), source, sha256, reconciliation, problems, **more)

    @property
    def n_foci(self) -> int:
        """Number of foci of all experiments."""
        return sum(len(experiment.foci) for experiment in self.experiments)

    @property
    def n_participants(self) -> float | None:
        """Participants, each subject group counted once; None where no size is known.

        The largest sample size of its experiments stands for a group.
        """
        sizes: dict[str, float] = {}
        for experiment in self.experiments:
            for member in experiment.reported:
                if member.n_subjects is not None:
                    largest = max(sizes.get(experiment.group, 0.0), member.n_subjects)
                    sizes[experiment.group] = largest
        return sum(sizes.values()) if sizes else None

    @property
    def is_reconciled(self) -> bool:
        """Whether experiments and foci read and left out are those the source has.

        Speaks of a whole source, before experiments are selected or pooled.
        """
        counts = self.reconciliation
        return (
            len(self.experiments) + counts.experiments_left_out == counts.experiments_found
            and self.n_foci + counts.foci_left_out == counts.foci_found
        )

    def select(self, positions: Sequence[int]) -> StudysetRecord:
        """Record of some of the experiments; problems of the others are left out."""
        return self.with_experiments([self.experiments[i] for i in positions])

    def with_experiments(self, experiments: Sequence[ExperimentRecord]) -> StudysetRecord:
        """Record with other experiments of the same source, and the problems that concern them."""
        kept_studies = {e.study_id for e in experiments}
        dropped = _names(self.experiments) - _names(experiments)
        return replace(
            self,
            experiments=tuple(experiments),
            studies={k: v for k, v in self.studies.items() if k in kept_studies},
            problems=tuple(p for p in self.problems if p.experiment not in dropped),
        )


def _names(experiments: Iterable[ExperimentRecord]) -> set[str]:
    """What problems may call the experiments, pooled ones and their members."""
    everyone = (one for e in experiments for one in (e, *e.members))
    return {name for e in everyone for name in (e.id, e.name)} - {""}
