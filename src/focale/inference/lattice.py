"""The lattices on which statistics live: whole numbers that add up over experiments.

ALE = 1 - prod(1 - MA) is a sum in disguise: with l = -log(1 - MA), the sum
L = l_1 + ... + l_n gives ALE = 1 - exp(-L). A density is a sum as it stands. Focale stores
each summand as a whole number of steps. Sums of whole numbers are exact and can be undone,
so the order of the experiments, the number of threads, and leaving an experiment out
cannot change a bit of the result.

A `Scale` says how wide a step is and what a sum of steps means. A summand fits 31 bits and
a sum 63: of ALE a sum of 2^35, of a density one of 2^50.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from focale.typing import FloatArray, IntArray

STEP = 2.0**-28
"""Width of a lattice step in units of -log(1 - MA): 3.7e-9."""

NULL_STEP = 1e-6
"""Width of a step of the null's lattice in units of -log(1 - MA)."""

WEIGHT_STEP = 2.0**-13
"""Width of a lattice step of weights: 1.2e-4 of the mean weight."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What a sum of lattice steps means.

    Parameters
    ----------
    kind
        "probability" if the statistic is 1 - exp(-L) of a sum L, "sum" if it is the sum.
    step
        Width of a lattice step in units of the sum.
    null_step
        Width of a step of the coarser lattice on which the null is computed.
    """

    kind: Literal["probability", "sum"]
    step: float
    null_step: float

    def value(self, steps: IntArray) -> FloatArray:
        """The statistic of lattice values, exact to the last bit of a float."""
        if self.kind == "probability":
            return to_probability(steps)
        value: FloatArray = np.asarray(np.multiply(steps, self.step))
        return value

    def of_sum(self, total: float) -> float:
        """The statistic of a sum."""
        return float(-np.expm1(-total)) if self.kind == "probability" else float(total)

    def sum_of(self, value: float) -> float:
        """The sum of a statistic, the opposite of `of_sum`."""
        return float(-np.log1p(-value)) if self.kind == "probability" else float(value)


PROBABILITY = Scale("probability", STEP, NULL_STEP)
"""Of ALE."""

COUNTS = Scale("sum", 1.0, 1.0)
"""Of densities that count: exact, and so is their null."""

WEIGHTS = Scale("sum", WEIGHT_STEP, WEIGHT_STEP)
"""Of densities with weights. They are rounded once: the map and its null share a lattice."""


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
