"""Every bad input of issue 2: its sentence, its exit code, and nothing left behind."""

from __future__ import annotations

import json
import re
import shlex

import nibabel
import numpy as np
import pytest

from tests.cli.conftest import write
from tests.strategies import nimads_analysis, nimads_tree, sleuth_text

FOCUS = [(0, 0, 10)]


def one(foci=FOCUS, n=12, **more):
    return nimads_tree({"s": [nimads_analysis("1", foci, n=n, **more)]})


def refused(run, tmp_path, *arguments, code):
    """The sentence of a refusal; checks the exit code and that the folder is as it was."""
    before = sorted(path.name for path in tmp_path.iterdir())
    said = run("describe", *arguments, "-o", "out", "--no-figures")
    assert said.code == code, said.err
    assert said.out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    sentences = [line for line in said.err.splitlines() if not line.startswith("warning: ")]
    assert sentences[0].startswith("focale: ")
    return "\n".join(sentences)


# ------------------------------------------------------------------ the file


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", r"foci\.json is empty; check that it was saved"),
        (b" \n", r"foci\.json is empty"),
        ('{"studies": [}', r"foci\.json:1: not JSON \(.* column 14\); correct it, or export"),
        ('{"studies":\n [', r"foci\.json:2: not JSON"),
        (b'{"id": "\xff"}', r"not a NIMADS studyset \(expected .*'studies', got keys \['id'\]\)"),
        ([1, 2], r"this JSON is not a NIMADS studyset \(.*got list\); export the studyset again"),
        ({"x": 1}, r"not a NIMADS studyset \(expected .*'studies', got keys \['x'\]\)"),
        ({"studies": []}, r"foci\.json: no experiment, .*; check that its studies have exper"),
        ({"studies": [{"id": "s", "analyses": []}]}, r"foci\.json: no experiment, so there is"),
        (
            one(n=0),
            r"json:1:\d+, experiment \"s-1\": a sample size must be a whole number above 0, in "
            r"'sample_sizes': \"\[0\]\"; correct it",
        ),
        (one(n=-3), r"sample size must be a whole number above 0.*: \"\[-3\]\"; correct it"),
        (one(n=12.5), r"sample size must be a whole number above 0.*: \"\[12\.5\]\""),
        (one(n="twelve"), r"sample size must be a whole number above 0.*: \"\['twelve'\]\""),
        (one(n=[12, 0]), r"sample size must be a whole number above 0.*: \"\[12, 0\]\""),
        (
            one(n=None),
            r"no sample size for 1 of 1 experiment of foci\.json \('s-1'\); add it to the file",
        ),
        (one([(0, 0, 1, 4)]), r"point 1: a focus must be three finite numbers .*\[0, 0, 1, 4\]"),
        (one([(0, 0)]), r"three finite numbers x, y, z in mm: \"\[0, 0\]\"; correct it or remove"),
        (one([(0, 0, float("nan"))]), r"three finite numbers .*: \"\[0, 0, nan\]\""),
        (one([(0, 0, float("inf"))]), r"three finite numbers .*: \"\[0, 0, inf\]\""),
        (one([("a", 0, 1)]), r"three finite numbers .*: \"\['a', 0, 1\]\""),
        (
            one(space="XYZ"),
            r"experiment \"s-1\": 1 focus of a space that is neither MNI nor Talairach: \"XYZ\"; "
            r"write MNI or Talairach",
        ),
        (one(space=None), r"1 focus of a space that is not given; write MNI or Talairach"),
        (
            one([(300, 0, 0)]),
            r"foci\.json: the only focus lies outside the MNI152NLin6Asym brain mask at 2 mm",
        ),
        (
            nimads_tree(
                {"s": [nimads_analysis("1", FOCUS, n=9), nimads_analysis("1", FOCUS, n=9)]}
            ),
            r"\"s-1\": 2 experiments have one id .*; give each analysis of a study its own id",
        ),
        (
            {"studies": one()["studies"] * 2},
            r"2 studies have one id, so .* be told apart: \"s\"; give each study its own id",
        ),
    ],
)
def test_describe__refuses_a_bad_file(run, tmp_path, content, sentence):
    path = write(tmp_path / "foci.json", content)
    assert re.search(sentence, refused(run, tmp_path, path.name, code=65))


