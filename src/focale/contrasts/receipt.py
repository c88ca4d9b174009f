"""The calibration receipt of a contrast: how often it errs on the evidence at hand.

All experiments of both sides are put in one pool and split at random, into sides as large as
the real ones. Nothing then distinguishes the sides, whatever the pool converges on, so every
difference that a test reports is a false one. Each split is tested as the contrast is, with
labelings of its own.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from focale._check import check_between, check_count, check_positive
from focale.contrasts.difference import ContrastSettings, Level
from focale.correction.null import usable_cores
from focale.correction.p_values import interval_of_share
from focale.inference.labelings import LABELINGS_A_BLOCK, random_labelings
from focale.inference.relabelling import LabelDesign, Look
from focale.progress import Counted, Progress, silent
from focale.typing import BoolArray, IntArray

FEWEST_LABELINGS = 199
"""Of a split, beside it: p of .005 and more."""

SPLITS, OF_SPLITS = 1, 2
"""Streams of random numbers of splits and of their labelings; 0 is that of the contrast."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """False-positive rates of a contrast on random splits of its own pool.

    Attributes
    ----------
    n_splits
        How many splits were tested.
    n_labelings
        Labelings of the test of each split, beside the split.
    alpha
        Level of the tests.
    n_false
        By level, splits in which something had a family-wise p of at most alpha.
    """

    n_splits: int
    n_labelings: int
    alpha: float
    n_false: dict[Level, int]

    def rate(self, level: Level) -> float:
        """Share of splits with a false difference at this level."""
        return self.n_false[level] / self.n_splits

    def interval(self, level: Level) -> tuple[float, float]:
        """95 % interval of that share (Clopper and Pearson 1934)."""
        return interval_of_share(self.n_false[level], self.n_splits)

    @property
    def is_calibrated(self) -> bool:
        """Whether no rate lies above alpha by more than chance.

        No lower end of a 99.9 % interval does: of three rates that are right, one has its
        95 % interval above alpha in every fourteenth receipt or so.
        """
        ends = [interval_of_share(n, self.n_splits, 0.999) for n in self.n_false.values()]
        return all(low <= self.alpha for low, _ in ends)


def receipt(
    design: LabelDesign,
    settings: ContrastSettings,
    alpha: float = 0.05,
    *,
    n_splits: int | None = None,
    seconds: float = 60.0,
    threads: int | None = None,
    progress: Progress = silent,
) -> Receipt:
    """Test random splits of the pool of a contrast.

    Parameters
    ----------
    design, settings
        Of the contrast.
    alpha
        Level of the tests.
    n_splits
        How many splits; None for as many as fit in `seconds`, at most 1,000. Split number i
        is the same whatever the number.
    seconds
        Time to take where `n_splits` is None.
    threads
        How many threads; by default one for each core.
    progress
        Wraps the splits, to show a bar.
    """
    check_between("alpha", "receipt", alpha, 0, 1)
    if n_splits is not None:
        check_count("n_splits", "receipt", n_splits, 1)
    check_positive("seconds", "receipt", seconds)
    n_labelings = labelings_of_a_split(alpha, len(settings.asked))
    look = Look.of(design, settings.forming_p, settings.connectivity)
    most = n_splits or MOST_SPLITS
    until = time.monotonic() + seconds if n_splits is None else np.inf
    found: list[IntArray] = []
    splits = _tested(look, settings, alpha, n_labelings, most, threads or usable_cores())
    for of_split in progress(Counted(splits, most, what="random splits")):
        found.append(of_split)
        if time.monotonic() > until:
            break
    total = np.sum(found, axis=0)
    return Receipt(
        n_splits=len(found),
        n_labelings=n_labelings,
        alpha=alpha,
        n_false={level: int(total[i]) for i, level in enumerate(LEVELS)},
    )


LEVELS: tuple[Level, Level, Level] = ("voxel", "size", "mass")
MOST_SPLITS = 1000


def labelings_of_a_split(alpha: float, n_asked: int) -> int:
    """Labelings of the test of a split: enough that a p of alpha is no matter of one or two.

    Examples
    --------
    >>> labelings_of_a_split(0.05, 2), labelings_of_a_split(0.001, 2)
    (199, 9999)
    """
    return max(FEWEST_LABELINGS, math.ceil(5 * n_asked / alpha - 1e-9) - 1)


def random_split(design: LabelDesign, number: int, seed: int) -> BoolArray:
    """Split `number` of a pool: which units are in the drawn group, shape (1, n)."""
    return random_labelings(design.n, design.size, number, seed, SPLITS)[:1]


def _tested(
    look: Look,
    settings: ContrastSettings,
    alpha: float,
    n_labelings: int,
    n: int,
    threads: int,
) -> Iterator[IntArray]:
    """Of each split, whether anything survives at each level."""
    design = look.design
    n_blocks = math.ceil(n_labelings / LABELINGS_A_BLOCK)
    tails = [int((side == "first") == design.draws_first) for side in settings.asked]

    def survives(split: int) -> IntArray:
        _, (own,) = look.at(random_split(design, split, settings.seed))
        n_as_large, left = np.zeros_like(own), n_labelings
        for block in range(split * n_blocks, (split + 1) * n_blocks):
            others = random_labelings(design.n, design.size, block, settings.seed, OF_SPLITS)
            _, maxima = look.at(others[:left])
            n_as_large += np.sum(maxima >= own, axis=0)
            left -= len(maxima)
        p = (n_as_large + 1) / (n_labelings + 1)
        p[own == 0] = 1.0
        hits: IntArray = np.any(len(tails) * p[:, tails] <= alpha, axis=1).astype(np.int64)
        return hits

    with ThreadPoolExecutor(threads) as pool:
        for first in range(0, n, threads):  # no more ahead than is being done
            yield from pool.map(survives, range(first, min(first + threads, n)))
