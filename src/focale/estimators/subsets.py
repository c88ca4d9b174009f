"""The result of some of the experiments, without laying footprints again.

The statistic of a subset is a sum of parts that are already known (see `MaMaps`), and so is
its exact null. What comes out is what a new fit of the subset gives, to the last bit. Only
weights that follow from sample sizes stay those of the full set, where a new fit would scale
them to a mean of 1: the same map in another unit.
"""

from __future__ import annotations

from focale.estimators.p_values import with_p_values
from focale.estimators.result import Result, StatMap
from focale.space.voxelmap import VoxelMap
from focale.typing import IntArray


def map_of(statistic: StatMap, experiments: IntArray) -> StatMap:
    """The statistic of some experiments, by their numbers, each given once."""
    studyset = statistic.studyset
    ma = statistic.ma.only(experiments)
    return StatMap(
        studyset=studyset.slice(studyset.ids[experiments]),
        estimator=statistic.estimator,
        footprints=statistic.footprints.only(experiments),
        ma=ma,
        stat=VoxelMap(ma.scale.value(ma.log_sum), ma.mask),
    )


def result_of(result: Result, experiments: IntArray) -> Result:
    """The result of some experiments, by their numbers, each given once.

    Examples
    --------
    >>> from focale import ALE, Studyset, pain_studyset_path
    >>> import numpy as np
    >>> studyset = Studyset(pain_studyset_path())
    >>> few = result_of(ALE().fit(studyset), np.arange(8))
    >>> bool(np.all(few.p.values == ALE().fit(studyset.slice(studyset.ids[:8])).p.values))
    True
    """
    return with_p_values(map_of(result.map, experiments))
