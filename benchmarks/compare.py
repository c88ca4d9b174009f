"""Focale beside NiMARE 0.22.1: medians and ratios of one run, as a table."""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
PEER = "nimare==0.22.1"

# what is measured: its words in the table, the peer's task, the least ratio asked for
WARM = {
    "statistic_8": ("ALE map of 8 experiments, the statistic alone", "fit_8", 10),
    "statistic_21": ("ALE map of 21 experiments, the statistic alone", "fit_21", 10),
    "fit_8": ("fit of 8 experiments, with p and z", "fit_8", 2),
    "fit_21": ("fit of 21 experiments, with p and z", "fit_21", 2),
    "jackknife_8": ("jackknife with cluster table, 8 experiments", "jackknife_8", 50),
    "focus_counter_21": (
        "focus counter with cluster table, 21 experiments",
        "focus_counter_21",
        50,
    ),
}


def peer_python():
    """Python of an environment with the peer; made on the first run."""
    if "NIMARE_PYTHON" in os.environ:
        return os.environ["NIMARE_PYTHON"]
    place = ROOT / ".benchmarks" / "nimare"
    python = place / "bin" / "python"
    if not python.exists():
        print(f"making an environment with {PEER} ...", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", PEER], check=True)
    return str(python)


def output(python, *arguments):
    done = subprocess.run(
        [python, *map(str, arguments)],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    return done.stdout.decode()


def wall(command, **options):
    start = time.perf_counter()
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options
    )
    return time.perf_counter() - start


def import_seconds(python, statement):
    code = f"import time; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
    return float(output(python, "-c", code).split()[-1])


def rounds(n, ours, theirs):
    """Measure everything n times, in turns."""
    seconds = {}

    def note(name, value):
        seconds.setdefault(name, []).append(value)

    for number in range(n):
        print(f"round {number + 1} of {n} ...", file=sys.stderr)
        note("import", import_seconds(ours, "import focale"))
        note("import_ale", import_seconds(ours, "from focale import ALE"))
        note("peer_import", import_seconds(theirs, "import nimare.meta.cbma.ale"))
        note("help", wall([ours, "-m", "focale", "--help"]))
        with tempfile.TemporaryDirectory() as place:
            note("whole", wall([ours, "-m", "focale", "demo", "-o", f"{place}/demo"]))
        note("peer_whole", wall([theirs, HERE / "nimare_side.py", "whole"]))
        for name, value in json.loads(output(ours, HERE / "focale_side.py")).items():
            note(name, value)
        for name, value in json.loads(output(theirs, HERE / "nimare_side.py")).items():
            note(f"peer_{name}", value)
    return {name: statistics.median(values) for name, values in seconds.items()}


def first_run_seconds(ours):
    """Describe without figures with an empty cache of compiled code, and with a full one."""
    with tempfile.TemporaryDirectory() as place:
        environment = {**os.environ, "NUMBA_CACHE_DIR": f"{place}/cache"}
        command = [ours, "-m", "focale", "describe", _pain(), "--first", "8", "--no-figures"]
        times = [
            wall(
                [*command, "-o", f"{place}/out{number}"],
                env=environment,
            )
            for number in range(2)
        ]
        peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return *times, peak_mb


def _pain():
    return str(ROOT / "src" / "focale" / "data" / "nidm_pain_studyset.json")


def table(seconds, first, second, peak_mb):
    rows = [
        ("`import focale`", "import", "peer_import", 20, "< 0.1 s"),
        ("`from focale import ALE`", "import_ale", "peer_import", None, ""),
        ("`focale --help`", "help", None, None, "< 0.3 s"),
        *((words, name, f"peer_{peer}", least, "") for name, (words, peer, least) in WARM.items()),
        ("the seed's workflow in a fresh process (Focale with figures and files, NiMARE without)",
         "whole", "peer_whole", 1, ""),
    ]  # fmt: skip
    lines = [
        "| what | Focale | NiMARE 0.22.1 | ratio | asked for |",
        "|---|---|---|---|---|",
    ]
    for words, name, peer, least, asked in rows:
        theirs = seconds.get(peer)
        ratio = f"{theirs / seconds[name]:.1f}x" if theirs else ""
        wanted = ", ".join(filter(None, [f">= {least}x" if least else "", asked]))
        lines.append(
            f"| {words} | {shown(seconds[name])} | {shown(theirs)} | {ratio} | {wanted} |"
        )
    lines += [
        f"| `focale describe --no-figures`, first run ever (compiles) | {shown(first)} | | | |",
        f"| the same, later | {shown(second)} | | | |",
        f"| compiling, the difference | {shown(first - second)} | | | < 3 s |",
        f"| peak memory of the same | {peak_mb:.0f} MB | | | < 350 MB |",
    ]
    return "\n".join(lines)


def shown(seconds):
    if seconds is None:
        return ""
    return f"{seconds * 1e3:.1f} ms" if seconds < 0.5 else f"{seconds:.2f} s"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    n = parser.parse_args().rounds
    ours, theirs = sys.executable, peer_python()
    first, second, peak_mb = first_run_seconds(ours)
    result = table(rounds(n, ours, theirs), first, second, peak_mb)
    about = (
        f"Medians of {n} rounds, both in turns on one machine ({os.cpu_count()} cores, "
        f"{platform.machine()}, Python {platform.python_version()}, Focale {version('focale')})."
    )
    (HERE / "results.md").write_text(f"# Focale beside NiMARE 0.22.1\n\n{about}\n\n{result}\n")
    print(result)


if __name__ == "__main__":
    main()
