"""``focale convert``: evidence from one format to another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from focale.cli.console import reading_options, warn
from focale.phrases import count

if TYPE_CHECKING:
    from focale.io.source import ReadOptions


@click.command(short_help="Write INPUT in another format, named by the suffix of OUT.")
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@click.argument("output", metavar="OUT")
@reading_options
@click.option(
    "--to",
    type=click.Choice(["MNI", "TAL"]),
    help="Write all coordinates in this space.",
)
@click.option("--talairach", default="pooled", show_default=True, help="Conversion for --to.")
@click.option("--overwrite", is_flag=True, help="Replace OUT.")
def convert(
    inputs: tuple[str, ...],
    output: str,
    options: ReadOptions,
    to: Any,
    talairach: Any,
    overwrite: bool,
) -> None:
    """Write INPUT to OUT: .txt is Sleuth text, .json NIMADS, .tsv and .csv a table.

    Several inputs are joined. Coordinates stay as they are reported unless --to is given.
    """
    from focale.io.formats import write_record
    from focale.studyset.convert import in_space, placed
    from focale.studyset.reading import read

    studyset, _ = read(inputs, talairach=talairach, **options.given)
    warn(studyset)
    record = placed(studyset) if to is None else in_space(studyset, to)
    lost = write_record(record, Path(output), overwrite=overwrite)
    for what in lost:
        click.echo(f"not kept, since the format has no place for it: {what}", err=True)
    if to == "MNI" and studyset.n_converted_by:
        used = ", ".join(f"{n} with {name}" for name, n in studyset.n_converted_by.items())
        click.echo(f"converted: {used}", err=True)
    click.echo(
        f"{output}: {count(len(studyset), 'experiment')}, "
        f"{count(studyset.n_foci, 'focus', 'foci')}"
    )
