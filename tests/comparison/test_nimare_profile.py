"""The profile nimare-0.22 against numbers NiMARE 0.22.1 gave (`validation/nimare_profile.py`)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from focale import Protocol, compare, infer, read

REFERENCE = Path(__file__).parents[1] / "reference"
RECORDED = json.loads((REFERENCE / "nimare_profile_0.22.1.json").read_text())
FAST = {"iterations": 40}  # no level that is recorded depends on them


@pytest.fixture(scope="module")
def comparison():
    studyset, _ = read(REFERENCE / "nimare_profile.txt")
    theirs = Protocol.of_profile("nimare-0.22", **FAST)
    ours = Protocol(min_experiments=1, **FAST)
    return compare(*(infer(studyset, protocol, atlases=()) for protocol in (theirs, ours)))


@pytest.mark.slow
def test_profile__lists_the_voxels_nimare_lists(comparison):
    voxels, recorded = comparison.outcomes[0].voxels, RECORDED["nimare"]
    assert voxels["uncorrected"].size == recorded["below_001"]
    assert voxels["fdr"].size == recorded["fdr"]


@pytest.mark.slow
def test_profile__has_the_largest_ale_of_nimare(comparison):
    # NiMARE stores float32
    largest = comparison.outcomes[0].stat.max
    np.testing.assert_allclose(largest, RECORDED["nimare"]["stat"], atol=1e-7)


@pytest.mark.slow
def test_compare__explains_the_difference_as_recorded(comparison):
    found = {
        step.words: {
            level: [step.effects[level].gained, step.effects[level].lost]
            for level in ("uncorrected", "fdr")
        }
        for step in comparison.steps
    }
    assert found == RECORDED["steps"]
