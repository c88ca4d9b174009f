"""Sleuth text: every experiment in, every experiment out."""

from __future__ import annotations

import hashlib
import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focale.errors import ArgumentError, FocaleError, ReadError
from focale.io.formats import inspect_record, read_record
from focale.io.problems import errors_of
from focale.io.records import ExperimentRecord, FocusRecord, StudysetRecord
from focale.io.sleuth import looks_like, losses, read, write
from focale.io.source import ReadOptions, Source
from tests.strategies import foci, sleuth_experiments, sleuth_text

TWO = sleuth_text(
    [
        (["Smith, 2001: A > B"], 12, [(10, 20, 30), (-10, 20, 30)]),
        (["Jones, 2002: C > D"], 15, [(0, 0, 10)]),
    ]
)


def read_text(text, **options):
    """Record of a Sleuth file, which must reconcile."""
    content = text if isinstance(text, bytes) else text.encode()
    record = read(Source("foci.txt", content), ReadOptions(**options))
    assert record.is_reconciled
    return record


def lines(*more):
    """Text of one experiment, from the lines after its reference line."""
    return "\n".join(["// Reference=MNI", *more]) + "\n"


def refusal(text, **options):
    """The only error of a file."""
    (problem,) = errors_of(read_text(text, **options).problems)
    assert problem.file == "foci.txt"
    return problem


def codes(record):
    return [(problem.severity, problem.code, problem.line) for problem in record.problems]


def the_experiment(*more, **options):
    """The only experiment of a file without errors, from the lines after its reference line."""
    record = read_text(lines(*more), **options)
    assert errors_of(record.problems) == []
    (experiment,) = record.experiments
    return experiment


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
    assert codes(record) == [("note", "grouped-headers", 2)]


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
        "// Number of subjects: 12",
        "// No. of participants = 12",
        "// Participants=12",
        "// Sample size = 12",
        "// N=12",
        "// n = 12",
        "// Subjects=12,,,",
        '"// Subjects=12",,',
        '"// Subjects=12","",""',
    ],
)
def test_read__subjects_lines_as_people_write_them(line):
    record = read_text(lines("// Smith", line, "1 2 3"))
    assert record.experiments[0].n_subjects == 12
    assert record.problems == ()


@pytest.mark.parametrize(
    ("line", "space"),
    [
        ("// Reference=MNI", "MNI"),
        ("//Reference = mni152 ", "MNI"),
        ("// reference: Talairach\t\t", "TAL"),
        ("// Reference=TAL", "TAL"),
        ("// Reference=TAL,,", "TAL"),
        ("//Reference=Talairach", "TAL"),
        ("// ref: MNI", "MNI"),
        ("// Reference space = MNI152NLin6Asym", "MNI"),
        ("// Reference=TT_N27", "TT_N27"),
        ("// Reference=", None),
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
        TWO.replace("\n", ",,\n"),
        TWO.replace("\n", "\t\t\n"),
        TWO.replace("\n", "\n\n"),
        TWO + "\x1a",
        TWO + ",,,\n" * 1000,
    ],
    ids=[
        "plain",
        "blank first",
        "blanks first",
        "byte-order mark",
        "no last end",
        "no gaps",
        "commas of a spreadsheet",
        "tabs of a spreadsheet",
        "double spaced",
        "end of file of DOS",
        "empty lines of a spreadsheet",
    ],
)
def test_read__blank_lines_and_marks_change_nothing(text):
    assert foci_of(read_text(text)) == foci_of(read_text(TWO))
    assert read_text(text).problems == ()


HOSTILE = {
    "quotes": 'O\'Doherty "2017"',
    "NUL inside": "Smith\0Jones",
    "unicode": "Müller 痛み \U0001f9e0 e\u0301 \u202etfel",
    "very long": "x" * 20_000,
    "HTML": "<script>alert(1)</script>&amp;x",
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
    # told apart by their identifiers, and every one of them kept
    ids = [e.id for e in read_text(sleuth_text(experiments)).experiments]
    assert len(set(ids)) == len(ids)


def plain(header):
    """Header as it is read: without what stands around it on the line."""
    visible = header.translate(dict.fromkeys(map(ord, "\u200b\ufeff\u200e")))
    for blank in "\u00a0\u202f":
        visible = visible.replace(blank, " ")
    return visible.strip().strip(" \t,;")


@given(sleuth_experiments())
def test_read__every_header_is_kept_in_the_name(experiments):
    record = read_text(sleuth_text(experiments))
    for experiment, (headers, _, _) in zip(record.experiments, experiments, strict=True):
        assert experiment.name == "; ".join(h for h in map(plain, headers) if h)


def contents(record):
    """All but the line numbers: a CR before an empty line that ends in LF is one line end."""
    return [
        (e.id, e.name, [(f.mm, f.space) for f in e.foci], e.n_subjects) for e in record.experiments
    ], [problem.code for problem in record.problems]


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


def warning(text, **options):
    """Code, line and text of the only problem of a file, a warning."""
    (problem,) = read_text(text, **options).problems
    assert problem.severity == "warning"
    return problem.code, problem.line, str(problem)


def test_read__equal_headers_are_kept_apart_with_a_warning():
    text = sleuth_text([(["Smith: A"], 12, [(1, 2, 3)]), (["Smith: A"], 15, [(4, 5, 6)])])
    code, line, message = warning(text)
    assert (code, line) == ("repeated-header", 6)
    assert "Smith: A" in message
    assert "Smith-A (2)" in message
    assert "foci.txt:2" in message
    assert foci_of(read_text(text)) == [[(1, 2, 3)], [(4, 5, 6)]]


def test_read__numbers_of_repeated_headers_do_not_collide_with_written_ones():
    headers = ["a: 1 (2)", "a", "a", "a"]
    record = read_text(sleuth_text([([h], 9, [(i, 0, 0)]) for i, h in enumerate(headers)]))
    assert [e.id for e in record.experiments] == ["a-1 (2)", "a-1", "a-1 (3)", "a-1 (4)"]


def test_read__bare_headers_are_named_by_their_number():
    record = read_text(sleuth_text([([""], 9, [(9, 0, 0)])] * 3))
    assert [e.study_id for e in record.experiments] == [f"experiment {i}" for i in (1, 2, 3)]
    assert codes(record) == [("warning", "no-header", line) for line in (2, 6, 10)]


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        (
            lines("// Smith", "// Subjects=12", "1 2 3", "// Subjects=15", "4 5 6"),
            5,
            [[(1, 2, 3)], [(4, 5, 6)]],
        ),
        (lines("// Subjects=12", "1 2 3"), 2, [[(1, 2, 3)]]),
    ],
    ids=["second", "first"],
)
def test_read__experiment_without_a_header_is_kept_with_a_warning(text, line, expected):
    assert warning(text) == (
        "no-header",
        line,
        f"foci.txt:{line}: an experiment without a name: kept, and named by its number; write "
        '"// Author, year: contrast" above its subjects line',
    )
    assert foci_of(read_text(text)) == expected


