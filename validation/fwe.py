"""How often does family-wise error control find something where nothing converges?

Studysets of random foci: for 8, 20 and 60 experiments, foci and sample sizes are drawn once,
with replacement, from the experiments of the bundled pain studyset. In each studyset every
focus then falls on a voxel of the brain mask, drawn uniformly, and on a place within it. Each
is tested as a user would test it, with ALE().fit and fwe. Counted is how many studysets have
any voxel, cluster size or cluster mass with a family-wise p at or below a level. As p is
(b + 1) / (B + 1) and level x (B + 1) is whole, that is to happen as often as the level says.

A second table looks at foci so far out that the map has nothing of them: the null is to have
nothing of them either.
"""

import argparse
import os
import platform
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numba
import numpy as np

import focale
from focale import ALE, Studyset, fwe, pain_studyset_path
from focale.io.records import ExperimentRecord, FocusRecord, StudysetRecord
from focale.plotting.style import BAR, FAINT, INK, note, page, place, save_figure, styled
from focale.space.targets import standard_mask

LEVELS = (0.01, 0.05, 0.10)
STATISTICS = ("voxel", "size", "mass")
DATASETS = {8: 2000, 20: 2000, 60: 1500}
N_ITERATIONS = 199
SEED = 20261122
FAR_AWAY = FocusRecord((0.0, 0.0, 300.0), "MNI")
N_FAR = (0, 5, 15)
N_ITERATIONS_FAR = 1000
BATCH = 10


@cache
def pain():
    return Studyset(pain_studyset_path())


@cache
def shape_of(n_experiments, seed):
    """Number of foci and sample size of each experiment: the same for all data sets."""
    rng = np.random.default_rng([seed, n_experiments])
    chosen = rng.integers(len(pain()), size=n_experiments)
    return np.diff(pain().offsets)[chosen], pain().n_subjects[chosen]


def random_studyset(n_experiments, number, seed):
    rng = np.random.default_rng([seed, n_experiments, number])
    mask = standard_mask()
    experiments = []
    for e, (n_foci, n) in enumerate(zip(*shape_of(n_experiments, seed), strict=True)):
        centres = mask.mm(rng.integers(mask.n_voxels, size=n_foci))
        half = np.array(mask.grid.voxel_size_mm) / 2
        places = centres + rng.uniform(-half, half, centres.shape)
        foci = tuple(FocusRecord(tuple(mm), "MNI") for mm in places.tolist())
        experiments.append(ExperimentRecord(f"s{e}", "1", foci, float(n), "simulated"))
    return studyset_of(experiments)


def studyset_of(experiments):
    n_foci = sum(len(e.foci) for e in experiments)
    record = StudysetRecord.of(experiments, "simulated", "", (), (len(experiments), n_foci))
    return Studyset(record)


def smallest_p(numbers, n_experiments, seed):
    """Smallest family-wise p of each data set by voxel, size and mass, shape (n, 4).

    The last column is the number of iterations whose largest cluster is exactly as large as
    the largest observed one.
    """
    found = []
    for number in numbers:
        result = ALE().fit(random_studyset(n_experiments, number, seed))
        # The seeds of the null are whole numbers of their own, far from those of the data.
        null_seed = seed * 10**9 + n_experiments * 10**6 + number
        corrected = fwe(result, n_iterations=N_ITERATIONS, seed=null_seed, threads=1)
        largest = max(corrected.clusters.sizes, default=0)
        found.append(
            [corrected.p(level).values.min() for level in STATISTICS]
            + [np.count_nonzero(corrected.maxima.size == largest)]
        )
    return np.array(found)


def simulate(n_experiments, n_datasets, seed, pool):
    batches = [range(i, min(i + BATCH, n_datasets)) for i in range(0, n_datasets, BATCH)]
    work = partial(smallest_p, n_experiments=n_experiments, seed=seed)
    return np.concatenate(list(pool.map(work, batches)))
