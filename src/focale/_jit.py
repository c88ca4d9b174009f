"""The one decorator of compiled loops, with all its flags.

A kernel calls only kernels of its own file and reads no module variable that
may change: numba's cache does not notice an edit in another file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile a loop over arrays: no Python objects, no GIL, cached on disk."""
    compiled: Function = numba.njit(nogil=True, error_model="numpy", cache=True)(function)
    return compiled
