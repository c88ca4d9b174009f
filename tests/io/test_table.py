"""Tables of foci: every row in, every refusal with its place."""

from __future__ import annotations

import csv
import io
import sys
import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focale.errors import ReadError
from focale.io import table
from focale.io.join import told_apart
from focale.io.records import ExperimentRecord, FocusRecord, StudysetRecord
from focale.io.source import ReadOptions, Source, open_source
from focale.io.table import workbook
from focale.io.table.cells import ERROR_VALUES

HEADER = "study,experiment,n,space,x,y,z\n"
TWO = HEADER + "Smith,A,12,MNI,10,20,30\nSmith,A,12,MNI,-10,20,30\nJones,1,15,TAL,0,0,10.5\n"


def source(content, name="foci.csv"):
    return Source(name, content if isinstance(content, bytes) else content.encode())


def read(content, name="foci.csv", **options):
    record = table.read(source(content, name), ReadOptions(**options))
    assert record.is_reconciled
    return record


def found(record):
    return [(e.id, e.n_subjects, [f.mm for f in e.foci]) for e in record.experiments]


def messages(record, severity="error"):
    return [str(p) for p in record.problems if p.severity == severity]


def only_error(content, **options):
    record = read(content, **options)
    errors = messages(record)
    assert len(errors) == 1, errors
    return errors[0], record


def only_warning(content, **options):
    record = read(content, **options)
    assert not messages(record)
    warnings = messages(record, "warning")
    assert len(warnings) == 1, warnings
    return warnings[0], record


BOTH = [
    ("Smith-A", 12.0, [(10.0, 20.0, 30.0), (-10.0, 20.0, 30.0)]),
    ("Jones-1", 15.0, [(0.0, 0.0, 10.5)]),
]

# --------------------------------------------------------------------------- layouts


def test_read__focale_table():
    record = read(TWO)
    assert found(record) == BOTH
    assert record.problems == ()
    assert [f.space for e in record.experiments for f in e.foci] == ["MNI", "MNI", "TAL"]
    assert [e.line for e in record.experiments] == [2, 4]
    assert record.experiments[1].foci[0].line == 4


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_read__delimiters_line_ends_and_encodings_change_nothing(delimiter, line_end, encoding):
    text = TWO.replace(",", delimiter).replace("\n", line_end)
    assert table.looks_like(source(text.encode(encoding)))
    record = read(text.encode(encoding))
    assert found(record) == BOTH
    assert [e.line for e in record.experiments] == [2, 4]


def test_read__optional_columns_of_the_focale_table():
    record = read(
        "study,experiment,n,space,x,y,z,subject_group,talairach,doi,pmid,year,label,t,task,"
        "study: title\n"
        "Smith,A,12,TAL,1,2,3,G1,BRETT,10.1/a,123,2001,insula,4.50,pain,On pain\n"
        "Smith,A,12,TAL,1,2,4,G1,brett,10.1/a,123,2001,,3,pain,On pain\n"
    )
    (experiment,) = record.experiments
    assert (experiment.subject_group, experiment.annotations) == ("G1", {"task": "pain"})
    assert experiment.foci[0].values == {"label": "insula", "t": 4.5}
    assert experiment.foci[1].values == {"t": 3.0}
    assert record.studies["Smith"] == {
        "doi": "10.1/a",
        "pmid": "123",
        "year": 2001,
        "title": "On pain",
    }


def test_read__talairach_matrix_in_small_letters():
    record = read("study,n,space,x,y,z,talairach\na,9,TAL,1,2,3,SPM\n")
    assert record.experiments[0].talairach == "spm"


def test_read__experiment_without_foci_is_kept():
    warning, record = only_warning(TWO + "Lee,A,20,MNI,,,\n")
    assert found(record)[2] == ("Lee-A", 20.0, [])
    assert warning.startswith('foci.csv:5, experiment "Lee-A": no foci: kept as an experiment')


JALE = "Article,Subjects,x,y,z,Space,Inhibition,level\n"


