"""The null of family-wise error control against whole volumes, and what must not change it."""

from __future__ import annotations

import itertools
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
from hypothesis import given

from focale.inference import montecarlo
from focale.inference.footprints import fwhm_from_sample_size, gaussian_footprint
from focale.inference.ma_maps import model_activation
from focale.inference.montecarlo import null_design, null_maxima
from focale.space.grid import Grid
from focale.space.mask import Mask
from tests.fixtures_pain import box_mask
from tests.naive import montecarlo as naive
from tests.strategies import csr, foci_of_experiments

NONE = 2**60
"""A threshold above every value."""

# On voxel centres of the tiny mask, half way between, anywhere, on the rim, outside and
# reaching in, and out of reach.
FOCI_MM = np.array(
    [
        [2.0, 4.0, 6.0],
        [-13.0, -11.0, -9.0],
        [3.5, 4.0, 7.5],
        [0.37, -2.81, 11.13],
        [14.0, 16.0, 18.0],
        [20.0, 3.0, 3.0],
        [-400.0, 0.0, 0.0],
        [2.0, 4.0, 6.0],
        [5.25, -3.5, 0.125],
    ]
)
EXPERIMENTS = [FOCI_MM[:4], np.zeros((0, 3)), FOCI_MM[[6]], FOCI_MM[4:7], FOCI_MM[[7, 8]]]
FWHM = np.array([9.2, 10.0, 8.1, 11.3, 7.0])


def design_of(experiments, mask, fwhm=FWHM, placement="exact", sampling=None):
    foci, offsets = csr(experiments)
    widths = np.broadcast_to(np.asarray(fwhm, dtype=float), len(experiments))
    return null_design(foci, offsets, widths, mask, placement, sampling)


def twin_of(experiments, mask, fwhm=FWHM, placement="exact"):
    """Footprints of each experiment, of the foci that leave anything in the mask, and names."""
    edges = tuple(mask.grid.voxel_size_mm.tolist())
    widths = np.broadcast_to(np.asarray(fwhm, dtype=float), len(experiments))
    laid, taking_part = [], []
    for foci, width in zip(experiments, widths, strict=True):
        in_voxels = mask.grid.to_voxels(np.reshape(foci, (-1, 3)))
        shifts = (in_voxels - np.round(in_voxels)) * (placement == "exact")
        alone = [
            model_activation(focus[None], np.array([0, 1]), np.array([width]), mask, placement)
            for focus in foci
        ]
        taking_part.append([mm for mm, ma in zip(foci, alone, strict=True) if ma.values.size])
        laid.append(
            [
                gaussian_footprint(float(width), edges, tuple(shift))
                for shift, ma in zip(shifts.tolist(), alone, strict=True)
                if ma.values.size
            ]
        )
    return laid, naive.fingerprints(taking_part, widths)


def twin_maxima(twin, mask, threshold, connectivity=6, key=(0, 0), n=100, sampling=None):
    places = np.argwhere((sampling or mask).inside)
    return naive.maxima(*twin, places, mask.inside, threshold, connectivity, key, range(n))


def rows(maxima):
    return np.stack([maxima.largest, maxima.size, maxima.mass], axis=1).tolist()


def middling(mask, experiments=EXPERIMENTS):
    """A threshold that some iterations have large clusters above, and some none."""
    largest = null_maxima(design_of(experiments, mask), NONE, 50, 99).largest
    return int(np.quantile(largest, 0.3) * 0.8)


def tiny_grid(shape=(10, 10, 10), edges_mm=(3.0, 3.0, 3.0)):
    affine = np.diag([*edges_mm, 1.0])
    affine[:3, 3] = -13, -11, -9
    return Grid(shape=shape, affine=affine)


def mask_of(share, **more):
    grid = tiny_grid(**more)
    return Mask(grid, np.random.default_rng(8).random(grid.shape) < share, name="some")


MASKS = {
    "half of the voxels": mask_of(0.5),
    "a full box": mask_of(1.1, shape=(6, 7, 5)),
    "anisotropic": mask_of(0.8, edges_mm=(2.0, 4.0, 3.0)),
    "a row": mask_of(1.1, shape=(1, 1, 12)),
    "a plane": mask_of(1.1, shape=(9, 1, 8)),
}
every_mask = pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS.keys())

