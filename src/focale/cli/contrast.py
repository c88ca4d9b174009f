"""``focale contrast``: whether one evidence base converges more than another."""

from __future__ import annotations

import shlex
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

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
    width_of_terminal,
    words_of,
)
from focale.cli.method_option import method_options, with_given
from focale.errors import ArgumentError

if TYPE_CHECKING:
    from focale.contrasts.result import ContrastDescription, ContrastResult
    from focale.io.source import ReadOptions
    from focale.protocol.protocol import Protocol
    from focale.studyset.model import Studyset

FEWEST: Literal["fewest"] = "fewest"
"""Value of --balanced where no number is given: as many as the smaller side has."""

NUMBERS = 72
"""Columns that the numbers of a cluster take, and some of its label."""


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
    help="Experiments of FIRST with (+) or without (-) a tag; may be repeated.",
)
@click.option(
    "--where-second",
    multiple=True,
    metavar="+TAG|-TAG|@FILE:TITLE",
    help="The same of SECOND; may be repeated.",
)
@click.option("--name-first", metavar="NAME", help="What to call FIRST.")
@click.option("--name-second", metavar="NAME", help="What to call SECOND.")
@click.option("--protocol", "protocol_file", metavar="FILE", help="Protocol (TOML).")
@method_options
@reading_options
@atlas_option
@click.option(
    "--direction",
    type=click.Choice(["both", "first", "second"]),
    default="both",
    show_default=True,
    help="Which side may have more; choose one before you see a map.",
)
@click.option(
    "--balanced",
    is_flag=False,
    flag_value=FEWEST,
    metavar="[N]",
    help="Compare matched subsamples of N experiments; without N as many as the smaller side has.",
)
@click.option(
    "--gate", is_flag=True, help="List only where the side that has more converges by itself."
)
@click.option("--drop-shared", is_flag=True, help="Leave what is on both sides out of both.")
@click.option(
    "--legacy",
    type=click.Choice(["random-foci"]),
    help="Put the (not valid) null of other tools beside the test, as a map.",
)
@click.option(
    "--splits",
    type=int,
    metavar="N",
    help="Random splits that show how often the test errs (default: what fits in a minute).",
)
@click.option(
    "--iterations",
    type=int,
    metavar="N",
    help="Random labelings (default: those of the protocol).",
)
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
    from focale.contrasts.result import ContrastResult
    from focale.io.atomic import check_writable
    from focale.progress import bar
    from focale.report.contrast_folder import write_contrast
    from focale.report.contrast_text import suspicion

    subsample = _subsample(balanced)
    check_writable(Path(output), overwrite=overwrite)
    protocol = with_given(
        protocol_from(protocol_file),
        protocol_file,
        method=given["method"],
        radius_mm=given["radius"],
        iterations=given["iterations"],
        seed=given["seed"],
    )
    stage(f"reading {first} and {second}")
    places = (first, *given["also_first"]), (second, *given["also_second"])
    for_first, for_second = _options_of_sides(places, options)
    one = _side(places[0], given["where_first"], protocol, for_first)
    two = _side(places[1], given["where_second"], protocol, for_second)
    warn(one)
    warn(two, told=one.problems)  # the sides may be of one file
    stage("computing and writing (the first run compiles for some seconds)")
    asked = ContrastOptions(
        direction=given["direction"],
        subsample=subsample,
        gate=given["gate"],
        shared="drop" if given["drop_shared"] else "refuse",
        legacy=given["legacy"],
        n_splits=given["splits"],
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "the null of random foci")  # is among the remarks
        found = contrast_of(
            one,
            two,
            protocol,
            asked,
            names=_names(first, second, given),
            atlases=atlases_from(atlases),
            threads=threads,
            progress=bar("random splits"),
        )
    if found.sides.suspected:
        said = suspicion(found.sides.suspected)
        click.echo(f"warning: {said[0].lower()}{said[1:]}", err=True)
    if isinstance(found, ContrastResult):
        given["splits"] = found.receipt.n_splits  # as many as there was time for
    words = _command_words(first, second, protocol_file, options, balanced, given)
    words += words_of_atlases(atlases) + ["--no-figures"] * no_figures
    write_contrast(found, Path(output), shlex.join(words), with_figures=not no_figures)
    _show(found)
    click.echo(Path(output) / "contrast.html")
    click.echo(output)


