"""``focale protocol``: declare the choices before a map is seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from focale.cli.profile_option import PROFILE_HELP, with_profile
from focale.errors import OutputError


@click.command(short_help="Declare the choices, with the present date.")
@click.option(
    "-o",
    "--output",
    default="protocol.toml",
    show_default=True,
    metavar="FILE",
    help="File to write.",
)
@click.option("--title", default="", help="What the analysis is about.")
@click.option("--min-experiments", type=int, help="Independent studies for inference.")
@click.option("--profile", metavar="NAME", help=PROFILE_HELP)
def protocol(output: str, title: str, min_experiments: int | None, profile: str | None) -> None:
    """Write a protocol with the present date, to be edited and kept with the review.

    Pass it to `focale assess`, `focale run` and `focale describe` with --protocol.
    """
    from focale.protocol.protocol import Protocol

    choices = with_profile(Protocol(title=title), profile)
    if min_experiments is not None:
        choices = replace(choices, min_experiments=min_experiments)
    text = choices.declare().to_toml()
    try:
        with Path(output).open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError as error:
        raise OutputError(
            f"{output} exists and holds a declared protocol; choose another name with -o"
        ) from error
    except OSError as error:
        raise OutputError(
            f"{output} cannot be written ({error.strerror}); choose a folder that exists and can "
            "be written to"
        ) from error
    click.echo(output)
