"""What a command line says otherwise than its protocol."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from focale.protocol.protocol import Protocol


def overridden(protocol: Protocol, path: str | None, **given: Any) -> Protocol:
    """The protocol with what the command line says; None says nothing.

    A change of a protocol from the file `path` is a deviation from it.
    """
    changes = {
        name: value
        for name, value in given.items()
        if value is not None and value != getattr(protocol, name)
    }
    if path is None:
        return replace(protocol, **changes)
    return protocol.deviate("given on the command line", **changes) if changes else protocol
