"""What commands share: reading arguments, and speaking to a person."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from focale.errors import InputMissingError, ReadError
from focale.phrases import one_line

if TYPE_CHECKING:
    from focale.protocol.assess import Decision
    from focale.protocol.protocol import Protocol
    from focale.studyset.model import Studyset

Command = TypeVar("Command", bound=Callable[..., object])

MOST_WARNINGS = 20


def evidence_options(command: Command) -> Command:
    """Options that say which evidence to read, and under which protocol."""
    options = (
        click.option(
            "--ids",
            multiple=True,
            metavar="ID|@FILE",
            help="Experiments to read; may be repeated.",
        ),
        click.option("--first", type=int, metavar="N", help="Read the first N experiments."),
        click.option("--protocol", "protocol_file", metavar="FILE", help="Protocol (TOML)."),
        click.option(
            "--space",
            type=click.Choice(["MNI", "TAL"]),
            help="Space of foci the file does not place.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def say(text: str = "") -> None:
    """Print a paragraph, wrapped to the terminal."""
    width = min(shutil.get_terminal_size().columns, 96)
    text = one_line(text, 100_000)  # names may hold codes that move the cursor
    click.echo(textwrap.fill(text, width, break_on_hyphens=False, break_long_words=False))


def stage(text: str) -> None:
    """Say on a terminal what is being done; scripts are not told."""
    if sys.stderr.isatty():
        click.echo(f"{text} ...", err=True)


def warn(studyset: Studyset) -> None:
    """Print what the reader noticed."""
    for problem in studyset.problems[:MOST_WARNINGS]:
        click.echo(one_line(f"{problem.severity}: {problem}", 1000), err=True)
    if len(studyset.problems) > MOST_WARNINGS:
        click.echo(f"and {len(studyset.problems) - MOST_WARNINGS} more warnings", err=True)


def show_evidence(studyset: Studyset, decision: Decision) -> None:
    """Print the counts and the decision."""
    say(f"{studyset.record.source}: {str(studyset).removeprefix('Studyset: ')}")
    say(f"Decision: {decision.reason}")
    for remark in decision.remarks:
        say(f"Note: {remark}")


def protocol_from(path: str | None) -> Protocol:
    """Protocol of a file, or the default one."""
    from focale.protocol.protocol import Protocol

    return Protocol() if path is None else Protocol.from_toml(path)


def ids_from(values: tuple[str, ...]) -> tuple[str, ...] | None:
    """Identifiers from options, one a line in @FILE; None where the option is not given."""
    if not values:
        return None
    ids: list[str] = []
    for value in values:
        ids += read_lines(value[1:]) if value.startswith("@") else [value]
    return tuple(ids)


def read_lines(path: str) -> list[str]:
    """Lines of a text file."""
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
        return re.split(r"\r\n|\r|\n", text.removesuffix("\n"))
    except OSError as error:
        raise InputMissingError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ReadError(f"{path} is not UTF-8 text; save it as plain text (UTF-8)") from error
