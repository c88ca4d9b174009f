"""The log lattice on which the ALE statistic lives.

ALE = 1 - prod(1 - MA) is a sum in disguise: with l = -log(1 - MA), the sum
L = l_1 + ... + l_n gives ALE = 1 - exp(-L). Focale stores l as a whole number of
steps. Sums of whole numbers are exact and can be undone, so the order of the
experiments, the number of threads, and leaving an experiment out cannot change a
bit of the result.
"""

from __future__ import annotations

import numpy as np

from focale.typing import FloatArray, IntArray

STEP = 2.0**-28
"""Width of a lattice step in units of -log(1 - MA): 3.7e-9."""


def to_lattice(modelled_activation: FloatArray) -> IntArray:
    """Lattice value of a modelled activation, int32.

    What is above 0 stays above 0: the smallest values round up to one step, so
    that rounding never takes a voxel out of a footprint.

    Parameters
    ----------
    modelled_activation
        Probabilities in [0, 1).
    """
    steps = np.rint(np.log1p(-modelled_activation) / -STEP).astype(np.int32)
    return np.maximum(steps, modelled_activation > 0, dtype=np.int32)


def to_probability(steps: IntArray) -> FloatArray:
    """Probability 1 - exp(-L) of lattice values, exact to the last bit of a float."""
    probability: FloatArray = np.asarray(np.multiply(steps, -STEP))
    np.expm1(probability, out=probability)
    return np.negative(probability, out=probability)
