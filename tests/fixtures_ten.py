"""Ten studies in a small box, for tests that ask a reading many times.

A conftest takes the fixtures in with ``from tests.fixtures_ten import *``.
"""

from __future__ import annotations

import numpy as np
import pytest

from focale import Protocol, infer
from tests.fixtures_pain import studyset_of

__all__ = ["ten", "ten_protocol", "ten_tested"]

PLACES = [(-14.0, 0.0, 0.0), (14.0, 4.0, -6.0)]
AGREEING = [(0, 1, 2, 3, 4), (4, 5, 6, 7, 8)]


@pytest.fixture(scope="session")
def ten_protocol(small_mask_path):
    return Protocol(mask=str(small_mask_path), min_experiments=3, iterations=199, seed=3)


@pytest.fixture(scope="session")
def ten():
    """Ten studies of four foci: five report the first place, five the second, one both."""
    rng = np.random.default_rng(20)
    studies = {}
    for i in range(10):
        foci = rng.uniform(-28, 28, (4, 3))
        for row, (place, members) in enumerate(zip(PLACES, AGREEING, strict=True)):
            if i in members:
                foci[row] = np.array(place) + rng.normal(0, 2, 3)
        studies[f"S{i}"] = [(np.round(foci, 1).tolist(), 10 + 2 * i)]
    return studyset_of(studies)


@pytest.fixture(scope="session")
def ten_tested(ten, ten_protocol):
    return infer(ten, ten_protocol)
