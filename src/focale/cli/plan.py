"""``focale plan``: how many experiments like these a test needs."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from focale.cli.console import (
    STOPPED,
    command_words,
    conditions_from,
    evidence_options,
    ids_from,
    protocol_from,
    say,
    say_kept,
    stage,
    warn,
)
from focale.errors import ArgumentError, OutputError

if TYPE_CHECKING:
    from focale.io.source import ReadOptions
    from focale.planning.result import Plan
    from focale.protocol.protocol import Protocol
    from focale.studyset.model import Studyset


@click.command(short_help="Power of a test, and how many more experiments it needs.")
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@click.option("-o", "--output", metavar="FOLDER", help="Folder to write; else only print.")
@evidence_options
@click.option("--sizes", metavar="N,N,...", help="Numbers of experiments; 5,10,...,50.")
@click.option("--shares", metavar="S,S,...", help="Shares that report the place; .2,.3,.4,.5.")
@click.option("--simulations", type=int, metavar="N", help="Simulations a cell; 500.")
@click.option("--iterations", type=int, metavar="N", help="Random maps of each null; 1000.")
@click.option(
    "--scatter",
    type=float,
    metavar="MM",
    help="Standard deviation of foci about the place, along each axis.",
)
@click.option("--place", type=float, nargs=3, metavar="X Y Z", help="The place (mm); else many.")
@click.option("--seed", type=int, default=0, metavar="K", help="Seed of the random numbers.")
@click.option("--threads", type=int, metavar="T", help="Threads; by default one a core.")
@click.option("--resume", is_flag=True, help="Go on from simulations of a run that was stopped.")
@click.option("--overwrite", is_flag=True, help="Replace a result that Focale wrote.")
@click.option("--no-figures", is_flag=True, help="Write tables and texts only.")
def plan(
    inputs: tuple[str, ...],
    output: str | None,
    ids: tuple[str, ...],
    first: int | None,
    where: tuple[str, ...],
    protocol_file: str | None,
    options: ReadOptions,
    sizes: str | None,
    shares: str | None,
    simulations: int | None,
    iterations: int | None,
    scatter: float | None,
    place: tuple[float, float, float] | None,
    seed: int,
    threads: int | None,
    resume: bool,
    overwrite: bool,
    no_figures: bool,
) -> int:
    """Simulate experiments like those in INPUT, and test them as the protocol would.

    Says with which power a place is found that k of n experiments share, and how many more
    experiments it takes until power is .8. Where the foci of INPUT are is not looked at.
    Ctrl-C keeps what was simulated if there is a FOLDER; --resume goes on from it.
    """
    from focale.workflow import Selection, read_evidence

    words = {"--sizes": sizes, "--shares": shares, "--scatter": scatter, "--place": place}
    words |= {"--simulations": simulations, "--iterations": iterations}
    settings: dict[str, Any] = {
        "sizes": None if sizes is None else _numbers(sizes, "--sizes", int),
        "shares": None if shares is None else _numbers(shares, "--shares", float),
        "n_simulations": simulations,
        "n_iterations": iterations,
        "scatter_mm": scatter,
        "place": place,
    }
    given = {name: value for name, value in settings.items() if value is not None}
    folder = None if output is None else Path(output)
    kept = None if folder is None else _kept(folder, resume=resume, overwrite=overwrite)
    protocol = protocol_from(protocol_file)
    selection = Selection(ids=ids_from(ids), first=first, where=conditions_from(where))
    stage(f"reading {' '.join(inputs)}")
    studyset = read_evidence(inputs, protocol, selection, options)
    warn(studyset)
    planned = _simulated(studyset, protocol, kept, **given, seed=seed, threads=threads)
    if planned is None:
        return STOPPED
    _show(planned)
    if folder is not None and kept is not None:
        command = command_words("plan", inputs, ids, first, where, protocol_file, options)
        command += [*_words(words), "--seed", str(seed)] + ["--no-figures"] * no_figures
        _write(planned, folder, shlex.join(command), kept, with_figures=not no_figures)
    return 0


def _simulated(
    studyset: Studyset, protocol: Protocol, kept: Path | None, **how: Any
) -> Plan | None:
    """The plan; None if somebody stopped it and simulations are kept."""
    from focale.planning.plan import plan as make_plan
    from focale.progress import bar

    stage("simulating (some minutes; the first run compiles for some seconds)")
    try:
        return make_plan(studyset, protocol, checkpoint=kept, progress=bar("simulations"), **how)
    except KeyboardInterrupt:
        if kept is None or not kept.exists():
            raise
        say_kept(f"simulations are kept in {kept}", "with --resume")
        return None


def _kept(folder: Path, *, resume: bool, overwrite: bool) -> Path:
    """The file to keep simulations in, once it is known that all can be written."""
    from focale.io.atomic import check_writable
    from focale.report.planning_folder import kept_beside

    check_writable(folder, overwrite=overwrite)
    kept = kept_beside(folder)
    if kept.exists() and not resume:
        raise OutputError(
            f"{kept} holds the simulations of a run that was stopped; go on from them with "
            "--resume, or remove the file"
        )
    return kept


def _write(planned: Plan, folder: Path, command: str, kept: Path, *, with_figures: bool) -> None:
    from focale.report.planning_folder import write_plan

    write_plan(planned, folder, command, with_figures=with_figures)
    kept.unlink(missing_ok=True)
    click.echo(folder / "plan.md")
    click.echo(folder)


def _numbers(text: str, option: str, of: type) -> tuple[Any, ...]:
    """Numbers parted by commas."""
    try:
        return tuple(of(part) for part in text.split(",") if part.strip())
    except ValueError:
        kind = "whole numbers" if of is int else "numbers"
        raise ArgumentError(f"{option} must be {kind} parted by commas, got {text!r}") from None


def _words(given: dict[str, Any]) -> list[str]:
    """Options as words of a command line, to repeat it."""
    words: list[str] = []
    for option, value in given.items():
        if value is not None:
            values = value if isinstance(value, tuple) else (value,)
            words += [option, *(part if isinstance(part, str) else f"{part:g}" for part in values)]
    return words


# --- for people --------------------------------------------------------------------------


def _show(planned: Plan) -> None:
    from focale.report.planning_text import (
        assumption_texts,
        evidence_text,
        found_texts,
        grid_rows,
        own_rows,
    )

    say(evidence_text(planned))
    click.echo()
    _echo_table(own_rows(planned))
    click.echo()
    click.echo("Power, and in brackets how many report the place, by the share of all that do:")
    _echo_table(grid_rows(planned))
    click.echo()
    for text in found_texts(planned):
        say(text)
    click.echo()
    for text in assumption_texts(planned):
        say(text)


def _echo_table(rows: Sequence[Sequence[str]]) -> None:
    """Rows as lines whose columns end together."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(f"{cell:>{w}}" for cell, w in zip(row, widths, strict=True)))
