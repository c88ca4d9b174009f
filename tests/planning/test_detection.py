"""What a test says of one map: the same as whole volumes and refits say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from focale.inference.lattice import STEP
from focale.planning.datasets import draw_dataset
from focale.planning.designs import Critical, draw_design
from focale.planning.detection import outcome_of, rests_on_few, surviving
from focale.planning.settings import PlanSettings
from tests.naive import planning as naive
from tests.naive.ale import modelled_activation

WITHIN_MM = 10.0
THRESHOLD = int(0.007 / STEP)
"""A level that leaves clusters of all sizes, lattice steps."""

NOTHING = Critical(2**60, 0)


@pytest.fixture(scope="module")
def data_sets(prototypes, boxed):
    """Data sets of few experiments, with k of them at the place."""
    cases = []
    for number, (n, k) in enumerate([(3, 0), (3, 1), (3, 2), (3, 3), (6, 1), (6, 4), (8, 6)]):
        design = draw_design(prototypes, n, number, seed=7)
        cases.append((k, draw_dataset(design, number, boxed, PlanSettings(seed=7))))
    return cases


def volumes(data, k, test):
    """MA volumes of a data set, from the naive twin."""
    foci = np.split(data.foci_mm(k), data.design.offsets[1:-1])
    grid = test.mask.grid
    return [
        modelled_activation(own, fwhm, grid.shape, grid.affine)
        for own, fwhm in zip(foci, data.design.fwhm_mm, strict=True)
    ]


def deciding(cluster, total, correction):
    """Size, mass or largest value of a cluster, in lattice steps where it is one."""
    if correction == "size":
        return cluster.sum()
    if correction == "mass":
        return (total[cluster] / STEP - THRESHOLD).sum()
    return total[cluster].max() / STEP


@pytest.mark.parametrize(
    ("correction", "least"),
    [("size", 30), ("size", 60), ("mass", int(0.1 / STEP)), ("voxel", int(0.014 / STEP))],
)
def test_outcome_of__is_that_of_the_naive_twin(data_sets, boxed, correction, least):
    test = replace(boxed, correction=correction)
    affine, inside = test.mask.grid.affine, test.mask.inside
    for k, data in data_sets:
        outcome = outcome_of(
            data.modelled_activation(k, test),
            Critical(THRESHOLD, least),
            test,
            data.place_mm,
            WITHIN_MM,
        )
        maps = volumes(data, k, test)
        total = -sum(np.log1p(-activation) for activation in maps)
        level = (least if correction == "voxel" else THRESHOLD) * STEP
        clusters = [
            cluster
            for cluster in naive.clusters_above(total, inside, level)
            if deciding(cluster, total, correction) > least
        ]
        near = [c for c in clusters if naive.is_near(c, affine, data.place_mm, WITHIN_MM)]
        others = [c for c in clusters if not any(c is n for n in near)]
        assert outcome.detected == bool(near)
        assert outcome.n_elsewhere == len(others)
        assert outcome.n_elsewhere_on_few == sum(naive.rests_on_few(maps, c) for c in others)
        if near:
            assert outcome.rests_on_few == naive.rests_on_few(maps, max(near, key=np.sum))


def test_outcome_of__the_cases_above_are_of_all_kinds(data_sets, boxed):
    critical = Critical(THRESHOLD, 30)
    found = [
        outcome_of(data.modelled_activation(k, boxed), critical, boxed, data.place_mm, WITHIN_MM)
        for k, data in data_sets
    ]
    for kind in ("detected", "rests_on_few", "n_elsewhere", "n_elsewhere_on_few"):
        assert {bool(getattr(outcome, kind)) for outcome in found} == {True, False}, kind


def test_rests_on_few__is_a_matter_of_how_many_share_a_place(prototypes, boxed):
    design = draw_design(prototypes, 8, 0, seed=1)
    data = draw_dataset(design, 0, boxed, PlanSettings(seed=1, scatter_mm=0, place=(0, 0, 0)))
    found = {}
    for k in (1, 5, 8):
        ma = data.modelled_activation(k, boxed)
        at_place = boxed.mask.position_of(np.array([[0.0, 0, 0], [2, 0, 0]]))
        found[k] = rests_on_few(ma, np.sort(at_place))
    assert found == {1: True, 5: False, 8: False}


def test_rests_on_few__twenty_five_at_one_place_are_not_few(prototypes, boxed):
    design = draw_design(prototypes, 50, 0, seed=1)
    data = draw_dataset(design, 0, boxed, PlanSettings(seed=1, place=(0, 0, 0)))
    ma = data.modelled_activation(25, boxed)
    assert not rests_on_few(ma, np.flatnonzero(ma.log_sum > THRESHOLD))


def test_surviving__nothing_above_the_threshold(data_sets, boxed):
    k, data = data_sets[0]
    log_sum = data.modelled_activation(k, boxed).log_sum
    for correction in ("size", "mass", "voxel"):
        test = replace(boxed, correction=correction)
        critical = Critical(2**60, 2**60 if correction == "voxel" else 0)
        assert surviving(log_sum, critical, test) == []


def test_outcome_of__nothing_survives(data_sets, boxed):
    k, data = data_sets[-1]
    ma = data.modelled_activation(k, boxed)
    outcome = outcome_of(ma, NOTHING, boxed, data.place_mm, WITHIN_MM)
    assert outcome == type(outcome)(False, False, 0, 0)


def test_outcome_of__near_is_what_it_is_told(data_sets, boxed):
    k, data = data_sets[-1]
    ma = data.modelled_activation(k, boxed)
    critical = Critical(THRESHOLD, 30)
    all_near = outcome_of(ma, critical, boxed, data.place_mm, 1000.0)
    assert all_near.n_elsewhere == 0
    assert all_near.detected
    none_near = outcome_of(ma, critical, boxed, data.place_mm + 1000.0, WITHIN_MM)
    assert not none_near.detected
    assert none_near.n_elsewhere == len(surviving(ma.log_sum, critical, boxed))
