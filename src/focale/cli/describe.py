"""``focale describe``: read an evidence base descriptively, into a folder."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from focale.cli.atlas_option import atlas_option, atlases_from, words_of_atlases
from focale.cli.console import (
    command_words,
    conditions_from,
    evidence_options,
    ids_from,
    protocol_from,
    say,
    show_evidence,
    stage,
    warn,
)

if TYPE_CHECKING:
    from focale.io.source import ReadOptions
    from focale.workflow import Selection


@click.command(short_help="Describe the evidence in INPUT, without a test.")
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@click.option("-o", "--output", required=True, metavar="FOLDER", help="Folder to write.")
@evidence_options
@atlas_option
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
    overwrite: bool,
    no_figures: bool,
) -> None:
    """Describe the evidence in INPUT without any test; several files are joined.

    Writes the ALE map, clusters above a display-only threshold, what each experiment
    contributes, figures, and a written interpretation. There is no p and no z.
    """
    from focale.workflow import Selection

    command = command_words("describe", inputs, ids, first, where, protocol_file, options)
    command += words_of_atlases(atlases)
    if no_figures:
        command.append("--no-figures")
    run_describe(
        inputs,
        output,
        selection=Selection(ids=ids_from(ids), first=first, where=conditions_from(where)),
        protocol_file=protocol_file,
        options=options,
        atlases=atlases,
        command=shlex.join(command),
        overwrite=overwrite,
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
    command: str,
    overwrite: bool,
    with_figures: bool = True,
) -> None:
    """Read, describe, write, and tell the reader where to look."""
    from focale.io.atomic import check_writable
    from focale.progress import bar
    from focale.report.interpretation import interpretation
    from focale.workflow import describe_into, read_evidence

    check_writable(Path(output), overwrite=overwrite)
    protocol, chosen = protocol_from(protocol_file), atlases_from(atlases)
    stage(f"reading {' '.join(inputs)}")
    studyset = read_evidence(inputs, protocol, selection, options)
    warn(studyset)
    stage("computing and writing (the first run compiles for some seconds)")
    result = describe_into(
        studyset,
        output,
        protocol,
        command=command,
        overwrite=overwrite,
        with_figures=with_figures,
        atlases=chosen,
        progress=bar("leave-one-out"),
    )
    show_evidence(studyset, result.decision)
    say()
    say(interpretation(result))
    say()
    click.echo(Path(output) / "interpretation.md")
    click.echo(output)
