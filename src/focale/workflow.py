"""The whole run, in order: read, decide, describe or infer, examine, write."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from focale.atlases.atlas import Atlas
from focale.correction.null_file import NULL_NAME
from focale.descriptive import DescriptiveResult, describe
from focale.errors import ArgumentError, OutputError
from focale.examination import AnyReading, examine, units_asked_for
from focale.inferential import InferentialResult, infer
from focale.io.atomic import check_writable, is_focale_folder, write_file
from focale.io.source import ReadOptions
from focale.progress import Progress, silent
from focale.protocol.assess import assess
from focale.protocol.protocol import Deviation, Protocol
from focale.report.folder import label_of, write_reading
from focale.report.provenance import Run
from focale.robustness.answers import Questions
from focale.studyset.model import Studyset
from focale.studyset.reading import inspect


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which experiments of a source to read.

    Parameters
    ----------
    ids
        Identifiers, or several in one text parted by commas; None for all.
    first
        Only so many experiments from the beginning; None for all.
    where
        Conditions on tags and notes that experiments must meet; see `Studyset.where`.
    """

    ids: tuple[str, ...] | None = None
    first: int | None = None
    where: tuple[str, ...] = ()

    def of(self, studyset: Studyset) -> Studyset:
        """The experiments asked for."""
        if self.ids is not None and self.first is not None:
            raise ArgumentError("give ids (--ids) or a number of experiments (--first), not both")
        if self.where:
            studyset = studyset.where(*self.where)
        if self.ids is not None:
            return studyset.slice(self._whole_or_parts(set(studyset.ids)))
        if self.first is None:
            return studyset
        if not 1 <= self.first <= len(studyset):
            raise ArgumentError(
                f"the first {self.first} experiments were asked for, but "
                f"{studyset.record.source} has {len(studyset)}; ask for 1 to {len(studyset)}"
            )
        return studyset.slice(studyset.ids[: self.first])

    def _whole_or_parts(self, known: set[str]) -> list[str]:
        """Identifiers, each as given if it is known so, else parted at its commas."""
        ids: list[str] = []
        for given in self.ids or ():
            parts = [given] if given in known else given.split(",")
            ids += [
                part.strip() if part.strip() in known else part for part in parts if part.strip()
            ]
        return ids


def read_evidence(
    source: str | Path | Sequence[str | Path],
    protocol: Protocol,
    selection: Selection | None = None,
    options: ReadOptions | None = None,
) -> Studyset:
    """Read the evidence as a protocol wants it, and look for what is wrong with it.

    Raises
    ------
    InputMissingError
        If there is nothing to read.
    ReadError
        If the source holds errors; the message lists them.
    """
    select = (selection or Selection()).of
    return inspect(source, talairach=protocol.talairach, options=options, select=select).evidence


def describe_into(
    studyset: Studyset,
    folder: str | Path,
    protocol: Protocol | None = None,
    *,
    command: str = "focale.describe_into(studyset, folder, protocol)",
    overwrite: bool = False,
    resume: bool = False,
    with_figures: bool = True,
    atlases: Sequence[Atlas] | None = None,
    questions: Questions | None = None,
    threads: int | None = None,
    progress: Progress = silent,
) -> DescriptiveResult:
    """Describe an evidence base and write maps, tables, figures and texts to a folder.

    Parameters
    ----------
    studyset
        The evidence.
    folder
        Output folder; new or empty, or one that Focale wrote if `overwrite`.
    protocol
        The choices. Where they differ from those of the result that is replaced, the
        difference is recorded as a deviation.
    command
        The command that repeats the run, for the record.
    overwrite
        Whether to replace an earlier result.
    resume
        Whether to go on from the answers of a run that was stopped.
    with_figures
        Whether to draw figures.
    atlases
        Atlases that name peaks and clusters; by default the one that ships with Focale.
    questions
        What is asked about the robustness of the reading; None for nothing. Finished
        parts are kept in a file beside the folder until the result is written.
    threads
        How many threads answer them; by default one for each core.
    progress
        Wraps long loops, to show a bar.

    Raises
    ------
    OutputError
        If the folder cannot be written; checked before anything is computed. Or if
        answers of a run that was stopped are there and it is not said what to do with them.
    """
    folder = Path(folder)
    check_writable(folder, overwrite=overwrite)
    protocol = with_history(protocol or Protocol(), folder)
    parts = _parts_of(folder, resume=resume)
    _check(questions, studyset, protocol)
    result = describe(studyset, protocol, progress, atlases=atlases)
    result = _examined(result, questions, parts, threads, progress)
    write_reading(result, folder, Run(command, label_of(studyset.record.source), with_figures))
    parts.unlink(missing_ok=True)
    return result


