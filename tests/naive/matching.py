"""Clusters of two maps brought together, with sets and a search for the best pair each time."""

from __future__ import annotations


def match(old, new):
    """Pairs (old, new, shared) as `match_clusters` has them."""
    old, new = [set(map(int, c)) for c in old], [set(map(int, c)) for c in new]
    free_old, free_new = list(range(len(old))), list(range(len(new)))
    partner = {}
    while True:
        candidates = [
            (len(old[i] & new[j]), -i, -j) for i in free_old for j in free_new if old[i] & new[j]
        ]
        if not candidates:
            break
        _, i, j = max(candidates)
        partner[-i] = -j
        free_old.remove(-i)
        free_new.remove(-j)
    everything_old, everything_new = set().union(*old), set().union(*new)
    matches = []
    for i, cluster in enumerate(old):
        j = partner.get(i)
        shared = len(cluster & (everything_new if j is None else new[j]))
        matches.append((i, j, shared))
    return matches + [(None, j, len(new[j] & everything_old)) for j in free_new]
