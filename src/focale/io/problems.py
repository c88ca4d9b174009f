"""Problems of a file: what a reader noticed, collected, and reported all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from focale.errors import ReadError
from focale.phrases import one_line

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")

MOST_SHOWN = 20
MOST_ERRORS = 1000
"""A reader stops after so many errors: the file is not what it was taken for."""

FOUND_LENGTH = 60
LONGEST_FOUND = 1000
"""Letters of a source that are looked at to show some of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something a reader noticed, with its place and the way out.

    Parameters
    ----------
    severity
        "error": the data cannot be used as they are. "warning": they can, and a person
        should look. "note": for the record.
    code
        Short fixed name of the kind of problem, for scripts.
    what
        What is wrong or was assumed, in words.
    found
        The text or value in question, as it stands in the source.
    expected
        What to write instead, or what to do.
    file
        Name of the source.
    line, column
        Place in it, from 1.
    experiment
        The experiment concerned: its identifier or its header.
    experiments_left_out, foci_left_out
        How many experiments and foci of the source are not in the record because of
        this.
    """

    severity: Severity
    code: str
    what: str
    found: str = ""
    expected: str = ""
    file: str = ""
    line: int | None = None
    column: int | None = None
    experiment: str = ""
    experiments_left_out: int = 0
    foci_left_out: int = 0

    @property
    def where(self) -> str:
        """Place: "foci.txt:14, experiment 'Smith 2001-A'", as far as it is known."""
        numbers = [str(n) for n in (self.line, self.column) if n is not None]
        place = ":".join([self.file, *numbers])
        return f"{place}, experiment {quoted(self.experiment)}" if self.experiment else place

    @property
    def message(self) -> str:
        """What, what was found, and the way out, in one sentence."""
        found = f": {quoted(self.found)}" if self.found else ""
        expected = f"; {self.expected}" if self.expected else ""
        return f"{self.what}{found}{expected}"

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


def quoted(text: str) -> str:
    r"""Text of a source in quotation marks, on one line, cut where it is long.

    Examples
    --------
    >>> quoted("Smith\t2001")
    '"Smith 2001"'
    """
    return f'"{one_line(text[:LONGEST_FOUND], FOUND_LENGTH)}"'


def errors_of(problems: Sequence[Problem]) -> list[Problem]:
    """The errors among problems."""
    return [problem for problem in problems if problem.severity == "error"]


def by_seriousness(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Problems, errors first, else in the order given."""
    return tuple(sorted(problems, key=lambda problem: SEVERITIES.index(problem.severity)))


def raise_errors(source: str, problems: Sequence[Problem]) -> None:
    """Raise one error that lists every error among the problems, if there is any.

    Raises
    ------
    ReadError
        With one line for a single error, else a count and a line for each.
    """
    errors = errors_of(problems)
    if len(errors) == 1:
        raise ReadError(str(errors[0]))
    if errors:
        lines = [f"{source} has {len(errors)} errors:"]
        lines += [f"  {error}" for error in errors[:MOST_SHOWN]]
        if len(errors) > MOST_SHOWN:
            lines.append(
                f"  and {len(errors) - MOST_SHOWN} more; `focale check` lists them by kind"
            )
        raise ReadError("\n".join(lines))