def test_read__experiment_without_foci_is_kept_with_a_warning():
    text = lines("// Smith", "// Subjects=12", "", "// Jones", "// Subjects=15", "4 5 6")
    assert warning(text) == (
        "experiment-without-foci",
        2,
        'foci.txt:2, experiment "Smith": no foci: kept as an experiment that reports none, and '
        "counted as one",
    )
    assert foci_of(read_text(text)) == [[], [(4, 5, 6)]]


def test_read__header_at_the_end_is_left_out_with_a_warning():
    text = lines("// Smith", "// Subjects=12", "1 2 3", "// end of file")
    assert warning(text) == (
        "header-without-experiment",
        5,
        "foci.txt:5: neither a sample size nor foci follow this line: taken as a comment: "
        '"end of file"',
    )


@pytest.mark.parametrize(
    "text",
    [
        "// My meta-analysis\n\n" + TWO,
        "// My meta-analysis\n" + TWO,  # parted by the reference line
        TWO.replace("// Jones", "// My meta-analysis\n\n// Jones"),
    ],
    ids=["blank line", "reference line", "in the middle"],
)
def test_read__title_that_is_parted_from_the_headers_is_a_comment(text):
    code, _, message = warning(text)
    assert code == "header-without-experiment"
    assert "My meta-analysis" in message
    assert [e.id for e in read_text(text).experiments] == [
        e.id for e in read_text(TWO).experiments
    ]


def test_read__space_that_changes_holds_from_there_on_with_a_warning():
    text = TWO.replace("// Jones", "// Reference=Talairach\n// Jones")
    code, line, message = warning(text)
    assert (code, line) == ("space-changes", 7)
    assert "the space changes from MNI to TAL for all that follows" in message
    spaces = [[f.space for f in e.foci] for e in read_text(text).experiments]
    assert spaces == [["MNI", "MNI"], ["TAL"]]


def test_read__each_experiment_may_have_its_own_reference_line():
    record = read_text(
        "// Smith\n// Reference=MNI\n// Subjects=12\n1 2 3\n\n"
        "// Jones\n// Reference=TAL\n// Subjects=15\n4 5 6\n\n"
        "// Doe\n// Reference=TAL\n// Subjects=9\n7 8 9\n"
    )
    assert [[f.space for f in e.foci] for e in record.experiments] == [["MNI"], ["TAL"], ["TAL"]]
    assert [e.id for e in record.experiments] == ["Smith-1", "Jones-1", "Doe-1"]
    assert codes(record) == [("warning", "space-changes", 7)]


def test_read__foci_before_the_first_reference_line_have_no_space():
    record = read_text("// Smith\n// Subjects=9\n1 2 3\n// Reference=MNI\n4 5 6\n")
    assert [f.space for f in record.experiments[0].foci] == [None, "MNI"]


def test_read__space_said_again_is_no_change():
    text = TWO.replace("// Jones", "// Reference=mni152\n// Jones")
    assert read_text(text).problems == ()


def test_read__space_that_ends_is_a_change():
    text = TWO.replace("// Jones", "// Reference=\n// Jones")
    assert warning(text)[0] == "space-changes"
    assert read_text(text).experiments[1].foci[0].space is None


@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n"])
def test_read__byte_that_is_not_utf8_is_read_with_a_warning(line_end):
    text = TWO.replace("Jones", "Jönes").replace("\n", line_end).encode("cp1252")
    code, line, message = warning(text)
    assert (code, line) == ("encoding", 7)
    assert "byte 0xF6 is not UTF-8; read as cp1252" in message
    assert read_text(text).experiments[1].study_id == "Jönes, 2002"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_read_record__knows_sleuth_in_any_unicode(encoding):
    record = read_record(io.BytesIO(TWO.encode(encoding)))
    assert foci_of(record) == foci_of(read_text(TWO))
    assert record.problems == ()


