"""How often is the uncorrected p of a voxel small when there is no convergence?

Studysets of random foci: every focus uniform in the brain mask, on voxel centres or
anywhere; sample sizes lognormal(log 18, .45) clipped to 6-80; foci per experiment Poisson(9)
clipped to 1-40 (as in App. A of the design notes). Counted is the share of mask voxels with
p at or below a level. It should be at most the level, and not far below it. The standard
error is over studysets, since voxels of one map go together.
"""

from pathlib import Path

import numpy as np

from focale import ALE, Studyset
from focale.io.records import ExperimentRecord, FocusRecord, StudysetRecord
from focale.space.targets import standard_mask

LEVELS = (0.05, 0.01, 0.001)
N_SETS = 200
NOTE = (
    "The null takes the voxels of the mask as alike. Random foci do not: a voxel at the edge of "
    "the mask has fewer voxels around it, and so gets less from every experiment, than one "
    "inside. That the experiments share this makes small p a little more frequent than the null "
    "says, by 1 % of the level with 50 experiments. It is a property of the null of Eickhoff et "
    "al. (2012), which all ALE tools use for uncorrected p."
)


def random_studyset(n_experiments, rng, *, on_grid):
    mask = standard_mask()
    experiments = []
    for number in range(n_experiments):
        n_foci = int(np.clip(rng.poisson(9), 1, 40))
        places = mask.mm(rng.integers(mask.n_voxels, size=n_foci))
        if not on_grid:
            places = places + rng.uniform(-1, 1, places.shape)
        n_subjects = float(np.clip(np.round(rng.lognormal(np.log(18), 0.45)), 6, 80))
        foci = tuple(FocusRecord(tuple(place), "MNI") for place in places.tolist())
        experiments.append(ExperimentRecord(f"s{number}", "1", foci, n_subjects, "simulated"))
    found = n_experiments, sum(len(experiment.foci) for experiment in experiments)
    return Studyset(StudysetRecord.of(experiments, "simulated", "", (), found))


def shares(n_experiments, *, on_grid, n_sets=N_SETS, seed=20261122):
    """Share of voxels with p at or below each level, shape (n_sets, n_levels)."""
    found = []
    for number in range(n_sets):
        rng = np.random.default_rng([seed, n_experiments, on_grid, number])
        p = ALE().fit(random_studyset(n_experiments, rng, on_grid=on_grid)).p.values
        found.append([np.mean(p <= level) for level in LEVELS])
    return np.array(found)


def main():
    lines = [
        "# Uncorrected p without convergence",
        "",
        f"Share of mask voxels with p at or below a level, mean of {N_SETS} simulated studysets "
        "(standard error). Made by `uncorrected_p.py`.",
        "",
        "| experiments | foci | .05 | .01 | .001 |",
        "|---|---|---|---|---|",
    ]
    for n_experiments in (8, 20, 50):
        for on_grid in (True, False):
            found = shares(n_experiments, on_grid=on_grid)
            mean, error = found.mean(axis=0), found.std(axis=0) / np.sqrt(N_SETS)
            cells = [f"{m:.5f} ({e:.5f})" for m, e in zip(mean, error, strict=True)]
            place = "on voxel centres" if on_grid else "anywhere"
            lines.append(f"| {n_experiments} | {place} | {' | '.join(cells)} |")
            print(lines[-1])
    lines += ["", NOTE]
    Path(__file__).with_suffix(".md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
