"""The evidence of a meta-analysis: studies, experiments and foci in one space.

A study (a paper) has experiments (contrasts), an experiment has foci and one sample
size. A `Studyset` is a record of a source seen in a target space: foci are one array
with offsets per experiment, converted where the source has Talairach coordinates. It
never changes; slicing gives a new one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from focale._check import check_choice
from focale.errors import ArgumentError, EvidenceError
from focale.io.formats import read_record
from focale.io.nimads import read_tree
from focale.io.problems import Problem, raise_errors
from focale.io.records import ExperimentRecord, FocusRecord, StudysetRecord
from focale.io.source import Readable, ReadOptions, Space
from focale.io.spaces import canonical_space, unplaced_foci
from focale.phrases import count
from focale.space.talairach import TalairachMatrix, talairach_to_mni
from focale.space.targets import TARGETS
from focale.studyset import frames
from focale.typing import FloatArray, IntArray, StrArray

if TYPE_CHECKING:
    import pandas as pd


class Studyset:
    """Experiments and their foci, in millimetres of a target space.

    Parameters
    ----------
    source
        Path of a NIMADS JSON or Sleuth text file, a NIMADS dictionary, or a record.
    target
        Space of the analysis. MNI coordinates are taken as they are, Talairach
        coordinates are converted.
    space
        "MNI" or "TAL" for foci whose space the source leaves open or names in a way
        Focale does not know. By default such a focus is an error.
    talairach
        Matrix of the Talairach conversion (Lancaster et al. 2007): "pooled", "spm" or
        "fsl".

    Attributes
    ----------
    record
        What the source says, as reported.
    foci_mm
        Shape (n_foci, 3); millimetres in the target space.
    offsets
        Shape (n_experiments + 1,); experiment i has the foci `offsets[i]` to
        `offsets[i + 1]`.
    n_subjects
        Shape (n_experiments,); sample sizes, NaN where the source has none.

    Raises
    ------
    InputMissingError
        If the file is not there.
    ReadError
        If the source cannot be read; the message lists every problem.

    Examples
    --------
    >>> from focale import pain_studyset_path
    >>> studyset = Studyset(pain_studyset_path())
    >>> studyset
    Studyset: 21 studies, 21 experiments, 267 foci, 334 subjects (mni152_2mm)
    >>> studyset.slice(studyset.ids[:8]).coordinates.shape
    (107, 7)
    """

    __slots__ = ("foci_mm", "n_subjects", "offsets", "record", "space", "talairach", "target")

    record: StudysetRecord
    target: str
    space: Space | None
    talairach: TalairachMatrix
    foci_mm: FloatArray
    offsets: IntArray
    n_subjects: FloatArray

    def __init__(
        self,
        source: str | Path | Mapping[str, Any] | StudysetRecord,
        target: str = "mni152_2mm",
        *,
        space: Space | None = None,
        talairach: TalairachMatrix = "pooled",
    ) -> None:
        check_choice("target", "Studyset", target, TARGETS)
        check_choice("space", "Studyset", space, (None, "MNI", "TAL"))
        record = _record_of(source, space)
        if not record.experiments:
            raise EvidenceError(
                f"{record.source} holds no experiment, so there is nothing to analyse; "
                "check that its studies have analyses with points"
            )
        foci = [focus for experiment in record.experiments for focus in experiment.foci]
        spaces = _canonical_spaces(record, space)
        counts = [len(experiment.foci) for experiment in record.experiments]
        values = {
            "record": record,
            "target": target,
            "space": space,
            "talairach": talairach,
            "foci_mm": _in_mni(foci, spaces, talairach),
            "offsets": np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            "n_subjects": np.array(
                [np.nan if e.n_subjects is None else e.n_subjects for e in record.experiments]
            ),
        }
        for name, value in values.items():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a Studyset never changes; make a new one with slice()")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("a Studyset never changes; make a new one with slice()")

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.record, self.target, self.space, self.talairach)

    def __len__(self) -> int:
        """Number of experiments."""
        return len(self.record.experiments)

    def __iter__(self) -> Iterator[ExperimentRecord]:
        """Experiments as the source reports them."""
        return iter(self.record.experiments)

    def __repr__(self) -> str:
        known = self.n_subjects[np.isfinite(self.n_subjects)]
        subjects = f"{known.sum():g} subjects" if known.size else "sample sizes unknown"
        return (
            f"Studyset: {count(len(self.study_ids), 'study', 'studies')}, "
            f"{count(len(self), 'experiment')}, {count(self.n_foci, 'focus', 'foci')}, "
            f"{subjects} ({self.target})"
        )

    @property
    def ids(self) -> StrArray:
        """Shape (n_experiments,); identifiers, "study-contrast", in the order of the source."""
        return np.array([e.id for e in self.record.experiments], dtype=object)

    @property
    def study_ids(self) -> StrArray:
        """Shape (n_studies,); each study once, in the order of the source."""
        studies = dict.fromkeys(e.study_id for e in self.record.experiments)
        return np.array(list(studies), dtype=object)

    @property
    def n_foci(self) -> int:
        """Number of foci of all experiments."""
        return len(self.foci_mm)

    @property
    def experiment_of_focus(self) -> IntArray:
        """Shape (n_foci,); number of the experiment each focus belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    @property
    def study_of_experiment(self) -> IntArray:
        """Shape (n_experiments,); number of the study each experiment belongs to."""
        number = {study_id: i for i, study_id in enumerate(self.study_ids)}
        return np.array([number[e.study_id] for e in self.record.experiments])

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What the reader noticed in the source."""
        return self.record.problems

    @property
    def n_converted(self) -> int:
        """Number of foci that were converted from Talairach coordinates."""
        return _canonical_spaces(self.record, self.space).count("TAL")

    @property
    def coordinates(self) -> pd.DataFrame:
        """Foci as a table: id, study_id, contrast_id, x, y, z, space."""
        return frames.coordinates(self.record, self.foci_mm, self.target)

    @property
    def metadata(self) -> pd.DataFrame:
        """Experiments as a table: id, study_id, contrast_id, name, sample size, foci."""
        return frames.metadata(self.record)

    @property
    def studies(self) -> pd.DataFrame:
        """Studies as a table: study_id, n_experiments, n_foci, and what the source says."""
        return frames.studies(self.record)

    def slice(self, ids: Sequence[str] | StrArray) -> Studyset:
        """Studyset of the experiments with these identifiers, in the order given.

        Raises
        ------
        ArgumentError
            If an identifier is not in the studyset, or is given twice.
        """
        position = {str(experiment_id): i for i, experiment_id in enumerate(self.ids)}
        wanted = [str(experiment_id) for experiment_id in ids]
        missing = [experiment_id for experiment_id in wanted if experiment_id not in position]
        if missing:
            few = ", ".join(repr(experiment_id) for experiment_id in missing[:5])
            raise ArgumentError(
                f"cannot find {len(missing)} of the {len(wanted)} ids asked for in "
                f"{self.record.source}: {few}; "
                f"its ids look like {str(self.ids[0])!r}"
            )
        if len(set(wanted)) < len(wanted):
            raise ArgumentError("an id is asked for more than once; give each id once")
        if not wanted:
            raise ArgumentError("no id is asked for, so no experiment would be left")
        record = self.record.select([position[experiment_id] for experiment_id in wanted])
        return _rebuild(record, self.target, self.space, self.talairach)


def _rebuild(
    record: StudysetRecord, target: str, space: Space | None, talairach: TalairachMatrix
) -> Studyset:
    return Studyset(record, target, space=space, talairach=talairach)


def _record_of(
    source: Readable | Mapping[str, Any] | StudysetRecord, space: Space | None
) -> StudysetRecord:
    if isinstance(source, StudysetRecord):
        return source
    if isinstance(source, Mapping):
        record = read_tree(source, "dictionary")
        raise_errors(record.source, record.problems)
        return record
    return read_record(source, ReadOptions(space=space))


def _canonical_spaces(record: StudysetRecord, default: str | None) -> list[str]:
    """MNI or TAL for every focus; an error for each experiment with another space."""
    raise_errors(record.source, unplaced_foci(record, default))
    return [
        canonical_space(focus.space or "") or default or ""
        for experiment in record.experiments
        for focus in experiment.foci
    ]


def _in_mni(
    foci: Sequence[FocusRecord], spaces: Sequence[str], talairach: TalairachMatrix
) -> FloatArray:
    foci_mm = np.array([focus.mm for focus in foci], dtype=float).reshape(-1, 3)
    is_talairach = np.array([space == "TAL" for space in spaces], dtype=bool)
    foci_mm[is_talairach] = talairach_to_mni(foci_mm[is_talairach], talairach)
    return foci_mm
