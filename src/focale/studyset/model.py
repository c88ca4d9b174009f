"""The evidence of a meta-analysis: studies, experiments and foci in one space.

A study (a paper) has experiments (contrasts), an experiment has foci and one sample
size. Experiments of the same participants form a subject group. A `Studyset` is a record
of a source seen in a target space: foci are one array with offsets per experiment,
converted where the source has Talairach coordinates. It never changes; slicing and
pooling give a new one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias, cast, get_args

import numpy as np

from focale._check import check_choice
from focale.errors import ArgumentError, EvidenceError
from focale.io.formats import read_record
from focale.io.nimads import read_tree
from focale.io.problems import Problem, raise_errors
from focale.io.records import ExperimentRecord, FocusRecord, StudysetRecord
from focale.io.source import Readable, ReadOptions, Space
from focale.io.spaces import canonical_space, unplaced_foci
from focale.io.table.analyses import matches, unknown_tags
from focale.phrases import count, listed
from focale.space.talairach import TalairachMatrix, talairach_to_mni
from focale.space.targets import TARGETS
from focale.studyset import frames
from focale.studyset.pooling import PooledN, Pooling, pool
from focale.typing import FloatArray, IntArray, StrArray

if TYPE_CHECKING:
    import pandas as pd

Source: TypeAlias = Readable | Sequence[Readable] | Mapping[str, Any] | StudysetRecord


class Studyset:
    """Experiments and their foci, in millimetres of a target space.

    Parameters
    ----------
    source
        A file of any format Focale reads (path, address or open file), several of them
        in a list, a NIMADS dictionary, or a record. `focale.read` has more options.
    target
        Space of the analysis. MNI coordinates are taken as they are, Talairach
        coordinates are converted.
    space
        "MNI" or "TAL" for foci whose space the source leaves open or names in a way
        Focale does not know. By default such a focus is an error.
    talairach
        Conversion of Talairach coordinates: the matrix of Lancaster et al. (2007) that is
        "pooled", "spm" or "fsl", or "brett" for coordinates made with Brett's mni2tal. An
        experiment whose source names another takes that one.

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
    >>> studyset  # doctest: +ELLIPSIS
    Studyset: 21 studies, 21 subject groups, 21 experiments, 267 foci, 334 participants ...
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
        source: Source,
        target: str = "mni152_2mm",
        *,
        space: Space | None = None,
        talairach: TalairachMatrix = "pooled",
    ) -> None:
        check_choice("target", "Studyset", target, TARGETS)
        check_choice("space", "Studyset", space, (None, "MNI", "TAL"))
        check_choice("talairach", "Studyset", talairach, get_args(TalairachMatrix))
        record = _record_of(source, space)
        if not record.experiments:
            raise EvidenceError(
                f"{record.source} holds no experiment, so there is nothing to analyse; "
                "check that its studies have analyses with points"
            )
        foci = [focus for experiment in record.experiments for focus in experiment.foci]
        conversions = _conversions(record, space, talairach)
        counts = [len(experiment.foci) for experiment in record.experiments]
        values = {
            "record": record,
            "target": target,
            "space": space,
            "talairach": talairach,
            "foci_mm": _in_mni(foci, conversions),
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
        n = self.n_participants
        parts = [
            count(len(self.study_ids), "study", "studies"),
            count(len(self.subject_groups), "subject group"),
            count(len(self), "experiment"),
            count(self.n_foci, "focus", "foci"),
            "sample sizes unknown" if n is None else f"{n:g} participants",
        ]
        return f"Studyset: {', '.join(parts)} ({self.target})"

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
    def subject_groups(self) -> StrArray:
        """Shape (n_groups,); each subject group once: the study where none is given."""
        return np.array(list(dict.fromkeys(e.group for e in self.record.experiments)), object)

    @property
    def n_foci(self) -> int:
        """Number of foci of all experiments."""
        return len(self.foci_mm)

    @property
    def n_participants(self) -> float | None:
        """Participants, each subject group counted once; None where no size is known."""
        return self.record.n_participants

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
        """What the reader noticed in the source, and with `focale.read` what looks wrong."""
        return self.record.problems

    @property
    def conversion_of_focus(self) -> list[TalairachMatrix | None]:
        """How each focus was converted from Talairach coordinates; None for MNI ones."""
        return _conversions(self.record, self.space, self.talairach)

    @property
    def conversions(self) -> dict[str, dict[TalairachMatrix, int]]:
        """Foci converted from Talairach coordinates: experiment id, matrix, number of foci.

        Experiments as reported, also where they were pooled.
        """
        made = iter(self.conversion_of_focus)
        found: dict[str, dict[TalairachMatrix, int]] = {}
        for experiment in _reported(self.record):
            used = Counter(m for _, m in zip(experiment.foci, made, strict=False) if m)
            if used:
                found[experiment.id] = dict(used)
        return found

    @property
    def n_converted_by(self) -> dict[TalairachMatrix, int]:
        """Number of foci each conversion of Talairach coordinates was applied to."""
        used: Counter[TalairachMatrix] = Counter()
        for matrices in self.conversions.values():
            used.update(matrices)
        return dict(used)

    @property
    def n_converted(self) -> int:
        """Number of foci that were converted from Talairach coordinates."""
        return sum(self.n_converted_by.values())

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

    def with_problems(self, problems: Sequence[Problem]) -> Studyset:
        """The same evidence with more noticed about it."""
        noted = object.__new__(Studyset)
        for name in self.__slots__:
            object.__setattr__(noted, name, getattr(self, name))
        record = replace(self.record, problems=(*self.record.problems, *problems))
        object.__setattr__(noted, "record", record)
        return noted

    def pooled(self, policy: Pooling = "pool", pooled_n: PooledN = "min") -> Studyset:
        """Studyset with one experiment for each subject group; see `pooling.pool`.

        Parameters
        ----------
        policy
            "pool" joins the foci of a group, "first" takes its first experiment, "keep"
            treats all as independent.
        pooled_n
            Sample size of a pooled experiment: "min" or "max" of its members.
        """
        record = pool(self.record, policy, pooled_n)
        if record is self.record:
            return self
        return _rebuild(record, self.target, self.space, self.talairach)

    def where(self, *conditions: str) -> Studyset:
        """Studyset of the experiments whose tags and notes meet all conditions.

        Parameters
        ----------
        *conditions
            "+tag" for a tag an experiment must have, "-tag" for one it must not have,
            "+name=value" for a note with that value. Capitals do not count.

        Raises
        ------
        ArgumentError
            If a condition is not of this form, or names a tag no experiment has.
        EvidenceError
            If no experiment meets them.
        """
        odd = [c for c in conditions if c[:1] not in ("+", "-") or not c[1:].strip()]
        if odd or not conditions:
            raise ArgumentError(
                f"a condition must be +tag, -tag or +name=value, got {odd[0] if odd else 'none'!r}"
            )
        annotations = [experiment.annotations for experiment in self]
        if unknown := unknown_tags(annotations, conditions):
            known = sorted({str(name) for owned in annotations for name in owned})
            has = f"it has {listed(known[:10])}" if known else "its experiments have no tags"
            raise ArgumentError(
                f"no experiment of {self.record.source} has {listed(unknown, 'or')}; {has}"
            )
        ids = [e.id for e in self if matches(e.annotations, conditions)]
        if not ids:
            raise EvidenceError(
                f"no experiment of {self.record.source} meets {' '.join(conditions)}"
            )
        return self.slice(ids)

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


def _record_of(source: Source, space: Space | None) -> StudysetRecord:
    if isinstance(source, StudysetRecord):
        return source
    if isinstance(source, Mapping):
        record = read_tree(source, "dictionary")
        raise_errors(record.source, record.problems)
        return record
    return read_record(source, ReadOptions(space=space))


def _reported(record: StudysetRecord) -> Iterator[ExperimentRecord]:
    """Experiments as reported, in the order of the foci."""
    return (member for experiment in record.experiments for member in experiment.reported)


def _conversions(
    record: StudysetRecord, space: Space | None, default: TalairachMatrix
) -> list[TalairachMatrix | None]:
    """How each focus is converted; None for MNI coordinates."""
    raise_errors(record.source, [*unplaced_foci(record, space), *unknown_matrices(record)])
    known: dict[str | None, bool] = {}
    made: list[TalairachMatrix | None] = []
    for experiment in _reported(record):
        matrix = cast("TalairachMatrix", experiment.talairach or default)
        for focus in experiment.foci:
            if focus.space not in known:
                known[focus.space] = (canonical_space(focus.space or "") or space) == "TAL"
            made.append(matrix if known[focus.space] else None)
    return made


def unknown_matrices(record: StudysetRecord) -> list[Problem]:
    """An error for each experiment whose source names a conversion that is none."""
    return [
        Problem(
            severity="error",
            code="unknown-matrix",
            what="not a conversion of Talairach coordinates",
            found=str(experiment.talairach),
            expected=f"write {listed(get_args(TalairachMatrix), 'or')}",
            file=experiment.file,
            line=experiment.line,
            experiment=experiment.id,
        )
        for experiment in _reported(record)
        if experiment.talairach not in (None, *get_args(TalairachMatrix))
    ]


def _in_mni(
    foci: Sequence[FocusRecord], conversions: Sequence[TalairachMatrix | None]
) -> FloatArray:
    foci_mm = np.array([focus.mm for focus in foci], dtype=float).reshape(-1, 3)
    for matrix in dict.fromkeys(conversions):
        if matrix is not None:
            of_matrix = np.array([conversion == matrix for conversion in conversions], dtype=bool)
            foci_mm[of_matrix] = talairach_to_mni(foci_mm[of_matrix], matrix)
    return foci_mm
