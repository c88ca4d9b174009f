"""``focale demo``: the worked example on the bundled evidence."""

from __future__ import annotations

import click

N_EXPERIMENTS = 8
"""Few enough to stand for an evidence base that cannot bear a test."""


@click.command(short_help="Describe eight of the bundled pain studies.")
@click.option(
    "-o",
    "--output",
    default="focale-demo",
    show_default=True,
    metavar="FOLDER",
    help="Folder to write.",
)
@click.option("--overwrite", is_flag=True, help="Replace a result that Focale wrote.")
def demo(output: str, overwrite: bool) -> None:
    """Describe the first eight of 21 bundled pain studies.

    Eight studies are too few for a test of convergence, so they are read descriptively.
    """
    from focale.cli.describe import run_describe
    from focale.datasets import pain_studyset_path
    from focale.workflow import Selection

    run_describe(
        (str(pain_studyset_path()),),
        output,
        selection=Selection(first=N_EXPERIMENTS),
        command="focale demo -o OUT",
        overwrite=overwrite,
    )
