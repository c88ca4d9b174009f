"""Arrays that nobody can write to.

A result shares its arrays with the tables and maps made from it, and masks are shared by
all analyses of a space; a stray assignment must not change them.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

Owner = TypeVar("Owner")


def freeze(owner: Owner, *names: str) -> Owner:
    """Make the arrays in these attributes read-only, and return their owner."""
    for name in names:
        array: Any = np.asarray(getattr(owner, name)).view()
        array.setflags(write=False)
        object.__setattr__(owner, name, array)
    return owner
