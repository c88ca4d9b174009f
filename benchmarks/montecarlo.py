"""Family-wise error control: Focale beside NiMARE 0.22.1, and what it costs alone.

Both test the same evidence for voxels, cluster size and cluster mass, in turns, one thread
each. Milliseconds an iteration are the slope between a short and a long run, so that
preparation does not count; the row of 1,000 iterations has it.
"""

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from compare import HERE, output, peer_python, shown, wall

SETS = {
    "pain8": ("8 experiments, 107 foci (pain)", 100),
    "pain21": ("21 experiments, 267 foci (pain)", 100),
    "random100": ("100 experiments of 8 foci at random", 60),
}


def random_evidence(n_experiments, n_foci, seed=20261125):
    """NIMADS studyset of foci in a box that lies in the brain."""
    draw = random.Random(seed)
    studies = []
    for number in range(n_experiments):
        points = [
            {
                "coordinates": [
                    2 * draw.randint(-30, 30),
                    2 * draw.randint(-40, 25),
                    2 * draw.randint(-10, 25),
                ],
                "space": "MNI",
            }
            for _ in range(n_foci)
        ]
        size = {"sample_sizes": [draw.randint(10, 40)]}
        analysis = {"id": "1", "name": "1", "points": points, "metadata": size}
        study = {"id": f"s{number}", "name": f"s{number}", "metadata": {}, "analyses": [analysis]}
        studies.append(study)
    return {"id": "random", "name": "random", "studies": studies}


def measured(python, script, evidence):
    return json.loads(output(python, HERE / script, "montecarlo", evidence))


def medians(n_rounds, ours, theirs, evidence):
    found = {}
    for number in range(n_rounds):
        print(f"round {number + 1} of {n_rounds} ...", file=sys.stderr)
        for side, python, script in (
            ("focale", ours, "focale_side.py"),
            ("nimare", theirs, "nimare_side.py"),
        ):
            for name, value in measured(python, script, evidence).items():
                found.setdefault((side, name), []).append(value)
    return {key: statistics.median(values) for key, values in found.items()}


def compile_seconds(ours):
    """A first `fwe` with an empty cache of compiled code, with a full one, and without it."""
    code = (
        "from focale import ALE, Studyset, fwe, pain_studyset_path as p;"
        "r = ALE().fit(Studyset(p()));"
    )
    with tempfile.TemporaryDirectory() as place:
        environment = {**os.environ, "NUMBA_CACHE_DIR": place}
        subprocess.run([ours, "-c", code], check=True, env=environment)  # compiles the fit
        times = [wall([ours, "-c", code], env=environment)]
        test = f"{code} fwe(r, n_iterations=2, threads=1)"
        times += [wall([ours, "-c", test], env=environment) for _ in range(2)]
    alone, cold, warm = times
    return cold - alone, warm - alone


def lines(found, compiling, memory_mb):
    yield "| what | Focale | NiMARE 0.22.1 | ratio | asked for |"
    yield "|---|---|---|---|---|"
    for name, (words, least) in SETS.items():
        ours, theirs = found["focale", f"{name}_slope"], found["nimare", f"{name}_slope"]
        yield (
            f"| {words}, an iteration | {ours * 1e3:.3f} ms | {theirs * 1e3:.1f} ms | "
            f"{theirs / ours:.0f}x | >= {least}x |"
        )
    ours, theirs = found["focale", "pain21_1000"], found["nimare", "pain21_1000"]
    yield (
        f"| pain, 21 experiments, 1,000 iterations with preparation | {shown(ours)} | "
        f"{shown(theirs)} | {theirs / ours:.0f}x | >= 100x |"
    )
    one, two = found["focale", "pain21_slope"], found["focale", "pain21_slope_2"]
    yield f"| the same, two threads over one | {one / two:.2f}x | | | >= 1.8x |"
    tfce = found["focale", "pain21_tfce"]
    yield f"| pain, 21 experiments, an iteration with TFCE | {tfce * 1e3:.1f} ms | none | | |"
    yield f"| compiling `fwe`, first call ever | {shown(compiling[0])} | | | |"
    yield f"| `fwe` of 2 iterations later, in a fresh process | {shown(compiling[1])} | | | |"
    yield f"| memory of fit and 10,000 iterations above the imports | {memory_mb:.0f} MB | | | < 150 MB |"  # noqa: E501


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=3)
    n = parser.parse_args().rounds
    ours, theirs = sys.executable, peer_python()
    with tempfile.TemporaryDirectory() as place:
        evidence = Path(place) / "random.json"
        evidence.write_text(json.dumps(random_evidence(100, 8)))
        compiling = compile_seconds(ours)
        memory_mb = float(output(ours, HERE / "focale_side.py", "memory"))
        found = medians(n, ours, theirs, evidence)
    table = "\n".join(lines(found, compiling, memory_mb))
    about = (
        f"Medians of {n} rounds, both in turns on one machine ({os.cpu_count()} cores, "
        f"{platform.machine()}, Python {platform.python_version()}, Focale {version('focale')}). "
        "Made by `montecarlo.py`, which says what is counted."
    )
    heading = "# Family-wise error control beside NiMARE 0.22.1"
    (HERE / "montecarlo.md").write_text(f"{heading}\n\n{about}\n\n{table}\n")
    print(table)


if __name__ == "__main__":
    main()
