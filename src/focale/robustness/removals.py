"""How few units have to go until a cluster is gone.

Small sets are all tried. Beyond them units are removed one after the other, the one with the
largest share of the cluster first, until the cluster does not survive: that gives a set
that does it, not always the smallest one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from focale.progress import Counted, Progress, silent
from focale.robustness.rereading import Rereadings
from focale.robustness.units import Units
from focale.typing import FloatArray


@dataclass(frozen=True, slots=True)
class Removal:
    """Units without which a cluster does not survive.

    Attributes
    ----------
    units
        Their numbers; empty if the cluster survives every removal that was tried.
    is_smallest
        Whether no smaller set of units that reach the cluster does the same.
    n_reaching
        How many units reach the cluster at all.
    """

    units: tuple[int, ...]
    is_smallest: bool
    n_reaching: int


def smallest_removals(
    readings: Rereadings, units: Units, *, exact_up_to: int = 1, progress: Progress = silent
) -> list[Removal]:
    """Look for the smallest set of units whose removal makes each cluster vanish.

    Parameters
    ----------
    readings
        Gives the readings without some experiments.
    units
        What is removed.
    exact_up_to
        Sets up to this size are all tried, of units that reach the cluster; their number
        grows fast.
    progress
        Wraps the loop over clusters, to show a bar.

    Returns
    -------
    list
        One `Removal` a cluster.
    """
    shares = _shares(readings, units)
    clusters = range(shares.shape[1])
    counted = Counted(clusters, len(clusters), what="smallest removals, clusters")
    return [_of_cluster(readings, units, c, shares[:, c], exact_up_to) for c in progress(counted)]


def _of_cluster(
    readings: Rereadings, units: Units, cluster: int, share: FloatArray, exact_up_to: int
) -> Removal:
    order = np.argsort(-share, kind="stable")
    reaching = [int(unit) for unit in order if share[unit] > 0]
    for removed in _candidates(reaching, exact_up_to):
        if not readings.without(units.experiments(removed)).survives[cluster]:
            return Removal(removed, len(removed) <= exact_up_to + 1, len(reaching))
    return Removal((), is_smallest=False, n_reaching=len(reaching))


def _candidates(reaching: list[int], exact_up_to: int) -> Iterator[tuple[int, ...]]:
    """Sets of units in the order they are tried."""
    for size in range(1, exact_up_to + 1):
        yield from combinations(reaching, size)
    for size in range(exact_up_to + 1, len(reaching) + 1):
        yield tuple(reaching[:size])


def _shares(readings: Rereadings, units: Units) -> FloatArray:
    """Share of each unit in each cluster's sum of -log(1 - MA), shape (n_units, n_clusters)."""
    ma, clusters = readings.reread.ma, readings.reread.clusters
    label = clusters.labels[ma.voxels]
    unit = units.of_experiment[ma.experiment_of_entry]
    kept = np.flatnonzero((label > 0) & (unit >= 0))
    shape = (len(units), len(clusters))
    cell = unit[kept] * shape[1] + label[kept] - 1
    sums = np.bincount(cell, ma.values[kept], shape[0] * shape[1]).reshape(shape)
    whole = np.array([ma.log_sum[c.positions].sum() for c in clusters], dtype=float)
    shares: FloatArray = sums / whole
    return shares
