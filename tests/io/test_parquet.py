"""Parquet studysets: tables brought together by the identifier of the analysis."""

from __future__ import annotations

import json
import sys

import pytest

from focale.errors import ReadError
from focale.io import parquet
from focale.io.source import ReadOptions, Source, open_source

pa = pytest.importorskip("pyarrow", reason="pyarrow is the optional extra focale[parquet]")
pq = pytest.importorskip("pyarrow.parquet")

NAN = float("nan")
TABLES = {
    "studies": {
        "study_id": ["a", "b", "c"],
        "name": ["Pain", None, "Unused"],
        "authors": ["S", "", ""],
    },
    "analyses": {
        "id": ["a-1", "a-2", "b-1"],
        "study_id": ["a", "a", "b"],
        "contrast_id": ["1", "2", "1"],
        "name": ["A > B", None, "C"],
    },
    "coordinates": {
        "id": ["a-1", "b-1", "a-1"],
        "study_id": ["a", "b", "a"],
        "contrast_id": ["1", "1", "1"],
        "x": [1.0, 7.0, 4.0],
        "y": [2.0, 8.0, 5.0],
        "z": [3.0, 9.0, 6.0],
        "space": ["MNI", None, "TAL"],
        "kind": ["", "peak", ""],
        "t_stat": [3.5, None, NAN],
    },
    "metadata": {
        "id": ["a-1", "a-2", "b-1"],
        "sample_sizes": [[20, 21], None, []],
        "n_subjects": [None, "15", None],
        "subject_group": [None, "cohort", None],
        "title": ["T", "T", "T"],
    },
    "annotations": {
        "id": ["a-1", "a-2", "b-1"],
        "task": ["n-back", None, ""],
        "score": [0.5, NAN, None],
        "groups": [[1], [2], []],
        "included": [True, False, None],
    },
}


@pytest.fixture
def folder(tmp_path):
    def write_tables(**changed):
        place = tmp_path / "studyset"
        place.mkdir(exist_ok=True)
        tables = {**TABLES, **changed}
        for name, columns in tables.items():
            if columns is not None:
                pq.write_table(pa.table(columns), place / f"{name}.parquet")
        manifest = {
            "format": "nimare-studyset-parquet",
            "tables": {name: f"{name}.parquet" for name in tables},
        }
        (place / "studyset.json").write_text(json.dumps(manifest))
        return place

    return write_tables


def read(path):
    source = open_source(path)
    assert parquet.looks_like(source)
    record = parquet.read(source, ReadOptions())
    assert record.is_reconciled
    return record


@pytest.mark.parametrize("name", ["", "studyset.json", "coordinates.parquet"])
def test_read__folder_manifest_or_table_are_the_studyset(folder, name):
    record = read(folder() / name)
    assert [(e.id, e.name) for e in record.experiments] == [
        ("a-1", "A > B"),
        ("a-2", ""),
        ("b-1", "C"),
    ]
    assert [e.n_subjects for e in record.experiments] == [20.5, 15, None]
    assert [e.subject_group for e in record.experiments] == [None, "cohort", None]
    assert [(f.mm, f.space, f.values) for f in record.experiments[0].foci] == [
        ((1, 2, 3), "MNI", {"t_stat": 3.5}),
        ((4, 5, 6), "TAL", None),
    ]
    assert record.experiments[2].foci[0].space is None
    assert record.experiments[2].foci[0].values == {"kind": "peak"}
    assert [e.annotations for e in record.experiments] == [
        {"task": "n-back", "score": 0.5, "included": True},
        {"included": False},
        {},
    ]
    assert record.studies == {"a": {"name": "Pain", "authors": "S"}, "b": {}}
    assert [p.code for p in record.problems] == ["experiment-without-foci"]


def test_read__tables_beside_analyses_and_coordinates_may_be_missing(folder):
    record = read(folder(studies=None, metadata=None, annotations=None))
    assert record.n_foci == 3
    assert [e.n_subjects for e in record.experiments] == [None] * 3


