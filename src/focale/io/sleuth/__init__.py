"""Sleuth text: the format of Sleuth and GingerALE.

    // Reference=MNI
    // Smith, 2001: pain > rest
    // Subjects=12
    10 20 30
    -10 20 30

A reference line names the space of all that follows it. Header lines up to a subjects
line name an experiment; the rows below it are its foci. A header is a label and never a
key: equal headers are different experiments, and each is kept.
"""

from __future__ import annotations

import re
from pathlib import Path

from focale.errors import ArgumentError
from focale.io.problems import quoted
from focale.io.records import ExperimentRecord, StudysetRecord
from focale.io.sleuth.reader import is_header, parted, read_text
from focale.io.source import ReadOptions, Source
from focale.io.spaces import canonical_space
from focale.io.text import decoded, is_text
from focale.phrases import one_line

NAME = "Sleuth text"
SUFFIXES = (".txt",)

LONGEST = 40_000
"""Letters of a study or contrast that are written."""

_SPACE_LINES = {"MNI": "MNI", "TAL": "Talairach"}


def looks_like(source: Source) -> bool:
    """Whether the beginning has a comment line as Sleuth writes them."""
    head = source.head.replace(b"\x00", b"")  # UTF-16
    begins = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if begins.startswith(b"<") or not (begins.startswith(b"//") or is_text(source.head)):
        return False  # a web page with a script, or bytes that look so by chance
    return re.search(rb"(^|[\r\n])[^\w\r\n]{0,8}//", head) is not None


def read(source: Source, options: ReadOptions) -> StudysetRecord:
    """Read a Sleuth file; what cannot be understood is among the problems.

    Raises
    ------
    ReadError
        If it is not text.
    """
    text, guesses = decoded(source, options.encoding)
    return read_text(text, source, options, guesses)


def losses(record: StudysetRecord) -> list[str]:
    """What of a record Sleuth text has no place for, in words."""
    foci = [focus for experiment in record.experiments for focus in experiment.foci]
    lost = {
        "statistics and labels of foci": any(focus.values for focus in foci),
        "subject groups": any(e.subject_group for e in record.experiments),
        "tags and notes": any(e.annotations for e in record.experiments),
        "matrices of the Talairach conversion": any(e.talairach for e in record.experiments),
        "descriptions of the studies": any(record.studies.values()),
    }
    return [what for what, is_there in lost.items() if is_there]


def write(record: StudysetRecord, _path: Path) -> str:
    """Text of a Sleuth file; a reference line begins each run of experiments of one space.

    Raises
    ------
    ArgumentError
        If an experiment has no sample size, or foci in two spaces.
    """
    text: list[str] = []
    space: str | None = None
    for experiment in record.experiments:
        if experiment.n_subjects is None:
            raise ArgumentError(
                f"experiment {quoted(experiment.id)} has no sample size, which Sleuth text needs; "
                "give one for all with --default-n (default_n=), or write NIMADS JSON"
            )
        spaces = {canonical_space(f.space or "") or f.space for f in experiment.foci}
        if len(spaces) > 1 or None in spaces:
            raise ArgumentError(
                f"experiment {quoted(experiment.id)} has foci in two spaces or in none, and "
                "Sleuth text has one space an experiment; say --space (space=), or write NIMADS "
                "JSON"
            )
        own = next(iter(spaces), space)
        if own != space:
            text += [f"// Reference={_SPACE_LINES.get(own or '', own)}", ""]
            space = own
        text += [f"// {_header(experiment)}", f"// Subjects={_number(experiment.n_subjects)}"]
        text += ["\t".join(_number(number) for number in focus.mm) for focus in experiment.foci]
        text.append("")
    return "\n".join(text)


def _header(experiment: ExperimentRecord) -> str:
    """Header that is read as the same study and contrast, where there is one."""
    name = one_line(experiment.name, LONGEST)
    if parted(name) == (experiment.study_id, experiment.contrast_id) and is_header(name):
        return name
    study_id = one_line(experiment.study_id, LONGEST).replace(":", " -").lstrip("/ ")
    contrast_id = one_line(experiment.contrast_id, LONGEST)
    is_plain = contrast_id == "1" and ";" not in study_id
    header = study_id if is_plain else f"{study_id}: {contrast_id}"
    return header if is_header(header) else f"study {header}"


def _number(value: float) -> str:
    """The shortest text that gives the very same number."""
    return repr(float(value)).removesuffix(".0")
