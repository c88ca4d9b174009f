"""Designs: which experiments a simulated evidence base has, and the test it faces.

A design is a set of sample sizes and numbers of foci. What the test asks of a map (the
cluster-forming threshold and the critical size, mass or value) is nearly the same for all
data sets of a design, whose foci differ in place alone, so it is computed once, with the
foci at random places, and serves them all. What that costs is measured in
validation/planning.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from focale.correction.null import (
    LARGEST_SEED,
    Null,
    NullSettings,
    compute_null,
    lattice_threshold,
)
from focale.frozen import freeze
from focale.inference.ma_maps import MaMaps, model_activation
from focale.inference.montecarlo import NullMaxima, null_design
from focale.inference.null import LatticeNull, lattice_null, null_steps
from focale.planning.prototypes import PlannedTest, Prototypes
from focale.typing import FloatArray, IntArray

DATA_OF_DESIGN, NULL_OF_DESIGN, DATA_SET = range(3)
"""First numbers of the keys of random streams."""

TOPS_TO_REACH = 4
"""The exact null is wanted up to as many peaks of single experiments on one voxel.

The threshold of p = .001 lies at one or two.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The experiments of a simulated evidence base.

    Attributes
    ----------
    number
        Which design of this number of experiments.
    fwhm_mm
        Shape (n_experiments,); widths of the footprints.
    offsets
        Shape (n_experiments + 1,); experiment i has the foci `offsets[i]` to
        `offsets[i + 1]`.
    """

    number: int
    fwhm_mm: FloatArray
    offsets: IntArray

    def __post_init__(self) -> None:
        freeze(self, "fwhm_mm", "offsets")

    @property
    def n(self) -> int:
        """Number of experiments."""
        return int(self.fwhm_mm.size)

    @property
    def n_foci(self) -> int:
        """Number of foci of all experiments."""
        return int(self.offsets[-1])


@dataclass(frozen=True, slots=True)
class Critical:
    """What the test asks of a map.

    Attributes
    ----------
    threshold
        Voxels with a larger sum than this many lattice steps are in a cluster.
    largest
        A cluster (or where voxels decide, a voxel) survives if its size, mass or value is
        larger.
    """

    threshold: int
    largest: int


def generator(seed: int, *key: int) -> np.random.Generator:
    """Random numbers that are a function of a seed and a key."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def draw_design(prototypes: Prototypes, n: int, number: int, seed: int) -> Design:
    """Experiments drawn with replacement; each keeps sample size and number of foci together."""
    rng = generator(seed, DATA_OF_DESIGN, n, number)
    chosen = rng.integers(len(prototypes), size=n)
    offsets = np.concatenate([[0], np.cumsum(prototypes.n_foci[chosen])]).astype(np.int64)
    return Design(number, prototypes.fwhm_mm[chosen], offsets)


def places_at_random(test: PlannedTest, n: int, rng: np.random.Generator) -> FloatArray:
    """Places drawn uniformly from the sampling mask, shape (n, 3), whole millimetres."""
    voxels = test.sampling.ijk(rng.integers(test.sampling.n_voxels, size=n))
    within = rng.uniform(-0.5, 0.5, size=(n, 3))
    mm: FloatArray = np.round(test.sampling.grid.to_mm(voxels + within))
    return mm


def critical_of(design: Design, test: PlannedTest, n_iterations: int, seed: int) -> Critical:
    """Threshold and critical value of a design, with its foci at random places.

    Parameters
    ----------
    design
        The experiments.
    test
        What the protocol asks.
    n_iterations
        Random maps of the null.
    seed
        Of the plan.
    """
    rng = generator(seed, NULL_OF_DESIGN, design.n, design.number)
    foci_mm = places_at_random(test, design.n_foci, rng)
    where = (foci_mm, design.offsets, design.fwhm_mm, test.mask, test.placement)
    ale = _exact_null(model_activation(*where)).value_at(test.cluster_forming_p)
    null = Null(
        design=null_design(*where, test.sampling),
        threshold=lattice_threshold(ale),
        stat_threshold=ale,
        sampling=test.sampling,
        heights=None,
        settings=NullSettings(
            seed=int(rng.integers(LARGEST_SEED, dtype=np.uint64)),
            cluster_forming_p=test.cluster_forming_p,
            connectivity=test.connectivity,
            sampling=test.sampling,
        ),
    )
    maxima = NullMaxima.of(compute_null(null, range(n_iterations), threads=1))
    deciding = {"size": maxima.size, "mass": maxima.mass, "voxel": maxima.largest}
    return Critical(null.threshold, critical_value(deciding[test.correction], test.alpha))


def critical_value(maxima: IntArray, alpha: float) -> int:
    """Largest value with a family-wise p, (b + 1) / (B + 1), above alpha.

    Examples
    --------
    >>> critical_value(np.arange(99), 0.05)
    94
    """
    n_as_large = math.floor(alpha * (maxima.size + 1) + 1e-9) - 1
    return int(np.sort(maxima)[::-1][n_as_large])


def _exact_null(ma: MaMaps) -> LatticeNull:
    steps = null_steps(ma)
    spans = zip(ma.offsets[:-1], ma.offsets[1:], strict=True)
    tops = sorted((int(steps[a:b].max(initial=0)) for a, b in spans), reverse=True)
    return lattice_null(ma, steps, sum(tops[:TOPS_TO_REACH]))
