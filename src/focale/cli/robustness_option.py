"""The options that ask what would change a reading, for every command that reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from focale.errors import ArgumentError

if TYPE_CHECKING:
    from focale.robustness.answers import Questions

Command = TypeVar("Command", bound=Callable[..., Any])

PARTS = ("leave-out", "removals", "all")


def robustness_options(command: Command) -> Command:
    """Options that a command gets as `parts`, `units` and `exact`; see `questions_from`."""
    for option in (
        click.option(
            "--exact",
            type=int,
            metavar="K",
            help="Try all sets of up to K in the search for removals (default 1).",
        ),
        click.option(
            "--leave-out",
            "units",
            multiple=True,
            metavar="UNIT",
            help="What is left out: experiment, subject_group, study or the name of a note such "
            "as lab; may be repeated.",
        ),
        click.option(
            "--robustness",
            "parts",
            multiple=True,
            type=click.Choice(PARTS),
            help="Ask what would change the picture; may be repeated.",
        ),
    ):
        command = option(command)
    return command


def questions_from(
    parts: tuple[str, ...], units: tuple[str, ...], exact: int | None
) -> Questions | None:
    """What is asked about robustness; None where nothing is."""
    from focale.robustness.answers import PARTS as ALL
    from focale.robustness.answers import Questions

    if not parts:
        if units or exact is not None:
            raise ArgumentError("--leave-out and --exact belong to --robustness; add it")
        return None
    chosen = ALL if "all" in parts else tuple(part for part in ALL if part in parts)
    return Questions(parts=chosen, units=units, exact_up_to=1 if exact is None else exact)


def words_of_robustness(
    parts: tuple[str, ...], units: tuple[str, ...], exact: int | None
) -> list[str]:
    """The options as words of a command line."""
    words = [word for part in parts for word in ("--robustness", part)]
    words += [word for unit in units for word in ("--leave-out", unit)]
    return words + ([] if exact is None else ["--exact", str(exact)])
