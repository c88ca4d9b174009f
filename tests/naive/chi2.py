"""Counts of spheres and their chi-square, voxel by voxel. Nothing here comes from focale."""

from __future__ import annotations

from itertools import combinations

import numpy as np


def reports(experiments, centres_mm, radius_mm):
    """Whether each experiment has a focus within the radius of each voxel, (n, voxels)."""
    found = np.zeros((len(experiments), len(centres_mm)), dtype=bool)
    for i, foci in enumerate(experiments):
        for voxel, centre in enumerate(centres_mm):
            found[i, voxel] = any(
                sum((c - f) ** 2 for c, f in zip(centre, focus, strict=True)) <= radius_mm**2
                for focus in foci
            )
    return found


def association(first, second):
    """Chi-square of a table of two sets, 0 where it says nothing."""
    n1, n2 = len(first), len(second)
    chi2 = np.zeros(first.shape[1])
    for voxel in range(first.shape[1]):
        a, c = first[:, voxel].sum(), second[:, voxel].sum()
        margins = (a + c) * (n1 + n2 - a - c) * n1 * n2
        if margins:
            chi2[voxel] = (n1 + n2) * (a * n2 - c * n1) ** 2 / margins
    return chi2


def fisher_mid_p(all_reports, n_first):
    """Two-sided mid-p of the first set's count among every labeling, voxel by voxel."""
    n, n_voxels = all_reports.shape
    seen = all_reports[:n_first].sum(axis=0)
    counts = np.array([all_reports[list(g)].sum(axis=0) for g in combinations(range(n), n_first)])
    above = (counts > seen).mean(axis=0) + (counts == seen).mean(axis=0) / 2
    below = (counts < seen).mean(axis=0) + (counts == seen).mean(axis=0) / 2
    p = np.minimum(1, 2 * np.minimum(above, below))
    expected = all_reports.sum(axis=0) * n_first / n
    p[np.isclose(seen, expected)] = 1
    assert p.shape == (n_voxels,)
    return p