def test_describe__refuses_a_missing_file(run, tmp_path):
    sentence = refused(run, tmp_path, "nowhere.json", code=66)
    assert sentence == "focale: nowhere.json does not exist; check the path"


def test_describe__refuses_a_folder_as_input(run, tmp_path):
    (tmp_path / "folder").mkdir()
    assert "folder is a folder, not a file" in refused(run, tmp_path, "folder", code=66)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("hello", r"in no format Focale reads; expected .*NIMADS JSON, .*Sleuth text or table"),
        ("// Reference=MNI\n// Smith, 2001: pain\n1 2 3\n", r"foci\.txt:2, .*no \"// Subjects=\""),
        ("// Reference=MNI\n// S: p\n// Subjects=0\n1 2 3\n", r"foci\.txt:3, .*above 0: \"0\"; w"),
        (
            "// Reference=MNI\n// S: p\n// Subjects=9\n1 2\n",
            r"foci\.txt:4, experiment \"S: p\": 2 numbers where x y z are expected: \"1 2\"; ",
        ),
        (
            "// Reference=XYZ\n// S: p\n// Subjects=9\n1 2 3\n",
            r"neither MNI nor .*: \"XYZ\"; write",
        ),
        ("// Reference=MNI\n", r"no experiment in the file; a Sleuth file has"),
    ],
)
def test_describe__refuses_a_bad_text(run, tmp_path, content, sentence):
    path = write(tmp_path / "foci.txt", content)
    assert re.search(sentence, refused(run, tmp_path, path.name, code=65))


def test_describe__tells_all_errors_of_a_file_at_once(run, tmp_path):
    tree = nimads_tree(
        {"a": [nimads_analysis("1", [(0, 0)], n=0)], "b": [nimads_analysis("1", FOCUS, n=-1)]}
    )
    sentence = refused(run, tmp_path, write(tmp_path / "foci.json", tree).name, code=65)
    assert sentence.splitlines()[0] == "focale: foci.json has 3 errors:"
    assert len(sentence.splitlines()) == 4


def test_describe__says_that_there_are_no_foci(run, tmp_path):
    path = write(tmp_path / "foci.json", one([]))
    sentence = refused(run, tmp_path, path.name, code=65)
    assert sentence == (
        "focale: no experiment of foci.json reports a focus, so there is nothing to map; check "
        "that the source holds coordinates"
    )


def test_describe__the_way_out_of_missing_sizes_is_one_of_the_command_line(run, tmp_path):
    sentence = refused(run, tmp_path, write(tmp_path / "foci.json", one(n=None)).name, code=65)
    assert "to ALE" not in sentence
    assert "protocol" in sentence


def test_describe__the_way_out_of_unknown_spaces_is_one_of_the_command_line(run, tmp_path):
    path = write(tmp_path / "foci.json", one(space="XYZ"))
    assert "--space" in refused(run, tmp_path, path.name, code=65)


def test_describe__warns_of_an_experiment_without_foci_and_goes_on(run, tmp_path):
    tree = nimads_tree({"a": [nimads_analysis("1", FOCUS, n=9), nimads_analysis("2", [], n=9)]})
    said = run("describe", write(tmp_path / "f.json", tree), "-o", "out", "--no-figures")
    assert said.code == 0
    assert said.err == (
        'warning: f.json:1:164, experiment "a-2": no foci: kept as an experiment that reports '
        "none, and counted as one\n"
    )
    assert "No foci are reported by 1 of 2 experiments (a-2)" in " ".join(said.out.split())


