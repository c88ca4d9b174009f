"""Family-wise error control: against NiMARE, scipy and counting, and what it refuses."""

from __future__ import annotations

import hashlib
import pickle
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest
from scipy import ndimage, stats

from focale import ALE
from focale.correction.fwe import fwe
from focale.correction.null import NullSettings, null_of
from focale.errors import ArgumentError, EvidenceError, ReadError
from focale.inference.lattice import STEP, to_probability
from focale.inference.tfce import enhance, tfce_maxima
from focale.inference.tfce_heights import TFCE_STEP, tfce_heights
from focale.space.mask import Mask
from tests.fixtures_pain import box_mask, studyset_of

SEED = 2026


@pytest.fixture(scope="module")
def pain21(pain):
    return ALE().fit(pain)


@pytest.fixture(scope="module")
def corrected(pain21):
    """The 21 experiments with 2,000 iterations."""
    return fwe(pain21, n_iterations=2000, seed=SEED, threads=2)


def box_result(experiments=None, seed=5, **settings):
    """ALE in a box of 12 x 11 x 10 voxels of 4 mm, fast enough for many runs."""
    mask = box_mask((12, 11, 10), edges_mm=(4.0, 4.0, 4.0))
    if experiments is None:
        rng = np.random.default_rng(seed)
        experiments = [np.round(rng.uniform(0, 40, (6, 3)), 1).tolist() for _ in range(5)]
        for foci in experiments:
            foci.append([20.0, 20.0, 20.0])
    studies = {f"S{number}": [foci] for number, foci in enumerate(experiments)}
    return ALE(mask=mask, **settings).fit(studyset_of(studies))


@pytest.fixture(scope="module")
def small():
    return box_result()


# ------------------------------------------------------------------------ NiMARE 0.22.1

NIMARE = {  # 5,000 iterations on the same 21 experiments: its percentiles of the maxima
    "percentiles": [50, 90, 95, 99],
    "ale": [0.01692681387066841, 0.019915596768260005, 0.02079468909651041, 0.023272741995751862],
    "size": [53.0, 88.0, 103.0, 138.0],
    "mass": [0.11693983897566795, 0.25070607364177705, 0.31330096721649175, 0.4695557683706284],
}
MASS_ON_LATTICE = 1.0155
"""NiMARE adds ALE, Focale -log(1 - ALE): at 0.011 to 0.020 that is 1.1 to 2.0 % more."""


def test_fwe__null_agrees_with_nimare(corrected):
    maxima = corrected.maxima
    ours = {
        "ale": to_probability(maxima.largest),
        "size": maxima.size,
        "mass": maxima.mass * STEP / MASS_ON_LATTICE,
    }
    for name, values in ours.items():
        for percent, theirs in zip(NIMARE["percentiles"], NIMARE[name], strict=True):
            share = 1 - percent / 100
            # Four standard errors of a share of 2,000 next to one of 5,000 iterations.
            error = 4 * np.sqrt(share * (1 - share) * (1 / 2000 + 1 / 5000))
            assert np.mean(values > theirs) <= share + error, (name, percent)
            assert np.mean(values >= theirs) >= share - error, (name, percent)


# ------------------------------------------------------------------------ clusters


def test_fwe__clusters_are_those_of_scipy(corrected, pain21):
    mask = pain21.mask
    is_in = corrected.clusters.labels > 0
    # The threshold is that of the null's own lattice: a voxel may fall on either side of it.
    differ = is_in != (pain21.p.values <= 0.001)
    np.testing.assert_allclose(pain21.p.values[differ], 0.001, rtol=0.01)
    assert differ.sum() < 5
    labels, n = ndimage.label(mask.to_volume(is_in))
    assert sorted(corrected.clusters.sizes) == sorted(np.bincount(labels.ravel())[1:])
    assert n == len(corrected.clusters) == len(corrected.p_of_clusters)


