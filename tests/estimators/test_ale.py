"""ALE on the pain studyset, on small masks, and with bad arguments."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from scipy.stats import norm

from focale import ALE
from focale.errors import ArgumentError, EvidenceError, InputMissingError
from focale.inference.lattice import NULL_STEP
from focale.inference.null import null_steps, sum_steps
from tests.fixtures_pain import box_mask, studyset_of
from tests.naive import ale as naive

MAPS = ("ale", "p", "z", "logp")


def bits(result):
    return [getattr(result, name).values.tobytes() for name in MAPS]


# ------------------------------------------------------------------ the numbers of issue 2


def test_fit__pain8_has_the_numbers_of_the_worked_example(pain8, pain8_result):
    ale = pain8_result.ale
    assert (len(pain8.study_ids), pain8.n_foci) == (8, 107)
    assert f"{ale.max:.5f}" == "0.01568"
    assert ale.max_mm == (54.0, -28.0, 20.0)
    assert f"{np.percentile(ale.values[ale.values > 0], 95):.5f}" == "0.00378"


# ------------------------------------------------------------------ p, z, -log10 p


def test_fit__p_falls_as_the_statistic_rises(pain8_result):
    """Strictly in order on the null's lattice, and so in the order of ALE but for rounding."""
    ma = pain8_result.ma
    level = sum_steps(ma, null_steps(ma))
    order = np.argsort(level, kind="stable")
    p = pain8_result.p.values[order]
    assert np.all(np.diff(p) <= 0)
    assert np.all(np.diff(p)[np.diff(level[order]) == 0] == 0)


def test_fit__a_clearly_higher_ale_has_no_higher_p(pain8_result):
    rounding = ALE_ROUNDING * pain8_result.ma.n_experiments
    order = np.argsort(pain8_result.ale.values, kind="stable")
    ale, p = pain8_result.ale.values[order], pain8_result.p.values[order]
    clearly_lower = np.searchsorted(ale, ale - rounding, side="left") - 1
    has = clearly_lower >= 0
    assert np.all(p[has] <= p[clearly_lower[has]])


ALE_ROUNDING = NULL_STEP
"""Half a step for each of two values compared, an experiment; ALE moves less than L."""


def test_fit__z_is_the_upper_tail_of_p(pain8_result):
    z, p = pain8_result.z.values, pain8_result.p.values
    np.testing.assert_allclose(z, np.maximum(norm.isf(p), 0), atol=1e-9)


def test_fit__logp_is_minus_log10_p(pain8_result):
    np.testing.assert_allclose(
        pain8_result.logp.values, -np.log10(pain8_result.p.values), atol=1e-9
    )


def test_fit__where_nothing_was_reported_p_is_1_and_z_is_0(pain8_result):
    silent = pain8_result.ale.values == 0
    assert silent.any()
    assert np.all(pain8_result.p.values[silent] == 1)
    for values in (pain8_result.z.values[silent], pain8_result.logp.values[silent]):
        assert np.all(values == 0)
        assert not np.signbit(values).any()


def test_fit__all_maps_are_finite_and_in_range(pain8_result):
    for name in MAPS:
        assert np.isfinite(getattr(pain8_result, name).values).all()
    assert pain8_result.p.values.min() > 0
    assert pain8_result.p.values.max() == 1
    assert 0 <= pain8_result.ale.values.min() <= pain8_result.ale.max < 1


@pytest.mark.parametrize("n", [1, 2, 5, 20])
def test_fit__p_of_n_equal_experiments_at_their_focus(n):
    """Only one of the V^n tuples of voxels reaches the top: every experiment at its focus."""
    mask = box_mask((20, 20, 20))
    result = ALE(mask=mask).fit(studyset_of({f"s{i}": [[(20, 20, 20)]] for i in range(n)}))
    assert result.logp.max == pytest.approx(n * np.log10(mask.n_voxels), rel=1e-8)
    assert result.z.max == pytest.approx(norm.isf(float(mask.n_voxels) ** -n), rel=1e-8)


def test_fit__the_null_gives_back_its_ale(pain8_result):
    threshold = pain8_result.null.value_at(0.001)
    n_above = np.count_nonzero(pain8_result.p.values <= 0.001)
    assert n_above > 0
    assert np.count_nonzero(pain8_result.ale.values >= threshold) == pytest.approx(n_above, abs=3)
    assert pain8_result.null.value_at(1e-300) == np.inf


