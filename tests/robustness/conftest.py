"""Small boxes in which many tests can be made, and the pain fixtures."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fixtures_pain import *  # noqa: F403
from tests.fixtures_pain import box_mask, studyset_of
from tests.fixtures_ten import *  # noqa: F403


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
