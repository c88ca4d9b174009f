"""Sums over a group of experiments under many labelings of the experiments at once.

At a voxel only the experiments that reach it matter, and they are few. All labelings of a
block are done together: the sum of a labeling is one lane of a vector.

All sums are whole numbers; standardised values are kept in whole steps of 2^-20.
"""

from __future__ import annotations

import math

import numpy as np

from focale._jit import kernel, subkernel
from focale.typing import FloatArray, IntArray

# e entries of all maps, v voxels, u experiments, p labelings of a block, h entries found

U_STEPS = 2**20
"""Steps of a standardised value."""


@kernel
def by_voxel(
    offsets: IntArray,
    voxels: IntArray,
    values: IntArray,
    row: IntArray,
    starts: IntArray,
    units: IntArray,
    sorted_values: IntArray,
) -> None:
    """Entries of all maps, voxel by voxel, and within a voxel by row.

    offsets, voxels, values : the maps; entry e of experiment i is one of its voxels
    row : shape (u,); experiments in the order in which they are to come
    starts : shape (v + 1,), int64; filled: voxel w has the entries `starts[w]` to
        `starts[w + 1]`
    units, sorted_values : shape (e,); filled: the place of the experiment in `row`, and
        the value
    """
    starts[:] = 0
    for e in range(voxels.size):
        starts[voxels[e] + 1] += 1
    for w in range(starts.size - 1):
        starts[w + 1] += starts[w]
    filled = starts[:-1].copy()
    for u in range(row.size):
        for e in range(offsets[row[u]], offsets[row[u] + 1]):
            at = filled[voxels[e]]
            units[at], sorted_values[at] = u, values[e]
            filled[voxels[e]] = at + 1


@kernel
def add_powers(starts: IntArray, values: IntArray, powers: FloatArray) -> None:
    """Sums of the values, of their squares and of their cubes at every voxel.

    starts, values : as `by_voxel` gives them
    powers : shape (v, 3); filled
    """
    for w in range(starts.size - 1):
        one, two, three = 0.0, 0.0, 0.0
        for e in range(starts[w], starts[w + 1]):
            value = float(values[e])
            one += value
            two += value * value
            three += value * value * value
        powers[w, 0], powers[w, 1], powers[w, 2] = one, two, three


@subkernel
def add_up(
    units: IntArray,
    values: IntArray,
    members: IntArray,
    total: IntArray,
) -> None:
    """Sum of the values of the group's experiments at one voxel, for each labeling.

    units, values : the entries of the voxel
    members : shape (u, p), int32; -1 (all bits) where an experiment is in the group, else 0
    total : shape (p,), int32; overwritten
    """
    total[:] = 0
    for e in range(units.size):
        value, group = values[e], members[units[e]]
        for p in range(total.size):
            total[p] += value & group[p]


@subkernel
def add_up_squares(
    units: IntArray, values: IntArray, members: IntArray, squares: FloatArray
) -> None:
    """As `add_up`, of squared values."""
    squares[:] = 0.0
    for e in range(units.size):
        square, group = float(values[e]) * float(values[e]), members[units[e]]
        for p in range(squares.size):
            squares[p] -= square * group[p]


@subkernel
def log_mean(total: float, square: float, size: float, drawn: float) -> float:
    """-log of the mean of exp(-L), L being the sum over a subsample of a group.

    By the mean and the variance of L over all subsamples drawn without replacement.

    total, square : sum and sum of squares over the group
    size, drawn : experiments of the group, and of a subsample
    """
    variance = (square - total * total / size) / max(size - 1.0, 1.0)
    return drawn / size * (total - 0.5 * (size - drawn) * variance)


@subkernel
def mean_difference(
    total: float, square: float, all_total: float, all_square: float, balance: FloatArray
) -> float:
    """ALE of subsamples of the group less that of subsamples of the rest, on average.

    total, square : sum and sum of squares over the group, in units of -log(1 - MA)
    all_total, all_square : the same over all experiments
    balance : experiments of the group, of the rest, and of a subsample of either
    """
    group = log_mean(total, square, balance[0], balance[2])
    rest = log_mean(all_total - total, all_square - square, balance[1], balance[2])
    return math.exp(-rest) - math.exp(-group)


