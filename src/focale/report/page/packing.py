"""Arrays as text inside a page, for a script to unpack.

An array becomes its bytes in the order lowest byte of all numbers, second byte of all
numbers, and so on (which packs tighter than number by number), gzip, base64. Equal arrays
give equal text.
"""

from __future__ import annotations

import base64
import gzip
from typing import Any

import numpy as np

from focale.space.grid import Grid
from focale.typing import IntArray


def packed(numbers: IntArray) -> dict[str, Any]:
    """Whole numbers from 0 to 2^32 - 1 in the narrowest type that holds them.

    Examples
    --------
    >>> packed(np.array([1, 2, 258]))["bytes"]
    2
    """
    largest = int(numbers.max(initial=0))
    size = 1 if largest < 2**8 else 2 if largest < 2**16 else 4
    flat = np.ascontiguousarray(numbers, dtype=f"<u{size}").reshape(-1)
    planes = flat.view(np.uint8).reshape(-1, size).T
    return {"bytes": size, "data": _text(planes.tobytes())}


def unpacked(array: dict[str, Any]) -> IntArray:
    """What `packed` packed, one-dimensional."""
    size: int = array["bytes"]
    planes = np.frombuffer(gzip.decompress(base64.b64decode(array["data"])), dtype=np.uint8)
    flat: IntArray = np.ascontiguousarray(planes.reshape(size, -1).T).view(f"<u{size}").reshape(-1)
    return flat


def packed_grid(grid: Grid) -> dict[str, Any]:
    """Shape of a grid, and the rows of its affine."""
    return {"shape": list(grid.shape), "affine": _numbers(grid.affine[:3])}


def _numbers(array: Any) -> list[Any]:
    rounded: list[Any] = (np.round(array, 6) + 0.0).tolist()  # no negative zeros
    return rounded


def _text(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, compresslevel=9, mtime=0)).decode("ascii")
