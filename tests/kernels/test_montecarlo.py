"""The iterations of the Monte Carlo null, compiled and as plain Python."""

from __future__ import annotations

import itertools

import numba
import numpy as np
import pytest
from scipy import stats

from focale.inference.footprints import gaussian_footprint
from focale.inference.null_footprints import null_footprints
from focale.kernels.montecarlo import (
    CROWDED,
    PAD,
    Plan,
    above,
    add_experiment,
    any_part_above,
    blocks_of,
    bound_experiment,
    choose_blocks,
    count,
    draw,
    empty_block,
    empty_row,
    high_product,
    iterate,
    iterate_pruned,
    kept,
    larger,
    largest_cluster,
    list_foci,
    list_six,
    lowest,
    mark_slabs,
    minus,
    philox,
    place_foci,
    plus,
    random_map,
    read_block,
    read_parts,
    read_row,
    room_for,
    root_of,
    sum_block,
    sum_large_block,
    survey,
    survey_blocks,
    survey_pruned,
    times,
    write_block,
    write_row,
)
from tests.naive import montecarlo as naive

LARGEST = 2**64 - 1


@pytest.fixture(autouse=True)
def _products_may_wrap_around():
    """In plain Python numpy warns of it; here it is meant."""
    with np.errstate(over="ignore"):
        yield


def both_ways(compiled, python):
    return pytest.mark.parametrize("way", [compiled, python], ids=["compiled", "python"])


def whole(sub):
    """A kernel that Python can call, of one that only kernels call."""

    def call(*arguments):
        return sub(*arguments)

    return numba.njit(call, error_model="numpy")


# ------------------------------------------------------------------------ random numbers

NUMBERS = [0, 1, 2, 2**32 - 1, 2**32, 2**32 + 1, 2**63, LARGEST - 1, LARGEST]


@both_ways(whole(high_product), high_product)
def test_high_product__equals_the_product_of_whole_numbers(way, rng):
    random = rng.integers(0, LARGEST, size=(500, 2), dtype=np.uint64, endpoint=True).tolist()
    for a, b in [*itertools.product(NUMBERS, repeat=2), *random]:
        assert int(way(np.uint64(a), np.uint64(b))) == a * b >> 64


@both_ways(whole(philox), philox.py_func)
def test_philox__equals_numpy(way, rng):
    shape = (200, 6)
    whole = rng.integers(0, LARGEST, size=shape, dtype=np.uint64, endpoint=True)
    small = rng.integers(0, 3, size=shape, dtype=np.uint64)
    ends = rng.choice(np.array([0, LARGEST], dtype=np.uint64), size=shape)
    for row in np.concatenate([whole, small, ends]):
        counter, key = row[:4], row[4:]
        assert list(way(tuple(counter), key[0], key[1])) == naive.philox(counter, key).tolist()


def test_philox__equals_the_vectors_of_its_authors():
    # kat_vectors of Random123: philox4x64-10 of zeros, and of ones in every bit.
    zeros = whole(philox)((np.uint64(0),) * 4, np.uint64(0), np.uint64(0))
    assert [f"{number:016x}" for number in zeros] == [
        "16554d9eca36314c",
        "db20fe9d672d0fdc",
        "d7e772cee186176b",
        "7e68b68aec7ba23b",
    ]
    ones = whole(philox)((np.uint64(LARGEST),) * 4, np.uint64(LARGEST), np.uint64(LARGEST))
    assert [f"{number:016x}" for number in ones] == [
        "87b092c3013fe90b",
        "438c3c67be8d0224",
        "9cc7d7c69cd777b6",
        "a09caebf594f0ba0",
    ]


def names_of(experiments):
    """Some fingerprints, small and large."""
    return [(5 + 2**63 * (e % 2) + 977 * e) for e in range(len(experiments))]


def fingerprints_of(experiments):
    return np.array(names_of(experiments), dtype=np.uint64)


def drawn(way, seed, stream, iteration, names, counts, n_choices):
    chosen = np.full(sum(counts), -1, dtype=np.int64)
    key = np.uint64(seed), np.uint64(stream), np.uint64(iteration)
    way(*key, n_choices, np.cumsum([0, *counts]), np.array(names, dtype=np.uint64), chosen)
    return chosen.tolist()


@both_ways(whole(draw), draw.py_func)
@pytest.mark.parametrize("counts", [[], [0], [1], [3, 0, 4], [5, 8, 1, 1], [267, 2]], ids=str)
def test_draw__equals_the_twin(way, counts):
    names = [LARGEST, 0, 1, 2**63][: len(counts)]
    for seed, stream, iteration in [(0, 0, 0), (1, 0, 0), (7, 3, 9999), (LARGEST, LARGEST, 10**9)]:
        for n_choices in (1, 2, 97, 228_483, 2**40):
            ours = drawn(way, seed, stream, iteration, names, counts, n_choices)
            assert ours == naive.draw(seed, stream, iteration, names, counts, n_choices)


