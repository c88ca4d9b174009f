"""Neurosynth, NeuroQuery and pubget: tables of coordinates with the papers beside them."""

from __future__ import annotations

import gzip
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focale.errors import FocaleError, ReadError
from focale.io import neurosynth
from focale.io.source import ReadOptions, Source, open_source

COORDINATES = """id\ttable_id\ttable_num\tpeak_id\tx\ty\tz
9065511\t28698\t1.\t548691\t38.0\t-48.0\t49.0
9065511\t28698\t1.\t548692\t52.0\t-62.0\t14.0
9065511\t28699\t2.\t548693\t-25.0\t-45.0\t-2.0
9084599\t30000\t1.\t548694\t1.5\t2\t3
"""
METADATA = """id\tdoi\tspace\ttitle\tauthors\tyear\tjournal
9065511\tn/a\tMNI\tKnowledge\tAguirre GK\t1997\tJ Neurosci
9084599\t10.1/x\tTAL\tMotor\tJueptner M\t1997\tJ Neurophysiol
"""


@pytest.fixture
def write(tmp_path):
    def write_file(content, name="data_coordinates.tsv"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        data = content.encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return write_file


def read(path, **options):
    source = open_source(path)
    assert neurosynth.looks_like(source)
    record = neurosynth.read(source, ReadOptions(**options))
    assert record.is_reconciled
    return record


@pytest.mark.parametrize("end", [".tsv", ".tsv.gz"])
def test_read__pair_becomes_an_experiment_a_paper(write, end):
    path = write(COORDINATES, f"data_coordinates{end}")
    write(METADATA, f"data_metadata{end}")
    record = read(path)
    assert [e.id for e in record.experiments] == ["9065511-1", "9084599-1"]
    first, second = record.experiments
    assert [f.mm for f in first.foci] == [(38, -48, 49), (52, -62, 14), (-25, -45, -2)]
    assert [f.line for f in first.foci] == [2, 3, 4]
    assert [f.values["table_id"] for f in first.foci] == ["28698", "28698", "28699"]
    assert {f.space for f in first.foci} == {"MNI"}
    assert second.foci[0].space == "TAL"
    assert (first.line, second.line) == (2, 5)
    assert (first.name, first.n_subjects) == ("Knowledge", None)
    assert record.studies["9065511"] == {
        "name": "Knowledge",
        "authors": "Aguirre GK",
        "year": "1997",
        "publication": "J Neurosci",
    }
    assert record.problems == ()


def test_read__metadata_may_be_packed_otherwise(write):
    path = write(COORDINATES)
    write(METADATA, "data_metadata.tsv.gz")
    assert read(path).experiments[0].foci[0].space == "MNI"


def test_read__fingerprint_is_that_of_both_files(write):
    path = write(COORDINATES)
    write(METADATA, "data_metadata.tsv")
    before = read(path).sha256
    write(METADATA.replace("TAL", "MNI"), "data_metadata.tsv")
    assert read(path).sha256 != before


def test_read__folder_with_one_pair_is_read(write, tmp_path):
    write(COORDINATES)
    write(METADATA, "data_metadata.tsv")
    assert read(tmp_path).n_foci == 4
    write(COORDINATES, "other_coordinates.csv")
    assert not neurosynth.looks_like(open_source(tmp_path))


def test_read__paper_whose_rows_stand_apart_is_one_experiment(write):
    rows = COORDINATES + "9065511\t28700\t3.\t1\t7\t8\t9\n"
    record = read(write(rows))
    assert [len(e.foci) for e in record.experiments] == [4, 1]
    assert record.experiments[0].foci[-1].values == {"table_id": "28700"}


def test_read__without_metadata_spaces_are_open(write):
    record = read(write(COORDINATES))
    assert {f.space for e in record.experiments for f in e.foci} == {None}
    (problem,) = record.problems
    assert (problem.severity, problem.code) == ("warning", "no-metadata")


def test_read__neuroquery_metadata_has_no_space(write):
    path = write(COORDINATES)
    write("id\ttitle\n9065511\tKnowledge\n9084599\tMotor\n", "data_metadata.tsv")
    record = read(path)
    assert {f.space for e in record.experiments for f in e.foci} == {None}
    assert record.problems == ()


def test_read__papers_of_one_table_alone_are_counted(write):
    path = write(COORDINATES + "7\t1\t1.\t1\t1\t2\t3\n")
    write(METADATA + "8\tn/a\tMNI\tA\tB\t1\tJ\n9\tn/a\tMNI\tA\tB\t1\tJ\n", "data_metadata.tsv")
    unknown, without = read(path).problems
    assert str(unknown) == (
        "data_coordinates.tsv:6: 1 paper with coordinates and no row in data_metadata.tsv; the "
        'first is: "7"'
    )
    assert str(without) == "data_metadata.tsv: 2 papers without coordinates: left out"
    assert without.severity == "note"


def test_read__repeated_rows_of_metadata_are_a_warning(write):
    path = write(COORDINATES)
    write(METADATA + METADATA.splitlines()[1], "data_metadata.tsv")
    (problem,) = read(path).problems
    assert str(problem).startswith("data_metadata.tsv:4: 1 row of a paper that was described")


def test_read__rows_that_cannot_be_used_are_one_warning_a_kind(write):
    bad = "1\t1\t1.\t1\tnan\t2\t3\n" * 7 + "1\t1\t1.\t1\t1\t2\t3000\n1\t1\t1.\t1\t1\n\n"
    path = write(COORDINATES + bad)
    write(METADATA + "1\t\tMNI\t\t\t\t\n", "data_metadata.tsv")
    record = read(path)
    assert record.n_foci == 4
    assert record.reconciliation.foci_left_out == 9
    assert [(p.severity, p.code, p.line) for p in record.problems] == [
        ("warning", "not-a-coordinate", 6),
        ("warning", "impossible-coordinate", 13),
        ("warning", "row-cut-short", 14),
        ("warning", "experiment-without-foci", None),
    ]
    assert record.problems[0].message == (
        "7 rows in which x, y or z is no number: left out (lines 6, 7, 8, 9, 10 and others): "
        '"1 1 1. 1 nan 2 3"'
    )


def test_read__table_of_nothing_but_bad_rows_is_an_error(write):
    (_, problem, _) = read(write("id\ttable_id\tx\ty\tz\n1\t1\ta\tb\tc\n")).problems
    assert (problem.severity, problem.code) == ("error", "not-a-coordinate")


def test_read__pubget_folder(write, tmp_path):
    folder = "subset_articlesWithCoords_extractedData"
    table = '123,T1,"Table 1, left",{},{},{}\n'
    rows = "".join(table.format(i, i, i) for i in range(2)) + "456,T2,Table 2,7,8,9\n"
    write("pmcid,table_id,table_label,x,y,z\n" + rows, f"{folder}/coordinates.csv")
    write(
        "pmcid,pmid,doi,title,journal,publication_year,license\n"
        '123,9,10.1/x,"A, B",Brain,2020,CC\n'
        "456,,,C,,,\n",
        f"{folder}/metadata.csv",
    )
    write("pmcid,coordinate_space\n123,MNI\n456,UNKNOWN\n", f"{folder}/coordinate_space.csv")
    write(
        "pmcid,surname,given-names\n123,Smith,Ann\n123,Jones,\n456,,\n",
        f"{folder}/authors.csv",
    )
    record = read(tmp_path / folder)
    assert [[f.space for f in e.foci] for e in record.experiments] == [["MNI", "MNI"], ["UNKNOWN"]]
    assert record.studies["123"] == {
        "pmid": "9",
        "doi": "10.1/x",
        "name": "A, B",
        "publication": "Brain",
        "year": "2020",
        "authors": "Smith Ann, Jones",
    }
    assert read(tmp_path / folder / "coordinates.csv").n_foci == 3


def test_read__metadata_without_a_column_of_papers_is_refused(write):
    path = write(COORDINATES)
    write("paper\tspace\n1\tMNI\n", "data_metadata.tsv")
    with pytest.raises(
        ReadError, match=r"data_metadata\.tsv has no column 'id', 'pmcid' or 'pmid' \(it has paper"
    ):
        read(path)


def test_read__row_without_an_end_is_refused(write):
    with pytest.raises(ReadError, match=r"data_coordinates\.tsv:\d+: this row cannot be read"):
        read(write(COORDINATES + '"1' + "x" * 200_000))


@pytest.mark.parametrize(
    ("header", "name", "is_one"),
    [
        ("id\ttable_id\ttable_num\tpeak_id\tx\ty\tz", "a.tsv", True),
        ('"id","table_id","x","y","z"\r', "a", True),
        ("pmcid,table_id,table_label,x,y,z", "a.csv", True),
        ("pmid,x,y,z", "coordinates.csv", True),
        ("pmid,x,y,z", "foci.csv", False),
        ("id,x,y,z", "foci.csv", False),
        ("study,contrast,n,space,x,y,z", "coordinates.csv", False),
        ("id,table_id,n,x,y,z", "foci.csv", False),
        ("id\tdoi\tspace\ttitle", "data_metadata.tsv", False),
        ("// Reference=MNI", "a.txt", False),
    ],
)
def test_looks_like__is_a_table_with_the_columns_of_these(header, name, is_one):
    assert neurosynth.looks_like(Source(name, header.encode() + b"\n1\t2")) == is_one


def test_looks_like__folder_of_other_things_is_none(tmp_path):
    (tmp_path / "coordinates.tsv.gz").write_bytes(b"not packed")
    (tmp_path / "coordinates.csv").mkdir()
    assert not neurosynth.looks_like(open_source(tmp_path))


_cells = st.one_of(st.text(max_size=4), st.sampled_from(["1", "-2.5", "nan", "1e9", "", '"']))


@given(st.lists(st.lists(_cells, max_size=8).map("\t".join), max_size=8))
def test_read__any_rows_give_a_reconciled_record_or_a_refusal(rows):
    text = "\n".join(["id\ttable_id\tx\ty\tz", *rows])
    source = Source("c.tsv", text.encode("utf-8", "replace"))
    try:
        record = neurosynth.read(source, ReadOptions())
    except FocaleError:
        return
    assert record.is_reconciled


def test_read__hundred_thousand_peaks_take_less_than_a_second(write):
    rows = (
        f"{i // 36}\t{i // 12}\t1.\t{i}\t{i % 90}\t{-i % 80}.5\t{i % 70}" for i in range(100_000)
    )
    path = write("\n".join([COORDINATES.splitlines()[0], *rows]))
    start = time.process_time()
    assert read(path).n_foci == 100_000
    assert time.process_time() - start < 1


def test_read__rows_of_nothing_are_given_up(monkeypatch):
    monkeypatch.setattr(neurosynth, "MOST_BAD_ROWS", 100)
    content = b"id\ttable_id\tx\ty\tz\n" + b"1\t2\ta\tb\tc\n" * 300
    with pytest.raises(ReadError, match=r"100 rows in which x, y or z is no number, and none"):
        neurosynth.read(Source("coordinates.tsv", content), ReadOptions())