def run_into(
    studyset: Studyset,
    folder: str | Path,
    protocol: Protocol | None = None,
    *,
    command: str = "focale.run_into(studyset, folder, protocol)",
    overwrite: bool = False,
    resume: bool = False,
    with_figures: bool = True,
    atlases: Sequence[Atlas] | None = None,
    questions: Questions | None = None,
    null: str | Path | None = None,
    stop_after: int | None = None,
    executor: Executor | None = None,
    threads: int | None = None,
    progress: Progress = silent,
) -> DescriptiveResult | InferentialResult:
    """Read an evidence base as the protocol decides, and write the result to a folder.

    Where it decides for an inferential reading, the Monte Carlo iterations are kept in a
    file beside the folder while they are computed, and in the folder (`null.npz`) when it
    is complete.

    Parameters
    ----------
    studyset, folder, protocol, command, overwrite, with_figures, atlases, questions
        As for `describe_into`.
    resume
        Whether to go on from the iterations and answers of a run that was stopped, or from
        the iterations of the result that is replaced.
    null
        File of iterations to go on from instead, perhaps made of shards; left as it is
        unless more iterations are asked for than it has.
    stop_after, executor, threads
        As for `fwe`.
    progress
        Wraps the iterations, to show a bar.

    Raises
    ------
    OutputError
        If the folder cannot be written; checked before anything is computed. Or if
        iterations of a run that was stopped are there and it is not said what to do with
        them.
    """
    folder = Path(folder)
    check_writable(folder, overwrite=overwrite)
    protocol = with_history(protocol or Protocol(), folder)
    run = Run(command, label_of(studyset.record.source), with_figures)
    parts = _parts_of(folder, resume=resume)
    _check(questions, studyset, protocol)
    if assess(studyset, protocol).mode == "descriptive":
        described = describe(studyset, protocol, progress, atlases=atlases)
        described = _examined(described, questions, parts, threads, progress)
        write_reading(described, folder, run)
        parts.unlink(missing_ok=True)
        return described
    kept = Path(null) if null is not None else _iterations_of(folder, resume=resume)
    result = infer(
        studyset,
        protocol,
        atlases=atlases,
        stop_after=stop_after,
        executor=executor,
        threads=threads,
        checkpoint=kept,
        progress=progress,
    )
    result = _examined(result, questions, parts, threads, progress)
    write_reading(result, folder, run, kept)
    parts.unlink(missing_ok=True)
    if null is None:
        kept.unlink(missing_ok=True)
    return result


def null_beside(folder: Path) -> Path:
    """File that keeps iterations while a result is not complete, beside its folder."""
    place = folder.absolute()
    return place.with_name(f"{place.name}.null.npz")


def parts_beside(folder: Path) -> Path:
    """File that keeps finished answers while a result is not complete, beside its folder."""
    place = folder.absolute()
    return place.with_name(f"{place.name}.parts.npz")


def _examined(
    result: AnyReading,
    questions: Questions | None,
    parts: Path,
    threads: int | None,
    progress: Progress,
) -> AnyReading:
    """The reading with answers, if any are asked for."""
    if questions is None:
        return result
    return examine(result, questions, threads=threads, checkpoint=parts, progress=progress)


def _check(questions: Questions | None, studyset: Studyset, protocol: Protocol) -> None:
    """Refuse questions that cannot be asked, before anything is computed."""
    if questions is not None:
        pooled = studyset.pooled(protocol.pooling, protocol.pooled_n)
        units_asked_for(pooled, protocol, questions)


def _parts_of(folder: Path, *, resume: bool) -> Path:
    """The file to keep answers in; holds those to go on from, if any."""
    beside = parts_beside(folder)
    if not resume and beside.exists():
        raise OutputError(
            f"{beside} holds answers of a run that was stopped; go on from them with --resume "
            "(resume=True), or remove the file"
        )
    return beside


def _iterations_of(folder: Path, *, resume: bool) -> Path:
    """The file to keep iterations in; holds those to go on from, if any."""
    beside, within = null_beside(folder), folder / NULL_NAME
    if not resume and beside.exists():
        raise OutputError(
            f"{beside} holds the iterations of a run that was stopped; go on from them with "
            "--resume (resume=True), or remove the file"
        )
    if resume and not beside.exists() and within.exists():
        write_file(beside, within.read_bytes())
    return beside


def with_history(protocol: Protocol, folder: Path) -> Protocol:
    """The protocol with the deviations of the result it replaces, and from it."""
    if not (folder / "protocol.toml").is_file() or not is_focale_folder(folder):
        return protocol
    earlier = Protocol.from_toml(folder / "protocol.toml")
    kept = [d for d in earlier.deviations if d not in protocol.deviations]
    declared = " ".join(deviation.changes for deviation in protocol.deviations)
    changes = [change for change in earlier.differences(protocol) if change not in declared]
    if changes:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        reason = "the protocol was changed after a first run in the same output folder"
        kept.append(Deviation(reason, "; ".join(changes), now))
    return replace(protocol, deviations=(*kept, *protocol.deviations))
