"""The result of some of the experiments, without laying footprints again.

ALE of a subset is a sum of parts that are already known (see `MaMaps`), and so is its exact
null. What comes out is what a new fit of the subset gives, to the last bit.
"""

from __future__ import annotations

from focale.estimators.p_values import with_p_values
from focale.estimators.result import AleMap, AleResult
from focale.inference.lattice import to_probability
from focale.space.voxelmap import VoxelMap
from focale.typing import IntArray


def map_of(statistic: AleMap, experiments: IntArray) -> AleMap:
    """The statistic of some experiments, by their numbers, each given once."""
    studyset = statistic.studyset
    ma = statistic.ma.only(experiments)
    return AleMap(
        studyset=studyset.slice(studyset.ids[experiments]),
        estimator=statistic.estimator,
        fwhm_mm=statistic.fwhm_mm[experiments],
        ma=ma,
        ale=VoxelMap(to_probability(ma.log_sum), ma.mask),
    )


def result_of(result: AleResult, experiments: IntArray) -> AleResult:
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
