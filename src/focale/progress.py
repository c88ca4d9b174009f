"""Progress bars: shown on a terminal when something takes longer than a blink."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

Progress: TypeAlias = Callable[[Iterable[Any]], Iterable[Any]]

BLINK_S = 0.5


@dataclass(frozen=True, slots=True)
class Counted:
    """Items made one by one whose number is known, so that a bar knows its end."""

    items: Iterable[Any]
    n: int

    def __iter__(self) -> Iterator[Any]:
        """The items."""
        return iter(self.items)

    def __len__(self) -> int:
        """How many there will be."""
        return max(self.n, 0)


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