compiled_draw = whole(draw)


def test_draw__is_uniform():
    counts = np.zeros((2, 97), dtype=np.int64)
    for iteration in range(200):
        for stream in (0, 1):
            chosen = drawn(compiled_draw, 5, stream, iteration, range(100), [10] * 100, 97)
            counts[stream] += np.bincount(chosen, minlength=97)
    for of_stream in counts:
        assert 0.001 < stats.chisquare(of_stream).pvalue < 0.999


def test_draw__neighbours_in_every_respect_go_together_by_chance_only():
    def of(stream, i):
        return np.reshape(drawn(compiled_draw, 5, stream, i, range(20), [10] * 20, 12), (20, 10))

    first = np.array([of(0, i) for i in range(200)])
    other = np.array([of(1, i) for i in range(200)])
    pairs = {
        "focus": (first[:, :, 1:], first[:, :, :-1]),
        "experiment": (first[:, 1:], first[:, :-1]),
        "iteration": (first[1:], first[:-1]),
        "stream": (first, other),
    }
    for a, b in pairs.values():
        together = np.bincount((12 * a + b).ravel(), minlength=144)
        assert 0.001 < stats.chisquare(together).pvalue < 0.999


def test_draw__more_foci_leave_the_first_where_they_are():
    few, many = (drawn(compiled_draw, 3, 0, 17, [8], [n], 1000) for n in (50, 267))
    assert many[:50] == few


def test_draw__of_an_experiment_is_the_same_in_any_company():
    alone = drawn(compiled_draw, 3, 0, 17, [8], [6], 1000)
    among = drawn(compiled_draw, 3, 0, 17, [4, 8, 9], [5, 6, 3], 1000)
    assert among[5:11] == alone


def test_draw__is_another_with_another_seed_stream_iteration_or_experiment():
    keys = [(3, 0, 17, 9), (4, 0, 17, 9), (3, 1, 17, 9), (3, 0, 18, 9), (0, 3, 17, 9)]
    keys += [(17, 0, 3, 9), (3, 0, 17, 10), (3, 0, 9, 17)]
    found = {tuple(drawn(compiled_draw, *key[:3], key[3:], [8], 10**6)) for key in keys}
    assert len(found) == len(keys)


# ------------------------------------------------------------------------ maps

SHAPE = (6, 7, 8)
EDGES = [(3, 5, 3), (1, 1, 1), (5, 3, 7), (9, 9, 9)]


