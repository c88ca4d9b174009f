"""Progress bars: shown on a terminal when something takes longer than a blink."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

Progress: TypeAlias = Callable[[Iterable[Any]], Iterable[Any]]

BLINK_S = 0.5
_COUNTED = "{desc} {percentage:3.0f}% {bar} {n_fmt}/{total_fmt}, {remaining} left{postfix}"


def _one(_: Any) -> int:
    return 1


@dataclass(frozen=True, slots=True)
class Counted:
    """Items made one by one, with what a bar needs to know of them.

    Parameters
    ----------
    items
        The items.
    n
        How many units they have in all.
    amount
        How many units an item has.
    note
        What to say beside the bar after each item.
    what
        What is counted, where a bar is not to say what it was made for.
    """

    items: Iterable[Any]
    n: int
    amount: Callable[[Any], int] = _one
    note: Callable[[], str] = str
    what: str = ""

    def __iter__(self) -> Iterator[Any]:
        """The items."""
        return iter(self.items)


def silent(items: Iterable[Any]) -> Iterable[Any]:
    """Show nothing."""
    return items


def bar(description: str) -> Progress:
    """Bar on stderr that appears after half a second, and only on a terminal."""
    from tqdm import tqdm

    looks: dict[str, Any] = {
        "desc": description,
        "delay": BLINK_S,
        "disable": None,
        "leave": False,
    }

    def wrap(items: Iterable[Any]) -> Iterable[Any]:
        if not isinstance(items, Counted):
            yield from tqdm(items, **looks)
            return
        looks["desc"] = items.what or description
        with tqdm(total=items.n, bar_format=_COUNTED, **looks) as shown:
            for item in items:
                yield item
                # The note is of all items so far, this one included: it was just dealt with.
                shown.set_postfix_str(items.note(), refresh=False)
                shown.update(items.amount(item))

    return wrap
