"""SCALE: Focale beside NiMARE 0.22.1.

Both test the same 21 experiments (the bundled pain studyset, 267 foci) against the same base
rate: those foci and 20,000 others in the brain mask, half of them around six places. In turns,
one thread each, in a process each. Milliseconds an iteration are the slope between a short and a
long run, so that preparation does not count, in seconds of the processor, so that other work on
the machine counts little. Both give p of every voxel; NiMARE's family-wise p of voxels takes
it a second pass of iterations, and it has none of clusters. Focale gives all three in one pass.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from compare import HERE, output, peer_python, shown

N_OTHERS = 20_000
CENTRES_MM = ((38, 20, -2), (-36, 18, 0), (2, 16, 48), (46, 10, 30), (-46, 10, 30), (0, -52, 28))
N_WHOLE = 1000


def slope(task, numbers, repeats=3):
    """Seconds of the processor an iteration takes, and those of a run without iterations."""
    fewest, most = (min(spent(task, n) for _ in range(repeats)) for n in numbers)
    each = (most - fewest) / (numbers[1] - numbers[0])
    return each, max(fewest - numbers[0] * each, 0.0)


def spent(task, n):
    start = time.process_time()
    task(n)
    return time.process_time() - start


def focale_side(base):
    from focale import ALE, Studyset, pain_studyset_path, scale
    from focale.inference import null_moments

    pain = Studyset(pain_studyset_path())

    def task(n):
        null_moments._moments.cache_clear()  # each run is to be a first one
        scale(ALE().statistic(pain), base, n_iterations=n, threads=1)

    task(2)  # compiles
    each, before = slope(task, (300, 1800))
    return {"each": each, "before": before}


def nimare_side(base):
    import logging
    import warnings

    warnings.simplefilter("ignore")
    from nimare.correct import FWECorrector
    from nimare.meta.cbma.ale import SCALE
    from nimare.nimads import Studyset
    from nimare.utils import get_resource_path

    logging.disable(logging.CRITICAL)
    pain = Studyset(f"{get_resource_path()}/nidm_pain_studyset.json", target="mni152_2mm")

    def fit(n):
        return SCALE(base, n_iters=n, n_cores=1, random_state=1).fit(pain)

    result = fit(2)

    def correct(n):
        how = {"n_iters": n, "n_cores": 1, "vfwe_only": True}
        FWECorrector(method="montecarlo", **how).transform(result)

    correct(2)
    each, before = slope(fit, (20, 100), repeats=2)
    corrected, more = slope(correct, (20, 100), repeats=2)
    return {"each": each, "corrected": corrected, "before": before + more}


def base_rate():
    """Coordinates of the base rate, shape (n, 3), on voxel centres."""
    from focale import Studyset, pain_studyset_path
    from focale.space.targets import standard_mask

    rng, mask = np.random.default_rng(20261126), standard_mask()
    centres = np.array(CENTRES_MM, dtype=float)[rng.integers(len(CENTRES_MM), size=N_OTHERS)]
    around = mask.position_of(centres + rng.normal(0, 7, (N_OTHERS, 3)))
    anywhere = rng.integers(mask.n_voxels, size=N_OTHERS // 2)
    positions = np.concatenate([around[around >= 0][: N_OTHERS // 2], anywhere])
    return np.concatenate([Studyset(pain_studyset_path()).foci_mm, mask.mm(positions)])


def lines(ours, theirs):
    yield "| what | Focale | NiMARE 0.22.1 | ratio | asked for |"
    yield "|---|---|---|---|---|"
    own, peer, both = ours["each"], theirs["each"], theirs["each"] + theirs["corrected"]
    one_pass = f"{own * 1e3:.3f} ms"
    yield (
        f"| an iteration: p of every voxel | {one_pass} (with all below) | {peer * 1e3:.1f} ms | "
        f"{peer / own:.0f}x | |"
    )
    yield (
        f"| an iteration: p, and family-wise p of voxels | {one_pass} | {both * 1e3:.1f} ms (two "
        f"passes) | {both / own:.0f}x | >= 50x |"
    )
    yield f"| an iteration: family-wise p of cluster size and mass too | {one_pass} | none | | |"
    whole, other = (s["before"] + N_WHOLE * e for s, e in ((ours, own), (theirs, both)))
    yield (
        f"| {N_WHOLE:,} iterations with preparation, from the slopes | {shown(whole)} | "
        f"{shown(other)} | {other / whole:.0f}x | |"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", choices=["focale", "nimare"], help="one side alone, as JSON")
    parser.add_argument("--base", type=Path, help="coordinates of the base rate (.npy)")
    given = parser.parse_args()
    if given.side:
        side = focale_side if given.side == "focale" else nimare_side
        print(json.dumps(side(np.load(given.base))))
        return
    found = {"focale": [], "nimare": []}
    with tempfile.TemporaryDirectory() as place:
        base = Path(place) / "base.npy"
        np.save(base, base_rate())
        for number in range(given.rounds):
            print(f"round {number + 1} of {given.rounds} ...", file=sys.stderr)
            for side, python in (("focale", sys.executable), ("nimare", peer_python())):
                said = output(python, HERE / "scale.py", "--side", side, "--base", base)
                found[side].append(json.loads(said.splitlines()[-1]))
    ours, theirs = (
        {name: statistics.median(run[name] for run in runs) for name in runs[0]}
        for runs in found.values()
    )
    about = (
        f"Medians of {given.rounds} rounds, both in turns on one machine ({os.cpu_count()} cores, "
        f"{platform.machine()}, Python {platform.python_version()}, Focale {version('focale')}), "
        "seconds of the processor. Made by `scale.py`, which says what is counted."
    )
    table = "\n".join(lines(ours, theirs))
    (HERE / "scale.md").write_text(f"# SCALE beside NiMARE 0.22.1\n\n{about}\n\n{table}\n")
    print(table)


if __name__ == "__main__":
    main()