# ------------------------------------------------------------------ which experiments


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--ids", "s1-1,nope"], "cannot find 1 of the 2 ids asked for in foci.json: 'nope'; "
         "its ids look like 's0-1'"),
        (["--ids", "s1-1", "--ids", "s1-1"], "an id is asked for more than once"),
        (["--first", "0"], "the first 0 experiments were asked for, but foci.json has 4; ask for"),
        (["--first", "5"], "the first 5 experiments were asked for, but foci.json has 4; ask for"),
        (["--first", "2", "--ids", "s1-1"], "not both"),
    ],
)  # fmt: skip
def test_describe__refuses_ids_that_are_not_there(run, tmp_path, evidence, arguments, sentence):
    assert sentence in refused(run, tmp_path, evidence.name, *arguments, code=2)


def test_describe__refuses_a_file_of_ids_that_is_not_there(run, tmp_path, evidence):
    sentence = refused(run, tmp_path, evidence.name, "--ids", "@ids.txt", code=66)
    assert sentence == "focale: ids.txt cannot be read: No such file or directory"


@pytest.mark.parametrize("given", ["", ",", " , ", "@ids.txt"])
def test_describe__refuses_an_empty_list_of_ids(run, tmp_path, evidence, given):
    write(tmp_path / "ids.txt", "\n")
    assert "no id" in refused(run, tmp_path, evidence.name, "--ids", given, code=2)


@pytest.fixture
def sleuth(tmp_path):
    """Two experiments of 12 and 14; every id has a comma: "Author, year: contrast"."""
    text = sleuth_text([(["Smith, 2001: pain"], 12, FOCUS), (["Jones, 2002: heat"], 14, FOCUS)])
    return write(tmp_path / "foci.txt", text)


def test_assess__takes_an_id_with_a_comma_whole(run, sleuth):
    said = run("assess", sleuth, "--ids", "Smith, 2001-pain")
    assert said.code == 0, said.err
    assert "1 study, 1 subject group, 1 experiment, 1 focus, 12" in said.out


def test_assess__takes_ids_with_commas_one_an_option(run, sleuth):
    said = run("assess", sleuth, "--ids", "Jones, 2002-heat", "--ids", "Smith, 2001-pain")
    assert said.code == 0, said.err
    assert "2 studies, 2 subject groups, 2 experiments, 2 foci, 26" in said.out


def test_assess__parts_what_is_not_known_whole(run, sleuth):
    said = run("assess", sleuth, "--ids", "Jones, 2002-heat,Smith, 2001-pain")
    assert said.code == 2
    assert "cannot find 4 of the 4 ids asked for in foci.txt: 'Jones', ' 2002-heat'" in said.err


def test_describe__records_repeated_ids_as_they_were_given(run, sleuth, tmp_path):
    write(tmp_path / "ids.txt", "Smith, 2001-pain")
    ids = ["--ids", "Jones, 2002-heat", "--ids", f"@{tmp_path}/ids.txt"]
    assert run("describe", sleuth, "-o", "out", "--no-figures", *ids).code == 0
    command = json.loads((tmp_path / "out" / "provenance.json").read_text())["Command"]
    assert shlex.split(command) == [
        *("focale", "describe", "foci.txt", "-o", "OUT"),
        *("--ids", "Jones, 2002-heat", "--ids", "@ids.txt", "--no-figures"),
    ]
    rows = (tmp_path / "out" / "tables" / "foci_experiments.tsv").read_text().splitlines()
    assert [row.split("\t")[0] for row in rows[1:]] == ["Jones, 2002-heat", "Smith, 2001-pain"]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_assess__takes_ids_with_commas_from_a_file(run, tmp_path, sleuth, line_end):
    write(tmp_path / "ids.txt", line_end.join(["\ufeffSmith, 2001-pain", "", "  "]).encode())
    said = run("assess", sleuth, "--ids", "@ids.txt")
    assert said.code == 0, said.err
    assert "1 study, 1 subject group, 1 experiment, 1 focus, 12" in said.out


