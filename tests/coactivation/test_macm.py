"""What is co-reported with a seed."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest

from focale import Protocol, Studyset, macm
from focale.coactivation.seed import SphereSeed
from focale.coactivation.tables import tables_of
from focale.correction.result import FweResult
from focale.correction.scale_result import ScaleResult
from focale.errors import ArgumentError, DescriptiveOnlyError, EvidenceError
from tests.fixtures_pain import studyset_of
from tests.strategies import nimads_analysis, nimads_tree

from .conftest import EVIL, SEED

PARTNER, BUSY = (-12.0, 14.0, 10.0), (-14.0, -14.0, -14.0)


def clustered(result, mm):
    """Whether a place lies in a listed cluster."""
    position = int(result.mask.position_of(np.array([mm]))[0])
    return bool(result.clusters.labels[position])


def test_macm__scale_finds_the_partner_and_not_the_base_rate(tested):
    assert isinstance(tested.test, ScaleResult)
    assert tested.selection.n_selected == 19
    assert clustered(tested, PARTNER)
    assert clustered(tested, SEED[:3])
    assert not clustered(tested, BUSY)
    assert np.all(tested.p_of_clusters <= 0.05)
    assert list(tested.maps) == ["stat", "p", "z", "logp"]


def test_macm__uniform_finds_the_base_rate_again(database, protocol):
    even = macm(database, SEED, protocol, null="uniform", atlases=())
    assert isinstance(even.test, FweResult)
    assert clustered(even, PARTNER)
    assert clustered(even, BUSY)
    assert even.p.values.shape == even.z.values.shape == even.logp.values.shape


def test_macm__marks_the_seed_or_leaves_it_out(database, protocol, tested):
    shares = tested.share_in_seed
    assert shares.max() > 0.2
    assert tested.n_seed_voxels == tested.seed_voxels.sum() > 100
    for null in ("scale", "uniform"):
        masked = macm(database, SEED, protocol, mask_seed=True, null=null, atlases=())
        assert masked.mask.n_voxels == tested.mask.n_voxels - tested.n_seed_voxels
        assert masked.n_seed_voxels == tested.n_seed_voxels
        assert not masked.seed_voxels.any()
        assert not masked.share_in_seed.any()
        assert clustered(masked, PARTNER)
        if null == "scale":  # which moves foci to voxels
            assert np.array_equal(masked.ale.values, tested.ale.values[~tested.seed_voxels])


def test_macm__takes_only_experiments_with_a_focus_in_the_seed(tested):
    # the other contrast of S1 is of the same participants, and is not selected with it
    assert "S1-2" not in tested.evidence.ids
    assert len(tested.evidence) == 19
    assert np.all(SphereSeed(SEED[:3], SEED[3]).contains(tested.evidence.foci_mm).sum() >= 19)


def test_macm__pools_selected_experiments_of_the_same_participants(protocol):
    tree = {
        f"s{i}": [nimads_analysis(c, [(0, 0, 0), (10, i, 0)], n=12) for c in ("1", "2")]
        for i in range(3)
    }
    result = macm(Studyset(nimads_tree(tree)), (0, 0, 0, 3), protocol, atlases=())
    assert (len(result.evidence), len(result.studyset)) == (6, 3)


def test_macm__few_experiments_are_described(described):
    assert not described.is_tested
    assert described.decision.mode == "descriptive"
    assert described.display_threshold > 0
    for name in ("p", "z", "logp"):
        with pytest.raises(DescriptiveOnlyError, match="a descriptive reading has no"):
            getattr(described, name)
    with pytest.raises(DescriptiveOnlyError, match="family-wise p"):
        described.p_fwe("size")
    assert list(described.maps) == ["stat"]


def test_macm__equal_calls_give_equal_bits(database, protocol, tested):
    again = macm(database, SEED, protocol, atlases=(), threads=2)
    assert again.p.values.tobytes() == tested.p.values.tobytes()
    assert np.array_equal(again.test.maxima.largest, tested.test.maxima.largest)


def test_macm__an_image_is_the_seed_a_sphere_is(database, protocol, tested, tmp_path):
    grid = tested.mask.grid
    volume = tested.mask.to_volume(tested.seed_voxels.astype(np.int16))
    nibabel.save(nibabel.Nifti1Image(volume, grid.affine), tmp_path / "seed.nii.gz")
    image = macm(database, tmp_path / "seed.nii.gz", protocol, atlases=())
    assert np.array_equal(image.seed_voxels, tested.seed_voxels)
    assert abs(image.selection.n_selected - tested.selection.n_selected) <= 3  # foci at the rim


def test_macm__tables_hold_every_experiment_once(tested, described):
    for result in (tested, described):
        tables = {name: (table, columns) for name, table, columns in tables_of(result)}
        ids = [*tables["selected"][0]["id"], *tables["notSelected"][0]["id"]]
        assert sorted(ids) == sorted(result.selection.database.ids)
        assert tables["selected"][0]["n_in_seed"].min() >= 1
        assert tables["notSelected"][0]["n_in_seed"].max() == 0
        for table, columns in tables.values():
            assert list(map(str, table)) == list(columns) or set(table) <= set(columns)
    assert EVIL in set(tables_of_ids(tested))


def tables_of_ids(result):
    return [e.study_id for e in result.selection.selected]


def test_macm__refusals(database, protocol, small_mask_path):
    with pytest.raises(ArgumentError, match=r"the seed \(.*\) has no voxel in"):
        macm(database, (300, 0, 0, 5), protocol)
    with pytest.raises(ArgumentError, match="the seed covers all of"):
        macm(database, (0, 0, 0, 99), protocol, mask_seed=True)
    with pytest.raises(ArgumentError, match="'null' parameter of macm"):
        macm(database, SEED, protocol, null="even")
    alone = studyset_of({f"s{i}": [[(i, 0, 0)]] for i in range(3)})
    with pytest.raises(EvidenceError, match="the 3 selected experiments report no focus outside"):
        macm(alone, (0, 0, 0, 5), protocol, mask_seed=True)
    few = Protocol(mask=str(small_mask_path), iterations=10)
    with pytest.raises(ArgumentError, match="ask for at least 19 iterations"):
        macm(database, SEED, few)


def test_macm__without_sample_sizes_says_the_way_out(protocol):
    tree = {
        f"s{i}": [nimads_analysis("1", [(0, 0, 0), (10, i, 0)], n=12 if i else None)]
        for i in range(3)
    }
    database = Studyset(nimads_tree(tree))
    with pytest.raises(EvidenceError, match=r"no sample size for 1 of 3 experiments .*fwhm_mm"):
        macm(database, (0, 0, 0, 3), protocol)
