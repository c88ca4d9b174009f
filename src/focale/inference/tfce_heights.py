"""The height of each value of ALE, which TFCE integrates over.

The height of a voxel is z of the uncorrected p that its value has in the null of the
observed set, 0 where p is 1/2 or more. One table from values to heights serves the observed
map and all random maps. It goes on beyond the largest value observed, to a p that no random
map will reach; what is higher still, or higher than the null can be at all, has the height
at its end. Heights are whole numbers, in steps of 2^-16.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from focale._check import check_between, refuse
from focale.frozen import freeze
from focale.inference.eickhoff2012 import HistogramNull
from focale.inference.lattice import Scale
from focale.inference.ma_maps import MaMaps
from focale.inference.null import LatticeNull, lattice_null, null_steps
from focale.inference.tails import z_from_log_p
from focale.typing import FloatArray, IntArray

HEIGHT_STEP = 2.0**-16
"""Width of a step of heights in units of z."""

WEIGHT_STEP = 2.0**-16
"""Width of a step of e^E, the weight of a component of e voxels."""

INTEGRAL_STEP = 2.0**-20
"""Width of a step of the integral of h^H."""

TFCE_STEP = WEIGHT_STEP * INTEGRAL_STEP
"""Width of a step of TFCE."""

HIGHEST_Z = 38.5
"""z of the smallest float; the null is exact to there."""

SMALLEST_P = 1e-20
"""p the table reaches at least, z of 9.26: no voxel of 10,000 random maps comes near."""

LOWEST_SHIFT = 8
"""2^8 lattice steps are about one step of the null's lattice of ALE, and no more of another."""

MOST_LEVELS = 2**17
"""Levels that are sorted quickly; of 500 experiments one is 3e-4 wide in z."""


@dataclass(frozen=True, slots=True, eq=False)
class TfceHeights:
    """Height of each value of the log lattice, and the exponents of TFCE.

    Attributes
    ----------
    base
        Smallest value that has a height, lattice steps.
    shift
        Level j holds the 2^shift values from base + j 2^shift on; the last level also all
        values above.
    steps
        Shape (n_levels,), int32; height of each level in steps of `HEIGHT_STEP`, falling
        nowhere.
    extent_power, height_power
        E and H of e(h)^E h^H.
    """

    base: int
    shift: int
    steps: IntArray
    extent_power: float
    height_power: float

    def __post_init__(self) -> None:
        freeze(self, "steps")

    def of(self, log_sum: IntArray) -> FloatArray:
        """Height of lattice values, in units of z."""
        level = (np.asarray(log_sum, dtype=np.int64) - self.base) >> self.shift
        steps = self.steps[np.clip(level, 0, self.steps.size - 1)]
        height: FloatArray = np.where(level < 0, 0, steps) * HEIGHT_STEP
        return height

    @property
    def integral(self) -> IntArray:
        """Shape (n_levels,); integral of h^H from 0 to the height of each level."""
        more = self.height_power + 1
        integral = _power(self.steps * HEIGHT_STEP, more) / more
        return _in_steps(integral, INTEGRAL_STEP)

    def weight(self, n_voxels: int) -> IntArray:
        """Shape (n_voxels + 1,); e^E of each number of voxels e."""
        return _in_steps(_power(np.arange(n_voxels + 1.0), self.extent_power), WEIGHT_STEP)

    @property
    def sha256(self) -> str:
        """Fingerprint: equal ones give equal bits of TFCE."""
        settings = [self.base, self.shift, self.extent_power, self.height_power]
        digest = hashlib.sha256(repr(settings).encode())
        digest.update(self.steps.astype("<i8").tobytes())
        return digest.hexdigest()


