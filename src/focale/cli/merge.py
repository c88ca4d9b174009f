"""``focale merge``: shards of a null joined into one."""

from __future__ import annotations

from pathlib import Path

import click

from focale.errors import OutputError
from focale.phrases import count


@click.command(short_help="Join the shards that `focale run --shard` wrote.")
@click.argument("shards", metavar="FILE...", nargs=-1, required=True)
@click.option("-o", "--output", required=True, metavar="NULL", help="File to write.")
@click.option("--overwrite", is_flag=True, help="Replace NULL.")
def merge(shards: tuple[str, ...], output: str, overwrite: bool) -> None:
    """Join shards of one null, FILES that `focale run --shard I/N` wrote.

    Then `focale run INPUT -o OUT --null NULL` uses their iterations.
    """
    from focale.correction.null_file import merge_nulls

    if Path(output).exists() and not overwrite:
        raise OutputError(f"{output} exists; choose another name, or replace it with --overwrite")
    merged = merge_nulls(shards, output)
    files = count(len(shards), "file")
    click.echo(f"{output}: {count(len(merged.maxima), 'iteration')} from {files}", err=True)
    click.echo(output)
