"""Which subject groups each replicate is made of.

Replicate r is a function of the seed and of r alone, so that any number of threads gives
the same ones, and more replicates begin with the same ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from focale._check import check_count, refuse
from focale.errors import ArgumentError, EvidenceError
from focale.frozen import freeze
from focale.phrases import count
from focale.typing import IntArray

FEWEST_GROUPS = 4
"""Of fewer, a subsample has two, or nearly all."""

SHARE_DRAWN = 0.8
"""Of the groups, in a subsample; near enough to all that what it can find is alike."""


@dataclass(frozen=True, slots=True, eq=False)
class Resampling:
    """Replicates of an evidence base, by the numbers of their groups.

    Attributes
    ----------
    n_groups
        Of the evidence base.
    size
        Groups of a replicate.
    with_replacement
        Whether a group may be drawn more than once (bootstrap).
    n_replicates
        How many replicates there are.
    seed
        Of the random numbers.
    every
        Shape (n_replicates, size); all subsamples there are, where these are no more than
        the replicates asked for; else no rows.
    """

    n_groups: int
    size: int
    with_replacement: bool
    n_replicates: int
    seed: int
    every: IntArray

    def __post_init__(self) -> None:
        freeze(self, "every")

    @property
    def is_complete(self) -> bool:
        """Whether the replicates are all subsamples there are."""
        return len(self.every) > 0

    def draw(self, replicate: int) -> IntArray:
        """Shape (size,); numbers of the groups of a replicate, rising."""
        if self.is_complete:
            given: IntArray = self.every[replicate]
            return given
        source = np.random.SeedSequence(self.seed, spawn_key=(replicate,))
        rng = np.random.Generator(np.random.Philox(source))
        return np.sort(rng.choice(self.n_groups, self.size, replace=self.with_replacement))


def resampling(
    n_groups: int,
    *,
    n_replicates: int = 1000,
    size: int | None = None,
    with_replacement: bool = False,
    seed: int = 0,
) -> Resampling:
    """Replicates of `n_groups` groups; parameters and errors as in `stability`.

    Examples
    --------
    >>> few = resampling(5)
    >>> few.size, few.n_replicates, few.draw(4).tolist()
    (4, 5, [1, 2, 3, 4])
    >>> resampling(21).size
    17
    """
    check_count("n_replicates", "stability", n_replicates, 1)
    check_count("seed", "stability", seed, 0)
    if n_groups < FEWEST_GROUPS:
        raise EvidenceError(
            f"resampling needs at least {FEWEST_GROUPS} subject groups, and there "
            f"{'is' if n_groups == 1 else 'are'} {count(n_groups, 'subject group')}; leave them "
            "out one by one instead"
        )
    drawn = _size(n_groups, size, with_replacement=with_replacement)
    every = np.zeros((0, drawn), dtype=np.int64)
    if not with_replacement and math.comb(n_groups, drawn) <= n_replicates:
        every = np.array(list(combinations(range(n_groups), drawn)))
    return Resampling(
        n_groups=n_groups,
        size=drawn,
        with_replacement=bool(with_replacement),
        n_replicates=len(every) or int(n_replicates),
        seed=int(seed),
        every=every,
    )


def members_of(group: IntArray | None, n_experiments: int) -> list[IntArray]:
    """Numbers of the experiments of each group.

    Parameters
    ----------
    group
        Shape (n_experiments,); whole numbers, equal for experiments of one subject group;
        None where each experiment is a group of its own.
    """
    if group is None:
        return list(np.arange(n_experiments)[:, None])
    given = np.asarray(group)
    if given.shape != (n_experiments,) or not np.issubdtype(given.dtype, np.integer):
        raise ArgumentError(
            "the 'group' parameter of stability must be one whole number for each of the "
            f"{count(n_experiments, 'experiment')}. Got an array of shape {given.shape} of "
            f"{given.dtype} instead."
        )
    return [np.flatnonzero(given == name) for name in dict.fromkeys(given.tolist())]


def _size(n_groups: int, size: int | None, *, with_replacement: bool) -> int:
    if size is None:
        return n_groups if with_replacement else min(round(SHARE_DRAWN * n_groups), n_groups - 1)
    check_count("size", "stability", size, 2)
    if not with_replacement and size >= n_groups:
        limit = f"at most {n_groups - 1}, one less than there are subject groups"
        raise refuse("size", "stability", limit, size)
    return int(size)
