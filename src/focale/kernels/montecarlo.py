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
        h0 = high_product(np.uint64(0xD2E7470EE14C6C93), c0)
        l0 = np.uint64(0xD2E7470EE14C6C93) * c0
        h1 = high_product(np.uint64(0xCA5A826395121157), c2)
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

    words : shape (w,); all footprints, one after the other, each in C order
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
                    first = ((x - corner_x) * edge_y + y - corner_y) * edge_z - corner_z
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

    voxels : shape (v,); positions in a flat volume, ascending
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
        root = i
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

    sampling : shape (s, 3); voxels a focus may fall on
    offsets : shape (e + 1,); experiment i has the foci `offsets[i]` to `offsets[i + 1]`
    words, starts, halves : as in `add_experiment`
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
        draw(key_0, key_1, np.uint64(first + i), sampling.shape[0], chosen)
        for f in range(starts.size):
            for axis in range(3):
                centres[f, axis] = sampling[chosen[f], axis]
        for e in range(offsets.size - 1):
            a, b = offsets[e], offsets[e + 1]
            add_experiment(words, starts[a:b], halves[a:b], centres[a:b], log_sum, own)
        largest, n = survey(flat, run_starts, run_stops, threshold, voxels, values)
        size, mass = largest_cluster(voxels[:n], values[:n], earlier, label, parent)
        results[i, 0], results[i, 1], results[i, 2] = largest, size, mass
        flat[:] = 0