def test_read__jale_experiments_are_told_apart_by_tags():
    record = read(
        JALE + "a,7,1,2,3,TAL,inhibition,high\nb,8,1,2,3,MNI,x,\na,7,1,2,4,TAL,inhibition,low\n"
        "a,7,1,2,5,TAL,inhibition,high\n"
    )
    assert messages(record) == []
    assert [(e.id, len(e.foci)) for e in record.experiments] == [
        ("a-high", 2),
        ("b-1", 1),
        ("a-low", 1),
    ]
    assert record.experiments[0].annotations == {"Inhibition": True, "level": "high"}
    assert record.experiments[1].annotations == {"Inhibition": "x"}


def test_read__jale_cells_on_the_first_row_alone_fill_those_below():
    filled = JALE + "a,7,1,2,3,TAL,inhibition,high\na,7,1,2,4,TAL,inhibition,high\n"
    blank = JALE + "a,7,1,2,3,TAL,inhibition,high\n,,1,2,4,,,\n"
    assert found(read(filled)) == found(read(blank))
    assert read(filled).experiments[0].foci[1].space == "TAL"
    assert read(blank).experiments[0].annotations == read(filled).experiments[0].annotations
    assert read(blank).experiments[0].foci[1].space == "TAL"


def test_read__jale_column_of_numbers_is_no_tag():
    record = read(JALE.strip() + ",extra\na,7,1,2,3,TAL,i,h,1.5\na,7,1,2,4,TAL,i,h,2\n")
    assert [f.values for f in record.experiments[0].foci] == [{"extra": 1.5}, {"extra": 2}]


def test_read__mkda_toolbox_with_a_number_above():
    record = read(
        "8\n"
        "Study\tContrast\tx\ty\tz\tCoordSys\tSubjects\tFixedRandom\n"
        "Smith\t1\t1\t2\t3\tT88\t12\tRandom\n"
        "Smith\t1\t1\t2\t4\tT88\t12\tRandom\n"
        "Smith\t2\t1\t2\t5\tMNI\t12\tFixed\n",
        "db.txt",
    )
    assert [e.id for e in record.experiments] == ["Smith-1", "Smith-2"]
    assert record.experiments[0].foci[0].space == "TAL"
    assert record.experiments[1].annotations == {"FixedRandom": "Fixed"}
    assert messages(record, "note") == [
        'db.txt:1: 1 row above the names of the columns: passed over: "8"'
    ]


def test_read__names_of_columns_in_two_rows_are_joined():
    record = read("Table 2,,MNI,,\nStudy,N,Coordinates,,\n,,x,y,z\na,9,1,2,3\n")
    assert found(record) == [("a-1", 9.0, [(1, 2, 3)])]


def test_read__sheet_without_study_is_one_experiment_named_after_the_file():
    record = read("x,y,z,zstat\n1,2,3,4.3\n4,5,6,\n", "smith2001.csv")
    assert found(record) == [("smith2001-1", None, [(1, 2, 3), (4, 5, 6)])]
    assert record.experiments[0].foci[0].values == {"zstat": 4.3}
    assert not messages(record)
    assert not messages(record, "warning")


def test_read__experiments_without_a_study_column_are_studies():
    warning, record = only_warning("contrast,n,x,y,z\na,9,1,2,3\nb,8,1,2,3\n")
    assert [(e.study_id, e.contrast_id) for e in record.experiments] == [("a", "1"), ("b", "1")]
    assert "each experiment counts as a study of its own" in warning


def test_read__authors_and_year_name_the_study():
    record = read("Author,Year,n,x,y,z\nSmith,2001,9,1,2,3\nSmith,2005,8,1,2,3\n")
    assert [e.study_id for e in record.experiments] == ["Smith 2001", "Smith 2005"]


def test_read__space_in_the_names_of_the_columns():
    record = read("study,n,x (MNI),y (MNI),z (MNI)\na,9,1,2,3\n")
    assert record.experiments[0].foci[0].space == "MNI"


def test_read__second_z_is_a_statistic():
    record = read("study,n,x,y,z,Z\na,9,1,2,3,4.5\n")
    assert record.experiments[0].foci[0] == FocusRecord((1, 2, 3), None, 2)
    assert record.experiments[0].foci[0].values == {"Z": 4.5}


