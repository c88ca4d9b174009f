"""Progress bars: shown on a terminal when something takes longer than a blink."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

Progress: TypeAlias = Callable[[Iterable[Any]], Iterable[Any]]

BLINK_S = 0.5


def silent(items: Iterable[Any]) -> Iterable[Any]:
    """Show nothing."""
    return items


def bar(description: str) -> Progress:
    """Bar on stderr that appears after half a second, and only on a terminal."""
    from tqdm import tqdm

    def wrap(items: Iterable[Any]) -> Iterable[Any]:
        bars: Iterable[Any] = tqdm(
            items, desc=description, delay=BLINK_S, disable=None, leave=False
        )
        return bars

    return wrap
