"""``focale run``: the whole analysis, as the protocol decides."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from focale.cli.atlas_option import atlas_option, atlases_from, words_of_atlases
from focale.cli.console import (
    STOPPED,
    aligned,
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
from focale.cli.overrides import overridden
from focale.cli.profile_option import PROFILE_HELP, with_profile
from focale.cli.robustness_option import (
    robustness_options,
    warn_of_time,
    words_of_robustness,
)
from focale.errors import ArgumentError
from focale.phrases import one_line, share_text

if TYPE_CHECKING:
    from focale.descriptive import DescriptiveResult
    from focale.inferential import InferentialResult
    from focale.io.source import ReadOptions
    from focale.protocol.protocol import Protocol
    from focale.robustness.answers import Questions
    from focale.studyset.model import Studyset
    from focale.workflow import Selection


@click.command(short_help="Read INPUT as the protocol decides, with its test if it allows one.")
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@click.option("-o", "--output", required=True, metavar="FOLDER", help="Folder to write.")
@evidence_options
@atlas_option
@robustness_options
@click.option("--profile", metavar="NAME", help=PROFILE_HELP)
@click.option("--iterations", type=int, metavar="N", help="Random maps of the null.")
@click.option("--seed", type=int, metavar="K", help="Seed of the random numbers.")
@click.option("--threads", type=int, metavar="T", help="Threads; by default one a core.")
@click.option(
    "--stop-after",
    type=int,
    metavar="H",
    help="Sequential test: end once H random maps are as extreme in every respect.",
)
@click.option("--resume", is_flag=True, help="Go on from iterations of a run that was stopped.")
@click.option("--null", metavar="FILE", help="Go on from the iterations in FILE.")
@click.option(
    "--shard", metavar="I/N", help="Compute part I of N of the iterations, into the file OUTPUT."
)
@click.option("--overwrite", is_flag=True, help="Replace a result that Focale wrote.")
@click.option("--no-figures", is_flag=True, help="Write maps, tables and texts only.")
def run(
    inputs: tuple[str, ...],
    output: str,
    ids: tuple[str, ...],
    first: int | None,
    where: tuple[str, ...],
    protocol_file: str | None,
    options: ReadOptions,
    atlases: tuple[str, ...],
    questions: Questions | None,
    profile: str | None,
    iterations: int | None,
    seed: int | None,
    threads: int | None,
    stop_after: int | None,
    resume: bool,
    null: str | None,
    shard: str | None,
    overwrite: bool,
    no_figures: bool,
) -> int:
    """Read the evidence in INPUT as the protocol decides; several files are joined.

    With enough independent experiments, convergence is tested with control of the
    family-wise error by Monte Carlo; with fewer, the evidence is described as `focale
    describe` does. Ctrl-C keeps the iterations; --resume goes on from them.
    """
    from focale.workflow import Selection, read_evidence

    protocol = with_profile(protocol_from(protocol_file), profile, protocol_file)
    protocol = overridden(protocol, protocol_file, iterations=iterations, seed=seed)
    selection = Selection(ids=ids_from(ids), first=first, where=conditions_from(where))
    if shard is not None:
        if null is not None or resume:
            raise ArgumentError("a shard goes on from its own file, without --null and --resume")
        if questions is not None:
            raise ArgumentError("a shard is a part of a test; ask for --robustness of the whole")
        studyset = read_evidence(inputs, protocol, selection, options)
        warn(studyset)
        return _shard(studyset, protocol, output, shard, threads)
    command = command_words("run", inputs, ids, first, where, protocol_file, options)
    command += words_of_atlases(atlases) + words_of_robustness(questions)
    for name, value in (
        ("--profile", profile),
        ("--iterations", iterations),
        ("--seed", seed),
        ("--stop-after", stop_after),
    ):
        command += [] if value is None else [name, str(value)]
    return run_reading(
        inputs,
        output,
        protocol,
        selection,
        options,
        command=shlex.join(command + ["--no-figures"] * no_figures),
        overwrite=overwrite,
        resume=resume,
        with_figures=not no_figures,
        atlases=atlases_from(atlases),
        questions=questions,
        null=null,
        stop_after=stop_after,
        threads=threads,
    )


def run_reading(
    inputs: tuple[str, ...],
    output: str,
    protocol: Protocol,
    selection: Selection,
    options: ReadOptions | None = None,
    **how: Any,
) -> int:
    """Read, run, write, and tell the reader where to look; gives the exit code."""
    from focale.io.atomic import check_writable
    from focale.workflow import read_evidence

    check_writable(Path(output), overwrite=how["overwrite"])
    stage(f"reading {' '.join(inputs)}")
    studyset = read_evidence(inputs, protocol, selection, options)
    warn(studyset)
    warn_of_time(len(studyset), how.get("questions"))
    result = _run(studyset, output, protocol, **how)
    if result is None:
        return STOPPED
    _show(result)
    click.echo(Path(output) / "interpretation.md")
    click.echo(output)
    return 0


def _run(
    studyset: Studyset, output: str, protocol: Protocol, **how: Any
) -> DescriptiveResult | InferentialResult | None:
    """The reading that was written; None if somebody stopped it and iterations are kept."""
    from focale.progress import bar
    from focale.workflow import null_beside, parts_beside, run_into

    stage("computing and writing (the first run compiles for some seconds)")
    try:
        return run_into(studyset, output, protocol, progress=bar("iterations"), **how)
    except KeyboardInterrupt:
        null, parts = how.get("null"), parts_beside(Path(output))
        kept = Path(null) if null else null_beside(Path(output))
        if parts.exists():
            say_kept(f"finished parts are kept in {parts}", "with --resume")
        elif kept.exists():
            say_kept(f"iterations are kept in {kept}", "" if null else "with --resume")
        else:
            raise
        return None


def _shard(
    studyset: Studyset, protocol: Protocol, output: str, shard: str, threads: int | None
) -> int:
    from focale.inferential import infer_shard
    from focale.progress import bar

    part, sign, parts = shard.partition("/")
    if not (sign and part.isdecimal() and parts.isdecimal()):
        raise ArgumentError(f"--shard must be I/N such as 3/40, got {shard!r}")
    which = (int(part), int(parts))
    try:
        n = infer_shard(
            studyset, protocol, output, which, threads=threads, progress=bar("iterations")
        )
    except KeyboardInterrupt:
        if not Path(output).exists():
            raise
        say_kept(f"iterations are kept in {output}")
        return STOPPED
    click.echo(f"{output}: {n:,} of {protocol.iterations:,} iterations", err=True)
    click.echo(output)
    return 0


# --- for people --------------------------------------------------------------------------


def _show(result: DescriptiveResult | InferentialResult) -> None:
    from focale.inferential import InferentialResult
    from focale.report.interpretation import interpretation

    show_evidence(result.studyset, result.decision)
    say()
    if not isinstance(result, InferentialResult):
        say(interpretation(result))
    else:
        _show_clusters(result)
    say()


def _show_clusters(result: InferentialResult) -> None:
    """What was found, and the clusters that survive as a table."""
    from focale.report.inferential_text import found_text, p_text

    say(found_text(result))
    if not len(result.clusters):
        return
    say()
    rows = [["cluster", "mm3", "peak (mm)", "ALE", "p", "95 % interval", "studies", "label"]]
    for number, cluster in enumerate(result.clusters):
        p = float(result.p_of_clusters[number])
        x, y, z = cluster.peaks[0].mm
        labels = [str(anatomy.clusters[number].peaks[0]) for anatomy in result.anatomy[:1]]
        rows.append(
            [
                str(number + 1),
                f"{cluster.volume_mm3:,.0f}",
                f"{x:g} {y:g} {z:g}",
                f"{cluster.peaks[0].value:.4f}",
                p_text(p, result.fwe.n_iterations).removeprefix("p ").removeprefix("= "),
                " to ".join(share_text(end) for end in result.fwe.interval(p)),
                str(result.dominance[number].n_contributing),
                *(one_line(label, 60) for label in labels),
            ]
        )
    for line in aligned(rows):
        click.echo(line)
    for anatomy in result.anatomy[:1]:
        say(f"Labels at the peak: {anatomy.atlas.title}.")
    for number, flags in enumerate(result.dominance, start=1):
        for flag in flags.flags:
            say(f"Note: in cluster {number}, {flag}.")
