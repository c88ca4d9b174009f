"""How often does a contrast find a difference where there is none, and one where there is one?

Pools of experiments that converge: each reports a common place with probability c, the first
of its foci being at the place with a scatter of two voxels on each axis; all other foci fall on
grey matter at random. A pool is split at random into two sides, between which there is then no
difference but chance, and the contrast is made of them. Counted is how many splits have any
voxel, cluster size or cluster mass with a family-wise p at or below .05, over both directions.

Beside it, in the same pools: the null of random foci, and a test among the voxels of a gate.
Last, two sides of which the first converges more: which cluster-forming p finds the place?

`--fast` does all of it on a small scale and writes nothing.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numba
import numpy as np

import focale
from focale import ALE, Studyset, fwe
from focale.contrasts.difference import ContrastSettings, design_of, difference_test
from focale.contrasts.legacy import random_foci_test
from focale.contrasts.receipt import LEVELS, receipt
from focale.inference.clusters import find_clusters
from focale.inference.labelings import random_labelings
from focale.inference.pearson import standardised
from focale.inference.relabelling import Look
from focale.io.records import ExperimentRecord, FocusRecord, StudysetRecord
from focale.kernels.relabelling import U_STEPS
from focale.space.grey_matter import grey_matter
from focale.space.targets import standard_mask
from focale.space.voxelmap import VoxelMap

SEED = 20261127
N_PROCESSES = 2
ALPHA = 0.05
N_LABELINGS = 199
CONVERGENCE = (0.0, 0.3, 0.5)
SIZES = ((10, 10), (30, 30), (15, 60))
N_POOLS = 20
SPLITS_PLAIN = {(10, 10): 100, (30, 30): 100, (15, 60): 50}
SPLITS_BALANCED = {(10, 10): 30, (30, 30): 30, (15, 60): 30}
SPLITS_VARIED, SPLITS_LEGACY = 50, 50
VARIED = 0.5, (15, 60)
"""The cell in which one more thing is varied."""

CHANGES = {
    "first side alone": {"direction": "first"},
    "second side alone": {"direction": "second"},
    "clusters of p < .001": {"forming_p": 0.001},
    "clusters of p < .05": {"forming_p": 0.05},
}
CELL = 0.5, (30, 30)
"""The cell of whole tests and of the null of random foci."""

GATED = (0.3, (10, 10)), (0.5, (10, 10))

BATCH = 10
ITERATIONS_LEGACY = 400
FORMING = (0.001, 0.01, 0.05)
TRUE = (0.5, 0.1)
SIZES_TRUE = ((20, 20), (15, 40))
WITHIN_MM = 8.0
SCATTER_VOXELS = 2.0


class Evidence(NamedTuple):
    """Experiments of one pool, and the place on which they converge."""

    studyset: Studyset
    place_mm: np.ndarray


@cache
def places():
    """Where foci may fall: the voxels of grey matter, and the voxels' edge in mm."""
    return grey_matter(standard_mask())


def evidence(convergence, key):
    """Experiments that report one place each with its own probability.

    convergence : shape (n,); probability for each experiment
    key : whole numbers that seed it
    """
    rng = np.random.default_rng([SEED, *key])
    mask, convergence = places(), np.asarray(convergence, dtype=float)
    (place_mm,) = mask.mm(rng.integers(mask.n_voxels, size=1))
    experiments = []
    for number, share in enumerate(convergence):
        n_subjects = round(float(np.clip(rng.lognormal(np.log(18), 0.45), 6, 80)))
        n_foci = int(np.clip(rng.poisson(9), 1, 40))
        foci_mm = mask.mm(rng.integers(mask.n_voxels, size=n_foci))
        if rng.random() < share:
            steps = np.round(rng.normal(0, SCATTER_VOXELS, 3))
            foci_mm[0] = place_mm + steps * np.array(mask.grid.voxel_size_mm)
        foci = tuple(FocusRecord(tuple(mm), "MNI") for mm in foci_mm.tolist())
        name = f"s{number}"
        experiments.append(ExperimentRecord(name, "1", foci, float(n_subjects), "simulated"))
    counts = len(experiments), sum(len(e.foci) for e in experiments)
    record = StudysetRecord.of(experiments, "simulated", "", (), counts)
    return Evidence(Studyset(record), place_mm)


