"""What would change the picture, and plans: how long the answers take, beside NiMARE 0.22.1.

Of the bundled pain studyset (21 experiments, 267 foci), in a process each, in turns; Focale with
two threads. NiMARE has no leave-one-out of a test: the row is what 21 fits with 5,000
iterations would take it, from the time of a fit and of an iteration, one core. Its stability of
1,000 subsamples is extrapolated from 20 of them, judged as it does by the null of all
experiments. Of fail-safe N, removals and planning it has nothing.
"""

import argparse
import json
import os
import platform
import statistics
import sys
from importlib.metadata import version

from compare import HERE, output, peer_python, shown

N_LEFT_OUT, N_ITERATIONS, N_REPLICATES = 21, 5000, 1000

ROWS = (
    ("leave_out", "leave-one-out of the test, 21 x 5,000 iterations", 30),
    ("removals", "smallest removals of six clusters, 5,000 iterations each", None),
    ("stability", "stability, 1,000 subsamples, uncorrected", 10),
    ("fail_safe", "fail-safe N of six clusters, 10 lists of up to 210", 120),
    ("planning", "plan of 10 sizes x 4 shares, 500 simulations each", 300),
)


def measured(python, script, *what):
    return json.loads(output(python, HERE / script, *what).splitlines()[-1])


def medians(runs):
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def lines(ours, theirs):
    peers = {
        "leave_out": N_LEFT_OUT * (theirs["fit"] + N_ITERATIONS * theirs["iteration"]),
        "stability": N_REPLICATES * theirs["replicate"],
    }
    yield "| what | Focale | NiMARE 0.22.1, extrapolated | ratio | asked for |"
    yield "|---|---|---|---|---|"
    for name, words, limit in ROWS:
        if name not in ours:
            continue
        peer = peers.get(name)
        beside = f"{shown(peer)} | {peer / ours[name]:.0f}x" if peer else "none |"
        yield f"| {words} | {shown(ours[name])} | {beside} | {f'<= {limit} s' if limit else ''} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-plan", action="store_true")
    given = parser.parse_args()
    ours, theirs = [], []
    for number in range(given.rounds):
        print(f"round {number + 1} of {given.rounds} ...", file=sys.stderr)
        ours.append(measured(sys.executable, "focale_side.py", "robustness"))
        theirs.append(measured(peer_python(), "nimare_side.py", "robustness"))
    found = medians(ours)
    if not given.no_plan:
        print("a plan ...", file=sys.stderr)
        found |= measured(sys.executable, "focale_side.py", "planning")
    table = "\n".join(lines(found, medians(theirs)))
    about = (
        f"Medians of {given.rounds} rounds (the plan: one), both in turns on one machine "
        f"({os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
        f"Focale {version('focale')}). Made by `robustness.py`, which says what is counted."
    )
    heading = "# What would change the picture, and plans"
    (HERE / "robustness.md").write_text(f"{heading}\n\n{about}\n\n{table}\n")
    print(table)


if __name__ == "__main__":
    main()
