"""Ask what would change a reading: each study left out, and the whole decided anew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from focale.descriptive import DescriptiveResult
from focale.errors import ArgumentError, EvidenceError
from focale.inferential import InferentialResult
from focale.phrases import count, listed
from focale.progress import Progress, silent
from focale.protocol.protocol import Protocol
from focale.robustness.answers import Questions, Removals, Robustness
from focale.robustness.fail_safe import FailSafe, fail_safe
from focale.robustness.keeping import NOTHING, Keeper
from focale.robustness.kept import keeping
from focale.robustness.leave_out import leave_out
from focale.robustness.removals import smallest_removals
from focale.robustness.rereading import Redisplay, Rereading, Rereadings, Retest
from focale.robustness.resampling import FEWEST_GROUPS
from focale.robustness.rules import Corrected, Displayed, Formed, Rule
from focale.robustness.stability import Stability, stability
from focale.robustness.units import Units, units_of, units_that_differ
from focale.studyset.model import Studyset

AnyReading = TypeVar("AnyReading", DescriptiveResult, InferentialResult)

LEAST_EXPERIMENTS = 3


def examine(
    result: AnyReading,
    questions: Questions | None = None,
    *,
    threads: int | None = None,
    checkpoint: str | Path | None = None,
    progress: Progress = silent,
) -> AnyReading:
    """The reading with answers about its robustness.

    Every answer decides the whole reading anew: the same protocol and seed, but the null,
    and with it the threshold, of the experiments that are left.

    Parameters
    ----------
    result
        A descriptive or an inferential reading; left as it is.
    questions
        What is asked; by default everything.
    threads
        As for `fwe`.
    checkpoint
        File that keeps finished parts, also when the work is stopped; the same call goes on
        from it.
    progress
        Wraps loops, to show a bar.

    Raises
    ------
    EvidenceError
        If there are too few subject groups to leave one out (three), or to draw subsamples
        (four).
    ArgumentError
        If the null of the protocol cannot answer what is asked, or a descriptive reading is
        asked for fail-safe N alone.
    ReadError
        If the checkpoint is that of other data or settings.

    Examples
    --------
    >>> from focale import Protocol, Studyset, infer, pain_studyset_path
    >>> result = infer(Studyset(pain_studyset_path()), Protocol(iterations=100))
    >>> examined = examine(result, Questions(parts=("leave-out",)))
    >>> examined.robustness.left_out[0].survives.shape
    (21, 6)
    """
    questions = questions or Questions()
    units = units_asked_for(result.studyset, result.protocol, questions)
    if questions.parts == ("fail-safe",) and isinstance(result, DescriptiveResult):
        raise ArgumentError(
            "fail-safe N is about clusters that survive a test, and a descriptive reading has "
            "none; ask for other parts"
        )
    with _kept(result, questions, checkpoint) as kept:
        readings = Rereadings(_rereading(result, threads), kept)
        how = _How(threads, kept, progress)
        answers = Robustness(
            questions=questions,
            left_out=tuple(
                leave_out(readings, own, progress)
                for own in units
                if "leave-out" in questions.parts
            ),
            removals=tuple(
                _removals(readings, own, questions, progress)
                for own in units
                if "removals" in questions.parts
            ),
            stability=_stability(result, questions, how),
            fail_safe=_fail_safe(result, questions, how),
        )
    return replace(result, robustness=answers)


@dataclass(frozen=True, slots=True)
class _How:
    """Where something is computed and kept, and who is told."""

    threads: int | None
    kept: Keeper
    progress: Progress


def units_asked_for(studyset: Studyset, protocol: Protocol, questions: Questions) -> list[Units]:
    """What is left out of an evidence base, as it is analysed; raises as `examine` does."""
    _check_null(protocol, questions)
    source, groups = studyset.record.source, count(len(studyset.subject_groups), "subject group")
    if len(studyset) < LEAST_EXPERIMENTS:
        raise EvidenceError(
            f"{source} has {count(len(studyset), 'experiment')} to analyse; without one of them "
            "too little would be left to compare, so robustness is asked of three or more"
        )
    if "stability" in questions.parts and len(studyset.subject_groups) < FEWEST_GROUPS:
        raise EvidenceError(
            f"{source} has {groups}, and subsamples are drawn from at least {FEWEST_GROUPS}; ask "
            "for the other parts alone (leave-out, removals)"
        )
    if not questions.units:
        return units_that_differ(studyset)
    return [units_of(studyset, kind) for kind in questions.units]


def _check_null(protocol: Protocol, questions: Questions) -> None:
    needing = [part for part in questions.parts if part in ("stability", "fail-safe")]
    if protocol.null != "exact" and needing:
        raise ArgumentError(
            f"{listed(needing)} need the exact uncorrected null, and the protocol has "
            f"null={protocol.null!r}; ask for leave-out and removals alone"
        )


def _rereading(result: AnyReading, threads: int | None) -> Rereading:
    protocol = result.protocol
    if isinstance(result, InferentialResult):
        level = protocol.correction
        return Retest(result.fwe, result.clusters, protocol.alpha, level, threads)
    return Redisplay(result.map, result.clusters, protocol.display_percentile)


def _removals(
    readings: Rereadings, units: Units, questions: Questions, progress: Progress
) -> Removals:
    exact_up_to = questions.exact_up_to
    found = smallest_removals(readings, units, exact_up_to=exact_up_to, progress=progress)
    return Removals(units=units, of_clusters=tuple(found), exact_up_to=exact_up_to)


def _stability(result: AnyReading, questions: Questions, how: _How) -> Stability | None:
    if "stability" not in questions.parts:
        return None
    return stability(
        result.map,
        result.clusters,
        _rule(result, questions),
        n_replicates=questions.n_replicates,
        with_replacement=questions.bootstrap,
        group=units_of(result.studyset, "subject_group").of_experiment,
        seed=result.protocol.seed,
        threads=how.threads,
        kept=how.kept,
        progress=how.progress,
    )


def _rule(result: AnyReading, questions: Questions) -> Rule:
    """What it takes to survive in a subsample."""
    protocol = result.protocol
    if not isinstance(result, InferentialResult):
        return Displayed(protocol.display_percentile)
    if questions.correct_replicates:
        return Corrected(protocol.correction, protocol.alpha, settings=result.fwe.settings)
    return Formed(protocol.cluster_forming_p)


def _fail_safe(result: AnyReading, questions: Questions, how: _How) -> FailSafe | None:
    asked = "fail-safe" in questions.parts and isinstance(result, InferentialResult)
    if not asked or not len(result.clusters):
        return None
    assert isinstance(result, InferentialResult)
    return fail_safe(
        result.fwe,
        result.clusters,
        result.protocol.alpha,
        result.protocol.correction,
        n_realisations=questions.n_lists,
        most=questions.most_noise,
        seed=result.protocol.seed,
        threads=how.threads,
        kept=how.kept,
        progress=how.progress,
    )


@contextmanager
def _kept(
    result: AnyReading, questions: Questions, checkpoint: str | Path | None
) -> Iterator[Keeper]:
    if checkpoint is None:
        yield NOTHING
        return
    with keeping(Path(checkpoint), _key(result, questions)) as kept:
        yield kept


def _key(result: AnyReading, questions: Questions) -> Mapping[str, Any]:
    """What the answers are a function of; which of them are asked does not matter."""
    digest = hashlib.sha256(result.mask.sha256.encode())
    for part in (result.ma.offsets, result.ma.voxels, result.ma.values):
        digest.update(part.astype("<i8").tobytes())
    key = {"data": digest.hexdigest(), "protocol": result.protocol.fingerprint}
    if isinstance(result, InferentialResult):
        key["sampling"] = result.fwe.sampling.sha256
        key["stop_after"] = str(result.fwe.stop_after)
    asked = asdict(questions)
    return {**key, **{name: str(asked[name]) for name in asked if name not in ("parts", "units")}}
