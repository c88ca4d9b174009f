"""Footprints of any shape in the map, in the Monte Carlo null, and in its pruned engine."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from focale.inference.fingerprints import experiment_fingerprints
from focale.inference.lattice import COUNTS, PROBABILITY, WEIGHTS
from focale.inference.ma_maps import merge_experiments, model_activation
from focale.inference.montecarlo import _design_of, _packed, null_design, null_maxima
from focale.inference.shapes import (
    GAUSSIAN,
    SPHERE,
    WEIGHTED_SPHERE,
    Footprints,
    as_footprints,
)
from focale.inference.spheres import sphere_footprint
from focale.space.mask import Mask
from tests.fixtures_pain import box_mask
from tests.naive import mkda as naive
from tests.naive import montecarlo as naive_null
from tests.strategies import csr

NONE = 2**60
"""A threshold above every value."""

# On centres, between them, on the rim, outside and reaching in, out of reach, none at all.
EXPERIMENTS = [
    np.array([[2.0, 4.0, 6.0], [5.1, 4.3, 7.5], [2.0, 4.0, 6.0]]),
    np.zeros((0, 3)),
    np.array([[-400.0, 0.0, 0.0]]),
    np.array([[0.0, 0.0, 0.0], [18.0, 16.0, 14.0], [-4.0, 8.0, 8.0], [9.0, 9.0, 9.0]]),
    np.array([[10.37, 8.12, 6.5]]),
]
FOCI, OFFSETS = csr(EXPERIMENTS)
RADII = np.array([5.0, 6.0, 6.0, 4.0, 7.3])
WEIGHT = np.array([0.5, 1.0, 2.0, 1.25, 0.25])
SPHERES = Footprints.alike(SPHERE, RADII)
WEIGHTED = Footprints(WEIGHTED_SPHERE, RADII, WEIGHT)

MASKS = {
    "a full box": box_mask((10, 9, 8)),
    "some voxels": box_mask((10, 9, 8), inside=np.random.default_rng(4).random((10, 9, 8)) < 0.6),
    "anisotropic": box_mask((9, 6, 7), edges_mm=(2.0, 4.0, 3.0)),
    "mirrored": box_mask((10, 9, 8), edges_mm=(-2.0, 2.0, 2.0), origin_mm=(18.0, 0.0, 0.0)),
}
every_mask = pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS.keys())
every_footprint = pytest.mark.parametrize("laid", [SPHERES, WEIGHTED], ids=["equal", "weighted"])


def rows(maxima):
    return np.stack([maxima.largest, maxima.size, maxima.mass], axis=1).tolist()


# ------------------------------------------------------------------------ the map


@every_mask
@every_footprint
@pytest.mark.parametrize("placement", ["exact", "nearest"])
def test_model_activation__of_spheres_equals_naive(mask, laid, placement):
    ma = model_activation(FOCI, OFFSETS, laid, mask, placement)
    indicators = [
        naive.indicator(foci, radius, mask.grid.shape, mask.grid.affine, placement)
        for foci, radius in zip(EXPERIMENTS, RADII, strict=True)
    ]
    expected = naive.density(indicators, laid.weight.tolist())[mask.inside]
    np.testing.assert_array_equal(ma.scale.value(ma.log_sum), expected)
    for i, indicator in enumerate(indicators):
        own = indicator[mask.inside] * laid.weight[i]
        np.testing.assert_array_equal(ma.map(i), own)
        without = expected - own
        np.testing.assert_array_equal(ma.scale.value(ma.log_sum_without(i)), without)


def test_model_activation__has_the_scale_of_its_shape():
    mask = MASKS["a full box"]
    scales = [model_activation(FOCI, OFFSETS, laid, mask).scale for laid in (SPHERES, WEIGHTED)]
    assert scales == [COUNTS, WEIGHTS]
    assert model_activation(FOCI, OFFSETS, RADII, mask).scale == PROBABILITY


def test_merge_experiments__of_single_foci_adds_their_spheres():
    mask = MASKS["a full box"]
    own = SPHERES.of_foci(OFFSETS)
    of_foci = model_activation(FOCI, np.arange(len(FOCI) + 1), own, mask)
    merged = merge_experiments(of_foci, np.repeat(np.arange(5), np.diff(OFFSETS)))
    assert merged.scale == COUNTS
    assert merged.n_experiments == 5
    np.testing.assert_array_equal(merged.map(0), sum(of_foci.map(f) for f in range(3)))
    np.testing.assert_array_equal(merged.log_sum, of_foci.log_sum)
    laid = model_activation(FOCI, OFFSETS, SPHERES, mask, adds=True)
    for part in ("offsets", "voxels", "values", "log_sum"):
        np.testing.assert_array_equal(getattr(laid, part), getattr(merged, part))


# ------------------------------------------------------------------------ the null


def twin_maxima(mask, laid, threshold, connectivity, n):
    """Maxima by whole volumes, of the foci whose sphere reaches a voxel of the mask."""
    edges = tuple(mask.grid.voxel_size_mm.tolist())
    names, footprints, reaching = [], [], []
    for foci, radius, weight in zip(EXPERIMENTS, RADII, laid.weight, strict=True):
        steps = max(round(weight / laid.shape.scale.step), 1)
        kept = []
        own = []
        for focus in foci:
            near = naive.within(focus, radius, mask.grid.shape, mask.grid.affine)
            if not near[mask.inside].any():
                continue
            voxel = mask.grid.to_voxels(focus[None])[0]
            shift = tuple((voxel - np.round(voxel)).tolist())
            own.append(sphere_footprint(float(radius), edges, shift, steps))
            kept.append(focus)
        footprints.append(own)
        reaching.append(kept)
    names = naive_null.fingerprints(reaching, RADII, laid.weight)
    places = np.argwhere(mask.inside)
    return naive_null.maxima(
        footprints, names, places, mask.inside, threshold, connectivity, (3, 0), range(n)
    )


@every_mask
@every_footprint
@pytest.mark.parametrize("engine", ["pruned", "dense"])
@pytest.mark.parametrize("connectivity", [6, 26])
def test_null_maxima__of_spheres_equal_whole_volumes(mask, laid, engine, connectivity):
    design = null_design(FOCI, OFFSETS, laid, mask)
    unit = round(1 / laid.shape.scale.step)
    for threshold in (-1, 0, unit - 1, unit, 2 * unit, NONE):
        ours = null_maxima(design, threshold, 30, 3, engine=engine, connectivity=connectivity)
        assert rows(ours) == twin_maxima(mask, laid, threshold, connectivity, 30)


@pytest.mark.parametrize("crowd", [3, 40])
def test_null_maxima__engines_agree_on_crowds_and_large_sums(crowd, rng):
    # On a corner spheres pile up; of the heaviest weights a sum needs more than 31 bits.
    mask = box_mask((20, 20, 20))
    inside = np.zeros((20, 20, 20), dtype=bool)
    inside[:3, :3, :3] = True
    sampling = Mask(mask.grid, inside, name="a corner")
    foci, offsets = csr([rng.uniform(0, 38, (crowd, 3)) for _ in range(30)])
    for shape, weight in ((SPHERE, 1.0), (WEIGHTED_SPHERE, 90_000.0)):
        laid = Footprints(shape, np.full(30, 6.0), np.full(30, weight))
        design = null_design(foci, offsets, laid, mask, "exact", sampling)
        top = 30 * max(round(weight / shape.scale.step), 1)
        for threshold in (0, top // 3, top - 1, top, NONE):
            pruned, dense = (
                rows(null_maxima(design, threshold, 20, 1, engine=engine))
                for engine in ("pruned", "dense")
            )
            assert pruned == dense
        assert max(largest for largest, _, _ in pruned) > (2**31 if weight > 1 else 20)


def test_null_maxima__engines_agree_on_the_standard_mask(pain, brain):
    laid = Footprints.alike(SPHERE, np.full(len(pain), 10.0))
    weights = np.random.default_rng(1).uniform(0.5, 2, len(pain))
    weighted = Footprints(WEIGHTED_SPHERE, laid.width_mm, weights)
    single = laid.of_foci(pain.offsets)
    for offsets, own, threshold in (
        (pain.offsets, laid, 4),
        (pain.offsets, weighted, 30_000),
        (np.arange(pain.n_foci + 1), single, 5),
    ):
        design = null_design(pain.foci_mm + 0.3, offsets, own, brain)
        pruned, dense = (
            rows(null_maxima(design, threshold, 150, 6, engine=engine, threads=2))
            for engine in ("pruned", "dense")
        )
        assert pruned == dense


def test_null_design__goes_to_another_process_and_back():
    design = null_design(FOCI, OFFSETS, WEIGHTED, MASKS["a full box"])
    again = _design_of(_packed(design))
    assert again.sha256 == design.sha256
    assert pickle.loads(pickle.dumps(WEIGHTED)).shape == WEIGHTED.shape


# ------------------------------------------------------------------------ names


def test_experiment_fingerprints__differ_by_shape_width_and_weight():
    foci, offsets = EXPERIMENTS[0], np.array([0, 3])

    def name(laid):
        return int(experiment_fingerprints(foci, offsets, laid)[0])

    def of(shape, width, weight=1.0):
        return Footprints(shape, np.array([width]), np.array([weight]))

    kinds = [
        of(GAUSSIAN, 9.0),
        of(SPHERE, 9.0),
        of(SPHERE, 9.01),
        of(WEIGHTED_SPHERE, 9.0, 1.01),
        of(WEIGHTED_SPHERE, 9.0, 0.5),
    ]
    assert len({name(laid) for laid in kinds}) == len(kinds)
    assert name(of(GAUSSIAN, 9.0)) == name(np.array([9.0]))


def test_experiment_fingerprints__of_ale_are_what_they_were():
    """Pinned: the places of an experiment in the null of ALE must never change."""
    names = experiment_fingerprints(EXPERIMENTS[0], np.array([0, 3]), np.array([9.2]))
    assert names.tolist() == naive_null.fingerprints([EXPERIMENTS[0]], [9.2])
    assert names.tolist() == [10124319225260558652]


# ------------------------------------------------------------------------ Footprints


def test_footprints__of_some_and_joined():
    some = WEIGHTED.only(np.array([3, 0, 3]))
    assert some.width_mm.tolist() == [4.0, 5.0, 4.0]
    assert some.weight.tolist() == [1.25, 0.5, 1.25]
    assert len(some.joined(WEIGHTED)) == 8
    assert WEIGHTED.of_foci(OFFSETS).weight.tolist() == [0.5] * 3 + [2.0] + [1.25] * 4 + [0.25]
    assert WEIGHTED.kinds(OFFSETS, np.zeros((9, 3)))[0].tolist() == [5.0, 0.0, 0.0, 0.0, 0.5]
    assert as_footprints(RADII).kinds(OFFSETS, np.zeros((9, 3)))[0].tolist() == [5.0, 0, 0, 0]


def test_footprints__cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        WEIGHTED.weight[0] = 3
