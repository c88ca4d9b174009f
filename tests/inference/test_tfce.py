"""TFCE of maps and of random maps against thresholding again and again."""

from __future__ import annotations

import dataclasses
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focale.errors import ArgumentError
from focale.inference.eickhoff2012 import histogram_null
from focale.inference.lattice import STEP
from focale.inference.ma_maps import model_activation
from focale.inference.montecarlo import null_design, null_maxima
from focale.inference.null import LatticeNull, lattice_null, null_steps, sum_steps
from focale.inference.tails import z_from_log_p
from focale.inference.tfce import enhance, tfce_maxima
from focale.inference.tfce_heights import (
    HEIGHT_STEP,
    HIGHEST_Z,
    INTEGRAL_STEP,
    MOST_LEVELS,
    TFCE_STEP,
    WEIGHT_STEP,
    TfceHeights,
    tfce_heights,
)
from focale.kernels.montecarlo import random_map
from focale.space.mask import Mask
from tests.fixtures_pain import box_mask
from tests.naive import montecarlo, tfce
from tests.strategies import csr

every_connectivity = pytest.mark.parametrize("connectivity", [6, 18, 26])

WIDTHS = (9.2, 10.0, 8.1)


def evidence(mask, rng, counts=(4, 3, 6), fwhm_mm=WIDTHS):
    """Foci anywhere in the box of a mask, and what is made of them."""
    corners = mask.mm(np.array([0, mask.n_voxels - 1]))
    experiments = [rng.uniform(corners.min(0), corners.max(0), (n, 3)) for n in counts]
    foci, offsets = csr(experiments)
    widths = np.array(fwhm_mm)
    return model_activation(foci, offsets, widths, mask), (foci, offsets, widths, mask)


def exact_null(ma):
    steps = null_steps(ma)
    return lattice_null(ma, steps, int(sum_steps(ma, steps).max()))


@pytest.fixture
def observed(tiny_mask, rng):
    """Maps of three experiments on the tiny mask, their heights and the design of the null."""
    ma, parts = evidence(tiny_mask, rng)
    return ma, tfce_heights(ma, exact_null(ma)), null_design(*parts)


def plain_heights(n_levels=50, *, scale=0.1, extent_power=0.5, height_power=2.0):
    """Value k has height k times `scale`; 0 has none."""
    steps = np.rint(np.arange(1, n_levels + 1) * scale / HEIGHT_STEP).astype(np.int32)
    return TfceHeights(1, 0, steps, extent_power, height_power)


def twin_of(log_sum, heights, mask, connectivity):
    """Whole numbers, by the tables of the heights and thresholding."""
    weight, integral = heights.weight(mask.n_voxels), heights.integral

    def integral_of(height):
        at = np.searchsorted(heights.steps * HEIGHT_STEP, height)
        return integral[at] if height > 0 else np.int64(0)

    volume = mask.to_volume(heights.of(log_sum))
    total = tfce.exact(volume, mask.inside, connectivity, lambda sizes: weight[sizes], integral_of)
    return total[mask.inside]


# ------------------------------------------------------------------------ one map


@every_connectivity
def test_enhance__equals_the_twin(observed, tiny_mask, connectivity):
    ma, heights, _ = observed
    ours = enhance(ma.log_sum, heights, tiny_mask, connectivity)
    np.testing.assert_array_equal(ours, twin_of(ma.log_sum, heights, tiny_mask, connectivity))
    assert ours.dtype == np.int64
    assert 0 < np.count_nonzero(ours) < tiny_mask.n_voxels


@every_connectivity
@pytest.mark.parametrize("powers", [(0.5, 2.0), (0.6, 2.0), (1.0, 1.0), (0.31, 2.75)])
def test_enhance__agrees_with_the_formula_in_floats(tiny_mask, connectivity, powers, rng):
    e, h = powers
    values = rng.integers(0, 40, tiny_mask.n_voxels)
    heights = plain_heights(extent_power=e, height_power=h)
    ours = enhance(values, heights, tiny_mask, connectivity) * TFCE_STEP
    volume = tiny_mask.to_volume(heights.of(values))
    expected = tfce.smith_nichols(volume, tiny_mask.inside, connectivity, e, h)
    # half a step of e^E is 7.6e-6 of it at most; half a step of the integral counts e^E times
    slack = tiny_mask.n_voxels**e * INTEGRAL_STEP / 1.9
    np.testing.assert_allclose(ours, expected[tiny_mask.inside], rtol=1e-5, atol=slack)


