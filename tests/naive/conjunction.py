"""A conjunction voxel by voxel, with nothing but loops."""

from __future__ import annotations

from scipy.stats import norm


def naive_conjunction(p_of_sets, alpha):
    """For each voxel: the largest p, the smallest z, in how many sets p is at most alpha."""
    largest, smallest_z, n_surviving = [], [], []
    for v in range(len(p_of_sets[0])):
        of_voxel = [float(p[v]) for p in p_of_sets]
        largest.append(max(of_voxel))
        smallest_z.append(min(max(0.0, float(norm.isf(p))) for p in of_voxel))
        n_surviving.append(sum(p <= alpha for p in of_voxel))
    return largest, smallest_z, n_surviving


def naive_clusters(voxels):
    """Groups of voxels (i, j, k) that share faces, each a set, by walking from one to the next."""
    left, groups = set(voxels), []
    while left:
        group, queue = set(), [left.pop()]
        while queue:
            i, j, k = queue.pop()
            group.add((i, j, k))
            for d in ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)):
                other = (i + d[0], j + d[1], k + d[2])
                if other in left:
                    left.remove(other)
                    queue.append(other)
        groups.append(group)
    return groups
