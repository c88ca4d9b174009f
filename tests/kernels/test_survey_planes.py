"""Random maps plane by plane against whole volumes, compiled and as plain Python."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from focale.kernels.montecarlo import (
    PAD,
    add_to_plane,
    clear_eight,
    clear_four,
    raise_eight,
    raise_four,
    survey_eight,
    survey_planes,
    survey_run,
)
from tests.naive import montecarlo as naive


@pytest.fixture(autouse=True)
def _products_may_wrap_around():
    """In plain Python numpy warns of it; here it is meant."""
    with np.errstate(over="ignore"):
        yield


def whole(sub):
    """A kernel that Python can call, of one that only kernels call."""

    def call(*arguments):
        return sub(*arguments)

    return numba.njit(call, error_model="numpy")


def both_ways(compiled, python):
    return pytest.mark.parametrize("way", [compiled, python], ids=["compiled", "python"])


def numbers(rng, n, high=1000):
    return rng.integers(0, high, n, dtype=np.int32)


@pytest.mark.parametrize(
    ("way", "n"),
    [(whole(raise_eight), 8), (raise_eight, 8), (whole(raise_four), 4), (raise_four, 4)],
)
def test_raise__lifts_own_to_the_words_and_the_total_by_as_much(way, n, rng):
    words, own, total = (numbers(rng, 30) for _ in range(3))
    mine, sums = own.copy(), total.copy()
    mine[5 : 5 + n] = np.maximum(own[5 : 5 + n], words[9 : 9 + n])
    sums += mine - own
    way(words, 9, own, total, 5)
    assert np.array_equal(own, mine)
    assert np.array_equal(total, sums)


@pytest.mark.parametrize(
    ("way", "n"),
    [(whole(clear_eight), 8), (clear_eight, 8), (whole(clear_four), 4), (clear_four, 4)],
)
def test_clear__leaves_zeros_and_nothing_else_changed(way, n, rng):
    array = numbers(rng, 20) + 1
    expected = array.copy()
    expected[3 : 3 + n] = 0
    way(array, 3)
    assert np.array_equal(array, expected)


@both_ways(whole(survey_eight), survey_eight)
def test_survey_eight__counts_ties_and_marks_what_exceeds(way, rng):
    row, observed, levels = numbers(rng, 20, 5), numbers(rng, 30, 5), numbers(rng, 30, 5)
    counts = numbers(rng, 30)
    expected = counts.copy()
    expected[11:19] += row[4:12] >= observed[11:19]
    bits = int(way(row, 4, observed, levels, counts, 11))
    assert np.array_equal(counts, expected)
    assert bits == sum(1 << k for k in range(8) if row[4 + k] > levels[11 + k])


@both_ways(whole(survey_run), survey_run.py_func)
@pytest.mark.parametrize("n", [1, 7, 8, 9, 16, 21])
def test_survey_run__lists_what_is_above_in_order(way, n, rng):
    plane, observed, levels = numbers(rng, 60, 6), numbers(rng, 90, 6), numbers(rng, 90, 6)
    counts = np.zeros(90, dtype=np.int32)
    positions, values = np.full((2, 90), -1, dtype=np.int64)
    found = way(plane, 10, 10 + n, 30, observed, levels, counts, 3, positions, values)
    run, place = plane[10 : 10 + n], slice(30, 30 + n)
    above = np.flatnonzero(run > levels[place])
    assert found == 3 + above.size
    assert positions[3:found].tolist() == (30 + above).tolist()
    assert values[3:found].tolist() == run[above].tolist()
    assert counts[place].tolist() == (run >= observed[place]).astype(int).tolist()
    assert counts.sum() == counts[place].sum()
    assert np.all(positions[:3] == -1)


def laid_out(footprints):
    """Words, starts and half widths of some footprints, as the null has them."""
    words, starts = [np.zeros(500, np.int32)], []
    for footprint in footprints:
        starts.append(sum(part.size for part in words))
        padded = np.pad(footprint, ((0, 0), (0, PAD), (0, PAD)))
        words += [padded.astype(np.int32).reshape(-1), np.zeros(500, np.int32)]
    halves = np.array([footprint.shape for footprint in footprints]) // 2
    return np.concatenate(words), np.array(starts), halves


@pytest.fixture
def footprints(rng):
    """Boxes whose rows take one, two, three and five steps of four voxels."""
    edges = [(3, 3, 3), (5, 3, 7), (3, 5, 11), (3, 3, 17)]
    return [rng.integers(1, 1000, edge).astype(np.int32) for edge in edges]


@both_ways(whole(add_to_plane), add_to_plane.py_func)
def test_add_to_plane__adds_the_maximum_of_an_experiment(way, footprints, rng):
    words, starts, halves = laid_out(footprints)
    shape = (12, 14, 30)
    centres = np.column_stack(
        [rng.integers(3, 9, 4), rng.integers(3, 11, 4), rng.integers(9, 18, 4)]
    )
    volume = naive.experiment_map(footprints, centres, shape)
    for x in range(shape[0]):
        before = numbers(rng, shape[1] * shape[2] + 3)
        log_sum, own = before.copy(), np.zeros_like(before)
        way(x, words, starts, halves, centres, shape[2], log_sum, own)
        assert np.array_equal((log_sum - before)[:-3].reshape(shape[1:]), volume[x])
        assert not own.any()


@both_ways(survey_planes, survey_planes.py_func)
def test_survey_planes__surveys_the_map_of_the_naive_twin(way, footprints, rng):
    words, starts, halves = laid_out(footprints)
    offsets, names = np.array([0, 2, 2, 4]), [5, 2**63 + 7, 11]
    inner = (8, 9, 10)
    inside = rng.random(inner) < 0.6
    sampling = np.argwhere(rng.random(inner) < 0.2).astype(np.int16) - 1  # outside the mask too
    reach = halves.max(axis=0)
    corner = -1 - reach
    shape = np.array(inner) + 1 + 2 * reach
    observed = rng.integers(0, 900, inside.sum()).astype(np.int32)
    levels = rng.integers(300, 900, inside.sum()).astype(np.int32)
    runs = []
    for x, y in np.ndindex(inner[:2]):
        row = np.flatnonzero(np.diff(np.pad(inside[x, y], 1).astype(int)))
        for start, stop in row.reshape(-1, 2):
            at = (y - corner[1]) * shape[2] - corner[2]
            runs.append((x - corner[0], at + start, at + stop))
    planes = np.zeros((2, shape[1] * shape[2] + 3), dtype=np.int32)
    counts = np.zeros(observed.size, dtype=np.int32)
    positions, values = np.empty((2, observed.size), dtype=np.int64)
    expected = np.zeros(observed.size, dtype=int)
    experiments = [footprints[:2], [], footprints[2:]]
    for iteration in range(5):
        n = way(
            *(np.uint64(3), np.uint64(1), np.uint64(iteration), sampling, corner, offsets),
            *(np.array(names, dtype=np.uint64), words, starts, halves),
            *(np.empty(4, dtype=np.int64), np.empty((4, 3), dtype=np.int64), int(shape[2])),
            *(planes[0], planes[1], np.array(runs), observed, levels, counts, positions, values),
        )
        chosen = naive.draw(3, 1, iteration, names, [2, 0, 2], len(sampling))
        total = naive.log_sum(experiments, [sampling[c] for c in chosen], inner)[inside]
        expected += total >= observed
        assert positions[:n].tolist() == np.flatnonzero(total > levels).tolist()
        assert values[:n].tolist() == total[total > levels].tolist()
        assert counts.tolist() == expected.tolist()
        assert not planes.any()
