"""``focale lint``: inferential words in a manuscript that describes."""

from __future__ import annotations

import click

from focale.cli.console import read_lines


@click.command(short_help="Find inferential words in text files.")
@click.argument("files", nargs=-1, required=True)
def lint(files: tuple[str, ...]) -> int:
    """Find words in text FILES that a descriptive reading cannot bear.

    Prints file:line:column, the phrase and a better one. Sentences that deny a claim are
    left alone. Leaves with 1 if any phrase was found.
    """
    from focale.report.language import find_claims

    n_found = 0
    for path in files:
        for finding in find_claims("\n".join(read_lines(path))):
            n_found += 1
            click.echo(
                f'{path}:{finding.line}:{finding.column}: "{finding.phrase}" - {finding.why} '
                f"Better: {finding.instead}"
            )
    if not n_found:
        click.echo("No inferential phrase found.")
    return 1 if n_found else 0
