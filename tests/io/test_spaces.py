"""The names files give to coordinate spaces."""

from __future__ import annotations

import pytest

from focale.io.spaces import SPACE_NAMES, canonical_space


@pytest.mark.parametrize(
    ("name", "space"),
    [
        ("MNI", "MNI"),
        ("mni", "MNI"),
        (" mni152 ", "MNI"),
        ("MNI-152", "MNI"),
        ("mni152_2mm", "MNI"),
        ("MNI152NLin6Asym", "MNI"),
        ("MNI152NLin2009cAsym", "MNI"),
        ("TAL", "TAL"),
        ("Talairach", "TAL"),
        ("TALAIRACH\t", "TAL"),
    ],
)
def test_canonical_space__knows_names_in_any_case(name, space):
    assert canonical_space(name) == space


@pytest.mark.parametrize("name", ["", " ", "TT_N27", "MNI305", "native", "MNI or TAL", "MNI152 ?"])
def test_canonical_space__says_nothing_about_others(name):
    assert canonical_space(name) is None


def test_canonical_space__gives_one_of_two():
    assert set(SPACE_NAMES.values()) == {"MNI", "TAL"}
