"""Two evidence bases in a small box, for tests of contrasts.

A conftest takes the fixtures in with ``from tests.fixtures_contrast import *``. Both sides
report one place, and only the first reports another.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from focale import ContrastOptions, Protocol, contrast
from tests.fixtures_pain import studyset_of

__all__ = ["contrast_protocol", "described", "empty", "gated", "tested", "two_sides"]

BOTH_MM, FIRST_MM = (14.0, 4.0, -6.0), (-14.0, 0.0, 0.0)
NAMES = ("e|vil <script>alert(1)</script> [x](y)", "another side")


def side_of(n, name, rng, places=(BOTH_MM,), reach_mm=28.0):
    """Studyset of n studies, each with a focus near each place and two anywhere."""
    return studyset_of(studies_of(n, name, rng, places, reach_mm))


def studies_of(n, name, rng, places=(BOTH_MM,), reach_mm=28.0):
    """What `side_of` makes a studyset of."""
    studies = {}
    for i in range(n):
        foci = [np.array(place) + rng.normal(0, 2, 3) for place in places]
        foci += list(rng.uniform(-reach_mm, reach_mm, (2, 3)))
        studies[f"{name}{i}"] = [(np.round(foci, 1).tolist(), 10 + i)]
    return studies


@pytest.fixture(scope="session")
def two_sides():
    """Seven studies that report both places, and nine that report one."""
    rng = np.random.default_rng(11)
    return side_of(7, "one", rng, (BOTH_MM, FIRST_MM)), side_of(9, "two", rng)


@pytest.fixture(scope="session")
def contrast_protocol(small_mask_path):
    return Protocol(
        mask=str(small_mask_path), min_experiments=7, iterations=199, seed=3, min_cluster_mm3=8.0
    )


@pytest.fixture(scope="session")
def tested(two_sides, contrast_protocol):
    """A tested contrast; the first side has a hostile name."""
    return contrast(*two_sides, contrast_protocol, ContrastOptions(n_splits=9), names=NAMES)


@pytest.fixture(scope="session")
def gated(two_sides, contrast_protocol):
    """The same with gates, matched subsamples and the null of random foci."""
    options = ContrastOptions(n_splits=9, gate=True, legacy="random-foci", subsample="fewest")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return contrast(*two_sides, contrast_protocol, options, names=NAMES)


@pytest.fixture(scope="session")
def empty(contrast_protocol):
    """A tested contrast of sides that agree: nothing is found."""
    rng = np.random.default_rng(12)
    sides = side_of(7, "one", rng), side_of(7, "two", rng)
    return contrast(*sides, contrast_protocol, ContrastOptions(n_splits=9))


@pytest.fixture(scope="session")
def described(two_sides, small_mask_path):
    """The sides under a protocol that asks for more experiments."""
    protocol = Protocol(mask=str(small_mask_path), min_cluster_mm3=8.0)
    return contrast(*two_sides, protocol, names=NAMES)