@subkernel
def balanced_totals(
    units: IntArray,
    values: IntArray,
    members: IntArray,
    mean: float,
    balance: FloatArray,
    total: IntArray,
    squares: FloatArray,
) -> None:
    """Put the balanced difference in the place of each sum, in units of the sum.

    The difference is read on its tangent at the mean of all labelings, so that its values
    and those of the sum lie on one scale; its order is its own.

    units, values, members : as in `add_up`
    mean : mean of the sum over all labelings, lattice steps
    balance : as in `mean_difference`, then the width of a lattice step
    total : shape (p,); the sums, replaced
    squares : shape (p,); room
    """
    step = balance[3]
    add_up_squares(units, values, members, squares)
    all_total, all_square = 0.0, 0.0
    for e in range(units.size):
        all_total += values[e] * step
        all_square += (values[e] * step) ** 2
    n, size, others, drawn = balance[0] + balance[1], balance[0], balance[1], balance[2]
    middle, middle_square = mean * step, all_square * size / n
    at_mean = mean_difference(middle, middle_square, all_total, all_square, balance)
    slope = drawn / size * np.exp(-log_mean(middle, middle_square, size, drawn))
    rest = log_mean(all_total - middle, all_square - middle_square, others, drawn)
    slope += drawn / others * np.exp(-rest)
    for p in range(total.size):
        own = mean_difference(
            total[p] * step, squares[p] * step * step, all_total, all_square, balance
        )
        total[p] = np.rint(mean + (own - at_mean) / (slope * step))


@subkernel
def standardised(total: int, mean: float, sd: float, skew: float) -> float:
    """Standard normal value of a sum, by its first three moments (Pearson type III).

    The transformation of Wilson and Hilferty (1931, doi:10.1073/pnas.17.12.684) for the
    gamma distribution that has these moments. It rises with the sum.
    """
    z = (total - mean) / sd
    if abs(skew) < 1e-6:
        return z
    return 6 / skew * (float(np.cbrt(1 + skew * z / 2)) - 1) + skew / 6


@kernel
def label_sums(
    starts: IntArray,
    units: IntArray,
    values: IntArray,
    members: IntArray,
    mean: FloatArray,
    balance: FloatArray,
    sums: IntArray,
) -> None:
    """What one labeling gives at every voxel; the same numbers as `relabel` counts.

    starts, units, values : as `by_voxel` gives them
    members : shape (u, 1), as in `add_up`
    mean : shape (v,); mean of the sum over all labelings
    balance : as in `balanced_totals`, or empty for plain sums
    sums : shape (v,); filled
    """
    total, squares = np.zeros(1, dtype=np.int32), np.zeros(1)
    for w in range(sums.size):
        own = slice(starts[w], starts[w + 1])
        add_up(units[own], values[own], members, total)
        if balance.size:
            balanced_totals(units[own], values[own], members, mean[w], balance, total, squares)
        sums[w] = total[0]


@subkernel
def appended(list_: IntArray, n: int) -> IntArray:
    """The list, in more room where it is full."""
    if n < list_.shape[0]:
        return list_
    larger = np.empty((2 * list_.shape[0], list_.shape[1]), dtype=np.int64)
    larger[: list_.shape[0]] = list_
    return larger


