"""What a reader meets in a source: experiments and foci counted, problems noted."""

from __future__ import annotations

from typing import Any

from focale.io.problems import MOST_ERRORS, Problem, Severity
from focale.io.records import ExperimentRecord, StudysetRecord


class Ledger:
    """Counts and problems of one source, collected while it is read.

    Parameters
    ----------
    file
        Name of the source.

    Attributes
    ----------
    experiments
        Those that were read.
    problems
        What was noticed.
    n_experiments, n_foci
        How many the source has, whether they could be read or not.
    studies
        Descriptions of the papers.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.experiments: list[ExperimentRecord] = []
        self.problems: list[Problem] = []
        self.studies: dict[str, dict[str, Any]] = {}
        self.n_experiments = 0
        self.n_foci = 0
        self._n_errors = 0
        self._gave_up = False

    def meet(self, n_experiments: int, n_foci: int) -> None:
        """Count what the source has."""
        self.n_experiments += n_experiments
        self.n_foci += n_foci

    def note(self, severity: Severity, code: str, what: str, **more: Any) -> None:
        """Note a problem; `more` are the other fields of `Problem`."""
        self.add(Problem(severity=severity, code=code, what=what, **{"file": self.file, **more}))

    def add(self, problem: Problem) -> None:
        """Add a problem noticed elsewhere."""
        self._n_errors += problem.severity == "error"
        self.problems.append(problem)

    def gives_up(self) -> bool:
        """Whether there are so many errors that reading should stop; says so the first time."""
        if self._n_errors < MOST_ERRORS:
            return False
        if self._gave_up:
            return True
        self._gave_up = True
        self.note(
            "error",
            "too-many-errors",
            f"{MOST_ERRORS:,} errors up to here, so reading stopped",
            expected="check that this is the file you mean",
        )
        return True

    def record(self, sha256: str, **more: Any) -> StudysetRecord:
        """Record of the source."""
        return StudysetRecord.of(
            self.experiments,
            self.file,
            sha256,
            self.problems,
            (self.n_experiments, self.n_foci),
            studies=self.studies,
            **more,
        )
