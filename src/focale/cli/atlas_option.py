"""The option that chooses atlases, for every command that labels places."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from focale.atlases.atlas import Atlas

Command = TypeVar("Command", bound=Callable[..., Any])


def atlas_option(command: Command) -> Command:
    """Option that a command gets as `atlases`, a tuple of names and paths."""
    return click.option(
        "--atlas",
        "atlases",
        multiple=True,
        metavar="NAME|FILE[,LABELS]",
        help="Atlas for anatomical labels; may be repeated (default: the bundled one).",
    )(command)


def atlases_from(values: tuple[str, ...]) -> list[Atlas]:
    """Atlases that an option names, each once; the bundled one where it is not given."""
    from focale.atlases.bundled import NAME
    from focale.atlases.finding import find_atlas

    return [find_atlas(value) for value in dict.fromkeys(values or (NAME,))]


def words_of_atlases(values: tuple[str, ...]) -> list[str]:
    """The option as words of a command line, without the places of files."""
    words: list[str] = []
    for value in values:
        files = [Path(part).name for part in value.split(",")]
        words += ["--atlas", ",".join(files)]
    return words