def test_read__encoding_that_is_named_is_used():
    text = TWO.replace("Smith", "Rüther").encode("mac_roman")
    record = read_text(text, encoding="mac_roman")
    assert record.experiments[0].study_id == "Rüther, 2001"
    assert record.problems == ()


def test_read__encoding_that_is_wrong_is_refused():
    with pytest.raises(ReadError, match=r"foci\.txt is not text in utf-8"):
        read_text(TWO.replace("Smith", "Rüther").encode("mac_roman"), encoding="utf-8")


def test_read__minus_sign_of_unicode_is_read_and_said_once_for_an_experiment():
    text = lines("// Smith", "// Subjects=12", "\u221210 20 30", "1 2 3", "\u20134 5 6")
    assert foci_of(read_text(text)) == [[(-10, 20, 30), (1, 2, 3), (-4, 5, 6)]]
    assert warning(text) == (
        "unicode-minus",
        4,
        'foci.txt:4, experiment "Smith": a minus that is another sign (U+2212 or a dash), read as '
        '-10 20 30 (and 1 more such rows): "\u221210 20 30"; write a plain minus',
    )


def test_read__decimal_commas_are_read_and_said_once_for_an_experiment():
    text = lines("// Smith", "// Subjects=12", "-42,5 18,0 -8,25", "1,5;2,5;3,5", "1 2 3")
    assert foci_of(read_text(text)) == [[(-42.5, 18, -8.25), (1.5, 2.5, 3.5), (1, 2, 3)]]
    code, line, message = warning(text)
    assert (code, line) == ("decimal-comma", 4)
    assert "read as -42.5 18 -8.25 (and 1 more such rows)" in message


def test_read__focus_given_twice_is_kept():
    text = lines("// Smith", "// Subjects=12", "1 2 3", "1.0 2 3", "4 5 6")
    assert foci_of(read_text(text)) == [[(1, 2, 3), (1, 2, 3), (4, 5, 6)]]


# -------------------------------------------------------------------- headers and quotes


@pytest.mark.parametrize(
    ("header", "study_id", "contrast_id"),
    [
        ("Smith, 2001: pain > rest", "Smith, 2001", "pain > rest"),
        ("Smith, 2001; pain > rest", "Smith, 2001", "pain > rest"),
        ("Smith; Jones, 2001: pain", "Smith; Jones, 2001", "pain"),
        ("Smith 2001", "Smith 2001", "1"),
        ("Smith: A > B,,", "Smith", "A > B"),
        ("(3) , Gruber, et al. (2009)", "(3) , Gruber, et al. (2009)", "1"),
        (": A > B", "(no name)", "A > B"),
    ],
)
def test_read__header_parts_study_and_contrast(header, study_id, contrast_id):
    experiment = the_experiment(f"// {header}", "// Subjects=12", "1 2 3")
    assert (experiment.study_id, experiment.contrast_id) == (study_id, contrast_id)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('"// Smith, 2001: A > B"', "Smith, 2001: A > B"),
        ('"// Smith, 2001: A > B",,', "Smith, 2001: A > B"),
        ('"// Smith, 2001: A > B"\t\t', "Smith, 2001: A > B"),
        ('"// Smith ""A"" > B",,', 'Smith "A" > B'),
        ("'// O'Brien: A'", "O'Brien: A"),
        ('// O\'Brien: "A" > B', 'O\'Brien: "A" > B'),
        ('  "// Smith"', "Smith"),
        ('" // Smith"', "Smith"),
    ],
)
def test_read__header_in_quotation_marks_is_its_text(line, name):
    record = read_text(lines(line, "// Subjects=12", "1 2 3"))
    assert (record.experiments[0].name, record.problems) == (name, ())


@pytest.mark.parametrize(
    "broken",
    [
        ['"// Jones, 2002: C >', 'D"\t\t'],
        ['"// Jones, 2002:', "C >", 'D",,'],
        ["// Jones, 2002: C >", "D"],
        ["// Jones, 2002:", "C >", "D"],
        ['"// Jones, 2002: ""C"" >'.replace('""', ""), 'D"'],
    ],
)
def test_read__header_over_several_lines_is_one_with_a_warning(broken):
    record = read_text(lines(*broken, "// Subjects=12", "1 2 3"))
    assert record.experiments[0].id == "Jones, 2002-C > D"
    assert record.experiments[0].line == 2
    assert {problem.code for problem in record.problems} == {"header-over-lines"}
    assert record.problems[-1].line == 1 + len(broken)
    assert "header of line 2" in record.problems[-1].what


def test_read__apostrophe_does_not_close_a_quotation_mark():
    record = read_text(lines('"// Smith,', "O'Brien: A >", 'B"', "// Subjects=12", "1 2 3"))
    assert record.experiments[0].name == "Smith, O'Brien: A > B"


def test_read__quotation_mark_that_is_not_closed_is_refused_and_swallows_nothing():
    record = read_text(lines('"// Jones', "// Subjects=12", "1 2 3", "4 5 6"))
    assert codes(record) == [("error", "open-quotation-mark", 2)]
    assert (record.experiments[0].n_subjects, record.n_foci) == (12, 2)


def test_read__quotation_mark_open_at_the_end_is_refused():
    record = read_text(lines("// Smith", "// Subjects=12", "1 2 3", '"// Jones'))
    assert ("error", "open-quotation-mark", 5) in codes(record)


