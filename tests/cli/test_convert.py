"""``focale convert``: evidence from one format to another, and nothing lost in silence."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from focale import Studyset
from focale.io import formats
from focale.io.formats import read_record
from tests.cli.conftest import write
from tests.strategies import nimads_analysis, nimads_tree, sleuth_text

has_tables = importlib.util.find_spec("focale.io.table") is not None and any(
    ".tsv" in form.SUFFIXES for form in formats.FORMATS
)
tables = pytest.mark.skipif(not has_tables, reason="tables are not among the formats yet")

TEXT = sleuth_text(
    [
        (["Adams, 1999: heat > warm"], 15, [(-40, -20.5, 10), (38, -22, 14.125)]),
        (["Adams, 1999: cold"], 14, [(-52, -28, 20)]),
        (['Baker et al., 2003: O\'Neil "x"'], 9, [(0.1, 0.2, 0.3)]),
        (["Müller 李"], 30, [(1, 2, 3)]),
    ]
)


def said_of(path):
    """What a file says: experiments, sizes, places, spaces."""
    return [
        (e.study_id, e.contrast_id, e.n_subjects, [(f.mm, f.space) for f in e.foci])
        for e in read_record(path).experiments
    ]


@pytest.mark.parametrize(
    "chain",
    [
        ["b.txt"],
        ["b.json"],
        ["b.json", "c.txt"],
        pytest.param(["b.tsv"], marks=tables),
        pytest.param(["b.csv", "c.json"], marks=tables),
        pytest.param(["b.json", "c.tsv", "d.txt"], marks=tables),
    ],
    ids=" ".join,
)
def test_convert__keeps_experiments_foci_sizes_and_spaces(run, tmp_path, chain):
    expected = said_of(write(tmp_path / "a.txt", TEXT))
    source = "a.txt"
    for output in chain:
        said = run("convert", source, output)
        assert (said.code, said.err) == (0, "")
        assert said.out == f"{output}: 4 experiments, 5 foci\n"
        assert said_of(tmp_path / output) == expected
        source = output


def test_convert__there_and_back_gives_the_same_bytes(run, tmp_path):
    write(tmp_path / "a.txt", TEXT)
    for source, output in (("a.txt", "b.txt"), ("b.txt", "c.json"), ("c.json", "d.txt")):
        assert run("convert", source, output).code == 0
    assert (tmp_path / "b.txt").read_bytes() == (tmp_path / "d.txt").read_bytes()


# ------------------------------------------------------------------ spaces


@pytest.fixture
def talairach(tmp_path):
    return write(tmp_path / "tal.txt", TEXT.replace("=MNI", "=Talairach"))


def test_convert__leaves_coordinates_as_reported_unless_told(run, tmp_path, talairach):
    assert run("convert", talairach, "b.json").code == 0
    assert said_of(tmp_path / "b.json") == said_of(talairach)


@pytest.mark.parametrize("matrix", [None, "spm", "fsl", "brett"])
def test_convert__to_mni_writes_what_an_analysis_sees(run, tmp_path, talairach, matrix):
    options = ["--talairach", matrix] if matrix else []
    said = run("convert", talairach, "mni.txt", "--to", "MNI", *options)
    assert said.code == 0
    assert said.err == f"converted: 5 with {matrix or 'pooled'}\n"
    converted = Studyset(tmp_path / "mni.txt")
    assert converted.n_converted == 0
    expected = Studyset(talairach, talairach=matrix or "pooled").foci_mm
    np.testing.assert_array_equal(converted.foci_mm, expected)


def test_convert__to_mni_takes_the_matrix_of_a_study(run, tmp_path, talairach):
    said = run(
        "convert", talairach, "mni.txt", "--to", "MNI", "--talairach-of", "Adams, 1999=brett"
    )
    assert said.err == "converted: 3 with brett, 2 with pooled\n"


def test_convert__there_and_back_is_where_it_was(run, tmp_path, talairach):
    run("convert", talairach, "mni.txt", "--to", "MNI")
    assert run("convert", "mni.txt", "back.txt", "--to", "TAL").code == 0
    there, back = read_record(talairach), read_record(tmp_path / "back.txt")
    for one, other in zip(there.experiments, back.experiments, strict=True):
        np.testing.assert_allclose(
            [f.mm for f in one.foci], [f.mm for f in other.foci], rtol=0, atol=1e-9
        )
        assert {f.space for f in other.foci} == {"TAL"}


@pytest.mark.parametrize(("space", "output"), [("TAL", "b.txt"), ("MNI", "b.json")])
def test_convert__writes_the_space_it_was_told(run, tmp_path, space, output):
    write(tmp_path / "a.txt", "// Adams, 1999: heat\n// Subjects=12\n1 2 3\n")
    assert run("convert", "a.txt", output).code == 65
    assert run("convert", "a.txt", output, "--space", space).code == 0
    assert said_of(tmp_path / output) == [("Adams, 1999", "heat", 12, [((1, 2, 3), space)])]


def test_convert__joins_two_files_of_two_spaces(run, tmp_path, corpus):
    """Pankey et al. 2022: 13 experiments in MNI and 3 in Talairach space."""
    folder = corpus / "pankey2022_ptsd_vbm" / "input"
    files = [folder / f"BP_TrauEgtPTSD_{space}.txt" for space in ("MNI", "Tal")]
    said = run("convert", *files, "all.txt", "--to", "MNI")
    assert said.code == 0, said.err
    assert said.out == "all.txt: 16 experiments, 82 foci\n"
    assert "converted: 8 with pooled\n" in said.err
    joined, apart = Studyset(tmp_path / "all.txt"), Studyset(files)
    np.testing.assert_allclose(joined.foci_mm, apart.foci_mm, rtol=0, atol=1e-12)
    assert joined.ids.tolist() == apart.ids.tolist()
    for output in ("both.txt", "both.json"):
        assert run("convert", *files, output).code == 0
        both = Studyset(tmp_path / output)
        assert (len(both), both.n_foci, both.n_converted) == (16, 82, 8)


# ------------------------------------------------------------------ what is said and refused


def test_convert__says_what_the_format_has_no_place_for(run, tmp_path):
    analysis = nimads_analysis("1", [(1, 2, 3)], n=12)
    analysis["points"][0]["values"] = [{"kind": "T", "value": 4.5}]
    analysis["metadata"]["subject_group"] = "patients"
    path = write(tmp_path / "a.json", nimads_tree({"a": [analysis]}))
    said = run("convert", path, "b.txt")
    assert said.code == 0, said.err
    assert "not kept, since the format has no place for it: " in said.err
    assert "subject group" in said.err


def test_convert__says_nothing_where_all_is_kept(run, tmp_path):
    said = run("convert", write(tmp_path / "a.txt", TEXT), "b.json")
    assert "not kept" not in said.err


def test_convert__warns_of_what_was_assumed(run, tmp_path):
    write(tmp_path / "a.txt", TEXT.replace("-20.5", "-20,5"))
    said = run("convert", "a.txt", "b.txt")
    assert said.code == 0
    assert said.err.startswith("warning: a.txt:4")
    assert said_of(tmp_path / "b.txt")[0][3][0][0] == (-40, -20.5, 10)


@pytest.mark.parametrize("output", ["b.doc", "b", "b.nii.gz", "b.xls"])
def test_convert__refuses_a_suffix_of_no_format(run, tmp_path, output):
    write(tmp_path / "a.txt", TEXT)
    said = run("convert", "a.txt", output)
    assert said.code == 2
    assert "has no suffix that names a format Focale writes" in said.err
    assert ".json (NIMADS JSON)" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_convert__refuses_errors_and_writes_nothing(run, tmp_path):
    write(tmp_path / "a.txt", TEXT.replace("Subjects=9", "Subjects=none"))
    said = run("convert", "a.txt", "b.json")
    assert said.code == 65
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_convert__does_not_replace_a_file_unasked(run, tmp_path):
    write(tmp_path / "a.txt", TEXT)
    write(tmp_path / "b.json", "years of work")
    assert run("convert", "a.txt", "b.json").code == 73
    assert (tmp_path / "b.json").read_text() == "years of work"
    assert run("convert", "a.txt", "b.json", "--overwrite").code == 0
    assert len(Studyset(tmp_path / "b.json")) == 4


@pytest.mark.parametrize(
    ("options", "code"),
    [(["--to", "Colin"], 2), (["--talairach", "laird"], 2), (["--space", "mni"], 2)],
)
def test_convert__refuses_options_it_does_not_know(run, tmp_path, options, code):
    write(tmp_path / "a.txt", TEXT)
    assert run("convert", "a.txt", "b.json", *options).code == code
    assert not (tmp_path / "b.json").exists()


def test_convert__refuses_a_missing_input(run):
    said = run("convert", "nowhere.txt", "b.json")
    assert (said.code, said.err) == (66, "focale: nowhere.txt does not exist; check the path\n")
