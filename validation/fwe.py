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
from PIL import Image

import focale
from focale import ALE, Studyset, fwe, pain_studyset_path
from focale.inference.lattice import STEP, to_probability
from focale.io.records import ExperimentRecord, FocusRecord, StudysetRecord
from focale.plotting.style import BAR, FAINT, INK, note, page, place, save_figure, styled
from focale.space.targets import standard_mask

LEVELS = (0.01, 0.05, 0.10)
STATISTICS = ("voxel", "size", "mass")
DATASETS = {8: 2000, 20: 2000, 60: 2000}
N_ITERATIONS = 199
TFCE_DATASETS = {20: 1000}
N_ITERATIONS_TFCE = 99
STOP_AFTER = 10
SEED = 20261122
FAR_AWAY = FocusRecord((0.0, 0.0, 300.0), "MNI")
N_FAR = (0, 5, 15)
N_ITERATIONS_FAR = 999
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


def smallest_p_of_others(numbers, n_experiments, seed):
    """Smallest family-wise p of each data set by TFCE, and by size in a sequential test."""
    found = []
    for number in numbers:
        result = ALE().fit(random_studyset(n_experiments, number, seed))
        null_seed = seed * 10**9 + n_experiments * 10**6 + number
        settings = {"seed": null_seed, "threads": 1}
        enhanced = fwe(result, n_iterations=N_ITERATIONS_TFCE, tfce=True, **settings)
        ended = fwe(result, n_iterations=N_ITERATIONS, stop_after=STOP_AFTER, **settings)
        found.append([enhanced.p("tfce").values.min(), ended.p("size").values.min()])
    return np.array(found)


def simulate(n_experiments, n_datasets, seed, pool, of=smallest_p):
    batches = [range(i, min(i + BATCH, n_datasets)) for i in range(0, n_datasets, BATCH)]
    work = partial(of, n_experiments=n_experiments, seed=seed)
    return np.concatenate(list(pool.map(work, batches)))


def other_lines(found):
    """TFCE, and cluster size in a sequential test."""
    yield "| experiments | data sets | level | TFCE | size, sequential | SE | within 3 SE |"
    yield "|---|---|---|---|---|---|---|"
    for n_experiments, smallest in found.items():
        for level in LEVELS:
            rates = np.mean(smallest <= level + 1e-9, axis=0)
            error = standard_error(level, len(smallest))
            within = [
                "above" if r > level else "below" for r in rates if abs(r - level) > 3 * error
            ]
            cells = [n_experiments, f"{len(smallest):,}", f"{level:.2f}"]
            cells += [f"{rate:.4f}" for rate in rates]
            cells += [f"{error:.4f}", ", ".join(within) or "yes"]
            yield f"| {' | '.join(map(str, cells))} |"


def rejections(smallest, level):
    """Share of the data sets with each smallest p at or below a level."""
    return np.mean(smallest[:, : len(STATISTICS)] <= level, axis=0)


def size_without_ties(smallest, seed):
    """Smallest p of size of each data set, as it would be if ties were decided by lot."""
    p, ties = smallest[:, STATISTICS.index("size")], smallest[:, -1]
    lot = np.random.default_rng([seed, 0]).random(ties.size)
    return p - np.floor(lot * (ties + 1)) / (N_ITERATIONS + 1)


def standard_error(level, n_datasets):
    return np.sqrt(level * (1 - level) / n_datasets)


def calibration_lines(found):
    yield "| experiments | foci | data sets | level | voxel | size | mass | SE | within 3 SE |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for n_experiments, (n_foci, smallest) in found.items():
        for level in LEVELS:
            rates = rejections(smallest, level)
            error = standard_error(level, len(smallest))
            outside = [
                f"{name} {'above' if rate > level else 'below'}"
                for name, rate in zip(STATISTICS, rates, strict=True)
                if abs(rate - level) > 3 * error
            ]
            cells = [n_experiments, n_foci, f"{len(smallest):,}", f"{level:.2f}"]
            cells += [f"{rate:.4f}" for rate in rates]
            cells += [f"{error:.4f}", ", ".join(outside) or "yes"]
            yield f"| {' | '.join(map(str, cells))} |"