def test_read__many_lines_are_no_header():
    record = read_text(lines("// Smith", *["more"] * 7, "// Subjects=12", "1 2 3"))
    assert "not-a-coordinate" in [p.code for p in errors_of(record.problems)]


@pytest.mark.parametrize("row", ["nr nr nr", "NaN\tNaN\tNaN", "- - -", "na", "n/a, n/a, n/a"])
def test_read__missing_values_below_a_header_are_no_part_of_it(row):
    # With default_n they would else be a header, and a focus lost with a mere warning.
    problem = refusal(lines("// Smith", row, "1 2 3"), default_n=12)
    assert (problem.code, problem.line, problem.found) == ("not-a-coordinate", 3, row)


# ------------------------------------------------------------------- papers


@pytest.mark.parametrize(
    "block",
    [
        ["// PMID: 123", "// Smith", "// Subjects=12", "1 2 3"],
        ["// Smith", "// PMID: 123", "// Subjects=12", "1 2 3"],
        ["// Smith", "// Subjects=12", "// PMID: 123", "1 2 3"],
        ["// Smith", "// Subjects=12", "1 2 3", "// PMID: 123"],
        ["// Smith", "", "// Subjects=12", "", "1 2 3", "// PubMed ID = 123"],
    ],
    ids=["above", "below the header", "below the sample size", "at the end", "with blanks"],
)
def test_read__identifier_of_the_paper_is_that_of_the_experiment_around_it(block):
    other = ["// Jones", "// Subjects=15", "4 5 6", ""]
    for text in (lines(*block), lines(*block, "", *other), lines(*other, *block)):
        record = read_text(text)
        assert record.studies == {"Smith": {"pmid": "123"}}
        assert record.problems == ()


def test_read__doi_is_kept():
    text = lines("// Smith", "// DOI: 10.1016/j.x.2001.1", "// Subjects=12", "1 2 3")
    assert read_text(text).studies == {"Smith": {"doi": "10.1016/j.x.2001.1"}}


# --------------------------------------------------------------- what follows x y z


def values_of(experiment):
    return [dict(focus.values or {}) for focus in experiment.foci]


def test_read__statistics_with_decimals_are_kept_with_a_warning():
    text = lines("// Smith", "// Subjects=12", "10 20 30 4.5", "-10 20 30 5")
    assert warning(text)[:2] == ("extra-columns", 4)
    (experiment,) = read_text(text).experiments
    assert values_of(experiment) == [{"column 4": 4.5}, {"column 4": 5.0}]


def test_read__labels_are_kept():
    experiment = the_experiment(
        "// Smith",
        "// Subjects=12",
        "10 20 30 left insula",
        "1\t2\t3\t4.5\tBA 44",
        "4 5 6 2.5",
        extra="statistics",
    )
    assert values_of(experiment) == [
        {"label": "left insula"},
        {"column 4": 4.5, "label": "BA 44"},
        {"column 4": 2.5},
    ]


@pytest.mark.parametrize(
    ("rows", "n_left_out"),
    [
        (["10 20 30 40"], 1),
        (["10 20 30 40", "11 20 30 41", "1 2 3"], 2),
        (["10 20 30 4.5", "1 2 3"], 1),  # not in each row
        (["1,5,2,5,3,5"], 1),
        (["-55.5 51.2 10.1 9.5 5.5 3.5"], 1),  # three more may be another focus
        (["-55\t51\t10\tinsula\t9\t5\t3\tamygdala"], 1),
        (["-55\t51\t10\t\t9\t5\t3"], 1),
    ],
)
def test_read__numbers_that_may_be_anything_are_refused_until_it_is_said(rows, n_left_out):
    text = lines("// Smith", "// Subjects=12", *rows)
    problem = refusal(text)
    assert (problem.code, problem.line, problem.foci_left_out) == ("extra-numbers", 4, n_left_out)
    assert "numbers where x y z are expected" in problem.what
    assert "--extra statistics or --extra ignore (extra=)" in problem.expected
    assert read_text(text).n_foci == len(rows) - n_left_out
    for extra in ("statistics", "ignore"):
        record = read_text(text, extra=extra)
        assert codes(record) == [("note", "extra-columns", 4)]
        assert record.n_foci == len(rows)


def test_read__extra_says_what_numbers_after_z_are():
    rows = ["// Smith", "// Subjects=12", "10 20 30 40 7", "1 2 3"]
    assert values_of(the_experiment(*rows, extra="ignore")) == [{}, {}]
    kept = values_of(the_experiment(*rows, extra="statistics"))
    assert kept == [{"column 4": 40.0, "column 5": 7.0}, {}]


def test_read__empty_cell_keeps_the_place_of_a_statistic():
    rows = ["// Smith", "// Subjects=12", "10\t20\t30\t\t4.5"]
    assert values_of(the_experiment(*rows, extra="statistics")) == [{"column 5": 4.5}]


@pytest.mark.parametrize("extra", [None, "statistics", "ignore"])
@pytest.mark.parametrize("separator", ["\t", ",", ";"])
def test_read__row_whose_x_is_missing_is_never_shifted(extra, separator):
    rows = [separator.join(row) for row in (("10", "20", "30", "4.5"), ("", "20", "30", "4.5"))]
    problem = refusal(lines("// Smith", "// Subjects=12", *rows), extra=extra)
    assert problem.code == "extra-numbers"