def test_read__further_column_is_of_the_experiment_only_if_it_never_changes_within():
    text = (
        "study,n,x,y,z,task,remark\na,9,1,2,3,pain,left\na,9,1,2,4,pain,right\nb,8,1,2,3,heat,\n"
    )
    record = read(text)
    assert [e.annotations for e in record.experiments] == [{"task": "pain"}, {"task": "heat"}]
    assert [f.values for f in record.experiments[0].foci] == [
        {"remark": "left"},
        {"remark": "right"},
    ]


def test_read__two_spaces_within_one_experiment_are_allowed():
    record = read(HEADER + "a,A,9,MNI,1,2,3\na,A,9,TAL,1,2,3.5\n")
    assert record.problems == ()
    assert [f.space for f in record.experiments[0].foci] == ["MNI", "TAL"]


def test_read__quoted_cells_over_lines_keep_the_numbers_of_rows():
    record = read(HEADER + '"Smith\nand Lee",A,9,MNI,1,2,3\nJones,A,9,MNI,1,2,q\n')
    assert record.experiments[0].study_id == "Smith\nand Lee"
    assert [p.line for p in record.problems if p.severity == "error"] == [4]


def test_read__study_heading_above_its_rows():
    record = read("study,n,x,y,z\nSmith,12,,,\n,,1,2,3\n,,1,2,4\n\nJones,9,,,\n,,1,2,3\n")
    assert found(record) == [
        ("Smith-1", 12.0, [(1, 2, 3), (1, 2, 4)]),
        ("Jones-1", 9.0, [(1, 2, 3)]),
    ]
    assert record.problems == ()


# -------------------------------------------------------------------------- warnings


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (
            "study;n;x;y;z\na;9;10,5;2;3\na;9;1,5;2;3\n",
            "decimal-comma",
            "foci.csv:2:3: a comma taken as the decimal sign in 2 cells, the first read as 10.5: "
            '"10,5"; write decimals with a point',
        ),
        ('study,n,x,y,z\na,9,"10,5",2,3\n', "decimal-comma", "in 1 cell, the first read as 10.5"),
        (
            "study,n,x,y,z\na,9,\N{MINUS SIGN}10,2,3\n",
            "unicode-minus",
            "foci.csv:2:3: a minus that is another sign (U+2212 or a dash) in 1 cell, the first "
            "read as -10",
        ),
        (
            "study,n,x,y,z\na,20 (12F),1,2,3\n",
            "sample-size-with-remark",
            'foci.csv:2:2, experiment "a-1": a sample size with a remark, read as 20: '
            '"20 (12F)"; write 20',
        ),
        ("study,n,x,y,z\na,20.5,1,2,3\n", "fractional-sample-size", "with decimals, read as 20.5"),
        (
            "study,n,x,y,z\na,,1,2,3\n",
            "no-sample-size",
            'experiment "a-1": no sample size; write it into the column "n", or give one',
        ),
        (
            "study;n;x;y;z\na;9;1;2;3;left\nb;9;1;2;3\n",
            "beyond-header",
            "foci.csv:2:6: 1 cell in columns without a name: ignored",
        ),
        ("study,n,x,y,z,\na,9,1,2,3,left\n", "beyond-header", "foci.csv:2:6: 1 cell in columns"),
        (
            "study,n,x,y,z\na,9,1,2,3\nNote. All in MNI,,,,\n",
            "remark",
            'foci.csv:3: 1 row with a single cell: taken as a remark: "Note. All in MNI"',
        ),
        (
            "study,n,x,y,z,t\na,9,1,2,3,4\na,9,,,,5\n",
            "row-without-focus",
            'foci.csv:3: 1 row without coordinates: left out: "a"',
        ),
        (
            "study,n,x,y,z,doi\na,9,1,2,3,d1\na,9,1,2,4,d2\n",
            "two-descriptions",
            'foci.csv:3:6, experiment "a-1": a second value of "doi" for one study: the first is '
            'kept, "d1": "d2"',
        ),
    ],
)
def test_read__reads_with_a_warning(content, code, message):
    warning, record = only_warning(content)
    assert message in warning
    assert [p.code for p in record.problems if p.severity == "warning"] == [code]