# ------------------------------------------------------------------------ the twin


@every_mask
@pytest.mark.parametrize("connectivity", [6, 18, 26])
def test_null_maxima__equals_the_twin(mask, connectivity):
    twin, threshold = twin_of(EXPERIMENTS, mask), middling(mask)
    ours = null_maxima(
        design_of(EXPERIMENTS, mask), threshold, 120, 41, stream=3, connectivity=connectivity
    )
    expected = twin_maxima(twin, mask, threshold, connectivity, (41, 3), 120)
    assert rows(ours) == expected
    assert ours.largest.min() > 0
    assert ours.size.max() > 1


@pytest.mark.parametrize("placement", ["exact", "nearest", "jale"])
@pytest.mark.parametrize("threshold", [0, 1_000_000, 4_000_000, NONE])
def test_null_maxima__equals_the_twin_at_any_threshold(tiny_mask, placement, threshold):
    twin = twin_of(EXPERIMENTS, tiny_mask, placement=placement)
    ours = null_maxima(
        design_of(EXPERIMENTS, tiny_mask, placement=placement), threshold, 100, 2**64 - 1
    )
    assert rows(ours) == twin_maxima(twin, tiny_mask, threshold, key=(2**64 - 1, 0))
    assert (threshold < NONE) == bool(ours.size.any())


@given(foci_of_experiments())
def test_null_maxima__equals_the_twin_for_any_foci(tiny_mask, experiments):
    twin = twin_of(experiments, tiny_mask, 9.2)
    if any(twin[0]):
        ours = null_maxima(design_of(experiments, tiny_mask, 9.2), 1_500_000, 3, 1)
        assert rows(ours) == twin_maxima(twin, tiny_mask, 1_500_000, 6, (1, 0), 3)


@pytest.mark.parametrize("whole_grid", [True, False])
def test_null_maxima__foci_fall_within_the_sampling_mask(tiny_mask, whole_grid):
    inside = np.ones((10, 10, 10), dtype=bool)
    if not whole_grid:
        inside[2:] = False
    sampling = Mask(tiny_mask.grid, inside, name="where foci may fall")
    threshold = middling(tiny_mask)
    ours = null_maxima(design_of(EXPERIMENTS, tiny_mask, sampling=sampling), threshold, 60, 6)
    twin = twin_of(EXPERIMENTS, tiny_mask)
    assert rows(ours) == twin_maxima(twin, tiny_mask, threshold, 6, (6, 0), 60, sampling)


def test_null_maxima__equals_the_twin_on_the_standard_mask(pain, brain):
    fwhm = fwhm_from_sample_size(pain.n_subjects)
    design = null_design(pain.foci_mm, pain.offsets, fwhm, brain)
    experiments = np.split(pain.foci_mm, pain.offsets[1:-1])
    twin = twin_of(experiments, brain, fwhm)
    threshold = 2_940_000
    expected = twin_maxima(twin, brain, threshold, 18, (4, 0), 3)
    assert rows(null_maxima(design, threshold, 3, 4, connectivity=18)) == expected
    assert min(size for _, size, _ in expected) > 0


def test_null_maxima__an_iteration_is_the_map_of_the_foci_it_drew():
    # Voxels of 2 mm and eighths of a millimetre: no arithmetic of the affine rounds.
    mask = box_mask((12, 11, 10), inside=np.random.default_rng(3).random((12, 11, 10)) < 0.7)
    rng = np.random.default_rng(12)
    experiments = [np.round(rng.uniform(-2, 22, (n, 3)) * 8) / 8 for n in (4, 1, 6, 3)]
    experiments[0][0] = [3.0, 5.0, 7.0]  # half way between voxels
    foci, offsets = csr(experiments)
    fwhm = np.array([8.0, 9.0, 10.0, 7.0])
    design = null_design(foci, offsets, fwhm, mask)
    assert design.n_foci == len(foci)
    in_voxels = mask.grid.to_voxels(foci)
    shifts = in_voxels - np.round(in_voxels)
    threshold = 3_000_000
    maxima = null_maxima(design, threshold, 30, 8)
    laid, names = twin_of(experiments, mask, fwhm)
    for i in range(30):
        of_each = names, [len(own) for own in experiments]
        drawn = mask.ijk(np.array(naive.draw(8, 0, i, *of_each, mask.n_voxels)))
        ma = model_activation(mask.grid.to_mm(drawn + shifts), offsets, fwhm, mask)
        volume = naive.log_sum(laid, drawn, mask.grid.shape)
        np.testing.assert_array_equal(volume[mask.inside], ma.log_sum)
        assert maxima.largest[i] == ma.log_sum.max()
        size, mass = naive.cluster_extremes(
            mask.to_volume(ma.log_sum), mask.inside, threshold, connectivity=6
        )
        assert (maxima.size[i], maxima.mass[i]) == (size, mass)


