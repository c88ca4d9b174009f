"""Small boxes in which many tests can be made, and the pain fixtures."""

from __future__ import annotations

import numpy as np
import pytest

from focale import Protocol, infer
from tests.fixtures_pain import *  # noqa: F403
from tests.fixtures_pain import box_mask, studyset_of

PLACES = [(-14.0, 0.0, 0.0), (14.0, 4.0, -6.0)]
AGREEING = [(0, 1, 2, 3, 4), (4, 5, 6, 7, 8)]


@pytest.fixture(scope="session")
def protocol(small_mask_path):
    return Protocol(mask=str(small_mask_path), min_experiments=3, iterations=199, seed=3)


@pytest.fixture(scope="session")
def evidence():
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
def tested(evidence, protocol):
    return infer(evidence, protocol)


@pytest.fixture(scope="session")
def box_result():
    """Six experiments in a box of 12 x 11 x 10 voxels of 4 mm, which share one place."""
    from focale import ALE

    rng = np.random.default_rng(5)
    experiments = [np.round(rng.uniform(0, 40, (4, 3)), 1).tolist() for _ in range(6)]
    for foci in experiments[:5]:
        foci.append([20.0, 20.0, 20.0])
    studies = {f"S{number}": [(foci, 10 + number)] for number, foci in enumerate(experiments)}
    return ALE(mask=box_mask((12, 11, 10), edges_mm=(4.0, 4.0, 4.0))).fit(studyset_of(studies))
