"""100 MB of garbage in every text format: seconds and memory until it is refused, as a table.

    python validation/garbage.py

Each case runs in a fresh process.
"""

import gzip
import io
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path

N = 100_000_000


def filled(start, piece):
    return start + piece * ((N - len(start)) // len(piece))


CASES = {
    "random bytes": ("foci.txt", lambda: os.urandom(N)),
    "zeros": ("foci.txt", lambda: bytes(N)),
    "one line of a": ("foci.txt", lambda: b"a" * N),
    "words": ("foci.txt", lambda: filled(b"", b"lorem ipsum ")),
    "Sleuth: random bytes below a reference": (
        "foci.txt",
        lambda: b"// Reference=MNI\n" + os.urandom(N),
    ),
    "Sleuth: one line": ("foci.txt", lambda: filled(b"// Reference=MNI\n", b"1 ")),
    "Sleuth: rows without header": ("foci.txt", lambda: filled(b"// Reference=MNI\n", b"1 2 3\n")),
    "Sleuth: rows of four numbers": (
        "foci.txt",
        lambda: filled(b"// Reference=MNI\n// A\n// Subjects=9\n", b"1 2 3 4\n"),
    ),
    "Sleuth: headers": ("foci.txt", lambda: filled(b"", b"// x\n")),
    "Sleuth: open quotation marks": ("foci.txt", lambda: filled(b"// Reference=MNI\n", b'"//\n')),
    "Sleuth: sample sizes": ("foci.txt", lambda: filled(b"", b"// Subjects=9\n")),
    "JSON: brackets": ("foci.json", lambda: b"[" * N),
    "JSON: nested objects": ("foci.json", lambda: filled(b"", b'{"a":')),
    "JSON: empty studies": ("foci.json", lambda: filled(b'{"studies": [', b"{},")),
    "JSON: numbers for studies": ("foci.json", lambda: filled(b'{"studies": [', b"1,")),
    "JSON: a text without end": ("foci.json", lambda: filled(b'{"studies": ["', b"a")),
    "table: rows of letters": ("foci.csv", lambda: filled(b"study,x,y,z\n", b"a,b,c,d\n")),
    "table: blank rows": ("foci.csv", lambda: filled(b"x,y,z\n", b",,\n")),
    "table: one line": ("foci.csv", lambda: filled(b"x,y,z\n", b"1,")),
    "table: a quotation mark": ("foci.csv", lambda: filled(b'x,y,z\n"', b"a\n")),
    "Neurosynth: rows of letters": (
        "coordinates.tsv",
        lambda: filled(b"id\ttable_id\tx\ty\tz\n", b"1\t2\ta\tb\tc\n"),
    ),
    "gzip of 1 GiB": ("foci.txt.gz", lambda: gzip.compress(bytes((1 << 30) + 1), 1)),
}


def refuse(case):
    """Read one case, and print seconds and memory beyond that of the bytes themselves."""
    from focale.errors import FocaleError
    from focale.io.formats import read_record

    name, make = CASES[case]
    buffer = io.BytesIO(make())
    buffer.name = name
    before = peak_mb()
    start = time.perf_counter()
    try:
        read_record(buffer)
        raise SystemExit(f"{case} was not refused")
    except FocaleError as error:
        seconds = time.perf_counter() - start
        words = str(error).splitlines()[0][:80].replace("|", "/")
    print(f"| {case} | {seconds:.1f} s | {peak_mb() - before:.0f} MB | {words} |")


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main():
    if len(sys.argv) > 1:
        refuse(sys.argv[1])
        return
    rows = ["| 100 MB of | seconds | memory | refused with |", "|---|---|---|---|"]
    for case in CASES:
        done = subprocess.run(
            [sys.executable, __file__, case], check=True, capture_output=True, text=True
        )
        print(done.stdout.strip(), file=sys.stderr)
        rows.append(done.stdout.strip())
    table = "\n".join(rows)
    about = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    path = Path(__file__).with_suffix(".md")
    path.write_text(
        f"# Garbage is refused\n\nEach case in a fresh process ({about}); memory beyond the bytes "
        f"themselves. Made by `validation/garbage.py`.\n\n{table}\n"
    )


if __name__ == "__main__":
    main()
