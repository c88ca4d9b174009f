"""The option that takes the choices of another tool."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from focale.errors import ArgumentError
from focale.phrases import listed

if TYPE_CHECKING:
    from focale.protocol.protocol import Protocol

PROFILE_HELP = "Take the choices of another tool: nimare-0.22, jale or gingerale-3."


def with_profile(protocol: Protocol, name: str | None, path: str | None = None) -> Protocol:
    """The protocol with the choices of a profile.

    Parameters
    ----------
    protocol
        The default one, or that of a file.
    name
        Of the profile; None for none.
    path
        The file, whose choices must be those of the profile.

    Raises
    ------
    ArgumentError
        If there is no such profile, or the file has other choices.
    """
    from focale.protocol.profiles import profile_of

    if name is None:
        return protocol
    values = profile_of(name).values
    differing = [key for key, value in values.items() if getattr(protocol, key) != value]
    if path is not None and differing:
        raise ArgumentError(
            f"--profile {name} and the protocol {Path(path).name} differ in {listed(differing)}; "
            f"give one of them, or write a protocol with `focale protocol --profile {name}`"
        )
    return replace(protocol, **values, profile=name)
