"""The lines of a Sleuth file, read one by one into experiments and problems."""

from __future__ import annotations

import re
from typing import Any

from focale.io.join import told_apart
from focale.io.problems import MOST_ERRORS, Problem, Severity, quoted
from focale.io.records import ExperimentRecord, StudysetRecord
from focale.io.sample_size import MOST_SUBJECTS, RULE, count_with_remark
from focale.io.sleuth.blocks import Block, foci_of, remarks_on
from focale.io.sleuth.rows import EXPECTED, MISSING, parse_row
from focale.io.source import ReadOptions, Source
from focale.io.spaces import canonical_space
from focale.io.text import lines, with_plain_blanks

MOST_LINES_OF_A_HEADER = 5
LONGEST_LINE = 100_000
MOST_FOCI = 50_000
"""No experiment reports more peaks."""

MOST_COMMENTS = 10_000
MOST_BLANK_LINES = 2_000_000
"""A reader stops after so many in a row: a sheet of Excel has about half as many lines."""

SHAPE = '"// Reference=MNI", "// Author, year: contrast", "// Subjects=12" and rows of x y z'

_REFERENCE = re.compile(r"ref(?:erence)?(?:\s+space)?\s*[=:]\s*(.*)", re.IGNORECASE)
_SUBJECTS = re.compile(
    r"(?:(?:(?:number|no\.?|n)\s+of\s+)?(?:subjects?|participants?)|sample\s*size)\s*[=:]\s*(.*)"
    r"|n\s*=\s*(\d.*)",
    re.IGNORECASE,
)
_PUBLICATION = re.compile(r"(doi|pmid|pubmed\s*id)\s*[=:]\s*(\S.*)", re.IGNORECASE)
_SPACE_BY_ANOTHER_NAME = re.compile(r"(?:template|space|atlas)\s*[=:]", re.IGNORECASE)
_BLANK = "\"',; \t\x1a"
_BEGINS_ROW = frozenset("0123456789+-.")


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
            reader.give_up(number, f"{MOST_ERRORS:,} errors up to here")
        if reader.has_given_up:
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


