"""Real files of the corpus: nothing in them is lost."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

from focale import Studyset
from focale.io.formats import read_record, write_record

# corpus/README.md, section 1: experiments, foci, n from - to, sum n, foci of an experiment from -
# to, foci outside the brain mask. NiMARE 0.22.1 reads 41 and 41 experiments of the last two.
COUNTS = {
    "enge2021_semantics/input/all.txt": (50, 687, 5, 67, 1018, 1, 47, 28),
    "enge2021_semantics/input/knowledge.txt": (21, 262, 8, 67, 456, 1, 28, 14),
    "enge2021_semantics/input/relatedness.txt": (16, 201, 5, 38, 353, 4, 21, 5),
    "enge2021_semantics/input/objects.txt": (13, 224, 10, 41, 209, 4, 47, 9),
    "enge2021_semantics/input/older.txt": (25, 392, 5, 67, 513, 4, 47, 11),
    "enge2021_semantics/input/younger.txt": (25, 295, 9, 57, 505, 1, 30, 17),
    "pyale_nat30/input/nat.txt": (30, 477, 4, 20, 478, 3, 53, 50),
    "pankey2022_ptsd_vbm/input/BP_TrauEgtPTSD_MNI.txt": (13, 74, 8, 57, 278, 1, 25, 3),
    "pankey2022_ptsd_vbm/input/BP_TrauEgtPTSD_Tal.txt": (3, 8, 9, 12, 33, 1, 4, 0),
    "pankey2022_ptsd_vbm/input/BP_HCgtPTSD_MNI.txt": (8, 72, 10, 30, 147, 1, 26, 1),
    "pankey2022_ptsd_vbm/input/BP_HCgtPTSD_Tal.txt": (1, 5, 14, 14, 14, 5, 5, 0),
    "yanes2018_cannabis/input/CannabisMinusControl.txt": (43, 161, 10, 59, 856, 1, 17, 7),
    "yanes2018_cannabis/input/ControlMinusCannabis.txt": (45, 202, 9, 46, 852, 1, 13, 13),
}


def is_talairach(name):
    return "_Tal" in name or "yanes" in name


@pytest.mark.parametrize("name", COUNTS)
def test_read_record__real_files_have_their_known_counts(corpus, name):
    record = read_record(corpus / name)
    n = [e.n_subjects for e in record.experiments]
    per_experiment = [len(e.foci) for e in record.experiments]
    assert COUNTS[name][:-1] == (
        len(record.experiments),
        record.n_foci,
        min(n),
        max(n),
        sum(n),
        min(per_experiment),
        max(per_experiment),
    )
    counts = record.reconciliation
    assert record.is_reconciled
    assert (counts.experiments_found, counts.foci_found) == COUNTS[name][:2]
    assert (counts.experiments_left_out, counts.foci_left_out) == (0, 0)


@pytest.mark.parametrize("name", COUNTS)
def test_read_record__real_files_have_as_many_as_their_lines_say(corpus, name):
    # counted without the reader: lines that begin with a number or with "// Subjects"
    lines = re.split(r"\r\n|\r|\n", (corpus / name).read_text(encoding="utf-8"))
    assert sum(bool(re.match(r"\s*[-+.\d]", line)) for line in lines) == COUNTS[name][1]
    n_subjects_lines = sum(bool(re.match(r"\s*//\s*subjects", line, re.I)) for line in lines)
    assert n_subjects_lines == COUNTS[name][0]


@pytest.mark.parametrize("name", COUNTS)
def test_read_record__real_files_have_their_known_foci_outside_the_brain(corpus, brain, name):
    studyset = Studyset(corpus / name)
    assert len(studyset) == COUNTS[name][0]
    n_outside = np.count_nonzero(brain.position_of(studyset.foci_mm) < 0)
    assert n_outside == COUNTS[name][-1]


@pytest.mark.parametrize("name", COUNTS)
def test_read_record__real_files_have_their_known_space(corpus, name):
    record = read_record(corpus / name)
    expected = "TAL" if is_talairach(name) else "MNI"
    assert {f.space for e in record.experiments for f in e.foci} == {expected}
    studyset = Studyset(corpus / name)
    assert studyset.n_converted == (studyset.n_foci if is_talairach(name) else 0)


@pytest.mark.parametrize("name", COUNTS)
def test_read_record__real_files_warn_of_repeated_headers_only(corpus, name):
    n_repeated = {"CannabisMinusControl.txt": 2, "ControlMinusCannabis.txt": 4}
    problems = read_record(corpus / name).problems
    codes = Counter(problem.code for problem in problems)
    assert codes.pop("repeated-header", 0) == n_repeated.get(name.split("/")[-1], 0)
    assert not codes
    assert {problem.severity for problem in problems} <= {"warning"}


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("line_end", [b"\n", b"\r", b"\r\n"], ids=["LF", "CR", "CRLF"])
def test_read_record__line_ends_of_real_files_change_nothing(corpus, tmp_path, name, line_end):
    content = (corpus / name).read_bytes()
    other = tmp_path / name.split("/")[-1]
    other.write_bytes(
        content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", line_end)
    )
    ours, theirs = read_record(corpus / name), read_record(other)
    assert ours.experiments == theirs.experiments
    assert ours.problems == theirs.problems


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8-sig"])
def test_read_record__encodings_of_real_files_change_nothing(corpus, tmp_path, name, encoding):
    other = tmp_path / name.split("/")[-1]
    other.write_bytes((corpus / name).read_bytes().decode("utf-8").encode(encoding))
    assert read_record(other).experiments == read_record(corpus / name).experiments


@pytest.mark.parametrize("name", COUNTS)
def test_read_record__real_files_are_the_same_when_written_and_read(corpus, tmp_path, name):
    record = read_record(corpus / name)
    write_record(record, tmp_path / "again.txt")
    again = read_record(tmp_path / "again.txt")
    assert [(e.id, [f.mm for f in e.foci], e.n_subjects) for e in again.experiments] == [
        (e.id, [f.mm for f in e.foci], e.n_subjects) for e in record.experiments
    ]


def test_read_record__files_of_two_spaces_are_joined(corpus):
    folder = corpus / "pankey2022_ptsd_vbm" / "input"
    files = [folder / f"BP_TrauEgtPTSD_{space}.txt" for space in ("MNI", "Tal")]
    record = read_record(files)
    assert (len(record.experiments), record.n_foci, record.is_reconciled) == (16, 82, True)


def test_read_record__parts_of_enge2021_make_up_the_whole(corpus):
    folder = corpus / "enge2021_semantics" / "input"

    def experiments(*names):
        return sorted(
            (e.id, [focus.mm for focus in e.foci], e.n_subjects)
            for name in names
            for e in read_record(folder / f"{name}.txt").experiments
        )

    assert experiments("knowledge", "relatedness", "objects") == experiments("all")
    assert experiments("older", "younger") == experiments("all")
