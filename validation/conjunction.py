"""Is the conjunction that of published maps, and how often does it find what is not there?

`python -m validation.conjunction`, from the root of the repository. The published files are
not part of it: they are looked for in ../shared/corpus beside it.
"""

from pathlib import Path

import numpy as np

import focale
from focale import ALE, Studyset, conjunction, fwe
from focale.space.grid import Grid
from focale.space.mask import Mask
from validation.published.agreement import N_ITERATIONS, table
from validation.published.conjunction import children_rows, conjunction_rows

PLACE = np.array([-14.0, 0.0, 0.0])
OTHER = np.array([14.0, 4.0, -6.0])
N_EXPERIMENTS, N_FOCI, N_ITERATIONS_EACH, N_RUNS = 20, 5, 199, 400
ALPHA = 0.05

TOP = """\
# Conjunction

Made by `conjunction.py` with Focale {version}.

## Beside published maps

Enge et al. 2021 (doi:10.1016/j.neuroimage.2021.118436) publish maps of z inside surviving
clusters, made with NiMARE 0.0.8-0.0.9. A conjunction as NiMARE has it is the smallest z of such
maps. Ours are tests made with their settings ({n:,} iterations), put together by the largest
cluster-size p, at most .005. The voxels are the same, and so is the smallest z, up to the null:
"""

ADULTS = """
Their table 6 has a conjunction of children (50 experiments) and adults. The maps and foci of the
adults are not among the published files, so it cannot be made again; what can be seen of it
agrees. Its peaks of z are those of the children, whose z is the smaller one. Its peaks of ALE are
another matter: in the fourth row, .053 is the largest ALE of the children there, at (36, 22, -6),
while the smallest z is largest at (36, 24, -4), where ALE of the children is .046. ALE grows with
the number of experiments, so the smaller ALE tends to be that of the smaller set; z has one unit.
"""

RATES = """
## How often it finds what is not there

Two sets of {n_experiments} experiments with {n_foci} random foci each, in a box of 27,000 voxels
of 2 mm; {n_runs} pairs, {n_iterations} iterations, alpha .05. Where a set converges, half of its
experiments report a place, with a scatter of 3 mm. The conjunction null says of a voxel that at
least one set has nothing there, so in the first three kinds of pairs all that is found is wrong.

| set 1 converges | set 2 converges | level | pairs with a conjunction | 95 % interval |
|---|---|---|---|---|
"""

BOTH = """
With nothing in either set both tests would have to be wrong at one place, which is rare. Where one
set converges the rate could come near alpha only if its clusters filled the mask. Where each
converges at a place of its own, either test may be wrong where the other is right: no rate can be
above twice alpha, or k times with k sets (the sum of their family-wise errors).
"""


def box():
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = -30.0
    inside = np.ones((30, 30, 30), dtype=bool)
    return Mask(grid=Grid(shape=(30, 30, 30), affine=affine), inside=inside, name="a box")


def drawn(rng, place):
    """A set: random foci, and half of its experiments at a place if there is one."""
    studies = []
    for i in range(N_EXPERIMENTS):
        foci = rng.uniform(-30, 29, (N_FOCI, 3))
        if place is not None and i % 2:
            foci[0] = place + rng.normal(0, 3, 3)
        points = [{"coordinates": mm, "space": "MNI"} for mm in foci.tolist()]
        contrast = {"id": "1", "name": "1", "points": points, "metadata": {"sample_sizes": [20]}}
        studies.append({"id": f"s{i}", "name": f"s{i}", "analyses": [contrast]})
    return Studyset({"id": "drawn", "name": "drawn", "studies": studies})


def rate_lines(n_runs=N_RUNS):
    from focale.correction.p_values import interval_of_share

    mask = box()
    names = {None: "nowhere", 0: "at A", 1: "at B"}
    places = {None: None, 0: PLACE, 1: OTHER}
    for pair in ((None, None), (0, None), (0, 1), (0, 0)):
        n = {"size": 0, "voxel": 0}
        for run in range(n_runs):
            rng = np.random.default_rng([run, *(9 if k is None else k for k in pair)])
            sets = []
            for k, which in enumerate(pair):
                fitted = ALE(mask=mask).fit(drawn(rng, places[which]))
                sets.append(fwe(fitted, n_iterations=N_ITERATIONS_EACH, seed=2 * run + k))
            for level in n:
                found = conjunction(sets, alpha=ALPHA, level=level, atlases=())
                n[level] += found.n_voxels > 0
        for level, n_found in n.items():
            low, high = interval_of_share(n_found, n_runs)
            first, second = (names[which] for which in pair)
            yield (
                f"| {first} | {second} | {level} | {n_found / n_runs:.3f} | "
                f"{low:.3f} to {high:.3f} |"
            )


def report_lines(n_iterations=N_ITERATIONS, n_runs=N_RUNS):
    yield TOP.format(version=focale.__version__, n=n_iterations)
    yield from table(conjunction_rows(n_iterations))
    yield ADULTS
    yield from table(children_rows())
    yield RATES.format(
        n_experiments=N_EXPERIMENTS,
        n_foci=N_FOCI,
        n_runs=n_runs,
        n_iterations=N_ITERATIONS_EACH,
    ).rstrip("\n")
    yield from rate_lines(n_runs)
    yield BOTH.rstrip("\n")


if __name__ == "__main__":
    lines = list(report_lines())
    Path(__file__).with_suffix(".md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))