class _Reader:
    """Reads line by line, collecting experiments and problems."""

    def __init__(self, file: str, options: ReadOptions) -> None:
        self.file = file
        self.options = options
        self.space: str | None = None
        self.headers: list[str] = []
        self.header_line = 0
        self.after_blank = False
        self.n_continued = 0
        self.publication: dict[str, str] = {}
        self.publication_of: Block | None = None
        self.quotation_mark = ""
        self.open_quote = ""
        self.open_quote_line = 0
        self.block: Block | None = None
        self.blocks: list[Block] = []
        self.problems: list[Problem] = []
        self.studies: dict[str, dict[str, Any]] = {}
        self.n_experiments = 0
        self.n_rows = 0
        self.n_errors = 0
        self.n_comments = 0
        self.n_blank_lines = 0
        self.has_given_up = False

    def note(
        self, severity: Severity, code: str, line: int | None, what: str, **more: Any
    ) -> None:
        if severity == "error":
            self.n_errors += 1
        if "experiment" not in more and self.block is not None:
            more["experiment"] = self.block.name
        self.problems.append(
            Problem(severity=severity, code=code, what=what, file=self.file, line=line, **more)
        )

    def give_up(self, line: int, why: str) -> None:
        self.note(
            "error",
            "too-many-errors",
            line,
            f"{why}, so reading stopped",
            expected=f"check that this is a Sleuth file: it has {SHAPE}",
            experiment="",
        )
        self.headers, self.open_quote = [], ""
        self.has_given_up = True

    # --- lines -------------------------------------------------------------------------

    def read_line(self, raw: str, number: int) -> None:
        if len(raw) > LONGEST_LINE and len(raw := raw.strip(_BLANK)) > LONGEST_LINE:
            self.refuse_long_line(raw, number)
            return
        line = with_plain_blanks(raw)
        text = line.strip()
        if self.open_quote:
            self.continue_quote(text, number)
        elif text and text[0] in _BEGINS_ROW:
            self.read_row(line, number)
        elif not text.strip(_BLANK):
            self.read_blank(number)
        elif text[0] in "\"'" and text.lstrip("\"' ").startswith("//"):
            self.begin_quote(text, number)
        elif text.startswith("//"):
            self.read_comment(text, number)
        else:
            self.read_row(line, number)

    def refuse_long_line(self, line: str, number: int) -> None:
        self.note(
            "error",
            "long-line",
            number,
            f"a line of {len(line):,} letters",
            found=line[:LONGEST_LINE],
            expected=f"check that this is a Sleuth file: it has {SHAPE}",
        )

    def read_blank(self, number: int) -> None:
        self.after_blank = True
        self.settle_publication()
        self.n_blank_lines += 1
        if self.n_blank_lines > MOST_BLANK_LINES:
            self.give_up(number, f"more than {MOST_BLANK_LINES:,} lines without an experiment")

    def begin_quote(self, line: str, number: int) -> None:
        """A header in quotation marks, as Excel writes one with a comma or a line break."""
        mark, rest = line[0], line[1:]
        self.quotation_mark = mark
        if rest.count(mark) % 2 or rest.rstrip("\t,; ").endswith(mark):
            self.read_comment(self.unquoted(rest), number)
        else:
            self.open_quote, self.open_quote_line = rest, number

    def unquoted(self, text: str) -> str:
        """Text before the closing mark; a mark written twice is one of the text."""
        mark = self.quotation_mark
        return text.rstrip(f"\t,; {mark}").replace(2 * mark, mark).strip()

    def continue_quote(self, line: str, number: int) -> None:
        first = self.open_quote_line
        if line.startswith("//") or number - first >= MOST_LINES_OF_A_HEADER:
            self.close_lost_quote()
            self.read_line(line, number)
            return
        self.open_quote += f" {line}"
        if self.quotation_mark not in line:
            return
        text, self.open_quote = self.unquoted(self.open_quote), ""
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

    def close_lost_quote(self) -> None:
        text, self.open_quote = self.open_quote, ""
        self.note(
            "error",
            "open-quotation-mark",
            self.open_quote_line,
            "a quotation mark is opened and not closed",
            found=text,
            expected="write the header on one line, without quotation marks",
            experiment="",
        )
        self.read_comment(text, self.open_quote_line)

    def read_comment(self, line: str, number: int) -> None:
        self.n_comments += 1
        if self.n_comments > MOST_COMMENTS:
            self.give_up(number, f"more than {MOST_COMMENTS:,} comments without an experiment")
            return
        text = _comment(line)
        if match := _REFERENCE.fullmatch(text):
            self.read_reference(match[1].strip(), number)
            self.after_blank = True  # what stands above it is a title
            return
        if match := _SUBJECTS.fullmatch(text):
            self.read_subjects((match[1] or match[2] or "").strip(), number)
        elif match := _PUBLICATION.fullmatch(text):
            self.read_publication("doi" if match[1].lower() == "doi" else "pmid", match[2].strip())
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

    def read_publication(self, key: str, value: str) -> None:
        """An identifier of the paper: of the experiment around it, else of the next one.

        Right below the foci it belongs to the experiment above if a blank line follows.
        """
        if self.block is not None and not self.block.has_rows:
            self.block.publication[key] = value
            return
        self.publication[key] = value
        if self.block is not None and not self.after_blank:
            self.publication_of = self.block

    def settle_publication(self) -> None:
        if self.publication_of is not None:
            self.publication_of.publication.update(self.publication)
            self.publication_of, self.publication = None, {}

    def read_header(self, text: str, number: int) -> None:
        if self.headers and self.after_blank and text:
            self.leave_out_headers()
        if not self.headers:
            self.header_line = number
        self.headers.append(text)
        self.n_continued = 0
        self.block = self.publication_of = None

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
            other = space or "one that is not named"
            self.note(
                "warning",
                "space-changes",
                number,
                f"the space changes from {self.space} to {other} for all that follows",
                found=name,
                expected="check that this is meant, or use one file for each space",
                experiment="",
            )
        self.space = space

    # --- experiments -------------------------------------------------------------------

    def read_subjects(self, text: str, number: int) -> None:
        if self.block is not None and not self.block.has_rows:
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
        self.block = Block(self.file, self.headers, line, None, self.space, self.publication)
        self.blocks.append(self.block)
        self.headers, self.publication, self.publication_of = [], {}, None
        self.n_comments = self.n_blank_lines = 0

    def sample_size(self, text: str, number: int) -> float | None:
        """Number of a subjects line; a remark in brackets or words may follow it."""
        n, remark = count_with_remark(text) or (0.0, "")
        if not 1 <= n < MOST_SUBJECTS:
            begins = re.match(r"\d+\s*\D", text, re.ASCII)
            self.note(
                "error",
                "bad-sample-size",
                number,
                "unexpected text after the number of subjects" if begins else RULE,
                found=text,
                expected='write "// Subjects=12"',
            )
            return None
        if remark or n != int(n):
            kind = "with a remark" if remark else "with decimals"
            self.note(
                "warning",
                "sample-size-with-remark" if remark else "fractional-sample-size",
                number,
                f"a sample size {kind}, read as {n:g}",
                found=text,
                expected=f'write "// Subjects={n:g}"' if remark else "check the number",
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
        if self.headers and self.continues_header(line):
            self.continue_header(line.strip(), number)
            return
        self.after_blank = False
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
                found=line.strip(),
                expected=EXPECTED,
                foci_left_out=1,
            )
            return
        self.block.rows.append((row, number, self.space))
        if len(self.block.rows) >= MOST_FOCI:
            self.give_up(number, f"{MOST_FOCI:,} foci in one experiment")

    def continues_header(self, line: str) -> bool:
        """Whether a line below a header is more of it: words, few lines, no missing values."""
        words = line.lower().split()
        return (
            self.n_continued < MOST_LINES_OF_A_HEADER
            and not any(letter.isdecimal() for letter in line)
            and not all(word.strip(",;") in MISSING for word in words)
        )

    def continue_header(self, line: str, number: int) -> None:
        self.n_continued += 1
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
            self.close_lost_quote()
        self.settle_publication()
        self.block = None
        if self.headers:
            self.leave_out_headers()
        self.leave_out_orphans()
        if not self.blocks and not any(p.severity == "error" for p in self.problems):
            self.note(
                "error",
                "no-experiment",
                None,
                "no experiment in the file",
                expected=f"a Sleuth file has {SHAPE}",
            )

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

    def named_experiments(self) -> list[ExperimentRecord]:
        """Experiments with identifiers that differ, whatever their headers."""
        experiments = []
        for position, block in enumerate(self.blocks, start=1):
            study_id, contrast_id = parted(block.header or f"experiment {position}")
            foci, problems = foci_of(block, self.options.extra)
            self.problems += [*problems, *remarks_on(block)]
            experiments.append(
                ExperimentRecord(
                    study_id=study_id,
                    contrast_id=contrast_id,
                    foci=tuple(foci),
                    n_subjects=block.n_subjects,
                    file=self.file,
                    line=block.line,
                    name=block.name,
                )
            )
            self.describe(study_id, block)
        experiments, renamed = told_apart(experiments)
        self.problems += renamed
        return experiments

    def describe(self, study_id: str, block: Block) -> None:
        """Keep the identifiers of a publication; two papers may have one name."""
        known = self.studies.setdefault(study_id, {}) if block.publication else {}
        for key, value in block.publication.items():
            if known.setdefault(key, value) != value:
                self.note(
                    "warning",
                    "two-publications",
                    block.line,
                    f"study {quoted(study_id)} has another {key.upper()} above: {known[key]}",
                    found=value,
                    expected="if these are two papers, name them differently, or their "
                    "experiments count as those of the same participants",
                    experiment=block.header,
                )


def parted(header: str) -> tuple[str, str]:
    """Study and contrast of a header: parted at the first colon, else at a semicolon.

    Examples
    --------
    >>> parted("Smith, 2001: A > B"), parted("smith2001")
    (('Smith, 2001', 'A > B'), ('smith2001', '1'))
    """
    study_id, _, contrast_id = header.partition(":" if ":" in header else ";")
    return study_id.strip() or "(no name)", contrast_id.strip() or "1"


def is_header(text: str) -> bool:
    """Whether a comment with this text is read as a header, unchanged."""
    kinds = (_REFERENCE, _SUBJECTS, _PUBLICATION)
    return (
        text != ""
        and _comment(f"// {text}") == text
        and not any(kind.fullmatch(text) for kind in kinds)
        and not _SPACE_BY_ANOTHER_NAME.match(text)
    )


def _comment(line: str) -> str:
    return line.lstrip("/").strip(" \t,;")