def test_read__all_rows_may_begin_with_an_empty_cell():
    rows = ["\t10\t20\t30\t4.5", "\t1\t2\t3\t5.5"]
    experiment = the_experiment("// Smith", "// Subjects=12", *rows)
    assert [focus.mm for focus in experiment.foci] == [(10, 20, 30), (1, 2, 3)]


# ------------------------------------------------------------------------- refusals


BAD_SIZES = ["0", "-0", "-3", "0.5", "twelve", "", "NaN", "inf", "1e400", "1_2", "1,5", "12+12"]
BAD_SIZES += ["1 000", "12-15", "12 per group", "12 (per group)", "12 pairs", "12k", "12/group"]
BAD_SIZES += ["15\t0\t0", "12 13", "99999999999", "\N{ARABIC-INDIC DIGIT THREE}", "=12", "12 (6"]


@pytest.mark.parametrize("size", BAD_SIZES, ids=ascii)
def test_read__bad_sample_size_is_refused(size):
    problem = refusal(lines("// Smith", f"// Subjects={size}", "1 2 3"))
    assert (problem.code, problem.line) == ("bad-sample-size", 3)
    assert (problem.experiment, problem.found) == ("Smith", size)
    assert problem.expected == 'write "// Subjects=12"'


def test_read__text_glued_to_the_sample_size_is_named():
    problem = refusal(lines("// Smith", "// Subjects=15\t0\t0", "1 2 3"))
    assert problem.message == (
        'unexpected text after the number of subjects: "15 0 0"; write "// Subjects=12"'
    )


@pytest.mark.parametrize(
    ("line", "n", "code"),
    [
        ("// Subjects=20 (12F)", 20, "sample-size-with-remark"),
        ("// N=20 (12F)", 20, "sample-size-with-remark"),
        ("// N = 20 (12F/8M)", 20, "sample-size-with-remark"),
        ("// Subjects=20 patients", 20, "sample-size-with-remark"),
        ("// Subjects=20 [right-handed]", 20, "sample-size-with-remark"),
        ("// Subjects=12.5", 12.5, "fractional-sample-size"),
    ],
)
def test_read__sample_size_with_more_to_it_is_read_with_a_warning(line, n, code):
    record = read_text(lines("// Smith", line, "1 2 3"))
    assert record.experiments[0].n_subjects == n
    assert codes(record) == [("warning", code, 3)]
    assert f"read as {n:g}" in str(record.problems[0])


def test_read__second_sample_size_is_refused():
    record = read_text(lines("// Smith", "// Subjects=12", "// Subjects=15", "1 2 3"))
    assert codes(record) == [("error", "second-sample-size", 4)]
    assert (len(record.experiments), record.reconciliation.experiments_found) == (1, 2)


def test_read__second_sample_size_that_is_the_same_is_ignored_with_a_warning():
    record = read_text(lines("// Smith", "// Subjects=12", "// N=12", "1 2 3"))
    assert codes(record) == [("warning", "second-sample-size", 4)]
    assert record.experiments[0].n_subjects == 12


def test_read__sample_size_after_rows_that_cannot_be_read_begins_an_experiment():
    record = read_text(lines("// Smith", "// Subjects=12", "1 2", "// Subjects=15", "4 5 6"))
    assert codes(record) == [
        ("error", "not-a-coordinate", 4),
        ("warning", "no-header", 5),
    ]
    assert [e.n_subjects for e in record.experiments] == [12, 15]


@pytest.mark.parametrize("size", ["0", "12", "x"])
def test_read__orphan_sample_size_is_left_out_with_a_warning(size):
    text = TWO.replace("// Jones", f"// Subjects={size}\n\n// Jones")
    record = read_text(text)
    assert codes(record) == [("warning", "orphan-sample-size", 7)]
    assert [e.n_subjects for e in record.experiments] == [12, 15]
    assert record.reconciliation.experiments_left_out == 1


BAD_ROWS = [
    "-10 20",
    "-10 NaN 30",
    "1 2 inf",
    "nr nr nr",
    "1_0 2 3",
    "1,5 2",  # a decimal comma, or two columns
    "10,,20,30",
    "10\t\t20\t30",
    "10, 20,30 4",
    "0x10 2 3",
    "1e400 2 3",
    "-1600 2 3",
    "\N{ARABIC-INDIC DIGIT THREE} 2 3",
    "Reference=MNI",
    "Subjects=12",
    "/ Smith, 2001",
    "Smith, 2001: A > B",
    "# a comment of another program",
]


@pytest.mark.parametrize("row", BAD_ROWS, ids=ascii)
def test_read__row_that_is_not_three_numbers_is_refused(row):
    text = lines("// Smith", "// Subjects=12", "1 2 3", row, "4 5 6")
    problem = refusal(text)
    assert (problem.code, problem.line, problem.experiment) == ("not-a-coordinate", 5, "Smith")
    assert problem.found == row
    assert problem.expected == (
        'write three numbers x y z in mm; begin the line with "//" if it is a comment'
    )
    assert foci_of(read_text(text)) == [[(1, 2, 3), (4, 5, 6)]]
    assert read_text(text).reconciliation.foci_left_out == 1


def test_read__foci_without_a_subjects_line_are_refused():
    problem = refusal(TWO.replace("// Subjects=15\n", ""))
    assert str(problem) == (
        'foci.txt:7, experiment "Jones, 2002: C > D": the experiment has foci but no '
        '"// Subjects=" line; add one, or give the number for all with --default-n (default_n=)'
    )


