"""What the test says of one simulated evidence base."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from focale.diagnostics.contributions import contributions
from focale.diagnostics.dominance import ONE_SHARE, ROUNDING, TWO_SHARE
from focale.inference.clusters import Cluster, Clusters, connected_components
from focale.inference.ma_maps import MaMaps
from focale.planning.designs import Critical
from focale.planning.prototypes import PlannedTest
from focale.typing import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a test found.

    Attributes
    ----------
    detected
        Whether a surviving cluster has a voxel near the true place.
    rests_on_few
        Whether one experiment has more than half of the contribution to that cluster, or
        two more than 80 %.
    n_elsewhere, n_elsewhere_on_few
        Surviving clusters without a voxel near the true place, and those of them that rest
        on one or two experiments.
    """

    detected: bool
    rests_on_few: bool
    n_elsewhere: int
    n_elsewhere_on_few: int


def outcome_of(
    ma: MaMaps, critical: Critical, test: PlannedTest, place_mm: FloatArray, within_mm: float
) -> Outcome:
    """Outcome of a test.

    Parameters
    ----------
    ma
        Modelled activation of the experiments.
    critical
        What the test asks.
    test
        What decides.
    place_mm
        Shape (3,); the true place.
    within_mm
        How near is near.
    """
    near: list[IntArray] = []
    elsewhere: list[IntArray] = []
    for positions in surviving(ma.log_sum, critical, test):
        away_mm = np.linalg.norm(test.mask.mm(positions) - place_mm, axis=1)
        (near if away_mm.min() <= within_mm else elsewhere).append(positions)
    return Outcome(
        detected=bool(near),
        rests_on_few=bool(near) and rests_on_few(ma, max(near, key=len)),
        n_elsewhere=len(elsewhere),
        n_elsewhere_on_few=sum(rests_on_few(ma, positions) for positions in elsewhere),
    )


def surviving(log_sum: IntArray, critical: Critical, test: PlannedTest) -> list[IntArray]:
    """Clusters that survive, each as positions in mask order."""
    by_voxel = test.correction == "voxel"
    above = critical.largest if by_voxel else critical.threshold
    positions = np.flatnonzero(log_sum > above)
    component = connected_components(test.mask, positions, test.connectivity)
    if by_voxel or test.correction == "size":
        deciding = np.bincount(component)
    else:  # whole numbers far below 2^53, so that their sums are exact
        deciding = np.bincount(component, weights=log_sum[positions] - critical.threshold)
    least = 0 if by_voxel else critical.largest
    large = np.flatnonzero(deciding > least)
    return [positions[component == number] for number in large]


def rests_on_few(ma: MaMaps, positions: IntArray) -> bool:
    """Whether a cluster rests on one or two experiments, as `diagnostics.dominance` has it."""
    cluster = Cluster(positions, (), (0.0, 0.0, 0.0), 0.0)
    labels = np.zeros(ma.mask.n_voxels, dtype=np.int32)
    labels[positions] = 1
    clusters = Clusters((cluster,), labels, (), 0.0, 1, ma.mask, 6)
    falling = np.sort(contributions(_entries_at(ma, positions), clusters).share[:, 0])[::-1]
    return bool(falling[0] > ONE_SHARE + ROUNDING or falling[:2].sum() > TWO_SHARE + ROUNDING)


def _entries_at(ma: MaMaps, positions: IntArray) -> MaMaps:
    """The maps at some positions, in rising order, alone."""
    voxels, values, counts = [], [], [0]
    for experiment in range(ma.n_experiments):
        own_voxels, own_values = ma.entries(experiment)
        place = np.searchsorted(own_voxels, positions)
        place[place == own_voxels.size] = 0
        there = own_voxels[place] == positions if own_voxels.size else place < 0
        voxels.append(own_voxels[place[there]])
        values.append(own_values[place[there]])
        counts.append(int(np.count_nonzero(there)))
    return MaMaps(
        np.cumsum(counts), np.concatenate(voxels), np.concatenate(values), ma.log_sum, ma.mask
    )
