"""What a file says about the evidence, as reported, before any conversion.

Readers turn files into records, writers turn records into files, and neither knows
of target spaces, masks or analyses. A `Studyset` is made from a record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a reader noticed, with its place and the way out.

    Parameters
    ----------
    severity
        "error" stops the reading, "warning" does not, "note" is for the record.
    code
        Short fixed name of the kind of problem, for scripts.
    where
        Place: "foci.txt:14", or the study and analysis in a structured file.
    message
        What was found and what to do.
    """

    severity: Literal["error", "warning", "note"]
    code: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


@dataclass(frozen=True, slots=True)
class FocusRecord:
    """One reported peak: three millimetre coordinates and the space they are in."""

    mm: tuple[float, float, float]
    space: str | None


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
    where
        Place in the file.
    name
        Label of the experiment, for readers; any text.
    """

    study_id: str
    contrast_id: str
    foci: tuple[FocusRecord, ...]
    n_subjects: float | None
    where: str
    name: str = ""

    @property
    def id(self) -> str:
        """Identifier of the experiment: study and contrast."""
        return f"{self.study_id}-{self.contrast_id}"


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
    problems
        What the reader noticed; no errors, since those stop the reading.
    studies
        Descriptions of the papers by study id, as the source has them.
    """

    experiments: tuple[ExperimentRecord, ...]
    source: str
    sha256: str
    problems: tuple[Problem, ...] = ()
    studies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def select(self, positions: Sequence[int]) -> StudysetRecord:
        """Record of some of the experiments; problems of the others are left out."""
        experiments = tuple(self.experiments[i] for i in positions)
        kept = {e.study_id for e in experiments}
        studies = {key: value for key, value in self.studies.items() if key in kept}
        elsewhere = {e.where for e in self.experiments} - {e.where for e in experiments}
        problems = tuple(
            problem
            for problem in self.problems
            if not any(problem.where == w or problem.where.startswith(f"{w},") for w in elsewhere)
        )
        return StudysetRecord(experiments, self.source, self.sha256, problems, studies)
