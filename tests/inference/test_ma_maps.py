"""Modelled activation: against the formulas, and what must not change it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focale.inference.footprints import fwhm_from_sample_size, gaussian_footprint
from focale.inference.lattice import STEP, to_lattice, to_probability
from focale.inference.ma_maps import merge_experiments, model_activation, placed
from focale.space.grid import Grid
from focale.space.mask import Mask
from tests.naive import ale as naive
from tests.strategies import csr, foci_of_experiments

PLACEMENTS = ["exact", "nearest", "jale"]
# Foci on the 3 mm grid of the tiny mask, off it, on its rim, and outside its volume.
FOCI_MM = np.array(
    [
        [-13.0, -11.0, -9.0],  # the first voxel
        [2.0, 4.0, 6.0],  # a voxel centre
        [3.5, 4.0, 7.5],  # half way between voxels
        [0.37, -2.81, 11.13],  # anywhere
        [14.0, 16.0, 18.0],  # the last voxel
        [20.0, 3.0, 3.0],  # outside, its footprint reaches in
        [-400.0, 0.0, 0.0],  # far outside
    ]
)


def grid(affine_rows, shape=(10, 10, 10)):
    return Grid(shape=shape, affine=np.array([*affine_rows, [0, 0, 0, 1]], dtype=float))


GRIDS = {
    "isotropic": grid([[3, 0, 0, -13], [0, 3, 0, -11], [0, 0, 3, -9]]),
    "anisotropic": grid([[2, 0, 0, -9], [0, 4, 0, -17], [0, 0, 3, -9]], (9, 10, 11)),
    "x stored from right to left": grid([[-3, 0, 0, 13], [0, 3, 0, -11], [0, 0, 3, -9]]),
    "axes in another order": grid([[0, 0, 3, -13], [2, 0, 0, -11], [0, -4, 0, 19]]),
    "turned by 30 degrees": grid(
        [
            [3 * np.cos(np.pi / 6), -3 * np.sin(np.pi / 6), 0, -4],
            [3 * np.sin(np.pi / 6), 3 * np.cos(np.pi / 6), 0, -11],
            [0, 0, 3, -9],
        ]
    ),
}


def mask_on(some_grid, seed=4, share=0.6):
    inside = np.random.default_rng(seed).random(some_grid.shape) < share
    return Mask(grid=some_grid, inside=inside, name="tiny")


def fit(experiments, mask, fwhm=9.2, placement="exact"):
    foci, offsets = csr(experiments)
    widths = np.broadcast_to(np.asarray(fwhm, dtype=float), len(experiments))
    return model_activation(foci, offsets, widths, mask, placement)


def ale_of(ma):
    return to_probability(ma.log_sum)


# ------------------------------------------------------------------------ the formulas


@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("some_grid", GRIDS.values(), ids=GRIDS.keys())
def test_model_activation__equals_naive(some_grid, placement):
    mask = mask_on(some_grid)
    experiments = [FOCI_MM[[0, 1]], FOCI_MM[2:6], FOCI_MM[[6]], np.zeros((0, 3))]
    fwhm = [8.5, 9.2, 10.0, 12.0]
    ma = fit(experiments, mask, fwhm, placement)
    for i, (foci, width) in enumerate(zip(experiments, fwhm, strict=True)):
        expected = naive.modelled_activation(
            foci, width, some_grid.shape, some_grid.affine, placement
        )
        np.testing.assert_allclose(ma.map(i), expected[mask.inside], rtol=0, atol=1.01 * STEP)


@given(foci_of_experiments(), st.sampled_from(PLACEMENTS))
def test_model_activation__ale_equals_naive_for_any_foci(tiny_mask, experiments, placement):
    shape, affine = tiny_mask.grid.shape, tiny_mask.grid.affine
    maps = [naive.modelled_activation(foci, 9.2, shape, affine, placement) for foci in experiments]
    ma = fit(experiments, tiny_mask, 9.2, placement)
    expected = naive.ale(maps) * tiny_mask.inside
    atol = 1.01 * STEP * len(experiments)  # each experiment is rounded once
    np.testing.assert_allclose(ale_of(ma), expected[tiny_mask.inside], rtol=0, atol=atol)


def test_model_activation__ale_of_one_focus_is_its_footprint(brain):
    mm = brain.mm(np.array([120_000]))
    ma = fit([mm], brain)
    footprint = to_probability(gaussian_footprint(9.2, (2.0, 2.0, 2.0)))
    volume = brain.to_volume(ale_of(ma))
    i, j, k = brain.ijk(np.array([120_000]))[0]
    r = footprint.shape[0] // 2
    around = (slice(i - r, i + r + 1), slice(j - r, j + r + 1), slice(k - r, k + r + 1))
    np.testing.assert_array_equal(volume[around], footprint * brain.inside[around])
    volume[around] = 0
    assert not volume.any()


def test_model_activation__two_experiments_with_one_focus_give_its_union(tiny_mask):
    one = ale_of(fit([FOCI_MM[[1]]], tiny_mask))
    two = ale_of(fit([FOCI_MM[[1]], FOCI_MM[[1]]], tiny_mask))
    np.testing.assert_allclose(two, 1 - (1 - one) ** 2, rtol=0, atol=1e-15)


def test_model_activation__two_foci_of_one_experiment_give_their_maximum(tiny_mask):
    both = fit([FOCI_MM[[1, 3]]], tiny_mask).log_sum
    each = [fit([FOCI_MM[[f]]], tiny_mask).log_sum for f in (1, 3)]
    np.testing.assert_array_equal(both, np.maximum(*each))


def test_model_activation__placements_agree_on_grid_foci(pain, brain):
    fwhm = fwhm_from_sample_size(pain.n_subjects)
    exact, *others = (
        model_activation(pain.foci_mm, pain.offsets, fwhm, brain, placement)
        for placement in PLACEMENTS
    )
    for other in others:
        np.testing.assert_array_equal(exact.values, other.values)
        np.testing.assert_array_equal(exact.voxels, other.voxels)


def test_model_activation__nearest_moves_a_focus_to_the_even_voxel(tiny_mask):
    # Half way between voxels 5 and 6 along x: NiMARE's numpy.round takes 6.
    half, on_six = np.array([[3.5, 4.0, 6.0]]), np.array([[5.0, 4.0, 6.0]])
    np.testing.assert_array_equal(
        fit([half], tiny_mask, placement="nearest").log_sum, fit([on_six], tiny_mask).log_sum
    )


@pytest.mark.parametrize("flipped", [False, True])
def test_placed__as_jale_does_is_left_in_front_and_above_on_any_grid(flipped):
    affine = np.diag([-2.0 if flipped else 2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = (18.0 if flipped else -18.0, -18.0, -18.0)
    grid = Grid((19, 19, 19), affine)
    foci = np.array([[1.0, 1.0, 1.0], [-1.0, -1.0, -1.0], [2.0, 4.0, -6.0], [0.4, 0.4, 0.4]])
    centres, shifts = placed(foci, grid, "jale")
    moved = [[0, 2, 2], [-2, 0, 0], [2, 4, -6], [0, 2, 2]]
    np.testing.assert_allclose(grid.to_mm(centres), moved, atol=1e-9)
    assert not shifts.any()


def test_model_activation__foci_outside_the_mask_count_with_their_tail(tiny_mask):
    ma = fit([FOCI_MM[[5]]], tiny_mask)
    assert tiny_mask.position_of(FOCI_MM[[5]])[0] == -1
    assert ma.values.size > 0


def test_model_activation__grid_too_coarse_is_refused(tiny_mask):
    from focale.errors import EvidenceError

    with pytest.raises(EvidenceError, match="narrower than a voxel"):
        fit([FOCI_MM[[1]]], tiny_mask, fwhm=2.9)


# ------------------------------------------------------------------------- invariances


@given(foci_of_experiments(), st.randoms(use_true_random=False), st.sampled_from(PLACEMENTS))
def test_model_activation__order_of_foci_changes_no_bit(tiny_mask, experiments, random, placement):
    shuffled = [foci[random.sample(range(len(foci)), len(foci))] for foci in experiments]
    ours, theirs = (fit(e, tiny_mask, placement=placement) for e in (experiments, shuffled))
    np.testing.assert_array_equal(ours.log_sum, theirs.log_sum)
    np.testing.assert_array_equal(ours.voxels, theirs.voxels)
    np.testing.assert_array_equal(ours.values, theirs.values)


@given(foci_of_experiments(), st.randoms(use_true_random=False))
def test_model_activation__order_of_experiments_changes_no_bit(tiny_mask, experiments, random):
    order = random.sample(range(len(experiments)), len(experiments))
    fwhm = 8.5 + np.arange(len(experiments))
    ours = fit(experiments, tiny_mask, fwhm)
    theirs = fit([experiments[i] for i in order], tiny_mask, fwhm[order])
    np.testing.assert_array_equal(ours.log_sum, theirs.log_sum)
    for new, old in enumerate(order):
        for a, b in zip(theirs.entries(new), ours.entries(old), strict=True):
            np.testing.assert_array_equal(a, b)


@given(foci_of_experiments(), st.data())
def test_model_activation__duplicate_foci_change_no_bit(tiny_mask, experiments, data):
    repeated = [
        foci[[*range(len(foci)), *data.draw(st.lists(st.sampled_from(range(len(foci)))))]]
        if len(foci)
        else foci
        for foci in experiments
    ]
    np.testing.assert_array_equal(
        fit(experiments, tiny_mask).log_sum, fit(repeated, tiny_mask).log_sum
    )


@given(foci_of_experiments(), st.data())
def test_model_activation__experiments_without_foci_only_count(tiny_mask, experiments, data):
    at = data.draw(st.integers(0, len(experiments)))
    more = [*experiments[:at], np.zeros((0, 3)), *experiments[at:]]
    ours, theirs = fit(experiments, tiny_mask), fit(more, tiny_mask)
    assert theirs.n_experiments == ours.n_experiments + 1
    assert theirs.entries(at)[0].size == 0
    np.testing.assert_array_equal(ours.log_sum, theirs.log_sum)
    np.testing.assert_array_equal(ours.values, theirs.values)


@pytest.fixture(scope="module")
def symmetric_mask():
    """A mirror-symmetric mask: x from -15 to 15 mm, the same voxels left and right."""
    inside = np.random.default_rng(5).random((11, 10, 9)) < 0.6
    return Mask(
        grid=grid([[3, 0, 0, -15], [0, 3, 0, -13], [0, 0, 3, -12]], (11, 10, 9)),
        inside=inside | inside[::-1],
        name="symmetric",
    )


@pytest.mark.parametrize("placement", ["exact", "nearest"])  # JALE's is one-sided
def test_model_activation__mirrored_foci_give_the_mirrored_map(symmetric_mask, placement, rng):
    foci = np.round(rng.uniform(-18, 18, size=(30, 3)), 2)
    ours, theirs = (
        symmetric_mask.to_volume(fit([e], symmetric_mask, placement=placement).log_sum)
        for e in (foci, foci * [-1, 1, 1])
    )
    # Offsets of mirrored foci may differ in their last bit, which moves a value by a step at most.
    assert np.abs(ours[::-1] - theirs).max() <= 1


@pytest.mark.parametrize("placement", ["exact", "nearest"])  # JALE's is one-sided
def test_model_activation__mirrored_grid_foci_change_no_bit(symmetric_mask, placement):
    foci = symmetric_mask.mm(np.arange(0, 500, 25))
    ours, theirs = (
        symmetric_mask.to_volume(fit([e], symmetric_mask, placement=placement).log_sum)
        for e in (foci, foci * [-1, 1, 1])
    )
    np.testing.assert_array_equal(ours[::-1], theirs)


def test_model_activation__half_voxel_foci_are_mirrored_too(symmetric_mask):
    # 1.5 mm lies half way between voxels of 3 mm; where numpy rounds it must not show.
    foci = np.array([[1.5, 0.5, 0.0], [4.5, 3.0, 1.5], [-7.5, 2.0, -4.5]])
    ours, theirs = (
        symmetric_mask.to_volume(fit([e], symmetric_mask).log_sum)
        for e in (foci, foci * [-1, 1, 1])
    )
    np.testing.assert_array_equal(ours[::-1], theirs)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_model_activation__storage_order_of_the_mask_does_not_matter(pain, brain, axis):
    flip = np.eye(4)
    flip[axis, axis], flip[axis, 3] = -1, brain.grid.shape[axis] - 1
    stored = Mask(
        grid=Grid(shape=brain.grid.shape, affine=brain.grid.affine @ flip),
        inside=np.flip(brain.inside, axis),
        name="stored the other way",
    )
    fwhm = fwhm_from_sample_size(pain.n_subjects)
    here, there = (
        mask.to_volume(model_activation(pain.foci_mm, pain.offsets, fwhm, mask).log_sum)
        for mask in (brain, stored)
    )
    np.testing.assert_array_equal(np.flip(there, axis), here)


# ----------------------------------------------------------------------------- MaMaps


def test_ma_maps__are_in_canonical_order(pain, brain):
    ma = model_activation(
        pain.foci_mm, pain.offsets, fwhm_from_sample_size(pain.n_subjects), brain
    )
    assert ma.offsets[0] == 0
    assert ma.offsets[-1] == ma.voxels.size == ma.values.size
    for i in range(ma.n_experiments):
        voxels, values = ma.entries(i)
        assert np.all(np.diff(voxels) > 0)
        assert values.min() > 0


def test_ma_maps__sum_is_the_sum_of_the_entries(tiny_mask):
    ma = fit([FOCI_MM[:3], FOCI_MM[3:]], tiny_mask)
    expected = np.zeros(tiny_mask.n_voxels, dtype=np.int64)
    np.add.at(expected, ma.voxels, ma.values)
    np.testing.assert_array_equal(ma.log_sum, expected)


def test_ma_maps__types_are_the_documented_ones(tiny_mask):
    ma = fit([FOCI_MM], tiny_mask)
    assert (ma.offsets.dtype, ma.log_sum.dtype) == (np.int64, np.int64)
    assert (ma.voxels.dtype, ma.values.dtype) == (np.int32, np.int32)


def test_ma_maps__experiment_of_entry_says_whose_an_entry_is(tiny_mask):
    ma = fit([FOCI_MM[:2], np.zeros((0, 3)), FOCI_MM[2:]], tiny_mask)
    for i in range(3):
        own = ma.experiment_of_entry == i
        np.testing.assert_array_equal(ma.voxels[own], ma.entries(i)[0])


@given(foci_of_experiments())
def test_ma_maps__log_sum_without_equals_a_refit_bit_for_bit(tiny_mask, experiments):
    ma = fit(experiments, tiny_mask)
    for i in range(len(experiments)):
        others = [e for j, e in enumerate(experiments) if j != i] or [np.zeros((0, 3))]
        np.testing.assert_array_equal(ma.log_sum_without(i), fit(others, tiny_mask).log_sum)


def test_ma_maps__log_sum_without_leaves_the_maps_as_they_are(tiny_mask):
    ma = fit([FOCI_MM[:3], FOCI_MM[3:]], tiny_mask)
    before = ma.log_sum.copy()
    ma.log_sum_without(0)[:] = 0
    np.testing.assert_array_equal(ma.log_sum, before)


def test_ma_maps__same_input_gives_the_same_bits_again(pain, brain):
    fwhm = fwhm_from_sample_size(pain.n_subjects)
    first, second = (model_activation(pain.foci_mm, pain.offsets, fwhm, brain) for _ in range(2))
    np.testing.assert_array_equal(first.values, second.values)
    np.testing.assert_array_equal(first.log_sum, second.log_sum)


def test_ma_maps__map_is_in_probabilities_and_mask_order(tiny_mask):
    ma = fit([FOCI_MM[[1]]], tiny_mask)
    volume = tiny_mask.to_volume(ma.map(0))
    expected = naive.modelled_activation(FOCI_MM[[1]], 9.2, (10, 10, 10), tiny_mask.grid.affine)
    np.testing.assert_array_equal(
        to_lattice(volume), np.abs(to_lattice(expected * tiny_mask.inside))
    )


# ------------------------------------------------------------------ merge_experiments


@given(foci_of_experiments(), st.data())
def test_merge_experiments__a_group_left_out_is_a_refit(tiny_mask, experiments, data):
    n = len(experiments)
    group = np.array(data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)))
    ma = fit(experiments, tiny_mask)
    merged = merge_experiments(ma, group)
    assert merged.n_experiments == group.max() + 1
    np.testing.assert_array_equal(merged.log_sum, ma.log_sum)
    for number in range(merged.n_experiments):
        others = [e for e, g in zip(experiments, group, strict=True) if g != number]
        refit = fit(others or [np.zeros((0, 3))], tiny_mask)
        np.testing.assert_array_equal(merged.log_sum_without(number), refit.log_sum)


def test_merge_experiments__leaves_both_of_two_out(tiny_mask):
    ma = fit([FOCI_MM[:2], FOCI_MM[1:4], FOCI_MM[3:5]], tiny_mask)
    merged = merge_experiments(ma, np.array([0, 1, 0]))
    minus_both = ma.log_sum_without(0) + ma.log_sum_without(2) - ma.log_sum
    np.testing.assert_array_equal(merged.log_sum_without(0), minus_both)
    np.testing.assert_array_equal(merged.log_sum_without(1), ma.log_sum_without(1))


@given(foci_of_experiments())
def test_merge_experiments__of_one_experiment_each_are_the_same_maps(tiny_mask, experiments):
    ma = fit(experiments, tiny_mask)
    merged = merge_experiments(ma, np.arange(len(experiments)))
    for name in ("offsets", "voxels", "values", "log_sum"):
        np.testing.assert_array_equal(getattr(merged, name), getattr(ma, name))
    assert merged.mask is ma.mask


@given(foci_of_experiments(), st.data())
def test_merge_experiments__are_in_canonical_order(tiny_mask, experiments, data):
    n = len(experiments)
    group = np.array(data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)))
    merged = merge_experiments(fit(experiments, tiny_mask), group)
    assert merged.offsets[0] == 0
    assert merged.offsets[-1] == merged.voxels.size == merged.values.size
    assert (merged.values > 0).all()
    for number in range(merged.n_experiments):
        assert (np.diff(merged.entries(number)[0]) > 0).all()
    summed = np.zeros(tiny_mask.n_voxels, dtype=np.int64)
    np.add.at(summed, merged.voxels, merged.values)
    np.testing.assert_array_equal(summed, merged.log_sum)


def test_merge_experiments__keeps_groups_without_a_focus_or_an_experiment(tiny_mask):
    ma = fit([FOCI_MM[:2], np.zeros((0, 3)), FOCI_MM[2:4]], tiny_mask)
    merged = merge_experiments(ma, np.array([3, 1, 3]))
    assert np.diff(merged.offsets)[[0, 1, 2]].tolist() == [0, 0, 0]
    np.testing.assert_array_equal(merged.map(3), to_probability(ma.log_sum))


def test_merge_experiments__of_no_focus_at_all(tiny_mask):
    merged = merge_experiments(fit([np.zeros((0, 3))] * 2, tiny_mask), np.array([0, 0]))
    assert merged.offsets.tolist() == [0, 0]
    assert merged.voxels.size == 0


def test_model_activation__an_interrupted_run_leaves_no_trace(tiny_mask, monkeypatch):
    from focale.inference import ma_maps

    foci_mm = tiny_mask.mm(np.array([5, 400]))
    arguments = (foci_mm, np.array([0, 1, 2]), np.array([9.0, 10.0]), tiny_mask)
    expected = model_activation(*arguments).log_sum

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ma_maps, "collect", interrupted)
        with pytest.raises(KeyboardInterrupt):
            model_activation(*arguments)
    assert np.array_equal(model_activation(*arguments).log_sum, expected)


# ------------------------------------------------------------------------ some of the maps


@given(foci_of_experiments(), st.data())
def test_only__equals_the_maps_laid_anew(tiny_mask, experiments, data):
    n = len(experiments)
    chosen = data.draw(st.lists(st.integers(0, n - 1), max_size=6))
    widths = np.linspace(7.0, 12.0, n)
    ours = model_activation(*csr(experiments), widths, tiny_mask).only(np.array(chosen, int))
    again = csr([experiments[i] for i in chosen])
    theirs = model_activation(*again, widths[chosen], tiny_mask)
    for name in ("offsets", "voxels", "values", "log_sum"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
