"""The Monte Carlo null by whole volumes. Nothing here comes from focale.

Philox is that of numpy, whole numbers are those of Python, clusters are those of scipy.
"""

from __future__ import annotations

import hashlib
import struct

import numpy as np
from scipy import ndimage


def philox(counter, key):
    """Four numbers of a counter and a key; numpy counts up before it makes them."""
    before = (sum(int(c) << 64 * place for place, c in enumerate(counter)) - 1) % 2**256
    whole_key = sum(int(k) << 64 * place for place, k in enumerate(key))
    return np.random.Philox(key=whole_key, counter=before).random_raw(4)


def fingerprints(experiments, widths, sphere_weights=None):
    """Name of each experiment by its foci and its width, in thousandths of a mm.

    Spheres say that they are, and have a weight, in thousandths too.
    """
    seen, names = [], []
    weights = sphere_weights if sphere_weights is not None else [None] * len(experiments)
    for foci, width, weight in zip(experiments, widths, weights, strict=True):
        rows = sorted(([round(float(c) * 1000) for c in mm] for mm in foci), key=lambda r: r[::-1])
        numbers = [round(float(width) * 1000), *(number for row in rows for number in row)]
        content = struct.pack(f"<{len(numbers)}q", *numbers)
        if weight is not None:
            content += b"sphere" + struct.pack("<q", round(float(weight) * 1000))
        digest = hashlib.sha256(str(seen.count(content)).encode() + b":" + content).digest()
        names.append(int.from_bytes(digest[:8], "little"))
        seen.append(content)
    return names


def draw(seed, stream, iteration, names, counts, n_choices):
    """The choice of each focus: the upper 64 bits of random number times choices.

    names, counts : fingerprint and number of foci of each experiment
    """
    key, chosen = np.array([seed, stream], dtype=np.uint64), []
    for name, n_foci in zip(names, counts, strict=True):
        counter = np.array([0, name, iteration, 0], dtype=np.uint64)
        numbers = np.random.Philox(key=key, counter=counter).random_raw(n_foci)
        chosen += [int(number) * n_choices >> 64 for number in numbers]
    return chosen


def experiment_map(footprints, centres, shape):
    """Volume of one experiment: at each voxel the largest of its footprints."""
    room = max((n for footprint in footprints for n in footprint.shape), default=1)
    volume = np.zeros([n + 2 * room for n in shape], dtype=np.int64)
    for footprint, centre in zip(footprints, centres, strict=True):
        first = [room + int(c) - n // 2 for c, n in zip(centre, footprint.shape, strict=True)]
        box = tuple(slice(a, a + n) for a, n in zip(first, footprint.shape, strict=True))
        volume[box] = np.maximum(volume[box], footprint)
    return volume[room:-room, room:-room, room:-room]


def log_sum(experiments, centres, shape):
    """Sum of the volumes of experiments, each a list of footprints; centres of all foci."""
    total, left = np.zeros(shape, dtype=np.int64), list(centres)
    for footprints in experiments:
        own, left = left[: len(footprints)], left[len(footprints) :]
        total += experiment_map(footprints, own, shape)
    return total


def cluster_extremes(volume, inside, threshold, connectivity):
    """Size and mass of the largest clusters of the mask voxels above a threshold."""
    contact = ndimage.generate_binary_structure(3, {6: 1, 18: 2, 26: 3}[connectivity])
    labels, n = ndimage.label(inside & (volume > threshold), contact)
    clusters = [volume[labels == number] - threshold for number in range(1, n + 1)]
    return (
        max((cluster.size for cluster in clusters), default=0),
        max((int(cluster.sum()) for cluster in clusters), default=0),
    )


def maxima(experiments, names, sampling, inside, threshold, connectivity, key, iterations):
    """(largest value, cluster size, cluster mass) of some iterations.

    experiments : one list of footprints for each experiment
    names : fingerprint of each
    sampling : voxels a focus may fall on
    inside : volume of the mask
    key : seed and stream
    """
    counts = [len(footprints) for footprints in experiments]
    found = []
    for iteration in iterations:
        chosen = draw(*key, iteration, names, counts, len(sampling))
        total = log_sum(experiments, [sampling[c] for c in chosen], inside.shape)
        size, mass = cluster_extremes(total, inside, threshold, connectivity)
        found.append([int(total[inside].max()), size, mass])
    return found
