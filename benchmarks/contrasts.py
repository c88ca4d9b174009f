"""Contrasts and fits of spheres: Focale beside NiMARE 0.22.1, in turns.

Contrasts take two threads or processes each, fits of spheres one.

The bundled pain studyset in two, its first 10 experiments against the other 11. Both make the
maps of the two sides and 1,000 labelings. Focale's test then has p of voxels, cluster size and
cluster mass; NiMARE's has those of clusters only if asked, in a row of its own.

A balanced iteration of NiMARE draws 1,000 subsamples, where Focale has the mean over all of
them in closed form. This row of NiMARE and that with clusters are extrapolated from few
iterations (`nimare_side.py`).
"""

import argparse
import json
import os
import platform
import statistics
import sys
from importlib.metadata import version

from compare import HERE, output, peer_python, shown

# what is measured: its words in the table, task of each side, least ratio asked for
ROWS = {
    "contrasts": (
        ("10 against 11 experiments, 1,000 labelings", "plain", "plain", 30),
        ("the same, one thread", "plain_one", "plain_one", None),
        ("the same, two threads, with p of clusters", "plain", "clusters", None),
        ("10,000 labelings, two threads", "plain_10000", None, None),
        ("balanced, subsamples of 8, 1,000 labelings", "balanced", "balanced", None),
    ),
    "family": (
        ("fit of MKDA density, 21 experiments, with p and z", "mkda", "mkda", 3),
        ("fit of KDA, 21 experiments, with p and z", "kda", "kda", None),
        ("fit of MKDA chi-square, 10 against 11 experiments", "chi2", "chi2", 3),
        ("the same, all 24 maps laid out, not only those asked for", "chi2_all", "chi2", None),
    ),
}
"""By the tasks of `focale_side.py` and `nimare_side.py` that measure them; other estimators
have their rows here too, under tasks of their own."""


def measured(python, script, task):
    return json.loads(output(python, HERE / script, task))


def medians(n_rounds, ours, theirs):
    found = {}
    for number in range(n_rounds):
        print(f"round {number + 1} of {n_rounds} ...", file=sys.stderr)
        for task in ROWS:
            for side, python, script in (
                ("focale", ours, "focale_side.py"),
                ("nimare", theirs, "nimare_side.py"),
            ):
                for name, value in measured(python, script, task).items():
                    found.setdefault((side, task, name), []).append(value)
    return {key: statistics.median(values) for key, values in found.items()}


def lines(found):
    yield "| what | Focale | NiMARE 0.22.1 | ratio | asked for |"
    yield "|---|---|---|---|---|"
    for task, rows in ROWS.items():
        for words, mine, peer, least in rows:
            ours, theirs = found["focale", task, mine], found.get(("nimare", task, peer))
            ratio = f"{theirs / ours:.{0 if theirs > 10 * ours else 1}f}x" if theirs else ""
            extrapolated = ", extrapolated" if peer in ("balanced", "clusters") else ""
            cells = words, shown(ours), f"{shown(theirs)}{extrapolated}" if theirs else "none"
            yield f"| {' | '.join(cells)} | {ratio} | {f'>= {least}x' if least else ''} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=3)
    n = parser.parse_args().rounds
    table = "\n".join(lines(medians(n, sys.executable, peer_python())))
    about = (
        f"Medians of {n} rounds, both in turns on one machine ({os.cpu_count()} cores, "
        f"{platform.machine()}, Python {platform.python_version()}, Focale {version('focale')}). "
        "Made by `contrasts.py`, which says what is counted."
    )
    heading = "# Contrasts and spheres beside NiMARE 0.22.1"
    (HERE / "contrasts.md").write_text(f"{heading}\n\n{about}\n\n{table}\n")
    print(table)


if __name__ == "__main__":
    main()
