"""The iterations of the Monte Carlo null, compiled and as plain Python."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from focale.inference.footprints import gaussian_footprint
from focale.kernels.montecarlo import (
    PAD,
    add_experiment,
    bound_experiment,
    choose_blocks,
    draw,
    high_product,
    iterate,
    iterate_pruned,
    largest_cluster,
    match_blocks,
    philox,
    raise_four,
    sum_block,
    survey,
    survey_blocks,
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


# ------------------------------------------------------------------------ random numbers

NUMBERS = [0, 1, 2, 2**32 - 1, 2**32, 2**32 + 1, 2**63, LARGEST - 1, LARGEST]


@both_ways(high_product, high_product.py_func)
def test_high_product__equals_the_product_of_whole_numbers(way, rng):
    random = rng.integers(0, LARGEST, size=(500, 2), dtype=np.uint64, endpoint=True).tolist()
    for a, b in [*itertools.product(NUMBERS, repeat=2), *random]:
        assert int(way(np.uint64(a), np.uint64(b))) == a * b >> 64


@both_ways(philox, philox.py_func)
def test_philox__equals_numpy(way, rng):
    shape = (200, 6)
    whole = rng.integers(0, LARGEST, size=shape, dtype=np.uint64, endpoint=True)
    small = rng.integers(0, 3, size=shape, dtype=np.uint64)
    ends = rng.choice(np.array([0, LARGEST], dtype=np.uint64), size=shape)
    for row in np.concatenate([whole, small, ends]):
        counter, key = row[:4].copy(), row[4:]
        out = np.empty(4, dtype=np.uint64)
        way(counter, key[0], key[1], out)
        assert out.tolist() == naive.philox(row[:4], key).tolist()
        assert counter.tolist() == row[:4].tolist()


def test_philox__equals_the_vectors_of_its_authors():
    # kat_vectors of Random123: philox4x64-10 of zeros, and of ones in every bit.
    out = np.empty(4, dtype=np.uint64)
    philox(np.zeros(4, dtype=np.uint64), np.uint64(0), np.uint64(0), out)
    assert [f"{number:016x}" for number in out.tolist()] == [
        "16554d9eca36314c",
        "db20fe9d672d0fdc",
        "d7e772cee186176b",
        "7e68b68aec7ba23b",
    ]
    philox(np.full(4, LARGEST, dtype=np.uint64), np.uint64(LARGEST), np.uint64(LARGEST), out)
    assert [f"{number:016x}" for number in out.tolist()] == [
        "87b092c3013fe90b",
        "438c3c67be8d0224",
        "9cc7d7c69cd777b6",
        "a09caebf594f0ba0",
    ]


def drawn(way, seed, stream, iteration, n_foci, n_choices):
    chosen = np.full(n_foci, -1, dtype=np.int64)
    way(np.uint64(seed), np.uint64(stream), np.uint64(iteration), n_choices, chosen)
    return chosen.tolist()


@both_ways(draw, draw.py_func)
@pytest.mark.parametrize("n_foci", [0, 1, 3, 4, 5, 8, 267])
def test_draw__equals_the_twin(way, n_foci):
    for seed, stream, iteration in [(0, 0, 0), (1, 0, 0), (7, 3, 9999), (LARGEST, LARGEST, 10**9)]:
        for n_choices in (1, 2, 97, 228_483, 2**40):
            ours = drawn(way, seed, stream, iteration, n_foci, n_choices)
            assert ours == naive.draw(seed, stream, iteration, n_foci, n_choices)


def test_draw__is_uniform():
    counts = np.zeros((2, 97), dtype=np.int64)
    for iteration in range(200):
        chosen = drawn(draw, 5, 0, iteration, 1000, 97)
        counts[0] += np.bincount(chosen, minlength=97)
        counts[1] += np.bincount(drawn(draw, 5, 1, iteration, 1000, 97), minlength=97)
    for of_stream in counts:
        assert 0.001 < stats.chisquare(of_stream).pvalue < 0.999


def test_draw__next_foci_next_iterations_and_next_streams_go_together_by_chance_only():
    first = np.array([drawn(draw, 5, 0, i, 200, 12) for i in range(200)])
    other = np.array([drawn(draw, 5, 1, i, 200, 12) for i in range(200)])
    pairs = {
        "focus": (first[:, 1:], first[:, :-1]),
        "iteration": (first[1:], first[:-1]),
        "stream": (first, other),
    }
    for a, b in pairs.values():
        together = np.bincount((12 * a + b).ravel(), minlength=144)
        assert 0.001 < stats.chisquare(together).pvalue < 0.999


def test_draw__more_foci_leave_the_first_where_they_are():
    assert drawn(draw, 3, 0, 17, 267, 1000)[:50] == drawn(draw, 3, 0, 17, 50, 1000)


def test_draw__is_another_with_another_seed_stream_or_iteration():
    keys = [(3, 0, 17), (4, 0, 17), (3, 1, 17), (3, 0, 18), (0, 3, 17), (17, 0, 3)]
    assert len({tuple(drawn(draw, *key, 8, 10**6)) for key in keys}) == len(keys)


# ------------------------------------------------------------------------ maps

SHAPE = (6, 7, 8)
EDGES = [(3, 5, 3), (1, 1, 1), (5, 3, 7), (9, 9, 9)]


def laid_out(footprints, dtype=np.int32):
    """words, starts and halves as the kernels want them."""
    padded = [np.pad(footprint, ((0, 0), (0, 0), (PAD, PAD))) for footprint in footprints]
    sizes = [footprint.size for footprint in padded]
    words = [np.zeros(0, dtype), *(footprint.ravel() for footprint in padded)]
    starts = np.cumsum([0, *sizes])[:-1]
    halves = np.array([[n // 2 for n in footprint.shape] for footprint in footprints])
    return np.concatenate(words).astype(dtype), starts, halves.reshape(-1, 3).astype(np.int64)


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


@both_ways(add_experiment, add_experiment.py_func)
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


@both_ways(survey, survey.py_func)
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


@both_ways(largest_cluster, largest_cluster.py_func)
@pytest.mark.parametrize("connectivity", [6, 18, 26])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.4, 1.0])
def test_largest_cluster__equals_scipy(way, connectivity, share, rng):
    earlier = earlier_neighbours(SHAPE, connectivity)
    label = np.zeros(np.prod([n + 1 for n in SHAPE]), dtype=np.int32)
    for _ in range(20 if way is largest_cluster else 3):
        volume = rng.integers(1, 50, size=SHAPE) * (rng.random(SHAPE) < share)
        voxels = flat_places(volume > 0)
        parent = np.full(voxels.size + 3, -9)
        found = way(voxels, volume[volume > 0], earlier, label, parent)
        everywhere = np.ones(SHAPE, dtype=bool)
        assert found == naive.cluster_extremes(volume, everywhere, 0, connectivity)
        assert not label.any()


@both_ways(largest_cluster, largest_cluster.py_func)
def test_largest_cluster__size_and_mass_may_be_of_different_clusters(way):
    voxels = flat_places(np.array([1, 1, 1, 0, 1], dtype=bool).reshape(1, 1, 5))
    label, parent = np.zeros(2 * 2 * 6, dtype=np.int32), np.empty(4, dtype=np.int64)
    values, earlier = np.array([1, 1, 1, 9]), earlier_neighbours((1, 1, 5), 6)
    assert way(voxels, values, earlier, label, parent) == (3, 9)


@both_ways(largest_cluster, largest_cluster.py_func)
def test_largest_cluster__joins_branches_that_meet_late(way):
    comb = np.zeros((1, 9, 9), dtype=bool)
    comb[0, ::2] = comb[0, :, 8] = True  # five teeth, which only the last column joins
    voxels = flat_places(comb)
    label, parent = np.zeros(2 * 10 * 10, dtype=np.int32), np.empty(voxels.size, dtype=np.int64)
    values, earlier = np.full(voxels.size, 2), earlier_neighbours(comb.shape, 6)
    found = way(voxels, values, earlier, label, parent)
    assert found == (voxels.size, 2 * voxels.size)


# ------------------------------------------------------------------------ iterations


def iterated(way, experiments, inside, threshold, connectivity, n, first=0, dtype=np.int32):
    """Maxima by the kernel; foci may fall on any voxel of the volume."""
    footprints = [footprint for experiment in experiments for footprint in experiment]
    words, starts, halves = laid_out(footprints, dtype)
    places = flat_places(inside)
    results = np.full((n, 3), -1, dtype=np.int64)
    way(
        np.uint64(11),
        np.uint64(2),
        first,
        np.argwhere(np.ones(SHAPE)),
        np.cumsum([0, *map(len, experiments)]),
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
    return naive.maxima(experiments, places, inside, threshold, connectivity, (11, 2), iterations)


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


def test_iterate__larger_words_give_the_same(footprints):
    args = [footprints[:4], footprints[4:]], MASKS["all voxels"], 60, 6, 100
    assert iterated(iterate, *args, dtype=np.int64) == iterated(iterate, *args)


def test_iterate__holds_sums_beyond_31_bits(footprints):
    huge = [footprint.astype(np.int64) << 26 for footprint in footprints]
    args = [[footprint] for footprint in huge], MASKS["all voxels"], 60 << 26, 6, 50
    found = iterated(iterate, *args, dtype=np.int64)
    assert found == twin_of(*args)
    assert max(largest for largest, _, _ in found) > 2**32


def test_iterate__above_every_value_there_is_no_cluster(footprints):
    found = iterated(iterate, [footprints], MASKS["all voxels"], 50, 26, 20)
    assert [row[1:] for row in found] == [[0, 0]] * 20
    assert all(0 < largest < 50 for largest, _, _ in found)


# ------------------------------------------------------------------------ blocks

BLOCKS = (2, 2, 3)
"""Blocks of 4 x 4 x 4 voxels that hold SHAPE and a blank voxel at the end of each axis."""

WHOLE = tuple(4 * n for n in BLOCKS)


def by_blocks(volume):
    """Shape (12, 64): the voxels of each block."""
    (x, y, z), edges = BLOCKS, (4, 4, 4)
    cut = volume.reshape(x, edges[0], y, edges[1], z, edges[2])
    return cut.transpose(0, 2, 4, 1, 3, 5).reshape(x * y * z, 64)


@pytest.fixture
def hills():
    """Footprints that fall off from their middle, of many widths and places in a voxel."""
    size, rng = (2.0, 2.5, 3.0), np.random.default_rng(3)
    shifts = [(0.0, 0.0, 0.0), (0.5, -0.5, 0.5), *rng.uniform(-0.5, 0.5, (8, 3)).tolist()]
    widths = [3.0, 9.0, 5.0, 4.1, 3.3, 7.0, 3.0, 6.2, 11.0, 3.5]
    return [gaussian_footprint(w, size, tuple(s)) for w, s in zip(widths, shifts, strict=True)]


@pytest.fixture
def thrown(hills, rng):
    """Ten foci of three experiments, one of which has none: their layout and their maps."""
    centres = np.column_stack([rng.integers(0, n, 10) for n in SHAPE])
    experiments = [hills[:4], [], hills[4:]]
    return laid_out(hills), centres, experiments, np.array([0] * 4 + [2] * 6)


@both_ways(bound_experiment, bound_experiment.py_func)
def test_bound_experiment__adds_the_largest_value_of_each_block(way, hills, rng):
    for _ in range(20):
        centres = np.column_stack([rng.integers(0, n, 10) for n in SHAPE])
        before = rng.integers(0, 1000, BLOCKS).astype(np.int32)
        after, own = before.copy(), np.zeros(BLOCKS, dtype=np.int32)
        way(*laid_out(hills), centres, after, own)
        expected = by_blocks(naive.experiment_map(hills, centres, WHOLE)).max(axis=1)
        assert (after - before).ravel().tolist() == expected.tolist()
        assert not own.any()


@both_ways(choose_blocks, choose_blocks.py_func)
def test_choose_blocks__numbers_those_above_the_level(way):
    bound, in_mask = np.array([5, 9, 7, 8, 5, 6]), np.array([0, 2, 3, 4, 5])
    slot, chosen = np.full(6, -1), np.full(5, -7)
    assert way(bound, in_mask, 5, slot, chosen) == 3
    assert chosen[:3].tolist() == [2, 3, 5]
    assert slot.tolist() == [-1, -1, 0, 1, -1, 2]


@both_ways(match_blocks, match_blocks.py_func)
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_match_blocks__lists_the_foci_of_each_block_in_order(way, thrown, share, rng):
    (_, _, halves), centres, _, _ = thrown
    slot = np.full(BLOCKS, -1)
    places = np.argwhere(rng.random(BLOCKS) < share)
    slot[tuple(places.T)] = rng.permutation(len(places))
    met, pairs = np.full((500, 2), -9), np.full(500, -9)
    pair_start = np.full(len(places) + 1, -9)
    way(halves, centres, slot, met, pair_start, pairs)
    expected = {
        int(slot[tuple(block)]): [
            f
            for f in range(10)
            if np.all(4 * block <= centres[f] + halves[f])
            and np.all(4 * block + 3 >= centres[f] - halves[f])
        ]
        for block in places
    }
    found = {
        b: pairs[pair_start[b] : pair_start[b + 1]].tolist() for b in range(len(pair_start) - 1)
    }
    assert found == expected


@both_ways(raise_four, raise_four.py_func)
def test_raise_four__keeps_the_larger_of_four(way):
    own, words = np.array([0, 5, 1, 7, 2, 9]), np.array([8, 8, 4, 4, 4, 4, 8])
    way(own, np.uint64(1), words, np.uint64(2))
    assert own.tolist() == [0, 5, 4, 7, 4, 9]


@both_ways(sum_block, sum_block.py_func)
def test_sum_block__equals_the_twin(way, thrown):
    layout, centres, experiments, owner = thrown
    expected = by_blocks(naive.log_sum(experiments, centres, WHOLE))
    for block, corner in enumerate(itertools.product((0, 4), (0, 4), (0, 4, 8))):
        low, high = centres - layout[2], centres + layout[2]
        reach = np.all((low <= np.add(corner, 3)) & (high >= corner), axis=1)
        own, log_sum = np.zeros(64, dtype=np.int32), np.full(64, -9, dtype=np.int32)
        way(corner, np.flatnonzero(reach), owner, *layout, centres, own, log_sum)
        assert log_sum.tolist() == expected[block].tolist()
        assert not own.any()


def members(inside):
    """Where the mask voxels of each block begin, their places in it and in the flat volume."""
    shape = tuple(n + 1 for n in SHAPE)
    flat, held = np.full(WHOLE, -1), np.zeros(WHOLE, dtype=bool)
    part = tuple(slice(n) for n in shape)
    flat[part] = np.arange(np.prod(shape)).reshape(shape)
    held[part] = np.pad(inside, ((0, 1), (0, 1), (0, 1)))
    flat, held = by_blocks(flat), by_blocks(held)
    starts = np.cumsum([0, *held.sum(axis=1)])
    return starts, np.nonzero(held)[1], flat[held]


@both_ways(survey_blocks, survey_blocks.py_func)
def test_survey_blocks__equals_the_twin(way, thrown):
    layout, centres, experiments, owner = thrown
    inside = MASKS["half of the voxels"]
    every = np.arange(12)
    slot, met, pairs = every.reshape(BLOCKS), np.empty((500, 2), int), np.empty(500, int)
    pair_start = np.empty(13, dtype=np.int64)
    match_blocks(layout[2], centres, slot, met, pair_start, pairs)
    total = np.pad(naive.log_sum(experiments, centres, SHAPE), ((0, 1), (0, 1), (0, 1))).ravel()
    places = flat_places(inside)
    threshold = int(np.median(total[places]))
    voxels, values = np.empty((2, places.size), dtype=np.int64)
    starts = pair_start, pairs, owner, *layout, centres
    blocks = np.array(BLOCKS)
    largest, n = way(every, *starts, *members(inside), blocks, threshold, voxels, values)
    assert largest == total[places].max()
    assert sorted(voxels[:n]) == places[total[places] > threshold].tolist()
    assert values[:n].tolist() == (total[voxels[:n]] - threshold).tolist()


def pruned(way, experiments, inside, threshold, connectivity, n):
    """Maxima by the pruned kernel, as `iterated` has them by the other."""
    results = np.full((n, 3), -1, dtype=np.int64)
    way(
        np.uint64(11),
        np.uint64(2),
        0,
        np.argwhere(np.ones(SHAPE)),
        np.cumsum([0, *map(len, experiments)]),
        *laid_out([footprint for experiment in experiments for footprint in experiment]),
        *members(inside),
        threshold,
        earlier_neighbours(SHAPE, connectivity),
        np.array(SHAPE) + 1,
        results,
    )
    return results.tolist()


@every_mask
@pytest.mark.parametrize("connectivity", [6, 18, 26])
def test_iterate_pruned__equals_the_twin(hills, inside, connectivity):
    experiments = [hills[:4], [], hills[4:5], hills[5:]]
    top = max(int(hill.max()) for hill in hills)
    for threshold in (-1, 0, top // 9, top // 3, top, 2**60):
        args = experiments, inside, threshold, connectivity, 40
        assert pruned(iterate_pruned, *args) == twin_of(*args)


def test_iterate_pruned__in_plain_python_equals_the_twin(hills):
    args = [hills[:4], [], hills[4:]], MASKS["half of the voxels"], 9_000_000, 26, 3
    assert pruned(iterate_pruned.py_func, *args) == twin_of(*args)
