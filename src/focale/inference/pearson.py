"""Standard normal values of sums whose first three moments are known.

A sum whose distribution is skewed is compared across voxels by the standard normal value
that the Pearson type III (shifted gamma) distribution with its mean, variance and skewness
gives it, in the closed form of Wilson and Hilferty (1931, doi:10.1073/pnas.17.12.684). The
form rises with the sum, so within a voxel it changes no order.
"""

from __future__ import annotations

import numpy as np

from focale.typing import FloatArray

NO_SKEW = 1e-6
"""Below it the distribution counts as symmetric; `kernels/relabelling.py` knows it."""


def standardised(
    sums: FloatArray, mean: FloatArray, sd: FloatArray, skew: FloatArray
) -> FloatArray:
    """Standard normal value of each sum; 0 where the sum cannot vary. Any equal shapes.

    Examples
    --------
    >>> ones = np.ones(3)
    >>> standardised(np.array([1.0, 2.0, 3.0]), 2 * ones, ones, 0.5 * ones).round(3).tolist()
    [-1.014, 0.083, 1.01]
    """
    varies = sd > 0
    z = (sums - mean) / np.where(varies, sd, 1.0)
    is_skew = np.abs(skew) >= NO_SKEW
    g = np.where(is_skew, skew, 1.0)
    bent = 6 / g * (np.cbrt(1 + g * z / 2) - 1) + g / 6
    return np.where(varies, np.where(is_skew, bent, z), 0.0)


def sum_at(u: float, mean: FloatArray, sd: FloatArray, skew: FloatArray) -> FloatArray:
    """The sum whose standard normal value is `u`: the inverse of `standardised`."""
    is_skew = np.abs(skew) >= NO_SKEW
    g = np.where(is_skew, skew, 1.0)
    bent = 2 / g * ((1 + g * u / 6 - g * g / 36) ** 3 - 1)
    return mean + sd * np.where(is_skew, bent, u)