@kernel
def relabel(
    chosen: IntArray,
    starts: IntArray,
    units: IntArray,
    values: IntArray,
    members: IntArray,
    observed: IntArray,
    bounds: IntArray,
    moments: FloatArray,
    forming: float,
    balance: FloatArray,
    counts: IntArray,
    largest: IntArray,
) -> tuple[IntArray, int]:
    """What the labelings of a block show at some voxels.

    chosen : shape (c,); the voxels to look at
    starts, units, values : as `by_voxel` gives them
    members : shape (u, p), as in `add_up`
    observed : shape (v,); what the observed labeling gives
    bounds : shape (v, 2); sums from the second on, and up to the first, may be a maximum
    moments : shape (v, 3); mean, standard deviation and skewness of the sum
    forming : standardised value from which voxels form clusters
    balance : as in `balanced_totals`, or empty for plain sums
    counts : shape (v, 2); raised by the number of labelings that give at most, and at least,
        what is observed
    largest : shape (p, 2); raised to the largest standardised value below zero (its size)
        and above, in `U_STEPS`

    Returns a list and how much of it is filled: labeling, tail (0 below, 1 above), voxel and
    excess over `forming` in `U_STEPS` of each voxel in a cluster, voxels rising.
    """
    n_labelings = members.shape[1]
    total = np.zeros(n_labelings, dtype=np.int32)
    squares = np.zeros(n_labelings)
    found: IntArray = np.empty((1024, 4), dtype=np.int64)
    n_found = 0
    for w in chosen:
        own = slice(starts[w], starts[w + 1])
        add_up(units[own], values[own], members, total)
        if balance.size:
            mean = moments[w, 0]
            balanced_totals(units[own], values[own], members, mean, balance, total, squares)
        seen, low, high = observed[w], bounds[w, 0], bounds[w, 1]
        n_low, n_high, lowest, highest = 0, 0, total[0], total[0]
        for p in range(n_labelings):
            n_low += total[p] <= seen
            n_high += total[p] >= seen
            lowest, highest = min(lowest, total[p]), max(highest, total[p])
        counts[w, 0] += n_low
        counts[w, 1] += n_high
        if lowest > low and highest < high:
            continue
        for p in range(n_labelings):
            if low < total[p] < high:
                continue
            u = standardised(total[p], moments[w, 0], moments[w, 1], moments[w, 2])
            tail = 1 if u > 0 else 0
            steps = int(np.rint(abs(u) * U_STEPS))
            largest[p, tail] = max(largest[p, tail], steps)
            if abs(u) >= forming:
                found = appended(found, n_found)
                found[n_found, 0], found[n_found, 1], found[n_found, 2] = p, tail, w
                found[n_found, 3] = int(np.rint((abs(u) - forming) * U_STEPS)) + 1
                n_found += 1
    return found, n_found


@kernel
def exact_tails(
    chosen: IntArray,
    starts: IntArray,
    values: IntArray,
    observed: IntArray,
    mean: FloatArray,
    balance: FloatArray,
    shares: FloatArray,
    tails: FloatArray,
) -> None:
    """Exact share of all labelings that give at most, and at least, what is observed.

    Of the experiments that reach a voxel every subset may be in the group. All subsets are
    gone through, each of which differs from the one before in one experiment (Gray code).

    chosen : shape (c,); the voxels to look at
    starts, values : as `by_voxel` gives them
    observed, mean : shape (v,)
    balance : as in `balanced_totals`, or empty for plain sums
    shares : shape (k + 1, k + 1); of all labelings, those that put one certain subset of j
        of k experiments in the group and no other of the k
    tails : shape (v, 2); filled for the chosen voxels
    """
    most = shares.shape[0] - 1
    members = np.zeros((most, 1), dtype=np.int32)
    order = np.arange(most).astype(np.int32)
    total, squares = np.zeros(1, dtype=np.int32), np.zeros(1)
    for w in chosen:
        own = values[starts[w] : starts[w + 1]]
        k = own.size
        members[:] = 0
        running, n_in, at_most, at_least = 0, 0, 0.0, 0.0
        for number in range(1 << k):
            if number:
                flip = 0
                while not number >> flip & 1:
                    flip += 1
                members[flip, 0] = ~members[flip, 0]
                sign = -1 if members[flip, 0] == 0 else 1
                running += sign * own[flip]
                n_in += sign
            value = running
            if balance.size:
                total[0] = running
                balanced_totals(order[:k], own, members, mean[w], balance, total, squares)
                value = total[0]
            if value <= observed[w]:
                at_most += shares[k, n_in]
            if value >= observed[w]:
                at_least += shares[k, n_in]
        tails[w, 0], tails[w, 1] = min(at_most, 1.0), min(at_least, 1.0)
