"""Malformed inputs of `shared/corpus/bad_inputs`: the bytes, and what a user must be told.

The bytes stand here, so that the corpus is not needed; where it is there, the last test
checks that they are the same.
"""

from __future__ import annotations

import base64
import io
import json
import re

import pytest

from focale import Studyset, check
from focale.errors import FocaleError, ReadError
from focale.io.formats import inspect_record, read_record
from focale.io.source import ReadOptions

TOP = b"// Reference=MNI\n"
SMITH = b"// Smith, 2001: A > B\n// Subjects=12\n10 20 30\n-10 20 30\n\n"
JONES = b"// Jones, 2002: C > D\n// Subjects=15\n0 0 10\n"
BASE = TOP + SMITH + JONES

CASES = {
    "B01": BASE.replace(b"\n", b"\r"),
    "B03": b"\xef\xbb\xbf" + BASE,
    "B05": BASE.replace(b"Smith", b"Schulte-R\x9fther"),
    "B07": BASE.replace(b"\n-10", b"\n\xe2\x88\x9210"),
    "B09": b"",
    "B11": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(200),
    "B13": b"\n" + BASE,
    "B15": BASE.replace(b"Reference=MNI", b"Template=TAL"),
    "B17": BASE.replace(b"Reference=MNI", b"Reference= mni152 "),
    "B19": TOP + SMITH + b"// Reference=TAL\n" + JONES,
    "B21": TOP + SMITH + JONES.replace(b"// Subjects=15\n", b""),
    "B23": TOP + SMITH + b"// Subjects=0\n\n" + JONES,
    "B25": TOP + SMITH + b"// Jones, 2002: C > D\n// Subjects=15\t0\t0\n",
    "B27": b"// Reference=TAL\n"
    + b"".join(b"//\n//Subjects=%d\n%d 0 0\n\n" % (n, n) for n in (9, 9, 26)),
    "B29": TOP + SMITH + b"// Smith, 2001: A > B\n// Subjects=15\n0 0 10\n",
    "B31": TOP + SMITH + b'"// Jones, 2002: C >\nD"\t\t\n// Subjects=15\n0 0 10\n',
    "B33": BASE.replace(b"-10 20 30", b"-10 20"),
    "B35": BASE.replace(b"10 20 30\n-10 20 30", b"-55\t51\t10\t9\n32\t-10\t-29\t46"),
    "B37": BASE.replace(b"-10 20 30", b"-10 NaN 30"),
    "B39": BASE.replace(b"-10 20 30", b"10 20 30"),
}


def named(case):
    """The bytes of a case as a file named foci.txt."""
    buffer = io.BytesIO(CASES[case])
    buffer.name = "foci.txt"
    return buffer


def read(case, **options):
    return read_record(named(case), ReadOptions(**options))


# Experiments: identifier, foci, sample size. A case is a whole file, so all of them are said.
TWO = [
    ("Smith, 2001-A > B", [(10, 20, 30), (-10, 20, 30)], 12),
    ("Jones, 2002-C > D", [(0, 0, 10)], 15),
]


def contents(record):
    return [(e.id, [f.mm for f in e.foci], e.n_subjects) for e in record.experiments]


@pytest.mark.parametrize("case", ["B01", "B03", "B13", "B17"])
def test_bad_inputs__matters_of_form_are_read_without_a_word(case):
    record = read(case)
    assert contents(record) == TWO
    assert record.problems == ()
    assert {f.space for e in record.experiments for f in e.foci} == {"MNI"}


