"""Fixtures that every test may use.

Files of `shared/corpus` are test material that is not part of this repository; a test that
needs them asks for the fixture `corpus` and is skipped, with the reason, where they are not.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[1]
if str(ROOT) not in sys.path:  # `pytest` alone does not put the root on the path
    sys.path.insert(0, str(ROOT))

settings.register_profile(
    "default",
    deadline=None,  # the first example may compile a kernel
    derandomize=True,
    database=None,
    max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "60")),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile("explore", parent=settings.get_profile("default"), derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20261122)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Folder of real files and published results."""
    folder = ROOT / "../shared/corpus"
    if not folder.is_dir():
        pytest.skip(f"the corpus of real files is not at {folder}")
    return folder.resolve()


@pytest.fixture(scope="session")
def brain():
    """The standard mask, 228,483 voxels."""
    from focale.space.targets import standard_mask

    return standard_mask()


@pytest.fixture(scope="session")
def pain():
    """The bundled studyset: 21 experiments, 267 foci."""
    from focale import Studyset, pain_studyset_path

    return Studyset(pain_studyset_path())


@pytest.fixture(scope="session")
def tiny_mask():
    """10 x 10 x 10 voxels of 3 mm with about half of them inside, nothing symmetric."""
    from focale.space.grid import Grid
    from focale.space.mask import Mask

    affine = np.array([[3.0, 0, 0, -13.0], [0, 3.0, 0, -11.0], [0, 0, 3.0, -9.0], [0, 0, 0, 1.0]])
    inside = np.random.default_rng(4).random((10, 10, 10)) < 0.5
    return Mask(grid=Grid(shape=(10, 10, 10), affine=affine), inside=inside, name="tiny")


@pytest.fixture
def tiny_studyset():
    """Three experiments of two studies, six foci, one of them without a sample size."""
    from focale import Studyset
    from tests.strategies import nimads_analysis, nimads_tree

    return Studyset(
        nimads_tree(
            {
                "Smith": [
                    nimads_analysis("pain", [(10, 20, 30), (-10, 20, 30)], n=12),
                    nimads_analysis("heat", [(0, 0, 10)], n=15),
                ],
                "Jones": [nimads_analysis("pain", [(4, 4, 4), (4, 4, 4), (5.5, -2, 0)])],
            }
        )
    )
