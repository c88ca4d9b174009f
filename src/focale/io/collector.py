"""Reading millions of small objects without looking for cycles among them."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collector() -> Iterator[None]:
    """No search for cycles while a large file is read.

    Python looks for objects that refer to each other in a ring each time many are made. Foci
    and experiments form none, and with 500,000 of them the search takes half of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
