"""NIMADS JSON: what it says is kept, what it does not say is reported."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focale import pain_studyset_path
from focale.errors import ReadError
from focale.io.formats import read_record
from focale.io.nimads import looks_like, read, read_tree
from tests.strategies import nimads_analysis, nimads_tree

POINTS = [{"coordinates": [1, 2, 3], "space": "MNI"}]


def tree_of(analysis, study="Smith"):
    return nimads_tree({study: [analysis]})


def refusal(tree):
    with pytest.raises(ReadError) as caught:
        read_tree(tree, "foci.json")
    assert caught.value.exit_code == 65
    return str(caught.value)


def codes(record):
    return [problem.code for problem in record.problems]


# --------------------------------------------------------------------- what is kept


def test_read_tree__keeps_every_experiment_and_focus_in_order():
    record = read_tree(
        nimads_tree(
            {
                "b": [nimads_analysis("2", [(1, 2, 3), (4, 5, 6)], n=12)],
                "a": [nimads_analysis("9", [(7, 8, 9)], n=20), nimads_analysis("1", n=3)],
            }
        ),
        "foci.json",
    )
    assert [e.id for e in record.experiments] == ["b-2", "a-9", "a-1"]
    assert [f.mm for f in record.experiments[0].foci] == [(1, 2, 3), (4, 5, 6)]
    assert [e.n_subjects for e in record.experiments] == [12, 20, 3]
    assert record.problems == ()


def test_read__pain_studyset_has_its_known_counts():
    record = read_record(pain_studyset_path())
    assert len(record.experiments) == 21
    assert sum(len(e.foci) for e in record.experiments) == 267
    assert record.problems == ()


def test_read_tree__coordinates_are_floats_and_spaces_text():
    focus = read_tree(tree_of(nimads_analysis("1", [(1, 2.5, -3)])), "f").experiments[0].foci[0]
    assert focus.mm == (1.0, 2.5, -3.0)
    assert [type(x) for x in focus.mm] == [float] * 3
    assert focus.space == "MNI"


def test_read_tree__point_may_be_a_bare_triple():
    record = read_tree(tree_of({"id": "1", "points": [[1, 2, 3]]}), "f")
    assert record.experiments[0].foci[0].mm == (1, 2, 3)
    assert record.experiments[0].foci[0].space is None


def test_read_tree__missing_space_is_left_open():
    record = read_tree(tree_of({"id": "1", "points": [{"coordinates": [1, 2, 3]}]}), "f")
    assert record.experiments[0].foci[0].space is None


def test_read_tree__where_names_study_and_analysis():
    record = read_tree(tree_of(nimads_analysis("pain")), "foci.json")
    assert record.experiments[0].where == "foci.json, study 'Smith', analysis 'pain'"


def test_read_tree__descriptions_of_studies_are_kept():
    tree = tree_of(nimads_analysis("1"))
    tree["studies"][0] |= {
        "name": "Pain",
        "authors": "Smith",
        "year": 2001,
        "doi": "10.1/x",
        "pmid": None,
        "publication": "",
        "sex": "f",
    }
    studies = read_tree(tree, "f").studies
    assert studies["Smith"] == {"name": "Pain", "authors": "Smith", "year": 2001, "doi": "10.1/x"}


def test_read_tree__ids_may_be_numbers():
    record = read_tree(nimads_tree({0: [nimads_analysis(7)]}), "f")
    assert record.experiments[0].id == "0-7"


def test_read__fingerprint_is_that_of_the_bytes():
    content = json.dumps(tree_of(nimads_analysis("1"))).encode()
    assert read(content, "f").sha256 == hashlib.sha256(content).hexdigest()


def test_read_tree__fingerprint_of_a_dictionary_does_not_depend_on_the_order_of_keys():
    tree = tree_of(nimads_analysis("1"))
    turned = dict(reversed(tree.items()))
    assert read_tree(tree, "d").sha256 == read_tree(turned, "d").sha256


def test_read_tree__dictionary_with_keys_of_several_types_is_read():
    tree = {1: "one", **tree_of(nimads_analysis("1"))}
    assert len(read_tree(tree, "dictionary").experiments) == 1


HOSTILE = {
    "quotes": 'O\'Doherty "2017"',
    "a new line": "Smith\n2001",
    "carriage return and tab": "Smith\r\n\t2001",
    "NUL inside": "Smith\0Jones",
    "unicode": "Müller 痛み \U0001f9e0 e\u0301 \u202etfel",
    "very long": "x" * 20_000,
    "HTML": "<script>alert(1)</script>&amp;",
    "blanks around": "  Smith  ",
    "a template": "{{ 7*7 }} %s {0}",
    "a path": "../../etc/passwd",
    "a comment": "// Subjects=12",
    "a backslash": "C:\\new\\table",
}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_read__hostile_names_survive_unchanged(name):
    tree = tree_of(nimads_analysis(name, name=name), study=name)
    tree["studies"][0]["name"] = name
    record = read(json.dumps(tree).encode(), "foci.json")
    experiment = record.experiments[0]
    assert (experiment.study_id, experiment.contrast_id, experiment.name) == (name, name, name)
    assert record.studies[name]["name"] == name


@given(st.dictionaries(st.text(min_size=1), st.integers(1, 3), min_size=1, max_size=5))
def test_read_tree__any_ids_keep_their_experiments(n_analyses):
    tree = nimads_tree(
        {study: [nimads_analysis(f"#{i}") for i in range(n)] for study, n in n_analyses.items()}
    )
    record = read_tree(tree, "f")
    assert [e.study_id for e in record.experiments] == [
        study for study, n in n_analyses.items() for _ in range(n)
    ]


# --------------------------------------------------------------------- sample sizes


@pytest.mark.parametrize(
    ("metadata", "n"),
    [
        ({"sample_sizes": [12]}, 12.0),
        ({"sample_sizes": [20, 21]}, 20.5),
        ({"sample_sizes": 12}, 12.0),
        ({"sample_size": 12}, 12.0),
        ({"sample_sizes": [], "sample_size": 12}, 12.0),
        ({"sample_sizes": None, "sample_size": 12}, 12.0),
        ({"sample_sizes": [12], "sample_size": 99}, 12.0),
        ({}, None),
        (None, None),
        ("twelve", None),
    ],
)
def test_read_tree__sample_size_comes_from_the_metadata(metadata, n):
    record = read_tree(tree_of({"id": "1", "points": POINTS, "metadata": metadata}), "f")
    assert record.experiments[0].n_subjects == n


def test_read_tree__sample_size_of_the_study_serves_where_the_analysis_has_none():
    tree = tree_of(nimads_analysis("1"))
    tree["studies"][0]["metadata"] = {"sample_sizes": [30]}
    assert read_tree(tree, "f").experiments[0].n_subjects == 30


def test_read_tree__sample_size_of_the_analysis_comes_first():
    tree = tree_of(nimads_analysis("1", n=12))
    tree["studies"][0]["metadata"] = {"sample_sizes": [30]}
    assert read_tree(tree, "f").experiments[0].n_subjects == 12


BAD_SIZES = [0, -3, 12.5, "12", "twelve", True, float("nan"), float("inf"), None, [12], {"n": 1}]


@pytest.mark.parametrize("size", BAD_SIZES, ids=repr)
def test_read_tree__bad_sample_size_is_refused(size):
    message = refusal(tree_of(nimads_analysis("1", n=[size])))
    assert message == (
        "foci.json, study 'Smith', analysis '1': the sample size must be a whole number above 0, "
        f"got {size!r}; correct 'sample_sizes'"
    )


def test_read_tree__bad_sample_size_of_the_study_is_refused():
    tree = tree_of(nimads_analysis("1"))
    tree["studies"][0]["metadata"] = {"sample_size": 0}
    assert "got 0; correct 'sample_size'" in refusal(tree)


def test_read_tree__sample_size_may_be_a_numpy_number():
    analysis = nimads_analysis("1") | {"metadata": {"sample_size": np.int64(12)}}
    assert read_tree(tree_of(analysis), "dictionary").experiments[0].n_subjects == 12


# ---------------------------------------------------------------------- coordinates

BAD_COORDINATES = {
    "NaN": [1, float("nan"), 3],
    "infinite": [1, 2, float("inf")],
    "text": ["1", 2, 3],
    "a text": "1 2 3",
    "two": [1, 2],
    "four": [1, 2, 3, 4],
    "none": [],
    "truth values": [True, False, True],
    "null among them": [1, None, 3],
    "nested": [[1, 2, 3]],
    "a number": 5,
    "an object": {"x": 1, "y": 2, "z": 3},
}


@pytest.mark.parametrize("given", BAD_COORDINATES.values(), ids=BAD_COORDINATES.keys())
def test_read_tree__what_is_not_three_finite_numbers_is_refused(given):
    tree = tree_of({"id": "1", "points": [*POINTS, {"coordinates": given, "space": "MNI"}]})
    assert refusal(tree) == (
        "foci.json, study 'Smith', analysis '1', point 2: a focus must be three finite numbers "
        f"x, y, z in mm, got {given!r}; correct it or remove the point"
    )


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e400", '"7"'])
def test_read__coordinates_only_json_could_mean_are_refused(text):
    content = '{"studies": [{"id": "s", "analyses": [{"id": "1", "points": '
    content += f'[{{"coordinates": [{text}, 0, 0], "space": "MNI"}}]}}]}}]}}'
    with pytest.raises(ReadError, match="a focus must be three finite numbers"):
        read(content.encode(), "foci.json")


@pytest.mark.parametrize("digits", [400, 5000])
def test_read__coordinate_no_double_can_hold_is_refused(digits):
    content = '{"studies": [{"id": "s", "analyses": [{"id": "1", "points": '
    content += f'[{{"coordinates": [{"1" * digits}, 0, 0], "space": "MNI"}}]}}]}}]}}'
    with pytest.raises(ReadError, match=r"foci\.json"):
        read(content.encode(), "foci.json")


@pytest.mark.parametrize("point", [{"coordinates": None}, {}, None], ids=repr)
def test_read_tree__point_without_coordinates_is_left_out_with_a_warning(point):
    record = read_tree(tree_of({"id": "1", "points": [*POINTS, point]}), "foci.json")
    assert len(record.experiments[0].foci) == 1
    (problem,) = record.problems
    assert (problem.severity, problem.code) == ("warning", "focus-without-coordinates")
    assert str(problem) == (
        "foci.json, study 'Smith', analysis '1', point 2: no coordinates: left out"
    )


# -------------------------------------------------------- experiments without foci


@pytest.mark.parametrize("points", [[], None, [{"coordinates": None}]], ids=repr)
def test_read_tree__experiment_without_foci_is_kept_and_warned_of(points):
    record = read_tree(tree_of({"id": "1", "points": points}), "foci.json")
    assert len(record.experiments) == 1
    assert record.experiments[0].foci == ()
    problem = record.problems[-1]
    assert (problem.severity, problem.code) == ("warning", "experiment-without-foci")
    assert str(problem) == (
        "foci.json, study 'Smith', analysis '1': no foci: kept as an experiment that reports "
        "none, and counted as one"
    )


@pytest.mark.parametrize("analyses", [[], None], ids=repr)
def test_read_tree__study_without_analysis_is_left_out_with_a_warning(analyses):
    tree = nimads_tree({"Smith": [nimads_analysis("1")], "Jones": analyses})
    record = read_tree(tree, "foci.json")
    assert [e.study_id for e in record.experiments] == ["Smith"]
    (problem,) = record.problems
    assert (problem.severity, problem.code) == ("warning", "study-without-analysis")
    assert str(problem) == "foci.json, study 'Jones': the study has no analysis: left out"


# ------------------------------------------------------------------------- refusals

STRUCTURE = {
    "study that is a text": (
        {"studies": ["Smith"]},
        "foci.json, study 1: the study has no id; give it one",
    ),
    "study without id": (
        {"studies": [{"analyses": []}]},
        "foci.json, study 1: the study has no id; give it one",
    ),
    "study with an empty id": (
        {"studies": [{"id": "", "analyses": []}]},
        "foci.json, study 1: the study has no id; give it one",
    ),
    "analyses that are an object": (
        {"studies": [{"id": "Smith", "analyses": {"id": "1"}}]},
        "foci.json, study 'Smith': 'analyses' must be a list",
    ),
    "analysis without id": (
        {"studies": [{"id": "Smith", "analyses": [{"points": POINTS}]}]},
        "foci.json, study 'Smith', analysis 1: the analysis has no id; give it one",
    ),
    "analysis that is null": (
        {"studies": [{"id": "Smith", "analyses": [None]}]},
        "foci.json, study 'Smith', analysis 1: the analysis has no id; give it one",
    ),
    "points that are an object": (
        {"studies": [{"id": "Smith", "analyses": [{"id": "1", "points": {"x": 1}}]}]},
        "foci.json, study 'Smith', analysis '1': 'points' must be a list",
    ),
    "repeated study id": (
        {"studies": [{"id": "Smith", "analyses": [nimads_analysis(str(i))]} for i in range(2)]},
        "foci.json: study id 'Smith' is given to 2 studies; ids must differ, or their "
        "experiments could not be told apart",
    ),
    "repeated study id, as number and text": (
        {"studies": [{"id": i, "analyses": [nimads_analysis("1")]} for i in (7, "7")]},
        "foci.json: study id '7' is given to 2 studies; ids must differ, or their "
        "experiments could not be told apart",
    ),
    "repeated analysis id": (
        nimads_tree({"Smith": [nimads_analysis("1"), nimads_analysis("1"), nimads_analysis("1")]}),
        "foci.json: experiment id 'Smith-1' (study id - analysis id) occurs 3 times; give each "
        "analysis of a study its own id",
    ),
}


@pytest.mark.parametrize(("tree", "message"), STRUCTURE.values(), ids=STRUCTURE.keys())
def test_read_tree__structure_that_cannot_be_read_is_refused(tree, message):
    assert refusal(tree) == message


@pytest.mark.parametrize(
    ("tree", "found"),
    [
        ({}, r"keys \[\]"),
        ({"study": []}, r"keys \['study'\]"),
        ({"studies": {}}, r"keys \['studies'\]"),
        ({"studies": None}, r"keys \['studies'\]"),
        ([], "list"),
        (None, "NoneType"),
        ("studies", "str"),
        (3, "int"),
    ],
    ids=repr,
)
def test_read_tree__json_that_is_no_studyset_is_refused(tree, found):
    message = (
        r"foci\.json: this JSON is not a NIMADS studyset \(expected an object with a list "
        rf"'studies', got {found}\); export the studyset again, or pass a Sleuth text file"
    )
    with pytest.raises(ReadError, match=message):
        read_tree(tree, "foci.json")


def test_read_tree__dictionary_of_something_else_with_mixed_keys_is_refused():
    with pytest.raises(ReadError, match="this JSON is not a NIMADS studyset"):
        read_tree({1: "one", "two": 2}, "dictionary")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"studies": [,]}', r"foci\.json:1: not JSON \(.* at column 14\); a NIMADS file is a"),
        (b'{\n "studies": [\n  {"id" 1}\n]}', r"foci\.json:3: not JSON \(Expecting ':' delimiter"),
        (b'{"studies": [', r"foci\.json:1: not JSON"),
        (b"not json", r"foci\.json:1: not JSON"),
        (
            '{"a": "ü"}'.encode("latin1"),
            r"foci\.json: byte 8 is not UTF-8, which JSON must be; save the file as UTF-8",
        ),
        (
            '{"a": 1}'.encode("utf-16"),
            r"foci\.json: byte 1 is not UTF-8, which JSON must be; save the file as UTF-8",
        ),
    ],
    ids=["comma", "third line", "cut short", "prose", "latin1", "utf-16"],
)
def test_read__what_is_not_json_is_refused_with_its_line(content, message):
    with pytest.raises(ReadError, match=message) as caught:
        read(content, "foci.json")
    assert caught.value.exit_code == 65


def test_read__json_nested_without_end_is_refused():
    with pytest.raises(ReadError, match=r"foci\.json"):
        read(b'{"studies":' + b"[" * 100_000, "foci.json")


def test_read_tree__every_error_of_a_file_is_in_one_report():
    tree = {
        "studies": [
            {"analyses": []},
            {"id": "a", "analyses": [{"points": []}, nimads_analysis("1", [(1, 2)], n=0)]},
            {
                "id": "b",
                "analyses": [nimads_analysis("1", [("x", 2, 3)]), {"id": "2", "points": 7}],
            },
            {"id": "b", "analyses": []},
        ]
    }
    first, *lines = refusal(tree).splitlines()
    assert first == "foci.json has 7 errors:"
    for line, part in zip(
        lines,
        [
            "study 1: the study has no id",
            "study 'a', analysis 1: the analysis has no id",
            "study 'a', analysis '1', point 1: a focus must be three finite numbers",
            "study 'a', analysis '1': the sample size must be",
            "study 'b', analysis '1', point 1: a focus must be three finite numbers",
            "study 'b', analysis '2': 'points' must be a list",
            "study id 'b' is given to 2 studies",
        ],
        strict=True,
    ):
        assert part in line


# ------------------------------------------------------------------------ looks_like


@pytest.mark.parametrize(
    ("content", "name", "is_nimads"),
    [
        (b'{"studies": []}', "foci.txt", True),
        (b' \n{"studies": []}', "foci", True),
        (b"\xef\xbb\xbf{}", "foci", True),
        (b"anything", "foci.JSON", True),
        (b"// Reference=MNI", "foci.txt", False),
        (b"[]", "foci.txt", False),
    ],
)
def test_looks_like__is_a_json_object_or_a_file_named_so(content, name, is_nimads):
    assert looks_like(content, name) == is_nimads