@pytest.mark.parametrize("null", ["exact", "eickhoff2012"])
@pytest.mark.parametrize("connectivity", [6, 18, 26])
def test_fwe__p_of_clusters_is_that_of_their_size_and_mass(null, connectivity):
    result = box_result(null=null)
    done = fwe(result, n_iterations=300, cluster_forming_p=0.05, connectivity=connectivity)
    level = -np.log1p(-done.threshold) / STEP
    log_sum = result.mask.to_volume(result.ma.log_sum)
    contact = ndimage.generate_binary_structure(3, {6: 1, 18: 2, 26: 3}[connectivity])
    labels, n = ndimage.label(log_sum >= level - 1e-6, contact)
    above = np.ceil(level - 1e-6) - 1
    size = np.array([np.sum(labels == number) for number in range(1, n + 1)])
    mass = np.array([np.sum(log_sum[labels == number] - above) for number in range(1, n + 1)])
    assert sorted(done.clusters.sizes) == sorted(size)
    assert len(size) > 0
    p_size = [(np.sum(done.maxima.size >= s) + 1) / 301 for s in size]
    p_mass = [(np.sum(done.maxima.mass >= m) + 1) / 301 for m in mass]
    in_mask = labels[result.mask.inside]
    np.testing.assert_array_equal(done.p_size.values, np.array([1, *p_size])[in_mask])
    np.testing.assert_array_equal(done.p_mass.values, np.array([1, *p_mass])[in_mask])
    ale = [(np.sum(done.maxima.largest >= v) + 1) / 301 for v in result.ma.log_sum]
    np.testing.assert_array_equal(done.p_voxel.values, ale)


def test_fwe__p_of_clusters_is_in_the_order_of_the_clusters(corrected):
    for number, cluster in enumerate(corrected.clusters):
        for level, p_map in enumerate([corrected.p_size, corrected.p_mass]):
            p = p_map.values[cluster.positions]
            assert set(p.tolist()) == {corrected.p_of_clusters[number, level]}


def test_fwe__more_connectivity_makes_no_cluster_smaller(small):
    sizes = [
        fwe(small, n_iterations=50, cluster_forming_p=0.05, connectivity=c).maxima.size
        for c in (6, 18, 26)
    ]
    assert np.all(np.diff(sizes, axis=0) >= 0)
    assert np.any(np.diff(sizes, axis=0) > 0)


@pytest.mark.parametrize("null", ["exact", "eickhoff2012"])
def test_fwe__where_no_voxel_is_so_rare_there_is_no_cluster(null):
    result = box_result(null=null)
    done = fwe(result, n_iterations=20, cluster_forming_p=1e-250)
    assert done.threshold == np.inf
    assert len(done.clusters) == 0
    assert done.p_of_clusters.shape == (0, 2)
    assert np.all(done.p_size.values == 1)
    assert np.all(done.p_mass.values == 1)
    assert done.p_voxel.values.min() == 1 / 21
    assert not done.maxima.size.any()
    assert "0 of 0 clusters" in repr(done)


def test_fwe__an_infinite_threshold_is_above_the_largest_ale():
    # Thirty experiments with one peak: a sum of 29 in -log(1 - ALE), beyond 31 bits of steps.
    mask = box_mask((10, 10, 10), edges_mm=(8.0, 8.0, 8.0))
    studyset = studyset_of({f"S{number}": [[(40, 40, 40)]] for number in range(30)})
    result = ALE(mask=mask, fwhm_mm=8.5, null="eickhoff2012").fit(studyset)
    assert result.ma.log_sum.max() > 2**31
    done = fwe(result, n_iterations=10, cluster_forming_p=1e-100)
    assert done.threshold == np.inf
    assert len(done.clusters) == 0


# ------------------------------------------------------------------------ reading it


def test_fwe_result__z_is_one_tailed(corrected):
    for level in ("voxel", "size", "mass"):
        p, z = corrected.p(level).values, corrected.z(level).values
        np.testing.assert_allclose(z, np.maximum(stats.norm.isf(p), 0), rtol=1e-9, atol=1e-9)
        assert np.all(z[p >= 0.5] == 0)
        assert z.max() > 1.6


@pytest.mark.parametrize("level", ["voxel", "size", "mass"])
@pytest.mark.parametrize("alpha", [0.001, 0.05, 0.5])
def test_fwe_result__surviving_is_ale_where_p_is_at_most_alpha(corrected, level, alpha):
    ale, p = corrected.ale.values, corrected.p(level).values
    kept = corrected.surviving(alpha, level).values
    np.testing.assert_array_equal(kept, np.where(p <= alpha, ale, 0))


def test_fwe_result__surviving_keeps_a_p_of_exactly_alpha(small):
    done = fwe(small, n_iterations=99)
    smallest = done.p_voxel.values.min()
    assert np.any(done.surviving(smallest, "voxel").values > 0)


