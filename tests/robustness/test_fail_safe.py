"""Fail-safe N, against a new analysis of every number of noise experiments."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError
from threading import Event

import numpy as np
import pytest
from scipy import stats

from focale import ALE
from focale.correction.fwe import fwe
from focale.errors import ArgumentError
from focale.inference.clusters import find_clusters
from focale.inference.footprints import gaussian_footprint
from focale.inference.ma_maps import model_activation
from focale.inference.null import lattice_null, null_steps
from focale.robustness import deciding
from focale.robustness.diluted import Diluted, transform_length_with
from focale.robustness.fail_safe import KEPT_AS, FailSafe, fail_safe
from focale.robustness.noise import noise_experiments
from tests.fixtures_pain import box_mask, studyset_of
from tests.naive import montecarlo
from tests.naive import robustness_survival as naive

N_ITERATIONS, MOST, ALPHA, FORMING_P = 39, 13, 0.2, 0.01
HERE, THERE = [12.0, 12.0, 12.0], [32.0, 28.0, 28.0]


@pytest.fixture(scope="module")
def corrected():
    """Six experiments in a small box, three of which share a place, and three another."""
    rng = np.random.default_rng(2)
    experiments = [np.round(rng.uniform(0, 40, (3, 3)), 1).tolist() for _ in range(6)]
    for foci, place in zip(
        experiments[:3] + experiments[2:5], [HERE] * 3 + [THERE] * 3, strict=True
    ):
        foci.append(place)
    studies = {f"S{number}": [(foci, 10 + number)] for number, foci in enumerate(experiments)}
    result = ALE(mask=box_mask((12, 11, 10), edges_mm=(4.0, 4.0, 4.0))).fit(studyset_of(studies))
    return fwe(result, n_iterations=200, seed=4, cluster_forming_p=FORMING_P)


def surviving(corrected, level):
    return find_clusters(corrected.surviving(ALPHA, level), 0.0)


def noise_of(corrected, realisation=0, most=MOST):
    studyset = corrected.studyset
    n_foci, fwhm_mm = np.diff(studyset.offsets), corrected.uncorrected.map.fwhm_mm
    return noise_experiments(most, n_foci, fwhm_mm, corrected.sampling, 0, realisation)


def twin_p(corrected, noise, k, level):
    """P of every voxel with k noise experiments, from the beginning."""
    studyset, mask = corrected.studyset, corrected.mask
    foci = np.split(studyset.foci_mm, studyset.offsets[1:-1])
    foci += np.split(noise.foci_mm, noise.offsets[1:-1])[:k]
    widths = [*corrected.uncorrected.map.fwhm_mm, *noise.fwhm_mm[:k]]
    footprints, maps = [], []
    for own, width in zip(foci, widths, strict=True):
        in_voxels = mask.grid.to_voxels(own)
        centres = np.round(in_voxels).astype(int)
        edges = tuple(mask.grid.voxel_size_mm.tolist())
        shifts = (in_voxels - centres).tolist()
        footprints.append([gaussian_footprint(float(width), edges, tuple(s)) for s in shifts])
        maps.append(montecarlo.experiment_map(footprints[-1], centres, mask.grid.shape))
    above = naive.threshold([volume[mask.inside] for volume in maps], FORMING_P) - 1
    names = montecarlo.fingerprints(foci, widths)
    sampling = np.argwhere(mask.inside)
    return naive.family_wise_p(
        sum(maps), mask.inside, above, level, footprints, names, sampling, (4, 0), N_ITERATIONS
    )[mask.inside]


@pytest.mark.slow
@pytest.mark.parametrize("level", ["voxel", "size", "mass"])
def test_fail_safe__equals_new_analyses_of_every_number(corrected, level):
    clusters = surviving(corrected, level)
    found = fail_safe(
        corrected,
        clusters,
        ALPHA,
        level,
        n_realisations=2,
        most=MOST,
        n_iterations=N_ITERATIONS,
    )
    for realisation in range(2):
        noise = noise_of(corrected, realisation)
        p = [twin_p(corrected, noise, k, level) for k in range(MOST + 1)]
        for c, cluster in enumerate(clusters):
            survives = [bool(own[cluster.positions].min() <= ALPHA) for own in p]
            assert found.values[realisation, c] == naive.bisected(survives, MOST)
    assert len(set(found.values.ravel().tolist())) > 1


@pytest.mark.parametrize(("level", "k"), [("size", 3), ("mass", 5), ("voxel", 2)])
def test_survive__equals_a_new_analysis(corrected, level, k):
    clusters = surviving(corrected, level)
    noise = noise_of(corrected)
    diluted = Diluted(
        corrected, clusters, noise, level=level, alpha=ALPHA, n_iterations=N_ITERATIONS
    )
    p = twin_p(corrected, noise, k, level)
    expected = [p[cluster.positions].min() <= ALPHA for cluster in clusters]
    assert diluted.survive(k, np.arange(len(clusters))).tolist() == expected


@pytest.mark.slow
def test_survive__does_not_depend_on_what_was_asked_before(corrected):
    clusters = surviving(corrected, "size")
    watched = np.arange(len(clusters))

    def fresh():
        given = {"level": "size", "alpha": ALPHA, "n_iterations": 99}
        return Diluted(corrected, clusters, noise_of(corrected), **given)

    one = fresh()
    answers = {k: one.survive(k, watched).tolist() for k in (9, 4, 5)}
    for k, answer in answers.items():
        assert fresh().survive(k, watched).tolist() == answer


def test_transform_length_with__leaves_next_to_no_mass_beyond(pain8_result):
    """Of evidence and noise that is laid, where the bound was found without laying it."""
    result = pain8_result
    noise = noise_experiments(
        30, np.diff(result.studyset.offsets), result.map.fwhm_mm, result.mask, 0, 0
    )
    length = transform_length_with(result.ma, noise)
    ma = model_activation(noise.foci_mm, noise.offsets, noise.fwhm_mm, result.mask)
    both = model_activation(
        np.concatenate([result.studyset.foci_mm, noise.foci_mm]),
        np.concatenate([result.studyset.offsets, result.studyset.offsets[-1] + noise.offsets[1:]]),
        np.concatenate([result.map.fwhm_mm, noise.fwhm_mm]),
        result.mask,
    )
    assert both.n_experiments == ma.n_experiments + 8
    null = lattice_null(both, null_steps(both), length)
    assert -400 < null.log_tail[length] < -36.0


@pytest.mark.slow
def test_fail_safe__decides_as_all_iterations_would(corrected, monkeypatch):
    clusters = surviving(corrected, "size")
    given = {"n_realisations": 1, "most": 12, "n_iterations": 300}
    soon = fail_safe(corrected, clusters, ALPHA, **given)
    monkeypatch.setattr(deciding, "ITERATIONS_AT_ONCE", 10**6)
    assert soon.values.tolist() == fail_safe(corrected, clusters, ALPHA, **given).values.tolist()


def test_fail_safe__is_the_same_on_any_number_of_threads_and_begins_with_fewer(corrected):
    clusters = surviving(corrected, "mass")
    given = {"level": "mass", "most": 6, "n_iterations": 39}
    one = fail_safe(corrected, clusters, ALPHA, n_realisations=2, threads=1, **given)
    two = fail_safe(corrected, clusters, ALPHA, n_realisations=2, threads=2, **given)
    few = fail_safe(corrected, clusters, ALPHA, n_realisations=1, **given)
    assert one.values.tolist() == two.values.tolist()
    assert few.values.tolist() == one.values[:1].tolist()
    assert one.values[0].tolist() != one.values[1].tolist()


@pytest.mark.slow
def test_fail_safe__asks_first_whether_all_or_the_fewest_are_survived(corrected):
    clusters = surviving(corrected, "size")
    given = {"n_realisations": 1, "n_iterations": 99}
    whole = fail_safe(corrected, clusters, ALPHA, most=30, **given).values[0]
    first = int(whole.max())
    assert 0 < first < 30
    beyond = fail_safe(corrected, clusters, ALPHA, least=first + 5, most=30, **given)
    assert beyond.falls_below.all()
    assert beyond.values.max() == first + 4
    within = fail_safe(corrected, clusters, ALPHA, most=1, **given)
    assert within.reaches_most[0, int(whole.argmax())]


@pytest.mark.slow
def test_fail_safe__goes_on_from_what_was_kept(corrected):
    clusters = surviving(corrected, "size")
    given = {"most": 8, "n_iterations": 59, "n_realisations": 3}
    whole = fail_safe(corrected, clusters, ALPHA, **given)

    class Kept(dict):
        def keep(self, name, array):
            self[name] = array

    kept = Kept({KEPT_AS: whole.values[:2]})
    made = []

    def counted(items):
        for item in items:
            made.append(item)
            yield item

    again = fail_safe(corrected, clusters, ALPHA, kept=kept, progress=counted, **given)
    assert len(made) == 1
    assert again.values.tolist() == whole.values.tolist() == kept[KEPT_AS].tolist()


def test_fail_safe__leaves_nothing_running_when_it_is_stopped(corrected):
    clusters = surviving(corrected, "size")

    def stopped(items):
        for _ in items:
            raise KeyboardInterrupt
        yield

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        fail_safe(corrected, clusters, ALPHA, most=3, n_iterations=9, progress=stopped)
    assert threading.active_count() == before


def test_survive__ends_once_it_is_told_to(corrected):
    clusters, stop = surviving(corrected, "size"), Event()
    given = {"level": "size", "alpha": ALPHA, "n_iterations": 99}
    diluted = Diluted(corrected, clusters, noise_of(corrected), stop=stop, **given)
    stop.set()
    with pytest.raises(CancelledError):
        diluted.survive(1, np.arange(len(clusters)))


def fail_safe_of(values, most=50, least=0):
    array = np.array(values)
    return FailSafe(array.reshape(len(array), -1), least, most, "size", 0.05, 1000, 0)


def test_fail_safe__interval_is_of_order_statistics():
    found = fail_safe_of([10, 2, 7, 4, 9, 1, 3, 8, 6, 50])
    assert found.median.tolist() == [6.5]
    assert found.range.tolist() == [[1, 50]]
    assert found.interval.tolist() == [[2, 10]]  # second and ninth of ten
    assert found.coverage == pytest.approx(1 - 2 * 11 / 1024)
    assert found.reaches_most.sum() == 1


def test_fail_safe__interval_covers_the_median(rng):
    draws = rng.exponential(size=(800, 10))
    covered = []
    for values in draws[:, :, None]:
        low, high = FailSafe(values, 0, 99, "size", 0.05, 1000, 0).interval[0]
        covered.append(low <= np.log(2) <= high)
    # Of 800 sets the share that covers, give or take four standard errors.
    error = 4 * np.sqrt(0.9785 * 0.0215 / 800)
    assert abs(np.mean(covered) - 0.9785) < error


@pytest.mark.parametrize("n", [1, 3, 5, 6, 9, 20, 25])
def test_fail_safe__coverage_says_what_few_lists_cannot(n):
    found = fail_safe_of(np.arange(n))
    low, high = found.interval[0]
    assert found.coverage == pytest.approx(1 - 2 * stats.binom.cdf(low, n, 0.5))
    assert (found.coverage >= 0.95) == (n >= 6)
    assert low + high == n - 1


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"n_realisations": 0}, "'n_realisations' parameter of fail_safe must be a whole number"),
        ({"least": -1}, "'least' parameter of fail_safe must be a whole number of at least 0"),
        ({"least": 9, "most": 3}, r"must be at least as large as least \(9\). Got 3 instead"),
        ({"most": 0}, "'most' parameter of fail_safe must be a whole number of at least 1"),
        ({"level": "tfce"}, "'level' parameter of fail_safe must be 'voxel' or 'size' or 'mass'"),
        ({"alpha": 0.0}, "'alpha' parameter of fail_safe must be a number between 0 and 1"),
        ({"n_iterations": 3}, "the smallest p there can be is 0.25, above the alpha of 0.2"),
        ({"threads": 0}, "'threads' parameter of fail_safe must be a whole number"),
    ],
)
def test_fail_safe__refuses_in_one_sentence(corrected, given, sentence):
    with pytest.raises(ArgumentError, match=sentence):
        fail_safe(corrected, surviving(corrected, "size"), **{"alpha": ALPHA, **given})


def test_fail_safe__refuses_clusters_that_do_not_survive_without_noise(corrected):
    with pytest.raises(ArgumentError, match=r"not survive without noise \(p above 0.2, size"):
        fail_safe(corrected, corrected.clusters, ALPHA)


def test_fail_safe__refuses_nulls_it_cannot_give(pain21_histogram, box_result):
    bins = fwe(pain21_histogram, n_iterations=1)
    with pytest.raises(ArgumentError, match="correct a result of ALE"):
        fail_safe(bins, bins.clusters)
    far = fwe(box_result, n_iterations=1, cluster_forming_p=1e-9)
    with pytest.raises(ArgumentError, match="cluster-forming p of 1e-09; correct it with a larg"):
        fail_safe(far, far.clusters)


def test_fail_safe__of_no_cluster_is_empty(corrected):
    none = find_clusters(corrected.ale, 1.0)
    found = fail_safe(corrected, none, ALPHA, n_realisations=2, most=3)
    assert found.values.shape == (2, 0)
    assert found.interval.shape == (0, 2)


@pytest.mark.slow
def test_fail_safe__grows_with_the_experiments_that_converge():
    """More studies of the same place outlast more noise (Acar et al. 2018)."""
    mask = box_mask((30, 30, 30), edges_mm=(3.0, 3.0, 3.0))
    medians = []
    for n_converging in (4, 6, 9):
        rng = np.random.default_rng(3)
        studies = {}
        for i in range(12):
            foci = rng.uniform(0, 87, (5, 3)).round(1).tolist()
            studies[f"s{i}"] = [foci + [[45, 45, 45]] * (i < n_converging)]
        corrected = fwe(ALE(mask=mask).fit(studyset_of(studies)), n_iterations=500)
        clusters = find_clusters(corrected.surviving(), 0.0)
        at = clusters.labels[mask.position_of(np.array([[45.0, 45.0, 45.0]]))[0]]
        found = fail_safe(corrected, clusters, n_iterations=200, n_realisations=6)
        medians.append(float(found.median[at - 1]))
    assert medians == sorted(medians)
    assert medians[0] < medians[-1]
