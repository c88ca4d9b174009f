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
@click.option("--all", "all_studies", is_flag=True, help="Read all 21 studies.")
@click.option("--overwrite", is_flag=True, help="Replace a result that Focale wrote.")
def demo(output: str, all_studies: bool, overwrite: bool) -> int:
    """Describe the first eight of 21 bundled pain studies.

    Eight studies are too few for a test of convergence, so they are read descriptively.
    With --all the test is made, as `focale run` makes it.
    """
    from focale.cli.describe import run_describe
    from focale.cli.run import run_reading
    from focale.datasets import pain_studyset_path
    from focale.protocol.protocol import Protocol
    from focale.workflow import Selection

    inputs = (str(pain_studyset_path()),)
    if all_studies:
        command = "focale demo --all -o OUT"
        return run_reading(
            inputs, output, Protocol(), Selection(), command=command, overwrite=overwrite
        )
    return run_describe(
        inputs,
        output,
        selection=Selection(first=N_EXPERIMENTS),
        command="focale demo -o OUT",
        overwrite=overwrite,
    )