# ------------------------------------------------------------------ odd files


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"studies": [], "studies": []}', "studies"),
        ('{"studies": [{"id": "s", "analyses": [], "id": "t"}]}', "id"),
    ],
)
def test_describe__refuses_a_key_given_twice(run, tmp_path, text, key):
    """Which of the two values is meant nobody can say; JSON readers keep the last in silence."""
    sentence = refused(run, tmp_path, write(tmp_path / "foci.json", text).name, code=65)
    assert sentence == (
        f'focale: foci.json:1: the key "{key}" is given twice in one object; keep one'
    )


def test_assess__reads_bytes_of_another_encoding_and_says_so(run, tmp_path):
    content = json.dumps(nimads_tree({"M*ller": [nimads_analysis("1", FOCUS, n=12)]}))
    path = write(tmp_path / "foci.json", content.encode().replace(b"*", b"\xfc"))
    said = run("assess", path, "--ids", "Müller-1")
    assert said.code == 0, said.err
    assert said.err.startswith("warning: foci.json")
    assert "cp1252" in said.err
    assert run("assess", path, "--encoding", "latin-1", "--ids", "Müller-1").err == ""


def test_assess__reads_a_sample_size_in_quotation_marks(run, tmp_path):
    said = run("assess", write(tmp_path / "foci.json", one(n="12")))
    assert said.code == 0, said.err
    assert "12 participants" in said.out


def test_describe__half_a_letter_in_a_name_is_replaced(run, tmp_path):
    """JSON may hold "\\ud800", half of a pair, which no file can be written with."""
    path = write(tmp_path / "foci.json", nimads_tree(
        {"a\ud800": [nimads_analysis("1\udfff", FOCUS, n=12, name="\ud83d")]}
    ))  # fmt: skip
    assert "\\ud800" in path.read_text()
    said = run("describe", path, "-o", "out", "--no-figures", "--ids", "a?-1?")
    assert said.code == 0, said.err
    table = (tmp_path / "out" / "tables" / "foci_experiments.tsv").read_text(encoding="utf-8")
    assert table.splitlines()[1].split("\t")[:4] == ["a?-1?", "a?", "1?", "?"]


def test_describe__codes_for_the_terminal_do_not_reach_it(run, tmp_path):
    """A name may hold ANSI escapes, which clear the screen or forge what it says."""
    name = "a\x1b[2J\x1b]0;title\x07\r\x9b31mfocale: done\u202e"
    empty = nimads_analysis("2\x1b[1A", [], n=12)
    tree = nimads_tree({name: [nimads_analysis("1", FOCUS, n=12), empty]})
    path = write(tmp_path / "foci.json", tree)
    for arguments in (["assess", path], ["describe", path, "-o", "out", "--no-figures"]):
        said = run(*arguments)
        assert said.code == 0, said.err
        for text in (said.out, said.err):
            assert text
            assert all(line.isprintable() for line in text.split("\n")), ascii(text)
    for path in (tmp_path / "out").rglob("*"):
        if path.suffix in {".md", ".tsv"}:
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text), path.name


def test_describe__codes_for_the_terminal_are_not_in_refusals(run, tmp_path):
    name = "a\x1b[2J"
    path = write(tmp_path / "foci.json", nimads_tree({name: [nimads_analysis("1", n=None)]}))
    assert "\x1b" not in refused(run, tmp_path, path.name, code=65)
    assert "\x1b" not in refused(run, tmp_path, path.name, "--ids", "nobody", code=2)


# ------------------------------------------------------------------ protocol and mask


