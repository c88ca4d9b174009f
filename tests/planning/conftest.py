"""Evidence on a box of voxels, small enough to be simulated many times."""

from __future__ import annotations

import numpy as np
import pytest

from focale import Protocol, Studyset
from focale.planning.prototypes import prototypes_and_test
from tests.fixtures_pain import *  # noqa: F403
from tests.strategies import nimads_analysis, nimads_tree


@pytest.fixture(scope="session")
def few():
    """Ten experiments of two to five foci in the box."""
    rng = np.random.default_rng(3)
    studies = {
        f"s{i}": [nimads_analysis("1", rng.integers(-28, 28, (2 + i % 4, 3)).tolist(), n=10 + i)]
        for i in range(10)
    }
    return Studyset(nimads_tree(studies))


@pytest.fixture(scope="session")
def protocol(small_mask_path):
    return Protocol(mask=str(small_mask_path))


@pytest.fixture(scope="session")
def taken(few, protocol):
    """Prototypes and test of the small evidence."""
    return prototypes_and_test(few, protocol)


@pytest.fixture(scope="session")
def prototypes(taken):
    return taken[0]


@pytest.fixture(scope="session")
def boxed(taken):
    """The test on the box."""
    return taken[1]