@pytest.mark.slow
def test_fit__p_is_calibrated_when_experiments_are_independent():
    """Foci drawn uniformly, beyond the mask too: p of a voxel chosen beforehand is uniform."""
    rng = np.random.default_rng(7)
    mask = box_mask((20, 20, 20))
    voxel, n_sets = mask.n_voxels // 2, 400
    estimator = ALE(mask=mask)
    p = np.array(
        [
            estimator.fit(
                studyset_of({f"s{i}": [rng.uniform(-20, 60, (12, 3))] for i in range(8)})
            ).p.values[voxel]
            for _ in range(n_sets)
        ]
    )
    for alpha in (0.01, 0.05, 0.2, 0.5):
        spread = 3 * np.sqrt(alpha * (1 - alpha) / n_sets)
        assert alpha - spread - 0.02 <= np.mean(p <= alpha) <= alpha + spread


# ------------------------------------------------------------------ what fit leaves alone


def test_fit__twice_gives_the_same_bits(pain8, pain8_result):
    assert bits(ALE().fit(pain8)) == bits(pain8_result)


def test_fit__the_order_of_experiments_changes_no_bit(pain8, pain8_result):
    turned = ALE().fit(pain8.slice(pain8.ids[[7, 3, 0, 5, 1, 6, 4, 2]]))
    assert turned.ale.values.tobytes() == pain8_result.ale.values.tobytes()
    np.testing.assert_allclose(turned.p.values, pain8_result.p.values, rtol=1e-12)


def test_fit__the_order_of_experiments_changes_no_bit_of_p(pain8, pain8_result):
    assert bits(ALE().fit(pain8.slice(pain8.ids[::-1]))) == bits(pain8_result)


def test_fit__the_order_of_foci_changes_no_bit():
    mask = box_mask((20, 20, 20))
    foci = [(10.5, 12, 14), (20, 20, 20), (11, 13, 15.2), (30, 30, 2)]
    results = [
        ALE(mask=mask).fit(studyset_of({"a": [order], "b": [[(12, 12, 12)]]}))
        for order in (foci, foci[::-1], [*foci, foci[0]])  # a focus given twice counts once
    ]
    assert bits(results[0]) == bits(results[1]) == bits(results[2])


def test_fit__leaves_the_estimator_and_the_studyset_as_they_were(pain8):
    estimator = ALE()
    before = copy.deepcopy((estimator, pain8.foci_mm, pain8.n_subjects, pain8.offsets))
    estimator.fit(pain8)
    assert estimator == before[0]
    for now, then in zip(
        (pain8.foci_mm, pain8.n_subjects, pain8.offsets), before[1:], strict=True
    ):
        np.testing.assert_array_equal(now, then)


def test_fit__an_experiment_without_foci_adds_nothing_to_the_map():
    mask = box_mask((20, 20, 20))
    with_one = ALE(mask=mask).fit(studyset_of({"a": [[(20, 20, 20)]], "b": [[]]}))
    alone = ALE(mask=mask).fit(studyset_of({"a": [[(20, 20, 20)]]}))
    assert with_one.ma.n_experiments == 2
    assert bits(with_one) == bits(alone)


# ------------------------------------------------------------------ widths


def test_statistic__the_width_follows_from_the_sample_size():
    result = ALE(mask=box_mask((20, 20, 20))).statistic(
        studyset_of({"a": [([(20, 20, 20)], 10)], "b": [([(8, 8, 8)], 20)]})
    )
    np.testing.assert_allclose(result.fwhm_mm, [10.0026, 9.2412], atol=5e-5)


def test_statistic__one_sample_size_can_be_taken_for_all(tiny_studyset):
    result = ALE(sample_size=20).statistic(tiny_studyset)
    np.testing.assert_allclose(result.fwhm_mm, 9.2412, atol=5e-5)


def test_statistic__one_width_can_be_taken_for_all(tiny_studyset):
    assert ALE(fwhm_mm=11).statistic(tiny_studyset).fwhm_mm.tolist() == [11.0] * 3


