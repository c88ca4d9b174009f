"""Reading large files, Focale beside NiMARE 0.22.1: seconds and peak memory, as a table.

Both read generated files of the shape of real ones, each in a fresh process of its own.
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

from compare import peer_python, shown

HERE = Path(__file__).parent
N_PAPERS, N_PEAKS = 14_000, 508_000
N_EXPERIMENTS, FOCI_EACH = 2_500, 10


def sleuth_file(folder):
    """25,000 foci in 2,500 experiments, no two headers alike."""
    draw = random.Random(0)
    lines = ["// Reference=MNI"]
    for i in range(N_EXPERIMENTS):
        lines += ["", f"// Author{i}, 2001: A > B", f"// Subjects={draw.randint(8, 60)}"]
        lines += ["\t".join(str(place) for place in focus(draw)) for _ in range(FOCI_EACH)]
    path = folder / "large.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


def neurosynth_pair(folder):
    """Coordinates and metadata tables of the shape of Neurosynth version 7."""
    draw = random.Random(0)
    ids = [str(10_000_000 + 13 * i) for i in range(N_PAPERS)]
    owners = sorted(draw.choices(range(N_PAPERS), k=N_PEAKS - N_PAPERS) + list(range(N_PAPERS)))
    coordinates = folder / "data-neurosynth_version-7_coordinates.tsv"
    with coordinates.open("w") as file:
        file.write("id\ttable_id\ttable_num\tpeak_id\tx\ty\tz\n")
        for peak, owner in enumerate(owners):
            x, y, z = focus(draw)
            file.write(f"{ids[owner]}\t{owner}\tTable 1.\t{peak}\t{x}.0\t{y}.0\t{z}.0\n")
    metadata = folder / "data-neurosynth_version-7_metadata.tsv"
    with metadata.open("w") as file:
        file.write("id\tdoi\tspace\ttitle\tauthors\tyear\tjournal\n")
        for i, name in enumerate(ids):
            space = "TAL" if i % 4 == 0 else "MNI"
            title = f"A study of something number {i} in a sample of people"
            file.write(f"{name}\t10.1000/{i}\t{space}\t{title}\tA. B, C. D\t2010\tNeuroImage\n")
    return coordinates


def focus(draw):
    return draw.randint(-66, 66), draw.randint(-98, 66), draw.randint(-40, 70)


def read_with_focale(path):
    from focale import Studyset

    return Studyset(path)


def read_and_check_with_focale(path):
    from focale import read

    return read(path)[0]


def read_with_nimare(path):
    import logging
    import warnings

    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    from nimare.io import convert_neurosynth_to_studyset, convert_sleuth_to_studyset

    if path.suffix == ".txt":
        return convert_sleuth_to_studyset(str(path), target="mni152_2mm")
    metadata = path.with_name(path.name.replace("coordinates", "metadata"))
    return convert_neurosynth_to_studyset(str(path), str(metadata), target="mni152_2mm")


READERS = {
    "focale": read_with_focale,
    "focale, checked": read_and_check_with_focale,
    "nimare": read_with_nimare,
}


def measured(python, reader, path):
    """Seconds and MB of one fresh process that reads one file, imports included."""
    done = subprocess.run(
        [python, __file__, "--read", reader, path],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    return json.loads(done.stdout.decode().splitlines()[-1])


def read_here(reader, path):
    import resource
    import time

    start = time.perf_counter()
    studyset = READERS[reader](Path(path))
    seconds = time.perf_counter() - start
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([seconds, peak_mb, len(studyset.coordinates)]))


def table(n_rounds):
    rows = [
        "| what | reader | seconds | peak memory | foci | asked for |",
        "|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as place:
        files = {
            f"Sleuth text, {N_EXPERIMENTS * FOCI_EACH:,} foci": (
                sleuth_file(Path(place)),
                "< 0.5 s",
            ),
            f"Neurosynth pair, {N_PEAKS:,} peaks, {N_PAPERS:,} papers": (
                neurosynth_pair(Path(place)),
                "< 3 s, < 500 MB",
            ),
        }
        pythons = {"nimare": peer_python()}
        for words, (path, asked) in files.items():
            for reader in READERS:
                print(f"{words}: {reader} ...", file=sys.stderr)
                python = pythons.get(reader, sys.executable)
                runs = [measured(python, reader, path) for _ in range(n_rounds)]
                seconds, peak_mb, n_foci = map(statistics.median, zip(*runs, strict=True))
                wanted = asked if reader == "focale" else ""
                rows.append(
                    f"| {words} | {reader} | {shown(seconds)} | {peak_mb:.0f} MB | {n_foci:,g} | "
                    f"{wanted} |"
                )
    return "\n".join(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--read", nargs=2, metavar=("READER", "FILE"))
    arguments = parser.parse_args()
    if arguments.read:
        read_here(*arguments.read)
        return
    result = table(arguments.rounds)
    about = (
        f"Medians of {arguments.rounds} fresh processes each, imports included ({os.cpu_count()} "
        f"cores, {platform.machine()}, Python {platform.python_version()}, Focale "
        f"{version('focale')})."
    )
    title = "# Reading large files: Focale beside NiMARE 0.22.1"
    (HERE / "reading.md").write_text(f"{title}\n\n{about}\n\n{result}\n")
    print(result)


if __name__ == "__main__":
    main()
