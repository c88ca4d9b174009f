"""Labelings of experiments: which of them are in a group, as observed or at random."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations, islice

import numpy as np

from focale.typing import BoolArray, IntArray

LABELINGS_A_BLOCK = 256


def n_labelings(n: int, size: int) -> int:
    """In how many ways a group of `size` can be chosen from `n` experiments.

    Examples
    --------
    >>> n_labelings(21, 10)
    352716
    """
    return math.comb(n, size)


def random_labelings(n: int, size: int, block: int, seed: int, stream: int) -> BoolArray:
    """A block of random labelings, shape (LABELINGS_A_BLOCK, n); each group as likely.

    A function of its arguments alone (Philox 4x64-10, Salmon et al. 2011,
    doi:10.1145/2063384.2063405).
    """
    key = np.array([seed, stream], dtype=np.uint64)
    counter = np.array([0, block, 0, 0], dtype=np.uint64)
    numbers = np.random.Generator(np.random.Philox(key=key, counter=counter))
    order = numbers.random((LABELINGS_A_BLOCK, n)).argsort(axis=1, kind="stable")
    labelings = np.zeros((LABELINGS_A_BLOCK, n), dtype=bool)
    np.put_along_axis(labelings, order[:, :size], values=True, axis=1)
    return labelings


def other_labelings(observed: BoolArray) -> Iterator[BoolArray]:
    """All labelings but the observed one, in blocks of shape (at most a block, n)."""
    n, size = observed.size, int(observed.sum())
    seen = tuple(np.flatnonzero(observed).tolist())
    others = (group for group in combinations(range(n), size) if group != seen)
    while groups := list(islice(others, LABELINGS_A_BLOCK)):
        labelings = np.zeros((len(groups), n), dtype=bool)
        np.put_along_axis(labelings, np.array(groups, dtype=np.int64), values=True, axis=1)
        yield labelings


def as_members(labelings: BoolArray) -> IntArray:
    """Labelings as `kernels/relabelling.py` reads them: shape (n, labelings), all bits or none."""
    return np.ascontiguousarray(-labelings.T.astype(np.int32))
