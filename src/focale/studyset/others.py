"""The experiments that are left of a source where another tool reads it.

Focale keeps every experiment. To explain the difference to another tool, it must be able to
lose those that the other loses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from focale.io.records import ExperimentRecord
from focale.studyset.model import Studyset

ReaderOf = Literal["complete", "nimare-0.22"]
"""Whose reader decides which experiments of a source there are."""

_YEAR = re.compile(r"(?:19|20)\d{2}")
_SEPARATOR = re.compile("[;:]")


def taken_as(studyset: Studyset, reading: ReaderOf = "complete") -> Studyset:
    """The experiments that a reader takes from the source of a studyset.

    Parameters
    ----------
    studyset
        The evidence as Focale reads it, which is all of it.
    reading
        "complete" for all experiments. "nimare-0.22": of a Sleuth file, an experiment
        overwrites an earlier one with the same study and contrast in its header, and one
        without foci lends its header to the next and is lost (`nimare.io`,
        `convert_sleuth_to_dict`). Other formats have identifiers and lose nothing.
    """
    if reading == "complete" or "Sleuth" not in studyset.record.format:
        return studyset
    kept = _kept_by_nimare(studyset.record.experiments)
    if len(kept) in (0, len(studyset)):
        return studyset
    return studyset.slice([experiment.id for experiment in kept])


def _kept_by_nimare(experiments: Sequence[ExperimentRecord]) -> list[ExperimentRecord]:
    """Experiments by study and contrast, the last of each, in the order of the first."""
    kept: dict[str, dict[str, ExperimentRecord]] = {}
    above, file = "", ""
    for experiment in experiments:
        if experiment.file != file:
            above, file = "", experiment.file
        header = f"{above}{experiment.name}"
        if not experiment.foci:
            above = f"{header} Subjects={experiment.n_subjects} "
            continue
        above = ""
        study, contrast = _parted_by_nimare(header.strip())
        kept.setdefault(study, {})[contrast] = experiment
    return [experiment for contrasts in kept.values() for experiment in contrasts.values()]


def _parted_by_nimare(header: str) -> tuple[str, str]:
    """Study and contrast of a header: at the first ";" or ":" after a year, else at the first."""
    year = _YEAR.search(header)
    at = _SEPARATOR.search(header, year.end()) if year else None
    if at is None and ";" in header:
        at = re.search(";", header)
    at = at or _SEPARATOR.search(header)
    if at is None:
        return header, "analysis_1"
    study, contrast = header[: at.start()].strip(), header[at.end() :].strip()
    return study or header, contrast or "analysis_1"