# ------------------------------------------------------------------------ both engines


def of_both_engines(design, n, connectivity=6):
    """Rows of both engines at thresholds with and without clusters."""
    top = null_maxima(design, NONE, 20, 1).largest
    for threshold in (int(np.median(top) * 0.6), int(top.max() * 0.97)):
        both = [
            rows(null_maxima(design, threshold, n, 3, connectivity=connectivity, engine=engine))
            for engine in ("pruned", "dense")
        ]
        yield both


def scattered(mask, counts, rng):
    """Foci anywhere in the mask and a little beyond, anywhere within their voxel."""
    for count in counts:
        voxels = mask.ijk(rng.integers(0, mask.n_voxels, count))
        yield mask.grid.to_mm(voxels + rng.normal(0, 1, (count, 3)))


EVIDENCE = {
    "one experiment": ([7], 9.0),
    "few experiments of many foci": ([120, 3, 60], 9.0),
    "many experiments of few foci": ([1, 2, 3, 0] * 30, 9.0),
    "wider than eight blocks": ([3, 1, 4], 48.0),
    "of many widths": ([9] * 12, np.linspace(7.0, 19.0, 12)),
}


@pytest.mark.parametrize(("counts", "fwhm"), EVIDENCE.values(), ids=EVIDENCE.keys())
@pytest.mark.parametrize("shape", [(30, 21, 40), (5, 50, 9)])
def test_null_maxima__the_engines_agree(counts, fwhm, shape, rng):
    mask = box_mask(shape, inside=rng.random(shape) < 0.6)
    design = design_of(list(scattered(mask, counts, rng)), mask, fwhm)
    for pruned, dense in of_both_engines(design, 60, connectivity=18):
        assert pruned == dense


def test_null_maxima__the_engines_agree_beyond_the_box_of_the_mask(rng):
    inside = np.zeros((40, 30, 50), dtype=bool)
    inside[13:22, 9:20, 17:38] = rng.random((9, 11, 21)) < 0.8
    mask = box_mask((40, 30, 50), inside=inside)
    sampling = box_mask((40, 30, 50))
    foci = list(scattered(mask, [5, 8, 30, 2], rng))
    for pruned, dense in of_both_engines(design_of(foci, mask, 10.0, sampling=sampling), 100):
        assert pruned == dense


@pytest.mark.slow
def test_null_maxima__the_engines_agree_on_two_thousand_experiments(rng):
    mask = box_mask((24, 20, 22))
    foci = list(scattered(mask, [3] * 2000, rng))
    design = design_of(foci, mask, np.linspace(8.0, 11.0, 2000), placement="nearest")
    for pruned, dense in of_both_engines(design, 4):
        assert pruned == dense
        assert max(largest for largest, _, _ in pruned) > 2**27


def test_null_maxima__the_engines_agree_where_large_blocks_meet_small_ones(rng):
    # Of 60 experiments most foci fall on one corner, where sums need more than 31 bits.
    mask = box_mask((20, 20, 20), edges_mm=(8.0, 8.0, 8.0))
    inside = np.zeros((20, 20, 20), dtype=bool)
    inside[:2, :2, :2] = True
    sampling = Mask(mask.grid, inside, name="a corner")
    foci = list(scattered(mask, [4] * 60, rng))
    for pruned, dense in of_both_engines(design_of(foci, mask, 8.5, sampling=sampling), 30):
        assert pruned == dense
        assert max(largest for largest, _, _ in pruned) > 2**31


