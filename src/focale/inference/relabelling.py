"""The null of a difference between two groups of experiments: their labels are exchangeable.

If both groups report the same places, any experiment could as well be in the other group
(Eickhoff et al. 2011, doi:10.1016/j.neuroimage.2011.05.021). The difference of ALE at a
voxel falls when L, the sum of -log(1 - MA), moves from one group to the other, and the sum
over both groups does not change. So the difference of a labeling has the place among all
labelings that L of one group has, and L is a sum of whole numbers.

Its mean, variance and skewness over all labelings have a closed form (sampling without
replacement from a finite population). With them L is read as a standard normal value
(`pearson.py`), which compares across voxels: the largest one of a labeling is what family-wise
control asks for, and clusters are formed on it. Where few experiments reach a voxel, p is
exact by all their subsets; elsewhere it comes from random labelings. Where the groups have few
labelings at all, every one is gone through, and all is exact.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import ndtri

from focale.frozen import freeze
from focale.inference.clusters import Connectivity
from focale.inference.labelings import (
    LABELINGS_A_BLOCK,
    as_members,
    n_labelings,
    other_labelings,
    random_labelings,
)
from focale.inference.ma_maps import MaMaps
from focale.inference.montecarlo import neighbour_steps, padded_shape
from focale.inference.pearson import standardised, sum_at
from focale.kernels.relabelling import add_powers, by_voxel, exact_tails, label_sums, relabel
from focale.kernels.sparse_clusters import largest_clusters
from focale.space.mask import Mask
from focale.typing import BoolArray, FloatArray, IntArray

EXACT_UP_TO = 12
"""Experiments at a voxel up to which all their subsets are gone through."""

LARGEST_FROM_P = 0.05
"""A labeling's largest standardised value is told where it is rarer than this at its voxel."""

