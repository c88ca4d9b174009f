"""The SCALE null by enumeration. Nothing here comes from focale."""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy import stats

from tests.naive import montecarlo as naive


def experiment_values(footprint, n_foci, base, shape):
    """Volume of every way in which the foci of an experiment can fall on a base rate.

    Shape (n_base^n_foci, *shape); all ways are as likely.
    """
    return np.array(
        [
            naive.experiment_map([footprint] * n_foci, centres, shape)
            for centres in product(base, repeat=n_foci)
        ]
    )


def cumulants(values):
    """Mean, variance and third central moment over the first axis."""
    values = np.asarray(values, dtype=float)
    mean = values.mean(axis=0)
    return mean, ((values - mean) ** 2).mean(axis=0), ((values - mean) ** 3).mean(axis=0)


def exact_p(experiments, base, observed):
    """P of a random map at least as large as `observed`, at each voxel.

    experiments : (footprint, number of foci) of each
    """
    ways = [experiment_values(f, n, base, observed.shape) for f, n in experiments]
    as_large = np.zeros(observed.shape)
    for chosen in product(*ways):
        as_large += np.sum(chosen, axis=0) >= observed
    return as_large / np.prod([len(way) for way in ways])


def standing(value, mean, sd, skewness):
    """z of the upper tail of a Pearson III distribution, by scipy's own."""
    return stats.norm.isf(stats.pearson3.sf(value, skewness, loc=mean, scale=sd))
