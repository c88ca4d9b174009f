"""Clusters of two maps brought together by the voxels they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from focale.typing import IntArray


@dataclass(frozen=True, slots=True)
class Match:
    """A cluster of the old map, one of the new, or both.

    Parameters
    ----------
    old, new
        Numbers of the clusters, from 0; None where there is none.
    n_shared
        Voxels they share. Of a cluster without a partner, those it shares with clusters
        that have one: more than 0 where clusters were joined or parted.
    """

    old: int | None
    new: int | None
    n_shared: int


def match_clusters(old: Sequence[IntArray], new: Sequence[IntArray]) -> list[Match]:
    """Pair clusters, those that share most voxels first, each with one at most.

    Parameters
    ----------
    old, new
        Voxels of each cluster; clusters of one map share none.

    Returns
    -------
    list of Match
        Old clusters in their order, then new ones without a partner.

    Examples
    --------
    >>> match_clusters([np.array([1, 2, 3])], [np.array([3, 4]), np.array([9])])
    [Match(old=0, new=0, n_shared=1), Match(old=None, new=1, n_shared=0)]
    """
    shared = shared_voxels(old, new)
    partner_of_old: dict[int, int] = {}
    partner_of_new: dict[int, int] = {}
    pairs = sorted(zip(*np.nonzero(shared), strict=True), key=lambda pair: -shared[pair])
    for i, j in pairs:
        if int(i) not in partner_of_old and int(j) not in partner_of_new:
            partner_of_old[int(i)], partner_of_new[int(j)] = int(j), int(i)
    matches = []
    for i in range(len(old)):
        j = partner_of_old.get(i)
        matches.append(Match(i, j, int(shared[i].sum() if j is None else shared[i, j])))
    alone = [j for j in range(len(new)) if j not in partner_of_new]
    return matches + [Match(None, j, int(shared[:, j].sum())) for j in alone]


def shared_voxels(old: Sequence[IntArray], new: Sequence[IntArray]) -> IntArray:
    """Number of voxels that clusters share, shape (n_old, n_new)."""
    shared = np.zeros((len(old), len(new)), dtype=np.int64)
    if not old or not new:
        return shared
    owner = np.repeat(np.arange(len(new)), [voxels.size for voxels in new])
    places = np.concatenate(new)
    for i, voxels in enumerate(old):
        np.add.at(shared[i], owner[np.isin(places, voxels)], 1)
    return shared
