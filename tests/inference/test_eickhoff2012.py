"""The histogram null: against a double loop, and against NiMARE 0.22.1."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from focale.inference.eickhoff2012 import BINS_PER_UNIT, histogram_null
from focale.inference.footprints import fwhm_from_sample_size
from focale.inference.lattice import to_probability
from focale.inference.ma_maps import model_activation
from focale.inference.null import lattice_null, null_steps, sum_steps
from focale.inference.tails import z_from_log_p
from tests.naive import null as naive
from tests.strategies import csr

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "nimare_0.22.1.json").read_text()
)

# NiMARE stores float32, whose relative precision is 6e-8. ALE agrees to 1e-8, z and -log10 p to
# 5e-7, all of it float32; these tolerances leave room for another build of numpy or scipy.
ALE_ATOL = 1e-7
Z_ATOL = 1e-5
P95_ATOL = 1e-6


# ----------------------------------------------------------------------------- naive


def tiny_maps(tiny_mask, n, seed):
    rng = np.random.default_rng(seed)
    experiments = [np.round(rng.uniform(-15, 18, size=(2, 3)), 1) for _ in range(n)]
    foci, offsets = csr(experiments)
    return model_activation(foci, offsets, rng.uniform(8.5, 12, n), tiny_mask)


@pytest.mark.parametrize(("n", "seed"), [(1, 0), (2, 1), (3, 2)])
def test_histogram_null__equals_a_double_loop(tiny_mask, n, seed):
    ma = tiny_maps(tiny_mask, n, seed)
    folded = naive.ale_histogram([ma.map(i) for i in range(n)], BINS_PER_UNIT)
    tail = np.cumsum(folded[::-1])[::-1]
    null = histogram_null(ma)
    np.testing.assert_allclose(np.exp(null.log_tail[: tail.size]), tail, rtol=1e-9, atol=0)


def test_histogram_null__bins_above_the_last_mass_have_its_tail(tiny_mask):
    null = histogram_null(tiny_maps(tiny_mask, 2, 1))
    assert np.isfinite(null.log_tail).all()
    assert np.all(np.diff(null.log_tail) <= 0)


def test_histogram_null__starts_at_one(tiny_mask):
    assert histogram_null(tiny_maps(tiny_mask, 3, 2)).log_tail[0] == 0.0


def test_histogram_null__of_experiments_without_foci_is_all_zero(tiny_mask):
    ma = model_activation(
        np.zeros((0, 3)), np.zeros(3, dtype=np.int64), np.array([9.0, 9.0]), tiny_mask
    )
    null = histogram_null(ma)
    assert np.exp(null.log_tail[null.level(np.zeros(4))]).tolist() == [1.0] * 4


def test_level__is_the_nearest_bin_with_ties_up(tiny_mask):
    null = histogram_null(tiny_maps(tiny_mask, 2, 1))
    ale = np.array([0.0, 0.4e-5, 0.6e-5, 3.2e-5])
    assert null.level(ale).tolist() == [0, 0, 1, 3]


def test_level__of_the_largest_ale_is_a_bin_of_the_histogram(tiny_mask):
    ma = tiny_maps(tiny_mask, 3, 2)
    null = histogram_null(ma)
    assert null.level(to_probability(ma.log_sum)).max() < null.centres.size


def test_value_at__is_the_first_bin_with_such_a_p(tiny_mask):
    null = histogram_null(tiny_maps(tiny_mask, 3, 2))
    ale = null.value_at(0.05)
    bin_of_ale = round(ale * BINS_PER_UNIT)
    assert null.log_tail[bin_of_ale] <= math.log(0.05) < null.log_tail[bin_of_ale - 1]


def test_value_at__is_infinite_beyond_the_histogram(tiny_mask):
    assert histogram_null(tiny_maps(tiny_mask, 2, 1)).value_at(1e-30) == math.inf


def test_histogram_null__p_is_close_to_the_exact_one(pain, brain):
    # science.md, section 3, has 1.000-1.016 for p from .05 to 1e-8. A whole bin is counted, which
    # makes p too large, but folding rounds both ways, which can make it too small by .5 %.
    fwhm = fwhm_from_sample_size(pain.n_subjects)
    ma = model_activation(pain.foci_mm, pain.offsets, fwhm, brain)
    steps = null_steps(ma)
    sums = sum_steps(ma, steps)
    exact = lattice_null(ma, steps, int(sums.max())).log_tail[sums]
    null = histogram_null(ma)
    ratio = np.exp(null.log_tail[null.level(to_probability(ma.log_sum))] - exact)
    assert ratio[exact < math.log(0.05)].min() > 0.995
    assert ratio[exact < math.log(0.05)].max() < 1.035
    assert ratio[exact < math.log(0.001)].max() < 1.016


# ---------------------------------------------------------------------------- NiMARE


@pytest.fixture(scope="module", params=[("ale_pain8", 8), ("ale_pain21", 21)], ids=["8", "21"])
def run(request, pain, brain):
    """NiMARE's numbers, and our ALE, z and log p by the histogram null."""
    name, n = request.param
    studyset = pain.slice(pain.ids[:n])
    fwhm = fwhm_from_sample_size(studyset.n_subjects)
    ma = model_activation(studyset.foci_mm, studyset.offsets, fwhm, brain, "nearest")
    ale = to_probability(ma.log_sum)
    null = histogram_null(ma)
    log_p = null.log_tail[null.level(ale)]
    return REFERENCE[name], ale, z_from_log_p(log_p), log_p, null