@st.composite
def whole_maps(draw):
    shape = draw(st.tuples(*[st.integers(1, 4)] * 3))
    n = int(np.prod(shape))
    values = draw(
        st.lists(st.integers(0, draw(st.sampled_from([2, 5, 60]))), min_size=n, max_size=n)
    )
    inside = draw(st.lists(st.booleans(), min_size=n, max_size=n).filter(any))
    mask = box_mask(shape, inside=np.reshape(inside, shape))
    return mask, np.reshape(values, shape)[mask.inside]


@given(whole_maps(), st.sampled_from([6, 18, 26]))
def test_enhance__equals_the_twin_for_any_map(drawn, connectivity):
    mask, values = drawn
    heights = plain_heights(30)  # values above 30 all have its height
    ours = enhance(values, heights, mask, connectivity)
    np.testing.assert_array_equal(ours, twin_of(values, heights, mask, connectivity))


@given(whole_maps(), st.sampled_from([6, 18, 26]), st.data())
def test_enhance__raising_a_voxel_lowers_nothing(drawn, connectivity, data):
    mask, values = drawn
    raised = values.copy()
    raised[data.draw(st.integers(0, mask.n_voxels - 1))] += data.draw(st.integers(1, 70))
    before, after = (enhance(v, plain_heights(), mask, connectivity) for v in (values, raised))
    assert np.all(after >= before)


@given(whole_maps(), st.sampled_from([6, 18, 26]), st.sampled_from([(0,), (1,), (2,), (0, 1, 2)]))
def test_enhance__does_not_depend_on_the_direction_of_axes(drawn, connectivity, axes):
    mask, values = drawn
    flipped = Mask(mask.grid, np.flip(mask.inside, axes), name="flipped")
    turned = np.flip(mask.to_volume(values), axes)[flipped.inside]
    ours = enhance(values, plain_heights(), mask, connectivity)
    theirs = enhance(turned, plain_heights(), flipped, connectivity)
    np.testing.assert_array_equal(np.flip(mask.to_volume(ours), axes)[flipped.inside], theirs)


def test_enhance__of_one_voxel_is_the_integral_to_its_height():
    mask, heights = box_mask((1, 1, 1)), plain_heights()
    assert enhance(np.array([30]), heights, mask).tolist() == [heights.integral[29] * 2**16]
    assert heights.integral[29] * INTEGRAL_STEP == pytest.approx(3.0**3 / 3, rel=1e-4)


def test_enhance__of_an_empty_map_is_nothing(tiny_mask):
    empty = np.zeros(tiny_mask.n_voxels, dtype=np.int64)
    assert not enhance(empty, plain_heights(), tiny_mask).any()


@every_connectivity
def test_enhance__of_a_level_map_is_one_cluster(connectivity):
    mask, heights = box_mask((3, 4, 5)), plain_heights()
    level = enhance(np.full(60, 20), heights, mask, connectivity)
    assert set(level.tolist()) == {int(heights.weight(60)[60] * heights.integral[19])}
    assert level[0] * TFCE_STEP == pytest.approx(60**0.5 * 2.0**3 / 3, rel=1e-4)


def test_enhance__connectivity_joins_what_touches():
    mask = box_mask((2, 2, 1))
    edges = np.array([9, 0, 0, 9])
    apart, joined = (enhance(edges, plain_heights(), mask, c)[0] for c in (6, 18))
    assert joined == pytest.approx(2**0.5 * apart, rel=1e-5)


@pytest.fixture(scope="module")
def pain_result(pain):
    from focale import ALE

    return ALE().fit(pain)