def test_read__no_warning_of_a_sample_size_that_will_be_filled():
    assert read("study,n,x,y,z\na,,1,2,3\n", default_n=10).problems == ()


def test_read__header_that_comes_again_is_passed_over():
    record = read(TWO + HEADER + "Lee,A,9,MNI,1,2,3\n")
    assert len(record.experiments) == 3
    assert messages(record, "note")[0].startswith(
        "foci.csv:5: the names of the columns come again"
    )


# -------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("row", "message", "n_left_out"),
    [
        ("a,A,9,MNI,1,,3", 'foci.csv:2:6, experiment "a-A": no y in a row with other', 1),
        ("a,A,9,MNI,1,2,q", 'foci.csv:2:7, experiment "a-A": z is not a number: "q"; write a', 1),
        ("a,A,9,MNI,1,2,nan", "z is not a number", 1),
        ("a,A,9,MNI,1,2,#N/A", "z is an error value of the spreadsheet", 1),
        ("a,A,9,MNI,1,2,1e9", "z is beyond 1,000 mm, which is no place in a head", 1),
        ("a,A,twelve,MNI,1,2,3", 'foci.csv:2:3, experiment "a-A": a sample size must be a', 0),
        ("a,A,0,MNI,1,2,3", "a sample size must be a whole number above 0", 0),
        ("a,A,12 per group,MNI,1,2,3", "a sample size must be a whole number above 0", 0),
        ("a,A,#REF!,MNI,1,2,3", "the sample size is an error value of the spreadsheet", 0),
        ("#REF!,A,9,MNI,1,2,3", 'foci.csv:2:1: "study" is an error value', 1),
        (
            ",A,9,MNI,1,2,3",
            'foci.csv:2:1: no "study" in this row, and none in a row right above',
            1,
        ),
        ("Smith, 2001,A,9,MNI,1,2,3", "foci.csv:2: 8 cells in a row, and 7 columns", 1),
    ],
)
def test_read__says_what_is_wrong_with_a_row(row, message, n_left_out):
    error, record = only_error(HEADER + row + "\nb,B,9,MNI,1,2,3\n")
    assert message in error
    assert record.reconciliation.foci_found == 2
    assert record.reconciliation.foci_left_out == n_left_out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "study,n,x,y,z\na,12,1,2,3\na,15,1,2,4\n",
            'foci.csv:3:2, experiment "a-1": sample sizes 12 and 15 within one experiment',
        ),
        (
            HEADER.strip() + ",subject_group\na,A,9,MNI,1,2,3,g\na,A,9,MNI,1,2,4,h\n",
            'foci.csv:3:8, experiment "a-A": two values of "subject_group" within one experiment: '
            '"g and h"',
        ),
        ("study,x,y,z,subjects,participants\na,1,2,3,9,8\n", "foci.csv:1:6: two columns for n"),
        (
            "study,MNI x,MNI y,MNI z,TAL x,TAL y,TAL z\na,1,2,3,4,5,6\n",
            'foci.csv:1:5: two columns for x: "MNI x, TAL x"; keep one of them',
        ),
        (
            "study,contrast,x,y,z\na,A,1,2,3\na,,1,2,4\n",
            'foci.csv:3:2: no "contrast" in 1 row of a study whose other rows have one: "a"',
        ),
        ("study,n,x,y,z\na,9,1,2,3\n\n,9,1,2,3\n", 'foci.csv:4:1: no "study" in this row'),
        ("x,y,z\n", "foci.csv: no row with coordinates below the names of the columns"),
        (
            "x\ty\tz\n1\t10\t20\t30\n2\t10\t20\t30\n",
            "foci.csv:1: 3 columns with a name, and more cells in every row",
        ),
        (
            HEADER + 'a,A,9,MNI,1,2,3\n"b,B,9,MNI,1,2,3\nc,C,9,MNI,1,2,3\n',
            "foci.csv:3: a quotation mark is opened and not closed, or a line does not end,",
        ),
        (
            HEADER + 'a,A,9,MNI,1,2,3\n"b,B,9,MNI,1,2,3\n"c",C,9,MNI,1,2,3\n',
            "foci.csv:3: a quotation mark is opened and not closed",
        ),
        (HEADER + 'a,A,9,MNI,1,2,3\n"b,B,9,MNI,1,2,3', "foci.csv:3: a quotation mark is opened"),
        (
            HEADER + f"a,A,9,MNI,1,2,3\n{'b' * 200_000},B,9,MNI,1,2,3\n",
            "foci.csv:3: a quotation mark is opened and not closed",
        ),
    ],
)
def test_read__says_what_is_wrong_with_a_table(content, message):
    assert message in only_error(content)[0]


