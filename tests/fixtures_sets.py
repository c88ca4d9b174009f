"""Three small sets that were tested, for tests of conjunctions.

A conftest takes the fixtures in with ``from tests.fixtures_sets import *``.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from focale import Protocol, infer
from tests.fixtures_pain import studyset_of

__all__ = ["set_protocol", "three_sets"]

COMMON = (-14.0, 0.0, 0.0)
OWN = [(14.0, 4.0, -6.0), (10.0, -16.0, 12.0), (0.0, 16.0, -14.0)]


def a_set(number, *, at=COMMON, prefix="", n_studies=12):
    """Studies of four foci: most report a place, most of the others one that only this set has."""
    rng = np.random.default_rng([77, number])
    studies = {}
    for i in range(n_studies):
        foci = rng.uniform(-28, 28, (4, 3))
        if i % 3 != 2 and at is not None:
            foci[0] = np.array(at) + rng.normal(0, 2.5, 3)
        if i % 3 != 0:
            foci[1] = np.array(OWN[number]) + rng.normal(0, 2.5, 3)
        name = f"{prefix or 'abc'[number]}{i}"
        studies[name] = [(np.round(foci, 1).tolist(), 10 + 2 * i)]
    return studyset_of(studies)


@pytest.fixture(scope="session")
def set_protocol(small_mask_path):
    return Protocol(mask=str(small_mask_path), min_experiments=3, iterations=199, seed=3)


@pytest.fixture(scope="session")
def three_sets(set_protocol):
    """Readings of three sets that have one place in common."""
    return [
        infer(a_set(k), replace(set_protocol, seed=k, title=f"set {'ABC'[k]}"), atlases=())
        for k in range(3)
    ]