def test_nimare__same_mask(run, brain):
    assert brain.n_voxels == run[0]["n_mask_voxels"] == 228_483


def test_nimare__same_largest_ale_at_the_same_place(run, brain):
    reference, ale, *_ = run
    assert ale.max() == pytest.approx(reference["max_stat"], abs=ALE_ATOL)
    assert brain.mm(np.array([ale.argmax()]))[0].tolist() == reference["max_at_mm"]


def test_nimare__same_number_of_voxels_above_zero(run):
    assert np.count_nonzero(run[1]) == run[0]["n_nonzero"]


def test_nimare__same_95th_percentile_of_the_voxels_above_zero(run):
    reference, ale, *_ = run
    assert np.percentile(ale[ale > 0], 95) == pytest.approx(reference["p95_nonzero"], abs=P95_ATOL)


def test_nimare__same_sum(run):
    # Ours is larger by 1e-6: values in the corners of a footprint go up to one lattice step.
    reference, ale, *_ = run
    assert ale.sum() == pytest.approx(reference["sum_stat"], rel=1e-5)


def test_nimare__same_largest_z_and_logp(run):
    reference, _, z, log_p, _ = run
    assert z.max() == pytest.approx(reference["max_z"], abs=Z_ATOL)
    assert -log_p.min() / math.log(10) == pytest.approx(reference["max_logp"], abs=Z_ATOL)


def test_nimare__same_voxels_below_001(run):
    # Exactly: bins, tie rule and tail are the same, and no voxel lies on the edge of a bin.
    reference, ale, _, log_p, _ = run
    below = log_p < math.log(0.001)
    assert np.count_nonzero(below) == reference["n_p001"]
    assert ale[below].min() == pytest.approx(reference["min_stat_p001"], abs=ALE_ATOL)


def test_nimare__threshold_lies_a_bin_below_the_first_voxel(run):
    reference, *_, null = run
    assert null.value_at(0.001) == pytest.approx(reference["min_stat_p001"], abs=1.0e-5)


@pytest.mark.parametrize("number", range(10))
def test_nimare__same_values_at_the_named_voxels(run, brain, number):
    reference, ale, z, log_p, _ = run
    voxel = reference["voxels"][number]
    position = brain.position_of(np.array([voxel["mm"]], dtype=float))[0]
    assert ale[position] == pytest.approx(voxel["stat"], abs=ALE_ATOL)
    assert z[position] == pytest.approx(voxel["z"], abs=Z_ATOL)
    assert -log_p[position] / math.log(10) == pytest.approx(voxel["logp"], abs=Z_ATOL)
