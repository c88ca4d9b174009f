"""Finished parts of a long computation, by name, so that none is computed twice."""

from __future__ import annotations

from typing import Any, Protocol

import numpy.typing as npt


class Keeper(Protocol):
    """Something that keeps arrays by name."""

    def get(self, name: str) -> npt.NDArray[Any] | None:
        """What is kept under a name, or None."""

    def keep(self, name: str, part: npt.NDArray[Any]) -> None:
        """Keep a finished part."""


class Nothing:
    """Keeps nothing."""

    def get(self, name: str) -> None:
        """None."""

    def keep(self, name: str, part: npt.NDArray[Any]) -> None:
        """Forget it."""