def test_read_record__default_n_stands_in_for_a_subjects_line_with_a_warning():
    text = TWO.replace("// Subjects=15\n", "")
    record = read_record(io.BytesIO(text.encode()), ReadOptions(default_n=20))
    assert [e.n_subjects for e in record.experiments] == [12, 20]
    (problem,) = record.problems
    assert (problem.severity, problem.code, problem.line) == ("warning", "default-sample-size", 7)
    assert "20" in problem.what


def test_read_record__default_n_does_not_stand_in_for_one_that_is_wrong():
    text = TWO.replace("// Subjects=15", "// Subjects=fifteen")
    with pytest.raises(ReadError, match='a sample size must be a whole number above 0: "fifteen"'):
        read_record(io.BytesIO(text.encode()), ReadOptions(default_n=20))


def test_read__comment_between_foci_is_refused_not_taken_for_an_experiment():
    problem = refusal(lines("// Smith", "// Subjects=12", "1 2 3", "// a note", "4 5 6"))
    assert (problem.code, problem.line) == ("no-sample-size", 5)
    assert problem.experiment == "a note"


def test_read__foci_before_any_experiment_are_refused():
    problem = refusal("1 2 3\n4 5 6\n" + TWO)
    assert (problem.code, problem.line) == ("foci-without-experiment", 1)
    assert problem.message == (
        'foci before any experiment; a Sleuth file has "// Reference=MNI", '
        '"// Author, year: contrast", "// Subjects=12" and rows of x y z'
    )


@pytest.mark.parametrize(
    "text",
    [
        "// Reference=MNI\n",
        "// Smith, 2001\n",
        lines("// Smith", "// Jones"),
        lines("// Subjects=12"),
        lines("// Subjects=0"),  # left out as an orphan, and its error with it
        b"// Reference=MNI\n// \xfc\n",
        "//",
    ],
)
def test_read__file_without_an_experiment_is_refused(text):
    problem = refusal(text)
    assert str(problem) == (
        'foci.txt: no experiment in the file; a Sleuth file has "// Reference=MNI", '
        '"// Author, year: contrast", "// Subjects=12" and rows of x y z'
    )


@pytest.mark.parametrize("name", ["Template=TAL", "template: MNI", "Space = MNI", "atlas=TAL"])
def test_read__space_line_by_another_name_is_refused(name):
    record = read_text(TWO.replace("Reference=MNI", name))
    (problem,) = errors_of(record.problems)
    assert (problem.code, problem.line, problem.found) == ("not-a-space-line", 1, name)


def test_read__every_error_of_a_file_is_in_one_report():
    text = lines(
        "// a", "// Subjects=0", "1 2", "// b", "4 5 6", "x y z 1", "// c", "// Subjects=?"
    )
    found = [problem.line for problem in errors_of(read_text(text).problems)]
    assert found == [3, 4, 5, 7, 9]


@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n"])
def test_read__errors_count_lines_whatever_their_ends(line_end):
    assert refusal(TWO.replace("0\t0\t10", "0\t0").replace("\n", line_end)).line == 9


# ------------------------------------------------------------------------ looks_like


@pytest.mark.parametrize(
    ("content", "is_sleuth"),
    [
        (b"// Reference=MNI", True),
        (b"\n\n  // Smith", True),
        (b"1 2 3\r// Smith", True),
        (b"\xef\xbb\xbf//Reference=MNI", True),
        ("// Reference=MNI".encode("utf-16"), True),
        ("// Reference=MNI".encode("utf-16-be"), True),
        (b'"// Smith",,', True),
        (b"1 2 3\n4 5 6\n", False),
        (b"see https://example.org", False),
        (b"<html>\n<script>\n  // a comment\n</script>", False),
        (b"PK\x03\x04" + bytes(range(256)) + b"\n//", False),
        (b"", False),
    ],
)
def test_looks_like__is_a_comment_line_somewhere(content, is_sleuth):
    assert looks_like(Source("foci.txt", content)) == is_sleuth


# --------------------------------------------------------------------------- writing


def record_of(*experiments, **more):
    found = (len(experiments), sum(len(e.foci) for e in experiments))
    return StudysetRecord.of(experiments, "x", "0" * 64, (), found, **more)


def experiment_of(
    study_id="Smith", contrast_id="A", mm=((1.0, 2.0, 3.0),), n=12.0, space="MNI", **more
):
    foci = tuple(FocusRecord(place, space) for place in mm)
    return ExperimentRecord(study_id, contrast_id, foci, n, "x", **more)


def written(record, tmp_path):
    return write(record, tmp_path / "foci.txt")


def test_write__is_a_sleuth_file(tmp_path):
    record = record_of(
        experiment_of(name="Smith: A"),
        experiment_of("Jones", "1", mm=((-4.25, 0.0, 10.0), (1.0, 2.0, 3.0)), n=20.5, space="TAL"),
    )
    assert written(record, tmp_path) == (
        "// Reference=MNI\n\n// Smith: A\n// Subjects=12\n1\t2\t3\n\n"
        "// Reference=Talairach\n\n// Jones\n// Subjects=20.5\n-4.25\t0\t10\n1\t2\t3\n"
    )


def heart(record):
    """What of a record Sleuth text has a place for."""
    return [
        (e.study_id, e.contrast_id, [(f.mm, f.space) for f in e.foci], e.n_subjects)
        for e in record.experiments
    ]


