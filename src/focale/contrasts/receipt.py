"""The calibration receipt of a contrast: how often it errs on the evidence at hand.

All experiments of both sides are put in one pool and split at random, into sides as large as
the real ones. Nothing then distinguishes the sides, whatever the pool converges on, so every
difference that a test reports is a false one. Each split is tested as the contrast is, with
labelings of its own.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from focale._check import check_between, check_count, check_positive
from focale.contrasts.difference import ContrastSettings, Level
from focale.correction.null import usable_cores
from focale.correction.p_values import interval_of_share
from focale.inference.labelings import random_labelings
from focale.inference.relabelling import LabelDesign, Look
from focale.progress import Counted, Progress, silent
from focale.typing import IntArray

LABELINGS_OF_A_SPLIT = 199
"""Beside the split itself: p of .005 and more."""

STREAM = 1
"""Of random numbers: not that of the contrast itself."""


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
        """Whether at every level alpha is no less than the lower end of the interval."""
        return all(self.interval(level)[0] <= self.alpha for level in self.n_false)


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
    look = Look.of(design, settings.forming_p, settings.connectivity)
    most = n_splits or MOST_SPLITS
    until = time.monotonic() + seconds if n_splits is None else np.inf
    found: list[IntArray] = []
    splits = _tested(look, settings, alpha, most, threads or usable_cores())
    for of_split in progress(Counted(splits, most, what="random splits")):
        found.append(of_split)
        if time.monotonic() > until:
            break
    total = np.sum(found, axis=0)
    return Receipt(
        n_splits=len(found),
        n_labelings=LABELINGS_OF_A_SPLIT,
        alpha=alpha,
        n_false={level: int(total[i]) for i, level in enumerate(LEVELS)},
    )


LEVELS: tuple[Level, Level, Level] = ("voxel", "size", "mass")
MOST_SPLITS = 1000


def _tested(
    look: Look, settings: ContrastSettings, alpha: float, n: int, threads: int
) -> Iterator[IntArray]:
    """Of each split, whether anything survives at each level."""
    design = look.design
    tails = [int((side == "first") == design.draws_first) for side in settings.asked]

    def survives(split: int) -> IntArray:
        labelings = random_labelings(design.n, design.size, split, settings.seed, STREAM)
        _, maxima = look.at(labelings[: LABELINGS_OF_A_SPLIT + 1])
        own, others = maxima[0], maxima[1:]
        p = (np.sum(others >= own, axis=0) + 1) / (LABELINGS_OF_A_SPLIT + 1)
        p[own == 0] = 1.0
        hits: IntArray = np.any(len(tails) * p[:, tails] <= alpha, axis=1).astype(np.int64)
        return hits

    with ThreadPoolExecutor(threads) as pool:
        for first in range(0, n, threads):  # no more ahead than is being done
            yield from pool.map(survives, range(first, min(first + threads, n)))