MOST_LATTICE = 2**30
"""Sums are kept below it, so that they fit 32 bits."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelDesign:
    """Two groups of experiments as their labelings are gone through.

    The group that is drawn is the smaller one, or of equal ones that which holds the first
    experiment by fingerprint (of those that are not in both): what comes out does not depend
    on which is called first.

    Attributes
    ----------
    starts, units, values
        Entries of all maps, voxel by voxel; see `by_voxel`. Units are experiments in the
        order of their fingerprints.
    group
        Shape (n,); the observed labeling: whether each unit is in the drawn group.
    draws_first
        Whether the drawn group is the first one.
    observed
        Shape (n_voxels,); sum over the drawn group, or its balanced difference in these units.
    moments
        Shape (n_voxels, 3); mean, standard deviation and skewness of it over all labelings.
    balance
        Of a balanced difference, see `kernels/relabelling.py`; empty for a plain one.
    step
        Width of a step of the values: that of the lattice, or a multiple.
    mask
        The voxels of the analysis.
    """

    starts: IntArray
    units: IntArray
    values: IntArray
    group: BoolArray
    draws_first: bool
    observed: IntArray
    moments: FloatArray
    balance: FloatArray
    step: float
    mask: Mask

    def __post_init__(self) -> None:
        freeze(self, "starts", "units", "values", "group", "observed", "moments", "balance")

    @property
    def n(self) -> int:
        """Number of experiments of both groups."""
        return self.group.size

    @property
    def size(self) -> int:
        """Number of experiments of the drawn group."""
        return int(self.group.sum())

    @property
    def n_labelings(self) -> int:
        """Number of all labelings, the observed one included."""
        return n_labelings(self.n, self.size)

    @property
    def reaching(self) -> IntArray:
        """Shape (n_voxels,); how many experiments reach each voxel."""
        return np.diff(self.starts)

    @property
    def u(self) -> FloatArray:
        """Shape (n_voxels,); standardised difference, positive where the drawn group has more."""
        mean, sd, skew = self.moments.T
        return standardised(self.observed.astype(float), mean, sd, skew)


@dataclass(frozen=True, slots=True, eq=False)
class LabelNull:
    """What the labelings of a design show.

    Tails: 0 where the drawn group has less, 1 where it has more.

    Attributes
    ----------
    largest, size, mass
        Shape (n_labelings, 2); largest standardised value of each labeling in each tail, in
        `U_STEPS` (0 where none is told), and voxels and mass of its largest cluster.
    counts
        Shape (n_voxels, 2); labelings whose sum is at most, and at least, the observed one.
    is_complete
        Whether these are all labelings but the observed one.
    """

    largest: IntArray
    size: IntArray
    mass: IntArray
    counts: IntArray
    is_complete: bool

    def __post_init__(self) -> None:
        freeze(self, "largest", "size", "mass", "counts")

    def __len__(self) -> int:
        """Number of labelings beside the observed one."""
        return len(self.largest)


def label_design(
    ma: MaMaps,
    in_first: BoolArray,
    fingerprints: IntArray,
    step: float,
    subsample: int | None = None,
) -> LabelDesign:
    """Two groups of experiments, made ready for their labelings.

    Parameters
    ----------
    ma
        Modelled activation of the experiments of both groups.
    in_first
        Shape (n,); whether each is in the first group.
    fingerprints
        Shape (n,); names of the experiments by what they report.
    step
        Width of a lattice step of `ma`.
    subsample
        Experiments of the matched subsamples of a balanced difference; None for the plain
        one.
    """
    row = np.argsort(fingerprints, kind="stable").astype(np.int64)
    first = in_first[row]
    n_first = int(first.sum())
    draws_first = n_first < first.size - n_first or (
        2 * n_first == first.size and _holds_the_first_name(first, fingerprints[row])
    )
    group = first if draws_first else ~first
    coarser = max(0, math.ceil(math.log2(max(int(ma.log_sum.max()), 1) / MOST_LATTICE)))
    starts = np.empty(ma.mask.n_voxels + 1, dtype=np.int64)
    units = np.empty(ma.voxels.size, dtype=np.int32)
    values = np.empty(ma.voxels.size, dtype=np.int32)
    coarse = (ma.values >> coarser).astype(np.int32)
    by_voxel(ma.offsets, ma.voxels, coarse, row, starts, units, values)
    n, size = group.size, int(group.sum())
    width = step * 2**coarser
    balance = np.array([] if subsample is None else [size, n - size, subsample, width], float)
    moments = _moments(starts, values, n, size)
    observed = np.empty(ma.mask.n_voxels, dtype=np.int32)
    label_sums(
        starts, units, values, as_members(group[None]), moments[:, 0].copy(), balance, observed
    )
    return LabelDesign(
        starts, units, values, group, draws_first, observed, moments, balance, width, ma.mask
    )


def _holds_the_first_name(group: BoolArray, names: IntArray) -> bool:
    """Whether the group has the first name that the other one has not; names rising."""
    ours, theirs = names[group], names[~group]
    alone = ~(np.isin(names, ours) & np.isin(names, theirs))
    return bool(group[np.argmax(alone)])


def _moments(starts: IntArray, values: IntArray, n: int, size: int) -> FloatArray:
    """Mean, standard deviation and skewness of the sum over a group drawn at random.

    Sampling without replacement from the n values at a voxel, most of which are 0.
    """
    powers = np.empty((starts.size - 1, 3))
    add_powers(starts, values, powers)
    one, two, three = powers.T
    middle = one / n
    spread = np.maximum(two - n * middle**2, 0.0)
    lean = three - 3 * middle * two + 2 * n * middle**3
    others = n - size
    variance = size * others / (n * max(n - 1, 1)) * spread
    third = size * others * (others - size) / (n * max((n - 1) * (n - 2), 1)) * lean
    sd = np.sqrt(variance)
    skew = np.where(variance > 0, third / np.where(variance > 0, variance, 1.0) ** 1.5, 0.0)
    return np.stack([size * middle, sd, skew], axis=1)


def exact_p(design: LabelDesign, up_to: int = EXACT_UP_TO, threads: int = 1) -> FloatArray:
    """Exact p of both tails where few experiments reach a voxel, shape (n_voxels, 2).

    NaN where more than `up_to` do. The share of all labelings, the observed one included,
    whose sum is at most (tail 0) or at least (tail 1) the observed one.
    """
    k = design.reaching
    few = np.flatnonzero((k <= up_to) & (k > 0))
    tails = np.full((k.size, 2), np.nan)
    tails[k == 0] = 1.0
    shares = np.zeros((up_to + 1, up_to + 1))
    for n_here in range(up_to + 1):
        for n_in in range(n_here + 1):
            rest, left = design.n - n_here, design.size - n_in
            if rest >= left >= 0:
                shares[n_here, n_in] = math.comb(rest, left) / design.n_labelings
    given = design.starts, design.values, design.observed, design.moments[:, 0].copy()

    def fill(some: IntArray) -> None:
        exact_tails(some, *given, design.balance, shares, tails)

    with ThreadPoolExecutor(threads) as pool:  # no voxel is in two parts
        list(pool.map(fill, [np.ascontiguousarray(few[i::threads]) for i in range(threads)]))
    return tails


def label_null(
    design: LabelDesign,
    n_labelings: int,
    seed: int,
    *,
    forming_p: float = 0.001,
    connectivity: Connectivity = 6,
    counted: IntArray | None = None,
    threads: int = 1,
) -> LabelNull:
    """Go through labelings: all others if they are few enough, else random ones.

    Parameters
    ----------
    design
        From `label_design`.
    n_labelings
        How many random labelings; where no more than so many others exist, these.
    seed
        Of the random labelings; equal ones give equal bits for any number of threads.
    forming_p
        One-tailed p whose standard normal value forms clusters.
    connectivity
        What voxels of a cluster share: faces (6), edges too (18), corners too (26).
    counted
        Voxels whose labelings must be counted; others may be left out where they cannot
        hold a maximum.
    threads
        How many threads.
    """
    is_complete = design.n_labelings - 1 <= n_labelings
    blocks = (
        other_labelings(design.group)
        if is_complete
        else _random_blocks(design, n_labelings, seed, 0)
    )
    look = Look.of(design, forming_p, connectivity, counted)
    counts = np.zeros((design.mask.n_voxels, 2), dtype=np.int64)
    shown = []
    for block_counts, maxima in _looked(look, blocks, threads):
        counts += block_counts
        shown.append(maxima)
    maxima = np.concatenate(shown) if shown else np.zeros((0, 3, 2), dtype=np.int64)
    return LabelNull(maxima[:, 0], maxima[:, 1], maxima[:, 2], counts, is_complete)


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """How labelings of a design are looked at.

    Attributes
    ----------
    design
        From `label_design`.
    chosen
        Voxels that are looked at.
    bounds
        Shape (n_voxels, 2); sums between them are no maximum.
    told, forming
        Standard normal values from which a maximum is told, and from which clusters form.
    earlier
        Steps back to the earlier neighbours in the flat padded volume.
    flat
        Shape (n_voxels,); place of each voxel in that volume.
    """

    design: LabelDesign
    chosen: IntArray
    bounds: IntArray
    told: float
    forming: float
    earlier: IntArray
    flat: IntArray

    @classmethod
    def of(
        cls,
        design: LabelDesign,
        forming_p: float,
        connectivity: Connectivity = 6,
        counted: IntArray | None = None,
    ) -> Look:
        """Where a maximum can be, and how clusters form."""
        told, forming = levels_of(forming_p)
        mean, sd, skew = design.moments.T
        low = np.floor(sum_at(-told, mean, sd, skew)).astype(np.int64)
        high = np.ceil(sum_at(told, mean, sd, skew)).astype(np.int64)
        reach = np.rint(mean * design.n / design.size)  # the sum over all experiments
        slack = 0.1 * reach if design.balance.size else 0.0  # a balanced difference bends
        possible = (sd > 0) & ((reach + slack >= high) | (low >= -slack))
        if counted is not None:
            possible[counted] = True
        steps = neighbour_steps(design.mask, connectivity)
        return cls(
            design,
            np.flatnonzero(possible & (design.reaching > 0)),
            np.stack([low, high], axis=1),
            told,
            forming,
            -steps[steps < 0],
            _padded_places(design.mask),
        )

    def at(self, labelings: BoolArray) -> tuple[IntArray, IntArray]:
        """Counts of some labelings, shape (n_voxels, 2), and their maxima, shape (n, 3, 2)."""
        n = len(labelings)
        counts = np.zeros((self.flat.size, 2), dtype=np.int64)
        maxima = np.zeros((n, 3, 2), dtype=np.int64)
        largest = np.zeros((n, 2), dtype=np.int64)
        own = self.design
        found, n_found = relabel(
            self.chosen,
            own.starts,
            own.units,
            own.values,
            as_members(labelings),
            own.observed,
            self.bounds,
            own.moments,
            self.forming,
            own.balance,
            counts,
            largest,
        )
        maxima[:, 0] = largest
        self._clusters(found[:n_found], maxima)
        return counts, maxima

    def _clusters(self, found: IntArray, maxima: IntArray) -> None:
        """Fill in size and mass of the largest cluster of each labeling and tail."""
        n = len(maxima)
        which = found[:, 0] * 2 + found[:, 1]
        order = np.argsort(which, kind="stable")
        starts = np.searchsorted(which[order], np.arange(2 * n + 1))
        sizes, masses = np.empty(2 * n, dtype=np.int64), np.empty(2 * n, dtype=np.int64)
        label = np.zeros(math.prod(padded_shape(self.design.mask)), dtype=np.int32)
        voxels, excess = self.flat[found[order, 2]], found[order, 3].copy()
        largest_clusters(starts, voxels, excess, self.earlier, label, sizes, masses)
        maxima[:, 1], maxima[:, 2] = sizes.reshape(n, 2), masses.reshape(n, 2)


def levels_of(forming_p: float) -> tuple[float, float]:
    """Standard normal values from which a maximum is told, and from which clusters form."""
    return float(-ndtri(max(LARGEST_FROM_P, forming_p))), float(-ndtri(forming_p))


@lru_cache(maxsize=2)  # one mask serves many contrasts
def _padded_places(mask: Mask) -> IntArray:
    """Shape (n_voxels,); place of each voxel in the flat padded volume."""
    return np.asarray(np.ravel_multi_index(np.nonzero(mask.inside), padded_shape(mask)))


def _random_blocks(
    design: LabelDesign, n: int, seed: int, stream: int
) -> Generator[BoolArray, None, None]:
    for first in range(0, n, LABELINGS_A_BLOCK):
        block = random_labelings(design.n, design.size, first // LABELINGS_A_BLOCK, seed, stream)
        yield block[: n - first]


def _looked(
    look: Look, blocks: Iterator[BoolArray], threads: int
) -> Generator[tuple[IntArray, IntArray], None, None]:
    """What each block shows, in order."""
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(look.at, blocks)
