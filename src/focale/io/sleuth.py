"""Sleuth text: the format of Sleuth and GingerALE.

    // Reference=MNI
    // Smith, 2001: pain > rest
    // Subjects=12
    10 20 30
    -10 20 30

A reference line names the space of all that follows it. Header lines up to a
subjects line name an experiment; the rows below it are its foci. A header is a label
and never a key: equal headers are different experiments, and each is kept.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import math
import re
from dataclasses import dataclass, field

from focale.io.numbers import coordinate, shown
from focale.io.problems import raise_errors
from focale.io.records import ExperimentRecord, FocusRecord, Problem, StudysetRecord
from focale.io.sample_size import sample_size
from focale.io.spaces import canonical_space

NAME = "Sleuth text"

_REFERENCE = re.compile(r"reference\s*[=:]\s*(.*)", re.IGNORECASE)
_SUBJECTS = re.compile(r"subjects\s*[=:]\s*(.*)", re.IGNORECASE)
_SPACE_BY_ANOTHER_NAME = re.compile(r"(template|space|atlas)\s*[=:]", re.IGNORECASE)
_EXPECTED = '"// Reference=MNI", "// Author, year: contrast", "// Subjects=12" and rows of x y z'


def looks_like(content: bytes, _file_name: str) -> bool:
    """Whether the content has a comment line as Sleuth writes them."""
    return re.search(rb"(^|[\r\n])[ \t]*//", content.removeprefix(b"\xef\xbb\xbf")) is not None


def read(content: bytes, source: str) -> StudysetRecord:
    """Read the bytes of a Sleuth file.

    Lines may end in CR, LF or CRLF, columns may be parted by blanks, tabs or commas.

    Raises
    ------
    ReadError
        If a line cannot be understood without guessing at a number; the message lists
        every such line.
    """
    reader = _Reader(source)
    text = reader.decode(content)
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        reader.read_line(line.strip(), number)
    reader.finish()
    raise_errors(source, reader.problems)
    return StudysetRecord(
        experiments=reader.named_experiments(),
        source=source,
        sha256=hashlib.sha256(content).hexdigest(),
        problems=tuple(reader.problems),
    )


@dataclass(slots=True)
class _Block:
    """An experiment while its lines are read."""

    headers: list[str]
    line: int
    n_subjects: float | None
    foci: list[FocusRecord] = field(default_factory=list)


class _Reader:
    """Reads line by line, collecting experiments and problems."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.space: str | None = None
        self.headers: list[str] = []
        self.header_line = 0
        self.block: _Block | None = None
        self.blocks: list[_Block] = []
        self.problems: list[Problem] = []

    def note(self, severity: str, code: str, line: int, message: str) -> None:
        where = f"{self.source}:{line}" if line else self.source
        self.problems.append(Problem(severity, code, where, message))  # type: ignore[arg-type]

    def decode(self, content: bytes) -> str:
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = len(re.split(rb"\r\n|\r|\n", content[: error.start]))
            self.note(
                "warning",
                "encoding",
                line,
                f"byte 0x{content[error.start]:02X} is not UTF-8; read as cp1252, which may show "
                "another letter in a name and leaves numbers as they are",
            )
            return content.decode("cp1252", errors="replace")

    def read_line(self, line: str, number: int) -> None:
        if not line:
            return
        if not line.startswith("//"):
            self.read_focus(line, number)
            return
        text = line.lstrip("/").strip()
        if match := _REFERENCE.fullmatch(text):
            self.read_reference(match[1].strip(), number)
        elif match := _SUBJECTS.fullmatch(text):
            self.read_subjects(match[1].strip(), number)
        elif _SPACE_BY_ANOTHER_NAME.match(text):
            message = f'{shown(text)} is not a space line; write "// Reference=MNI" (or Talairach)'
            self.note("error", "not-a-space-line", number, message)
        else:
            if not self.headers:
                self.header_line = number
            self.headers.append(text)
            self.block = None

    def read_reference(self, name: str, number: int) -> None:
        space = canonical_space(name) or name
        if self.space is not None and self.space != space:
            self.note(
                "warning",
                "space-changes",
                number,
                f"the space changes from {self.space} to {space} for all that follows",
            )
        self.space = space

    def read_subjects(self, text: str, number: int) -> None:
        n_subjects = None
        try:
            n_subjects = sample_size([float(text) if _is_number(text) else text])
        except ValueError as error:
            self.note("error", "bad-sample-size", number, f'{error}; write "// Subjects=12"')
        if not any(self.headers):
            message = "an experiment without a name: kept, and named by its number"
            self.note("warning", "no-header", number, message)
        line = self.header_line if self.headers else number
        self.block = _Block(self.headers, line, n_subjects)
        self.blocks.append(self.block)
        self.headers = []

    def read_focus(self, line: str, number: int) -> None:
        try:
            mm = coordinate([float(cell) if _is_number(cell) else cell for cell in _cells(line)])
        except ValueError:
            self.note(
                "error",
                "not-a-coordinate",
                number,
                f"expected three numbers x y z, got {shown(line)}; correct the line, or "
                'begin it with "//" if it is a comment',
            )
            return
        if "\N{MINUS SIGN}" in line:
            message = f"read {shown(line)} with a plain minus for the sign U+2212"
            self.note("warning", "unicode-minus", number, message)
        if self.block is None:
            self.begin_without_subjects(number)
        assert self.block is not None
        self.block.foci.append(FocusRecord(mm=mm, space=self.space))

    def begin_without_subjects(self, number: int) -> None:
        """Note foci without a subjects line, once for all that belong together."""
        if self.headers:
            message = f'experiment {shown(self.headers[0])} has foci but no "// Subjects=" line'
            self.note("error", "no-sample-size", number, f"{message}; add one")
        else:
            message = f"foci before any experiment; a Sleuth file has {_EXPECTED}"
            self.note("error", "foci-without-experiment", number, message)
        self.block = _Block(self.headers, self.header_line, None)
        self.headers = []

    def finish(self) -> None:
        for header in self.headers if self.blocks or self.headers else []:
            self.note(
                "warning",
                "header-without-experiment",
                self.header_line,
                f"nothing follows the line {header!r}: left out",
            )
        if not self.blocks and all(problem.severity != "error" for problem in self.problems):
            self.note(
                "error",
                "no-experiment",
                0,
                f"no experiment in the file; a Sleuth file has {_EXPECTED}",
            )
        for block in self.blocks:
            if not block.foci:
                self.note(
                    "warning",
                    "experiment-without-foci",
                    block.line,
                    "no foci: kept as an experiment that reports none, and counted as one",
                )
            repeated = len(block.foci) - len(set(block.foci))
            if repeated:
                self.note(
                    "warning",
                    "repeated-focus",
                    block.line,
                    f"{repeated} of {len(block.foci)} foci occur twice in this experiment: kept, "
                    "without effect on ALE",
                )

    def named_experiments(self) -> tuple[ExperimentRecord, ...]:
        """Experiments with identifiers that differ, whatever their headers."""
        experiments: list[ExperimentRecord] = []
        taken: set[str] = set()
        for position, block in enumerate(self.blocks, start=1):
            header = next((h for h in block.headers if h), f"experiment {position}")
            parted = header.partition(":" if ":" in header else ";")
            study_id, _, contrast_id = (part.strip() for part in parted)
            experiment = ExperimentRecord(
                study_id=study_id,
                contrast_id=contrast_id or "1",
                foci=tuple(block.foci),
                n_subjects=block.n_subjects,
                where=f"{self.source}:{block.line}",
                name="; ".join(block.headers),
            )
            if experiment.id in taken:
                experiment = _renumbered(experiment, taken)
                self.note(
                    "warning",
                    "repeated-header",
                    block.line,
                    f"header {header!r} occurs again; the experiment is kept, as "
                    f"{experiment.id!r}",
                )
            taken.add(experiment.id)
            experiments.append(experiment)
        return tuple(experiments)


def _renumbered(experiment: ExperimentRecord, taken: set[str]) -> ExperimentRecord:
    """The experiment with the first number in brackets that makes its identifier new."""
    for number in itertools.count(2):
        contrast_id = f"{experiment.contrast_id} ({number})"
        renumbered = dataclasses.replace(experiment, contrast_id=contrast_id)
        if renumbered.id not in taken:
            return renumbered
    raise AssertionError("itertools.count does not end")


def _cells(line: str) -> list[str]:
    """Cells of a row: parted by blanks, or else by commas or semicolons."""
    plain = line.replace("\N{MINUS SIGN}", "-").strip(" ,;\t")
    cells = plain.split()
    if len(cells) == 3 and all(_is_number(cell) for cell in cells):
        return cells
    return [cell.strip() for cell in re.split("[,;]", plain)]


def _is_number(cell: str) -> bool:
    try:
        return "_" not in cell and math.isfinite(float(cell))  # Python reads 1_0 as 10
    except ValueError:
        return False