def test_null_maxima__the_engines_agree_on_a_thousand_maps_of_the_standard_mask(pain, brain):
    fwhm = fwhm_from_sample_size(pain.n_subjects)
    for sub_voxel in (0.0, 0.3):
        design = null_design(pain.foci_mm + sub_voxel, pain.offsets, fwhm, brain)
        pruned, dense = (
            rows(null_maxima(design, 2_935_878, 500, 6, engine=engine, threads=2))
            for engine in ("pruned", "dense")
        )
        assert pruned == dense


# ------------------------------------------------------------------------ in any company

# Two report the same, and so do two with nothing to report.
COMPANY = [*EXPERIMENTS, EXPERIMENTS[0], np.zeros((0, 3))]
WIDTHS = np.array([*FWHM, FWHM[0], 12.0])


def of_company(chosen, mask, sampling=None):
    return design_of([COMPANY[e] for e in chosen], mask, WIDTHS[chosen], sampling=sampling)


def test_null_maxima__the_order_of_the_experiments_changes_no_bit(tiny_mask, rng):
    threshold, everyone = middling(tiny_mask), np.arange(len(COMPANY))
    first = rows(null_maxima(of_company(everyone, tiny_mask), threshold, 100, 3))
    for _ in range(3):
        shuffled = of_company(rng.permutation(everyone), tiny_mask)
        assert rows(null_maxima(shuffled, threshold, 100, 3)) == first


def test_null_design__an_experiment_has_its_fingerprint_in_any_company(tiny_mask):
    whole = of_company(np.arange(len(COMPANY)), tiny_mask).fingerprints.tolist()
    assert len(set(whole)) == len(COMPANY)
    for without in range(len(COMPANY)):
        others = np.delete(np.arange(len(COMPANY)), without)
        ours = of_company(others, tiny_mask).fingerprints.tolist()
        # Of two that report the same, the one that is left is the first.
        gone = 5 if without == 0 else without
        assert sorted(ours) == sorted(whole[:gone] + whole[gone + 1 :])


def test_null_design__one_that_reports_something_else_has_another_fingerprint(tiny_mask):
    def fingerprint(foci, fwhm):
        return design_of([foci], tiny_mask, [fwhm]).fingerprints[0]

    foci = EXPERIMENTS[0]
    own = fingerprint(foci, 9.0)
    assert fingerprint(foci[::-1], 9.0) == own
    assert fingerprint(np.concatenate([foci, FAR_MM]), 9.0) == own
    assert fingerprint(foci + 1e-9, 9.0 + 1e-9) == own
    others = [(foci + 0.01, 9.0), (foci, 9.01), (foci[:3], 9.0), (foci[[0, 0, 1, 2, 3]], 9.0)]
    assert len({own, *(fingerprint(*other) for other in others)}) == 5


# ------------------------------------------------------------------------ the design


def test_null_design__equal_footprints_are_kept_once(pain, brain):
    fwhm = fwhm_from_sample_size(pain.n_subjects)
    design = null_design(pain.foci_mm, pain.offsets, fwhm, brain)
    in_voxels = brain.grid.to_voxels(pain.foci_mm)
    widths = np.repeat(fwhm, np.diff(pain.offsets))
    kinds = np.unique(np.c_[widths, in_voxels - np.round(in_voxels)], axis=0)
    assert np.unique(design.starts).size == len(kinds) < pain.n_foci


def test_null_design__keeps_experiments_without_foci_in_their_place(tiny_mask):
    design = design_of(EXPERIMENTS, tiny_mask)
    assert design.offsets.tolist() == [0, 4, 4, 4, 6, 8]
    assert design.n_foci == 8


def test_null_design__sampling_is_the_mask_unless_given(tiny_mask):
    design = design_of(EXPERIMENTS, tiny_mask)
    np.testing.assert_array_equal(design.sampling, np.argwhere(tiny_mask.inside))


def test_null_design__arrays_cannot_be_written_to(tiny_mask):
    design = design_of(EXPERIMENTS, tiny_mask)
    maxima = null_maxima(design, 10**6, 2, 0)
    arrays = [design.offsets, design.words, design.starts, design.halves, design.sampling]
    for array in [*arrays, maxima.largest, maxima.size, maxima.mass]:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


# -------------------------------------------------------------- foci that cannot reach

FAR_MM = np.random.default_rng(2).choice([-1.0, 1.0], (50, 3)) * np.linspace(90, 900, 150).reshape(
    50, 3
)


