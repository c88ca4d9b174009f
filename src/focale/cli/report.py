"""``focale report``: the page of a result, made again from its folder."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(short_help="Make the page of the result in FOLDER again.")
@click.argument("folder", metavar="FOLDER")
@click.option("-o", "--output", metavar="FILE", help="Page to write; by default in FOLDER.")
def report(folder: str, output: str | None) -> None:
    """Make report.html of the result in FOLDER again, from what lies there.

    Nothing is computed: the page of an older result looks as this version draws it.
    """
    from focale.io.atomic import write_file
    from focale.report.page.render import page_of_folder

    path = Path(output) if output else Path(folder) / "report.html"
    write_file(path, page_of_folder(Path(folder)), overwrite=True)
    click.echo(path)