def riemann_errors(log_sum, heights, mask, n_steps, end):
    """Relative error of a sum over steps, at voxels of z above 1.64."""
    ours = enhance(log_sum, heights, mask) * TFCE_STEP
    z = heights.of(log_sum)
    theirs = tfce.riemann(mask.to_volume(z), mask.inside, 6, n_steps, end)[mask.inside]
    return np.abs(theirs / np.maximum(ours, TFCE_STEP) - 1)[z > 1.64]


@pytest.mark.parametrize("end", ["left", "middle"])
def test_enhance__sums_over_steps_go_to_it_as_steps_get_finer(observed, tiny_mask, end):
    ma, heights, _ = observed
    errors = [
        riemann_errors(ma.log_sum, heights, tiny_mask, n, end).max() for n in (30, 300, 3000)
    ]
    assert errors[0] > 3 * errors[1] > 9 * errors[2]
    assert errors[2] < 0.002


@pytest.mark.slow
def test_enhance__a_hundred_steps_err_by_a_hundredth(pain_result, brain):
    # The left ends of 100 steps are what JALE sums.
    heights = tfce_heights(pain_result.ma, pain_result.null)
    errors = riemann_errors(pain_result.ma.log_sum, heights, brain, 100, "left")
    assert 0.01 < np.median(errors) < 0.015


# ------------------------------------------------------------------------ heights


def test_tfce_heights__are_z_of_the_null(observed, tiny_mask):
    ma, heights, _ = observed
    steps = null_steps(ma)
    null = exact_null(ma)
    z = z_from_log_p(null.log_tail[sum_steps(ma, steps)])
    slack = np.abs(np.diff(z_from_log_p(null.log_tail))).max()
    # a sum of rounded values, and the middle of a level: three steps apart at most
    np.testing.assert_allclose(heights.of(ma.log_sum), z, atol=3 * slack)


def test_tfce_heights__of_the_pain_set_are_its_z(pain, pain_result):
    ours = tfce_heights(pain_result.ma, pain_result.null).of(pain_result.ma.log_sum)
    z = pain_result.z.values
    np.testing.assert_allclose(ours[z > 0.1], z[z > 0.1], atol=0.01)
    assert np.mean(np.abs(ours - z)) < 0.002


def test_tfce_heights__of_bins_are_the_z_of_bins(pain):
    from focale import ALE

    result = ALE(null="eickhoff2012").fit(pain)
    ours = tfce_heights(result.ma, result.null).of(result.ma.log_sum)
    difference = np.abs(ours - result.z.values)
    assert np.median(difference) < 1e-4
    assert difference[result.z.values > 0.1].max() < 0.03  # the next bin


@pytest.mark.parametrize("null", [exact_null, histogram_null])
def test_tfce_heights__rise_with_the_value_and_never_end(observed, null):
    ma, _, _ = observed
    heights = tfce_heights(ma, null(ma))
    values = np.r_[0, np.geomspace(1, 2**61, 5000).astype(np.int64)]
    z = heights.of(values)
    assert np.all(np.diff(z) >= 0)
    assert z[0] == 0
    assert np.all(np.diff(heights.steps) >= 0)
    assert heights.steps[0] > 0


def test_tfce_heights__go_on_beyond_what_is_observed(pain_result):
    heights = tfce_heights(pain_result.ma, pain_result.null)
    top = pain_result.ma.log_sum.max()
    beyond = heights.of(np.linspace(top, 1.5 * top, 50).astype(np.int64))
    assert np.all(np.diff(beyond) > 0)
    assert heights.steps[-1] * HEIGHT_STEP == pytest.approx(9.2623, abs=0.001)  # p = 1e-20


def test_tfce_heights__end_where_the_null_does(tiny_mask):
    # One experiment of one focus: no sum is larger than its top, whose p is 1 of all voxels.
    focus = tiny_mask.mm(np.array([200]))
    ma = model_activation(focus, np.array([0, 1]), np.array([9.2]), tiny_mask)
    heights = tfce_heights(ma, exact_null(ma))
    top = z_from_log_p(np.log([1 / tiny_mask.n_voxels]))[0]
    assert heights.of(np.array([2**40])) == pytest.approx(top, abs=1e-4)


