"""One iteration of the Monte Carlo null: foci drawn at random, and what their map shows.

Every focus falls on a voxel drawn uniformly from the sampling mask, keeping its
footprint. The random numbers of an experiment are a function of seed, stream, number of the
iteration and the experiment alone (Philox 4x64-10, Salmon et al. 2011,
doi:10.1145/2063384.2063405), so any part of the iterations can be computed anywhere, in any
order, and in any company. All values are
whole numbers of the log lattice: the results are the same bits on any machine.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from llvmlite import ir
from numba import types

from focale._jit import Lanes, intrinsic, kernel, subkernel
from focale.typing import FloatArray, IntArray

# e experiments, f foci, t footprints, w words of all footprints, s sampling voxels,
# (x, y, z) voxels of the volume, v mask voxels, i iterations, n neighbours

PAD = 3
"""Zeros around a footprint, so that a block of four voxels an axis is read at once wherever
it begins."""

Words: TypeAlias = tuple[np.uint64, np.uint64, np.uint64, np.uint64]

BIT = ir.IntType(1)
INT32 = ir.IntType(32)
INT64 = ir.IntType(64)

# ------------------------------------------------------------------------ random numbers


def _emit_high_product(build: Any, a: Any, b: Any) -> Any:
    wide = ir.IntType(128)
    product = build.mul(build.zext(a, wide), build.zext(b, wide))
    return build.trunc(build.lshr(product, wide(64)), INT64)


@intrinsic(types.uint64, _emit_high_product)
def high_product(a: np.uint64, b: np.uint64) -> np.uint64:
    """Upper 64 bits of the product of two unsigned 64-bit numbers."""
    return np.uint64(int(a) * int(b) >> 64)


@subkernel
def philox(counter: Words, key_0: np.uint64, key_1: np.uint64) -> Words:
    """Four random 64-bit numbers of a counter of four and a key of two."""
    c0, c1, c2, c3 = counter
    for _ in range(10):
        h0 = high_product(np.uint64(0xD2E7470EE14C6C93), c0)
        l0 = np.uint64(0xD2E7470EE14C6C93) * c0
        h1 = high_product(np.uint64(0xCA5A826395121157), c2)
        l1 = np.uint64(0xCA5A826395121157) * c2
        c0, c1, c2, c3 = h1 ^ c1 ^ key_0, l1, h0 ^ c3 ^ key_1, l0
        key_0 += np.uint64(0x9E3779B97F4A7C15)
        key_1 += np.uint64(0xBB67AE8584CAA73B)
    return c0, c1, c2, c3


@subkernel
def draw(
    key_0: np.uint64,
    key_1: np.uint64,
    iteration: np.uint64,
    n_choices: int,
    offsets: IntArray,
    fingerprints: IntArray,
    chosen: IntArray,
) -> None:
    """Choose one of `n_choices` for each focus, uniformly.

    What is chosen for an experiment does not depend on the others.

    offsets : as in `random_map`
    fingerprints : shape (e,), uint64; no two alike
    chosen : shape (f,), filled with 0 ... n_choices - 1; each is as likely to within
        n_choices / 2^64
    """
    zero = np.uint64(0)
    for e in range(fingerprints.size):
        first, own = offsets[e], fingerprints[e]
        n = offsets[e + 1] - first
        for f in range(0, n, 4):
            numbers = philox((np.uint64(f // 4 + 1), own, iteration, zero), key_0, key_1)
            for k in range(min(4, n - f)):
                chosen[first + f + k] = high_product(numbers[k], np.uint64(n_choices))


# ------------------------------------------------------------------------ whole maps


@subkernel
def add_experiment(
    words: IntArray,
    starts: IntArray,
    halves: IntArray,
    centres: IntArray,
    log_sum: IntArray,
    own: IntArray,
) -> None:
    """Add the maximum of the footprints of one experiment to `log_sum`.

    words : shape (w,); all footprints, one after the other, each in C order, with `PAD`
        zeros between rows along z, between rows along y, and before and after it
    starts : shape (f,); where the first voxel of the footprint of each focus is
    halves : shape (f, 3); half widths of its box, in voxels
    centres : shape (f, 3); voxel of each focus, perhaps outside the volume
    log_sum : shape (x, y, z); changed
    own : shape (x, y, z); zeros, and zeros again at the end
    """
    size_x, size_y, size_z = log_sum.shape
    for clearing in (False, True):
        for f in range(starts.size):
            half_x, half_y, half_z = halves[f, 0], halves[f, 1], halves[f, 2]
            corner_x = centres[f, 0] - half_x
            corner_y = centres[f, 1] - half_y
            corner_z = centres[f, 2] - half_z
            edge_y, edge_z = 2 * half_y + 1, 2 * half_z + 1
            z_start, z_stop = max(corner_z, 0), min(corner_z + edge_z, size_z)
            if z_start >= z_stop:
                continue
            for x in range(max(corner_x, 0), min(corner_x + 2 * half_x + 1, size_x)):
                for y in range(max(corner_y, 0), min(corner_y + edge_y, size_y)):
                    mine = own[x, y, z_start:z_stop]
                    if clearing:
                        mine[:] = 0
                        continue
                    first = (x - corner_x) * (edge_y + PAD) + y - corner_y
                    first = first * (edge_z + PAD) - corner_z
                    row = words[starts[f] + first + z_start : starts[f] + first + z_stop]
                    total = log_sum[x, y, z_start:z_stop]
                    for k in range(row.size):
                        more = max(row[k] - mine[k], 0)
                        total[k] += more
                        mine[k] += more


@kernel
def random_map(
    key_0: np.uint64,
    key_1: np.uint64,
    iteration: np.uint64,
    sampling: IntArray,
    offsets: IntArray,
    fingerprints: IntArray,
    words: IntArray,
    starts: IntArray,
    halves: IntArray,
    chosen: IntArray,
    centres: IntArray,
    log_sum: IntArray,
    own: IntArray,
) -> None:
    """Sum over experiments of the whole map of one iteration.

    sampling : shape (s, 3); voxels a focus may fall on
    offsets : shape (e + 1,); experiment i has the foci `offsets[i]` to `offsets[i + 1]`
    fingerprints : as in `draw`
    words, starts, halves : as in `add_experiment`
    chosen, centres : shape (f,) and (f, 3), int64; overwritten with where the foci fall
    log_sum : shape (x, y, z), int64; overwritten
    own : shape (x, y, z), int32; zeros, and zeros again at the end
    """
    log_sum[:] = 0
    draw(key_0, key_1, iteration, sampling.shape[0], offsets, fingerprints, chosen)
    for f in range(starts.size):
        for axis in range(3):
            centres[f, axis] = sampling[chosen[f], axis]
    for e in range(offsets.size - 1):
        a, b = offsets[e], offsets[e + 1]
        add_experiment(words, starts[a:b], halves[a:b], centres[a:b], log_sum, own)


@subkernel
def survey(
    log_sum: IntArray,
    run_starts: IntArray,
    run_stops: IntArray,
    threshold: int,
    voxels: IntArray,
    values: IntArray,
) -> tuple[int, int]:
    """Largest value within the mask, and the voxels above a threshold.

    log_sum : shape (x, y, z), flattened
    run_starts, run_stops : runs of mask voxels, positions in the flat volume
    voxels, values : filled from the front with the voxels above the threshold
    """
    largest, n_above = 0, 0
    for r in range(run_starts.size):
        row = log_sum[run_starts[r] : run_stops[r]]
        top = row[0]
        for k in range(1, row.size):
            top = max(top, row[k])
        largest = max(largest, top)
        if top > threshold:
            for k in range(row.size):
                if row[k] > threshold:
                    voxels[n_above] = run_starts[r] + k
                    values[n_above] = row[k] - threshold
                    n_above += 1
    return largest, n_above


@subkernel
def root_of(parent: IntArray, i: int) -> int:
    """Root of the tree that `i` is in; `parent` as in `largest_cluster`."""
    while parent[i] >= 0:
        i = parent[i]
    return i


@subkernel
def largest_cluster(
    voxels: IntArray, values: IntArray, earlier: IntArray, label: IntArray, parent: IntArray
) -> tuple[int, int]:
    """Size and mass of the largest clusters of some voxels.

    voxels : shape (v,); positions in a flat volume, each once
    values : shape (v,); what each adds to the mass of its cluster; overwritten
    earlier : shape (n,); how far back in the flat volume the neighbours lie that come
        before a voxel. The volume ends in blank voxels on each axis, so that none is
        taken for a neighbour across an edge.
    label : zeros, one for each voxel of the volume, and zeros again at the end
    parent : shape (v,) or more; overwritten. A voxel's parent in the tree of its cluster;
        that of a root is below zero: how many voxels its cluster has, times -1.
    """
    for i in range(voxels.size):
        parent[i] = -1
        label[voxels[i]] = i + 1
    for i in range(voxels.size):
        root = root_of(parent, i)
        for n in range(earlier.size):
            other = label[voxels[i] - earlier[n]] - 1
            if other < 0:
                continue
            other = root_of(parent, other)
            if other == root:
                continue
            if parent[other] < parent[root]:  # the smaller joins the larger: low trees
                root, other = other, root
            parent[root] += parent[other]
            values[root] += values[other]
            parent[other] = root
    size, mass = 0, 0
    for i in range(voxels.size):
        label[voxels[i]] = 0
        if parent[i] < 0:
            size, mass = max(size, -parent[i]), max(mass, values[i])
    return size, mass


@kernel
def iterate(
    key_0: np.uint64,
    key_1: np.uint64,
    first: int,
    sampling: IntArray,
    offsets: IntArray,
    fingerprints: IntArray,
    words: IntArray,
    starts: IntArray,
    halves: IntArray,
    run_starts: IntArray,
    run_stops: IntArray,
    threshold: int,
    earlier: IntArray,
    shape: IntArray,
    results: IntArray,
) -> None:
    """Maxima of the iterations `first`, `first` + 1 ... of the null.

    sampling, offsets, fingerprints, words, starts, halves : as in `random_map`
    run_starts, run_stops, threshold : as in `survey`
    earlier : as in `largest_cluster`
    shape : shape (3,); of the volume, blank voxels at the ends included
    results : shape (i, 3); filled with the largest value, cluster size and cluster mass
    """
    log_sum = np.zeros((shape[0], shape[1], shape[2]), dtype=np.int64)
    own = np.zeros((shape[0], shape[1], shape[2]), dtype=np.int32)
    flat = log_sum.reshape(-1)
    label = np.zeros(flat.size, dtype=np.int32)
    n_mask = np.sum(run_stops - run_starts)
    voxels = np.empty(n_mask, dtype=np.int64)
    values = np.empty(n_mask, dtype=np.int64)
    parent = np.empty(n_mask, dtype=np.int64)
    chosen = np.empty(starts.size, dtype=np.int64)
    centres = np.empty((starts.size, 3), dtype=np.int64)
    for i in range(results.shape[0]):
        random_map(
            key_0,
            key_1,
            np.uint64(first + i),
            sampling,
            offsets,
            fingerprints,
            words,
            starts,
            halves,
            chosen,
            centres,
            log_sum,
            own,
        )
        largest, n = survey(flat, run_starts, run_stops, threshold, voxels, values)
        size, mass = largest_cluster(voxels[:n], values[:n], earlier, label, parent)
        results[i, 0], results[i, 1], results[i, 2] = largest, size, mass


# ------------------------------------------------------------------------ vector steps

BLOCK = Lanes(types.int32, 64)
"""The voxels of a block of 4 x 4 x 4."""

ROW = Lanes(types.float32, 8)
"""Eight blocks of a row along z, or the eight parts of 2 x 2 x 2 voxels of a block."""


def _vector(build: Any, array: Any, at: Any, n: int) -> Any:
    """Address of `n` elements of an array as one vector."""
    first = build.gep(array, [at])
    return build.bitcast(first, ir.VectorType(array.type.pointee, n).as_pointer())


def _shuffled(build: Any, a: Any, b: Any, order: list[int]) -> Any:
    return build.shuffle_vector(a, b, ir.Constant(ir.VectorType(INT32, len(order)), order))


def _spread(build: Any, number: Any, like: Any) -> Any:
    """A vector of one number, as many lanes as another."""
    one = ir.Constant(ir.VectorType(number.type, like.type.count), ir.Undefined)
    one = build.insert_element(one, number, INT32(0))
    return _shuffled(build, one, one, [0] * like.type.count)


def _is_float(lanes: Any) -> bool:
    return isinstance(lanes.type.element, ir.FloatType)


def _emit_read_block(build: Any, words: Any, at: Any, plane: Any, row: Any) -> Any:
    parts = []
    for i in range(4):
        for j in range(4):
            place = build.add(at, build.mul(plane, INT64(i)))
            place = build.add(place, build.mul(row, INT64(j)))
            parts.append(build.load(_vector(build, words, place, 4), align=4))
    while len(parts) > 1:
        order = list(range(2 * parts[0].type.count))
        pairs = zip(parts[::2], parts[1::2], strict=True)
        parts = [_shuffled(build, a, b, order) for a, b in pairs]
    return parts[0]


@intrinsic(BLOCK, _emit_read_block)
def read_block(words: IntArray, at: int, plane: int, row: int) -> Any:
    """4 x 4 x 4 words from `at` on, whose planes and rows lie so far apart."""
    i, j, k = np.arange(64) // 16, np.arange(64) // 4 % 4, np.arange(64) % 4
    return words[at + i * plane + j * row + k]


def _emit_write_block(build: Any, out: Any, lanes: Any) -> None:
    build.store(lanes, _vector(build, out, INT64(0), 64), align=4)


@intrinsic(types.none, _emit_write_block)
def write_block(out: IntArray, lanes: Any) -> None:
    """Overwrite an array of 64."""
    out[:] = lanes


@intrinsic(BLOCK, lambda _build: ir.Constant(ir.VectorType(INT32, 64), None))
def empty_block() -> Any:
    """A block of zeros."""
    return np.zeros(64, dtype=np.int32)


def _emit_read_row(build: Any, array: Any, at: Any) -> Any:
    return build.load(_vector(build, array, at, 8), align=4)


@intrinsic(ROW, _emit_read_row)
def read_row(array: FloatArray, at: int) -> Any:
    """Eight elements from `at` on."""
    return array[at : at + 8].copy()


def _emit_write_row(build: Any, array: Any, at: Any, lanes: Any) -> None:
    build.store(lanes, _vector(build, array, at, 8), align=4)


@intrinsic(types.none, _emit_write_row)
def write_row(array: FloatArray, at: int, lanes: Any) -> None:
    """Overwrite eight elements from `at` on."""
    array[at : at + 8] = lanes


@intrinsic(ROW, lambda _build: ir.Constant(ir.VectorType(ir.FloatType(), 8), None))
def empty_row() -> Any:
    """A row of zeros."""
    return np.zeros(8, dtype=np.float32)


def _emit_read_parts(build: Any, fine: Any, x: Any, y: Any, z: Any) -> Any:
    parts = []
    for at, order in ((x, [0] * 4 + [1] * 4), (y, [0, 0, 1, 1] * 2), (z, [0, 1] * 4)):
        two = build.load(_vector(build, fine, at, 2), align=4)
        parts.append(_shuffled(build, two, two, order))
    return build.fmul(build.fmul(parts[0], parts[1]), parts[2])


@intrinsic(ROW, _emit_read_parts)
def read_parts(fine: FloatArray, x: int, y: int, z: int) -> Any:
    """Products of two elements from `x`, two from `y` and two from `z` on."""
    along_x, along_y, along_z = (fine[at : at + 2] for at in (x, y, z))
    return (along_x[:, None, None] * along_y[:, None] * along_z).ravel()


@intrinsic(ROW, lambda build, lanes, n: build.fmul(lanes, _spread(build, n, lanes)))
def times(lanes: Any, n: np.float32) -> Any:
    """Each lane times a number."""
    return lanes * n


def _emit_larger(build: Any, a: Any, b: Any) -> Any:
    compare = build.fcmp_ordered if _is_float(a) else build.icmp_signed
    return build.select(compare(">", a, b), a, b)


@intrinsic(lambda a, _b: a, _emit_larger)
def larger(a: Any, b: Any) -> Any:
    """The larger of two in each lane."""
    return np.maximum(a, b)


@intrinsic(lambda a, _b: a, lambda build, a, b: (build.fadd if _is_float(a) else build.add)(a, b))
def plus(a: Any, b: Any) -> Any:
    """The sum of two in each lane."""
    return a + b


@intrinsic(lambda a, _b: a, lambda build, a, b: (build.fsub if _is_float(a) else build.sub)(a, b))
def minus(a: Any, b: Any) -> Any:
    """The difference of two in each lane."""
    return a - b


def _emit_kept(build: Any, lanes: Any, whether: Any) -> Any:
    whole = ir.VectorType(INT32, lanes.type.count)
    mask = _spread(build, build.sext(whether, INT32), lanes)
    return build.bitcast(build.and_(build.bitcast(lanes, whole), mask), lanes.type)


@intrinsic(lambda lanes, _whether: lanes, _emit_kept)
def kept(lanes: Any, whether: Any) -> Any:
    """The lanes themselves, or zeros. A branch would often be guessed wrong."""
    return lanes if whether else np.zeros_like(lanes)


def _emit_above(build: Any, lanes: Any, level: Any) -> Any:
    compare = build.fcmp_ordered if _is_float(lanes) else build.icmp_signed
    flags = compare(">", lanes, _spread(build, level, lanes))
    bits = build.bitcast(flags, ir.IntType(lanes.type.count))
    return bits if bits.type == INT64 else build.zext(bits, INT64)


@intrinsic(types.uint64, _emit_above)
def above(lanes: Any, level: Any) -> np.uint64:
    """Which lanes exceed a level of their type: one bit each, that of the first lowest."""
    return np.uint64(sum(1 << k for k in np.flatnonzero(lanes > level).tolist()))


@intrinsic(types.int64, lambda build, bits: build.cttz(bits, BIT(0)))
def lowest(bits: np.uint64) -> int:
    """Place of the lowest bit that is set, 64 if none is."""
    return (int(bits) & -int(bits)).bit_length() - 1 if bits else 64


@intrinsic(types.int64, lambda build, bits: build.ctpop(bits))
def count(bits: np.uint64) -> int:
    """How many bits are set."""
    return int(bits).bit_count()


def _emit_list_six(build: Any, bits: Any, first: Any, out: Any, at: Any) -> Any:
    for k in range(6):
        place = build.add(first, build.cttz(bits, BIT(0)))
        build.store(place, build.gep(out, [build.add(at, INT64(k))]))
        bits = build.and_(bits, build.sub(bits, INT64(1)))
    return bits


@intrinsic(types.uint64, _emit_list_six)
def list_six(bits: np.uint64, first: int, out: IntArray, at: int) -> np.uint64:
    """Write `first` + place of the six lowest bits to `out`, from `at` on.

    Where fewer are set, numbers without meaning are written for the others: that is quicker
    than to ask, as a processor guesses the answer wrong. Returns the other bits.
    """
    for k in range(6):
        out[at + k] = first + lowest(bits)
        bits &= bits - np.uint64(bits > 0)
    return bits


# ------------------------------------------------------------------------ bounds of blocks

CROWDED = 24
"""Foci of an experiment above which the sum of their bounds is too far from the maximum."""

LARGEST_INT32 = 2**31 - 1
LARGE = np.float32(2_000_000_000)
"""Bound below which sums are sure to fit 31 bits."""


@subkernel
def bound_experiment(
    near: FloatArray,
    kinds: IntArray,
    halves: IntArray,
    centres: IntArray,
    blocks: tuple[int, int, int, int],
    bound: FloatArray,
    own: FloatArray,
) -> None:
    """Add to the bound of each block the most one experiment can give a voxel of it.

    The footprints of few foci are added up, which takes half the time of their maximum and
    is seldom much more.

    near : shape (t, 3, 4, 8 n); bounds of each footprint in blocks: one factor for each axis
        and block, of which there are four sets, by where in a block the footprint begins
    kinds : shape (f,); footprint of each focus
    halves, centres : as in `add_experiment`
    blocks : number of blocks on each axis, and of blanks between rows along z
    bound : rows of blocks along z with blanks before, between and after; changed
    own : shape of `bound`; zeros, and zeros again at the end
    """
    n_x, n_y, n_z, blank = blocks
    pitch = n_z + blank
    crowded = kinds.size > CROWDED
    for moving in range(1 + crowded):
        for f in range(kinds.size):
            low_x = centres[f, 0] - halves[f, 0]
            low_y = centres[f, 1] - halves[f, 1]
            low_z = centres[f, 2] - halves[f, 2]
            first_x, first_y, first_z = low_x >> 2, low_y >> 2, low_z >> 2
            stop_x = min(((centres[f, 0] + halves[f, 0]) >> 2) + 1, n_x)
            stop_y = min(((centres[f, 1] + halves[f, 1]) >> 2) + 1, n_y)
            reach_z = ((centres[f, 2] + halves[f, 2]) >> 2) + 1 - first_z
            if first_z >= n_z or first_z + reach_z <= 0:
                continue
            near_x = near[kinds[f], 0, low_x & 3]
            near_y = near[kinds[f], 1, low_y & 3]
            near_z = near[kinds[f], 2, low_z & 3]
            for z in range(0, reach_z, 8):
                eight = read_row(near_z, z)
                for x in range(max(first_x, 0), stop_x):
                    at = (x * n_y + max(first_y, 0)) * pitch + blank + first_z + z
                    for y in range(max(first_y, 0), stop_y):
                        if moving:
                            write_row(bound, at, plus(read_row(bound, at), read_row(own, at)))
                            write_row(own, at, empty_row())
                        else:
                            weight = (
                                near_x[np.uint64(x - first_x)] * near_y[np.uint64(y - first_y)]
                            )
                            more = times(eight, weight)
                            if crowded:
                                write_row(own, at, larger(read_row(own, at), more))
                            else:
                                write_row(bound, at, plus(read_row(bound, at), more))
                        at += pitch


@subkernel
def choose_blocks(
    bound: FloatArray,
    level: np.float32,
    rows_inside: IntArray,
    blocks: tuple[int, int, int, int],
    chosen: IntArray,
) -> int:
    """List the blocks with voxels of the mask whose bound exceeds a level.

    bound, blocks : as in `bound_experiment`
    rows_inside : shape (x, y, b); bits of the blocks of each row that have voxels of the
        mask, eight a byte
    chosen : shape (c, 3); filled from the front with the places of the blocks, in C order

    Returns how many there are.
    """
    n_x, n_y, n_z, blank = blocks
    n, at = 0, blank
    for x in range(n_x):
        for y in range(n_y):
            for b in range(rows_inside.shape[2]):
                eight = above(read_row(bound, at + 8 * b), level)
                bits = eight & np.uint64(rows_inside[x, y, b])
                while bits:
                    chosen[n, 0], chosen[n, 1], chosen[n, 2] = x, y, 8 * b + lowest(bits)
                    bits &= bits - np.uint64(1)
                    n += 1
            at += n_z + blank
    return n


# ------------------------------------------------------------------------ sums in blocks


@subkernel
def mark_slabs(
    halves: IntArray, centres: IntArray, blocks: tuple[int, int, int, int], slabs: IntArray
) -> None:
    """Note the foci that reach each slab of blocks across each axis.

    halves, centres : as in `add_experiment`
    blocks : as in `bound_experiment`
    slabs : shape (3, n, b), uint64; overwritten, one bit a focus
    """
    slabs[:] = 0
    for f in range(centres.shape[0]):
        bit = np.uint64(1) << np.uint64(f & 63)
        for axis in range(3):
            first = max((centres[f, axis] - halves[f, axis]) >> 2, 0)
            last = min((centres[f, axis] + halves[f, axis]) >> 2, blocks[axis] - 1)
            for n in range(first, last + 1):
                slabs[axis, n, f >> 6] |= bit


@subkernel
def list_foci(slab_x: IntArray, slab_y: IntArray, slab_z: IntArray, reaching: IntArray) -> int:
    """List the foci that reach the block where three slabs meet, in their order.

    slab_x, slab_y, slab_z : shape (b,); as left by `mark_slabs`
    reaching : filled from the front; has room for six more

    Returns how many there are.
    """
    n = 0
    for b in range(slab_x.size):
        bits = slab_x[b] & slab_y[b] & slab_z[b]
        stop = n + count(bits)
        bits = list_six(bits, 64 * b, reaching, n)
        while bits:
            n += 6
            bits = list_six(bits, 64 * b, reaching, n)
        n = stop
    return n


@subkernel
def any_part_above(
    corner: tuple[int, int, int],
    reaching: IntArray,
    foci: IntArray,
    fine: FloatArray,
    level: np.float32,
) -> bool:
    """Whether the bound of any 2 x 2 x 2 voxels of a block exceeds a level.

    corner, reaching, foci : as in `sum_block`
    fine : pairs of factors for two neighbouring parts, flat, by footprint, axis and place
    """
    total, own, experiment = empty_row(), empty_row(), -1
    for n in range(reaching.size):
        f = reaching[n]
        before = kept(own, foci[f, 0] == experiment)
        experiment = foci[f, 0]
        x, y, z = foci[f, 4], foci[f, 5], foci[f, 6]
        more = read_parts(fine, x + 2 * corner[0], y + 2 * corner[1], z + 2 * corner[2])
        own = larger(more, before)
        total = plus(total, minus(own, before))
    return bool(above(total, level))


@subkernel
def sum_block(
    corner: tuple[int, int, int],
    reaching: IntArray,
    foci: IntArray,
    words: IntArray,
    level: np.int32,
    total: IntArray,
) -> np.uint64:
    """Sum over experiments of the maximum of their footprints, in one block.

    corner : first voxel of the block
    reaching : the foci that reach it, those of an experiment together
    foci : shape (f, 7); of each focus: its experiment; how far planes and rows of its
        footprint lie apart in `words`; where voxel (0, 0, 0) would be in `words`; and where
        it would be in `fine` of `any_part_above`, along each axis
    words : as in `add_experiment`
    total : shape (64,), int32; overwritten

    Returns bits of the voxels where the sum exceeds the level.
    """
    lanes, own, experiment = empty_block(), empty_block(), -1
    for n in range(reaching.size):
        f = reaching[n]
        before = kept(own, foci[f, 0] == experiment)
        experiment, plane, row = foci[f, 0], foci[f, 1], foci[f, 2]
        at = foci[f, 3] + corner[0] * plane + corner[1] * row + corner[2]
        own = larger(read_block(words, at, plane, row), before)
        lanes = plus(lanes, minus(own, before))
    write_block(total, lanes)
    return above(lanes, level)


@subkernel
def sum_large_block(
    corner: tuple[int, int, int],
    reaching: IntArray,
    foci: IntArray,
    words: IntArray,
    level: int,
    own: IntArray,
    total: IntArray,
) -> np.uint64:
    """As `sum_block`, for sums beyond 31 bits; `total` and `own` are int64, overwritten."""
    experiment = -1
    total[:] = 0
    for n in range(reaching.size):
        f = reaching[n]
        if foci[f, 0] != experiment:
            own[:] = 0
        experiment, plane, row = foci[f, 0], foci[f, 1], foci[f, 2]
        at = foci[f, 3] + corner[0] * plane + corner[1] * row + corner[2]
        for k in range(64):
            word = words[at + (k >> 4) * plane + ((k >> 2) & 3) * row + (k & 3)]
            more = max(word - own[k], 0)
            total[k] += more
            own[k] += more
    bits = np.uint64(0)
    for k in range(64):
        bits |= np.uint64(total[k] > level) << np.uint64(k)
    return bits


# ------------------------------------------------------------------------ iterations


class Plan(NamedTuple):
    """What the iterations of a null have in common.

    sampling, offsets, fingerprints, words, starts, halves : as in `random_map`
    kinds, near : as in `bound_experiment`
    fine : shape (t, 3, p, 2); as in `any_part_above`
    lift : shape (t,), float32; how far rounding may lift a footprint above its bound: 1 or 0
    corner : shape (3,); voxel of the volume where the first block begins
    inside : shape (x, y, z); bits of the voxels of the mask in each block
    rows_inside : as in `choose_blocks`
    """

    sampling: IntArray
    offsets: IntArray
    fingerprints: IntArray
    words: IntArray
    starts: IntArray
    halves: IntArray
    kinds: IntArray
    near: FloatArray
    fine: FloatArray
    lift: FloatArray
    corner: IntArray
    inside: IntArray
    rows_inside: IntArray


class Room(NamedTuple):
    """Arrays that an iteration works in, which it leaves as it wants them."""

    places: IntArray
    centres: IntArray
    foci: IntArray
    bound: FloatArray
    own_bound: FloatArray
    chosen: IntArray
    slabs: IntArray
    reaching: IntArray
    small: IntArray
    total: IntArray
    own: IntArray
    voxels: IntArray
    values: IntArray
    parent: IntArray
    label: IntArray


def blocks_of(plan: Plan) -> tuple[int, int, int, int]:
    """Number of blocks on each axis, and of blanks between rows along z."""
    n_x, n_y, n_z = plan.inside.shape
    return n_x, n_y, n_z, (2 * int(plan.halves[:, 2].max()) + PAD) // 4


def room_for(plan: Plan, n_voxels: int) -> Room:
    """Room for the iterations of a plan in a volume of so many voxels."""
    n_foci, n_blocks = plan.kinds.size, plan.inside.size
    n_x, n_y, n_z, blank = blocks_of(plan)
    n_bounds = n_x * n_y * (n_z + blank) + blank + 8
    rows, columns = (2 * plan.halves[:, 1:] + 1 + PAD).T
    foci = np.zeros((n_foci, 7), dtype=np.int64)
    foci[:, 0] = np.repeat(np.arange(plan.offsets.size - 1), np.diff(plan.offsets))
    foci[:, 1], foci[:, 2] = rows * columns, columns
    return Room(
        places=np.empty(n_foci, dtype=np.int64),
        centres=np.empty((n_foci, 3), dtype=np.int64),
        foci=foci,
        bound=np.zeros(n_bounds, dtype=np.float32),
        own_bound=np.zeros(n_bounds, dtype=np.float32),
        chosen=np.empty((n_blocks, 3), dtype=np.int64),
        slabs=np.empty((3, max(n_x, n_y, n_z), -(-n_foci // 64)), dtype=np.uint64),
        reaching=np.empty(n_foci + 6, dtype=np.int64),
        small=np.empty(64, dtype=np.int32),
        total=np.empty(64, dtype=np.int64),
        own=np.empty(64, dtype=np.int64),
        voxels=np.empty(64 * n_blocks, dtype=np.int64),
        values=np.empty(64 * n_blocks, dtype=np.int64),
        parent=np.empty(64 * n_blocks, dtype=np.int64),
        label=np.zeros(n_voxels, dtype=np.int32),
    )


@subkernel
def survey_blocks(
    n_chosen: int,
    level: int,
    least: np.float32,
    blocks: tuple[int, int, int, int],
    shape: IntArray,
    plan: Plan,
    room: Room,
) -> int:
    """Voxels of the mask above a level, in chosen blocks.

    n_chosen : how many blocks `choose_blocks` has listed in `room.chosen`
    level, least : the level for sums, and for bounds
    blocks : as in `bound_experiment`
    shape : shape (3,); of the volume
    room : as the other kernels leave it; its `voxels` and `values` are filled from the front
        with places in the flat volume and their sums

    Returns how many there are.
    """
    _, n_y, n_z, blank = blocks
    words, foci, fine, inside = plan.words, room.foci, plan.fine.reshape(-1), plan.inside
    slabs, small, total = room.slabs, room.small, room.total
    voxels, values, corner = room.voxels, room.values, plan.corner
    small_level = np.int32(min(level, LARGEST_INT32))
    n_above = 0
    for b in range(n_chosen):
        x, y, z = room.chosen[b, 0], room.chosen[b, 1], room.chosen[b, 2]
        first = (4 * x, 4 * y, 4 * z)
        n = list_foci(slabs[0, x], slabs[1, y], slabs[2, z], room.reaching)
        reaching = room.reaching[:n]
        if not any_part_above(first, reaching, foci, fine, least):
            continue
        if room.bound[(x * n_y + y) * (n_z + blank) + blank + z] < LARGE:
            bits = sum_block(first, reaching, foci, words, small_level, small)
            for k in range(64):
                total[k] = small[k]
        else:
            bits = sum_large_block(first, reaching, foci, words, level, room.own, total)
        bits &= inside[x, y, z]
        while bits:
            k = lowest(bits)
            bits &= bits - np.uint64(1)
            row = (corner[0] + first[0] + (k >> 4)) * shape[1]
            row = (row + corner[1] + first[1] + ((k >> 2) & 3)) * shape[2]
            voxels[n_above] = row + corner[2] + first[2] + (k & 3)
            values[n_above] = total[k]
            n_above += 1
    return n_above


@subkernel
def place_foci(
    places: IntArray,
    sampling: IntArray,
    corner: IntArray,
    starts: IntArray,
    halves: IntArray,
    kinds: IntArray,
    n_fine: int,
    centres: IntArray,
    foci: IntArray,
) -> None:
    """Where the foci are that fall on the voxels `places` of the sampling mask.

    corner : as in `survey_blocks`
    starts, halves, kinds : as in `add_experiment` and `bound_experiment`
    n_fine : places of an axis in `fine` of `any_part_above`
    centres : shape (f, 3); overwritten, counted from the corner
    foci : as in `sum_block`; what depends on the voxel is overwritten
    """
    corner_x, corner_y, corner_z = corner[0], corner[1], corner[2]
    for f in range(places.size):  # nothing else: many reads from memory are then under way
        place = np.uint64(places[f])
        centres[f, 0] = sampling[place, 0] - corner_x
        centres[f, 1] = sampling[place, 1] - corner_y
        centres[f, 2] = sampling[place, 2] - corner_z
    for f in range(places.size):
        at = starts[f]
        for axis in range(3):
            back = halves[f, axis] - centres[f, axis]
            at += back * (foci[f, 1 + axis] if axis < 2 else 1)
            foci[f, 4 + axis] = 2 * (n_fine * (3 * kinds[f] + axis) + back + PAD)
        foci[f, 3] = at


@subkernel
def survey_pruned(
    threshold: int, blocks: tuple[int, int, int, int], shape: IntArray, plan: Plan, room: Room
) -> tuple[int, int]:
    """Largest value within the mask, and the voxels above a threshold.

    blocks, shape, plan, room : as in `survey_blocks`
    """
    bound, values = room.bound, room.values
    level, lift = threshold, plan.lift.max()
    while True:
        # rounding to whole numbers may lift the maximum of each experiment above its bound;
        # where it does not, a sum above the level is at least one more than it
        least = np.float32(level - lift * (plan.offsets.size - 1) + 0.5 * (1 - lift))
        n_chosen = choose_blocks(bound, least, plan.rows_inside, blocks, room.chosen)
        n_above = survey_blocks(n_chosen, level, least, blocks, shape, plan, room)
        if n_above > 0 or level <= 0:
            break
        highest = np.float32(0)
        for b in range(bound.size):
            highest = max(highest, bound[b])
        # the maximum may lie in any block with a larger bound
        level = min(level, int(highest)) * 3 // 4
    largest = 0
    for v in range(n_above):
        largest = max(largest, values[v])
        values[v] -= threshold
    return largest, n_above if level == threshold else 0


@kernel
def iterate_pruned(
    key_0: np.uint64,
    key_1: np.uint64,
    first: int,
    threshold: int,
    earlier: IntArray,
    shape: IntArray,
    blocks: tuple[int, int, int, int],
    plan: Plan,
    room: Room,
    results: IntArray,
) -> None:
    """As `iterate`, with exact values only in blocks that could exceed the threshold."""
    offsets, halves, kinds, centres = plan.offsets, plan.halves, plan.kinds, room.centres
    voxels, values = room.voxels, room.values
    for i in range(results.shape[0]):
        draw(
            key_0,
            key_1,
            np.uint64(first + i),
            plan.sampling.shape[0],
            offsets,
            plan.fingerprints,
            room.places,
        )
        place_foci(
            room.places,
            plan.sampling,
            plan.corner,
            plan.starts,
            halves,
            kinds,
            plan.fine.shape[2],
            centres,
            room.foci,
        )
        room.bound[:] = 0
        for e in range(offsets.size - 1):
            a, b = offsets[e], offsets[e + 1]
            bound_experiment(
                plan.near,
                kinds[a:b],
                halves[a:b],
                centres[a:b],
                blocks,
                room.bound,
                room.own_bound,
            )
        mark_slabs(halves, centres, blocks, room.slabs)
        largest, n = survey_pruned(threshold, blocks, shape, plan, room)
        size, mass = largest_cluster(voxels[:n], values[:n], earlier, room.label, room.parent)
        results[i, 0], results[i, 1], results[i, 2] = largest, size, mass


# ------------------------------------------------------------------------ whole maps, by planes


def _emit_raise(n: int) -> Any:
    def emit(build: Any, words: Any, at: Any, own: Any, total: Any, place: Any) -> None:
        mine, sums = _vector(build, own, place, n), _vector(build, total, place, n)
        before = build.load(mine, align=4)
        more = build.sub(build.load(_vector(build, words, at, n), align=4), before)
        zeros = ir.Constant(more.type, None)
        more = build.select(build.icmp_signed(">", more, zeros), more, zeros)
        build.store(build.add(before, more), mine, align=4)
        build.store(build.add(build.load(sums, align=4), more), sums, align=4)

    return emit


def _emit_clear(n: int) -> Any:
    def emit(build: Any, array: Any, at: Any) -> None:
        zeros = ir.Constant(ir.VectorType(INT32, n), None)
        build.store(zeros, _vector(build, array, at, n), align=4)

    return emit


def _raised(n: int, words: IntArray, at: int, own: IntArray, total: IntArray, place: int) -> None:
    more = np.maximum(words[at : at + n] - own[place : place + n], 0)
    own[place : place + n] += more
    total[place : place + n] += more


@intrinsic(types.none, _emit_raise(8))
def raise_eight(words: IntArray, at: int, own: IntArray, total: IntArray, place: int) -> None:
    """Raise eight elements of `own` to those of `words`, and `total` by as much."""
    _raised(8, words, at, own, total, place)


@intrinsic(types.none, _emit_raise(4))
def raise_four(words: IntArray, at: int, own: IntArray, total: IntArray, place: int) -> None:
    """As `raise_eight`, for four elements."""
    _raised(4, words, at, own, total, place)


@intrinsic(types.none, _emit_clear(8))
def clear_eight(array: IntArray, at: int) -> None:
    """Eight zeros from `at` on."""
    array[at : at + 8] = 0


@intrinsic(types.none, _emit_clear(4))
def clear_four(array: IntArray, at: int) -> None:
    """Four zeros from `at` on."""
    array[at : at + 4] = 0


@subkernel
def add_to_plane(
    x: int,
    words: IntArray,
    starts: IntArray,
    halves: IntArray,
    centres: IntArray,
    pitch: int,
    log_sum: IntArray,
    own: IntArray,
) -> None:
    """As `add_experiment`, for one plane of a volume so wide that no footprint leaves it.

    Rows are read in fours, with up to three of the zeros behind them.

    x : which plane
    words, starts, halves, centres : as in `add_experiment`
    pitch : voxels of a row along z
    log_sum, own : the plane, flattened
    """
    for clearing in (False, True):
        for f in range(starts.size):
            plane = x - centres[f, 0] + halves[f, 0]
            if plane < 0 or plane > 2 * halves[f, 0]:
                continue
            edge_y, edge_z = 2 * halves[f, 1] + 1, 2 * halves[f, 2] + 1
            n = (edge_z + 3) // 4 * 4
            eights = n // 8 * 8
            at = starts[f] + plane * (edge_y + PAD) * (edge_z + PAD)
            place = (centres[f, 1] - halves[f, 1]) * pitch + centres[f, 2] - halves[f, 2]
            for _ in range(edge_y):
                if clearing:
                    for k in range(0, eights, 8):
                        clear_eight(own, place + k)
                    if n > eights:
                        clear_four(own, place + eights)
                else:
                    for k in range(0, eights, 8):
                        raise_eight(words, at + k, own, log_sum, place + k)
                    if n > eights:
                        raise_four(words, at + eights, own, log_sum, place + eights)
                at += edge_z + PAD
                place += pitch


def _emit_survey_eight(
    build: Any, row: Any, at: Any, observed: Any, levels: Any, counts: Any, first: Any
) -> Any:
    values = build.load(_vector(build, row, at, 8), align=4)
    own = build.load(_vector(build, observed, first, 8), align=4)
    place = _vector(build, counts, first, 8)
    as_large = build.zext(build.icmp_signed(">=", values, own), values.type)
    build.store(build.add(build.load(place, align=4), as_large), place, align=4)
    level = build.load(_vector(build, levels, first, 8), align=4)
    bits = build.bitcast(build.icmp_signed(">", values, level), ir.IntType(8))
    return build.zext(bits, INT64)


@intrinsic(types.uint64, _emit_survey_eight)
def survey_eight(
    row: IntArray, at: int, observed: IntArray, levels: IntArray, counts: IntArray, first: int
) -> np.uint64:
    """Raise counts where eight values are as large as observed; which ones exceed their level.

    row, at : the values, from `at` on
    observed, levels, counts, first : what they are compared with, from `first` on

    Returns a bit for each value, that of the first lowest.
    """
    values = row[at : at + 8]
    counts[first : first + 8] += values >= observed[first : first + 8]
    exceeding = np.flatnonzero(values > levels[first : first + 8])
    return np.uint64(sum(1 << k for k in exceeding.tolist()))


@subkernel
def survey_run(
    log_sum: IntArray,
    start: int,
    stop: int,
    first: int,
    observed: IntArray,
    thresholds: IntArray,
    n_as_large: IntArray,
    n_above: int,
    positions: IntArray,
    values: IntArray,
) -> int:
    """Survey one run of mask voxels, from `start` to `stop` in a plane.

    first : position of the run in mask order
    n_above : how many voxels are listed before
    others : as in `survey_planes`

    Returns how many are listed after.
    """
    place, back = start, first - start
    while place + 8 <= stop:
        bits = survey_eight(log_sum, place, observed, thresholds, n_as_large, place + back)
        while bits:
            k = place + lowest(bits)
            bits &= bits - np.uint64(1)
            positions[n_above], values[n_above] = k + back, log_sum[k]
            n_above += 1
        place += 8
    for k in range(place, stop):
        n_as_large[k + back] += log_sum[k] >= observed[k + back]
        if log_sum[k] > thresholds[k + back]:
            positions[n_above], values[n_above] = k + back, log_sum[k]
            n_above += 1
    return n_above


@kernel
def survey_planes(
    key_0: np.uint64,
    key_1: np.uint64,
    iteration: np.uint64,
    sampling: IntArray,
    corner: IntArray,
    offsets: IntArray,
    fingerprints: IntArray,
    words: IntArray,
    starts: IntArray,
    halves: IntArray,
    chosen: IntArray,
    centres: IntArray,
    pitch: int,
    log_sum: IntArray,
    own: IntArray,
    runs: IntArray,
    observed: IntArray,
    thresholds: IntArray,
    n_as_large: IntArray,
    positions: IntArray,
    values: IntArray,
) -> int:
    """Count where the map of one iteration is as large as an observed one, and list its heights.

    The map is that of `random_map`, of which only one plane is there at a time: it stays in
    the fastest memory, and no volume has to be cleared.

    sampling, offsets, fingerprints, words, starts, halves, chosen, centres : as in `random_map`
    corner : shape (3,); voxel with which the wide volume begins
    pitch, log_sum, own : as in `add_to_plane`, with room for three more voxels; zeros, and zeros
        again at the end
    runs : shape (n, 3); runs of mask voxels in mask order: plane, start and stop in the plane
    observed, thresholds : shape (v,), in mask order
    n_as_large : shape (v,); raised by 1 where the map is at least as large as `observed`
    positions, values : shape (v,); filled from the front with voxels above their threshold,
        in mask order, and their values

    Returns how many these are.
    """
    draw(key_0, key_1, iteration, sampling.shape[0], offsets, fingerprints, chosen)
    for f in range(starts.size):
        for axis in range(3):
            centres[f, axis] = sampling[chosen[f], axis] - corner[axis]
    n_above, first, r = 0, 0, 0
    while r < runs.shape[0]:
        x = runs[r, 0]
        for e in range(offsets.size - 1):
            a, b = offsets[e], offsets[e + 1]
            add_to_plane(x, words, starts[a:b], halves[a:b], centres[a:b], pitch, log_sum, own)
        while r < runs.shape[0] and runs[r, 0] == x:
            start, stop = runs[r, 1], runs[r, 2]
            n_above = survey_run(
                log_sum,
                start,
                stop,
                first,
                observed,
                thresholds,
                n_as_large,
                n_above,
                positions,
                values,
            )
            first, r = first + stop - start, r + 1
        log_sum[:] = 0
    return n_above