@pytest.mark.parametrize("name", ["fwhm_mm", "sample_size"])
@pytest.mark.parametrize("value", [0, -3, float("nan"), float("inf"), True, "9", [9]])
def test_ale__refuses_a_width_that_is_no_number_above_0(name, value):
    with pytest.raises(ArgumentError, match=f"'{name}' parameter of ALE must be a number above 0"):
        ALE(**{name: value})


def test_ale__refuses_two_ways_to_set_the_width():
    with pytest.raises(ArgumentError, match=r"fwhm_mm or sample_size, not both"):
        ALE(fwhm_mm=9, sample_size=20)


@pytest.mark.parametrize(("name", "choices"), [("placement", "'nearest'"), ("null", "'exact'")])
def test_ale__refuses_an_unknown_choice(name, choices):
    with pytest.raises(ArgumentError, match=rf"'{name}' parameter of ALE must be .*{choices}"):
        ALE(**{name: "other"})


def test_fit__missing_sample_sizes_are_named(tiny_studyset):
    with pytest.raises(
        EvidenceError,
        match=r"no sample size for 1 of 3 experiments of dictionary \('Jones-pain'\); .*fwhm_mm",
    ):
        ALE().fit(tiny_studyset)


def test_fit__of_many_missing_sample_sizes_five_are_named():
    foci = [(0, 0, 10)]
    studyset = studyset_of({f"s{i}": [(foci, None)] for i in range(7)})
    with pytest.raises(EvidenceError, match=r"\('s0-1', 's1-1', 's2-1', 's3-1', 's4-1', \.\.\.\)"):
        ALE().fit(studyset)


def test_fit__refuses_a_footprint_narrower_than_a_voxel(pain8):
    with pytest.raises(EvidenceError, match=r"FWHM 1\.00 mm\) is narrower than a voxel \(2\.00"):
        ALE(fwhm_mm=1).fit(pain8)


def test_fit__refuses_foci_that_all_lie_outside_the_mask():
    far = studyset_of({"a": [[(300, 0, 0), (0, 300, 0)]]})
    with pytest.raises(
        EvidenceError, match=r"dictionary: all 2 foci lie outside .*check the space"
    ):
        ALE().fit(far)


def test_fit__says_that_no_experiment_reports_a_focus():
    with pytest.raises(EvidenceError, match=r"no experiment of dictionary reports a focus"):
        ALE().fit(studyset_of({"a": [[]], "b": [[]]}))


def test_fit__foci_outside_count_with_the_part_inside():
    mask = box_mask((10, 10, 10))
    both = ALE(mask=mask).fit(studyset_of({"a": [[(8, 8, 8), (-4, 8, 8)]]}))
    one = ALE(mask=mask).fit(studyset_of({"a": [[(8, 8, 8)]]}))
    assert both.ale.values.sum() > one.ale.values.sum()


# ------------------------------------------------------------------ masks and grids


@pytest.mark.parametrize(
    ("shape", "edges_mm"),
    [
        ((17, 17, 17), (3.0, 3.0, 3.0)),
        ((24, 24, 24), (1.0, 1.0, 1.0)),
        ((15, 21, 11), (2.0, 1.5, 4.0)),
        ((20, 18, 22), (-2.0, 2.0, 2.0)),
    ],
    ids=["3mm", "1mm", "anisotropic", "flipped"],
)
def test_statistic__equals_the_twin_on_any_grid(shape, edges_mm):
    origin = [0.0 if edge > 0 else 38.0 for edge in edges_mm]
    mask = box_mask(shape, edges_mm, tuple(origin))
    experiments = {"a": [(12, 12, 12), (13.5, 20, 9)], "b": [(11, 12.25, 14)]}
    studyset = studyset_of(
        {k: [(v, n)] for (k, v), n in zip(experiments.items(), (8, 30), strict=True)}
    )
    expected = naive.ale(
        [
            naive.modelled_activation(foci, naive.fwhm_mm(n), shape, mask.grid.affine)
            for foci, n in zip(experiments.values(), (8, 30), strict=True)
        ]
    )
    ale = ALE(mask=mask).statistic(studyset).ale
    np.testing.assert_allclose(ale.volume, expected, atol=1e-8)