@pytest.mark.parametrize("n_exceeding", [0, 1, 3, 100, 1999, 2000])
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_fwe_result__interval_equals_scipy(corrected, n_exceeding, confidence):
    p = (n_exceeding + 1) / 2001
    found, tail = corrected.interval(p, confidence), (1 - confidence) / 2
    low = stats.beta.ppf(tail, n_exceeding, 2001 - n_exceeding) if n_exceeding else 0
    high = stats.beta.isf(tail, n_exceeding + 1, 2000 - n_exceeding) if n_exceeding < 2000 else 1
    np.testing.assert_allclose(found, (low, high), rtol=1e-9)
    exact = stats.binomtest(n_exceeding, 2000).proportion_ci(confidence, method="exact")
    np.testing.assert_allclose(found, (exact.low, exact.high), rtol=1e-6)  # a search of roots
    assert found[0] <= p <= found[1]


def test_fwe_result__every_p_has_an_interval_that_holds_it(corrected):
    for p in np.unique(corrected.p_voxel.values)[:200]:
        low, high = corrected.interval(p)
        assert 0 <= low <= p <= high <= 1


def test_fwe_result__knows_what_it_was_made_from(corrected, pain21, pain):
    assert corrected.uncorrected is pain21
    assert corrected.studyset is pain
    assert corrected.ale is pain21.ale
    assert corrected.mask is pain21.mask
    assert (corrected.n_iterations, corrected.seed) == (2000, SEED)
    assert (corrected.cluster_forming_p, corrected.connectivity) == (0.001, 6)
    assert corrected.threshold == pain21.null.value_at(0.001)
    assert "of 21 clusters (p < 0.001) with cluster-size p_FWE <= .05 (2,000" in repr(corrected)


def arrays(done):
    maps = [done.p_voxel.values, done.p_size.values, done.p_mass.values, done.p_of_clusters]
    return [*maps, done.maxima.largest, done.maxima.size, done.maxima.mass, done.clusters.labels]


