"""What commands share: reading arguments, and speaking to a person."""

from __future__ import annotations

import shutil
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from focale.errors import InputMissingError

if TYPE_CHECKING:
    from focale.protocol.assess import Decision
    from focale.protocol.protocol import Protocol
    from focale.studyset.model import Studyset

MOST_WARNINGS = 20


def say(text: str = "") -> None:
    """Print a paragraph, wrapped to the terminal."""
    width = min(shutil.get_terminal_size().columns, 96)
    click.echo(textwrap.fill(text, width, break_on_hyphens=False, break_long_words=False))


def stage(text: str) -> None:
    """Say on a terminal what is being done; scripts are not told."""
    if sys.stderr.isatty():
        click.echo(f"{text} ...", err=True)


def warn(studyset: Studyset) -> None:
    """Print what the reader noticed."""
    for problem in studyset.problems[:MOST_WARNINGS]:
        click.echo(f"{problem.severity}: {problem}", err=True)
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


def ids_from(values: tuple[str, ...]) -> tuple[str, ...]:
    """Identifiers from options: parted by commas, or one a line in @FILE."""
    ids: list[str] = []
    for value in values:
        if value.startswith("@"):
            ids += read_lines(value[1:])
        else:
            ids += value.split(",")
    return tuple(experiment_id.strip() for experiment_id in ids if experiment_id.strip())


def read_lines(path: str) -> list[str]:
    """Lines of a text file."""
    try:
        return Path(path).read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise InputMissingError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputMissingError(f"{path} is not a UTF-8 text file") from error
