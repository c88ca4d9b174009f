"""Where parts of a long computation are kept, so that it can go on from them."""

from __future__ import annotations

from typing import Any, Protocol

import numpy.typing as npt


class Keeper(Protocol):
    """Arrays by name, of one computation with one set of data and settings."""

    def get(self, name: str) -> npt.NDArray[Any] | None:
        """What was kept under a name; None where nothing was."""

    def keep(self, name: str, part: npt.NDArray[Any]) -> None:
        """Keep an array in place of what was kept under its name before."""


class Nothing:
    """Keeps nothing."""

    def get(self, name: str) -> None:
        """Nothing was kept."""

    def keep(self, name: str, part: npt.NDArray[Any]) -> None:
        """Forget it."""


NOTHING = Nothing()
