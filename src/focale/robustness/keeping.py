"""Where parts of a long computation are kept, so that it can go on from them."""

from __future__ import annotations

from typing import Protocol

from focale.typing import IntArray


class Keeper(Protocol):
    """Arrays by name, of one computation with one set of data and settings."""

    def get(self, name: str) -> IntArray | None:
        """What was kept under a name; None where nothing was."""

    def keep(self, name: str, array: IntArray) -> None:
        """Keep an array in place of what was kept under its name before."""


class Nothing:
    """Keeps nothing."""

    def get(self, name: str) -> IntArray | None:  # noqa: ARG002
        """Nothing was kept."""
        return None

    def keep(self, name: str, array: IntArray) -> None:
        """Forget it."""


NOTHING = Nothing()