def test_read__quotation_marks_within_a_cell_are_text():
    record = read(HEADER + '"a" b,A,9,MNI,1,2,3\nb "c",A,9,MNI,1,2,3\n')
    assert [e.study_id for e in record.experiments] == ["a b", 'b "c"']


def test_read__gives_up_after_a_thousand_errors():
    record = read(HEADER + "a,A,9,MNI,1,2,q\n" * 5000)
    assert len(messages(record)) == 1001
    assert "1,000 errors up to here, so reading stopped" in messages(record)[-1]


def test_read__space_option_chooses_between_two_sets_of_coordinates():
    text = "study,MNI x,MNI y,MNI z,TAL x,TAL y,TAL z\na,1,2,3,4,5,6\n"
    assert found(read(text, space="TAL")) == [("a-1", None, [(4, 5, 6)])]


def test_read__no_header_is_refused():
    with pytest.raises(ReadError, match="one of the first 20 rows must name columns x, y and z"):
        read("a,b,c\n1,2,3\n")


# ---------------------------------------------------------------------- looks_like

THEIRS = {
    "Sleuth": "// Reference=MNI\n// Smith\n// Subjects=9\n1\t2\t3\n",
    "Sleuth with a header": "// Reference=MNI\n// x,y,z\nx\ty\tz\n1\t2\t3\n",
    "JSON": '{"x": 1, "y": 2}\nx,y,z\n',
    "a list": "[1]\nx,y,z\n",
    "a web page": "<html>\nx,y,z\n",
    "Neurosynth": "id\ttable_id\ttable_num\tpeak_id\tspace\tx\ty\tz\n1\t2\t3\t4\tMNI\t1\t2\t3\n",
    "pubget": "pmcid,table_id,table_label,x,y,z\n1,2,3,4,5,6\n",
    "prose": "Dear x, y and z,\n",
    "late": "a\n" * 20 + "x,y,z\n1,2,3\n",
    "bytes": bytes(range(256)),
    "nothing": b"",
    "a zip": b"PK\x03\x04" + bytes(100),
    "an old workbook": b"\xd0\xcf\x11\xe0" + bytes(100),
}


@pytest.mark.parametrize("content", THEIRS.values(), ids=THEIRS.keys())
def test_looks_like__leaves_others_alone(content):
    assert not table.looks_like(source(content))


def test_looks_like__takes_a_header_below_some_rows():
    assert table.looks_like(source("Table 1\n\n" + TWO))


# ------------------------------------------------------------------------ workbooks


