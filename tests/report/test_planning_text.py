"""What a plan says: each number is that of the plan, and nothing is claimed beyond it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from focale import Studyset, plan
from focale.planning.cells import Cell, Tally
from focale.planning.settings import PlanSettings
from focale.report.planning_text import (
    assumption_texts,
    elsewhere_text,
    evidence_text,
    few_text,
    found_texts,
    grid_rows,
    need_text,
    own_rows,
    own_text,
    power_text,
)
from tests.strategies import nimads_analysis, nimads_tree

SIZES = (5, 10, 20)


@pytest.fixture(scope="module")
def tiny():
    """A plan of seven experiments whose cells are made up below."""
    studies = {
        f"s{i}": [nimads_analysis("1", [(2 * i, 0, 10), (0, 2 * i, 20)], n=10 + i)]
        for i in range(7)
    }
    studies["none"] = [nimads_analysis("1", [], n=20)]
    return plan(
        Studyset(nimads_tree(studies)), sizes=(5,), shares=(0.4,), n_simulations=1, n_iterations=39
    )


def cell(n, k, power, on_few=0, elsewhere=4, elsewhere_on_few=0):
    return Cell(n, k, Tally(100, round(100 * power), on_few, elsewhere, elsewhere_on_few))


@pytest.fixture
def made_up(tiny):
    def make(*powers, own=((2, 0.1), (4, 0.97)), **settings):
        return replace(
            tiny,
            settings=PlanSettings(sizes=SIZES, shares=(0.4,), n_simulations=100, **settings),
            grid=(tuple(cell(n, 2 * n // 5, p) for n, p in zip(SIZES, powers, strict=True)),),
            own=tuple(cell(7, k, power) for k, power in own),
        )

    return make


def test_evidence_text__has_counts_and_medians(tiny):
    assert evidence_text(tiny) == (
        "dictionary: 7 independent experiments with foci, median sample size 13, median 2 foci in "
        "the mask. Without foci: 1 experiment."
    )


def test_own_text__names_the_smallest_k_with_power_enough(made_up):
    assert own_text(made_up(0.1, 0.6, 0.9)) == (
        "With 7 experiments like these, 4 of which report the place, power is .97 (95 % interval "
        ".91 to .99); with fewer it is below .8."
    )


def test_own_text__where_no_k_is_enough(made_up):
    few = made_up(0.1, 0.6, 0.9, own=((2, 0.1), (7, 0.7)))
    assert own_text(few).startswith(
        "With 7 experiments like these, power is below .8 even if all of them report the place "
        "(.70,"
    )


@pytest.mark.parametrize(
    ("powers", "words"),
    [
        ((0.1, 0.6, 1.0), "About 8 more experiments like these until power is .8 if 40 % of all"),
        # The ends of 60 and 100 of 100 are .697 and 1, .497 and .964.
        ((0.1, 0.6, 1.0), "report the place: 15 in all (95 % interval 14 to 17)."),
        ((0.1, 0.2, 0.3), "More than 13 more experiments like these until power is .8 if 40 %"),
        ((0.1, 0.2, 0.3), "report the place: more than 20 in all."),
        ((0.9, 1.0, 1.0), "No more experiments are needed for a power of .8 if 40 % of all"),
        ((0.95, 1.0, 1.0), "report the place: at most 5 in all."),
        ((0.8, 1.0, 1.0), "at most 5 in all (95 % interval at most 5 to 7)."),
        ((0.7, 1.0, 1.0), "No more experiments are needed"),
    ],
)
def test_need_text__says_how_many_more(made_up, powers, words):
    assert words in need_text(made_up(*powers), 0.4)


def test_need_text__where_all_sizes_are_below_the_evidence(tiny):
    cells = (cell(5, 2, 0.3),)
    assert need_text(replace(tiny, grid=(cells,), own=()), 0.4) == (
        "Power is below .8 with 5 experiments like these if 40 % of all report the place."
    )


def test_need_text__one_more_is_singular(made_up):
    assert need_text(made_up(0.2, 1.0, 1.0), 0.4).startswith("About 2 more experiments like")
    assert need_text(made_up(0.5, 1.0, 1.0), 0.4).startswith("About 1 more experiment like")


def test_few_text__names_the_sizes_where_many_rest_on_few(made_up):
    plan = made_up(0.5, 0.5, 0.5)
    grid = (cell(5, 2, 0.5, 20, 4, 3), cell(10, 4, 0.5, 10, 4, 0), cell(20, 8, 0.5, 1, 4, 0))
    assert few_text(replace(plan, grid=(grid,))) == (
        "One experiment has more than half of the contribution to a cluster, or two have more "
        "than 80 %: of clusters at the place 40 % with 5 and 20 % with 10 experiments, less than "
        "5 % with 20; of clusters elsewhere 75 % with 5 experiments, less than 5 % with 10 or 20."
    )


def test_few_text__where_there_is_nothing_to_say(made_up):
    nothing = replace(made_up(0, 0, 0), grid=(tuple(cell(n, 2, 0, 0, 0) for n in SIZES),))
    assert "no cluster at the place survived; no cluster elsewhere survived" in few_text(nothing)
    assert "of clusters at the place less than 5 % at every size" in few_text(made_up(1, 1, 1))


def test_elsewhere_text__is_a_check_against_alpha(made_up):
    assert ".04 to .04 surviving clusters elsewhere" in elsewhere_text(made_up(0, 0, 0))


def test_rows__are_the_cells(made_up):
    plan = made_up(0.1, 0.6, 1.0)
    assert own_rows(plan)[1:] == [
        ["2 of 7", ".10", ".05 to .18"],
        ["4 of 7", ".97", ".91 to .99"],
    ]
    assert grid_rows(plan) == [
        ["experiments", "40 %"],
        ["5", ".10 (2)"],
        ["10", ".60 (4)"],
        ["20", "1.00 (8)"],
    ]


def test_assumption_texts__say_what_was_set(made_up):
    usual = " ".join(assumption_texts(made_up(0, 0, 0)))
    assert "as widely as ALE assumes (standard deviation 4.0 to 4.2 mm along each axis)" in usual
    assert "another one in each simulation" in usual
    assert "(cluster-forming p < .001, 1,000 iterations). 100 simulations a cell, seed 0." in usual
    set_up = " ".join(assumption_texts(made_up(0, 0, 0, scatter_mm=3.5, place=(1, 2, 3))))
    assert "with a standard deviation of 3.5 mm along each axis" in set_up
    assert "The place is x = 1, y = 2, z = 3 mm." in set_up


def test_texts__never_speak_of_significance_or_activation(made_up):
    text = " ".join([*found_texts(made_up(0.1, 0.6, 1)), *assumption_texts(made_up(0.1, 0.6, 1))])
    for word in ("significan", "activat", "effect", "robust", "reliabl"):
        assert word not in text


@pytest.mark.parametrize(
    ("power", "text"), [(0, ".00"), (0.004, "<.01"), (0.5, ".50"), (0.996, ">.99"), (1, "1.00")]
)
def test_power_text__never_rounds_to_nothing_or_to_all(power, text):
    assert power_text(power) == text
