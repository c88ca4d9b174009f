"""Do the p of the chi-square analysis say what they promise under their own nulls?

Association: pools of experiments, some of which converge on a common place, are split at random
into two sets between which nothing differs. Counted is how many voxels have an uncorrected p
at or below a level, among those that any experiment reports, by Focale (mid-p of the
hypergeometric distribution where an expected count is below 5) and by the chi-square
distribution alone; and how many splits have anything with a family-wise p at or below .05.

Uniformity: sets of random foci. Counted is how many voxels of the mask have an uncorrected p at
or below a level. Its family-wise error is that of MKDA density, see `family.md`.

Run as `python -m validation.chi2`.
"""

import argparse
import platform
import time
from pathlib import Path

import numpy as np
from scipy.stats import chi2 as chi2_law

import focale
from focale.contrasts.difference import ContrastSettings, design_of
from focale.contrasts.receipt import receipt
from focale.estimators.mkda import MKDADensity
from focale.inference.labelings import random_labelings
from focale.inference.two_by_two import association, poisson_binomial_tail, uniformity
from focale.space.targets import standard_mask
from validation.contrasts import evidence

SIZES = ((10, 10), (30, 30), (15, 60))
CONVERGENCE = (0.0, 0.5)
LEVELS = (0.05, 0.01, 0.001)
N_POOLS, N_SPLITS, N_TESTS = 5, 40, 100
N_SETS = 40
SEED = 20261129


def pool_of(c, n, number):
    """MKDA maps of a pool whose experiments report a common place with probability c."""
    key = round(100 * c), n, number
    return MKDADensity().statistic(evidence(np.full(n, c), key).studyset)


def halves(pool, sizes):
    """The pool as two sides, in its own order; they are split anew in each test."""
    ids = [str(i) for i in pool.studyset.ids]
    estimator, first = pool.estimator, sizes[0]
    return [estimator.statistic(pool.studyset.slice(own)) for own in (ids[:first], ids[first:])]


def associated(c, sizes, n_pools, n_splits, n_of_a_pool):
    """Shares of voxels with a small p, by Focale and by chi-square, and false positives."""
    shares = {"mid-p": [], "chi-square": []}
    false, n_tests = np.zeros(3, dtype=int), 0
    for number in range(n_pools):
        pool = pool_of(c, sum(sizes), number)
        total = pool.ma.log_sum
        for split in range(n_splits):
            (in_first,) = random_labelings(sum(sizes), sizes[0], split, SEED, number)[:1]
            a = pool.ma.only(np.flatnonzero(in_first)).log_sum
            found = association(a, total - a, *sizes)
            seen = total > 0
            for name, p in (("mid-p", found.p), ("chi-square", chi2_law.sf(found.chi2, 1))):
                shares[name].append([np.mean(p[seen] <= level) for level in LEVELS])
        settings = ContrastSettings(seed=number)
        made = receipt(design_of(*halves(pool, sizes), settings), settings, n_splits=n_of_a_pool)
        false += list(made.n_false.values())
        n_tests += made.n_splits
    return {name: np.mean(rows, axis=0) for name, rows in shares.items()}, false, n_tests


def uniform(n, n_sets):
    """Shares of voxels with a small p of uniformity where foci are random, by both rules."""
    shares = {"mid-p": [], "chi-square": []}
    mask = standard_mask()
    for number in range(n_sets):
        pool = pool_of(0.0, n, 1000 + number)
        covered = np.diff(pool.ma.offsets) / mask.n_voxels
        tail = poisson_binomial_tail(covered)
        found = uniformity(pool.ma.log_sum, float(covered.sum()), tail)
        for name, p in (("mid-p", found.p), ("chi-square", chi2_law.sf(found.chi2, 1))):
            more = found.z > 0
            shares[name].append([np.mean((p <= level) & more) for level in LEVELS])
    return {name: np.mean(rows, axis=0) for name, rows in shares.items()}


def text(seconds, rows, rows_uniform):
    """The results as Markdown."""
    head = " | ".join(f"p <= {level:g}" for level in LEVELS)
    return "\n".join(
        [
            "# The chi-square analysis under its nulls",
            "",
            f"Made by `chi2.py`, which says what is counted; {N_POOLS} pools with {N_SPLITS} "
            f"splits for voxels and {N_TESTS} tests for the family-wise error each, radius 10 mm.",
            "",
            "## Association: random splits of one pool",
            "",
            "Shares of the voxels that any experiment reports, two-sided; a share above its level "
            "means too small a p. *False* are tests with anything at a family-wise p of at most "
            ".05, over both directions, by voxel, size and mass (labels, 199 a test).",
            "",
            f"| sets | c | p by | {head} | tests | false (voxel, size, mass) | SE of .05 | "
            "within 3 SE |",
            "|---|---|---|---|---|---|---|---|---|---|",
            *rows,
            "",
            "## Uniformity: random foci",
            "",
            "Shares of all voxels of the mask where more experiments report a place than "
            f"expected, {N_SETS} sets each. A p of .05 over both directions allows .025 above.",
            "",
            f"| experiments | p by | {head} |",
            "|---|---|---|---|---|",
            *rows_uniform,
            "",
            "Where few experiments report a place, the chi-square distribution gives p that are "
            "too small: for sets of unequal size more than twice as many p <= .05 as it promises, "
            "for random foci about ten times as many p <= .01. Mid-p keep to the level on average "
            "over all places; where counts have few values their share may lie a little above or "
            "far below it.",
            "",
            "## Made with",
            "",
            f"Seed {SEED}; focale {focale.__version__}, numpy {np.__version__}, Python "
            f"{platform.python_version()}; {seconds / 60:.0f} minutes.",
        ]
    )


def main():
    """Count, and write `chi2.md`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fast", action="store_true", help="a smoke test; writes nothing")
    is_fast = parser.parse_args().fast
    how, n_sets = ((1, 2, 3), 1) if is_fast else ((N_POOLS, N_SPLITS, N_TESTS), N_SETS)
    start, rows, rows_uniform = time.monotonic(), [], []
    for sizes in SIZES:
        for c in CONVERGENCE:
            shares, false, n_tests = associated(c, sizes, *how)
            se = np.sqrt(0.05 * 0.95 / n_tests)
            rates = ", ".join(f"{rate:.3f}" for rate in false / n_tests)
            within = "yes" if np.all(false / n_tests <= 0.05 + 3 * se) else "no"
            for i, (name, share) in enumerate(shares.items()):
                own = f"{n_tests:,} | {rates} | {se:.4f} | {within}" if not i else " | | | "
                cells = " | ".join(f"{value:.4f}" for value in share)
                rows.append(f"| {sizes[0]} + {sizes[1]} | {c:g} | {name} | {cells} | {own} |")
                print(rows[-1], flush=True)
    for n in (20, 60):
        for name, share in uniform(n, n_sets).items():
            cells = " | ".join(f"{value:.5f}" for value in share)
            rows_uniform.append(f"| {n} | {name} | {cells} |")
            print(rows_uniform[-1], flush=True)
    if is_fast:
        return
    seconds = time.monotonic() - start
    path = Path(__file__).with_suffix(".md")
    path.write_text(text(seconds, rows, rows_uniform) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