def test_tfce_heights__where_every_p_is_large_there_are_none():
    # One voxel: everything observed there is certain.
    mask = box_mask((1, 1, 1))
    ma = model_activation(np.zeros((1, 3)), np.array([0, 1]), np.array([9.2]), mask)
    heights = tfce_heights(ma, exact_null(ma))
    assert enhance(ma.log_sum, heights, mask).tolist() == [0]


@pytest.mark.slow
def test_tfce_heights__of_values_far_apart_have_wider_levels(tiny_mask, rng):
    ma, _ = evidence(tiny_mask, rng, counts=(5,) * 40, fwhm_mm=(9.2,) * 40)
    heights = tfce_heights(ma, exact_null(ma))
    assert heights.shift > 8
    assert heights.steps.size <= MOST_LEVELS
    assert np.diff(heights.steps * HEIGHT_STEP).max() < 0.01


def test_tfce_heights__stop_where_floats_do(observed):
    ma, _, _ = observed
    log_tail = -np.linspace(0, 2000, 1001)
    null = LatticeNull(log_tail, step=float(ma.log_sum.max()) * STEP / 1000)
    heights = tfce_heights(ma, null)
    assert heights.of(ma.log_sum).max() == HIGHEST_Z


@pytest.mark.parametrize("power", [0, -1, 4, float("nan"), "two", None])
@pytest.mark.parametrize("name", ["extent_power", "height_power"])
def test_tfce_heights__powers_must_be_powers(observed, name, power):
    ma, _, _ = observed
    with pytest.raises(
        ArgumentError, match=f"'{name}' parameter of tfce_heights must be a number"
    ):
        tfce_heights(ma, exact_null(ma), **{name: power})


def test_tfce_heights__powers_that_would_overflow_are_refused(pain_result):
    with pytest.raises(ArgumentError, match=r"smaller for 228,483 voxels of z up to 9\.3"):
        tfce_heights(pain_result.ma, pain_result.null, extent_power=1.5)


def test_heights__tables_are_powers(observed):
    _, heights, _ = observed
    for e, h in [(0.5, 2.0), (0.6, 2.0), (1.0, 1.0), (0.123, 3.7)]:
        other = dataclasses.replace(heights, extent_power=e, height_power=h)
        n = np.arange(5001.0)
        np.testing.assert_allclose(other.weight(5000) * WEIGHT_STEP, n**e, atol=WEIGHT_STEP / 1.9)
        z = heights.steps * HEIGHT_STEP
        expected = z ** (h + 1) / (h + 1)
        np.testing.assert_allclose(
            other.integral * INTEGRAL_STEP, expected, rtol=1e-14, atol=INTEGRAL_STEP / 1.9
        )
        assert np.all(np.diff(other.integral) >= 0)


def test_heights__fingerprint_tells_what_changes_a_bit(observed):
    _, heights, _ = observed
    steps = heights.steps.copy()
    steps[7] += 1
    changes = [
        *({name: getattr(heights, name) + 1} for name in ("base", "shift")),
        *({"steps": steps}, {"extent_power": 0.6}, {"height_power": 2.5}),
    ]
    others = [dataclasses.replace(heights, **change) for change in changes]
    assert len({h.sha256 for h in [heights, *others]}) == 6
    assert dataclasses.replace(heights).sha256 == heights.sha256


def test_heights__cannot_be_written_to(observed):
    _, heights, _ = observed
    with pytest.raises(ValueError, match="read-only"):
        heights.steps[0] = 1


# ------------------------------------------------------------------------ random maps


def drawn_map(way, design, seed, stream, iteration):
    shape = design.mask.grid.shape
    log_sum = np.zeros(shape, dtype=np.int64)
    own = np.zeros(shape, dtype=design.words.dtype)
    chosen = np.empty(design.n_foci, dtype=np.int64)
    centres = np.empty((design.n_foci, 3), dtype=np.int64)
    foci = design.sampling, design.offsets, design.fingerprints
    foci += design.words, design.starts, design.halves
    key = np.uint64(seed), np.uint64(stream), np.uint64(iteration)
    with np.errstate(over="ignore"):
        way(*key, *foci, chosen, centres, log_sum, own)
    return log_sum, centres