def test_write__what_is_read_is_written_the_same(tmp_path):
    record = read_text(TWO)
    assert heart(read_text(written(record, tmp_path))) == heart(record)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": None}, "has no sample size, which Sleuth text needs; give one for all"),
        ({"space": None}, "has foci in two spaces or in none"),
    ],
)
def test_write__what_sleuth_text_cannot_hold_is_refused(tmp_path, change, message):
    with pytest.raises(ArgumentError, match=message):
        written(record_of(experiment_of(**change)), tmp_path)


def test_write__two_spaces_in_one_experiment_are_refused(tmp_path):
    experiment = ExperimentRecord(
        "a", "1", (FocusRecord((1, 2, 3), "MNI"), FocusRecord((1, 2, 3), "TAL")), 12.0, "x"
    )
    with pytest.raises(ArgumentError, match="has foci in two spaces"):
        written(record_of(experiment), tmp_path)


def test_losses__names_what_sleuth_text_has_no_place_for():
    focus = FocusRecord((1, 2, 3), "MNI", values={"t": 4.5})
    experiment = ExperimentRecord(
        "a", "1", (focus,), 12.0, "x", None, "", "group", "brett", {"tag": True}
    )
    record = record_of(experiment, studies={"a": {"year": 2001}})
    assert len(losses(record)) == 5
    assert losses(record_of(experiment_of())) == []


@pytest.mark.parametrize(
    "study_id",
    [
        "Reference=MNI",
        "Subjects=12",
        "N=12",
        "PMID: 1",
        "doi=x",
        "Template=TAL",
        "/",
        "//x",
        "",
        "\n",
    ],
)
def test_write__header_that_would_mean_something_else_stays_a_header(tmp_path, study_id):
    record = record_of(experiment_of(study_id, "1", n=9.0), experiment_of("Jones"))
    again = read_text(written(record, tmp_path))
    assert again.problems == ()
    assert [(f, n) for _, _, f, n in heart(again)] == [(f, n) for _, _, f, n in heart(record)]


plain_words = st.text(
    st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters=":;/,\"'\u00a0\u202f"),
    min_size=1,
    max_size=12,
).map(lambda text: "s" + " ".join(text.split()))
any_words = st.text(max_size=15)
numbers = st.floats(-1000, 1000, allow_nan=False)


@st.composite
def records(draw, words):
    keys = draw(st.lists(st.tuples(words, words), min_size=1, max_size=5, unique=True))
    return record_of(
        *(
            experiment_of(
                study_id,
                contrast_id,
                draw(st.lists(st.one_of(foci, st.tuples(numbers, numbers, numbers)), max_size=3)),
                draw(st.one_of(st.integers(1, 500).map(float), st.floats(1, 500))),
                draw(st.sampled_from(["MNI", "TAL", "TT_N27"])),
            )
            for study_id, contrast_id in keys
        )
    )


@given(records(plain_words))
def test_write__then_read_gives_equal_experiments(tmp_path, record):
    assert heart(read_text(written(record, tmp_path))) == heart(record)


@given(records(any_words))
def test_write__then_read_keeps_every_number_whatever_the_names(tmp_path, record):
    again = read_text(written(record, tmp_path))
    assert errors_of(again.problems) == []
    assert [row[2:] for row in heart(again)] == [row[2:] for row in heart(record)]


# ---------------------------------------------------------------------- hostile text


FRAGMENTS = [
    "// Reference=MNI",
    "// Reference=TAL",
    "// Reference=",
    "// Template=MNI",
    "//",
    "///",
    "// Smith",
    "// Smith, 2001: A > B",
    "// Subjects=12",
    "// Subjects=0",
    "// Subjects=",
    "// N=20 (12F)",
    "// PMID: 12",
    '"// Jones,',
    '"// Jones"',
    "'//",
    'D"',
    '"',
    '"""',
    "1 2 3",
    "-1,5 2,5 3,5",
    "1,2,3",
    "1;2;3;4.5",
    "1 2 3 4",
    "1 2 3 4.5",
    "1\t2\t3\tinsula",
    "\t1\t2\t3",
    "1 2",
    "nan nan nan",
    "nr",
    "words",
    "\u22121 2 3",
    "1e400 1 1",
    "9999 1 1",
    "(1 2 3)",
    "",
    " ",
    "\t\t",
    ",,,",
    "\ufeff",
    "\x00",
    "\x1a",
    "\u2028",
    "\x85",
    "\x0b",
    "{",
    "<html>",
    "x" * 300,
    "1 " * 200,
    "(" * 300,
    "=" * 300,
]
hostile_text = st.lists(
    st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=12)), max_size=30
).flatmap(
    lambda parts: st.lists(
        st.sampled_from(["\n", "\r", "\r\n", "\n\n", " "]),
        min_size=len(parts),
        max_size=len(parts),
    ).map(lambda ends: "".join(part + end for part, end in zip(parts, ends, strict=True)))
)
any_options = st.builds(
    ReadOptions,
    space=st.sampled_from([None, "MNI"]),
    default_n=st.sampled_from([None, 12]),
    extra=st.sampled_from([None, "statistics", "ignore"]),
)


@given(hostile_text, any_options)
def test_read__whatever_the_text_it_reconciles_and_says_why(text, options):
    content = text.encode("utf-8", "surrogatepass")
    try:
        record = read(Source("foci.txt", content), options)
    except ReadError:
        return
    assert record.is_reconciled
    for problem in record.problems:
        assert "\n" not in str(problem)
        assert len(str(problem)) < 600
    assert len({e.id for e in record.experiments}) == len(record.experiments)