WARNINGS = {
    "B05": [
        (
            "encoding",
            2,
            "foci.txt:2: byte 0x9F is not UTF-8; read as mac_roman (cp1252 would give other "
            "letters), which may show another letter in a name and leaves numbers as they are; "
            "save the file as UTF-8, or say encoding=",
        )
    ],
    "B07": [
        (
            "unicode-minus",
            5,
            'foci.txt:5, experiment "Smith, 2001: A > B": a minus that is another sign (U+2212 or '
            'a dash), read as -10 20 30: "\u221210 20 30"; write a plain minus',
        )
    ],
    "B19": [
        (
            "space-changes",
            7,
            'foci.txt:7: the space changes from MNI to TAL for all that follows: "TAL"; check '
            "that this is meant, or use one file for each space",
        )
    ],
    "B23": [
        (
            "orphan-sample-size",
            7,
            "foci.txt:7: a sample size that belongs to no experiment (no header, no foci): left "
            "out; remove the line",
        )
    ],
    "B27": [
        (
            "no-header",
            line,
            f"foci.txt:{line}: an experiment without a name: kept, and named by its number; write "
            '"// Author, year: contrast" above its subjects line',
        )
        for line in (2, 6, 10)
    ],
    "B31": [
        (
            "header-over-lines",
            8,
            'foci.txt:8, experiment "Jones, 2002: C > D": this line continues the quoted header '
            'of line 7: "D""; write the header on one line',
        )
    ],
}


@pytest.mark.parametrize("case", WARNINGS)
def test_bad_inputs__what_is_understood_is_read_with_a_warning(case):
    problems = read(case).problems
    assert {problem.severity for problem in problems} == {"warning"}
    assert [(p.code, p.line, str(p)) for p in problems] == WARNINGS[case]


@pytest.mark.parametrize("case", ["B07", "B19", "B23", "B31"])
def test_bad_inputs__what_is_read_with_a_warning_is_all_there(case):
    assert contents(read(case)) == TWO


def test_bad_inputs__name_in_mac_roman_is_read_right():
    record = read("B05")
    assert record.experiments[0].id == "Schulte-Rüther, 2001-A > B"
    assert [row[1:] for row in contents(record)] == [row[1:] for row in TWO]
    assert read("B05", encoding="mac_roman").problems == ()


def test_bad_inputs__second_space_holds_for_what_follows():
    spaces = [[f.space for f in e.foci] for e in read("B19").experiments]
    assert spaces == [["MNI", "MNI"], ["TAL"]]


def test_bad_inputs__experiments_without_a_name_are_all_kept():
    assert contents(read("B27")) == [
        ("experiment 1-1", [(9, 0, 0)], 9),
        ("experiment 2-1", [(9, 0, 0)], 9),
        ("experiment 3-1", [(26, 0, 0)], 26),
    ]


def test_bad_inputs__equal_headers_are_two_experiments():
    record = read("B29")
    assert contents(record) == [
        TWO[0],
        ("Smith, 2001-A > B (2)", [(0, 0, 10)], 15),
    ]
    (problem,) = record.problems
    assert (problem.severity, problem.code, problem.line) == ("warning", "repeated-header", 7)
    for words in ("foci.txt:7", "foci.txt:2", "Smith, 2001: A > B", "both are kept", "pool them"):
        assert words in str(problem)


def test_bad_inputs__focus_that_is_repeated_is_kept_and_found():
    assert contents(read("B39"))[0][1] == [(10, 20, 30), (10, 20, 30)]
    (problem,) = check(Studyset(read("B39")))
    assert (problem.severity, problem.code, problem.line) == ("warning", "repeated-focus", 5)
    assert str(problem) == (
        'foci.txt:5, experiment "Smith, 2001-A > B": 1 of 2 foci occur twice in the experiment '
        '(lines 4, 5): kept, without effect on ALE: "10 20 30"; check the table of the paper'
    )