def _options_of_sides(
    places: tuple[tuple[str, ...], ...], options: ReadOptions
) -> list[ReadOptions]:
    """The options for each side, with the studies and experiments they name that it has.

    One that neither side has stays in both, for the reader to refuse.
    """
    from focale.io.formats import inspect_record

    if not (options.groups_of or options.talairach_of):
        return [options for _ in places]
    plain = replace(options, groups_of=None, talairach_of=None)
    known = []
    for files in places:
        experiments = inspect_record(files, plain).experiments
        known.append({name for e in experiments for name in (e.id, e.study_id)})
    anywhere = set().union(*known)

    def of(own: set[str], given: Mapping[str, str] | None) -> dict[str, str] | None:
        chosen = {i: v for i, v in (given or {}).items() if i in own or i not in anywhere}
        return chosen or None

    return [
        replace(
            options,
            groups_of=of(own, options.groups_of),
            talairach_of=of(own, options.talairach_of),
        )
        for own in known
    ]


def _side(
    places: tuple[str, ...],
    where: tuple[str, ...],
    protocol: Protocol,
    options: ReadOptions,
) -> Studyset:
    from focale.workflow import Selection, read_evidence

    selection = Selection(where=conditions_from(where))
    return read_evidence(places, protocol, selection, options)


def _subsample(balanced: str | None) -> int | Literal["fewest"] | None:
    if balanced is None:
        return None
    if balanced == FEWEST:
        return FEWEST
    if not balanced.isdecimal() or int(balanced) == 0:
        raise ArgumentError(
            f"--balanced must be a number of experiments, got {balanced!r}; without a number it "
            "comes after FIRST and SECOND"
        )
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
            for each in value:
                if name.startswith("also"):
                    words += [option, Path(each).name]
                else:
                    words += [option, f"@{Path(each[1:]).name}" if each.startswith("@") else each]
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
    _show_clusters(found)
    if not isinstance(found, ContrastDescription):
        click.echo("\nCalibration receipt: the same test on random splits of this evidence")
        for line in aligned(receipt_rows(found)):
            click.echo(line)
        say()
        for remark in remarks(found):
            say(f"- {remark}")
    say()


def _show_clusters(found: ContrastResult | ContrastDescription) -> None:
    """Print the clusters of each direction; names of sides may be long, so no column has one."""
    from focale.contrasts.result import ContrastResult
    from focale.report.contrast_text import cluster_rows

    more = "More" if isinstance(found, ContrastResult) else "Higher ALE"
    (_, *head), *rows = cluster_rows(found)
    head[3:] = [head[3].removeprefix("ALE "), *head[4:-3], "first", "second", "label"]
    lines = aligned([head, *(row[1:] for row in rows)])
    start = 1
    for side, of in found.listed.items():
        if stop := len(of.clusters):
            say()
            say(f"{more} in {found.name_of(side)}:")
            for line in (lines[0], *lines[start : start + stop]):
                click.echo(_cut(line))
        start += stop
    if rows:
        (one, two), (n_one, n_two) = found.sides.names, found.n_independent
        say(
            f"first, second: independent experiments with a focus in the cluster, of {n_one} of "
            f"{one} and of {n_two} of {two}"
        )


def _cut(line: str) -> str:
    """A line of a table that does not wrap, but keeps its numbers; names are in the files."""
    width = max(width_of_terminal(), NUMBERS)
    return line if len(line) <= width else f"{line[: width - 1]}\N{HORIZONTAL ELLIPSIS}"
