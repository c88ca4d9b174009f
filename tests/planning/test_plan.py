"""Plans: what is to be found is found, nothing depends on threads, and runs go on."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from focale import Studyset, plan
from focale.errors import ArgumentError, EvidenceError, ReadError
from focale.planning.cells import Cell, Tally
from focale.planning.plan_file import Kept
from focale.planning.settings import PlanSettings
from focale.planning.simulation import Simulation
from tests.naive import planning as naive
from tests.strategies import nimads_analysis, nimads_tree

SMALL = {"sizes": (4, 8), "shares": (0.5, 1.0), "n_simulations": 12, "n_iterations": 99}


@pytest.fixture(scope="module")
def made(few, protocol):
    return plan(few, protocol, **SMALL)


def simulated(prototypes, test, cells, **settings):
    settings = PlanSettings(n_iterations=199, **settings)
    kept = Kept({})
    cells = Simulation(prototypes=prototypes, test=test, settings=settings, kept=kept).cells(cells)
    return [cell.tally for cell in cells]


def same(one, other):
    return one.own == other.own and one.grid == other.grid


# ------------------------------------------------------------------ power


def test_plan__finds_what_all_experiments_share(few, protocol):
    made = plan(
        few,
        protocol,
        sizes=(10,),
        shares=(1.0,),
        scatter_mm=0,
        n_simulations=20,
        n_iterations=199,
    )
    (cell,) = made.cells(1.0)
    assert cell.k == 10
    assert cell.power == 1
    assert cell.on_few == 0


def test_simulation__finds_nothing_where_nobody_or_one_reports_the_place(prototypes, boxed):
    # Without convergence the test finds something anywhere in about alpha of the data sets:
    # 6 of 120 are expected, and 16 are four standard errors more.
    for tally in simulated(prototypes, boxed, [(8, 0), (8, 1)], n_simulations=120):
        assert tally.n == 120
        assert tally.n_detected + tally.n_elsewhere <= 16
        assert tally.n_detected <= 6


def test_simulation__clusters_elsewhere_are_no_more_than_alpha(prototypes, boxed):
    (tally,) = simulated(prototypes, boxed, [(8, 5)], n_simulations=80)
    assert tally.n_detected > 40
    assert tally.n_elsewhere <= 12  # 4 are expected, and four standard errors are 8


def test_plan__power_rises_with_k_on_the_same_data_sets(made):
    found = [cell.tally.n_detected for cell in made.own]
    assert [cell.k for cell in made.own] == list(range(2, 2 + len(found)))
    assert found == sorted(found)
    assert found[-1] >= 0.95 * 12 or made.own[-1].k == made.n


def test_plan__equal_n_and_k_are_one_cell(few, protocol):
    made = plan(few, protocol, **{**SMALL, "sizes": (10,), "shares": (0.3, 0.31)})
    own = {cell.k: cell for cell in made.own}
    assert made.grid[0][0] == made.grid[1][0] == own[3]


# ------------------------------------------------------------------ the same bits


def test_plan__does_not_depend_on_threads(few, protocol, made):
    for threads in (1, 3):
        assert same(plan(few, protocol, **SMALL, threads=threads), made)


def test_plan__does_not_depend_on_what_else_is_planned(few, protocol, made):
    alone = plan(few, protocol, **{**SMALL, "sizes": (8,), "shares": (0.5,)})
    assert alone.cells(0.5) == made.cells(0.5)[1:]


def test_plan__another_seed_is_another_plan(few, protocol, made):
    assert not same(plan(few, protocol, **SMALL, seed=1), made)


def test_plan__stopped_and_gone_on_with(few, protocol, made, tmp_path):
    path = tmp_path / "x.plan.json"

    def stopping(designs):
        for number, design in enumerate(designs):
            yield design
            if number == 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        plan(few, protocol, **SMALL, checkpoint=path, progress=stopping)
    kept = len(json.loads(path.read_text())["designs"])
    assert kept > 0
    gone_on = plan(few, protocol, **SMALL, checkpoint=path)
    assert same(gone_on, made)
    assert len(json.loads(path.read_text())["designs"]) > kept


def test_plan__more_sizes_go_on_from_the_same_file(few, protocol, made, tmp_path):
    path = tmp_path / "x.plan.json"
    plan(few, protocol, **{**SMALL, "sizes": (4,)}, checkpoint=path)
    seen = []

    def watching(designs):
        for design in designs:
            seen.extend(design)
            yield design

    assert same(plan(few, protocol, **SMALL, checkpoint=path, progress=watching), made)
    assert {n for n, _, _ in seen} == {8}
    with pytest.raises(ReadError, match="differs in seed"):
        plan(few, protocol, **SMALL, checkpoint=path, seed=1)


# ------------------------------------------------------------------ tables


def test_plan__table_has_a_row_for_each_cell(made):
    table = made.table
    assert table[["share", "n", "k"]].to_numpy().tolist() == [
        [0.5, 4, 2],
        [0.5, 8, 4],
        [1.0, 4, 4],
        [1.0, 8, 8],
    ]
    cell = made.cells(1.0)[1]
    row = table.iloc[3]
    assert row["power"] == cell.power
    assert (row["power_low"], row["power_high"]) == cell.interval
    assert row["n_simulations"] == 12
    assert list(made.own_table["k"]) == [cell.k for cell in made.own]


def test_plan__cells_without_a_detection_leave_shares_blank(few, protocol):
    made = plan(few, protocol, **{**SMALL, "sizes": (4,), "shares": (0.25,)})
    assert made.table["power"].tolist() == [0]
    assert np.isnan(made.table["on_few"][0])


def test_plan__more_is_what_the_evidence_lacks(made):
    assert made.n == 10
    needed = made.needed(1.0).n
    assert needed in (4, 5, 6, 7, 8)
    assert made.more(1.0) == 0
    assert made.needed(0.5, power=0.999).n is None or made.more(0.5, 0.999) == 0


def test_plan__the_evidence_itself_is_a_size_of_the_curve(made):
    def cell(n, k, power):
        return Cell(n, k, Tally(1000, round(1000 * power)))

    grid = ((cell(4, 2, 0.2), cell(20, 10, 1.0)),)
    settings = replace(made.settings, sizes=(4, 20), shares=(0.5,))
    alone = replace(made, settings=settings, grid=grid, own=(cell(10, 4, 0.9),))
    assert alone.needed(0.5).n == 16  # of .2 at 4 and 1 at 20
    with_it = replace(alone, own=(cell(10, 4, 0.9), cell(10, 5, 0.95)))
    assert with_it.needed(0.5).n == 9  # of .2 at 4 and .95 at 10
    assert with_it.more(0.5) == 0
    assert alone.more(0.5) == 6


def test_plan__share_that_was_not_planned(made):
    with pytest.raises(ArgumentError, match=r"no share of 0.3; it has 0.5, 1, and others"):
        made.needed(0.3)


def test_plan__repr_says_what_is_needed(made):
    assert "like 10 experiments of dictionary" in repr(made)
    assert "(12 simulations a cell, seed 0)" in repr(made)


# ------------------------------------------------------------------ refusals


def test_plan__place_outside_the_mask(few, protocol):
    with pytest.raises(ArgumentError, match="the place x = 80, y = 0, z = 0 mm lies outside"):
        plan(few, protocol, place=(80, 0, 0))


def test_plan__too_few_iterations_for_alpha(few, protocol):
    with pytest.raises(ArgumentError, match=r"alpha of 0.05; ask for at least 19"):
        plan(few, protocol, n_iterations=18)


def test_plan__one_experiment_is_too_few(protocol):
    one = Studyset(nimads_tree({"a": [nimads_analysis("1", [(0, 0, 0)], n=9)]}))
    with pytest.raises(EvidenceError, match="only 1 experiment has foci in the mask"):
        plan(one, protocol)


@pytest.mark.parametrize("threads", [0, 1.5])
def test_plan__threads_are_a_whole_number(few, protocol, threads):
    with pytest.raises(ArgumentError, match="'threads' parameter of plan"):
        plan(few, protocol, threads=threads)


# ------------------------------------------------------------------ against whole inference


@pytest.mark.slow
def test_simulation__power_is_that_of_whole_inference_by_the_naive_twin(prototypes, boxed):
    from focale.planning.datasets import draw_dataset
    from focale.planning.designs import critical_of, draw_design
    from focale.planning.detection import outcome_of

    n, k, n_data_sets = 6, 4, 40
    settings = PlanSettings(seed=11, n_iterations=199)
    grid, rng = boxed.mask.grid, np.random.default_rng(11)
    shortcut, whole = [], []
    for number in range(n_data_sets):
        design = draw_design(prototypes, n, number // 5, settings.seed)
        critical = critical_of(design, boxed, settings.n_iterations, settings.seed)
        data = draw_dataset(design, number, boxed, settings)
        ma = data.modelled_activation(k, boxed)
        outcome = outcome_of(ma, critical, boxed, data.place_mm, settings.within_mm)
        shortcut.append(outcome.detected)
        whole.append(
            naive.finds(
                np.split(data.foci_mm(k), design.offsets[1:-1]),
                design.fwhm_mm,
                boxed.mask.inside,
                grid.affine,
                data.place_mm,
                settings.within_mm,
                boxed.alpha,
                99,
                rng,
            )
        )
    one, other = np.array(shortcut), np.array(whole)
    differing = np.count_nonzero(one != other)
    assert 0.1 < one.mean() < 0.95  # else there is nothing to compare
    # Data sets are the same, so only those that differ count: as many one way as the other,
    # within four standard errors; and few of them.
    assert abs(one.sum() - other.sum()) <= 4 * np.sqrt(max(differing, 1))
    assert differing <= 0.2 * n_data_sets


def test_tally__of_a_design_is_kept_for_each_k():
    kept = Kept({})
    kept.tallies[8, 3, 0] = Tally(5)
    assert kept.has(8, 3, 0)
    assert not kept.has(8, 4, 0)