REFUSED = {
    "B09": "foci.txt is empty; check that it was saved",
    "B15": 'foci.txt:1: not a space line: "Template=TAL"; write "// Reference=MNI" or '
    '"// Reference=Talairach"',
    "B21": 'foci.txt:7, experiment "Jones, 2002: C > D": the experiment has foci but no '
    '"// Subjects=" line; add one, or give the number for all with --default-n (default_n=)',
    "B25": 'foci.txt:8, experiment "Jones, 2002: C > D": unexpected text after the number of '
    'subjects: "15 0 0"; write "// Subjects=12"',
    "B33": 'foci.txt:5, experiment "Smith, 2001: A > B": 2 numbers where x y z are expected: '
    '"-10 20"; write three numbers x y z in mm; begin the line with "//" if it is a comment',
    "B35": 'foci.txt:4, experiment "Smith, 2001: A > B": 4 numbers where x y z are expected (and '
    '1 more such rows): "-55 51 10 9"; keep three, or say what the others are with --extra '
    "statistics or --extra ignore (extra=)",
    "B37": 'foci.txt:5, experiment "Smith, 2001: A > B": "NaN" is not a coordinate: "-10 NaN 30"; '
    'write three numbers x y z in mm; begin the line with "//" if it is a comment',
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_inputs__what_changes_a_number_is_refused(case):
    with pytest.raises(ReadError, match=f"(?m)^ *{re.escape(REFUSED[case])}$") as caught:
        read(case)
    assert caught.value.exit_code == 65


def test_bad_inputs__excel_workbook_is_refused_with_the_way_out():
    with pytest.raises(ReadError, match=r"foci\.txt is .*Excel.*save it as \.xlsx or \.csv"):
        read("B11")


@pytest.mark.parametrize("case", ["B15", "B21", "B25", "B33", "B35", "B37"])
def test_bad_inputs__what_is_refused_is_read_as_far_as_it_can_be(case):
    record = inspect_record(named(case))
    assert len(record.experiments) == 2
    assert record.is_reconciled
    n_rows = len(re.findall(rb"(?m)^[-\d]", CASES[case]))
    assert record.reconciliation.foci_found == n_rows
    assert record.n_foci + record.reconciliation.foci_left_out == n_rows


def test_bad_inputs__sample_size_may_be_given():
    record = read("B21", default_n=15)
    assert contents(record) == TWO
    assert [(p.severity, p.code, p.line) for p in record.problems] == [
        ("warning", "default-sample-size", 7)
    ]


def test_bad_inputs__numbers_after_z_may_be_explained():
    assert contents(read("B35", extra="ignore"))[0][1] == [(-55, 51, 10), (32, -10, -29)]
    values = [dict(f.values or {}) for f in read("B35", extra="statistics").experiments[0].foci]
    assert values == [{"column 4": 9.0}, {"column 4": 46.0}]


@pytest.mark.parametrize("case", CASES)
def test_bad_inputs__no_experiment_is_lost_without_a_word(case):
    # corpus/bad_inputs/README.md, rule 3: what was read and what was left out add up.
    try:
        record = inspect_record(named(case))
    except FocaleError:
        assert case in ("B09", "B11")
        return
    n_subjects_lines = CASES[case].lower().count(b"subjects=") + (case == "B21")
    counts = record.reconciliation
    assert counts.experiments_found == n_subjects_lines
    assert len(record.experiments) + counts.experiments_left_out == n_subjects_lines
    assert record.is_reconciled


@pytest.mark.parametrize("line_end", [b"\r", b"\r\n"], ids=["CR", "CRLF"])
@pytest.mark.parametrize("case", sorted(set(CASES) - {"B01", "B09", "B11"}))
def test_bad_inputs__line_ends_change_nothing(case, line_end):
    buffer = io.BytesIO(CASES[case].replace(b"\n", line_end))
    buffer.name = "foci.txt"
    ours, theirs = inspect_record(buffer), inspect_record(named(case))
    assert ours.experiments == theirs.experiments
    assert ours.problems == theirs.problems


def test_bad_inputs__are_those_of_the_corpus(corpus):
    table = json.loads((corpus / "bad_inputs" / "bad_inputs.json").read_text(encoding="utf-8"))
    assert {case["id"]: base64.b64decode(case["data_base64"]) for case in table} == CASES
