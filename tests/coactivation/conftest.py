"""A database in which some experiments report a seed, and a map of them."""

import numpy as np
import pytest

from focale import Protocol, macm
from tests.fixtures_pain import *  # noqa: F403
from tests.fixtures_pain import studyset_of

SEED = (10.0, 0.0, 0.0, 6.0)
EVIL = 'e|vil <script>alert("1")</script> [x](y)\n=cmd'


@pytest.fixture(scope="session")
def database():
    """40 studies; 19 report the seed, and with it a partner; all report a busy place."""
    rng = np.random.default_rng(11)
    studies = {}
    for number in range(40):
        foci = [*rng.uniform(-26, 26, (4, 3)), np.array([-14, -14, -14]) + rng.normal(0, 3, 3)]
        foci = [f for f in foci if np.linalg.norm(f - np.array(SEED[:3])) > SEED[3]]
        if number < 19:
            foci += [
                np.array(SEED[:3]) + rng.normal(0, 1, 3),
                np.array([-12, 14, 10]) + rng.normal(0, 2, 3),
            ]
        name = EVIL if number == 0 else f"S{number}"
        studies[name] = [(np.round(foci, 1).tolist(), 14)]
    # another contrast of the participants of S1, which reports nothing in the seed
    studies["S1"].append(([[20.0, 20.0, -20.0]], 14))
    return studyset_of(studies)


@pytest.fixture(scope="session")
def protocol(small_mask_path):
    return Protocol(mask=str(small_mask_path), iterations=199, min_cluster_mm3=8)


@pytest.fixture(scope="session")
def tested(database, protocol):
    return macm(database, SEED, protocol, atlases=())


@pytest.fixture(scope="session")
def described(database, protocol):
    few = database.slice([*database.ids[:8], *database.ids[25:35]])
    return macm(few, SEED, protocol, atlases=())
