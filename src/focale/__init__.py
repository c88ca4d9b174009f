"""Focale: honest maps from reported brain coordinates.

Names are loaded when they are first used, so that ``import focale`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from focale.datasets import pain_studyset_path as pain_studyset_path
    from focale.estimators.ale import ALE as ALE
    from focale.studyset.model import Studyset as Studyset

_HOME = {
    "ALE": "focale.estimators.ale",
    "Studyset": "focale.studyset.model",
    "pain_studyset_path": "focale.datasets",
}

__all__ = ["ALE", "Studyset", "pain_studyset_path"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("focale")
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'focale' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