@pytest.mark.parametrize(
    ("text", "sentence", "code"),
    [
        (
            "min_experiment = 3",
            r"not a choice of a protocol; did you mean 'min_experiments'\?",
            65,
        ),
        ("fwhm_mm = -1", r"p\.toml: .*'fwhm_mm' .* above 0. Got -1", 65),
        ("iterations = inf", r"p\.toml: .*'iterations' .* whole number .* Got inf", 65),
        ("a b", r"p\.toml: not a TOML file .*; correct it", 65),
        ('mask = "nowhere.nii"', r"the mask nowhere\.nii is not a file; check the path", 66),
        ('mask = "foci.json"', r"the mask foci\.json is not an image nibabel can read", 2),
    ],
)
def test_describe__refuses_a_bad_protocol(run, tmp_path, evidence, text, sentence, code):
    write(tmp_path / "p.toml", text)
    said = refused(run, tmp_path, evidence.name, "--protocol", "p.toml", code=code)
    assert re.search(sentence, said)


def test_describe__refuses_a_protocol_that_is_not_there(run, tmp_path, evidence):
    said = refused(run, tmp_path, evidence.name, "--protocol", "nowhere.toml", code=66)
    assert re.search(
        r"the protocol nowhere\.toml cannot be read .*write one with `focale proto", said
    )


def test_describe__a_mask_that_is_no_text_is_of_the_protocol(run, tmp_path, evidence):
    write(tmp_path / "p.toml", "mask = 3")
    said = refused(run, tmp_path, evidence.name, "--protocol", "p.toml", code=65)
    assert "p.toml" in said


@pytest.mark.parametrize(
    ("shape", "value", "sentence"),
    [
        ((5, 5, 5, 3), 1, r"three-dimensional image, got shape \(5, 5, 5, 3\); pass one volume"),
        ((5, 5), 1, r"three-dimensional image, got shape \(5, 5\)"),
        ((5, 5, 5), 0, r"the mask mask\.nii has no voxel inside; pass another mask"),
    ],
)
def test_describe__refuses_a_mask_of_another_shape(
    run, tmp_path, evidence, shape, value, sentence
):
    nibabel.save(
        nibabel.Nifti1Image(np.full(shape, value, dtype=np.uint8), np.eye(4)),
        tmp_path / "mask.nii",
    )
    write(tmp_path / "p.toml", 'mask = "mask.nii"')
    said = refused(run, tmp_path, evidence.name, "--protocol", "p.toml", code=2)
    assert re.search(sentence, said)


@pytest.mark.parametrize(
    ("origin_mm", "edge_mm", "sentence"),
    [
        (500.0, 2.0, r"foci\.json: all 8 foci lie outside the mask mask\.nii; check the space"),
        (-40.0, 14.0, r"narrower than a voxel \(14\.00 mm\).* use a mask with smaller voxels"),
    ],
)
def test_describe__refuses_a_mask_the_foci_do_not_fit(
    run, tmp_path, evidence, origin_mm, edge_mm, sentence
):
    affine = np.diag([edge_mm, edge_mm, edge_mm, 1.0])
    affine[:3, 3] = origin_mm
    image = nibabel.Nifti1Image(np.ones((9, 9, 9), dtype=np.uint8), affine)
    nibabel.save(image, tmp_path / "mask.nii")
    write(tmp_path / "p.toml", 'mask = "mask.nii"')
    said = refused(run, tmp_path, evidence.name, "--protocol", "p.toml", code=65)
    assert re.search(sentence, said)


@pytest.mark.parametrize("name", ["mask.nii.gz", "mask.nii"])
def test_describe__refuses_a_damaged_mask(run, tmp_path, evidence, name, small_mask_path):
    nibabel.save(nibabel.load(small_mask_path), tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    write(tmp_path / name, whole[: len(whole) * 2 // 3])
    write(tmp_path / "p.toml", f'mask = "{name}"')
    said = run("describe", evidence, "-o", "out", "--no-figures", "--protocol", "p.toml")
    assert said.code in {2, 65, 66}
    assert name in said.err
