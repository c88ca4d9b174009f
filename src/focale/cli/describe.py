"""``focale describe``: read an evidence base descriptively, into a folder."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from focale.cli.atlas_option import atlas_option, atlases_from, words_of_atlases
from focale.cli.console import (
    STOPPED,
    command_words,
    conditions_from,
    evidence_options,
    ids_from,
    protocol_from,
    say,
    say_kept,
    show_evidence,
    stage,
    warn,
)
from focale.cli.method_option import method_options, with_given, words_of_method
from focale.cli.robustness_option import robustness_options, words_of_robustness

if TYPE_CHECKING:
    from focale.io.source import ReadOptions
    from focale.robustness.answers import Questions
    from focale.workflow import Selection


@click.command(short_help="Describe the evidence in INPUT, without a test.")
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@click.option("-o", "--output", required=True, metavar="FOLDER", help="Folder to write.")
@evidence_options
@atlas_option
@robustness_options
@method_options
@click.option("--resume", is_flag=True, help="Go on from the answers of a run that was stopped.")
@click.option("--overwrite", is_flag=True, help="Replace a result that Focale wrote.")
@click.option("--no-figures", is_flag=True, help="Write maps, tables and texts only.")
def describe(
    inputs: tuple[str, ...],
    output: str,
    ids: tuple[str, ...],
    first: int | None,
    where: tuple[str, ...],
    protocol_file: str | None,
    options: ReadOptions,
    atlases: tuple[str, ...],
    questions: Questions | None,
    method: str | None,
    radius: float | None,
    resume: bool,
    overwrite: bool,
    no_figures: bool,
) -> int:
    """Describe the evidence in INPUT without any test; several files are joined.

    Writes the map, clusters above a display-only threshold, what each experiment
    contributes, figures, and a written interpretation. There is no p and no z.
    """
    from focale.workflow import Selection

    command = command_words("describe", inputs, ids, first, where, protocol_file, options)
    command += words_of_atlases(atlases) + words_of_robustness(questions)
    command += words_of_method(method, radius)
    if no_figures:
        command.append("--no-figures")
    return run_describe(
        inputs,
        output,
        selection=Selection(ids=ids_from(ids), first=first, where=conditions_from(where)),
        protocol_file=protocol_file,
        options=options,
        atlases=atlases,
        questions=questions,
        method=method,
        radius_mm=radius,
        command=shlex.join(command),
        overwrite=overwrite,
        resume=resume,
        with_figures=not no_figures,
    )


def run_describe(
    inputs: tuple[str, ...],
    output: str,
    *,
    selection: Selection,
    protocol_file: str | None = None,
    options: ReadOptions | None = None,
    atlases: tuple[str, ...] = (),
    questions: Questions | None = None,
    method: str | None = None,
    radius_mm: float | None = None,
    command: str,
    overwrite: bool,
    resume: bool = False,
    with_figures: bool = True,
) -> int:
    """Read, describe, write, and tell the reader where to look; gives the exit code."""
    from focale.io.atomic import check_writable
    from focale.progress import bar
    from focale.report.interpretation import interpretation
    from focale.workflow import describe_into, parts_beside, read_evidence

    check_writable(Path(output), overwrite=overwrite)
    protocol = with_given(
        protocol_from(protocol_file), protocol_file, method=method, radius_mm=radius_mm
    )
    chosen = atlases_from(atlases)
    stage(f"reading {' '.join(inputs)}")
    studyset = read_evidence(inputs, protocol, selection, options)
    warn(studyset)
    stage("computing and writing (the first run compiles for some seconds)")
    try:
        result = describe_into(
            studyset,
            output,
            protocol,
            command=command,
            overwrite=overwrite,
            resume=resume,
            with_figures=with_figures,
            atlases=chosen,
            questions=questions,
            progress=bar("leave-one-out"),
        )
    except KeyboardInterrupt:
        parts = parts_beside(Path(output))
        if not parts.exists():
            raise
        say_kept(f"finished parts are kept in {parts}", "with --resume")
        return STOPPED
    show_evidence(studyset, result.decision)
    say()
    say(interpretation(result))
    say()
    click.echo(Path(output) / "interpretation.md")
    click.echo(output)
    return 0
