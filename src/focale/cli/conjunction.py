"""``focale conjunction``: where every one of several sets survives its own test."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from focale.cli.atlas_option import atlas_option, atlases_from, words_of_atlases
from focale.cli.console import aligned, say, stage

if TYPE_CHECKING:
    from focale.conjoining.result import Conjunction


@click.command(short_help="Put two or more tested results together: where do all of them survive?")
@click.argument("results", metavar="RESULT RESULT...", nargs=-1, required=True)
@click.option("-o", "--output", metavar="FOLDER", help="Folder to write.")
@click.option("--overwrite", is_flag=True, help="Replace a result that Focale wrote.")
@click.option(
    "--level",
    type=click.Choice(["size", "mass", "voxel"]),
    help="What the family-wise p is of; by default what the protocols decide by.",
)
@click.option(
    "--alpha", type=float, metavar="P", help="Largest p in each set; by default the protocols'."
)
@atlas_option
def conjunction(
    results: tuple[str, ...],
    output: str | None,
    overwrite: bool,
    level: Any,
    alpha: float | None,
    atlases: tuple[str, ...],
) -> None:
    """Find where all results in the folders RESULT survive, each by its own test.

    The p of a voxel is the largest of its family-wise p over the results. With p of
    clusters, a voxel of the conjunction lies in a surviving cluster of each of them. No
    test asks whether the results differ.
    """
    from focale.conjoining.conjunction import conjunction as conjoin
    from focale.io.atomic import check_writable
    from focale.report.conjunction_folder import write_conjunction

    if output is not None:
        check_writable(Path(output), overwrite=overwrite)
    chosen = atlases_from(atlases)
    stage(f"reading {' '.join(results)}")
    found = conjoin(list(results), alpha=alpha, level=level, atlases=chosen)
    _show(found)
    if output is not None:
        command = ["focale", "conjunction", *(Path(path).name for path in results), "-o", "OUT"]
        for option, value in (("--level", level), ("--alpha", alpha)):
            command += [] if value is None else [option, str(value)]
        write_conjunction(found, Path(output), shlex.join(command + words_of_atlases(atlases)))
        click.echo(Path(output) / "conjunction.html")
        click.echo(output)


# --- for people --------------------------------------------------------------------------


def _show(found: Conjunction) -> None:
    from focale.report.conjunction_text import (
        cluster_rows,
        count_texts,
        found_text,
        part_rows,
        reach_texts,
        remarks,
        rule_text,
        set_rows,
    )

    _show_rows(set_rows(found))
    say()
    say(found_text(found))
    if len(found.clusters):
        say()
        _show_rows(cluster_rows(found))
        click.echo("\nIn each set")
        _show_rows(part_rows(found))
        for anatomy in found.anatomy[:1]:
            say(f"Labels at the peak: {anatomy.atlas.title}.")
    say()
    for text in (*count_texts(found), *reach_texts(found), rule_text()):
        say(text)
    for remark in remarks(found):
        say(f"Note: {remark}")
    say()


def _show_rows(rows: list[list[str]]) -> None:
    for line in aligned(rows):
        click.echo(line)
