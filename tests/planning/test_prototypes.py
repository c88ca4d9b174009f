"""What is taken from the evidence: sample sizes, numbers of foci, the test."""

from __future__ import annotations

import numpy as np
import pytest

from focale import Protocol, Studyset
from focale.errors import EvidenceError
from focale.inference.footprints import fwhm_from_sample_size
from focale.planning.prototypes import prototypes_and_test
from tests.strategies import nimads_analysis, nimads_tree

INSIDE, OUTSIDE = (0, 0, 10), (0, 0, 300)


def taken(studies, protocol=None):
    return prototypes_and_test(Studyset(nimads_tree(studies)), protocol or Protocol())


def test_prototypes__are_the_pooled_experiments():
    studies = {
        "a": [nimads_analysis("1", [INSIDE], n=12), nimads_analysis("2", [INSIDE] * 2, n=20)],
        "b": [nimads_analysis("1", [INSIDE], n=15)],
    }
    pooled, _ = taken(studies)
    assert pooled.n_subjects.tolist() == [12, 15]
    assert pooled.n_foci.tolist() == [3, 1]
    np.testing.assert_allclose(pooled.fwhm_mm, fwhm_from_sample_size(np.array([12, 15.0])))
    apart, _ = taken(studies, Protocol(pooling="keep"))
    assert apart.n_foci.tolist() == [1, 2, 1]


def test_prototypes__leave_out_foci_outside_the_mask_and_experiments_without_any():
    prototypes, _ = taken(
        {
            "a": [nimads_analysis("1", [INSIDE, OUTSIDE], n=12)],
            "b": [nimads_analysis("1", [OUTSIDE], n=13)],
            "c": [nimads_analysis("1", [], n=14)],
        }
    )
    assert prototypes.n_foci.tolist() == [1]
    assert prototypes.n_without_foci == 2


def test_prototypes__without_a_sample_size_need_a_width():
    studies = {s: [nimads_analysis("1", [INSIDE])] for s in "ab"}
    with pytest.raises(EvidenceError, match="no sample size for 2 of 2 experiments"):
        taken(studies)
    prototypes, _ = taken(studies, Protocol(fwhm_mm=9))
    assert prototypes.fwhm_mm.tolist() == [9, 9]


def test_planned_test__is_that_of_the_protocol(small_mask_path):
    protocol = Protocol(
        mask=str(small_mask_path),
        alpha=0.01,
        correction="mass",
        cluster_forming_p=0.01,
        connectivity=26,
        sampling=str(small_mask_path),
    )
    _, test = taken({s: [nimads_analysis("1", [INSIDE], n=9)] for s in "ab"}, protocol)
    assert (test.alpha, test.correction, test.cluster_forming_p) == (0.01, "mass", 0.01)
    assert test.connectivity == 26
    assert test.mask.n_voxels == test.sampling.n_voxels == 27_000
