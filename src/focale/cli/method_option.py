"""The options that choose the method, and what the command line says of the protocol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from focale.protocol.protocol import Protocol

Command = TypeVar("Command", bound=Callable[..., Any])


def method_options(command: Command) -> Command:
    """--method and --radius, for commands that compute a map."""
    options = (
        click.option(
            "--method",
            metavar="NAME",
            help="ale (the default), mkda (density) or kda.",
        ),
        click.option(
            "--radius",
            type=float,
            metavar="MM",
            help="Radius of the spheres of mkda and kda; by default 10.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def words_of_method(method: str | None, radius: float | None) -> list[str]:
    """The options as words of a command that repeats the run."""
    words = [] if method is None else ["--method", method]
    return words if radius is None else [*words, "--radius", f"{radius:g}"]


def with_given(protocol: Protocol, path: str | None, **given: Any) -> Protocol:
    """The protocol, with what the command line says otherwise.

    A change of a protocol from a file is a deviation from it.

    Parameters
    ----------
    protocol
        The default one, or that of the file.
    path
        The file; None for none.
    **given
        Choices by name; None where nothing is said.
    """
    changes = {
        name: value
        for name, value in given.items()
        if value is not None and value != getattr(protocol, name)
    }
    if path is None:
        return replace(protocol, **changes)
    return protocol.deviate("given on the command line", **changes) if changes else protocol
