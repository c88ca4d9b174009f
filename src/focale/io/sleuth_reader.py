"""The lines of a Sleuth file, read one by one into experiments and problems."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from focale.io.join import told_apart
from focale.io.problems import MOST_ERRORS, Problem, Severity
from focale.io.records import ExperimentRecord, FocusRecord, StudysetRecord
from focale.io.rows import EXPECTED, Row, parse_row, visible
from focale.io.sample_size import RULE
from focale.io.source import ReadOptions, Source
from focale.io.spaces import canonical_space
from focale.io.text import lines

MOST_LINES_OF_A_HEADER = 5
SHAPE = '"// Reference=MNI", "// Author, year: contrast", "// Subjects=12" and rows of x y z'

_REFERENCE = re.compile(r"ref(?:erence)?(?:\s+space)?\s*[=:]\s*(.*)", re.IGNORECASE)
_SUBJECTS = re.compile(
    r"(?:(?:(?:number|no\.?|n)\s+of\s+)?(?:subjects?|participants?)|sample\s*size)\s*[=:]\s*(.*)"
    r"|n\s*=\s*(\d.*)",
    re.IGNORECASE,
)
_PUBLICATION = re.compile(r"(doi|pmid|pubmed\s*id)\s*[=:]\s*(\S.*)", re.IGNORECASE)
_SPACE_BY_ANOTHER_NAME = re.compile(r"(?:template|space|atlas)\s*[=:]", re.IGNORECASE)
_COUNT_WITH_REMARK = re.compile(r"(\d+(?:\.\d+)?)\s*(\([^)]*\)|\[[^\]]*\]|[^\d()\[\]]*)")


def read_text(
    text: str, source: Source, options: ReadOptions, guesses: list[Problem]
) -> StudysetRecord:
    """Read the text of a Sleuth file; what cannot be understood is among the problems.

    Parameters
    ----------
    text
        The decoded text.
    source
        Where it comes from.
    options
        What to assume where it leaves a meaning open.
    guesses
        What was assumed to decode it.
    """
    reader = _Reader(source.name, options)
    for number, line in lines(text):
        reader.read_line(line, number)
        if reader.n_errors >= MOST_ERRORS:
            reader.give_up(number)
            break
    reader.finish()
    experiments = reader.named_experiments()
    problems = sorted(reader.problems, key=lambda problem: problem.line or 0)
    return StudysetRecord.of(
        experiments,
        source.name,
        source.sha256,
        [*guesses, *problems],
        (reader.n_experiments, reader.n_rows),
        studies=reader.studies,
    )


@dataclass(slots=True)
class _Block:
    """An experiment while its lines are read."""

    headers: list[str]
    line: int
    n_subjects: float | None
    space: str | None
    publication: dict[str, str]
    rows: list[tuple[Row, int, str | None]] = field(default_factory=list)
    n_unread: int = 0
    foci: tuple[FocusRecord, ...] = ()

    @property
    def header(self) -> str:
        return next((header for header in self.headers if header), "")

    @property
    def is_orphan(self) -> bool:
        return not (self.header or self.rows or self.n_unread or self.headers)


class _Reader:
    """Reads line by line, collecting experiments and problems."""

    def __init__(self, file: str, options: ReadOptions) -> None:
        self.file = file
        self.options = options
        self.space: str | None = None
        self.headers: list[str] = []
        self.header_line = 0
        self.after_blank = False
        self.publication: dict[str, str] = {}
        self.open_quote = ""
        self.open_quote_line = 0
        self.block: _Block | None = None
        self.blocks: list[_Block] = []
        self.problems: list[Problem] = []
        self.studies: dict[str, dict[str, Any]] = {}
        self.n_experiments = 0
        self.n_rows = 0
        self.n_errors = 0

    def note(
        self, severity: Severity, code: str, line: int | None, what: str, **more: Any
    ) -> None:
        if severity == "error":
            self.n_errors += 1
        if "experiment" not in more and self.block is not None:
            more["experiment"] = self.block.header
        self.problems.append(
            Problem(severity=severity, code=code, what=what, file=self.file, line=line, **more)
        )

    def give_up(self, line: int) -> None:
        self.note(
            "error",
            "too-many-errors",
            line,
            f"{MOST_ERRORS:,} errors up to here, so reading stopped",
            expected=f"check that this is a Sleuth file: it has {SHAPE}",
            experiment="",
        )

    # --- lines -------------------------------------------------------------------------

    def read_line(self, raw: str, number: int) -> None:
        line = visible(raw)
        if self.open_quote:
            self.continue_quote(line, number)
        elif not line.strip("\"',; \t"):
            self.after_blank = True
        elif line[0] in "\"'" and line.lstrip("\"' ").startswith("//"):
            self.begin_quote(line, number)
        elif line.startswith("//"):
            self.read_comment(line, number)
        else:
            self.read_row(line, number)

    def begin_quote(self, line: str, number: int) -> None:
        """A header in quotation marks, as Excel writes one with a comma or a line break."""
        mark, rest = line[0], line[1:]
        if mark in rest:
            self.read_comment(rest.rstrip("\t,; ").removesuffix(mark).strip(), number)
        else:
            self.open_quote, self.open_quote_line = rest, number

    def continue_quote(self, line: str, number: int) -> None:
        whole, first = f"{self.open_quote} {line}", self.open_quote_line
        closed = re.search(r"[\"']", line) is not None
        is_lost = line.startswith("//") or number - first >= MOST_LINES_OF_A_HEADER
        if not closed and not is_lost:
            self.open_quote = whole
            return
        self.open_quote = ""
        if not closed:
            self.note(
                "error",
                "open-quotation-mark",
                first,
                "a quotation mark is opened and not closed",
                found=whole,
                expected="write the header on one line, without quotation marks",
                experiment="",
            )
        text = re.sub(r"[\"']\s*[\t,; ]*$", "", whole)
        self.note(
            "warning",
            "header-over-lines",
            number,
            f"this line continues the quoted header of line {first}",
            found=line,
            expected="write the header on one line",
            experiment=_comment(text),
        )
        self.read_comment(text, first)
        self.header_line = first

    def read_comment(self, line: str, number: int) -> None:
        text = _comment(line)
        if match := _REFERENCE.fullmatch(text):
            self.read_reference(match[1].strip(), number)
        elif match := _SUBJECTS.fullmatch(text):
            self.read_subjects((match[1] or match[2] or "").strip(), number)
        elif match := _PUBLICATION.fullmatch(text):
            self.publication["doi" if match[1].lower() == "doi" else "pmid"] = match[2].strip()
        elif _SPACE_BY_ANOTHER_NAME.match(text):
            self.note(
                "error",
                "not-a-space-line",
                number,
                "not a space line",
                found=text,
                expected='write "// Reference=MNI" or "// Reference=Talairach"',
                experiment="",
            )
        else:
            self.read_header(text, number)
        self.after_blank = False

    def read_header(self, text: str, number: int) -> None:
        if self.headers and self.after_blank and text:
            self.leave_out_headers()
        if not self.headers:
            self.header_line = number
        self.headers.append(text)
        self.block = None

    def leave_out_headers(self) -> None:
        """Header lines that nothing follows: a title, or an experiment that was cut."""
        for header in self.headers:
            self.note(
                "warning",
                "header-without-experiment",
                self.header_line,
                "neither a sample size nor foci follow this line: taken as a comment",
                found=header or "//",
                experiment="",
            )
        self.headers = []

    def read_reference(self, name: str, number: int) -> None:
        space = canonical_space(name) or name or None
        if self.space is not None and space != self.space:
            self.note(
                "warning",
                "space-changes",
                number,
                f"the space changes from {self.space} to {space} for all that follows",
                found=name,
                expected="check that this is meant, or use one file for each space",
                experiment="",
            )
        self.space = space

    # --- experiments -------------------------------------------------------------------

    def read_subjects(self, text: str, number: int) -> None:
        if self.block is not None and not self.headers and not self.block.rows:
            self.read_second_sample_size(text, number)
            return
        line = self.header_line if self.headers else number
        self.n_experiments += 1
        self.begin(line)
        assert self.block is not None
        self.block.n_subjects = self.sample_size(text, number)

    def read_second_sample_size(self, text: str, number: int) -> None:
        assert self.block is not None
        self.n_experiments += 1
        same = self.sample_size(text, number) == self.block.n_subjects
        self.note(
            "warning" if same else "error",
            "second-sample-size",
            number,
            "a second sample size for one experiment"
            + (", equal to the first: ignored" if same else ""),
            found=text,
            expected="keep one of them" if same else "keep the right one",
            experiments_left_out=1,
        )

    def begin(self, line: int) -> None:
        self.block = _Block(self.headers, line, None, self.space, self.publication)
        self.blocks.append(self.block)
        self.headers, self.publication = [], {}

    def sample_size(self, text: str, number: int) -> float | None:
        """Number of a subjects line; a remark in brackets or words may follow it."""
        match = _COUNT_WITH_REMARK.fullmatch(text)
        n = float(match[1]) if match else 0.0
        if not match or not 0 < n < 1e9:
            begins = re.match(r"\d+\s+\S", text)
            self.note(
                "error",
                "bad-sample-size",
                number,
                "unexpected text after the number of subjects" if begins else RULE,
                found=text,
                expected='write "// Subjects=12"',
            )
            return None
        if match[2] or n != int(n):
            kind = "with a remark" if match[2] else "with decimals"
            self.note(
                "warning",
                "sample-size-with-remark" if match[2] else "fractional-sample-size",
                number,
                f"a sample size {kind}, read as {n:g}",
                found=text,
                expected=f'write "// Subjects={n:g}"' if match[2] else "check the number",
            )
        return n

    def begin_without_subjects(self, number: int) -> None:
        """Foci without a subjects line: noted once for all that belong together."""
        line = self.header_line if self.headers else number
        headers = self.headers
        self.n_experiments += 1
        self.begin(line)
        assert self.block is not None
        if self.options.default_n is not None:
            return  # filled in, and said, where all formats are
        if headers:
            self.note(
                "error",
                "no-sample-size",
                line,
                'the experiment has foci but no "// Subjects=" line',
                expected="add one, or give the number for all with --default-n (default_n=)",
            )
        else:
            self.note(
                "error",
                "foci-without-experiment",
                line,
                "foci before any experiment",
                expected=f"a Sleuth file has {SHAPE}",
            )

    # --- foci --------------------------------------------------------------------------

    def read_row(self, line: str, number: int) -> None:
        if self.headers and not re.search(r"\d", line):
            self.continue_header(line, number)
            return
        self.n_rows += 1
        if self.block is None:
            self.begin_without_subjects(number)
        assert self.block is not None
        try:
            row = parse_row(line)
        except ValueError as error:
            self.block.n_unread += 1
            self.note(
                "error",
                "not-a-coordinate",
                number,
                str(error),
                found=line,
                expected=EXPECTED,
                foci_left_out=1,
            )
            return
        self.block.rows.append((row, number, self.space))
        if row.has_typographic_minus:
            self.note(
                "warning",
                "unicode-minus",
                number,
                f"a minus that is another sign (U+2212 or a dash), read as {_shown(row)}",
                found=line,
                expected="write a plain minus",
            )
        if row.has_decimal_comma:
            self.note(
                "warning",
                "decimal-comma",
                number,
                f"a comma taken as the decimal sign, read as {_shown(row)}",
                found=line,
                expected="write decimals with a point",
            )

    def continue_header(self, line: str, number: int) -> None:
        self.headers[-1] = f"{self.headers[-1]} {_comment(line)}".strip()
        self.note(
            "warning",
            "header-over-lines",
            number,
            f"this line continues the header of line {self.header_line}",
            found=line,
            expected="write the header on one line",
            experiment=self.headers[-1],
        )

    # --- the end -----------------------------------------------------------------------

    def finish(self) -> None:
        if self.open_quote:
            self.continue_quote("//", self.open_quote_line)
        self.block = None
        if self.headers:
            self.leave_out_headers()
        self.leave_out_orphans()
        if not self.blocks and not self.n_errors:
            self.note(
                "error",
                "no-experiment",
                None,
                "no experiment in the file",
                expected=f"a Sleuth file has {SHAPE}",
            )
        for block in self.blocks:
            self.block = block
            block.foci = tuple(self.foci_of(block))
            self.look_at(block)
        self.block = None

    def leave_out_orphans(self) -> None:
        """Sample sizes that belong to nothing: no header above and no foci below."""
        orphans = [b.line for b in self.blocks if b.is_orphan]
        known = set(orphans)
        self.problems = [
            p for p in self.problems if p.code != "bad-sample-size" or p.line not in known
        ]
        for line in orphans:
            self.note(
                "warning",
                "orphan-sample-size",
                line,
                "a sample size that belongs to no experiment (no header, no foci): left out",
                expected="remove the line",
                experiments_left_out=1,
            )
        self.blocks = [block for block in self.blocks if not block.is_orphan]

    def foci_of(self, block: _Block) -> Iterator[FocusRecord]:
        """Foci of the rows, with what follows the coordinates where it is understood."""
        keep = self.may_keep_statistics(block)
        for row, line, space in block.rows:
            if row.statistics and keep is None:
                continue
            values: dict[str, Any] = {}
            if keep:
                values = {f"column {i}": v for i, v in enumerate(row.statistics, start=4)}
            if row.label:
                values["label"] = row.label
            yield FocusRecord(row.mm, space, line, values or None)

    def may_keep_statistics(self, block: _Block) -> bool | None:
        """Whether numbers after z are kept (True), dropped (False) or not understood (None)."""
        with_more = [(row, line) for row, line, _ in block.rows if row.statistics]
        if not with_more:
            return False
        first_row, first_line = with_more[0]
        n_numbers = 3 + len(first_row.statistics)
        found = _shown(first_row)
        if self.options.extra is not None:
            kept = self.options.extra == "statistics"
            what = "kept as statistics" if kept else "ignored"
            self.note(
                "note",
                "extra-columns",
                first_line,
                f"numbers after x y z in {len(with_more)} rows: {what}, as extra= says",
                found=found,
            )
            return kept
        alike = {len(row.statistics) for row, _, _ in block.rows} == {n_numbers - 3}
        if alike and any(row.statistics[0] % 1 for row, _ in with_more):
            self.note(
                "warning",
                "extra-columns",
                first_line,
                f"{n_numbers} numbers in each row of the experiment: those after x y z are kept "
                "as statistics",
                found=found,
            )
            return True
        self.note(
            "error",
            "extra-numbers",
            first_line,
            f"{n_numbers} numbers where x y z are expected"
            + (f" (and {len(with_more) - 1} more such rows)" if len(with_more) > 1 else ""),
            found=found,
            expected="keep three, or say what the others are with --extra statistics or "
            "--extra ignore (extra=)",
            foci_left_out=len(with_more),
        )
        return None

    def look_at(self, block: _Block) -> None:
        """Say what a person should know of an experiment."""
        if not block.header:
            self.note(
                "warning",
                "no-header",
                block.line,
                "an experiment without a name: kept, and named by its number",
                expected='write "// Author, year: contrast" above its subjects line',
            )
        if not block.rows and not block.n_unread:
            self.note(
                "warning",
                "experiment-without-foci",
                block.line,
                "no foci: kept as an experiment that reports none, and counted as one",
            )
        headers = [header for header in block.headers if header]
        if len(headers) > 1:
            self.note(
                "note",
                "grouped-headers",
                block.line,
                f"{len(headers)} header lines above one sample size: read as one experiment of "
                "the same participants",
            )
        first: dict[tuple[float, float, float], int] = {}
        repeated = []
        for focus in block.foci:
            if focus.mm in first:
                repeated.append(f"{first[focus.mm]}, {focus.line}")
            first.setdefault(focus.mm, focus.line or 0)
        if repeated:
            self.note(
                "warning",
                "repeated-focus",
                int(repeated[0].split(", ")[1]),
                f"{len(repeated)} of {len(block.foci)} foci occur twice in the experiment (lines "
                f"{repeated[0]}): kept, without effect on ALE",
                expected="check the table of the paper",
            )

    def named_experiments(self) -> list[ExperimentRecord]:
        """Experiments with identifiers that differ, whatever their headers."""
        experiments = []
        for position, block in enumerate(self.blocks, start=1):
            study_id, contrast_id = parted(block.header or f"experiment {position}")
            experiments.append(
                ExperimentRecord(
                    study_id=study_id,
                    contrast_id=contrast_id,
                    foci=block.foci,
                    n_subjects=block.n_subjects,
                    file=self.file,
                    line=block.line,
                    name="; ".join(header for header in block.headers if header),
                )
            )
            if block.publication:
                self.studies.setdefault(study_id, {}).update(block.publication)
        experiments, renamed = told_apart(experiments)
        self.problems += renamed
        return experiments


def parted(header: str) -> tuple[str, str]:
    """Study and contrast of a header: parted at the first colon, else at a semicolon.

    Examples
    --------
    >>> parted("Smith, 2001: A > B"), parted("smith2001")
    (('Smith, 2001', 'A > B'), ('smith2001', '1'))
    """
    study_id, _, contrast_id = header.partition(":" if ":" in header else ";")
    return study_id.strip() or "(no name)", contrast_id.strip() or "1"


def _comment(line: str) -> str:
    return line.lstrip("/").strip(' \t,;"')


def _shown(row: Row) -> str:
    return " ".join(f"{number:g}" for number in (*row.mm, *row.statistics))
