"""JALE's table of analyses, and the tags it names."""

from __future__ import annotations

import io

import pytest

from focale.errors import ReadError
from focale.io.source import ReadOptions, open_source
from focale.io.table import read
from focale.io.table.analyses import PlannedAnalysis, matches, read_analyses, unknown_tags

TEXT = "M\tall\t+pain\t\nC \tlow\t+pain\t+low\n\thigh\t+pain\t-low\n\n"


def analyses(text):
    return read_analyses(io.StringIO(text))


def refusal(text):
    with pytest.raises(ReadError) as caught:
        analyses(text)
    return str(caught.value)


@pytest.mark.parametrize("delimiter", ["\t", ",", ";"])
def test_read_analyses__reads_text(delimiter):
    assert analyses(TEXT.replace("\t", delimiter)) == [
        PlannedAnalysis("M", "all", ("+pain",), 1),
        PlannedAnalysis("C", "low", ("+pain", "+low"), 2),
        PlannedAnalysis("C", "high", ("+pain", "-low"), 3),
    ]


def test_read_analyses__reads_a_workbook(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["b20 ", "low", "'+x".lstrip("'"), None])
    book.active.append([None, "high", "\N{MINUS SIGN}x", None])
    book.save(tmp_path / "analyses.xlsx")
    found = read_analyses(tmp_path / "analyses.xlsx")
    assert [(a.kind, a.title, a.conditions) for a in found] == [
        ("B20", "low", ("+x",)),
        ("B20", "high", ("-x",)),
    ]


def test_read_analyses__passes_a_header():
    assert len(analyses("Type,Title,Conditions\nM,all,+pain\n")) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (",all,+pain\n", "buffer:1:1: no type of analysis"),
        ("12,all,+pain\n", 'buffer:1:1: not a type of analysis: "12"'),
        ("M,,+pain\n", "buffer:1:2: no title"),
        ("M,all,\n", 'buffer:1:3: no condition: "all"'),
        ("M,all,pain\n", 'buffer:1:3: a condition must begin with + or -: "pain"'),
        ("M,all,+\n", "a condition must begin"),
        ("M,all,#NAME?\n", "an error value of the spreadsheet"),
        ("C,low,+low\n", 'buffer:1: a contrast with one row: "low"'),
        ("C,low,+low\nM,all,+low\n", "a contrast with one row"),
        ("M,all,+a\n,more,+b\n", "buffer:2:1: no type"),
        ("type,title\n", "buffer has no analysis: a row is a type"),
        ('M,all,"+pain\n', "buffer:1: a quotation mark is opened and not closed"),
    ],
)
def test_read_analyses__says_what_is_wrong(text, message):
    assert message in refusal(text)


def test_read_analyses__lists_all_errors_at_once():
    message = refusal("M,all,pain\nM,,+a\nM,c,+a\n")
    assert message.startswith("buffer has 2 errors:")


TAGS = {"Inhibition": True, "lowVShigh": "high", "hand": "no", "n sessions": 2, "empty": None}


@pytest.mark.parametrize(
    ("conditions", "is_met"),
    [
        ([], True),
        (["+inhibition"], True),
        (["+INHIBITION", "+High"], True),
        (["+inhibition", "-high"], False),
        (["-low"], True),
        (["+low"], False),
        (["+hand"], False),
        (["-hand"], True),
        (["+empty"], False),
        (["+lowVShigh=high"], True),
        (["-lowVShigh=low"], True),
        (["+n sessions=2"], True),
    ],
)
def test_matches__all_conditions_must_hold(conditions, is_met):
    assert matches(TAGS, conditions) == is_met


def test_unknown_tags__names_conditions_no_experiment_can_meet():
    conditions = ["+inhibition", "-hand", "+nothing", "-lowVShigh=middle"]
    assert unknown_tags([{}, TAGS], conditions) == ["+nothing", "-lowVShigh=middle"]


def test_read_analyses__jale_example(corpus):
    pytest.importorskip("openpyxl")
    folder = corpus / "jale_example"
    record = read(open_source(folder / "experiment_info.xlsx"), ReadOptions())
    tags = [experiment.annotations for experiment in record.experiments]
    found = read_analyses(folder / "analysis_info.xlsx")
    assert [a.kind for a in found] == ["M"] * 5 + ["P25", "C", "C", "B20", "B20"]
    counts = [sum(matches(own, a.conditions) for own in tags) for a in found]
    assert counts == [57, 32, 32, 32, 25, 57, 32, 25, 32, 25]
    assert not any(unknown_tags(tags, a.conditions) for a in found)
