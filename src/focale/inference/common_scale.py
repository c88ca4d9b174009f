"""One scale for all voxels of a map whose null differs from voxel to voxel.

The largest raw value of a SCALE null is ruled by the places with the highest base rate, and
(value - mean) / sd by those with the lowest, where a single focus is many sd. So each value
is put where it stands in the upper tail of its own voxel's null, and the z of that tail is
what voxels are compared by. The null of a voxel is taken as a Pearson III (shifted gamma)
distribution with its own mean, sd and skewness g (`null_moments`): with shape k = 4 / g^2,

    tail(value) = Q(k, k + sqrt(k) (value - mean) / sd),

Q being the upper regularized incomplete gamma function.

This tail is near the truth and no more. It is no p value: p values come from random maps that
are put on the same scale, and are valid whatever it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincc, gammainccinv, gammaln

from focale.frozen import freeze
from focale.inference.null_moments import NullMoments
from focale.inference.tails import z_from_log_p
from focale.typing import FloatArray, IntArray

SCALE_STEP = 2.0**-20
"""Steps in which standings are kept, so that sums of them are exact."""

HIGHEST = 40.0
"""Standing of what the null of a voxel can never give."""

LEAST_SKEWNESS = 0.01
"""Skewness below it, or to the left, is taken as this: nearly a normal distribution."""

_TINY = 1e-280


@dataclass(frozen=True, slots=True, eq=False)
class CommonScale:
    """Where values stand in the nulls of their voxels.

    Attributes
    ----------
    moments
        Of the null of each voxel.
    forming_z
        Standing above which voxels form clusters, as a z.
    thresholds
        Shape (n_voxels,), int64, lattice steps. Values above it stand above `forming_z`, above
        the mean, and above what one experiment can give.
    """

    moments: NullMoments
    forming_z: float
    thresholds: IntArray

    def __post_init__(self) -> None:
        freeze(self, "thresholds")

    def standing(self, positions: IntArray, values: IntArray) -> IntArray:
        """Standing of values above their thresholds, int64, in steps of `SCALE_STEP`.

        Parameters
        ----------
        positions, values
            Shape (n,); voxels in mask order, and their values in lattice steps.
        """
        moments = self.moments
        z = tail_z(
            values, moments.mean[positions], moments.sd[positions], moments.skewness[positions]
        )
        standing = np.clip(z, self.forming_z, HIGHEST)
        steps: IntArray = np.rint(standing / SCALE_STEP).astype(np.int64)
        return steps

    def standing_of_map(self, values: IntArray) -> IntArray:
        """Standing of a whole map, shape (n_voxels,); 0 where it is not above its threshold."""
        standing = np.zeros(values.size, dtype=np.int64)
        above = np.flatnonzero(values > self.thresholds)
        standing[above] = self.standing(above, values[above])
        return standing


def common_scale(moments: NullMoments, forming_p: float, most_of_one: int) -> CommonScale:
    """Scale of a null, with the level that forms clusters.

    Parameters
    ----------
    moments
        Of the null.
    forming_p
        Tail of the level.
    most_of_one
        What one experiment can give at most, lattice steps. Where the base rate is very low a
        single focus is rare enough; but one experiment does not converge with others.
    """
    skewness = np.maximum(moments.skewness, LEAST_SKEWNESS)
    shape = 4 / skewness**2
    at = (gammainccinv(shape, forming_p) - shape) / np.sqrt(shape)
    level = moments.mean + moments.sd * np.maximum(at, 0.0)
    return CommonScale(
        moments=moments,
        forming_z=float(z_from_log_p(np.log(np.array(forming_p)))),
        thresholds=np.maximum(np.floor(level).astype(np.int64), most_of_one),
    )


def tail_z(
    values: IntArray | FloatArray, mean: FloatArray, sd: FloatArray, skewness: FloatArray
) -> FloatArray:
    """One-tailed z of Pearson III distributions at some values; all of one shape.

    Where the sd is 0 it is `HIGHEST` above the mean and 0 elsewhere.

    Examples
    --------
    >>> one = np.ones(1)
    >>> tail_z(3 * one, 0 * one, one, 0 * one).round(2).tolist()  # nearly normal
    [2.99]
    >>> tail_z(3 * one, 0 * one, one, 2 * one).round(2).tolist()  # exp(-4), exponential
    [2.09]
    """
    shape = 4 / np.maximum(skewness, LEAST_SKEWNESS) ** 2
    spread = np.where(sd > 0, sd, 1.0)
    at = np.maximum(shape + np.sqrt(shape) * (values - mean) / spread, 0.0)
    tail = gammaincc(shape, at)
    log_tail = np.log(np.maximum(tail, _TINY))
    far = tail < _TINY
    # Q(k, x) for large x: x^k exp(-x) / Gamma(k) / (x + 1 - k)
    k, x = shape[far], at[far]
    log_tail[far] = k * np.log(x) - x - gammaln(k) - np.log(x + 1 - k)
    z = z_from_log_p(log_tail)
    return np.where(sd > 0, z, np.where(values > mean, HIGHEST, 0.0))
