"""``focale contrast``: whether one evidence base converges more than another."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from focale.cli.atlas_option import atlas_option, atlases_from, words_of_atlases
from focale.cli.console import (
    aligned,
    conditions_from,
    protocol_from,
    reading_options,
    say,
    stage,
    warn,
    words_of,
)
from focale.cli.overrides import overridden
from focale.errors import ArgumentError

if TYPE_CHECKING:
    from focale.contrasts.result import ContrastDescription, ContrastResult
    from focale.io.source import ReadOptions
    from focale.protocol.protocol import Protocol
    from focale.studyset.model import Studyset

FEWEST = "fewest"
"""Value of --balanced where no number is given: as many as the smaller side has."""


@click.command(short_help="Test whether one evidence base converges more than another.")
@click.argument("first", metavar="FIRST")
@click.argument("second", metavar="SECOND")
@click.option("-o", "--output", required=True, metavar="FOLDER", help="Folder to write.")
@click.option("--also-first", multiple=True, metavar="FILE", help="A further file of FIRST.")
@click.option("--also-second", multiple=True, metavar="FILE", help="A further file of SECOND.")
@click.option(
    "--where-first",
    multiple=True,
    metavar="+TAG|-TAG|@FILE:TITLE",
    help="Experiments of FIRST, as --where of run; may be repeated.",
)
@click.option(
    "--where-second",
    multiple=True,
    metavar="+TAG|-TAG|@FILE:TITLE",
    help="Experiments of SECOND; may be repeated.",
)
@click.option("--name-first", metavar="NAME", help="What to call FIRST.")
@click.option("--name-second", metavar="NAME", help="What to call SECOND.")
@click.option("--protocol", "protocol_file", metavar="FILE", help="Protocol (TOML).")
@reading_options
@atlas_option
@click.option(
    "--direction",
    type=click.Choice(["both", "first", "second"]),
    default="both",
    show_default=True,
    help="Which side may have more.",
)
@click.option(
    "--balanced",
    is_flag=False,
    flag_value=FEWEST,
    metavar="[N]",
    help="Difference of matched subsamples of N; of the smaller side's number.",
)
@click.option("--gate", is_flag=True, help="List only where the side converges by itself.")
@click.option("--drop-shared", is_flag=True, help="Leave out of both sides what is on both.")
@click.option(
    "--legacy",
    type=click.Choice(["random-foci"]),
    help="Put the (not valid) null of other tools beside the test, as a map.",
)
@click.option("--splits", type=int, metavar="N", help="Random splits of the receipt.")
@click.option("--iterations", type=int, metavar="N", help="Random labelings.")
@click.option("--seed", type=int, metavar="K", help="Seed of the random numbers.")
@click.option("--threads", type=int, metavar="T", help="Threads; by default one a core.")
@click.option("--overwrite", is_flag=True, help="Replace a result that Focale wrote.")
@click.option("--no-figures", is_flag=True, help="Write maps, tables and texts only.")
def contrast(
    first: str,
    second: str,
    output: str,
    protocol_file: str | None,
    options: ReadOptions,
    atlases: tuple[str, ...],
    balanced: str | None,
    threads: int | None,
    overwrite: bool,
    no_figures: bool,
    **given: Any,
) -> None:
    """Contrast the evidence in FIRST with that in SECOND, as the protocol decides.

    With enough independent experiments on each side, the difference is tested by exchanging
    labels between them, and random splits of the same evidence show how often the test errs
    (at most a minute). With fewer, the difference is described. FIRST and SECOND may be one
    file, with --where-first and --where-second; nobody may be on both sides.
    """
    from focale.contrasts.contrast import ContrastOptions
    from focale.contrasts.contrast import contrast as contrast_of
    from focale.io.atomic import check_writable
    from focale.progress import bar
    from focale.report.contrast_folder import write_contrast

    check_writable(Path(output), overwrite=overwrite)
    protocol = overridden(
        protocol_from(protocol_file),
        protocol_file,
        iterations=given["iterations"],
        seed=given["seed"],
    )
    stage(f"reading {first} and {second}")
    one = _side(first, given["also_first"], given["where_first"], protocol, options)
    two = _side(second, given["also_second"], given["where_second"], protocol, options)
    stage("computing and writing (the first run compiles for some seconds)")
    found = contrast_of(
        one,
        two,
        protocol,
        ContrastOptions(
            direction=given["direction"],
            subsample=_subsample(balanced, one, two),
            gate=given["gate"],
            shared="drop" if given["drop_shared"] else "refuse",
            legacy=given["legacy"],
            n_splits=given["splits"],
        ),
        names=_names(first, second, given),
        atlases=atlases_from(atlases),
        threads=threads,
        progress=bar("random splits"),
    )
    words = _command_words(first, second, protocol_file, options, balanced, given)
    words += words_of_atlases(atlases) + ["--no-figures"] * no_figures
    write_contrast(found, Path(output), shlex.join(words), with_figures=not no_figures)
    _show(found)
    click.echo(Path(output) / "contrast.html")
    click.echo(output)


def _side(
    place: str,
    also: tuple[str, ...],
    where: tuple[str, ...],
    protocol: Protocol,
    options: ReadOptions,
) -> Studyset:
    from focale.workflow import Selection, read_evidence

    selection = Selection(where=conditions_from(where))
    studyset = read_evidence((place, *also), protocol, selection, options)
    warn(studyset)
    return studyset


def _subsample(balanced: str | None, one: Studyset, two: Studyset) -> int | None:
    if balanced is None:
        return None
    if balanced == FEWEST:
        return min(len(one.subject_groups), len(two.subject_groups))
    if not balanced.isdecimal():
        raise ArgumentError(f"--balanced must be a number of experiments, got {balanced!r}")
    return int(balanced)


def _names(first: str, second: str, given: dict[str, Any]) -> tuple[str, str]:
    """What the sides are called: as given, by the selection, or by the file."""
    names = [
        given[f"name_{side}"] or " ".join(given[f"where_{side}"]) or Path(place).stem
        for side, place in (("first", first), ("second", second))
    ]
    return names[0], names[1]


def _command_words(
    first: str,
    second: str,
    protocol_file: str | None,
    options: ReadOptions,
    balanced: str | None,
    given: dict[str, Any],
) -> list[str]:
    """The words that repeat the command, without the places of files."""
    words = ["focale", "contrast", Path(first).name, Path(second).name, "-o", "OUT"]
    for name, value in given.items():
        option = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            words += [option] * value
        elif isinstance(value, tuple):
            is_file = name.startswith("also")
            for each in value:
                words += [option, Path(each).name if is_file else each]
        elif value is not None and (name, value) != ("direction", "both"):
            words += [option, str(value)]
    if balanced is not None:
        words += ["--balanced"] if balanced == FEWEST else ["--balanced", balanced]
    if protocol_file is not None:
        words += ["--protocol", Path(protocol_file).name]
    return words + words_of(options)


# --- for people --------------------------------------------------------------------------


def _show(found: ContrastResult | ContrastDescription) -> None:
    from focale.contrasts.result import ContrastDescription
    from focale.report.contrast_text import (
        cluster_rows,
        described_sentences,
        found_sentences,
        receipt_rows,
        remarks,
    )

    if isinstance(found, ContrastDescription):
        for sentence in described_sentences(found, with_places=False):
            say(sentence)
    else:
        for sentence in found_sentences(found, with_places=False):
            say(sentence)
    if found.n_listed:
        say()
        for line in aligned(cluster_rows(found)):
            click.echo(line)
    if not isinstance(found, ContrastDescription):
        click.echo("\nCalibration receipt: the same test on random splits of this evidence")
        for line in aligned(receipt_rows(found)):
            click.echo(line)
        say()
        for remark in remarks(found):
            say(f"- {remark}")
    say()
