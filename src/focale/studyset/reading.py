"""`read`: one door from any source to a studyset and everything noticed about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from focale.io.formats import inspect_record
from focale.io.problems import Problem, by_seriousness, errors_of, raise_errors
from focale.io.records import StudysetRecord
from focale.io.source import Readable, ReadOptions
from focale.space.talairach import TalairachMatrix
from focale.studyset.findings import check
from focale.studyset.model import Studyset, unknown_matrices
from focale.studyset.summary import Summary, summarize


def read(
    source: Readable | Sequence[Readable],
    target: str = "mni152_2mm",
    *,
    talairach: TalairachMatrix = "pooled",
    **options: Any,
) -> tuple[Studyset, list[Problem]]:
    """Read evidence from a file of any format, and say everything that was noticed.

    Parameters
    ----------
    source
        A path, an http(s) address or an open file; or several, which are joined. Sleuth
        text, NIMADS JSON, NiMARE's JSON and parquet, CSV, TSV and Excel tables, and the
        Neurosynth, NeuroQuery and pubget tables are recognised by their content.
    target
        Space of the analysis.
    talairach
        Conversion of Talairach coordinates, where the source names none.
    **options
        What to assume where the source leaves a meaning open: `space`, `default_n`,
        `encoding`, `extra`, `sheet`, `annotation`, `talairach_of`, `groups_of`; see
        `focale.io.source.ReadOptions`. They are recorded with the studyset.

    Returns
    -------
    studyset : Studyset
        The evidence as reported.
    problems : list of Problem
        What the reader noticed and what looks wrong, most serious first; no errors, since
        those are raised.

    Raises
    ------
    InputMissingError
        If there is nothing to read.
    ReadError
        If the source holds errors; the message lists them.

    Examples
    --------
    >>> from focale import pain_studyset_path
    >>> studyset, problems = read(pain_studyset_path())
    >>> [problem.code for problem in problems]
    ['many-foci-outside', 'left-right-exchange', 'many-foci-outside', 'foci-outside']
    """
    given = ReadOptions(**options)
    inspection = inspect(source, target, talairach=talairach, options=given)
    return inspection.evidence, list(inspection.problems)


@dataclass(frozen=True, slots=True)
class Inspection:
    """A source looked at, whether or not it can be used.

    Attributes
    ----------
    record
        What was read.
    studyset
        The evidence; None where errors are among the problems.
    problems
        What the reader noticed and what looks wrong, most serious first.
    summary
        Counts, reconciled with the source.
    """

    record: StudysetRecord
    studyset: Studyset | None
    problems: tuple[Problem, ...]
    summary: Summary

    @property
    def evidence(self) -> Studyset:
        """The studyset.

        Raises
        ------
        ReadError
            If there are errors; the message lists them.
        """
        raise_errors(self.record.source, self.problems)
        assert self.studyset is not None
        return self.studyset


def inspect(
    source: Readable | Sequence[Readable],
    target: str = "mni152_2mm",
    *,
    talairach: TalairachMatrix = "pooled",
    options: ReadOptions | None = None,
    select: Callable[[Studyset], Studyset] | None = None,
) -> Inspection:
    """Look at a source as `read` does, with errors among the problems.

    Parameters
    ----------
    source, target, talairach
        As for `read`.
    options
        As for `read`.
    select
        Takes the whole evidence and gives the part of it that is to be looked at.
    """
    options = options or ReadOptions()
    record = inspect_record(source, options)
    problems = [*record.problems, *unknown_matrices(record)]
    if not record.experiments and not errors_of(problems):
        problems.append(_nothing_in(record))
    if errors_of(problems):
        return Inspection(record, None, by_seriousness(problems), summarize(record))
    studyset = Studyset(record, target, space=options.space, talairach=talairach)
    if select is not None:
        studyset = select(studyset)
    studyset = studyset.with_problems(check(studyset))
    return Inspection(record, studyset, by_seriousness(studyset.problems), summarize(studyset))


def _nothing_in(record: StudysetRecord) -> Problem:
    return Problem(
        severity="error",
        code="no-experiment",
        what="no experiment, so there is nothing to analyse",
        expected="check that its studies have experiments with foci",
        file=record.source,
    )