def ties_text(found, seed):
    rates, raw, tied = [], [], []
    for _, smallest in found.values():
        raw.append(rejections(smallest, 0.05)[STATISTICS.index("size")])
        rates.append(np.mean(size_without_ties(smallest, seed) < 0.05 + 1e-9))
        near = smallest[smallest[:, STATISTICS.index("size")] <= 0.1]
        tied.append(near[:, -1].mean() if len(near) else 0.0)
    return (
        "Sizes of clusters are whole numbers, so an iteration can tie with the data, and it then "
        "counts against them: the p of size errs on the safe side. Data sets with a p of size of "
        f"at most .10 tie with {numbers(tied, '.2f')} iterations in the mean ({numbers(found)} "
        f"experiments); with ties decided by lot the rate of size at .05 is "
        f"{numbers(rates, '.4f')} in place of {numbers(raw, '.4f')}."
    )


def numbers(values, form="d"):
    *first, last = [format(value, form) for value in values]
    return f"{', '.join(first)} and {last}" if first else last


def with_far_foci(n_far):
    experiments = [replace(e, foci=e.foci + (FAR_AWAY,) * n_far) for e in pain()]
    return studyset_of(experiments)


def far_foci_lines(n_iterations, seed):
    """95 % points of the null of the pain studyset with foci far outside the volume."""
    yield "| added to each experiment | foci in all | largest ALE | cluster size | cluster mass |"
    yield "|---|---|---|---|---|"
    first = None
    rank = int(np.ceil(0.95 * (n_iterations + 1))) - 1
    equal = True
    for n_far in N_FAR:
        studyset = with_far_foci(n_far)
        corrected = fwe(ALE().fit(studyset), n_iterations=n_iterations, seed=seed)
        maxima = corrected.maxima
        bits = [getattr(maxima, name).tobytes() for name in ("largest", "size", "mass")]
        bits += [corrected.p(level).values.tobytes() for level in STATISTICS]
        first = first or bits
        equal = equal and bits == first
        largest, size, mass = (
            np.sort(m)[rank] for m in (maxima.largest, maxima.size, maxima.mass)
        )
        ale, mass = to_probability(np.array(largest)), mass * STEP
        yield f"| {n_far} | {studyset.n_foci} | {float(ale)!r} | {size} | {mass:.6f} |"
    yield ""
    same = "are equal bit for bit" if equal else "DIFFER"
    yield (
        f"All {n_iterations} maxima of voxel, size and mass, and the corrected p of every voxel, "
        f"{same} in the three."
    )


def draw(found):
    """Rejection rates against level, one panel for each number of experiments."""
    looks = dict(zip(STATISTICS, ((BAR, "o"), ("#D55E00", "s"), ("#009E73", "^")), strict=True))
    attainable = np.arange(1, 21) / (N_ITERATIONS + 1)
    with styled():
        figure, top = page(2.65, "Family-wise error where nothing converges")
        for i, (n_experiments, (_, smallest)) in enumerate(found.items()):
            axes = place(figure, 0.65 + i * 2.2, top + 0.2, 1.95, 1.75)
            along = np.linspace(0, LEVELS[-1])
            band = 3 * standard_error(along, len(smallest))
            axes.fill_between(along, along - band, along + band, color="#e4e4e4", linewidth=0)
            axes.plot([0, 0.1], [0, 0.1], color=FAINT, linewidth=0.8)
            rates = np.array([rejections(smallest, level + 1e-9) for level in attainable])
            for name, values in zip(STATISTICS, rates.T, strict=True):
                colour, marker = looks[name]
                marks = [int(np.argmin(abs(attainable - level))) for level in LEVELS]
                axes.plot(
                    attainable,
                    values,
                    color=colour,
                    linewidth=1.0,
                    marker=marker,
                    markevery=marks,
                    markersize=4,
                    label=name,
                )
            axes.set(xlim=(0, 0.104), ylim=(0, 0.13), xticks=(0, *LEVELS), yticks=(0, *LEVELS))
            labels = ["0", *(f"{level:.2f}".lstrip("0") for level in LEVELS)]
            axes.set_xticklabels(labels)
            axes.set_yticklabels(labels if i == 0 else [])
            axes.set_xlabel("level")
            axes.set_title(
                f"{n_experiments} experiments, {len(smallest):,} data sets",
                fontsize=8.5,
                color=INK,
            )
            if i == 0:
                axes.set_ylabel("share of data sets that reject")
                axes.legend(frameon=False, loc="upper left", fontsize=7.5)
        text = "Grey: three standard errors about a rate equal to the level."
        note(figure, 0.65, top + 2.4, text)
        (path,) = save_figure(figure, Path(__file__).with_suffix(""), formats=("png",))
    with Image.open(path) as image:  # 64 colours are enough, and a third of the bytes
        few = image.convert("RGB").quantize(64)
    few.save(path, optimize=True)


