"""One iteration of the Monte Carlo null: foci drawn at random, and what their map shows.

Every focus falls on a voxel drawn uniformly from the sampling mask, keeping its
footprint. The random numbers of an iteration are a function of seed, stream and number
of the iteration alone (Philox 4x64-10, Salmon et al. 2011, doi:10.1145/2063384.2063405),
so any part of the iterations can be computed anywhere, in any order. All values are
whole numbers of the log lattice: the results are the same bits on any machine.
"""

from __future__ import annotations

import numpy as np

from focale._jit import kernel
from focale.typing import IntArray

# e experiments, f foci, t footprints, w words of all footprints, s sampling voxels,
# (x, y, z) voxels of the volume, v mask voxels, i iterations, n neighbours

MASK32 = np.uint64(0xFFFFFFFF)
SHIFT32 = np.uint64(32)
PAD = 3
"""Zeros at the ends of the rows of a footprint, so that four voxels in a row of a block are
read at once wherever the block begins."""


@kernel
def high_product(a: np.uint64, b: np.uint64) -> np.uint64:
    """Upper 64 bits of the product of two unsigned 64-bit numbers."""
    a_low, a_high = a & MASK32, a >> SHIFT32
    b_low, b_high = b & MASK32, b >> SHIFT32
    low_low = a_low * b_low
    high_low = a_high * b_low
    low_high = a_low * b_high
    middle = (low_low >> SHIFT32) + (high_low & MASK32) + (low_high & MASK32)
    carried = (high_low >> SHIFT32) + (low_high >> SHIFT32) + (middle >> SHIFT32)
    return a_high * b_high + carried


@kernel
def philox(counter: IntArray, key_0: np.uint64, key_1: np.uint64, out: IntArray) -> None:
    """Four random 64-bit numbers of a counter and a key.

    counter : shape (4,), uint64; left as it is
    out : shape (4,), uint64; filled
    """
    c0, c1, c2, c3 = counter[0], counter[1], counter[2], counter[3]
    for _ in range(10):
        h0 = np.uint64(high_product(np.uint64(0xD2E7470EE14C6C93), c0))
        l0 = np.uint64(0xD2E7470EE14C6C93) * c0
        h1 = np.uint64(high_product(np.uint64(0xCA5A826395121157), c2))
        l1 = np.uint64(0xCA5A826395121157) * c2
        c0, c1, c2, c3 = h1 ^ c1 ^ key_0, l1, h0 ^ c3 ^ key_1, l0
        key_0 += np.uint64(0x9E3779B97F4A7C15)
        key_1 += np.uint64(0xBB67AE8584CAA73B)
    out[0], out[1], out[2], out[3] = c0, c1, c2, c3


@kernel
def draw(
    key_0: np.uint64, key_1: np.uint64, iteration: np.uint64, n_choices: int, chosen: IntArray
) -> None:
    """Choose one of `n_choices` for each focus, uniformly.

    chosen : shape (f,), filled with 0 ... n_choices - 1; each is as likely to within
        n_choices / 2^64
    """
    counter = np.zeros(4, dtype=np.uint64)
    numbers = np.empty(4, dtype=np.uint64)
    counter[2] = iteration
    for f in range(chosen.size):
        if f % 4 == 0:
            counter[0] = f // 4 + 1
            philox(counter, key_0, key_1, numbers)
        chosen[f] = high_product(numbers[f % 4], np.uint64(n_choices))


@kernel
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
        zeros at both ends of each row along z
    starts : shape (f,); where the footprint of each focus begins
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
                    first = (x - corner_x) * edge_y + y - corner_y
                    first = first * (edge_z + 2 * PAD) + PAD - corner_z
                    row = words[starts[f] + first + z_start : starts[f] + first + z_stop]
                    total = log_sum[x, y, z_start:z_stop]
                    for k in range(row.size):
                        more = max(row[k] - mine[k], 0)
                        total[k] += more
                        mine[k] += more


@kernel
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


@kernel
def largest_cluster(
    voxels: IntArray, values: IntArray, earlier: IntArray, label: IntArray, parent: IntArray
) -> tuple[int, int]:
    """Size and mass of the largest clusters of some voxels.

    voxels : shape (v,); positions in a flat volume, each once
    values : shape (v,); what each adds to the mass of its cluster
    earlier : shape (n,); how far back in the flat volume the neighbours lie that come
        before a voxel. The volume ends in blank voxels on each axis, so that none is
        taken for a neighbour across an edge.
    label : zeros, one for each voxel of the volume, and zeros again at the end
    parent : shape (v,) or more; overwritten
    """
    for i in range(voxels.size):
        parent[i] = i
        label[voxels[i]] = i + 1
    for i in range(voxels.size):
        root = i
        while parent[root] != root:
            root = parent[root]
        for n in range(earlier.size):
            other = label[voxels[i] - earlier[n]] - 1
            if other < 0:
                continue
            while parent[other] != other:
                parent[other] = parent[parent[other]]
                other = parent[other]
            parent[max(root, other)] = min(root, other)
            root = min(root, other)
    size, mass = 0, 0
    sizes = np.zeros(voxels.size, dtype=np.int64)
    masses = np.zeros(voxels.size, dtype=np.int64)
    for i in range(voxels.size):
        label[voxels[i]] = 0
        root = i
        while parent[root] != root:
            root = parent[root]
        sizes[root] += 1
        masses[root] += values[i]
        size, mass = max(size, sizes[root]), max(mass, masses[root])
    return size, mass