def laid_out(footprints):
    """words, starts and halves as the kernels want them."""
    words, starts, n = [np.zeros(0, np.int32)], [], 0
    for footprint in footprints:
        padded = np.pad(footprint, ((PAD, PAD + 1), (PAD, 0), (PAD, 0)))
        starts.append(n + int(np.ravel_multi_index((PAD, PAD, PAD), padded.shape)))
        words.append(padded.ravel())
        n += padded.size
    halves = np.array([[n // 2 for n in footprint.shape] for footprint in footprints])
    return (
        np.concatenate(words).astype(np.int32),
        np.array(starts, dtype=np.int64),
        halves.reshape(-1, 3).astype(np.int64),
    )


@pytest.fixture
def footprints(rng):
    """Ten footprints of four sizes, zeros among their values."""
    return [rng.integers(0, 50, size=EDGES[f % 4]).astype(np.int32) for f in range(10)]


CENTRES = {
    "inside": [[3, 3, 4], [2, 4, 4], [3, 3, 3]],
    "in the corners": list(itertools.product((0, 5), (0, 6), (0, 7))),
    "outside, some reaching in": [[-1, 3, 4], [3, -2, 4], [3, 3, -1], [6, 3, 4], [3, 3, 8]],
    "far away": [[10**6, 0, 0], [0, -(10**6), 0], [0, 0, 10**6]],
    "at one place": [[3, 3, 4]] * 6,
    "none": [],
}


@both_ways(whole(add_experiment), add_experiment.py_func)
@pytest.mark.parametrize("centres", CENTRES.values(), ids=CENTRES.keys())
def test_add_experiment__adds_the_largest_of_its_footprints(way, footprints, centres, rng):
    before = rng.integers(0, 1000, size=SHAPE).astype(np.int32)
    after, own = before.copy(), np.zeros(SHAPE, dtype=np.int32)
    used = footprints[: len(centres)]
    words, starts, halves = laid_out(used)
    way(words, starts, halves, np.array(centres, np.int64).reshape(-1, 3), after, own)
    near = [
        (f, c) for f, c in zip(used, centres, strict=True) if max(map(abs, c)) < 100
    ]  # the twin has no room for those far away, which leave nothing
    padded = naive.experiment_map(
        [f for f, _ in near], [[v + 9 for v in c] for _, c in near], ROOMY
    )
    expected = padded[9 : 9 + SHAPE[0], 9 : 9 + SHAPE[1], 9 : 9 + SHAPE[2]]
    np.testing.assert_array_equal(after - before, expected)
    assert not own.any()


ROOMY = tuple(n + 18 for n in SHAPE)


def flat_places(inside):
    """Places of mask voxels in the volume with a blank voxel at the end of each axis."""
    return np.flatnonzero(np.pad(inside, ((0, 1), (0, 1), (0, 1))))


def earlier_neighbours(shape, connectivity):
    _, y, z = (n + 1 for n in shape)
    axes = {6: 1, 18: 2, 26: 3}[connectivity]
    steps = itertools.product((-1, 0, 1), repeat=3)
    back = [-(i * y + j) * z - k for i, j, k in steps if 0 < abs(i) + abs(j) + abs(k) <= axes]
    return np.array([step for step in back if step > 0], dtype=np.int64)


MASKS = {
    "half of the voxels": np.random.default_rng(4).random(SHAPE) < 0.5,
    "all voxels": np.ones(SHAPE, dtype=bool),
    "the faces": np.pad(np.zeros([n - 2 for n in SHAPE], dtype=bool), 1, constant_values=True),
    "one voxel": np.arange(np.prod(SHAPE)).reshape(SHAPE) == 200,
    "the last voxel": np.arange(np.prod(SHAPE)).reshape(SHAPE) == np.prod(SHAPE) - 1,
    "a plane": np.arange(SHAPE[0])[:, None, None] * np.ones(SHAPE) == 0,
}
every_mask = pytest.mark.parametrize("inside", MASKS.values(), ids=MASKS.keys())


@both_ways(whole(survey), survey.py_func)
@every_mask
@pytest.mark.parametrize("threshold", [-1, 0, 30, 98, 10**6])
def test_survey__equals_numpy(way, inside, threshold, rng):
    volume = np.pad(rng.integers(0, 100, size=SHAPE).astype(np.int32), ((0, 1), (0, 1), (0, 1)))
    flat, places = volume.ravel(), flat_places(inside)
    voxels, values = np.full((2, places.size), -7, dtype=np.int64)
    ends = np.flatnonzero(np.diff(places) > 1)
    runs = places[np.r_[0, ends + 1]], places[np.r_[ends, -1]] + 1
    largest, n = way(flat, *runs, threshold, voxels, values)
    above = places[flat[places] > threshold]
    assert largest == flat[places].max()
    assert voxels[:n].tolist() == above.tolist()
    assert values[:n].tolist() == (flat[above] - threshold).tolist()


@both_ways(whole(root_of), root_of.py_func)
def test_root_of__goes_up_to_the_root(way):
    parent = np.array([2, -1, 4, 0, -4])
    assert [way(parent, i) for i in range(5)] == [4, 1, 4, 4, 4]


@both_ways(whole(largest_cluster), largest_cluster.py_func)
@pytest.mark.parametrize("connectivity", [6, 18, 26])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.4, 1.0])
def test_largest_cluster__equals_scipy(way, connectivity, share, rng):
    earlier = earlier_neighbours(SHAPE, connectivity)
    label = np.zeros(np.prod([n + 1 for n in SHAPE]), dtype=np.int32)
    for _ in range(10):
        volume = rng.integers(1, 50, size=SHAPE) * (rng.random(SHAPE) < share)
        voxels = flat_places(volume > 0)
        parent = np.full(voxels.size + 3, -9)
        found = way(voxels, volume[volume > 0], earlier, label, parent)
        everywhere = np.ones(SHAPE, dtype=bool)
        assert found == naive.cluster_extremes(volume, everywhere, 0, connectivity)
        assert not label.any()


@both_ways(whole(largest_cluster), largest_cluster.py_func)
def test_largest_cluster__size_and_mass_may_be_of_different_clusters(way):
    voxels = flat_places(np.array([1, 1, 1, 0, 1], dtype=bool).reshape(1, 1, 5))
    label, parent = np.zeros(2 * 2 * 6, dtype=np.int32), np.empty(4, dtype=np.int64)
    values, earlier = np.array([1, 1, 1, 9]), earlier_neighbours((1, 1, 5), 6)
    assert way(voxels, values, earlier, label, parent) == (3, 9)


@both_ways(whole(largest_cluster), largest_cluster.py_func)
def test_largest_cluster__joins_branches_that_meet_late(way):
    comb = np.zeros((1, 9, 9), dtype=bool)
    comb[0, ::2] = comb[0, :, 8] = True  # five teeth, which only the last column joins
    voxels = flat_places(comb)
    label, parent = np.zeros(2 * 10 * 10, dtype=np.int32), np.empty(voxels.size, dtype=np.int64)
    values, earlier = np.full(voxels.size, 2), earlier_neighbours(comb.shape, 6)
    found = way(voxels, values, earlier, label, parent)
    assert found == (voxels.size, 2 * voxels.size)


# ------------------------------------------------------------------------ iterations


def iterated(way, experiments, inside, threshold, connectivity, n, first=0):
    """Maxima by the kernel; foci may fall on any voxel of the volume."""
    footprints = [footprint for experiment in experiments for footprint in experiment]
    words, starts, halves = laid_out(footprints)
    places = flat_places(inside)
    results = np.full((n, 3), -1, dtype=np.int64)
    way(
        np.uint64(11),
        np.uint64(2),
        first,
        np.argwhere(np.ones(SHAPE)),
        np.cumsum([0, *map(len, experiments)]),
        fingerprints_of(experiments),
        words,
        starts,
        halves,
        places,
        places + 1,
        threshold,
        earlier_neighbours(SHAPE, connectivity),
        np.array(SHAPE) + 1,
        results,
    )
    return results.tolist()


def twin_of(experiments, inside, threshold, connectivity, n, first=0):
    places = np.argwhere(np.ones(SHAPE))
    iterations = range(first, first + n)
    names, key = names_of(experiments), (11, 2)
    return naive.maxima(
        experiments, names, places, inside, threshold, connectivity, key, iterations
    )


@every_mask
@pytest.mark.parametrize("connectivity", [6, 18, 26])
def test_iterate__equals_the_twin(footprints, inside, connectivity):
    experiments = [footprints[:4], [], footprints[4:5], footprints[5:]]
    for threshold in (0, 60, 110):
        args = experiments, inside, threshold, connectivity, 100
        assert iterated(iterate, *args) == twin_of(*args)


def test_iterate__in_plain_python_equals_the_twin(footprints):
    args = [footprints[:4], [], footprints[4:]], MASKS["half of the voxels"], 60, 18, 3
    assert iterated(iterate.py_func, *args) == twin_of(*args)


def test_iterate__begins_where_it_is_told(footprints):
    args = [footprints[:4], footprints[4:]], MASKS["half of the voxels"], 60, 6
    assert iterated(iterate, *args, 7, first=13) == twin_of(*args, 7, first=13)
    assert iterated(iterate, *args, 20)[13:] == iterated(iterate, *args, 7, first=13)


def test_iterate__holds_sums_beyond_31_bits(footprints):
    huge = [footprint << 24 for footprint in footprints]
    args = [[footprint] for footprint in huge * 3], MASKS["all voxels"], 60 << 24, 6, 50
    found = iterated(iterate, *args)
    assert found == twin_of(*args)
    assert max(largest for largest, _, _ in found) > 2**32


@both_ways(random_map, random_map.py_func)
def test_random_map__equals_the_twin(way, footprints):
    words, starts, halves = laid_out(footprints)
    chosen, centres = np.full(10, -9), np.full((10, 3), -9)
    places = np.argwhere(np.ones(SHAPE))
    experiments = [footprints[:4], [], footprints[4:]]
    log_sum, own = np.full(SHAPE, -9), np.zeros(SHAPE, dtype=np.int32)
    for iteration in (0, 5):
        of_each = names_of(experiments), [4, 0, 6]
        drawn = places[naive.draw(11, 2, iteration, *of_each, len(places))]
        way(
            np.uint64(11),
            np.uint64(2),
            np.uint64(iteration),
            places,
            np.array([0, 4, 4, 10]),
            fingerprints_of(experiments),
            words,
            starts,
            halves,
            chosen,
            centres,
            log_sum,
            own,
        )
        np.testing.assert_array_equal(centres, drawn)
        np.testing.assert_array_equal(log_sum, naive.log_sum(experiments, drawn, SHAPE))
        assert not own.any()


def test_iterate__above_every_value_there_is_no_cluster(footprints):
    found = iterated(iterate, [footprints], MASKS["all voxels"], 50, 26, 20)
    assert [row[1:] for row in found] == [[0, 0]] * 20
    assert all(0 < largest < 50 for largest, _, _ in found)


# ------------------------------------------------------------------------ vector steps


def summed_block(words, others, again, factor, out):
    one = read_block(words, 3, 40, 7)
    two = kept(read_block(others, 0, 16, 4), again)
    sum_of_three = plus(plus(empty_block(), larger(one, two)), minus(one, two))
    write_block(out, sum_of_three)
    return above(sum_of_three, factor)


def summed_row(values, again, factor, out):
    one, two = read_row(values, 5), kept(read_parts(values, 1, 7, 4), again)
    sum_of_three = plus(times(larger(one, two), factor), minus(plus(empty_row(), one), two))
    write_row(out, 2, sum_of_three)
    return above(sum_of_three, factor)


def listed_bits(bits, out):
    rest = list_six(bits, 100, out, 1)
    return lowest(bits), count(bits), rest


@both_ways(numba.njit(summed_block), summed_block)
@pytest.mark.parametrize("again", [True, False])
def test_steps__of_a_block_equal_numpy(way, again, rng):
    for _ in range(20):
        words = rng.integers(-(2**28), 2**28, 300).astype(np.int32)
        others = rng.integers(-(2**28), 2**28, 64).astype(np.int32)
        i, j, k = np.indices((4, 4, 4)).reshape(3, 64)
        one, two = words[3 + 40 * i + 7 * j + k], others * again
        expected = np.maximum(one, two) + one - two
        out = np.full(64, -9, dtype=np.int32)
        bits = way(words, others, again, np.int32(expected[7]), out)
        assert out.tolist() == expected.tolist()
        assert int(bits) == sum(1 << k for k in range(64) if expected[k] > expected[7])


@both_ways(numba.njit(summed_row), summed_row)
@pytest.mark.parametrize("again", [True, False])
def test_steps__of_a_row_equal_numpy(way, again, rng):
    for _ in range(20):
        values, factor = rng.random(20).astype(np.float32), np.float32(rng.random())
        one = values[5:13]
        two = [values[1 + i] * values[7 + j] * values[4 + k] for i, j, k in np.ndindex(2, 2, 2)]
        two = np.array(two) * again
        out = np.full(12, -9, dtype=np.float32)
        bits = way(values, again, factor, out)
        np.testing.assert_allclose(out[2:10], np.maximum(one, two) * factor + one - two, 1e-6)
        assert int(bits) == sum(1 << k for k in range(8) if out[2 + k] > factor)
        assert out[[0, 1, 10, 11]].tolist() == [-9] * 4


@both_ways(numba.njit(listed_bits), listed_bits)
def test_steps__of_bits_equal_python(way, rng):
    random = rng.integers(0, LARGEST, 50, dtype=np.uint64)
    sparse = random & rng.integers(0, LARGEST, 50, dtype=np.uint64) & random[::-1]
    for bits in [*random, *sparse, *(np.uint64(n) for n in [0, 1, 5, 2**63, LARGEST])]:
        places = [k for k in range(64) if int(bits) >> k & 1]
        out = np.full(10, -9)
        first, n, rest = way(bits, out)
        assert (first, n) == (places[0] if places else 64, len(places))
        assert out[1 : 1 + len(places[:6])].tolist() == [100 + k for k in places[:6]]
        assert int(rest) == sum(1 << k for k in places[6:])
        assert out[[0, 9]].tolist() == [-9, -9]


# ------------------------------------------------------------------------ blocks

COUNTS = (2, 2, 3)
"""Blocks of 4 x 4 x 4 voxels that hold SHAPE."""

WHOLE = tuple(4 * n for n in COUNTS)
CORNERS = list(itertools.product((0, 4), (0, 4), (0, 4, 8)))
SIZE_MM = (2.0, 2.5, 3.0)


def by_blocks(volume):
    """Shape (12, 64): the voxels of each block."""
    (x, y, z), edges = COUNTS, (4, 4, 4)
    cut = volume.reshape(x, edges[0], y, edges[1], z, edges[2])
    return cut.transpose(0, 2, 4, 1, 3, 5).reshape(x * y * z, 64)


@pytest.fixture
def kinds():
    """Widths and places within a voxel of ten footprints."""
    rng = np.random.default_rng(3)
    shifts = [(0.0, 0.0, 0.0), (0.5, -0.5, 0.5), *rng.uniform(-0.5, 0.5, (8, 3)).tolist()]
    return np.column_stack([[3.0, 9.0, 5.0, 4.1, 3.3, 7.0, 3.0, 6.2, 23.0, 3.5], shifts])


@pytest.fixture
def hills(kinds):
    """The footprints: they fall off from their middle."""
    return [gaussian_footprint(w, SIZE_MM, (x, y, z)) for w, x, y, z in kinds.tolist()]


@pytest.fixture
def layout(kinds):
    return null_footprints(kinds, SIZE_MM, len(kinds))


BLANK = 20


def bounds(way, layout, centres, n=1):
    """Bounds of blocks after an experiment of all foci was added n times."""
    bound = np.zeros(4 * (3 + BLANK) + BLANK + 8, dtype=np.float32)
    own = np.zeros_like(bound)
    every = np.tile(np.arange(10), n)
    for _ in range(2):
        way(
            layout.near,
            every,
            layout.halves[every],
            np.tile(centres, (n, 1)),
            (*COUNTS, BLANK),
            bound,
            own,
        )
    assert not own.any()
    return bound[BLANK : BLANK + 4 * (3 + BLANK)].reshape(4, -1)[:, :3].ravel()


def anywhere(rng):
    """Voxels in the volume and around it."""
    return np.column_stack([rng.integers(-3, n + 3, 10) for n in SHAPE])


def most_of_blocks(hills, centres):
    """The largest value the hills give to each block, and the sum of the largest of each."""
    roomy = tuple(n + 40 for n in WHOLE)
    part = tuple(slice(20, 20 + n) for n in WHOLE)
    each = [
        by_blocks(naive.experiment_map([h], [c + 20], roomy)[part]).max(axis=1)
        for h, c in zip(hills, centres, strict=True)
    ]
    return np.max(each, axis=0), np.sum(each, axis=0)


@both_ways(whole(bound_experiment), bound_experiment.py_func)
def test_bound_experiment__is_at_least_the_largest_value_of_each_block(way, layout, hills, rng):
    crowd = CROWDED // 10 + 1
    for _ in range(20):
        centres = anywhere(rng)
        most, added = most_of_blocks(hills, centres)
        found = bounds(way, layout, centres, crowd)
        assert np.all(found >= 2 * (most - 1.0))
        assert np.all(found <= 3.4 * most + 4)
        found = bounds(way, layout, centres)
        assert np.all(found >= 2 * (added - 10.0))
        assert np.all(found <= 3.4 * added + 40)


@both_ways(whole(choose_blocks), choose_blocks.py_func)
@pytest.mark.parametrize("n_z", [3, 8, 19])
def test_choose_blocks__lists_those_above_the_level(way, n_z, rng):
    bound = rng.integers(0, 9, 6 * (n_z + 2) + 2 + 8).astype(np.float32)
    inside = rng.random((3, 2, n_z)) < 0.7
    bits = np.packbits(inside, axis=2, bitorder="little")
    chosen = np.full((6 * n_z, 3), -9)
    n = way(bound, np.float32(4), bits, (3, 2, n_z, 2), chosen)
    volume = bound[2 : 2 + 6 * (n_z + 2)].reshape(3, 2, -1)[:, :, :n_z]
    assert chosen[:n].tolist() == np.argwhere(inside & (volume > 4)).tolist()


@both_ways(whole(mark_slabs), mark_slabs.py_func)
@pytest.mark.parametrize("n_foci", [1, 64, 100])
def test_mark_slabs__notes_the_foci_that_reach_a_slab(way, n_foci, rng):
    centres = rng.integers(-9, 20, (n_foci, 3))
    halves = rng.integers(0, 5, (n_foci, 3))
    slabs = np.full((3, 3, -(-n_foci // 64)), 7, dtype=np.uint64)
    way(halves, centres, (*COUNTS, BLANK), slabs)
    low, high = centres - halves, centres + halves
    for axis, n in [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2)]:
        bits = np.unpackbits(slabs[axis, n].astype("<u8").view(np.uint8), bitorder="little")
        reaching = (low[:, axis] <= 4 * n + 3) & (high[:, axis] >= 4 * n)
        assert np.flatnonzero(bits).tolist() == np.flatnonzero(reaching).tolist()


@both_ways(whole(list_foci), list_foci.py_func)
@pytest.mark.parametrize("share", [0.0, 0.1, 0.9, 1.0])
def test_list_foci__lists_those_of_all_three_slabs(way, share, rng):
    held = rng.random((3, 300)) < share ** (1 / 3)
    padded = np.zeros((3, 320), dtype=bool)
    padded[:, :300] = held
    slabs = np.packbits(padded, axis=1, bitorder="little").view("<u8").astype(np.uint64)
    reaching = np.full(300 + 6, -9)
    n = way(*slabs, reaching)
    assert reaching[:n].tolist() == np.flatnonzero(held.all(axis=0)).tolist()


OWNER = np.array([0] * 4 + [2] * 6)


def placed(way, layout, centres, corner=(0, 0, 0)):
    """centres and foci as kernels want them, of foci that fall on some voxels."""
    foci = np.full((10, 7), -9)
    foci[:, 0] = OWNER
    foci[:, 2] = 2 * layout.halves[:, 2] + 1 + PAD
    foci[:, 1] = (2 * layout.halves[:, 1] + 1 + PAD) * foci[:, 2]
    found = np.full((10, 3), -9)
    way(
        np.arange(10)[::-1].copy(),
        centres[::-1].astype(np.int16),
        np.array(corner),
        layout.starts,
        layout.halves,
        np.arange(10),
        layout.fine.shape[2],
        found,
        foci,
    )
    return found, foci


@both_ways(whole(place_foci), place_foci.py_func)
def test_place_foci__says_where_the_middle_of_each_footprint_is(way, layout, hills, rng):
    centres = np.column_stack([rng.integers(0, n, 10) for n in SHAPE])
    found, foci = placed(way, layout, centres, corner=(1, 2, 3))
    np.testing.assert_array_equal(found, centres - [1, 2, 3])
    at = foci[:, 3] + found[:, 0] * foci[:, 1] + found[:, 1] * foci[:, 2] + found[:, 2]
    assert layout.words[at].tolist() == [int(hill.max()) for hill in hills]
    spots = foci[:, 4:] // 2 + found
    fine = layout.fine.reshape(-1, 2)[spots]
    assert fine.prod(axis=1)[:, 0] == pytest.approx([hill.max() for hill in hills], rel=0.01)


def reaching(layout, centres, corner):
    low, high = centres - layout.halves, centres + layout.halves
    reach = np.all((low <= np.add(corner, 3)) & (high >= corner), axis=1)
    return np.flatnonzero(reach)


EXPERIMENTS = (slice(0, 4), slice(4, 4), slice(4, 10))


def sums_of_blocks(hills, centres):
    roomy = tuple(n + 40 for n in WHOLE)
    volume = naive.log_sum([hills[part] for part in EXPERIMENTS], centres + 20, roomy)
    return by_blocks(volume[tuple(slice(20, 20 + n) for n in WHOLE)])


@both_ways(whole(any_part_above), any_part_above.py_func)
def test_any_part_above__misses_no_part(way, layout, hills, rng):
    centres = np.column_stack([rng.integers(0, n, 10) for n in SHAPE])
    _, foci = placed(place_foci.py_func, layout, centres)
    expected = sums_of_blocks(hills, centres)
    for corner, sums in zip(CORNERS, expected, strict=True):
        foci_here = reaching(layout, centres, corner)
        arguments = corner, foci_here, foci, layout.fine.ravel()
        assert way(*arguments, np.float32(sums.max() - 3))
        assert not way(*arguments, np.float32(3 * sums.max() + 10))


@both_ways(whole(sum_block), sum_block.py_func)
def test_sum_block__equals_the_twin(way, layout, hills, rng):
    centres = np.column_stack([rng.integers(0, n, 10) for n in SHAPE])
    _, foci = placed(place_foci.py_func, layout, centres)
    for corner, sums in zip(CORNERS, sums_of_blocks(hills, centres), strict=True):
        total = np.full(64, -9, dtype=np.int32)
        level, here = int(np.median(sums)), reaching(layout, centres, corner)
        bits = way(corner, here, foci, layout.words, np.int32(level), total)
        assert total.tolist() == sums.tolist()
        assert int(bits) == sum(1 << k for k in range(64) if sums[k] > level)


@both_ways(whole(sum_large_block), sum_large_block.py_func)
def test_sum_large_block__holds_sums_beyond_31_bits(way, layout, hills):
    centres = np.full((10, 3), 3)
    _, foci = placed(place_foci.py_func, layout, centres)
    scale = (2**31 - 1) // layout.words.max()
    words = layout.words * scale
    largest = 0
    for corner, sums in zip(CORNERS, scale * sums_of_blocks(hills, centres), strict=True):
        total = np.full(64, -9)
        level, here = int(np.median(sums)), reaching(layout, centres, corner)
        own = np.full(64, -9)
        bits = way(corner, here, foci, words, level, own, total)
        assert total.tolist() == sums.tolist()
        assert int(bits) == sum(1 << k for k in range(64) if sums[k] > level)
        largest = max(largest, total.max())
    assert largest > 2**31


def plan_of(kinds, experiments, inside):
    """Plan of a null whose foci may fall on any voxel of the volume."""
    held = np.zeros(WHOLE, dtype=bool)
    held[tuple(slice(n) for n in SHAPE)] = inside
    bits = np.packbits(by_blocks(held), axis=1, bitorder="little").view("<u8")
    in_blocks = bits.astype(np.uint64).reshape(COUNTS)
    footprints = null_footprints(kinds, SIZE_MM, len(kinds))
    return Plan(
        **footprints._asdict(),
        sampling=np.argwhere(np.ones(SHAPE)).astype(np.int16),
        offsets=np.cumsum([0, *map(len, experiments)]),
        fingerprints=fingerprints_of(experiments),
        kinds=np.arange(len(kinds)),
        corner=np.zeros(3, dtype=np.int64),
        inside=in_blocks,
        rows_inside=np.packbits(in_blocks > 0, axis=2, bitorder="little"),
    )


def in_room(plan, centres):
    """Room for the plan, after foci fell on some voxels."""
    room = room_for(plan, int(np.prod(np.array(SHAPE) + 1)))
    room.centres[:] = centres
    places = np.ravel_multi_index(tuple(centres.T), SHAPE)
    fixed = plan.corner, plan.starts, plan.halves, plan.kinds, plan.fine.shape[2]
    place_foci.py_func(places, plan.sampling, *fixed, room.centres, room.foci)
    mark_slabs.py_func(plan.halves, room.centres, blocks_of(plan), room.slabs)
    return room


@both_ways(whole(survey_blocks), survey_blocks.py_func)
@pytest.mark.parametrize("bound", [0.0, 3e9], ids=["small sums", "large sums"])
def test_survey_blocks__equals_the_twin(way, kinds, hills, bound, rng):
    centres = np.column_stack([rng.integers(0, n, 10) for n in SHAPE])
    experiments, inside = [hills[part] for part in EXPERIMENTS], MASKS["half of the voxels"]
    plan = plan_of(kinds, experiments, inside)
    room = in_room(plan, centres)
    room.bound[:] = bound
    room.chosen[:12] = np.argwhere(np.ones(COUNTS))
    total = naive.log_sum(experiments, centres, SHAPE)
    total = np.pad(total, ((0, 1), (0, 1), (0, 1))).ravel()
    places = flat_places(inside)
    level = int(np.median(total[places]))
    n = way(12, level, np.float32(level - 3), blocks_of(plan), np.array(SHAPE) + 1, plan, room)
    assert sorted(room.voxels[:n]) == places[total[places] > level].tolist()
    assert room.values[:n].tolist() == total[room.voxels[:n]].tolist()


@both_ways(whole(survey_pruned), survey_pruned.py_func)
@pytest.mark.parametrize("quantile", [0.0, 0.9, 1.0, 2.0])
def test_survey_pruned__finds_the_largest_value_at_any_threshold(way, kinds, hills, quantile, rng):
    centres = np.column_stack([rng.integers(0, n, 10) for n in SHAPE])
    experiments, inside = [hills[part] for part in EXPERIMENTS], MASKS["half of the voxels"]
    plan = plan_of(kinds, experiments, inside)
    room, blocks = in_room(plan, centres), blocks_of(plan)
    for part in EXPERIMENTS:
        fixed = plan.near, plan.kinds[part], plan.halves[part], centres[part], blocks
        bound_experiment.py_func(*fixed, room.bound, room.own_bound)
    total = naive.log_sum(experiments, centres, SHAPE)[inside]
    threshold = int(np.quantile(total, min(quantile, 1.0)) * max(quantile, 1.0))
    largest, n = way(threshold, blocks, np.array(SHAPE) + 1, plan, room)
    assert largest == total.max()
    assert n == np.count_nonzero(total > threshold)
    assert sorted(room.values[:n]) == sorted((total - threshold)[total > threshold])


def pruned(way, kinds, experiments, inside, threshold, connectivity, n):
    """Maxima by the pruned kernel, as `iterated` has them by the other."""
    results = np.full((n, 3), -1, dtype=np.int64)
    plan, shape = plan_of(kinds, experiments, inside), np.array(SHAPE) + 1
    way(
        np.uint64(11),
        np.uint64(2),
        0,
        threshold,
        earlier_neighbours(SHAPE, connectivity),
        shape,
        blocks_of(plan),
        plan,
        room_for(plan, int(shape.prod())),
        results,
    )
    return results.tolist()


@every_mask
@pytest.mark.parametrize("connectivity", [6, 18, 26])
def test_iterate_pruned__equals_the_twin(kinds, hills, inside, connectivity):
    experiments = [hills[:4], [], hills[4:5], hills[5:]]
    top = max(int(hill.max()) for hill in hills)
    for threshold in (-1, 0, top // 9, top // 3, top, 2**60):
        args = experiments, inside, threshold, connectivity, 40
        assert pruned(iterate_pruned, kinds, *args) == twin_of(*args)


def test_iterate_pruned__in_plain_python_equals_the_twin(kinds, hills):
    args = [hills[:4], [], hills[4:]], MASKS["half of the voxels"], 9_000_000, 26, 3
    assert pruned(iterate_pruned.py_func, kinds, *args) == twin_of(*args)
