"""Names of experiments by what they report, so that a null keeps its places.

The random numbers of an experiment are keyed with its name, not with its row: without
another experiment, or beside a new one, it falls on the same places.
"""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np

from focale.inference.shapes import Footprints, as_footprints
from focale.typing import FloatArray, IntArray


def experiment_fingerprints(
    foci_mm: FloatArray, offsets: IntArray, footprints: Footprints | FloatArray
) -> IntArray:
    """Names of experiments by what they report, shape (n_experiments,), uint64.

    An experiment has the same one in whatever company and order it is analysed, so it
    falls on the same places in every analysis of one seed. Of experiments that report the
    same, the first, the second and so on have names of their own. Parameters as in
    `model_activation`.
    """
    thousandths = np.rint(foci_mm * 1000).astype("<i8")  # beyond what rounding may change
    laid = as_footprints(footprints)
    widths = np.rint(laid.width_mm * 1000).astype("<i8")
    weights = np.rint(laid.weight * 1000).astype("<i8")
    seen: Counter[bytes] = Counter()
    names = []
    for width, weight, start, stop in zip(widths, weights, offsets[:-1], offsets[1:], strict=True):
        own = thousandths[start:stop]
        content = width.tobytes() + own[np.lexsort(own.T)].tobytes()
        if laid.shape.is_weighted:
            content += laid.shape.name.encode() + weight.tobytes()
        names.append(hashlib.sha256(b"%d:%b" % (seen[content], content)).digest()[:8])
        seen[content] += 1
    return np.frombuffer(b"".join(names), dtype="<u8").astype(np.uint64)
