"""Uncorrected p values of a map, by the null its estimator names."""

from __future__ import annotations

from typing import Any

import numpy as np

from focale.estimators.result import Result, StatMap
from focale.inference.eickhoff2012 import HistogramNull, histogram_null
from focale.inference.null import LatticeNull, lattice_null, null_steps, sum_steps
from focale.inference.tails import z_from_log_p
from focale.space.voxelmap import VoxelMap
from focale.typing import FloatArray


def with_p_values(statistic: StatMap) -> Result:
    """The result of a map: p, z and -log10 p at every voxel."""
    null, log_p, log_p_of_voxel = _p_values(statistic)
    mask = statistic.mask
    return Result(
        map=statistic,
        null=null,
        p=VoxelMap(np.exp(log_p)[log_p_of_voxel], mask),
        z=VoxelMap(z_from_log_p(log_p)[log_p_of_voxel], mask),
        logp=VoxelMap(np.abs(log_p / np.log(10))[log_p_of_voxel], mask),
    )


def _p_values(statistic: StatMap) -> tuple[LatticeNull | HistogramNull, FloatArray, Any]:
    """Null, log p of each of its levels, and the level of each voxel."""
    ma = statistic.ma
    if statistic.estimator.null == "exact":
        steps = null_steps(ma)
        level = sum_steps(ma, steps)
        null = lattice_null(ma, steps, int(level.max()))
        return null, null.log_tail, level
    histogram = histogram_null(ma)
    return histogram, histogram.log_tail, histogram.level(statistic.stat.values)
