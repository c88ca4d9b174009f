"""Iterations of the SCALE null: against the naive twin, enumeration, and themselves."""

from __future__ import annotations

import numpy as np
import pytest

from focale.inference import scale as module
from focale.inference.base_rate import base_rate_of
from focale.inference.common_scale import SCALE_STEP, common_scale
from focale.inference.footprints import gaussian_footprint
from focale.inference.montecarlo import null_design
from focale.inference.null_moments import null_moments
from focale.inference.scale import forming_steps, scale_blocks
from tests.fixtures_pain import box_mask
from tests.naive import montecarlo as naive
from tests.naive import scale as naive_scale

FWHM = np.array([9.0, 10.0, 9.0])
EDGES = (3.0, 3.0, 3.0)


@pytest.fixture
def setting(rng):
    """Design, scale, observed map and mask of three experiments of six foci in all."""
    shape = (9, 8, 10)
    mask = box_mask(shape, edges_mm=EDGES, inside=rng.random(shape) < 0.8)
    foci = np.round(rng.uniform(0, 24, (6, 3)) / 3) * 3
    offsets = np.array([0, 3, 4, 6])
    crowd = rng.normal(12, 4, (30, 3))
    base = base_rate_of(np.concatenate([crowd, rng.uniform(0, 24, (10, 3))]), mask, 10.0, "")
    design = null_design(foci, offsets, FWHM, mask, "exact", base)
    moments = null_moments(base, mask, FWHM, np.diff(offsets))
    scale = common_scale(moments, 0.002, 0)
    observed = rng.integers(0, int(moments.mean.max() * 2), mask.n_voxels)
    return design, scale, observed, mask


def gathered(blocks):
    blocks = list(blocks)
    return sum(b.n_as_large for b in blocks), np.concatenate([b.maxima for b in blocks])


@pytest.mark.parametrize("connectivity", [6, 26])
def test_scale_blocks__equal_the_naive_twin(setting, connectivity):
    design, scale, observed, mask = setting
    counts, maxima = gathered(
        scale_blocks(design, scale, observed, range(30), 7, stream=2, connectivity=connectivity)
    )
    footprints = [gaussian_footprint(w, EDGES) for w in FWHM]
    experiments = [[f] * n for f, n in zip(footprints, np.diff(design.offsets), strict=True)]
    names = [int(name) for name in design.fingerprints]
    expected = np.zeros(mask.n_voxels, dtype=int)
    for iteration, (highest, size, mass) in enumerate(maxima.tolist()):
        chosen = naive.draw(7, 2, iteration, names, np.diff(design.offsets).tolist(), 40)
        centres = [design.sampling[c] for c in chosen]
        values = naive.log_sum(experiments, centres, mask.grid.shape)[mask.inside]
        expected += values >= observed
        standing = scale.standing_of_map(values)
        volume = mask.to_volume(standing)
        assert highest == standing.max()
        forming = forming_steps(scale)
        # a voxel that stands at the level itself belongs to a cluster and adds nothing
        size_, mass_ = naive.cluster_extremes(
            np.where(volume > 0, volume - forming + 1, 0), mask.inside, 0, connectivity
        )
        assert size == size_
        assert mass <= mass_ <= mass + mask.n_voxels
    assert counts.tolist() == expected.tolist()
    assert np.any(maxima[:, 0] > 0)
    assert np.any(maxima[:, 0] == 0)


def test_scale_blocks__by_planes_and_by_volumes_are_the_same_bits(setting, monkeypatch):
    design, scale, observed, _ = setting
    planes = gathered(scale_blocks(design, scale, observed, range(40), 3))
    monkeypatch.setattr(module, "LARGEST_INT32", 10)
    volumes = gathered(scale_blocks(design, scale, observed, range(40), 3))
    for one, other in zip(planes, volumes, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_scale_blocks__any_threads_and_any_part_give_the_same_bits(setting, threads):
    design, scale, observed, _ = setting
    counts, maxima = gathered(scale_blocks(design, scale, observed, range(250), 3))
    again = gathered(scale_blocks(design, scale, observed, range(250), 3, threads=threads))
    assert np.array_equal(again[0], counts)
    assert np.array_equal(again[1], maxima)
    parts = [
        gathered(scale_blocks(design, scale, observed, r, 3, threads=threads))
        for r in (range(130), range(130, 250))
    ]
    assert np.array_equal(parts[0][0] + parts[1][0], counts)
    assert np.array_equal(np.concatenate([parts[0][1], parts[1][1]]), maxima)


def test_scale_blocks__other_seeds_give_others(setting):
    design, scale, observed, _ = setting
    first, second = (gathered(scale_blocks(design, scale, observed, range(60), s)) for s in (1, 2))
    assert not np.array_equal(first[1], second[1])


def test_scale_blocks__p_is_that_of_enumeration():
    mask = box_mask((5, 4, 5), edges_mm=EDGES)
    foci = np.array([[0.0, 0.0, 0.0], [6.0, 3.0, 6.0], [9.0, 6.0, 3.0]])
    offsets, fwhm = np.array([0, 2, 3]), np.array([9.0, 10.0])
    base_mm = np.array([[6.0, 3.0, 6.0]] * 3 + [[0.0, 0.0, 0.0], [12.0, 9.0, 12.0]])
    base = base_rate_of(base_mm, mask, 10.0, "")
    design = null_design(foci, offsets, fwhm, mask, "exact", base)
    scale = common_scale(null_moments(base, mask, fwhm, np.diff(offsets)), 0.01, 0)
    laid = [gaussian_footprint(w, EDGES) for w in fwhm]
    places = np.round(foci / 3).astype(int)
    observed = naive.log_sum([[laid[0]] * 2, [laid[1]]], places, mask.grid.shape)
    exact = naive_scale.exact_p([(laid[0], 2), (laid[1], 1)], base.voxels, observed)
    n = 4000
    counts, _ = gathered(scale_blocks(design, scale, observed[mask.inside], range(n), 1))
    error = np.sqrt(exact * (1 - exact) / n)[mask.inside]
    assert np.all(np.abs(counts / n - exact[mask.inside]) <= 4.5 * error + 1e-12)
    assert 0 < exact[exact > 0].min() < 0.1


def test_scale_blocks__stopped_leaves_no_work_behind(setting):
    design, scale, observed, _ = setting
    blocks = scale_blocks(design, scale, observed, range(10_000), 3, threads=2)
    next(blocks)
    blocks.close()


def test_forming_steps__are_the_level(setting):
    _, scale, _, _ = setting
    assert forming_steps(scale) * SCALE_STEP == pytest.approx(scale.forming_z, abs=1e-6)