def test_fwe_result__arrays_cannot_be_written_to(corrected):
    for array in [*arrays(corrected), corrected.z().values, corrected.surviving().values]:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_fwe_result__a_copy_by_pickle_is_as_good(small):
    done = fwe(small, n_iterations=50, cluster_forming_p=0.05)
    copied = pickle.loads(pickle.dumps(done))
    for ours, theirs in zip(arrays(done), arrays(copied), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert repr(copied) == repr(done)
    assert copied.interval(0.5) == done.interval(0.5)


# ------------------------------------------------------------------------ same bits


def digest(thing):
    return hashlib.sha256(pickle.dumps(thing)).hexdigest()


def test_fwe__leaves_the_result_as_it_is():
    result = box_result()
    before, estimator = digest(result), result.map.estimator
    fwe(result, n_iterations=20)
    assert digest(result) == before
    assert result.map.estimator is estimator


@pytest.mark.parametrize("threads", [1, 2, 4, None])
def test_fwe__threads_change_no_bit(small, threads):
    ours = fwe(small, n_iterations=1250, seed=9, threads=threads)
    with ThreadPoolExecutor(2) as executor:
        theirs = fwe(small, n_iterations=1250, seed=9, executor=executor)
    for a, b in zip(arrays(ours), arrays(theirs), strict=True):
        np.testing.assert_array_equal(a, b)


def test_fwe__more_iterations_go_on_where_fewer_ended(small):
    few, many = (fwe(small, n_iterations=n, seed=9) for n in (100, 1250))
    np.testing.assert_array_equal(few.maxima.largest, many.maxima.largest[:100])
    np.testing.assert_array_equal(few.maxima.mass, many.maxima.mass[:100])


def test_fwe__another_seed_is_another_null(small):
    nulls = [fwe(small, n_iterations=60, seed=s).maxima.largest for s in (0, 1, 2**64 - 1)]
    assert len({tuple(null.tolist()) for null in nulls}) == 3


def test_fwe__foci_out_of_reach_do_not_raise_the_threshold():
    """NiMARE draws them a place within the mask, which its own map does not give them."""
    rng = np.random.default_rng(5)
    near = [np.round(rng.uniform(0, 40, (6, 3)), 1).tolist() for _ in range(5)]
    far = [[*foci, *rng.uniform(150, 900, (50, 3)).round(1).tolist()] for foci in near]
    ours, theirs = (fwe(box_result(foci), n_iterations=200) for foci in (near, far))
    for a, b in zip(arrays(ours), arrays(theirs), strict=True):
        np.testing.assert_array_equal(a, b)


def test_fwe__where_foci_may_fall_can_be_told(small):
    inside = np.zeros(small.mask.grid.shape, dtype=bool)
    inside[5, 5, 5] = True
    one_voxel = Mask(small.mask.grid, inside, name="one voxel")
    done = fwe(small, n_iterations=5, sampling=one_voxel)
    assert np.unique(done.maxima.largest).size == 1  # every focus on one voxel, always
    assert done.maxima.largest[0] > fwe(small, n_iterations=5).maxima.largest.max()


# ------------------------------------------------------------------------ TFCE


@pytest.fixture(scope="module")
def with_tfce(small):
    return fwe(small, n_iterations=120, cluster_forming_p=0.05, tfce=True)


def test_fwe__tfce_leaves_all_else_as_it_is(small, with_tfce):
    alone = fwe(small, n_iterations=120, cluster_forming_p=0.05)
    for ours, theirs in zip(arrays(with_tfce), arrays(alone), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert alone.p_tfce is alone.tfce is alone.maxima.tfce is None


def test_fwe__tfce_is_that_of_the_map_and_of_its_iterations(small, with_tfce):
    heights = tfce_heights(small.ma, small.null)
    observed = enhance(small.ma.log_sum, heights, small.mask)
    np.testing.assert_array_equal(with_tfce.tfce.values, observed * TFCE_STEP)
    null = null_of(small, NullSettings(cluster_forming_p=0.05, tfce=True))
    maxima = tfce_maxima(null.design, heights, range(120), 0)
    np.testing.assert_array_equal(with_tfce.maxima.tfce, maxima)
    expected = [(np.sum(maxima >= value) + 1) / 121 for value in observed]
    np.testing.assert_array_equal(with_tfce.p("tfce").values, expected)


def test_fwe__tfce_is_the_same_bits_in_processes_and_from_a_file(small, with_tfce, tmp_path):
    path = tmp_path / "null.npz"
    settings = {"cluster_forming_p": 0.05, "tfce": True, "checkpoint": path}
    with ProcessPoolExecutor(2) as pool:
        fwe(small, n_iterations=60, executor=pool, **settings)
    grown = fwe(small, n_iterations=120, threads=2, **settings)
    np.testing.assert_array_equal(grown.maxima.tfce, with_tfce.maxima.tfce)
    with pytest.raises(ReadError, match=r"differs in TFCE \(\w+ there, nothing here\)"):
        fwe(small, n_iterations=60, cluster_forming_p=0.05, checkpoint=path)


def test_fwe_result__tfce_that_was_not_asked_for_is_refused(corrected):
    with pytest.raises(ArgumentError, match=r"TFCE was not computed; ask for it with fwe"):
        corrected.p("tfce")


# ------------------------------------------------------------------------ what it refuses

REFUSED = {
    "n_iterations": ["a whole number of at least 1", 0, -1, 1.5, "10", np.nan, np.inf, None, True],
    "seed": [r"(a whole number of at least 0|below 2\^64)", -1, 2**64, 0.5, "1", None, np.nan],
    "cluster_forming_p": ["a number between 0 and 1", 0, 1, -0.1, np.nan, ".001", None],
    "connectivity": ["6 or 18 or 26", 8, "6", 0, None],
    "threads": ["a whole number of at least 1", -1, 1.5, "2"],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, row in REFUSED.items() for value in row[1:]]
)
def test_fwe__refuses_settings_that_cannot_be(small, name, value):
    sentence = f"The '{name}' parameter of fwe must be {REFUSED[name][0]}"
    with pytest.raises(ArgumentError, match=sentence):
        fwe(small, **{"n_iterations": 10, name: value})


def test_fwe__takes_whole_numbers_of_any_type(small):
    expected = fwe(small, n_iterations=20, seed=3)
    for whole in (float, np.int64, np.uint8, np.float64):
        done = fwe(small, n_iterations=whole(20), seed=whole(3))
        np.testing.assert_array_equal(done.maxima.mass, expected.maxima.mass)
        assert (done.n_iterations, done.seed) == (20, 3)


@pytest.mark.parametrize("experiments", [[[(20, 20, 20)]], [[(20, 20, 20)], [(900, 0, 0)]]])
def test_fwe__one_experiment_is_refused(experiments):
    result = box_result(experiments)
    with pytest.raises(
        EvidenceError, match=r"only 1 experiment has foci that reach the mask.*desc"
    ):
        fwe(result, n_iterations=10)


def test_fwe__sampling_on_another_grid_is_refused(small):
    shifted = box_mask((12, 11, 10), edges_mm=(4.0, 4.0, 4.0), origin_mm=(1.0, 0.0, 0.0))
    for other in (shifted, box_mask((12, 11, 9), edges_mm=(4.0, 4.0, 4.0))):
        with pytest.raises(ArgumentError, match=r"\(a box\) is not on the grid of a box"):
            fwe(small, n_iterations=10, sampling=other)


def test_fwe__sampling_that_misses_the_mask_is_refused():
    inside = np.zeros((12, 11, 10), dtype=bool)
    inside[:8] = True
    mask, outside = (
        box_mask((12, 11, 10), edges_mm=(4.0, 4.0, 4.0), inside=voxels)
        for voxels in (inside, ~inside)
    )
    result = ALE(mask=mask).fit(studyset_of({"A": [[(20, 20, 20)]], "B": [[(12, 20, 20)]]}))
    with pytest.raises(ArgumentError, match="misses a box: random foci would fall where no map"):
        fwe(result, n_iterations=10, sampling=outside)


@pytest.mark.parametrize("alpha", [0, 1, -1, np.nan, "0.05"])
def test_fwe_result__surviving_refuses_what_is_no_level(corrected, alpha):
    with pytest.raises(ArgumentError, match=r"'alpha' parameter of FweResult.surviving"):
        corrected.surviving(alpha)


@pytest.mark.parametrize("method", ["p", "z"])
def test_fwe_result__refuses_a_level_that_is_not_there(corrected, method):
    with pytest.raises(ArgumentError, match=r"or 'mass' or 'tfce'\. Got 'cluster'"):
        getattr(corrected, method)("cluster")


@pytest.mark.parametrize("p", [0, -0.5, 1.5, np.nan])
def test_fwe_result__interval_refuses_what_is_no_p(corrected, p):
    with pytest.raises(ArgumentError, match=r"'p' parameter of FweResult.interval"):
        corrected.interval(p)


@pytest.mark.parametrize("confidence", [0, 1, 95, np.nan])
def test_fwe_result__interval_refuses_a_confidence_that_cannot_be(corrected, confidence):
    with pytest.raises(ArgumentError, match="'confidence' parameter"):
        corrected.interval(0.5, confidence)


# ------------------------------------------------------------------------ being stopped


def interrupt(blocks):
    """A progress bar during which somebody presses Ctrl-C."""
    for n, block in enumerate(blocks):
        if n == 1:
            raise KeyboardInterrupt
        yield block


def test_fwe__stops_when_interrupted(pain21):
    before, began = threading.active_count(), time.perf_counter()
    with pytest.raises(KeyboardInterrupt) as stopped:
        fwe(pain21, n_iterations=200_000, threads=2, progress=interrupt)
    # All iterations would take more than half a minute, a block a tenth of a second.
    assert time.perf_counter() - began < 5
    # Nothing is computed behind the scenes, though a notebook holds on to the traceback.
    assert threading.active_count() == before
    assert stopped.tb is not None


def test_fwe__a_pool_is_free_after_an_interruption(pain21):
    with ThreadPoolExecutor(1) as pool:
        began = time.perf_counter()
        with pytest.raises(KeyboardInterrupt) as stopped:
            fwe(pain21, n_iterations=200_000, executor=pool, progress=interrupt)
        assert pool.submit(int).result() == 0
        assert stopped.tb is not None
        assert time.perf_counter() - began < 5


def test_fwe__progress_passes_every_block(small):
    seen = []

    def progress(blocks):
        for block in blocks:
            seen.append(block)
            yield block

    done = fwe(small, n_iterations=1250, progress=progress)
    assert len(seen) > 1
    assert np.concatenate(seen)[:, 0].tolist() == done.maxima.largest.tolist()