def report(found, others, far_lines, seed, minutes):
    versions = f"focale {focale.__version__}, numpy {np.__version__}, numba {numba.__version__}"
    texts = [
        "# Family-wise error where nothing converges",
        "How many simulated studysets without convergence have any voxel, cluster size or cluster "
        "mass with a family-wise p at or below the level. Made by `fwe.py`.",
        f"For {numbers(found)} experiments, counts of foci and sample sizes were drawn once, with "
        "replacement, from the bundled pain studyset. In each data set every focus falls on a "
        "uniformly random voxel of the brain mask and a uniformly random place within it. "
        f"Each is tested with `ALE().fit` and `fwe` (B = {N_ITERATIONS} iterations, clusters of "
        "p < .001, faces). As level x (B + 1) is whole, the rate is to be the level itself; SE "
        "is that of a share whose true value is the level.",
        "\n".join(calibration_lines(found)),
        "![Rejection rate against level](fwe.png)",
        ties_text(found, seed),
        "## TFCE, and a sequential test",
        f"The same kind of data sets: TFCE with B = {N_ITERATIONS_TFCE} iterations, and cluster "
        f"size with at most {N_ITERATIONS} that end with the {STOP_AFTER}th as large as what was "
        f"observed (`stop_after={STOP_AFTER}`). Each level is a p that these tests can give.",
        "\n".join(other_lines(others)),
        "## Foci that no map shows",
        f"95 % point of the null of the bundled pain studyset ({len(pain())} experiments, "
        f"{pain().n_foci} foci), with 0, 5 or 15 foci at (0, 0, 300) mm added to each experiment; "
        f"{N_ITERATIONS_FAR} iterations, seed {seed}.",
        "\n".join(far_lines),
        "NiMARE 0.22.1 draws such foci again within the mask, where they count: with 15 "
        "experiments of 5 foci, its 95 % point of the largest ALE rose from .0165 to .0196 and "
        ".0223 when 5 and 15 of them were added to each experiment, and that of cluster size from "
        "102 to 167 and 324 voxels. Foci outside the mask whose footprint reaches into it are in "
        "the map, and in the null of Focale as well.",
        "## Made with",
        f"Seed {seed}; {versions}, Python {platform.python_version()}; {minutes:.0f} minutes on "
        f"{os.cpu_count()} cores.",
    ]
    Path(__file__).with_suffix(".md").write_text("\n\n".join(texts) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--datasets", type=int, help="data sets for each number of experiments")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--fast", action="store_true", help="a smoke test; writes nothing")
    given = parser.parse_args()
    start = time.perf_counter()
    found = {}
    with ProcessPoolExecutor() as pool:
        for n_experiments, usual in DATASETS.items():
            n_datasets = given.datasets or (10 if given.fast else usual)
            n_foci = int(shape_of(n_experiments, given.seed)[0].sum())
            found[n_experiments] = n_foci, simulate(n_experiments, n_datasets, given.seed, pool)
            print(f"{n_experiments} experiments: {time.perf_counter() - start:.0f} s", flush=True)
        others = {}
        for n_experiments, usual in TFCE_DATASETS.items():
            n_datasets = given.datasets or (4 if given.fast else usual)
            others[n_experiments] = simulate(
                n_experiments, n_datasets, given.seed, pool, of=smallest_p_of_others
            )
            print(f"TFCE: {time.perf_counter() - start:.0f} s", flush=True)
    far_lines = list(far_foci_lines(99 if given.fast else N_ITERATIONS_FAR, given.seed))
    texts = [*calibration_lines(found), ties_text(found, given.seed), *other_lines(others)]
    print("\n".join([*texts, *far_lines]))
    if not given.fast:
        draw(found)
        report(found, others, far_lines, given.seed, (time.perf_counter() - start) / 60)


if __name__ == "__main__":
    main()
