"""Coverage-guided fuzzing of the text readers (needs `pip install atheris`).

    python validation/fuzz_readers.py 1800      # seconds; 0 only replays what was found

Whatever the bytes, reading must end in a record whose counts reconcile or in an error of
Focale's own, and quickly. Inputs that broke this are kept as tests/io/fuzz/*.bin.
"""

import io
import sys
import tempfile
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["focale.io"]):
    from focale.errors import FocaleError
    from focale.io import formats, records, source

ROOT = Path(__file__).parents[1]
LONGEST_SECONDS = 2.0
NAMES = ("foci.txt", "foci.json", "foci.csv", "foci.tsv", "coordinates.tsv")
OPTIONS = (
    source.ReadOptions(),
    source.ReadOptions(space="MNI", default_n=20, extra="statistics"),
    source.ReadOptions(space="TAL", extra="ignore", encoding="cp1252"),
)
SLEUTH = b"""// Reference=MNI
// Smith, 2001: A > B
// Subjects=12
10 20 30
-10,5 2,5 3 4.5 insula

"// Jones: C
D"\t
//N=20 (12F)
(1; 2; 3)
// Reference: TAL
//
//Subjects=9
\xe2\x88\x9210 2 3
"""
NIMADS = b"""{"id": "s", "studies": [{"id": "a", "metadata": {"sample_sizes": [10, 12]},
"analyses":
[{"id": "1", "name": "n", "points": [{"coordinates": [1, 2, 3], "space": "MNI", "values":
[{"kind": "t", "value": 3.1}]}]}]}], "annotations": [{"id": "x", "notes": [{"analysis": "1",
"study": "a", "note": {"included": true}}]}]}"""
DATASET = b"""{"a": {"contrasts": {"1": {"coords": {"space": "MNI", "x": [1, 2], "y": [1, 2],
"z": [3, 4]}, "metadata": {"sample_sizes": [12]}, "labels": {"l": 0.5}}}}}"""
TABLE = b"""study,experiment,n,space,x,y,z,t,tag
A,1,12,MNI,1,2,3,4.5,low
A,1,12,MNI,"1,5",2,3,,
"""
JALE = (
    b"Article\tSubjects\tx\ty\tz\tSpace\tInhibition\na\t12\t1\t2\t3\tMNI\tyes\n\t\t4\t5\t6\t\t\n"
)
PEAKS = b"id\ttable_id\tx\ty\tz\n1\t2\t5.0\t6\t7\n1\t2\tnan\t6\t7\n"
SEEDS = ((0, SLEUTH), (1, NIMADS), (1, DATASET), (2, TABLE), (3, JALE), (4, PEAKS))
"""Each with the position of its name."""

DICTIONARY = [
    "// ", "Reference=", "MNI", "TAL", "Talairach", "Subjects=", "N=", "PMID: ", "DOI=", "\\x0d",
    "\\x0d\\x0a", "\\x09", "\\xe2\\x88\\x92", "\\xef\\xbb\\xbf", "\\xff\\xfe", "\\xc2\\xa0", ";",
    "nan", "1e400", "\\\"points\\\"", "\\\"coordinates\\\"", "null", "subject_group", "space",
    "contrasts", "study", "experiment", "label", "#N/A",
]  # fmt: skip


def read_once(data):
    """Read bytes as a file people pass; the first two choose its name and the options."""
    if len(data) < 3:
        return
    name = NAMES[data[0] % len(NAMES)]
    options = OPTIONS[data[1] % len(OPTIONS)]
    content = data[2:]
    start = time.perf_counter()
    try:
        record = formats.inspect_record(_buffer(name, content), options)
        assert isinstance(record, records.StudysetRecord)
        assert record.is_reconciled, record.reconciliation
    except FocaleError as error:
        if error.exit_code == FocaleError.exit_code or not str(error):  # 70: a bug of ours
            raise AssertionError("not a refusal") from error
    seconds = time.perf_counter() - start
    assert seconds < LONGEST_SECONDS, f"{seconds:.1f} s"


def _buffer(name, content):
    buffer = io.BytesIO(content)
    buffer.name = name
    return buffer


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    found = ROOT / "tests" / "io" / "fuzz"
    for path in sorted(found.glob("*.bin")):
        read_once(path.read_bytes())
    if seconds == 0:
        return
    with tempfile.TemporaryDirectory() as place:
        for number, (name, seed) in enumerate(SEEDS):
            for choice in range(len(OPTIONS)):
                path = Path(place) / f"seed{number}{choice}"
                path.write_bytes(bytes([name, choice]) + seed)
        words = Path(place).with_suffix(".dict")
        words.write_text("".join(f'"{word}"\n' for word in DICTIONARY))
        found.mkdir(exist_ok=True)
        atheris.Setup(
            [
                sys.argv[0],
                place,
                f"-max_total_time={seconds}",
                "-max_len=4096",
                "-timeout=20",
                "-rss_limit_mb=2000",
                f"-dict={words}",
                f"-artifact_prefix={found}/",
            ],
            read_once,
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