def test_read__fingerprint_is_that_of_the_tables(folder):
    before = read(folder()).sha256
    assert read(folder()).sha256 == before
    assert read(folder(metadata={"id": ["a-1"], "n": [3]})).sha256 != before


def test_read__impossible_coordinates_are_left_out_and_counted(folder):
    coordinates = TABLES["coordinates"] | {"x": [1.0, None, 5000.0]}
    record = read(folder(coordinates=coordinates))
    problem = record.problems[0]
    assert (problem.severity, problem.code) == ("warning", "not-a-coordinate")
    assert problem.foci_left_out == 2
    assert problem.message == (
        "2 rows of coordinates that are no place in a head: left out; the first is: "
        '"[None, 8.0, 9.0]"'
    )


def test_read__coordinates_of_no_analysis_are_an_error(folder):
    coordinates = TABLES["coordinates"] | {"id": ["a-1", "x-1", "a-1"]}
    problem = read(folder(coordinates=coordinates)).problems[0]
    assert (problem.severity, problem.code) == ("error", "coordinates-without-analysis")
    assert problem.found == "x-1"


def test_read__analyses_of_one_name_and_of_none_are_errors(folder):
    analyses = TABLES["analyses"] | {"study_id": ["a", "a", None], "contrast_id": ["1", "1", "1"]}
    record = read(folder(analyses=analyses))
    assert [(p.severity, p.code) for p in record.problems][:2] == [
        ("error", "analysis-without-id"),
        ("error", "repeated-id"),
    ]


def test_read__missing_table_is_refused(folder):
    place = folder()
    (place / "coordinates.parquet").unlink()
    with pytest.raises(ReadError, match=r"studyset\.json has no table coordinates\.parquet; down"):
        read(place / "studyset.json")
    assert not parquet.looks_like(open_source(place))


def test_read__missing_column_is_refused(folder):
    place = folder(coordinates={"id": ["a-1"], "x": [1.0], "y": [2.0]})
    with pytest.raises(ReadError, match=r"coordinates\.parquet of studyset has no column 'z'"):
        read(place)


@pytest.mark.parametrize("content", [b"PAR1 and then nothing", b"", b"text"])
def test_read__broken_table_is_refused(folder, content):
    place = folder()
    (place / "analyses.parquet").write_bytes(content)
    with pytest.raises(ReadError, match=r"analyses\.parquet is not a parquet table that can be r"):
        read(place)


def test_read__broken_manifest_is_refused(folder):
    place = folder()
    (place / "studyset.json").write_text('{"format": "nimare-studyset-parquet",')
    with pytest.raises(ReadError, match=r"studyset\.json: not JSON"):
        read(place)


def test_read__names_in_the_manifest_stay_in_the_folder(folder, tmp_path):
    place = folder()
    (tmp_path / "analyses.parquet").write_bytes(b"elsewhere")
    manifest = {"format": parquet.FORMAT, "tables": {"analyses": "../analyses.parquet"}}
    (place / "studyset.json").write_text(json.dumps(manifest))
    assert len(read(place).experiments) == 3


def test_read__without_a_path_is_refused():
    with pytest.raises(ReadError, match="is one of several files of a studyset; pass the path"):
        parquet.read(Source("studyset.json", b"{}"), ReadOptions())


def test_read__without_pyarrow_says_what_to_install(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ReadError, match=r'pip install "focale\[parquet\]"'):
        read(folder())


@pytest.mark.parametrize(
    ("content", "is_one"),
    [
        (b'{\n "format": "nimare-studyset-parquet"}', True),
        (b'{"studies": []}', False),
        (b"PAR1", True),
        (b"nimare-studyset-parquet", False),
    ],
)
def test_looks_like__is_the_manifest_or_a_table(content, is_one):
    assert parquet.looks_like(Source("studyset.json", content)) == is_one