def sides(studyset, in_first):
    """Statistic of each side."""
    ids = np.array([str(i) for i in studyset.ids])
    return [ALE().statistic(studyset.slice(list(ids[own]))) for own in (in_first, ~in_first)]


def pool_of(c, sizes, number):
    """The sides of a pool as it happens to lie; they are split anew in each test."""
    n = sum(sizes)
    key = round(100 * c), *sizes, number
    return sides(evidence(np.full(n, c), key).studyset, np.arange(n) < sizes[0])


def jale_size(fewest):
    """Subsample of JALE: int(min(floor(mean(n_min, 17)), n_min - 2))."""
    return int(min((fewest + 17) // 2, fewest - 2))


METHODS: dict[str, Callable[[int], int | None]] = {
    "plain": lambda _fewest: None,
    "balanced, smaller side": lambda fewest: fewest,
    "balanced, JALE's size": jale_size,
}


def false_positives(number, c, sizes, method, n_splits, **changes):
    """Splits of one pool in which something is found, by voxel, size and mass."""
    settings = ContrastSettings(
        subsample=METHODS[method](min(sizes)), seed=SEED + number, **changes
    )
    design = design_of(*pool_of(c, sizes, number), settings)
    found = receipt(design, settings, ALPHA, n_splits=n_splits, threads=1)
    assert found.n_labelings == N_LABELINGS
    return [found.n_false[level] for level in LEVELS]


def whole_tests(numbers, c, sizes):
    """The contrast as a user makes it, of split pools of their own; found or not, by level."""
    found = []
    for number in numbers:
        n = sum(sizes)
        studyset = evidence(np.full(n, c), (7, round(100 * c), *sizes, number)).studyset
        settings = ContrastSettings(n_labelings=N_LABELINGS, seed=SEED + number)
        test = difference_test(*sides(studyset, np.arange(n) < sizes[0]), settings, threads=1)
        found.append(
            [
                any((tail.corrected(level).values <= ALPHA).any() for tail in test.tails.values())
                for level in LEVELS
            ]
        )
    return np.array(found)


def legacy(number, c, sizes, method, n_splits):
    """Splits in which the null of random foci finds a difference."""
    first, second = pool_of(c, sizes, number)
    design = design_of(first, second, ContrastSettings())
    found = random_foci_test(
        first,
        second,
        design,
        METHODS[method](min(sizes)),
        n_iterations=ITERATIONS_LEGACY,
        seed=SEED + number,
        alpha=ALPHA,
        n_splits=n_splits,
        threads=1,
    )
    return found.n_false


def gated(numbers, c, sizes):
    """Of splits: has a gate; found in the whole mask; in a gate; by a test among its voxels.

    The gate of a direction is where the side that has more converges by itself, at a
    family-wise p of cluster size of at most .05. All by voxel, over both directions.
    """
    found = []
    for number in numbers:
        n = sum(sizes)
        studyset = evidence(np.full(n, c), (8, round(100 * c), *sizes, number)).studyset
        both = sides(studyset, np.arange(n) < sizes[0])
        design = design_of(*both, ContrastSettings())
        others = random_labelings(n, design.size, number, SEED, 2)[:N_LABELINGS]
        labelings = np.vstack([design.group, others])
        _, maxima = Look.of(design, 0.01).at(labelings)
        largest = maxima[:, 0] / U_STEPS
        hits = np.zeros(4, dtype=bool)
        for i, side in enumerate(both):
            sign, tail = (1, 1) if (i == 0) == design.draws_first else (-1, 0)
            gate = np.flatnonzero(convergent(side, number))
            survives = 2 * p_of(sign * design.u, largest[1:, tail]) <= ALPHA
            hits |= [gate.size > 0, survives.any(), survives[gate].any(), False]
            if gate.size:
                within = sign * differences(design, gate, labelings)
                p = p_of(within[0], within[1:].max(axis=1))
                hits[3] |= (2 * p <= ALPHA).any()
        found.append(hits)
    return np.array(found)


def convergent(side, number):
    """Voxels of the surviving clusters of one side by itself."""
    how = {"n_iterations": N_LABELINGS, "seed": SEED + number, "threads": 1}
    return fwe(ALE().fit(side.studyset), **how).p("size").values <= ALPHA


def differences(design, voxels, labelings):
    """Standardised difference of each labeling at some voxels, shape (labelings, voxels)."""
    values = np.zeros((design.n, voxels.size))
    for place, voxel in enumerate(voxels):
        own = slice(design.starts[voxel], design.starts[voxel + 1])
        values[design.units[own], place] = design.values[own]
    sums = labelings.astype(float) @ values
    moments = (np.broadcast_to(m, sums.shape) for m in design.moments[voxels].T)
    return standardised(sums, *moments)


def p_of(values, maxima):
    """(b + 1) / (B + 1) of each value among the maxima of other labelings."""
    ordered = np.sort(maxima)
    return (ordered.size - np.searchsorted(ordered, values - 1e-6) + 1) / (ordered.size + 1)


def true_difference(numbers, sizes):
    """Whether the place is found where the first side has more, shape (n, forming p, level)."""
    found = []
    for number in numbers:
        studyset, place_mm = evidence(np.repeat(TRUE, sizes), (9, *sizes, number))
        both = sides(studyset, np.arange(sum(sizes)) < sizes[0])
        design = design_of(*both, ContrastSettings())
        labelings = random_labelings(design.n, design.size, number, SEED, 3)
        found.append(
            [found_near(place_mm, Look.of(design, p), labelings[:N_LABELINGS]) for p in FORMING]
        )
    return np.array(found)


def found_near(place_mm, look, labelings):
    """Whether a voxel near the place survives where the first side has more, by each level."""
    design = look.design
    sign, tail = (1, 1) if design.draws_first else (-1, 0)
    _, maxima = look.at(labelings)
    largest, size, mass = maxima[:, :, tail].T
    upper = VoxelMap(sign * design.u, design.mask)
    clusters = find_clusters(upper, float(np.nextafter(look.forming, 0)))
    near = np.linalg.norm(design.mask.mm(np.arange(upper.values.size)) - place_mm, axis=1)
    near = near <= WITHIN_MM
    labels = np.unique(clusters.labels[near])
    own = [c.positions for i, c in enumerate(clusters, start=1) if i in labels]
    sizes = np.array([len(positions) for positions in own])
    masses = np.array([(upper.values[positions] - look.forming).sum() for positions in own])
    return [
        bool((2 * p_of(observed, others) <= ALPHA).any())
        for observed, others in (
            (upper.values[near], largest / U_STEPS),
            (sizes, size),
            (masses, mass / U_STEPS),
        )
    ]


class Task(NamedTuple):
    """One part of the work: what is counted, of how many, and by which call."""

    key: str
    of: int
    call: Callable[[], object]


def tasks(n_pools, few):
    """All parts of the work; `few` divides the splits.

    The parts of one pool come together, so that work that is stopped has seen as many pools in
    each cell.
    """
    cells = [(c, sizes) for sizes in SIZES for c in CONVERGENCE]
    pools = range(n_pools)
    for i in pools:
        yield from _beside(i, few)
    for i in pools:
        for c, sizes in cells:
            yield _splits("plain", c, sizes, i, SPLITS_PLAIN[sizes] // few)
    for method in list(METHODS)[1:]:
        for i in pools:
            for c, sizes in cells:
                if c == CELL[0] or "smaller" in method:
                    yield _splits(method, c, sizes, i, SPLITS_BALANCED[sizes] // few)
    for i in pools:
        for name, changes in CHANGES.items():
            yield _splits("plain", *VARIED, i, SPLITS_VARIED // few, name, **changes)


def _beside(i, few):
    """What is counted once for each pool number, beside the false positives."""
    numbers = range(i * BATCH, i * BATCH + BATCH // few)
    counts = [(whole_tests, "whole", CELL), *((gated, "gated", cell) for cell in GATED)]
    for call, name, (c, sizes) in counts:
        of = f"{name}|{c}|{_words(sizes)}|{i}"
        yield Task(of, len(numbers), partial(summed, call, numbers, c, sizes))
    sizes = CELL[1]
    for true in SIZES_TRUE:
        of = f"true|{TRUE}|{_words(true)}|{i}"
        yield Task(of, len(numbers), partial(summed, true_difference, numbers, true))
    n = SPLITS_LEGACY // few
    for share in CONVERGENCE:
        call = partial(legacy, i, share, sizes, "balanced, smaller side", n)
        yield Task(f"legacy|{share}|{_words(sizes)}|{i}", n, call)


def _splits(method, c, sizes, pool, n, name="", **changes):
    key = f"{name or method}|{c}|{_words(sizes)}|{pool}"
    return Task(key, n, partial(false_positives, pool, c, sizes, method, n, **changes))


def _words(sizes):
    return "{}+{}".format(*sizes)


def summed(count, *args):
    """How many of the counted things are so."""
    return count(*args).sum(axis=0).tolist()


def work(all_tasks, place, seconds):
    """What the tasks count, by key: (of how many, counted); kept in a file, if one is given."""
    kept = {}
    if place and place.exists():
        kept = dict(json.loads(line) for line in place.read_text().splitlines())
    until = time.monotonic() + seconds
    left = [task for task in all_tasks if task.key not in kept]
    with ProcessPoolExecutor(N_PROCESSES) as pool:
        running = {}
        while left or running:
            while left and len(running) < 2 * N_PROCESSES and time.monotonic() < until:
                task = left.pop(0)
                running[pool.submit(task.call)] = task
            if not running:
                break
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                task = running.pop(done)
                kept[task.key] = [task.of, done.result()]
                if place:
                    with place.open("a") as file:
                        file.write(json.dumps([task.key, kept[task.key]]) + "\n")
    return kept


def counted(kept, *key):
    """Of how many, and what was counted, over all parts of one cell."""
    head = "|".join(map(str, key)) + "|"
    parts = [value for name, value in kept.items() if name.startswith(head)]
    return sum(n for n, _ in parts), np.sum([np.array(found) for _, found in parts], axis=0)


def standard_error(share, n):
    return float(np.sqrt(share * (1 - share) / n))


def rates(n, found):
    return [f"{value / n:.4f}" for value in np.ravel(found)]


def verdict(n, found):
    """Whether every rate is at most alpha, three standard errors allowed."""
    most = ALPHA + 3 * standard_error(ALPHA, n)
    above = [f"{level} above" for level, k in zip(LEVELS, found, strict=True) if k / n > most]
    return ", ".join(above) or "yes"


def row(*cells):
    return f"| {' | '.join(map(str, cells))} |"


def calibration_lines(kept, names):
    yield "| method | sides | c | pools | splits | voxel | size | mass | SE | at most .05 |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for name in names:
        for sizes in SIZES:
            for c in CONVERGENCE:
                key = name, c, _words(sizes)
                n, found = counted(kept, *key)
                if n:
                    cells = (
                        name,
                        _words(sizes),
                        c,
                        pools_of(kept, *key),
                        f"{n:,}",
                        *rates(n, found),
                    )
                    yield row(*cells, f"{standard_error(ALPHA, n):.4f}", verdict(n, found))


def varied_lines(kept):
    yield "| what is changed | sides | c | splits | voxel | size | mass | SE | at most .05 |"
    yield "|---|---|---|---|---|---|---|---|---|"
    c, sizes = VARIED
    for name in ("plain", *CHANGES):
        n, found = counted(kept, name, c, _words(sizes))
        if n:
            words = "nothing" if name == "plain" else name
            error = f"{standard_error(ALPHA, n):.4f}"
            yield row(
                words, _words(sizes), c, f"{n:,}", *rates(n, found), error, verdict(n, found)
            )
    n, found = counted(kept, "whole", CELL[0], _words(CELL[1]))
    if n:
        error = f"{standard_error(ALPHA, n):.4f}"
        cells = "`difference_test` of separate studysets", _words(CELL[1]), CELL[0], n
        yield row(*cells, *rates(n, found), error, verdict(n, found))


def legacy_lines(kept):
    yield "| sides | c | pools | splits | random foci: false positives | SE |"
    yield "|---|---|---|---|---|---|"
    for c in CONVERGENCE:
        key = "legacy", c, _words(CELL[1])
        n, found = counted(kept, *key)
        if n:
            rate = float(found) / n
            error = f"{standard_error(max(rate, 1 / n), n):.3f}"
            yield row(_words(CELL[1]), c, pools_of(kept, *key), f"{n:,}", f"{rate:.3f}", error)


def gated_lines(kept):
    yield (
        "| sides | c | splits | with a gate | whole mask | the same, listed in a gate | "
        "test in a gate alone | SE |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for c, sizes in GATED:
        n, found = counted(kept, "gated", c, _words(sizes))
        if n:
            shares = [f"{value / n:.3f}" for value in found]
            yield row(_words(sizes), c, n, *shares, f"{standard_error(ALPHA, n):.3f}")


def power_lines(kept):
    yield "| sides | data sets | clusters of one-tailed p | voxel | size | mass | largest SE |"
    yield "|---|---|---|---|---|---|---|"
    for sizes in SIZES_TRUE:
        n, found = counted(kept, "true", TRUE, _words(sizes))
        for forming_p, shares in zip(FORMING, np.atleast_2d(found) / max(n, 1), strict=True):
            error = max(standard_error(share, n) for share in shares)
            cells = [f"{share:.2f}" for share in shares]
            yield row(_words(sizes), n, f"< {forming_p:g}", *cells, f"{error:.2f}")


def pools_of(kept, *key):
    """How many pools a cell has seen."""
    return sum(name.startswith("|".join(map(str, key)) + "|") for name in kept)


def parts(kept):
    """The tables, each with its heading."""
    yield "", calibration_lines(kept, METHODS)
    yield "## One more thing varied", varied_lines(kept)
    yield "## Not valid: the null of random foci", legacy_lines(kept)
    yield "## A test among the voxels of a gate", gated_lines(kept)
    yield "## Which clusters find a true difference", power_lines(kept)


ABOUT = {
    "": f"""\
How often a contrast finds a difference between two halves of one pool. Made by `contrasts.py`.

Each pool has one place, drawn from grey matter. Every experiment reports it with probability c, \
with a scatter of two voxels on each axis; all its other foci fall on grey matter at random. \
Sample sizes are log-normal about 18, numbers of foci are Poisson with mean 9. Each pool is split \
at random into sides of the given sizes, and every split is tested with {N_LABELINGS} labelings \
of its own, in both directions (`receipt`, clusters of one-tailed p < .01). Balanced: \
matched subsamples as large as the smaller side, or as JALE's rule \
int(min(floor(mean(n_min, 17)), n_min - 2)) says. Counted are splits with any family-wise p of at \
most .05. SE is that of a share of .05; a cell is *at most .05* where no rate is more than three \
of them above.""",
    "## One more thing varied": """\
The same, with one setting changed. The last row has studysets of their own for each test, made \
with the public `difference_test` from beginning to end.""",
    "## Not valid: the null of random foci": f"""\
What JALE and, by default, NiMARE 0.22.1 test a balanced contrast against (`random_foci_test`, \
{ITERATIONS_LEGACY} pairs of random maps, subsamples as large as a side), on random splits of \
pools as above, at .05. The more the pool converges, the more often it finds a difference where \
there is none.""",
    "## A test among the voxels of a gate": """\
Voxel level, both directions, sides of one pool. *With a gate*: at least one side converges by \
itself (cluster size, family-wise p of at most .05). *Whole mask*: the contrast finds something. \
*Listed in a gate*: of that, something lies where the side that has more converges by itself; \
this is what Focale's gate lists, which takes voxels away and adds none. *Test in a gate alone*: \
maxima over labelings are taken in the gate only; as the same data chose it, exchangeable labels \
no longer vouch for the rate, which stands beside that of the whole mask on the same splits.""",
    "## Which clusters find a true difference": f"""\
Experiments of the first side report the place with probability {TRUE[0]}, those of the second \
with {TRUE[1]}. Found: a family-wise p of at most .05 within {WITHIN_MM:g} mm of it where the \
first side has more, both directions asked, {N_LABELINGS} labelings.""",
}


def report(kept, minutes):
    versions = f"focale {focale.__version__}, numpy {np.__version__}, numba {numba.__version__}"
    texts = ["# Contrasts between halves of one pool"]
    for heading, lines in parts(kept):
        texts += [heading, ABOUT[heading], "\n".join(lines)]
    texts.append(powerful(kept))
    machine = f"Python {platform.python_version()}; {os.cpu_count()} cores"
    took = f", {minutes:.0f} minutes" if minutes else ""
    full = sum(task.of for task in tasks(N_POOLS, 1))
    if (done := sum(of for of, _ in kept.values())) < full:
        took += f"; {done:,} of the {full:,} tests of a whole run"
    texts += ["## Made with", f"Seed {SEED}; {versions}, {machine}{took}."]
    text = "\n\n".join(filter(None, texts))
    Path(__file__).with_suffix(".md").write_text(text + "\n", encoding="utf-8")


def powerful(kept):
    """Which cluster-forming p found the place most often."""
    sums = [counted(kept, "true", TRUE, _words(sizes)) for sizes in SIZES_TRUE]
    n = sum(n for n, _ in sums)
    if not n:
        return ""
    shares = np.sum([found for _, found in sums], axis=0) / n
    said = []
    for level in ("size", "mass"):
        column = shares[:, LEVELS.index(level)]
        best = FORMING[int(column.argmax())]
        each = ", ".join(f"{v:.2f} at {p:g}" for p, v in zip(FORMING, column, strict=True))
        said.append(f"by {level} {each} (most at {best:g})")
    voxel = shares[0, LEVELS.index("voxel")]
    return (
        f"Of all {n} data sets the place was found by voxel in {voxel:.2f}, {' and '.join(said)}; "
        f"a share has a standard error of at most {0.5 / np.sqrt(n):.2f}, and the shares of one "
        "row of data sets are not independent."
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--keep", type=Path, help="file of finished parts, to go on from")
    parser.add_argument("--seconds", type=float, default=np.inf, help="begin no part after these")
    parser.add_argument("--fast", action="store_true", help="a smoke test; writes nothing")
    given = parser.parse_args()
    start = time.perf_counter()
    kept = work(tasks(2, 10) if given.fast else tasks(N_POOLS, 1), given.keep, given.seconds)
    print("\n".join(line for _, lines in parts(kept) for line in lines))
    if not given.fast:
        # parts of an earlier run took their time there
        report(kept, None if given.keep else (time.perf_counter() - start) / 60)


if __name__ == "__main__":
    main()
