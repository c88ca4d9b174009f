"""The null of random foci for a balanced contrast, as other tools have it. Not valid.

JALE's only and NiMARE's default null of a balanced contrast lets the foci of both sides fall
at random (JALE `compute_balanced_null_diff`; NiMARE 0.22 `null_method="random-foci"`). It
asks whether two sides differ more than two sides without any convergence would. Where both
sides converge on one place, their difference varies more there than random foci ever do, and
the test finds differences between halves of one pool. It is kept to compare with these tools,
stands beside the test by labels, decides nothing, and is measured on the evidence at hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np

from focale.contrasts.receipt import STREAM
from focale.correction.null import usable_cores
from focale.correction.p_values import interval_of_share, p_of_maxima
from focale.estimators.result import AleMap
from focale.frozen import freeze
from focale.inference.labelings import as_members, random_labelings
from focale.inference.lattice import STEP
from focale.inference.montecarlo import NullDesign, null_design
from focale.inference.relabelling import LabelDesign
from focale.kernels.montecarlo import random_map
from focale.kernels.relabelling import label_sums
from focale.space.voxelmap import VoxelMap
from focale.typing import FloatArray, IntArray

Legacy = Literal["random-foci"]
MEASURED = 100
"""Random splits on which its false-positive rate is measured."""


@dataclass(frozen=True, slots=True, eq=False)
class LegacyTest:
    """A balanced contrast against random foci; not valid as a test of a difference.

    Attributes
    ----------
    p
        Voxelwise family-wise p over both directions, as this null has it.
    minima, maxima
        Shape (n_iterations,); of the difference of two maps of random foci.
    n_false, n_splits
        Random splits of the pool, and those in which it finds a difference at `alpha`.
    alpha
        Level of that.
    """

    p: VoxelMap
    minima: FloatArray
    maxima: FloatArray
    n_false: int
    n_splits: int
    alpha: float

    def __post_init__(self) -> None:
        freeze(self, "minima", "maxima")

    @property
    def rate(self) -> float:
        """Share of random splits of this pool in which it finds a difference."""
        return self.n_false / self.n_splits

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of that share (Clopper and Pearson 1934)."""
        return interval_of_share(self.n_false, self.n_splits)


def random_foci_test(
    first: AleMap,
    second: AleMap,
    design: LabelDesign,
    subsample: int,
    *,
    n_iterations: int = 1000,
    seed: int = 0,
    alpha: float = 0.05,
    n_splits: int = MEASURED,
    threads: int | None = None,
) -> LegacyTest:
    """Test a balanced contrast against random foci, and measure what that is worth.

    Parameters
    ----------
    first, second
        The statistic of each side.
    design
        Of the same sides, not balanced.
    subsample
        Experiments of the matched subsamples.
    n_iterations
        Pairs of maps of random foci.
    seed
        Of the random foci and of the splits.
    alpha
        Level at which false positives are counted.
    n_splits
        Random splits of the pool.
    threads
        How many threads; by default one for each core.
    """
    sizes = first.ma.n_experiments, second.ma.n_experiments
    threads = threads or usable_cores()
    random = (_random_sums(side, n_iterations, seed, threads) for side in (first, second))
    extremes = [
        _extremes(_difference(one, two, sizes, subsample))
        for one, two in zip(*random, strict=True)
    ]
    minima, maxima = np.array(extremes).T
    observed = _difference(first.ma.log_sum, second.ma.log_sum, sizes, subsample)
    n_false = sum(
        bool(np.any(_p(np.array(_extremes(split)), minima, maxima) <= alpha))
        for split in _splits(design, subsample, n_splits, seed)
    )
    p = VoxelMap(_p(observed, minima, maxima), first.mask)
    return LegacyTest(p, minima, maxima, n_false, n_splits, alpha)


def _difference(
    first: IntArray,
    second: IntArray,
    sizes: tuple[int, int],
    subsample: int,
    step: float = STEP,
) -> FloatArray:
    """Mean difference over matched subsamples, to first order in their spread."""
    of_first, of_second = (subsample / size * step for size in sizes)
    values: FloatArray = np.exp(-of_second * second) - np.exp(-of_first * first)
    return values


def _extremes(difference: FloatArray) -> tuple[float, float]:
    return float(difference.min()), float(difference.max())


def _p(values: FloatArray, minima: FloatArray, maxima: FloatArray) -> FloatArray:
    above, below = p_of_maxima(values, maxima), p_of_maxima(-values, -minima)
    both: FloatArray = np.minimum(2 * np.minimum(above, below), 1.0)
    return both


def _splits(design: LabelDesign, subsample: int, n: int, seed: int) -> Iterator[FloatArray]:
    """Differences of random splits of the pool; the splits are those of the receipt."""
    total = np.add.reduceat(np.append(design.values, 0).astype(np.int64), design.starts[:-1])
    total[design.reaching == 0] = 0
    plain, drawn = np.array([]), np.empty(total.size, dtype=np.int32)
    sizes = design.size, design.n - design.size
    for split in range(n):
        labeling = random_labelings(design.n, design.size, split, seed, STREAM)[:1]
        label_sums(
            *(design.starts, design.units, design.values, as_members(labeling)),
            *(design.moments[:, 0].copy(), plain, drawn),
        )
        yield _difference(drawn, total - drawn, sizes, subsample, design.step)


def _random_sums(side: AleMap, n: int, seed: int, threads: int) -> Iterator[IntArray]:
    """Lattice sums of maps of random foci, in mask order."""
    studyset = side.studyset
    design = null_design(
        studyset.foci_mm,
        studyset.offsets,
        side.fwhm_mm,
        side.mask,
        side.estimator.placement,
    )
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, n, threads):  # no more ahead than is being done
            numbers = range(start, min(start + threads, n))
            yield from pool.map(lambda i: _random_sum(design, seed, i), numbers)


def _random_sum(design: NullDesign, seed: int, iteration: int) -> IntArray:
    log_sum = np.zeros(design.mask.grid.shape, dtype=np.int64)
    random_map(
        np.uint64(seed),
        np.uint64(0),
        np.uint64(iteration),
        design.sampling,
        *(design.offsets, design.fingerprints, design.words, design.starts, design.halves),
        np.empty(design.n_foci, dtype=np.int64),
        np.empty((design.n_foci, 3), dtype=np.int64),
        log_sum,
        np.zeros(design.mask.grid.shape, dtype=np.int32),
    )
    sums: IntArray = log_sum.reshape(-1)[design.mask.voxels]
    return sums
