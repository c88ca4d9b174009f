"""The names files give to coordinate spaces."""

from __future__ import annotations

import time

import pytest

from focale.io.records import ExperimentRecord, FocusRecord, StudysetRecord
from focale.io.spaces import SPACE_NAMES, canonical_space, unplaced_foci


@pytest.mark.parametrize(
    ("name", "space"),
    [
        ("MNI", "MNI"),
        ("mni", "MNI"),
        (" mni152 ", "MNI"),
        ("MNI-152", "MNI"),
        ("MNI space", "MNI"),
        ("mni152_2mm", "MNI"),
        ("ICBM 152", "MNI"),
        ("MNI152NLin6Asym", "MNI"),
        ("MNI152NLin2009cAsym", "MNI"),
        ("TAL", "TAL"),
        ("T88", "TAL"),
        ("Talairach", "TAL"),
        ("Talairach-Tournoux", "TAL"),
        ("TALAIRACH\t", "TAL"),
    ],
)
def test_canonical_space__knows_names_in_any_case(name, space):
    assert canonical_space(name) == space


OTHERS = [
    "",
    " ",
    "TT_N27",
    "MNI305",
    "Colin27",
    "native",
    "MNI or TAL",
    "MNI152 ?",
    "space",
    "UNKNOWN",
]


@pytest.mark.parametrize("name", OTHERS)
def test_canonical_space__says_nothing_about_others(name):
    assert canonical_space(name) is None


def test_canonical_space__gives_one_of_two():
    assert set(SPACE_NAMES.values()) == {"MNI", "TAL"}


def test_canonical_space__long_names_take_no_time():
    start = time.perf_counter()
    assert canonical_space("space " * 20_000) is None
    assert time.perf_counter() - start < 0.5


# --------------------------------------------------------------------- unplaced foci


def record(*spaces_of_experiments):
    experiments = [
        ExperimentRecord(
            f"s{i}", "1", tuple(FocusRecord((1, 2, 3), s) for s in spaces), 12.0, "foci.txt", i
        )
        for i, spaces in enumerate(spaces_of_experiments, start=1)
    ]
    n_foci = sum(map(len, spaces_of_experiments))
    return StudysetRecord.of(experiments, "foci.txt", "0", (), (len(experiments), n_foci))


def test_unplaced_foci__are_none_where_all_spaces_are_known():
    assert unplaced_foci(record(["MNI", "mni152"], ["Talairach"], []), None) == []


def test_unplaced_foci__are_none_where_a_space_is_assumed():
    assert unplaced_foci(record([None], ["TT_N27"]), "MNI") == []


def test_unplaced_foci__name_the_experiment_the_space_and_the_way_out():
    (problem,) = unplaced_foci(record(["MNI"], ["TT_N27", "TT_N27", "MNI"]), None)
    assert (problem.severity, problem.code) == ("error", "unknown-space")
    assert str(problem) == (
        'foci.txt:2, experiment "s2-1": 2 foci of a space that is neither MNI nor Talairach: '
        '"TT_N27"; write MNI or Talairach, or say which it is with --space (space=)'
    )


def test_unplaced_foci__of_a_file_that_names_no_space_are_one_problem():
    (problem,) = unplaced_foci(record([None, None], [None], ["MNI"]), None)
    assert str(problem) == (
        "foci.txt: 3 of 4 foci of a space that is not given; write MNI or Talairach, or say which "
        "it is with --space (space=)"
    )


def test_unplaced_foci__not_given_in_one_experiment_names_it():
    (problem,) = unplaced_foci(record(["MNI"], [None]), None)
    assert problem.experiment == "s2-1"


def test_unplaced_foci__of_several_unknown_spaces_are_all_named():
    problems = unplaced_foci(record([None, "native"], ["native"]), None)
    assert [(p.line, p.found) for p in problems] == [(1, ""), (1, "native"), (2, "native")]