@pytest.mark.parametrize("where", ["after", "before", "among"])
def test_null_maxima__foci_out_of_reach_change_no_bit(tiny_mask, where):
    order = {
        "after": lambda own: np.concatenate([own, FAR_MM]),
        "before": lambda own: np.concatenate([FAR_MM, own]),
        "among": lambda own: np.concatenate([FAR_MM[:20], own[:2], FAR_MM[20:], own[2:]]),
    }[where]
    more = [order(own) for own in EXPERIMENTS]
    threshold = middling(tiny_mask)
    ours, theirs = (
        null_maxima(design_of(experiments, tiny_mask), threshold, 200, 3)
        for experiments in (EXPERIMENTS, more)
    )
    assert rows(ours) == rows(theirs)


def test_null_design__a_box_that_meets_no_voxel_of_the_mask_takes_no_part():
    # The last plane of the mask is at x = 8 mm; 9.2 mm reaches 8 voxels of 2 mm.
    inside = np.zeros((40, 8, 8), dtype=bool)
    inside[:5] = True
    mask = box_mask((40, 8, 8), inside=inside)
    foci = [np.array([[x, 8.0, 8.0]]) for x in (8.0, 22.0, 24.0, 26.0, 40.0)]
    design = design_of(foci, mask, 9.2)
    assert np.diff(design.offsets).tolist() == [1, 1, 1, 0, 0]
    assert [len(kept) for kept in twin_of(foci, mask, 9.2)[0]] == [1, 1, 1, 0, 0]


# ------------------------------------------------------------------------ same bits


@pytest.fixture(scope="module")
def of_300(request):
    """A design, its threshold, and what 300 iterations of it show."""
    mask = MASKS["half of the voxels"]
    design, threshold = design_of(EXPERIMENTS, mask), middling(mask)
    return design, threshold, rows(null_maxima(design, threshold, 300, 5))


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_null_maxima__threads_change_no_bit(of_300, threads, monkeypatch):
    design, threshold, expected = of_300
    monkeypatch.setattr(montecarlo, "ITERATIONS_A_BLOCK", 20)
    assert rows(null_maxima(design, threshold, 300, 5, threads=threads)) == expected


@pytest.mark.parametrize("iterations_a_block", [1, 7, 299, 300, 10_000])
def test_null_maxima__the_size_of_blocks_changes_no_bit(of_300, iterations_a_block, monkeypatch):
    design, threshold, expected = of_300
    monkeypatch.setattr(montecarlo, "ITERATIONS_A_BLOCK", iterations_a_block)
    assert rows(null_maxima(design, threshold, 300, 5, threads=2)) == expected


@pytest.mark.parametrize("n", [1, 99, 100, 101])
def test_null_maxima__fewer_iterations_are_the_first_of_more(of_300, n):
    design, threshold, expected = of_300
    assert rows(null_maxima(design, threshold, n, 5)) == expected[:n]


@pytest.mark.slow
def test_null_maxima__processes_change_no_bit(of_300, monkeypatch):
    design, threshold, expected = of_300
    monkeypatch.setattr(montecarlo, "ITERATIONS_A_BLOCK", 20)
    # Fresh processes, as on macOS and Windows: a fork of threads can hang.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as executor:
        assert rows(null_maxima(design, threshold, 300, 5, executor=executor)) == expected


def test_null_maxima__another_seed_or_stream_is_another_null(of_300):
    design, threshold, expected = of_300
    others = [
        rows(null_maxima(design, threshold, 300, seed, stream=stream))
        for seed, stream in [(6, 0), (5, 1), (0, 5)]
    ]
    for one, other in itertools.combinations([expected, *others], 2):
        assert sum(a == b for a, b in zip(one, other, strict=True)) < 30


def test_null_maxima__holds_sums_beyond_31_bits():
    # One voxel of 8 mm, which every focus falls on: 24 times an MA of 0.57.
    mask = box_mask((1, 1, 1), edges_mm=(8.0, 8.0, 8.0))
    experiments = [np.zeros((1, 3))] * 24
    design = design_of(experiments, mask, 8.5)
    top = int(gaussian_footprint(8.5, (8.0, 8.0, 8.0)).max())
    assert 24 * top > 2**32
    assert rows(null_maxima(design, 5, 2, 0)) == [[24 * top, 1, 24 * top - 5]] * 2
