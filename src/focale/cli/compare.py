"""``focale compare``: two results side by side, and what each change causes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from focale.cli.console import aligned, say, stage

if TYPE_CHECKING:
    from focale.comparison.result import Comparison


@click.command(short_help="Put two results side by side, and each change down to what causes it.")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("-o", "--output", metavar="FOLDER", help="Folder to write.")
@click.option("--overwrite", is_flag=True, help="Replace a result that Focale wrote.")
@click.option(
    "--against", metavar="MAP", help="Map of another tool (NIfTI), beside the profile's result."
)
@click.option("--cut", type=float, default=0.0, show_default=True, help="Voxels of MAP above it.")
@click.option(
    "--level",
    type=click.Choice(["listed", "uncorrected", "fdr"]),
    default="listed",
    show_default=True,
    help="Voxels of the result that MAP is put beside.",
)
def compare(
    old: str,
    new: str,
    output: str | None,
    overwrite: bool,
    against: str | None,
    cut: float,
    level: Any,
) -> None:
    """Compare the results in the folders OLD and NEW.

    Names the studies that were added, dropped or corrected and the settings that differ, and
    makes the reading again with one change at a time, so that every voxel and every cluster
    that differs is put down to the change that caused it.
    """
    from focale.comparison.compare import compare as compare_readings
    from focale.comparison.side import side_of
    from focale.io.atomic import check_writable
    from focale.progress import bar
    from focale.report.comparison_folder import write_comparison

    if output is not None:
        check_writable(Path(output), overwrite=overwrite)
    stage(f"reading {old} and {new}")
    sides = _names(old, new)
    comparison = compare_readings(
        side_of(old, sides[0]),
        side_of(new, sides[1]),
        against=against,
        cut=cut,
        level=level,
        progress=bar("changes"),
    )
    _show(comparison)
    if output is not None:
        write_comparison(comparison, Path(output))
        click.echo(Path(output) / "comparison.html")
        click.echo(output)


def _names(old: str, new: str) -> tuple[str, str]:
    """Names of the folders, or more of their paths where these are the same."""
    names = Path(old).absolute().name, Path(new).absolute().name
    return names if names[0] != names[1] else (old, new)


# --- for people --------------------------------------------------------------------------


def _show(comparison: Comparison) -> None:
    from focale.report.comparison_text import (
        change_lines,
        cluster_rows,
        limit_lines,
        remarks,
        step_rows,
        what_differs,
    )

    say(what_differs(comparison))
    _show_list("What differs", change_lines(comparison))
    if comparison.steps:
        click.echo("\nVoxels, step by step (+ gained, - lost; alone: nothing else is changed)")
        for line in aligned(step_rows(comparison)):
            click.echo(line)
    if comparison.clusters:
        click.echo("\nClusters")
        for line in aligned(cluster_rows(comparison)):
            click.echo(line)
    _show_list("To be known", remarks(comparison))
    _show_list("What the profile does not take as the tool makes it", limit_lines(comparison))


def _show_list(title: str, lines: list[str]) -> None:
    if lines:
        click.echo(f"\n{title}")
    for line in lines:
        say(f"- {line}")
