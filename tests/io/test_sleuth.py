"""Sleuth text: every experiment in, every experiment out."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focale.errors import ReadError
from focale.io.sleuth import looks_like, read
from tests.strategies import sleuth_experiments, sleuth_text

TWO = sleuth_text(
    [
        (["Smith, 2001: A > B"], 12, [(10, 20, 30), (-10, 20, 30)]),
        (["Jones, 2002: C > D"], 15, [(0, 0, 10)]),
    ]
)


def read_text(text):
    return read(text.encode(), "foci.txt")


def lines(*more):
    """Text of one experiment, from the lines after its reference line."""
    return "\n".join(["// Reference=MNI", *more]) + "\n"


def refusal(text):
    with pytest.raises(ReadError) as caught:
        read(text if isinstance(text, bytes) else text.encode(), "foci.txt")
    assert caught.value.exit_code == 65
    return str(caught.value)


def foci_of(record):
    return [[focus.mm for focus in experiment.foci] for experiment in record.experiments]


# --------------------------------------------------------------------- what is kept


def test_read__keeps_experiments_foci_and_sample_sizes_in_order():
    record = read_text(TWO)
    assert [e.id for e in record.experiments] == ["Smith, 2001-A > B", "Jones, 2002-C > D"]
    assert [e.n_subjects for e in record.experiments] == [12, 15]
    assert foci_of(record) == [[(10, 20, 30), (-10, 20, 30)], [(0, 0, 10)]]
    assert record.problems == ()


def test_read__where_names_the_line_of_the_header():
    assert [e.where for e in read_text(TWO).experiments] == ["foci.txt:2", "foci.txt:7"]


def test_read__fingerprint_is_that_of_the_bytes():
    assert read_text(TWO).sha256 == hashlib.sha256(TWO.encode()).hexdigest()


def test_read__header_without_contrast_is_a_study_of_one():
    experiment = read_text(lines("// arnoldussen2006nc", "// Subjects=11", "1 2 3")).experiments[0]
    assert (experiment.study_id, experiment.contrast_id) == ("arnoldussen2006nc", "1")


def test_read__several_headers_above_one_subjects_line_are_one_experiment():
    record = read_text(
        lines("// Smith, 2001: A > B", "// Smith, 2001: C > D", "// Subjects=12", "1 2 3")
    )
    (experiment,) = record.experiments
    assert experiment.name == "Smith, 2001: A > B; Smith, 2001: C > D"
    assert experiment.id == "Smith, 2001-A > B"


def test_read__colon_parts_study_and_contrast_at_the_first():
    experiment = read_text(lines("// Smith: a: b", "// Subjects=9", "1 2 3")).experiments[0]
    assert (experiment.study_id, experiment.contrast_id) == ("Smith", "a: b")


@pytest.mark.parametrize(
    "row",
    [
        "10 20 30",
        "10\t20\t30",
        "10,20,30",
        "10, 20, 30",
        "10;20;30",
        " 10  20\t30 \t\t",
        "10 20 30,,",
    ],
)
def test_read__columns_may_be_parted_in_several_ways(row):
    assert foci_of(read_text(lines("// Smith", "// Subjects=9", row))) == [[(10, 20, 30)]]


@pytest.mark.parametrize(
    ("row", "mm"),
    [
        (".28 10.64 50.33", (0.28, 10.64, 50.33)),
        ("-.5 +4 5.", (-0.5, 4, 5)),
        ("-4.800 1e1 0", (-4.8, 10, 0)),
        ("1\u00a02\u00a03", (1, 2, 3)),  # blanks that are not blanks, from a PDF
    ],
)
def test_read__numbers_as_people_write_them(row, mm):
    assert foci_of(read_text(lines("// Smith", "// Subjects=9", row))) == [[mm]]


@pytest.mark.parametrize(
    "line",
    [
        "// Subjects=12",
        "//Subjects=12",
        "// subjects = 12",
        "// SUBJECTS: 12\t\t",
        "//  Subjects=12.0",
    ],
)
def test_read__subjects_lines_as_people_write_them(line):
    assert read_text(lines("// Smith", line, "1 2 3")).experiments[0].n_subjects == 12


@pytest.mark.parametrize(
    ("line", "space"),
    [
        ("// Reference=MNI", "MNI"),
        ("//Reference = mni152 ", "MNI"),
        ("// reference: Talairach\t\t", "TAL"),
        ("// Reference=TAL", "TAL"),
        ("// Reference=TT_N27", "TT_N27"),
        ("// Reference=", ""),
    ],
)
def test_read__reference_line_names_the_space_of_the_foci(line, space):
    record = read_text(f"{line}\n// Smith\n// Subjects=9\n1 2 3\n")
    assert record.experiments[0].foci[0].space == space


def test_read__without_a_reference_line_the_space_is_open():
    assert read_text("// Smith\n// Subjects=9\n1 2 3\n").experiments[0].foci[0].space is None


@pytest.mark.parametrize(
    "text",
    [
        TWO,
        "\n" + TWO,
        "\n\n \t\n" + TWO,
        "\ufeff" + TWO,
        TWO.rstrip("\n"),
        TWO.replace("\n\n", "\n"),
    ],
    ids=["plain", "blank first", "blanks first", "byte-order mark", "no last end", "no gaps"],
)
def test_read__blank_lines_and_marks_change_nothing(text):
    assert foci_of(read_text(text)) == foci_of(read_text(TWO))
    assert read_text(text).problems == ()


HOSTILE = {
    "quotes": 'O\'Doherty "2017"',
    "NUL inside": "Smith\0Jones",
    "unicode": "Müller 痛み \U0001f9e0 e\u0301 \u202etfel",
    "very long": "x" * 20_000,
    "HTML": "<script>alert(1)</script>&amp;",
    "a template": "{{ 7*7 }} %s {0}",
    "a path": "../../etc/passwd",
    "numbers": "10 20 30",
    "a semicolon": "Smith; 2001",
}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_read__hostile_names_survive_unchanged(name):
    experiment = read_text(lines(f"// {name}: {name}", "// Subjects=12", "1 2 3")).experiments[0]
    assert (experiment.study_id, experiment.contrast_id) == (name, name)
    assert experiment.name == f"{name}: {name}"


# ------------------------------------------------------------------------- property


@given(sleuth_experiments(), st.sampled_from(["\n", "\r", "\r\n"]))
def test_read__as_many_experiments_and_foci_come_out_as_went_in(experiments, line_end):
    record = read_text(sleuth_text(experiments, line_end=line_end))
    assert len(record.experiments) == len(experiments)
    assert foci_of(record) == [foci for _, _, foci in experiments]
    assert [e.n_subjects for e in record.experiments] == [n for _, n, _ in experiments]


@given(sleuth_experiments())
def test_read__identifiers_differ_whatever_the_headers(experiments):
    ids = [e.id for e in read_text(sleuth_text(experiments)).experiments]
    assert len(set(ids)) == len(ids)


@given(sleuth_experiments())
def test_read__every_header_is_kept_in_the_name(experiments):
    record = read_text(sleuth_text(experiments))
    for experiment, (headers, _, _) in zip(record.experiments, experiments, strict=True):
        assert experiment.name == "; ".join(h.strip() for h in headers)


def contents(record):
    """All but the line numbers: a CR before an empty line that ends in LF is one line end."""
    return [(e.id, e.name, e.foci, e.n_subjects) for e in record.experiments], [
        problem.code for problem in record.problems
    ]


@given(sleuth_experiments(), st.data())
def test_read__line_ends_change_nothing_even_when_mixed(experiments, data):
    text = sleuth_text(experiments)
    mixed = "".join(
        line + data.draw(st.sampled_from(["\n", "\r", "\r\n"])) for line in text.split("\n")
    )
    assert contents(read_text(mixed)) == contents(read_text(text))


@given(sleuth_experiments())
def test_read__cr_lf_and_crlf_give_equal_records(experiments):
    records = [read_text(sleuth_text(experiments, line_end=end)) for end in ("\n", "\r", "\r\n")]
    assert records[0].experiments == records[1].experiments == records[2].experiments
    assert records[0].problems == records[1].problems == records[2].problems


# ------------------------------------------------------------------------- warnings


def warning(text):
    (problem,) = (read(text, "foci.txt") if isinstance(text, bytes) else read_text(text)).problems
    assert problem.severity == "warning"
    return problem.code, str(problem)


def test_read__equal_headers_are_kept_apart_with_a_warning():
    text = sleuth_text([(["Smith: A"], 12, [(1, 2, 3)]), (["Smith: A"], 15, [(4, 5, 6)])])
    assert warning(text) == (
        "repeated-header",
        "foci.txt:6: header 'Smith: A' occurs again; the experiment is kept, as 'Smith-A (2)'",
    )
    assert foci_of(read_text(text)) == [[(1, 2, 3)], [(4, 5, 6)]]


def test_read__numbers_of_repeated_headers_do_not_collide_with_written_ones():
    headers = ["a: 1 (2)", "a", "a", "a"]
    record = read_text(sleuth_text([([h], 9, [(i, 0, 0)]) for i, h in enumerate(headers)]))
    assert [e.id for e in record.experiments] == ["a-1 (2)", "a-1", "a-1 (3)", "a-1 (4)"]


def test_read__bare_headers_are_named_by_their_number():
    record = read_text(sleuth_text([([""], 9, [(9, 0, 0)])] * 3))
    assert [e.study_id for e in record.experiments] == [f"experiment {i}" for i in (1, 2, 3)]


def test_read__second_experiment_without_a_header_is_kept_with_a_warning():
    text = lines("// Smith", "// Subjects=12", "1 2 3", "// Subjects=15", "4 5 6")
    assert warning(text) == (
        "no-header",
        "foci.txt:5: an experiment without a name: kept, and named by its number",
    )
    assert foci_of(read_text(text)) == [[(1, 2, 3)], [(4, 5, 6)]]


def test_read__first_experiment_without_a_header_is_kept_with_a_warning():
    text = lines("// Subjects=12", "1 2 3")
    assert foci_of(read_text(text)) == [[(1, 2, 3)]]
    assert warning(text) == (
        "no-header",
        "foci.txt:2: an experiment without a name: kept, and named by its number",
    )


def test_read__experiment_without_foci_is_kept_with_a_warning():
    text = lines("// Smith", "// Subjects=12", "", "// Jones", "// Subjects=15", "4 5 6")
    assert warning(text) == (
        "experiment-without-foci",
        "foci.txt:2: no foci: kept as an experiment that reports none, and counted as one",
    )
    assert foci_of(read_text(text)) == [[], [(4, 5, 6)]]


def test_read__header_at_the_end_is_left_out_with_a_warning():
    text = lines("// Smith", "// Subjects=12", "1 2 3", "// end of file")
    assert warning(text) == (
        "header-without-experiment",
        "foci.txt:5: nothing follows the line 'end of file': left out",
    )


def test_read__space_that_changes_holds_from_there_on_with_a_warning():
    text = TWO.replace("// Jones", "// Reference=Talairach\n// Jones")
    assert warning(text) == (
        "space-changes",
        "foci.txt:7: the space changes from MNI to TAL for all that follows",
    )
    spaces = [[f.space for f in e.foci] for e in read_text(text).experiments]
    assert spaces == [["MNI", "MNI"], ["TAL"]]


def test_read__space_said_again_is_no_change():
    text = TWO.replace("// Jones", "// Reference=mni152\n// Jones")
    assert read_text(text).problems == ()


def test_read__byte_that_is_not_utf8_is_read_as_cp1252_with_a_warning():
    text = TWO.replace("Smith", "Müller").encode("cp1252")
    assert warning(text) == (
        "encoding",
        "foci.txt:2: byte 0xFC is not UTF-8; read as cp1252, which may show another letter in a "
        "name and leaves numbers as they are",
    )
    assert read(text, "foci.txt").experiments[0].study_id == "Müller, 2001"


@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n"])
def test_read__encoding_warning_counts_lines_whatever_their_ends(line_end):
    text = TWO.replace("Jones", "Jönes").replace("\n", line_end).encode("latin1")
    assert warning(text)[1].startswith("foci.txt:7: byte 0xF6 is not UTF-8")


# ------------------------------------------------------------------------- refusals


BAD_SIZES = ["0", "-0", "-3", "12.5", "twelve", "", "NaN", "inf", "1e400", "1_2", "12 (6 f)"]


@pytest.mark.parametrize("size", [*BAD_SIZES, "15\t0\t0", "12 13"], ids=repr)
def test_read__bad_sample_size_is_refused(size):
    message = refusal(lines("// Smith", f"// Subjects={size}", "1 2 3"))
    assert re.fullmatch(
        r"foci\.txt:3: the sample size must be a whole number above 0, got .*; "
        r'write "// Subjects=12"',
        message,
    )


BAD_ROWS = [
    "-10 20",
    "-55\t51\t10\t9",
    "-10 NaN 30",
    "1 2 inf",
    "nr nr nr",
    "1_0 2 3",
    "1,5 2,5 3,5",  # decimal commas
    '"// Jones, 2002: C >',
    "1,5 2",  # a decimal comma, or two columns
    "0x10 2 3",
    "Reference=MNI",
    "/ Smith, 2001",
]


@pytest.mark.parametrize("row", BAD_ROWS)
def test_read__row_that_is_not_three_numbers_is_refused(row):
    assert refusal(lines("// Smith", "// Subjects=12", "1 2 3", row)) == (
        f"foci.txt:5: expected three numbers x y z, got {row!r}; correct the line, or begin it "
        'with "//" if it is a comment'
    )


def test_read__foci_without_a_subjects_line_are_refused():
    text = TWO.replace("// Subjects=15\n", "")
    assert refusal(text) == (
        "foci.txt:8: experiment 'Jones, 2002: C > D' has foci but no "
        '"// Subjects=" line; add one'
    )


def test_read__comment_between_foci_is_refused_not_taken_for_an_experiment():
    message = refusal(lines("// Smith", "// Subjects=12", "1 2 3", "// a note", "4 5 6"))
    assert message == (
        "foci.txt:6: experiment 'a note' has foci but no \"// Subjects=\" line; add one"
    )


def test_read__foci_before_any_experiment_are_refused():
    message = refusal("1 2 3\n4 5 6\n" + TWO)
    assert message == (
        'foci.txt:1: foci before any experiment; a Sleuth file has "// Reference=MNI", '
        '"// Author, year: contrast", "// Subjects=12" and rows of x y z'
    )


NO_EXPERIMENT = (
    'foci.txt: no experiment in the file; a Sleuth file has "// Reference=MNI", '
    '"// Author, year: contrast", "// Subjects=12" and rows of x y z'
)


def test_read__file_with_a_reference_line_alone_is_refused():
    assert refusal("// Reference=MNI\n") == NO_EXPERIMENT


@pytest.mark.parametrize("text", ["// Smith, 2001\n", lines("// Smith", "// Jones")])
def test_read__file_with_headers_alone_is_refused(text):
    assert "no experiment in the file" in refusal(text)


def test_read__file_with_a_foreign_byte_and_no_experiment_is_refused():
    assert "no experiment in the file" in refusal(b"// Reference=MNI\n// \xfc\n")


def test_read__every_error_of_a_file_is_in_one_report():
    first, *rest = refusal(
        lines("// a", "// Subjects=0", "1 2", "// b", "4 5 6", "x y z", "// c", "// Subjects=?")
    ).splitlines()
    assert first == "foci.txt has 5 errors:"
    assert [line.split(": ")[0] for line in rest] == [f"  foci.txt:{n}" for n in (3, 4, 6, 7, 9)]


@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n"])
def test_read__errors_count_lines_whatever_their_ends(line_end):
    text = TWO.replace("0\t0\t10", "0\t0").replace("\n", line_end)
    assert refusal(text).startswith("foci.txt:9: expected three numbers")


# ------------------------------------------------------------------------ looks_like


@pytest.mark.parametrize(
    ("content", "is_sleuth"),
    [
        (b"// Reference=MNI", True),
        (b"\n\n  // Smith", True),
        (b"1 2 3\r// Smith", True),
        (b"\xef\xbb\xbf//Reference=MNI", True),
        (b"1 2 3\n4 5 6\n", False),
        (b"see https://example.org", False),
        (b"", False),
    ],
)
def test_looks_like__is_a_comment_line_somewhere(content, is_sleuth):
    assert looks_like(content, "foci.txt") == is_sleuth


def test_read__minus_sign_of_unicode_is_read_with_a_warning():
    text = lines("// Smith", "// Subjects=12", "\u221210 20 30")
    assert foci_of(read_text(text)) == [[(-10, 20, 30)]]
    assert warning(text)[0] == "unicode-minus"


def test_read__focus_given_twice_is_kept_with_a_warning():
    text = lines("// Smith", "// Subjects=12", "1 2 3", "1 2 3", "4 5 6")
    assert len(foci_of(read_text(text))[0]) == 3
    code, message = warning(text)
    assert code == "repeated-focus"
    assert "1 of 3 foci occur twice" in message


@pytest.mark.parametrize(
    ("header", "study_id", "contrast_id"),
    [
        ("Smith, 2001: pain > rest", "Smith, 2001", "pain > rest"),
        ("Smith, 2001; pain > rest", "Smith, 2001", "pain > rest"),
        ("Smith; Jones, 2001: pain", "Smith; Jones, 2001", "pain"),
        ("Smith 2001", "Smith 2001", "1"),
    ],
)
def test_read__header_parts_study_and_contrast(header, study_id, contrast_id):
    (experiment,) = read_text(lines(f"// {header}", "// Subjects=12", "1 2 3")).experiments
    assert (experiment.study_id, experiment.contrast_id) == (study_id, contrast_id)
