"""Flags for clusters that rest on one or two studies.

Rules of thumb (Eickhoff et al. 2016, doi:10.1016/j.neuroimage.2016.04.072): one study
with more than half of the contribution, two with more than 80 %, or fewer than two
studies that contribute at all. They are flags for a reader, not tests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from focale.typing import FloatArray, IntArray

ONE_SHARE = 0.5
TWO_SHARE = 0.8
CONTRIBUTING_SHARE = 0.05
ROUNDING = 1e-9  # two equal studies have a half each, not more


@dataclass(frozen=True, slots=True)
class Dominance:
    """What the shares of one cluster say about its dependence.

    Attributes
    ----------
    n_contributing
        Studies with a focus in the cluster or a share of at least 5 %.
    largest_share, two_largest_share
        Share of the first, and of the first two studies together.
    largest
        Number of the study with the largest share.
    flags
        Sentences for what was crossed, perhaps none.
    """

    n_contributing: int
    largest_share: float
    two_largest_share: float
    largest: int
    flags: tuple[str, ...]


def dominance(share: FloatArray, n_foci: IntArray) -> list[Dominance]:
    """Flags of every cluster.

    Parameters
    ----------
    share
        Shape (n_studies, n_clusters); contributions that sum to 1 over studies.
    n_foci
        Shape (n_studies, n_clusters); foci of each study in each cluster.
    """
    return [_of_cluster(share[:, c], n_foci[:, c]) for c in range(share.shape[1])]


def _of_cluster(share: FloatArray, n_foci: IntArray) -> Dominance:
    order = np.argsort(-share, kind="stable")
    largest, two = float(share[order[0]]), float(share[order[:2]].sum())
    n_contributing = int(np.count_nonzero((n_foci > 0) | (share >= CONTRIBUTING_SHARE)))
    flags = []
    if n_contributing < 2:
        flags.append("fewer than two studies contribute")
    if largest > ONE_SHARE + ROUNDING:
        flags.append(f"one study has a share of {largest:.0%}")
    elif two > TWO_SHARE + ROUNDING and share.size > 2:
        flags.append(f"two studies have a share of {two:.0%}")
    return Dominance(n_contributing, largest, two, int(order[0]), tuple(flags))