@given(
    st.one_of(
        hostile_text.map(lambda text: text.encode("utf-8", "replace")), st.binary(max_size=300)
    )
)
def test_inspect_record__whatever_the_bytes_it_is_a_record_or_a_refusal(content):
    try:
        record = inspect_record(io.BytesIO(b"// x\n" + content))
    except FocaleError:
        return
    assert record.is_reconciled


@given(sleuth_experiments(), st.data())
def test_read__separators_and_line_ends_change_nothing(experiments, data):
    parts = ["// Reference=MNI"]
    for headers, n, rows in experiments:
        sign = data.draw(st.sampled_from(["Subjects=", "subjects: ", " N = ", "Sample size="]))
        parts += [*(f"// {header}" for header in headers), f"//{sign}{n}"]
        for row in rows:
            separator = data.draw(st.sampled_from(["\t", " ", ", ", ",", ";", "  ", " \t"]))
            parts.append(separator.join(str(cell) for cell in row))
        parts.append(data.draw(st.sampled_from(["", "\t\t", ",,,"])))
    text = "".join(part + data.draw(st.sampled_from(["\n", "\r", "\r\n"])) for part in parts)
    assert contents(read_text(text)) == contents(read_text(sleuth_text(experiments)))


# ------------------------------------------------------------------- time and garbage


def seconds(content, **options):
    start = time.perf_counter()
    record = read(Source("foci.txt", content), ReadOptions(**options))
    assert record.is_reconciled
    return time.perf_counter() - start, record


def test_read__25000_foci_take_no_time():
    rows = [(i % 90, -i % 80, i % 70 + 0.5) for i in range(20)]
    text = sleuth_text([([f"Smith {i}: A"], 12, rows) for i in range(1250)])
    took, record = seconds(text.encode())
    assert record.n_foci == 25_000
    assert took < 1  # about 0.12 s; slow machines and coverage are let pass


MB = 1_000_000
GARBAGE = {
    "letters": b"a" * 5 * MB,
    "words": b"a " * 2 * MB,
    "digits": b"1" * 5 * MB,
    "numbers": b"1 " * 2 * MB,
    "brackets": b"(" * 5 * MB,
    "slashes": b"/" * 5 * MB,
    "headers": b"// x\n" * MB,
    "headers and blank lines": b"// x\n\n" * MB,
    "bare headers": b"//\n" * MB,
    "header that goes on": b"// x\n" + b"a\n" * MB,
    "header on one line": b"// " + b"a" * 5 * MB,
    "quotation mark": b'"// ' + b"abc\n" * MB,
    "quotation marks": b'"// x\n' * MB,
    "sample sizes": b"// Subjects=9\n" * (MB // 3),
    "papers": b"// PMID: 9\n" * (MB // 2),
    "spaces": b"// Reference=MNI\n// Reference=TAL\n" * (MB // 7),
    "rows": b"1 2 3\n" * MB,
    "rows of four": b"// x\n// Subjects=9\n" + b"1 2 3 4\n" * MB,
    "bytes that are not UTF-8": b"\xff" * 5 * MB,
    "blanks after a number": b"// x\n// Subjects=12" + b" " * 5 * MB + b"1",
    "blanks after a quotation mark": (b'"// x "' + b" " * 90_000 + b"x\n") * 50,
    "sample sizes with long remarks": (b"// x\n// Subjects=12" + b" " * 90_000 + b"(\n") * 50,
    "equals signs": (b"// subjects" + b" " * 90_000 + b"x\n") * 50,
    "words of a paper": (b"// pubmed" + b" " * 90_000 + b"x\n") * 50,
    "spaces of a reference": (b"// ref" + b" " * 90_000 + b"space x\n") * 50,
}


@pytest.mark.parametrize("content", GARBAGE.values(), ids=GARBAGE.keys())
def test_read__garbage_is_refused_at_once(content):
    took, record = seconds(b"// Reference=MNI\n" + content)
    assert errors_of(record.problems)
    assert took < 4  # at most 1 s here; slow machines and coverage are let pass
    assert max(len(str(problem)) for problem in record.problems) < 600
    assert len(record.problems) < 25_000


def test_read__stops_after_a_thousand_errors():
    record = read_text("// x\n// Subjects=9\n" + "1 2\n" * 5000)
    last = record.problems[-1]
    assert len(errors_of(record.problems)) == 1001
    assert (last.code, last.line) == ("too-many-errors", 1002)
    assert last.what == "1,000 errors up to here, so reading stopped"


def test_read__overlong_line_is_refused_and_the_rest_is_read():
    record = read_text(TWO.replace("10\t20\t30", "1 " * 200_000, 1))
    (problem,) = errors_of(record.problems)
    assert (problem.code, problem.line) == ("long-line", 4)
    assert record.n_foci == 2


def test_read__two_papers_of_one_name_are_asked_about():
    text = lines(
        "// Smith, 2010: A", "// PMID: 1", "// Subjects=12", "1 2 3", "",
        "// Smith, 2010: B", "// PMID: 2", "// Subjects=15", "4 5 6",
    )  # fmt: skip
    code, line, message = warning(text)
    assert (code, line) == ("two-publications", 7)
    assert 'study "Smith, 2010" has another PMID above: 1: "2"; if these are two papers' in message
