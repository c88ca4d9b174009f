"""False discovery rate and Bonferroni, voxel by voxel.

They exist for comparison and are not recommended for ALE: neighbouring voxels are far from
independent, and a false discovery rate of voxels says nothing about clusters (Chumbley and
Friston 2009, doi:10.1016/j.neuroimage.2008.05.021; Eickhoff et al. 2016,
doi:10.1016/j.neuroimage.2016.04.072). Use `fwe`.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from focale._check import check_choice
from focale.estimators.result import Result
from focale.space.voxelmap import VoxelMap
from focale.typing import FloatArray

FdrMethod = Literal["indep", "negcorr"]


def fdr(result: Result, method: FdrMethod = "indep") -> VoxelMap:
    """P adjusted for the false discovery rate; not recommended for ALE, see `fwe`.

    Parameters
    ----------
    result
        What `fit` of an estimator returned.
    method
        "indep" for independent or positively dependent tests (Benjamini and Hochberg
        1995, doi:10.1111/j.2517-6161.1995.tb02031.x), "negcorr" for any dependence
        (Benjamini and Yekutieli 2001, doi:10.1214/aos/1013699998).
    """
    check_choice("method", "fdr", method, get_args(FdrMethod))
    return VoxelMap(step_up(result.p.values, method), result.mask)


def step_up(p: FloatArray, method: FdrMethod = "indep") -> FloatArray:
    """P adjusted for the false discovery rate among all of them, any order."""
    ranks = np.arange(1, p.size + 1)
    scale = p.size * (np.sum(1 / ranks) if method == "negcorr" else 1.0)
    order = np.argsort(p, kind="stable")
    stepped = np.minimum.accumulate((p[order] * scale / ranks)[::-1])[::-1]
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def bonferroni(result: Result) -> VoxelMap:
    """P times the number of voxels; not recommended for ALE, see `fwe`.

    Parameters
    ----------
    result
        What `fit` of an estimator returned.
    """
    p = result.p.values
    return VoxelMap(np.minimum(p * p.size, 1.0), result.mask)
