"""What a fitted ALE knows about itself."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest

from focale import ALE
from tests.fixtures_pain import box_mask, studyset_of

# ------------------------------------------------------------------ leaving one out


@pytest.mark.parametrize("left_out", [0, 3, 7])
def test_ale_without__equals_a_refit_of_the_others(pain8, pain8_result, left_out):
    others = [i for i in range(8) if i != left_out]
    refit = ALE().statistic(pain8.slice(pain8.ids[others])).ale
    without = pain8_result.map.without(left_out)
    np.testing.assert_allclose(without.values, refit.values, atol=1e-12)
    assert without.values.tobytes() == refit.values.tobytes()  # whole numbers: no bit differs


def test_ale_without__the_only_experiment_is_zero():
    alone = ALE(mask=box_mask((20, 20, 20))).statistic(studyset_of({"a": [[(20, 20, 20)]]}))
    assert not alone.without(0).values.any()


# ------------------------------------------------------------------ in peaks


def test_ale_in_peaks__one_experiment_is_1_at_its_focus():
    result = ALE(mask=box_mask((20, 20, 20))).statistic(studyset_of({"a": [[(20, 20, 20)]]}))
    assert result.in_peaks.max == pytest.approx(1, abs=1e-6)
    assert result.in_peaks.max_mm == (20.0, 20.0, 20.0)
    assert result.peak_unit == pytest.approx(result.ale.max)


@pytest.mark.parametrize("n", [2, 3, 40])
def test_ale_in_peaks__equal_experiments_add_up(n):
    studyset = studyset_of({f"s{i}": [[(20, 20, 20)]] for i in range(n)})
    result = ALE(mask=box_mask((20, 20, 20))).statistic(studyset)
    assert result.in_peaks.max == pytest.approx(n, abs=1e-6)
    assert result.ale.max < n * result.peak_unit  # ALE itself does not add up


def test_peak_unit__is_that_of_the_median_experiment():
    mask = box_mask((20, 20, 20))
    place = [(20, 20, 20)]
    mixed = studyset_of({"a": [(place, 5)], "b": [(place, 20)], "c": [(place, 100)]})
    middle = studyset_of({"b": [(place, 20)]})
    units = [ALE(mask=mask).statistic(studyset).peak_unit for studyset in (mixed, middle)]
    assert units[0] == units[1]


def test_ale_in_peaks__is_a_relabelling_of_ale(pain8_result):
    ale, peaks = pain8_result.ale.values, pain8_result.map.in_peaks.values
    assert np.array_equal(np.argsort(ale, kind="stable"), np.argsort(peaks, kind="stable"))
    np.testing.assert_allclose(1 - (1 - pain8_result.map.peak_unit) ** peaks, ale, atol=1e-12)


# ------------------------------------------------------------------ frozen


@pytest.mark.parametrize("name", ["p", "z", "map", "tables", "null"])
def test_result__fields_cannot_be_set(pain8_result, name):
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(pain8_result, name, None)


@pytest.mark.parametrize(
    "array_of",
    [
        lambda r: r.ale.values,
        lambda r: r.p.values,
        lambda r: r.z.values,
        lambda r: r.logp.values,
        lambda r: r.map.in_peaks.values,
        lambda r: r.map.without(0).values,
        lambda r: r.ma.log_sum,
        lambda r: r.ma.values,
        lambda r: r.null.log_tail,
        lambda r: r.map.fwhm_mm,
        lambda r: r.mask.inside,
        lambda r: r.mask.voxels,
        lambda r: r.mask.index,
        lambda r: r.mask.grid.affine,
    ],
    ids=[
        "ale",
        "p",
        "z",
        "logp",
        "in peaks",
        "without one",
        "log_sum",
        "ma values",
        "log_tail",
        "fwhm",
        "mask inside",
        "mask voxels",
        "mask index",
        "affine",
    ],
)
def test_result__arrays_are_read_only(pain8_result, array_of):
    assert not array_of(pain8_result).flags.writeable


@pytest.mark.parametrize(
    "array_of",
    [lambda r: r.get_map("z", return_type="array"), lambda r: r.maps["z"]],
    ids=["get_map", "maps"],
)
def test_result__arrays_by_name_are_copies_to_work_with(pain8_result, array_of):
    before = pain8_result.z.values.copy()
    array_of(pain8_result)[:] = 7
    np.testing.assert_array_equal(pain8_result.z.values, before)
    np.testing.assert_array_equal(array_of(pain8_result), before)


def test_result__an_image_is_a_copy_to_work_with(pain8_result):
    before = pain8_result.z.values.copy()
    image = pain8_result.get_map("z")
    image.get_fdata()[:] = 7
    np.asarray(image.dataobj)[:] = 7
    image.affine[:] = 0
    np.testing.assert_array_equal(pain8_result.z.values, before)
    assert pain8_result.mask.grid.affine.any()


def test_result__tables_of_a_fit_are_empty(pain8_result):
    assert dict(pain8_result.tables) == {}
    assert pain8_result.labels is None


def test_repr__says_what_and_how_much(pain8_result):
    assert repr(pain8_result) == (
        "Result: Studyset: 8 studies, 8 subject groups, 8 experiments, 107 foci, "
        "129 participants (mni152_2mm); largest ALE 0.01568 at (54, -28, 20) mm"
    )


def test_result__can_be_pickled(pain8_result):
    copied = pickle.loads(pickle.dumps(pain8_result))
    assert copied.p.values.tobytes() == pain8_result.p.values.tobytes()
    assert copied.studyset.ids.tolist() == pain8_result.studyset.ids.tolist()