def test_statistic__a_mask_may_be_a_path_an_image_or_a_mask(small_mask_path):
    import nibabel

    from focale.space.mask import Mask

    studyset = studyset_of({"a": [[(0, 0, 0)]], "b": [[(4, 4, 4)]]})
    given = (
        small_mask_path,
        str(small_mask_path),
        nibabel.load(small_mask_path),
        Mask.from_image(small_mask_path),
    )
    maps = [ALE(mask=mask).statistic(studyset).ale for mask in given]
    assert {ale.values.tobytes() for ale in maps} == {maps[0].values.tobytes()}
    assert maps[0].mask.grid.shape == (30, 30, 30)


def test_statistic__the_brain_mask_is_the_default(pain8_result, brain):
    assert pain8_result.mask.sha256 == brain.sha256


def test_statistic__refuses_a_mask_of_four_dimensions(pain8):
    import nibabel

    image = nibabel.Nifti1Image(np.ones((4, 4, 4, 2), dtype=np.uint8), np.eye(4))
    with pytest.raises(ArgumentError, match=r"three-dimensional image, got shape \(4, 4, 4, 2\)"):
        ALE(mask=image).statistic(pain8)


def test_statistic__refuses_a_mask_that_is_not_there(pain8):
    with pytest.raises(InputMissingError, match=r"the mask nowhere\.nii is not a file"):
        ALE(mask="nowhere.nii").statistic(pain8)


def test_statistic__refuses_a_mask_that_is_no_image(pain8, tmp_path):
    path = tmp_path / "mask.nii"
    path.write_text("not an image")
    with pytest.raises(ArgumentError, match=r"mask\.nii is not an image"):
        ALE(mask=path).statistic(pain8)


def test_statistic__refuses_an_empty_mask(pain8):
    import nibabel

    image = nibabel.Nifti1Image(np.zeros((4, 4, 4), dtype=np.uint8), np.eye(4))
    with pytest.raises(ArgumentError, match=r"no voxel inside"):
        ALE(mask=image).statistic(pain8)


@pytest.mark.parametrize("mask", [np.ones((91, 109, 91)), 3], ids=["array", "number"])
def test_statistic__refuses_a_mask_of_another_kind(pain8, mask):
    with pytest.raises(ArgumentError, match=r"mask"):
        ALE(mask=mask).statistic(pain8)


def test_statistic__refuses_a_damaged_mask(pain8, small_mask_path, tmp_path):
    whole = small_mask_path.read_bytes()
    damaged = tmp_path / "half.nii.gz"
    damaged.write_bytes(whole[: len(whole) // 2])
    with pytest.raises((ArgumentError, InputMissingError), match=r"half\.nii\.gz"):
        ALE(mask=damaged).statistic(pain8)


# ------------------------------------------------------------------ placement


def test_fit__placement_does_not_matter_for_foci_on_the_grid(pain8, pain8_result):
    assert bits(ALE(placement="nearest").fit(pain8)) == bits(pain8_result)


def test_statistic__nearest_moves_odd_millimetres_as_nimare_does():
    """Half to even in voxel counts: x 1, 3 -> 2; y 1 -> 2; z 1 -> 0, z 3, 5 -> 4."""
    box = box_mask((91, 109, 91), origin_mm=(-90.0, -126.0, -72.0))
    for focus, centre in [((1, 1, 1), (2, 2, 0)), ((3, 1, 3), (2, 2, 4)), ((5, 5, 5), (6, 6, 4))]:
        nearest = ALE(placement="nearest", mask=box)
        ale = nearest.statistic(studyset_of({"a": [[focus]]})).ale
        moved = ALE(mask=box).statistic(studyset_of({"a": [[centre]]})).ale
        assert ale.max_mm == tuple(float(c) for c in centre)
        assert ale.values.tobytes() == moved.values.tobytes()


def test_statistic__exact_is_symmetric_around_an_odd_focus():
    box, studyset = (
        box_mask((20, 20, 20), origin_mm=(-20.0,) * 3),
        studyset_of({"a": [[(1, 1, 1)]]}),
    )
    exact = ALE(mask=box).statistic(studyset).ale
    nearest = ALE(mask=box, placement="nearest").statistic(studyset).ale
    corners = np.array([(x, y, z) for x in (0, 2) for y in (0, 2) for z in (0, 2)], dtype=float)
    around = exact.values[exact.mask.position_of(corners)]
    assert np.all(around == exact.max)
    assert exact.max < nearest.max