@kernel
def random_map(
    key_0: np.uint64,
    key_1: np.uint64,
    iteration: np.uint64,
    sampling: IntArray,
    offsets: IntArray,
    words: IntArray,
    starts: IntArray,
    halves: IntArray,
    chosen: IntArray,
    centres: IntArray,
    log_sum: IntArray,
    own: IntArray,
) -> None:
    """Add the whole map of one iteration of the null to `log_sum`.

    sampling : shape (s, 3); voxels a focus may fall on
    offsets : shape (e + 1,); experiment i has the foci `offsets[i]` to `offsets[i + 1]`
    words, starts, halves : as in `add_experiment`
    chosen : shape (f,); overwritten
    centres : shape (f, 3); overwritten with the voxel of each focus
    log_sum, own : as in `add_experiment`
    """
    draw(key_0, key_1, iteration, sampling.shape[0], chosen)
    for f in range(starts.size):
        for axis in range(3):
            centres[f, axis] = sampling[chosen[f], axis]
    for e in range(offsets.size - 1):
        a, b = offsets[e], offsets[e + 1]
        add_experiment(words, starts[a:b], halves[a:b], centres[a:b], log_sum, own)


@kernel
def iterate(
    key_0: np.uint64,
    key_1: np.uint64,
    first: int,
    sampling: IntArray,
    offsets: IntArray,
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

    sampling, offsets, words, starts, halves : as in `random_map`
    run_starts, run_stops, threshold : as in `survey`
    earlier : as in `largest_cluster`
    shape : shape (3,); of the volume, blank voxels at the ends included
    results : shape (i, 3); filled with the largest value, cluster size and cluster mass
    """
    log_sum = np.zeros((shape[0], shape[1], shape[2]), dtype=words.dtype)
    own = np.zeros_like(log_sum)
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
        flat[:] = 0


@kernel
def bound_experiment(
    words: IntArray,
    starts: IntArray,
    halves: IntArray,
    centres: IntArray,
    bound: IntArray,
    own: IntArray,
) -> None:
    """Add to the bound of each block the most one experiment can give a voxel of it.

    A footprint falls off on each axis from its middle voxel, so within a block it is
    largest at the voxel nearest to the middle.

    words, starts, halves, centres : as in `add_experiment`
    bound : shape (x, y, z) of blocks of 4 x 4 x 4 voxels; changed
    own : shape of `bound`; zeros, and zeros again at the end
    """
    for clearing in (False, True):
        for f in range(starts.size):
            half_x, half_y, half_z = halves[f, 0], halves[f, 1], halves[f, 2]
            at_x, at_y, at_z = centres[f, 0], centres[f, 1], centres[f, 2]
            edge_y, edge_z = 2 * half_y + 1, 2 * half_z + 1 + 2 * PAD
            last_x = min((at_x + half_x) >> 2, bound.shape[0] - 1)
            last_y = min((at_y + half_y) >> 2, bound.shape[1] - 1)
            last_z = min((at_z + half_z) >> 2, bound.shape[2] - 1)
            first_z = max((at_z - half_z) >> 2, 0)
            for x in range(max((at_x - half_x) >> 2, 0), last_x + 1):
                near_x = min(max(at_x, 4 * x), 4 * x + 3) - at_x + half_x
                for y in range(max((at_y - half_y) >> 2, 0), last_y + 1):
                    if clearing:
                        own[x, y, first_z : last_z + 1] = 0
                        continue
                    near_y = min(max(at_y, 4 * y), 4 * y + 3) - at_y + half_y
                    row = starts[f] + (near_x * edge_y + near_y) * edge_z + PAD + half_z - at_z
                    for z in range(first_z, last_z + 1):
                        near_z = min(max(at_z, 4 * z), 4 * z + 3)
                        more = max(words[row + near_z] - own[x, y, z], 0)
                        bound[x, y, z] += more
                        own[x, y, z] += more


@kernel
def choose_blocks(
    bound: IntArray, in_mask: IntArray, level: int, slot: IntArray, chosen: IntArray
) -> int:
    """Number the blocks whose bound exceeds a level.

    bound, slot : one for each block, flat; `slot` is -1 and is given the numbers
    in_mask : blocks with voxels of the mask
    chosen : filled from the front with the blocks

    Returns how many there are.
    """
    n = 0
    for b in range(in_mask.size):
        if bound[in_mask[b]] > level:
            slot[in_mask[b]] = n
            chosen[n] = in_mask[b]
            n += 1
    return n


@kernel
def match_blocks(
    halves: IntArray,
    centres: IntArray,
    slot: IntArray,
    met: IntArray,
    pair_start: IntArray,
    pairs: IntArray,
) -> None:
    """List the foci that reach each chosen block, in the order of the foci.

    halves, centres : as in `add_experiment`
    slot : shape (x, y, z) of blocks; number among the chosen ones, -1 if not chosen
    met : shape (p, 2), room for all pairs; overwritten
    pair_start : shape (b + 1,), overwritten; block i has the foci `pairs[pair_start[i]]`
        to `pairs[pair_start[i + 1]]`
    pairs : shape (p,); filled from the front
    """
    n = 0
    pair_start[:] = 0
    for f in range(centres.shape[0]):
        first_y = max((centres[f, 1] - halves[f, 1]) >> 2, 0)
        first_z = max((centres[f, 2] - halves[f, 2]) >> 2, 0)
        last_x = min((centres[f, 0] + halves[f, 0]) >> 2, slot.shape[0] - 1)
        last_y = min((centres[f, 1] + halves[f, 1]) >> 2, slot.shape[1] - 1)
        last_z = min((centres[f, 2] + halves[f, 2]) >> 2, slot.shape[2] - 1)
        for x in range(max((centres[f, 0] - halves[f, 0]) >> 2, 0), last_x + 1):
            for y in range(first_y, last_y + 1):
                for z in range(first_z, last_z + 1):
                    if slot[x, y, z] >= 0:
                        met[n, 0], met[n, 1] = slot[x, y, z], f
                        pair_start[slot[x, y, z] + 1] += 1
                        n += 1
    for b in range(1, pair_start.size):
        pair_start[b] += pair_start[b - 1]
    for i in range(n - 1, -1, -1):  # from the back, so that starts end as starts
        pair_start[met[i, 0] + 1] -= 1
        pairs[pair_start[met[i, 0] + 1]] = met[i, 1]
    for b in range(1, pair_start.size - 1):
        pair_start[b] = pair_start[b + 1]
    pair_start[pair_start.size - 1] = n


@kernel
def raise_four(own: IntArray, at: np.uint64, words: IntArray, row: np.uint64) -> None:
    """Raise four values to those of a footprint.

    own, words : four values from `at` and from `row` on. Unsigned places spare the test
        whether they count from the end, a third of the time.
    """
    one, two, three = np.uint64(1), np.uint64(2), np.uint64(3)
    own[at] = max(own[at], words[row])
    own[at + one] = max(own[at + one], words[row + one])
    own[at + two] = max(own[at + two], words[row + two])
    own[at + three] = max(own[at + three], words[row + three])


@kernel
def sum_block(
    corner: tuple[int, int, int],
    foci: IntArray,
    experiment: IntArray,
    words: IntArray,
    starts: IntArray,
    halves: IntArray,
    centres: IntArray,
    own: IntArray,
    log_sum: IntArray,
) -> None:
    """Sum over experiments of the maximum of their footprints, in one block.

    corner : first voxel of the block
    foci : foci that reach the block, those of an experiment together
    experiment : shape (f,); experiment of each focus
    words, starts, halves, centres : as in `add_experiment`
    own : shape (64,); zeros, and zeros again at the end
    log_sum : shape (64,); overwritten
    """
    log_sum[:] = 0
    for n in range(foci.size):
        f = foci[n]
        x, y, z = (
            corner[0] - centres[f, 0] + halves[f, 0],
            corner[1] - centres[f, 1] + halves[f, 1],
            corner[2] - centres[f, 2] + halves[f, 2],
        )
        edge_x, edge_y = 2 * halves[f, 0] + 1, 2 * halves[f, 1] + 1
        edge_z = 2 * halves[f, 2] + 1 + 2 * PAD
        for i in range(max(-x, 0), min(edge_x - x, 4)):
            for j in range(max(-y, 0), min(edge_y - y, 4)):
                row = starts[f] + ((x + i) * edge_y + y + j) * edge_z + z + PAD
                at = 16 * i + 4 * j
                raise_four(own, np.uint64(at), words, np.uint64(row))
        if n + 1 == foci.size or experiment[foci[n + 1]] != experiment[f]:
            for k in range(64):
                log_sum[k] += own[k]
                own[k] = 0


@kernel
def survey_blocks(
    chosen: IntArray,
    pair_start: IntArray,
    pairs: IntArray,
    experiment: IntArray,
    words: IntArray,
    starts: IntArray,
    halves: IntArray,
    centres: IntArray,
    member_start: IntArray,
    member: IntArray,
    flat: IntArray,
    blocks: IntArray,
    threshold: int,
    voxels: IntArray,
    values: IntArray,
) -> tuple[int, int]:
    """Largest value within the mask in chosen blocks, and the voxels above a threshold.

    chosen : shape (b,); number of each block
    pair_start, pairs : as left by `match_blocks`
    experiment, words, starts, halves, centres : as in `sum_block`
    member_start : where the mask voxels of each block begin in `member` and `flat`
    member, flat : place of mask voxels in their block, and in the flat volume
    blocks : shape (3,); number of blocks on each axis
    voxels, values : as in `survey`
    """
    own = np.zeros(64, dtype=words.dtype)
    log_sum = np.empty(64, dtype=words.dtype)
    largest, n_above = 0, 0
    for b in range(chosen.size):
        row, z = chosen[b] // blocks[2], chosen[b] % blocks[2]
        corner = (4 * (row // blocks[1]), 4 * (row % blocks[1]), 4 * z)
        foci = pairs[pair_start[b] : pair_start[b + 1]]
        sum_block(corner, foci, experiment, words, starts, halves, centres, own, log_sum)
        for m in range(member_start[chosen[b]], member_start[chosen[b] + 1]):
            value = log_sum[member[m]]
            largest = max(largest, value)
            if value > threshold:
                voxels[n_above] = flat[m]
                values[n_above] = value - threshold
                n_above += 1
    return largest, n_above


@kernel
def iterate_pruned(
    key_0: np.uint64,
    key_1: np.uint64,
    first: int,
    sampling: IntArray,
    offsets: IntArray,
    words: IntArray,
    starts: IntArray,
    halves: IntArray,
    member_start: IntArray,
    member: IntArray,
    flat: IntArray,
    threshold: int,
    earlier: IntArray,
    shape: IntArray,
    results: IntArray,
) -> None:
    """As `iterate`, with exact values only in blocks that could exceed the threshold.

    member_start, member, flat : as in `survey_blocks`; blocks in C order
    """
    blocks = (shape + 3) // 4
    bound = np.zeros((blocks[0], blocks[1], blocks[2]), dtype=words.dtype)
    own_bound = np.zeros_like(bound)
    slot = np.full(bound.shape, -1, dtype=np.int64)
    flat_bound, flat_slot = bound.reshape(-1), slot.reshape(-1)
    in_mask = np.flatnonzero(member_start[1:] > member_start[:-1])
    chosen = np.empty(in_mask.size, dtype=np.int64)
    pair_start = np.empty(in_mask.size + 1, dtype=np.int64)
    reach = 2 + halves // 2
    pairs = np.empty(np.sum(reach[:, 0] * reach[:, 1] * reach[:, 2]), dtype=np.int64)
    met = np.empty((pairs.size, 2), dtype=np.int64)
    label = np.zeros(shape[0] * shape[1] * shape[2], dtype=np.int32)
    voxels = np.empty(flat.size, dtype=np.int64)
    values = np.empty(flat.size, dtype=np.int64)
    parent = np.empty(flat.size, dtype=np.int64)
    places = np.empty(starts.size, dtype=np.int64)
    centres = np.empty((starts.size, 3), dtype=np.int64)
    experiment = np.empty(starts.size, dtype=np.int64)
    for e in range(offsets.size - 1):
        experiment[offsets[e] : offsets[e + 1]] = e
    for i in range(results.shape[0]):
        draw(key_0, key_1, np.uint64(first + i), sampling.shape[0], places)
        for f in range(starts.size):
            for axis in range(3):
                centres[f, axis] = sampling[places[f], axis]
        for e in range(offsets.size - 1):
            a, b = offsets[e], offsets[e + 1]
            bound_experiment(words, starts[a:b], halves[a:b], centres[a:b], bound, own_bound)
        level = threshold
        largest, n_above = 0, 0
        while True:
            n = choose_blocks(flat_bound, in_mask, level, flat_slot, chosen)
            match_blocks(halves, centres, slot, met, pair_start[: n + 1], pairs)
            for b in range(n):
                flat_slot[chosen[b]] = -1
            largest, n_above = survey_blocks(
                chosen[:n],
                pair_start,
                pairs,
                experiment,
                words,
                starts,
                halves,
                centres,
                member_start,
                member,
                flat,
                blocks,
                threshold,
                voxels,
                values,
            )
            if largest > level or level == 0:
                break
            level = 3 * level // 4  # the maximum may lie in any block with a larger bound
        size, mass = largest_cluster(voxels[:n_above], values[:n_above], earlier, label, parent)
        results[i, 0], results[i, 1], results[i, 2] = largest, size, mass
        bound[:] = 0
