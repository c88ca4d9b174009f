"""How often do MKDA density and KDA find something where nothing converges?

The data sets of `fwe.py`: random foci, with the counts and sample sizes of 20 experiments of
the bundled pain studyset. Each is tested with the estimator and `fwe`. Their statistics are
counts, so iterations often tie with the data, and a tie counts against it: the p of voxels
errs on the safe side, and the more so the fewer values there are. Run it as
``python -m validation.family``.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np

from focale import KDA, MKDADensity, fwe
from validation.fwe import LEVELS, SEED, STATISTICS, random_studyset, standard_error

N_EXPERIMENTS = 20
N_DATASETS = 600
N_ITERATIONS = 199
METHODS = {
    "MKDA density": MKDADensity(),
    "MKDA density, weights sqrt(N)": MKDADensity(weights="sqrt_n"),
    "KDA": KDA(),
}


def smallest_p(estimator, number):
    """Smallest family-wise p of a data set by voxel, size and mass, and ties, shape (6,).

    The last three count the iterations exactly as large as the largest observed.
    """
    result = estimator.fit(random_studyset(N_EXPERIMENTS, number, SEED))
    null_seed = SEED * 10**9 + N_EXPERIMENTS * 10**6 + number
    corrected = fwe(result, n_iterations=N_ITERATIONS, seed=null_seed, threads=1)
    threshold = corrected.clusters.threshold / result.ma.scale.step
    masses = [
        (result.ma.log_sum[c.positions] - round(threshold)).sum() for c in corrected.clusters
    ]
    largest = (
        result.ma.log_sum.max(),
        max(corrected.clusters.sizes, default=0),
        max(masses, default=0),
    )
    maxima = corrected.maxima.largest, corrected.maxima.size, corrected.maxima.mass
    p = [corrected.p(level).values.min() for level in STATISTICS]
    ties = [np.count_nonzero(of == top) for of, top in zip(maxima, largest, strict=True)]
    return np.array([*p, *ties])


def without_ties(found):
    """P as it would be if ties were decided by lot."""
    p, ties = found[:, :3], found[:, 3:]
    lot = np.random.default_rng([SEED, 1]).random(ties.shape)
    return p - np.floor(lot * (ties + 1)) / (N_ITERATIONS + 1)


def rate_lines(found_of):
    columns = [*STATISTICS, *(f"{name}, by lot" for name in STATISTICS)]
    yield f"| method | level | {' | '.join(columns)} | SE | at most 3 SE above |"
    yield f"|---|---|{'---|' * (len(columns) + 2)}"
    for method, found in found_of.items():
        for level in LEVELS:
            error = standard_error(level, len(found))
            rates = [
                np.mean(p <= level + 1e-9, axis=0) for p in (found[:, :3], without_ties(found))
            ]
            cells = [f"{rate:.4f}" for rate in np.concatenate(rates)]
            verdict = "yes" if np.concatenate(rates).max() <= level + 3 * error else "NO"
            yield f"| {method} | {level:.2f} | {' | '.join(cells)} | {error:.4f} | {verdict} |"


def report(found_of):
    n = len(next(iter(found_of.values())))
    yield "# Family-wise error of MKDA density and KDA where nothing converges"
    yield ""
    yield (
        f"How many of {n:,} simulated studysets without convergence have any voxel, cluster size "
        "or cluster mass with a family-wise p at or below the level. Made by `family.py`; the "
        f"data sets are those of [fwe.md](fwe.md) with {N_EXPERIMENTS} experiments, tested with "
        f"B = {N_ITERATIONS} iterations and clusters of p < .001. SE is that of a share whose "
        "true value is the level."
    )
    yield ""
    yield from rate_lines(found_of)
    yield ""
    yield (
        "A count has few values, so most iterations tie with the largest one observed. A tie "
        'counts against the data, and the test of voxels finds less than the level says. "By '
        'lot" decides ties at random, which shows that the level is right but for them.'
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fast", action="store_true", help="few data sets, nothing written")
    given = parser.parse_args()
    numbers = range(4 if given.fast else N_DATASETS)
    found = {
        name: np.array([*map(partial(smallest_p, estimator), numbers)])
        for name, estimator in METHODS.items()
    }
    text = "\n".join(report(found)) + "\n"
    print(text)
    if not given.fast:
        Path(__file__).with_suffix(".md").write_text(text, encoding="utf-8")
