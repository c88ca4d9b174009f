"""Fixtures on the bundled pain studyset, for tests of the upper floors.

A conftest takes them in with ``from tests.fixtures_pain import *``. Results are made once:
they are frozen, and a test that finds out otherwise should fail.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.strategies import nimads_analysis, nimads_tree

REFERENCE = Path(__file__).parent / "reference"

__all__ = [
    "demo",
    "pain8",
    "pain8_described",
    "pain8_result",
    "pain21_histogram",
    "reference",
    "small_mask_path",
]


@cache
def _pain(n: int) -> Any:
    from focale import Studyset, pain_studyset_path

    studyset = Studyset(pain_studyset_path())
    return studyset.slice(studyset.ids[:n])


@cache
def _fitted(n: int, null: Any) -> Any:
    from focale import ALE

    return ALE(null=null).fit(_pain(n))


@cache
def _described(n: int) -> Any:
    from focale import describe

    return describe(_pain(n))


@pytest.fixture(scope="session")
def pain8():
    """The first eight experiments: 8 studies, 107 foci."""
    return _pain(8)


@pytest.fixture(scope="session")
def pain8_result():
    """ALE of the first eight, with exact p."""
    return _fitted(8, "exact")


@pytest.fixture(scope="session")
def pain21_histogram():
    """ALE of all 21 with the p values of the histogram other tools use."""
    return _fitted(21, "eickhoff2012")


@pytest.fixture(scope="session")
def pain8_described():
    """The descriptive reading of the first eight."""
    return _described(8)


@pytest.fixture(scope="session")
def reference():
    """Jackknife and focus counts of NiMARE 0.22.1; see the file for its provenance."""
    return json.loads((REFERENCE / "jackknife_nimare_0.22.1.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """`focale demo` in a process of its own, once: what it said, and its folder."""
    return _demo(tmp_path_factory.getbasetemp())


@cache
def _demo(base: Path) -> Any:
    place = base / "worked-example"
    place.mkdir()
    said = subprocess.run(
        [sys.executable, "-m", "focale", "demo"],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    return said, place / "focale-demo"


@pytest.fixture(scope="session")
def small_mask_path(tmp_path_factory):
    """A box of 30 x 30 x 30 voxels of 2 mm around the origin, as a file."""
    import nibabel

    path = tmp_path_factory.mktemp("mask") / "box.nii.gz"
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = -30.0
    nibabel.save(nibabel.Nifti1Image(np.ones((30, 30, 30), dtype=np.uint8), affine), path)
    return path


def studyset_of(studies: dict[str, list[Any]]) -> Any:
    """Studyset from study ids and the foci of their experiments, 12 subjects each.

    An experiment is a list of foci, or a pair of foci and sample size.
    """
    from focale import Studyset

    tree = {}
    for study, experiments in studies.items():
        analyses = []
        for number, given in enumerate(experiments, start=1):
            foci, n = given if isinstance(given, tuple) else (given, 12)
            analyses.append(nimads_analysis(str(number), foci, n=n))
        tree[study] = analyses
    return Studyset(nimads_tree(tree))


def box_mask(
    shape: tuple[int, int, int],
    edges_mm: tuple[float, float, float] = (2.0, 2.0, 2.0),
    origin_mm: tuple[float, float, float] = (0.0, 0.0, 0.0),
    inside: Any = None,
) -> Any:
    """Mask of a box (or of the voxels `inside`); a negative edge runs the other way."""
    from focale.space.grid import Grid
    from focale.space.mask import Mask

    affine = np.diag([*edges_mm, 1.0])
    affine[:3, 3] = origin_mm
    voxels = np.ones(shape, dtype=bool) if inside is None else inside
    return Mask(grid=Grid(shape=shape, affine=affine), inside=voxels, name="a box")