def xlsx(*sheets, **hidden):
    """Bytes of a workbook of (title, rows)."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        sheet.sheet_state = hidden.get(title, "visible")
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


ROWS = [
    ["study", "experiment", "n", "space", "x", "y", "z"],
    ["Smith", "A", 12, "MNI", 10, 20, 30],
    [None, None, None, None, -10, 20, 30.0],
    ["Jones", 1, 15, "TAL", 0, 0, 10.5],
]


def test_read__workbook_as_text():
    content = xlsx(("foci", ROWS))
    assert table.looks_like(source(content, "foci.xlsx"))
    record = read(content, "foci.xlsx")
    assert found(record) == BOTH
    assert [e.line for e in record.experiments] == [2, 4]
    assert record.problems == ()


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        (4, datetime(2001, 3, 12), 'foci.xlsx:2:5, experiment "a-A": x is a date, which a'),
        (2, datetime(2001, 3, 12), "the sample size is a date"),
        (5, "=1+1", "y is a formula whose result is not stored in the file"),
        (2, "=6*2", "the sample size is a formula whose result is not stored"),
        (0, "=B1", '"study" is a formula whose result is not stored'),
        (6, "#REF!", 'z is an error value of the spreadsheet: "#REF!"; write the number itself'),
        (4, True, 'x is not a number: "true"'),
    ],
)
def test_read__workbook_says_what_is_wrong_with_a_cell(column, cell, message):
    row = ["a", "A", 9, "MNI", 1, 2, 3]
    row[column] = cell
    record = read(xlsx(("foci", [ROWS[0], row, ROWS[3]])), "foci.xlsx")
    (error,) = messages(record)
    assert message in error


def test_read__workbook_text_with_decimal_comma():
    record = read(xlsx(("foci", [ROWS[0], ["a", "A", 9, "MNI", "1,5", 2, 3]])), "foci.xlsx")
    assert record.experiments[0].foci[0].mm == (1.5, 2, 3)
    assert [p.code for p in record.problems] == ["decimal-comma"]


def test_read__workbook_takes_the_first_visible_sheet_with_coordinates():
    content = xlsx(
        ("read me", [["hello"]]), ("old", ROWS), ("foci", ROWS), ("more", ROWS), old="hidden"
    )
    record = read(content, "foci.xlsx")
    assert messages(record, "warning") == [
        'foci.xlsx: sheet "foci" is read, and 1 other sheet with coordinates not: "more"; name '
        "one with --sheet (sheet=)"
    ]
    assert read(content, "foci.xlsx", sheet="MORE").problems == ()
    assert read(content, "foci.xlsx", sheet="old").problems == ()
    with pytest.raises(ReadError, match='has no sheet "x"; it has "read me", "foci" and "more"'):
        read(content, "foci.xlsx", sheet="x")
    with pytest.raises(ReadError, match="is not a table of foci: one of the first 20 rows"):
        read(content, "foci.xlsx", sheet="read me")


def test_read__workbook_without_coordinates_is_refused():
    with pytest.raises(ReadError, match=r'has no sheet with a table of foci \("read me"\)'):
        read(xlsx(("read me", [["hello"]])), "foci.xlsx")


def test_read__workbook_protected_by_a_password_is_refused():
    content = b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    assert table.looks_like(source(content))
    with pytest.raises(ReadError, match="is protected by a password; save a copy without one"):
        read(content, "foci.xlsx")


@pytest.mark.parametrize("keep", [200, 2000, -30])
def test_read__broken_workbook_is_refused(keep):
    content = xlsx(("foci", ROWS))[:keep] + b"xl/workbook.xml"
    with pytest.raises(ReadError, match="cannot be read as an Excel workbook"):
        read(content, "foci.xlsx")


def test_read__workbook_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(workbook, "MOST_BYTES", 1 << 20)
    file = io.BytesIO(xlsx(("foci", ROWS)))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", bytes(2 << 20))
    with pytest.raises(ReadError, match=r"foci\.xlsx unpacks to more than 1 MiB"):
        read(file.getvalue(), "foci.xlsx")


def test_read__workbook_without_openpyxl_says_how_to_get_it(monkeypatch):
    content = xlsx(("foci", ROWS))
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(ReadError, match=r'`pip install "focale\[excel\]"`'):
        read(content, "foci.xlsx")


def test_read__merged_cells_fill_those_below():
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in [*ROWS[:2], ["Smith", "A", 12, "MNI", -10, 20, 30], ROWS[3]]:
        book.active.append(row)
    for column in "ABCD":
        book.active.merge_cells(f"{column}2:{column}3")
    file = io.BytesIO()
    book.save(file)
    assert found(read(file.getvalue(), "foci.xlsx")) == BOTH


# ------------------------------------------------------------------------- real files


def test_read__jale_example(corpus):
    pytest.importorskip("openpyxl")
    record = table.read(
        open_source(corpus / "jale_example" / "experiment_info.xlsx"), ReadOptions()
    )
    n = [e.n_subjects for e in record.experiments]
    assert (len(n), record.n_foci, min(n), max(n), sum(n)) == (57, 1152, 7, 62, 1298)
    assert len({e.study_id for e in record.experiments}) == 56
    in_tal = [e for e in record.experiments if e.foci[0].space == "TAL"]
    assert (len(in_tal), sum(len(e.foci) for e in in_tal)) == (4, 32)
    of_49 = [e.contrast_id for e in record.experiments if e.study_id == "study_49"]
    assert of_49 == ["low", "high"]
    assert not record.problems


def test_read__raw_peaks_of_enge2021(corpus):
    paths = sorted((corpus / "enge2021_semantics" / "raw_children_csv").glob("[!_]*.csv"))
    records = [table.read(open_source(path), ReadOptions()) for path in paths]
    assert (len(records), sum(record.n_foci for record in records)) == (50, 687)
    assert all(table.looks_like(open_source(path)) for path in paths)
    assert {p.code for r in records for p in r.problems} == {"no-study-column"}
    assert [r.experiments[0].id for r in records[:1]] == ["arnoldussen2006nc-1"]


# -------------------------------------------------------------------- reading and writing

hostile = st.one_of(
    st.sampled_from(
        ['say "x"', "=1+1", "a;b", "a,b", "a\tb", "a\nb", "a\r\nb", "// x", "'", '"', "\\", "007"]
    ),
    st.sampled_from(["x", "z", "n", "Study", "true", "no", "4.10", "#", "\N{MINUS SIGN}5", "é"]),
    st.text(max_size=12),
)
names = hostile.map(str.strip).filter(
    lambda text: text and table._clean(text) == text not in ERROR_VALUES
)
scalars = st.one_of(st.none(), st.booleans(), hostile, st.integers(-999, 999), st.floats())
notes = st.dictionaries(st.one_of(hostile, st.sampled_from(["t", "label"])), scalars, max_size=3)
millimetres = st.floats(-90, 90)
foci = st.builds(
    FocusRecord,
    st.tuples(millimetres, millimetres, millimetres),
    st.sampled_from(["MNI", "TAL", None, "Colin27"]),
    values=notes,
)
experiments = st.builds(
    ExperimentRecord,
    study_id=names,
    contrast_id=names,
    foci=st.lists(foci, max_size=3).map(tuple),
    n_subjects=st.one_of(st.none(), st.integers(1, 400).map(float), st.just(20.5)),
    file=st.just("foci.tsv"),
    name=st.one_of(st.just(""), names),
    subject_group=st.one_of(st.none(), names),
    talairach=st.sampled_from([None, "spm"]),
    annotations=notes,
)


@st.composite
def records(draw):
    drawn, _ = told_apart(draw(st.lists(experiments, min_size=1, max_size=4)))
    drawn = list({(e.study_id, e.contrast_id): e for e in drawn}.values())
    studies = {e.study_id: draw(notes) for e in drawn}
    return StudysetRecord.of(drawn, "foci.tsv", "", [], (0, 0), studies=studies)


def bare(record):
    """Experiments without their places."""
    return [
        replace(e, line=None, file="", foci=tuple(replace(f, line=None) for f in e.foci))
        for e in record.experiments
    ]


@pytest.mark.parametrize("name", ["foci.tsv", "foci.csv"])
@given(record=records())
def test_write__what_was_written_is_read(record, name):
    text = table.write(record, Path(name))
    assert table.looks_like(source(text, name))
    first = read(text, name)
    assert not messages(first)
    assert bare(first) == bare(record)
    again = table.write(first, Path(name))
    second = read(again, name)
    assert table.write(second, Path(name)) == again
    assert bare(second) == bare(first)
    assert [e.annotations for e in second.experiments] == [
        e.annotations for e in first.experiments
    ]
    assert second.studies == first.studies


def test_write__keeps_everything():
    record = read(
        "study,experiment,n,space,x,y,z,subject_group,talairach,experiment_name,doi,year,"
        "study: title,task,patients,experiment: n,label,t,focus: remark\n"
        'a,A,9,TAL,1,2.5,3,g,spm,"A, again",10/a,2001,On pain,pain,true,12,left,4.5,odd\n'
        'a,A,9,MNI,1,2.5,4,g,spm,"A, again",10/a,2001,On pain,pain,true,12,,,\n'
        "b,1,20.5,,,,,,,,,,,,,,,,\n"
    )
    text = table.write(record, Path("foci.tsv"))
    assert text.splitlines()[0].split("\t") == [
        *("study", "experiment", "n", "space", "x", "y", "z", "subject_group", "talairach"),
        *("experiment_name", "doi", "year", "study: title", "task", "patients"),
        *("experiment: n", "label", "t", "focus: remark"),
    ]
    again = read(text, "foci.tsv")
    assert bare(again) == bare(record)
    assert again.experiments[0].annotations == {"task": "pain", "patients": True, "n": 12}
    assert again.experiments[0].foci[0].values == {"label": "left", "t": 4.5, "remark": "odd"}
    assert again.studies == {"a": {"doi": "10/a", "year": 2001, "title": "On pain"}}
    assert table.losses(record) == []


def test_write__leaves_text_that_begins_with_an_equals_sign():
    record = read(HEADER + "=1+1,A,9,MNI,1,2,3\n")
    assert "\n=1+1\tA\t" in table.write(record, Path("foci.tsv"))


def test_write__pooled_experiments_are_written_as_reported():
    record = read(TWO)
    pooled = replace(record.experiments[0], members=record.experiments)
    text = table.write(replace(record, experiments=(pooled,)), Path("foci.csv"))
    assert found(read(text)) == BOTH
    assert len(table.losses(replace(record, experiments=(pooled,)))) == 1


def test_losses__lists_become_json():
    record = read(TWO)
    experiment = replace(record.experiments[0], annotations={"a": [1, "é"]})
    record = replace(record, experiments=(experiment,))
    assert table.losses(record) == ["the structure of notes that hold lists (written as JSON)"]
    text = table.write(record, Path("foci.tsv"))
    assert read(text).experiments[0].annotations == {"a": '[1, "é"]'}


cells = st.one_of(
    st.sampled_from(
        ["", "", "a", "b", "9", "12 (3F)", "1,5", "1", "-2.5", "q", "#N/A", '"', "MNI"]
    ),
    st.text(max_size=4),
)


@st.composite
def csv_text(draw):
    """A header with x, y and z among other names, and rows of any cells."""
    more = ["study", "article", "n", "space", "contrast", "task", "t", "", "x", "z", "label"]
    header = draw(st.permutations(["x", "y", "z", *draw(st.lists(st.sampled_from(more)))]))
    rows = draw(st.lists(st.lists(cells, max_size=len(header) + 1), max_size=12))
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=draw(st.sampled_from(",;\t")))
    writer.writerows([header, *rows])
    damaged = text.getvalue() if draw(st.booleans()) else text.getvalue().replace('"', "")
    return damaged + draw(st.text(max_size=10))


@given(text=csv_text())
def test_read__counts_always_add_up(text):
    try:
        read(text.encode("utf-8", "replace"))
    except ReadError as error:
        assert str(error)  # noqa: PT017


def test_read__more_rows_than_excel_has_are_refused(monkeypatch):
    monkeypatch.setattr(table, "MOST_ROWS", 1000)
    with pytest.raises(ReadError, match=r"foci\.csv has more than 1,000 rows, which is more than"):
        read("study,x,y,z\n" + "a,1,2,3\n" * 1000)


def test_read__rows_of_nothing_are_given_up(monkeypatch):
    monkeypatch.setattr(table, "MOST_ROWS_OF_NOTHING", 100)
    error, record = only_error("study,x,y,z\n" + ",,\n" * 3000 + "a,1,2,3\n")
    assert "no row with coordinates below the names of the columns" in error
    assert not record.experiments


def test_read__a_line_without_end_is_refused(monkeypatch):
    monkeypatch.setattr("focale.io.table.cells.LONGEST_LINE", 1000)
    errors = messages(read("study,x,y,z\na,1,2,3\n" + "1," * 1000))
    assert any("a line does not end" in error for error in errors)