@pytest.mark.parametrize("way", [random_map, random_map.py_func], ids=["compiled", "python"])
def test_random_map__is_the_map_of_the_iteration(way, observed, tiny_mask):
    _, _, design = observed
    dense = null_maxima(design, 10**6, 5, 41, stream=3, engine="dense")
    places = np.argwhere(tiny_mask.inside)
    for i in range(5):
        log_sum, centres = drawn_map(way, design, 41, 3, i)
        of_each = design.fingerprints.tolist(), np.diff(design.offsets).tolist()
        chosen = montecarlo.draw(41, 3, i, *of_each, tiny_mask.n_voxels)
        np.testing.assert_array_equal(centres, places[chosen])
        assert log_sum[tiny_mask.inside].max() == dense.largest[i]
        above = log_sum[tiny_mask.inside] > 10**6
        assert (dense.size[i] > 0) == above.any()


@every_connectivity
def test_tfce_maxima__are_those_of_the_random_maps(observed, tiny_mask, connectivity):
    _, heights, design = observed
    ours = tfce_maxima(design, heights, range(3, 23), 41, stream=3, connectivity=connectivity)
    expected = []
    for i in range(3, 23):
        log_sum, _ = drawn_map(random_map, design, 41, 3, i)
        values = log_sum[tiny_mask.inside]
        expected.append(twin_of(values, heights, tiny_mask, connectivity).max())
    assert ours.tolist() == expected
    assert len(set(expected)) > 15


@pytest.mark.slow
def test_tfce_maxima__parts_on_threads_or_processes_are_parts_of_the_whole(observed):
    _, heights, design = observed
    whole = tfce_maxima(design, heights, range(40), 7).tolist()
    parts = [range(1), range(1, 15), range(15, 40)]
    # Fresh processes, as on macOS and Windows: a fork of threads can hang.
    spawn = multiprocessing.get_context("spawn")
    for executor in (ThreadPoolExecutor(3), ProcessPoolExecutor(2, mp_context=spawn)):
        with executor:
            jobs = [executor.submit(tfce_maxima, design, heights, part, 7) for part in parts]
            assert np.concatenate([job.result() for job in jobs]).tolist() == whole
    assert tfce_maxima(design, heights, range(0), 7).tolist() == []


def test_tfce_maxima__another_seed_or_stream_is_another_null(observed):
    _, heights, design = observed
    keys = [(5, 0), (6, 0), (5, 1), (0, 5)]
    found = [tuple(tfce_maxima(design, heights, range(9), s, stream=t)) for s, t in keys]
    assert len(set(found)) == len(keys)


def test_tfce_maxima__of_larger_words_are_the_same(observed):
    _, heights, design = observed
    larger = dataclasses.replace(design, words=design.words.astype(np.int64))
    ours, theirs = (tfce_maxima(d, heights, range(9), 1) for d in (design, larger))
    assert ours.tolist() == theirs.tolist()


@pytest.mark.slow
def test_tfce_maxima__a_test_at_5_percent_rejects_5_percent_of_random_sets():
    # Foci fall where the null has them fall. 400 sets gave .0575 (standard error .011).
    rng = np.random.default_rng(78)
    mask = box_mask((26, 28, 24))
    n_sets, offsets, widths = 200, np.arange(0, 84, 4), np.full(20, 9.5)
    p = []
    for _ in range(n_sets):
        foci = mask.mm(rng.integers(0, mask.n_voxels, 80))
        ma = model_activation(foci, offsets, widths, mask)
        heights = tfce_heights(ma, exact_null(ma))
        observed = enhance(ma.log_sum, heights, mask).max()
        design = null_design(foci, offsets, widths, mask)
        maxima = tfce_maxima(design, heights, range(99), int(rng.integers(2**62)))
        p.append((1 + np.count_nonzero(maxima >= observed)) / 100)
    for alpha in (0.05, 0.1, 0.5):
        share = np.mean(np.array(p) <= alpha)
        assert abs(share - alpha) < 3 * np.sqrt(alpha * (1 - alpha) / n_sets)