def tfce_heights(
    ma: MaMaps,
    null: LatticeNull | HistogramNull,
    *,
    extent_power: float = 0.5,
    height_power: float = 2.0,
) -> TfceHeights:
    """Heights by the null of the observed set.

    Parameters
    ----------
    ma
        Modelled activation of the observed experiments.
    null
        Their null, from which the p values of the result are.
    extent_power, height_power
        E and H; the defaults are those of Smith and Nichols.

    Raises
    ------
    ArgumentError
        If a power is not between 0 and 4, or so large that TFCE could exceed 2^26 in a mask
        of this size.
    """
    check_between("extent_power", "tfce_heights", extent_power, 0, 4)
    check_between("height_power", "tfce_heights", height_power, 0, 4)
    far = _extended(ma, null) if isinstance(null, LatticeNull) else null
    end = _last_value(ma, far)
    shift = _lowest_shift(ma.scale)
    while end >> shift >= MOST_LEVELS:
        shift += 1
    starts = np.arange(0, end + 1, 1 << shift)  # of levels, which have the z of their middle
    z = z_from_log_p(_log_p(ma.scale, far, starts + ((1 << shift) >> 1)))
    steps = _in_steps(np.minimum(z, HIGHEST_Z), HEIGHT_STEP).astype(np.int32)
    steps = np.maximum.accumulate(steps)  # rounding of z must not make it fall
    first = min(int(np.count_nonzero(steps == 0)), steps.size - 1)
    heights = TfceHeights(
        base=int(starts[first]),
        shift=shift,
        steps=steps[first:],
        extent_power=float(extent_power),
        height_power=float(height_power),
    )
    _check_room(heights, ma.mask.n_voxels)
    return heights


def _extended(ma: MaMaps, null: LatticeNull) -> LatticeNull:
    """The null to `SMALLEST_P`, or to the largest sum it can give."""
    steps = null_steps(ma, null.step)
    largest_sum = _sum_of_maxima(ma, steps)
    k_max = null.log_tail.size - 1
    while null.log_tail[-1] > np.log(SMALLEST_P) and k_max < largest_sum:
        k_max = min(k_max + k_max // 2 + 1, largest_sum)  # more would cost seconds
        null = lattice_null(ma, steps, k_max, null.step)
    return null


def _lowest_shift(scale: Scale) -> int:
    return min(LOWEST_SHIFT, int(np.log2(scale.null_step / scale.step)))


def _sum_of_maxima(ma: MaMaps, values: IntArray) -> int:
    """Sum over experiments of the largest of their entries."""
    return sum(
        int(values[start:stop].max(initial=0)) for start, stop in pairwise(ma.offsets.tolist())
    )


def _last_value(ma: MaMaps, null: LatticeNull | HistogramNull) -> int:
    """Lattice value where the table ends: the largest observed, or further out."""
    value = null.value_at(SMALLEST_P)
    is_known = value < (1 if ma.scale.kind == "probability" else np.inf)
    far = (
        int(ma.scale.sum_of(value) / ma.scale.step) if is_known else _sum_of_maxima(ma, ma.values)
    )
    return max(far, int(ma.log_sum.max()))


def _log_p(scale: Scale, null: LatticeNull | HistogramNull, log_sum: IntArray) -> FloatArray:
    """Logarithm of the uncorrected p of lattice values."""
    if isinstance(null, HistogramNull):
        level = null.level(scale.value(log_sum))
    else:
        level = np.minimum(_in_steps(log_sum * scale.step, null.step), null.log_tail.size - 1)
    log_p: FloatArray = null.log_tail[level]
    return log_p


def _in_steps(values: FloatArray, step: float) -> IntArray:
    """Values as whole numbers of steps, int64."""
    steps: IntArray = np.rint(values / step).astype(np.int64)
    return steps


def _power(base: FloatArray, exponent: float) -> FloatArray:
    """Power of numbers of 0 and more, by products and square roots.

    Unlike `numpy.power` these are rounded alike on every machine.
    """
    power, root = np.ones_like(base), base
    whole, fraction = divmod(exponent, 1.0)
    for _ in range(int(whole)):
        power = power * base
    while fraction:
        root = np.sqrt(root)
        bit, fraction = divmod(2 * fraction, 1.0)
        if bit:
            power = power * root
    return power


def _check_room(heights: TfceHeights, n_voxels: int) -> None:
    """Refuse exponents for which a map could exceed 63 bits."""
    e, h = heights.extent_power, heights.height_power
    z = float(heights.steps[-1] * HEIGHT_STEP)
    if n_voxels**e * z ** (h + 1) / (h + 1) >= 2.0**62 * TFCE_STEP:
        raise refuse(
            "extent_power",
            "tfce_heights",
            f"smaller for {n_voxels:,} voxels of z up to {z:.1f} and a height_power of {h:g}",
            e,
        )
