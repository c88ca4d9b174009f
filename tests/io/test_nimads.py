"""NIMADS JSON: what it says is kept, what it does not say is reported."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focale import Studyset, pain_studyset_path
from focale.errors import ArgumentError, FocaleError, InputMissingError, ReadError
from focale.io import json_lines, nimads
from focale.io.nimads import looks_like, losses, read_tree, write
from focale.io.nimads.writer import groups_with_mean
from focale.io.problems import MOST_ERRORS, errors_of, raise_errors
from focale.io.records import ExperimentRecord, FocusRecord, StudysetRecord
from focale.io.source import ReadOptions, Source
from tests.strategies import nimads_analysis, nimads_tree

POINTS = [{"coordinates": [1, 2, 3], "space": "MNI"}]


def tree_of(analysis, study="Smith"):
    return nimads_tree({study: [analysis]})


def read(content, name="foci.json", **options):
    content = content if isinstance(content, bytes) else content.encode()
    record = nimads.read(Source(name, content), ReadOptions(**options))
    assert record.is_reconciled
    return record


def pretty(tree):
    return json.dumps(tree, indent=1)


def problems_of(tree):
    record = read_tree(tree, "foci.json")
    assert record.is_reconciled
    return record.problems


def refusal(tree):
    errors = errors_of(problems_of(tree))
    with pytest.raises(ReadError) as caught:
        raise_errors("foci.json", errors)
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
    path = pain_studyset_path()
    record = read(path.read_bytes())
    assert len(record.experiments) == 21
    assert record.n_foci == 267
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


def test_read__experiments_and_problems_have_their_lines():
    tree = {
        "id": "x",
        "studies": [
            {"id": "a", "analyses": [nimads_analysis("1"), nimads_analysis("2", [(1, 2)])]},
            {"id": "b", "authors": "B", "analyses": [nimads_analysis("3", n=0)]},
        ],
    }
    text = pretty(tree)
    lines = text.split("\n")
    record = read(text)
    assert [e.line for e in record.experiments] == [
        next(i for i, line in enumerate(lines) if f'"id": "{name}"' in line)
        for name in ("1", "2", "3")
    ]
    point, size = record.problems
    assert json.loads("\n".join(lines[point.line - 1 : point.line + 6]).rstrip(","))[
        "coordinates"
    ] == [1, 2]
    assert size.line == record.experiments[2].line
    assert str(point).startswith(f'foci.json:{point.line}, experiment "a-2": point 1: ')


def test_read__problem_of_a_file_of_one_line_has_its_column():
    text = json.dumps(tree_of(nimads_analysis("1", [(1, 2)])))
    (problem,) = read(text).problems
    assert (problem.line, problem.column) == (1, text.index('{"coordinates"') + 1)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=repr)
def test_read__lines_count_however_they_end(end):
    text = pretty(tree_of(nimads_analysis("1")))
    line = read(text).experiments[0].line
    assert read(text.replace("\n", end)).experiments[0].line == line > 1


def test_read_tree__where_names_the_file_alone():
    record = read_tree(tree_of(nimads_analysis("pain")), "dictionary")
    assert record.experiments[0].where == "dictionary"


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
    assert read(content).sha256 == hashlib.sha256(content).hexdigest()


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
    record = read(json.dumps(tree))
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
        ({"sample_size": "12"}, 12.0),
        ({"n_subjects": 12}, 12.0),
        ({"subjects": 12}, 12.0),
        ({"n": 12}, 12.0),
        ({"sample_size": float("nan"), "n": 12}, 12.0),
        ({"n_subjects": "a few", "n": 12}, 12.0),
        ({"subjects": 0}, None),
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


BAD_SIZES = [0, -3, 12.5, "twelve", True, float("nan"), float("inf"), None, [12], {"n": 1}]


@pytest.mark.parametrize("size", BAD_SIZES, ids=repr)
def test_read_tree__bad_sample_size_is_refused(size):
    message = refusal(tree_of(nimads_analysis("1", n=[size])))
    assert message == (
        'foci.json, experiment "Smith-1": a sample size must be a whole number above 0, in '
        f"'sample_sizes': \"{[size]!r}\"; correct it"
    )


def test_read_tree__bad_sample_size_of_the_study_is_refused():
    tree = tree_of(nimads_analysis("1"))
    tree["studies"][0]["metadata"] = {"sample_size": 0}
    assert "a whole number above 0, in 'sample_size': \"0\"; correct it" in refusal(tree)


def test_read_tree__loose_key_with_something_else_is_a_warning():
    analysis = nimads_analysis("1") | {"metadata": {"subjects": "12 adults"}}
    (problem,) = problems_of(tree_of(analysis))
    assert (problem.severity, problem.code) == ("warning", "bad-sample-size")
    assert problem.message == (
        "a sample size must be a whole number above 0, in 'subjects': not used: \"12 adults\"; "
        "correct it"
    )


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
    record = read_tree(tree, "foci.json")
    assert len(record.experiments[0].foci) == 1
    assert record.is_reconciled
    shown = given if isinstance(given, str) else repr(given)
    assert refusal(tree) == (
        'foci.json, experiment "Smith-1": point 2: a focus must be three finite numbers x, y, z '
        f'in mm: "{shown}"; correct it or remove the point'
    )


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e400", '"7"', "1" * 400])
def test_read__coordinates_only_json_could_mean_are_refused(text):
    content = '{"studies": [{"id": "s", "analyses": [{"id": "1", "points": '
    content += f'[{{"coordinates": [{text}, 0, 0], "space": "MNI"}}]}}]}}]}}'
    (problem,) = read(content).problems
    assert problem.what == "point 1: a focus must be three finite numbers x, y, z in mm"


def test_read__number_of_thousands_of_digits_is_refused():
    with pytest.raises(ReadError, match=r"foci\.json: this JSON cannot be used"):
        read('{"studies": [' + "1" * 5000 + "]}")


def test_read_tree__place_outside_any_head_is_refused():
    assert "a number beyond 1,000 mm is no place in a head" in refusal(
        tree_of(nimads_analysis("1", [(1, 2, 3), (1, 2, 30000)]))
    )


@pytest.mark.parametrize("point", [{"coordinates": None}, {}, None], ids=repr)
def test_read_tree__point_without_coordinates_is_left_out_with_a_warning(point):
    record = read_tree(tree_of({"id": "1", "points": [*POINTS, point]}), "foci.json")
    assert len(record.experiments[0].foci) == 1
    (problem,) = record.problems
    assert (problem.severity, problem.code) == ("warning", "focus-without-coordinates")
    assert problem.foci_left_out == 1
    assert problem.what == "point 2 has no coordinates: left out"


def test_read_tree__points_without_coordinates_are_one_warning_an_experiment():
    record = read_tree(tree_of({"id": "1", "points": [None] * 7 + POINTS}), "foci.json")
    (problem,) = record.problems
    assert problem.what == "points 1, 2, 3, 4, 5 and others have no coordinates: left out"
    assert record.is_reconciled


def test_read_tree__bad_points_are_named_one_by_one_up_to_a_number():
    record = read_tree(tree_of(nimads_analysis("1", [(1, 2)] * 5000)), "foci.json")
    errors = errors_of(record.problems)
    assert len(errors) == 21
    assert errors[-1].what == "4,980 more points without three finite numbers x, y, z in mm"
    assert record.is_reconciled


# ------------------------------------------------------------------ values and spaces


def values(point, **analysis):
    tree = tree_of({"id": "1", "points": [{"coordinates": [1, 2, 3], **point}], **analysis})
    return read_tree(tree, "f").experiments[0].foci[0].values


@pytest.mark.parametrize(
    ("point", "kept"),
    [
        ({}, None),
        ({"values": []}, None),
        ({"values": None, "kind": None, "subpeak": False, "label_id": ""}, None),
        ({"values": [{"kind": "t", "value": 4.1}]}, {"t": 4.1}),
        ({"values": [{"kind": "Z", "value": None}]}, None),
        ({"values": [{"kind": "Z", "value": float("nan")}]}, None),
        ({"values": [{"kind": None, "value": 3}]}, {"value": 3}),
        ({"values": [3.5]}, {"value": 3.5}),
        (
            {"values": [{"kind": "t", "value": 4}, {"kind": "t", "value": 5}]},
            {"t": 4, "t (2)": 5},
        ),
        (
            {"kind": "centre of mass", "cluster_size": 12},
            {"kind": "centre of mass", "cluster_size": 12},
        ),
        ({"values": "none"}, None),
    ],
    ids=repr,
)
def test_read_tree__values_of_a_point_are_kept(point, kept):
    assert values(point) == kept


def test_read_tree__columns_nimare_keeps_in_the_metadata_go_to_the_points():
    assert values({}, metadata={"coordinate_region": ["insula"]}) == {"region": "insula"}
    assert values({}, metadata={"coordinate_region": ["insula", "SMA"]}) is None


@pytest.mark.parametrize(
    "more",
    [
        {"space": "TAL"},
        {"coordinate_space": "TAL"},
        {"metadata": {"space": "TAL"}},
        {"metadata": {"coordinate_space": "TAL"}},
    ],
    ids=repr,
)
def test_read_tree__space_of_the_analysis_serves_points_without_one(more):
    points = [{"coordinates": [1, 2, 3]}, {"coordinates": [1, 2, 3], "space": "MNI"}]
    record = read_tree(tree_of({"id": "1", "points": points, **more}), "f")
    assert [focus.space for focus in record.experiments[0].foci] == ["TAL", "MNI"]


# ------------------------------------------------------------- subject groups, matrices


def test_read_tree__subject_group_of_the_analysis_comes_before_that_of_the_study():
    tree = nimads_tree(
        {"Smith": [nimads_analysis("1"), nimads_analysis("2", metadata={"subject_group": "own"})]}
    )
    tree["studies"][0]["metadata"] = {"subject_group": "cohort"}
    groups = [e.subject_group for e in read_tree(tree, "f").experiments]
    assert groups == ["cohort", "own"]


def test_read_tree__talairach_matrix_of_the_metadata_is_kept():
    analysis = nimads_analysis("1", metadata={"talairach_matrix": "Brett"})
    assert read_tree(tree_of(analysis), "f").experiments[0].talairach == "brett"


def test_read_tree__unknown_talairach_matrix_is_for_the_studyset_to_refuse():
    analysis = nimads_analysis("1", metadata={"talairach_matrix": "lancaster"})
    with pytest.raises(ReadError, match=r'not a conversion .*: "lancaster"; write pooled, spm'):
        Studyset(tree_of(analysis))


# -------------------------------------------------------- experiments without foci


@pytest.mark.parametrize("points", [[], None, [{"coordinates": None}]], ids=repr)
def test_read_tree__experiment_without_foci_is_kept_and_warned_of(points):
    record = read_tree(tree_of({"id": "1", "points": points}), "foci.json")
    assert len(record.experiments) == 1
    assert record.experiments[0].foci == ()
    problem = record.problems[-1]
    assert (problem.severity, problem.code) == ("warning", "experiment-without-foci")
    assert str(problem) == (
        'foci.json, experiment "Smith-1": no foci: kept as an experiment that reports none, and '
        "counted as one"
    )


@pytest.mark.parametrize("analyses", [[], None], ids=repr)
def test_read_tree__study_without_analysis_is_left_out_with_a_warning(analyses):
    tree = nimads_tree({"Smith": [nimads_analysis("1")], "Jones": analyses})
    record = read_tree(tree, "foci.json")
    assert [e.study_id for e in record.experiments] == ["Smith"]
    (problem,) = record.problems
    assert (problem.severity, problem.code) == ("warning", "study-without-analysis")
    assert str(problem) == "foci.json: study 'Jones' has no analysis: left out"


# ------------------------------------------------------------------------- refusals

STRUCTURE = {
    "study that is a text": (
        {"studies": [{"id": "a"}, "Smith"]},
        'foci.json: study 2 has no id: "Smith"; give it one',
    ),
    "study without id": (
        {"studies": [{"analyses": []}]},
        "foci.json: study 1 has no id: \"{'analyses': []}\"; give it one",
    ),
    "study with an empty id": (
        {"studies": [{"id": "", "analyses": [POINTS]}]},
        "foci.json: study 1 has no id: ",
    ),
    "study with an id that is no name": (
        {"studies": [{"id": [1], "analyses": [{"points": POINTS}]}]},
        "foci.json: study 1 has no id: ",
    ),
    "analyses that are an object": (
        {"studies": [{"id": "Smith", "analyses": {"id": "1"}}]},
        "foci.json: study 1: 'analyses' must be a list: \"{'id': '1'}\"; correct it",
    ),
    "analysis without id": (
        {"studies": [{"id": "Smith", "analyses": [{"points": POINTS}]}]},
        "foci.json: analysis 1 of study 'Smith' has no id; give it one",
    ),
    "analysis that is null": (
        {"studies": [{"id": "Smith", "analyses": [None]}]},
        "foci.json: analysis 1 of study 'Smith' has no id; give it one",
    ),
    "points that are an object": (
        {"studies": [{"id": "Smith", "analyses": [{"id": "1", "points": {"x": 1}}]}]},
        "foci.json, experiment \"Smith-1\": 'points' must be a list: \"{'x': 1}\"; "
        "correct the file",
    ),
    "repeated study id": (
        {"studies": [{"id": "Smith", "analyses": [nimads_analysis(str(i))]} for i in range(2)]},
        "foci.json: 2 studies have one id, so their experiments cannot be told apart: "
        '"Smith"; give each study its own id',
    ),
    "repeated study id, as number and text": (
        {"studies": [{"id": i, "analyses": [nimads_analysis("1")]} for i in (7, "7")]},
        "foci.json: 2 studies have one id, so their experiments cannot be told apart: "
        '"7"; give each study its own id',
    ),
    "repeated analysis id": (
        nimads_tree({"Smith": [nimads_analysis("1"), nimads_analysis("1"), nimads_analysis("1")]}),
        'foci.json, experiment "Smith-1": 3 experiments have one id (study id - analysis id); '
        "give each analysis of a study its own id",
    ),
}


@pytest.mark.parametrize(("tree", "message"), STRUCTURE.values(), ids=STRUCTURE.keys())
def test_read_tree__structure_that_cannot_be_read_is_refused(tree, message):
    assert refusal(tree).startswith(message)


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


def test_read_tree__dictionary_that_holds_itself_is_refused():
    tree = tree_of(nimads_analysis("1"))
    tree["self"] = tree
    with pytest.raises(ReadError, match=r"dictionary: this dictionary cannot be used as JSON"):
        read_tree(tree, "dictionary")


@pytest.mark.parametrize(
    ("tree", "what"),
    [
        ({"notes": [], "id": "a"}, "is an annotation, without the studies it speaks of"),
        ({"id": "s", "analyses": []}, "is one study, not a studyset"),
        ({"id": "a", "points": []}, "is one analysis, not a studyset"),
        ({"studyset": {"studies": []}}, "is a bundle with a studyset in it"),
        ({"specification": "x", "studyset": "y"}, "is a Neurosynth Compose meta-analysis"),
        ({"studies": ["3a", "4b"]}, "lists its studies by their identifiers only"),
    ],
)
def test_read_tree__json_of_another_kind_is_named(tree, what):
    with pytest.raises(ReadError, match=rf"foci\.json:? (this JSON )?{what}"):
        read_tree(tree, "foci.json")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"studies": [,]}', r"foci\.json:1: not JSON \(.* at column 14\)"),
        (b'{\n "studies": [\n  {"id" 1}\n]}', r"foci\.json:3: not JSON \(Expecting ':' delimiter"),
        (b'{"studies": [', r"foci\.json:1: not JSON"),
        (b'{"studies": []} {}', r"foci\.json:1: not JSON \(Extra data at column 17\)"),
        (b"not json", r"foci\.json:1: not JSON"),
        (b"{'studies': []}", r"foci\.json:1: not JSON"),
        (
            b'{"studies": [\n{"id": "a", "id": "b"}]}',
            r'foci\.json:2: the key "id" is given twice in one object; keep one',
        ),
        (
            b'{"studies": [], \n "studies": []}',
            r'foci\.json:1: the key "studies" is given twice in one object; keep one',
        ),
    ],
    ids=["comma", "third line", "cut short", "more", "prose", "Python", "twice", "studies twice"],
)
def test_read__what_is_not_json_is_refused_with_its_line(content, message):
    with pytest.raises(ReadError, match=message) as caught:
        read(content)
    assert caught.value.exit_code == 65


def test_read__other_encodings_are_read_as_other_text_is():
    text = json.dumps(tree_of(nimads_analysis("1", name="Müller")), ensure_ascii=False)
    assert read(text.encode("utf-16")).experiments[0].name == "Müller"
    record = read(text.encode("latin1"))
    assert record.experiments[0].name == "Müller"
    assert codes(record) == ["encoding"]
    assert read(text.encode("latin1"), encoding="latin1").problems == ()


@pytest.mark.parametrize("start", ['{"studies":', '{"studies":[{"id":"a","analyses":'])
def test_read__json_nested_without_end_is_refused(start):
    with pytest.raises(ReadError, match=r"foci\.json"):
        read(start + "[" * 100_000)


def test_read__halves_of_letters_are_replaced():
    text = json.dumps(tree_of(nimads_analysis("\ud800", name="\udc00")))
    (experiment,) = read(text).experiments
    assert (experiment.contrast_id, experiment.name) == ("?", "?")


def test_read__file_of_errors_is_given_up():
    tree = nimads_tree({f"s{i}": [{"points": POINTS}] for i in range(3 * MOST_ERRORS)})
    record = read(json.dumps(tree))
    assert len(record.problems) == MOST_ERRORS + 1
    assert record.problems[-1].code == "too-many-errors"


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
            "study 1 has no id",
            "analysis 1 of study 'a' has no id",
            'experiment "a-1": point 1: a focus must be three finite numbers',
            'experiment "a-1": a sample size must be',
            'experiment "b-1": point 1: a focus must be three finite numbers',
            "experiment \"b-2\": 'points' must be a list",
            "2 studies have one id",
        ],
        strict=True,
    ):
        assert part in line


# --------------------------------------------------------------------- annotations


def annotation(notes, name="mine", **more):
    return {"id": "A1", "name": name, "notes": notes, **more}


def note(study, analysis, **values):
    return {"study": study, "analysis": analysis, "note": values}


def annotated_tree(*annotations):
    tree = nimads_tree(
        {"a": [nimads_analysis("1"), nimads_analysis("2")], "b": [nimads_analysis("1")]}
    )
    return tree | {"annotations": list(annotations)}


def test_read_tree__notes_go_to_their_experiments():
    tree = annotated_tree(
        annotation([note("a", "1", task="pain"), note("a", "2", task=None), note("b", "1", t=3)])
    )
    record = read_tree(tree, "f")
    assert [dict(e.annotations) for e in record.experiments] == [{"task": "pain"}, {}, {"t": 3}]
    assert record.problems == ()


def test_read_tree__note_finds_its_analysis_as_in_nimare():
    notes = [note(None, "a-1", k=1), note(None, "2", k=2), note("b", "b-1", k=3)]
    record = read_tree(annotated_tree(annotation(notes)), "f")
    assert [e.annotations for e in record.experiments] == [{"k": 1}, {"k": 2}, {"k": 3}]


def test_read_tree__note_may_hold_its_study_and_analysis_whole():
    notes = [note({"id": "b", "name": "B"}, {"id": "1"}, k=1)]
    record = read_tree(annotated_tree(annotation(notes)), "f")
    assert [e.annotations for e in record.experiments] == [{}, {}, {"k": 1}]


def test_read_tree__note_of_an_analysis_that_is_not_there_is_a_warning():
    notes = [note("a", "9"), note(None, "1"), note("a", "1"), note("a", "2"), note("b", "1")]
    (problem,) = problems_of(annotated_tree(annotation(notes)))
    assert (problem.severity, problem.code) == ("warning", "note-without-analysis")
    assert problem.message == (
        "annotation 'mine': 2 notes of an analysis that is not in the studyset: left out; the "
        'first is of: "a, 9"; check that annotation and studyset belong together'
    )


def test_read_tree__analyses_without_a_note_are_counted():
    (problem,) = problems_of(annotated_tree(annotation([note("a", "1", k=1)])))
    assert (problem.severity, problem.code) == ("note", "analysis-without-note")
    assert problem.what == "annotation 'mine' has no note for 2 experiments"


@pytest.mark.parametrize("key", ["included", "include"])
def test_read_tree__marks_of_inclusion_select_nothing_and_say_how(key):
    marks = [note("a", "1", **{key: True}), note("a", "2", **{key: False})]
    tree = annotated_tree(annotation([*marks, note("b", "1", **{key: True})]))
    (problem,) = problems_of(tree)
    assert (problem.severity, problem.code) == ("note", "selection-not-applied")
    assert problem.message == (
        f"annotation 'mine' marks 2 of 3 analyses as {key}; all are kept; select them with "
        f"--where +{key}"
    )


def test_read_tree__keys_that_collide_have_the_name_of_their_annotation():
    whole = [("a", "1"), ("a", "2"), ("b", "1")]
    tree = annotated_tree(
        annotation([note(*e, k=1, same=7) for e in whole], "first"),
        annotation([note(*e, k=2, same=7, own=0) for e in whole], "second"),
    )
    assert read_tree(tree, "f").experiments[0].annotations == {
        "first.k": 1,
        "same": 7,
        "second.k": 2,
        "own": 0,
    }


def test_read_tree__sample_size_of_a_note_serves_where_there_is_no_other():
    tree = nimads_tree({"a": [nimads_analysis("1"), nimads_analysis("2", n=20)]})
    tree["annotations"] = [
        annotation([note("a", "1", sample_size="18"), note("a", "2", sample_size=18)])
    ]
    record = read_tree(tree, "f")
    assert [e.n_subjects for e in record.experiments] == [18, 20]
    (problem,) = record.problems
    assert problem.what == ("sample size 20 in the studyset, 18 in annotation 'mine': 20 taken")


def test_read_tree__notes_inside_the_analyses_are_read():
    tree = nimads_tree({"a": [nimads_analysis("1", annotations={"mine": {"k": 1}, "flat": 2})]})
    assert read_tree(tree, "f").experiments[0].annotations == {"k": 1, "flat": 2}


def test_read_tree__annotation_that_is_only_named_is_noted():
    tree = annotated_tree({"id": "76PyNqoTNEsE"}, "Cv2LLUqG76W9")
    assert [p.message for p in problems_of(tree)] == [
        f"annotation {name!r} has no notes in this file; export it and pass it as --annotation "
        "(annotation=)"
        for name in ("76PyNqoTNEsE", "Cv2LLUqG76W9")
    ]


def test_read__annotation_of_another_file_is_read(tmp_path):
    path = tmp_path / "annotation.json"
    path.write_text(pretty(annotation([note("a", "1", k=1), note("a", "9", k=2)])))
    text = json.dumps(nimads_tree({"a": [nimads_analysis("1")]}))
    record = read(text, annotation=str(path))
    assert record.experiments[0].annotations == {"k": 1}
    (problem,) = record.problems
    assert problem.file == "annotation.json"
    assert problem.line == 12


def test_read__list_of_annotations_of_another_file_is_read(tmp_path):
    path = tmp_path / "annotations.json"
    text = json.dumps(nimads_tree({"a": [nimads_analysis("1")]}))
    for tree in (
        [annotation([note("a", "1", k=1)])],
        {"annotations": [annotation([note("a", "1", k=1)])]},
    ):
        path.write_text(json.dumps(tree))
        assert read(text, annotation=str(path)).experiments[0].annotations == {"k": 1}


def test_read__file_that_is_no_annotation_is_refused(tmp_path):
    path = tmp_path / "annotation.json"
    path.write_text('{"studies": []}')
    with pytest.raises(ReadError, match=r"annotation\.json is no annotation \(an object with a"):
        read('{"studies": []}', annotation=str(path))
    with pytest.raises(InputMissingError):
        read('{"studies": []}', annotation=str(tmp_path / "nowhere.json"))


# -------------------------------------------------------------------------- writing


def full_record():
    foci = (
        FocusRecord(
            (1.5, -2.0, 3.25), "MNI", values={"t": 4.5, "region": "insula", "kind": "peak"}
        ),
        FocusRecord((0.1, 0.2, -0.3), "Talairach"),
        FocusRecord((7.0, 8.0, 9.0), None),
    )
    return StudysetRecord.of(
        [
            ExperimentRecord(
                "a", "1", foci, 20.5, "f", 3, "A > B", "cohort", "brett", {"x": True}
            ),
            ExperimentRecord("a", "2", (), None, "f", 4),
            ExperimentRecord("Müller \U0001f9e0", "1", foci[:1], 61 / 3, "f"),
        ],
        "f",
        "0" * 64,
        (),
        (3, 4),
        studies={"a": {"name": "Pain", "year": 2001, "doi": "10.1/x"}, "Müller \U0001f9e0": {}},
    )


def essence(record):
    """All of a record but where it came from."""
    return [
        (
            replace(e, file="", line=None),
            dict(e.annotations),
            [(f.mm, f.space, dict(f.values or {})) for f in e.foci],
        )
        for e in record.experiments
    ], {key: dict(value) for key, value in record.studies.items()}


def test_write__is_read_back_equal(tmp_path):
    record = full_record()
    assert essence(read(write(record, tmp_path))) == essence(record)
    assert losses(record) == []


def test_write__experiments_of_a_study_are_brought_together():
    record = full_record()
    apart = record.with_experiments([record.experiments[i] for i in (0, 2, 1)])
    assert losses(apart) == ["the order of experiments of a study that do not stand together"]
    assert [e.id for e in read(write(apart, None)).experiments] == [
        "a-1",
        "a-2",
        record.experiments[2].id,
    ]


def test_write__holds_no_numbers_json_does_not_know():
    focus = FocusRecord((1.0, 2.0, 3.0), "MNI", values={"t": float("inf"), "z": float("nan")})
    record = StudysetRecord.of(
        [ExperimentRecord("a", "1", (focus,), 1, "f")], "f", "0", (), (1, 1)
    )
    assert read(write(record, None)).experiments[0].foci[0].values == {"t": "inf"}


@given(st.lists(st.integers(1, 2000), min_size=1, max_size=40))
def test_groups_with_mean__gives_the_mean_exactly(groups):
    n = sum(groups) / len(groups)
    own = groups_with_mean(n)
    assert sum(own) / len(own) == n
    assert all(isinstance(size, int) and size >= 1 for size in own)


@pytest.mark.parametrize("n", [0.5, 20.1234567, 0.0])
def test_write__sample_size_that_is_no_mean_is_refused(n):
    record = full_record()
    record = record.with_experiments([replace(record.experiments[0], n_subjects=n)])
    with pytest.raises(ArgumentError, match=r'experiment "a-1": sample size .* is no mean of'):
        write(record, None)


# ------------------------------------------------------------------------ looks_like


@pytest.mark.parametrize(
    ("content", "name", "is_nimads"),
    [
        (b'{"studies": []}', "foci.txt", True),
        (b' \n{"studies": []}', "foci", True),
        (b"\xef\xbb\xbf{}", "foci", True),
        ('{"studies": []}'.encode("utf-16"), "foci", True),
        (b"anything", "foci.JSON", True),
        (b"// Reference=MNI", "foci.txt", False),
        (b"{\\rtf1\\ansi", "foci.txt", False),
        (b"[]", "foci.txt", False),
    ],
)
def test_looks_like__is_a_json_object_or_a_file_named_so(content, name, is_nimads):
    assert looks_like(Source(name, content)) == is_nimads


def test_looks_like__folder_is_none(tmp_path):
    assert not looks_like(Source("foci.json", b"", tmp_path))


# -------------------------------------------------------------------------- anything

_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from([10**400, "\ud800", "MNI", "12", float("nan"), [], {}]),
)
_rubbish = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)


def _about(**fields):
    return st.one_of(
        st.fixed_dictionaries({}, optional={k: st.one_of(v, _rubbish) for k, v in fields.items()}),
        _rubbish,
    )


_points = _about(
    coordinates=st.lists(st.one_of(st.floats(-2000, 2000), _scalars), min_size=2, max_size=4),
    space=_scalars,
    values=st.lists(_about(kind=_scalars, value=_scalars), max_size=2),
)
_metadata = _about(
    sample_sizes=st.lists(st.one_of(st.integers(0, 30), _scalars), max_size=3),
    n=_scalars,
    subject_group=_scalars,
    talairach_matrix=_scalars,
    coordinate_x=st.lists(_scalars, max_size=2),
)
_ids = st.one_of(st.sampled_from(["a", "b", 1, "1"]), _scalars)
_analyses = _about(
    id=_ids, points=st.lists(_points, max_size=3), metadata=_metadata, annotations=_rubbish
)
_studies = _about(
    id=_ids, analyses=st.lists(_analyses, max_size=3), metadata=_metadata, name=_scalars
)
_notes = _about(study=_ids, analysis=_ids, note=_about(included=_scalars, sample_size=_scalars))
_trees = _about(
    studies=st.lists(_studies, max_size=3),
    annotations=st.lists(_about(id=_ids, notes=st.lists(_notes, max_size=3)), max_size=2),
)


@given(_trees, st.sampled_from([None, 1]))
def test_read__any_tree_gives_a_reconciled_record_or_a_refusal(tree, indent):
    try:
        text = json.dumps(tree, indent=indent)
        record = read(text)  # checks that the counts add up
    except FocaleError:
        return
    for problem in record.problems:
        assert problem.line is None or 1 <= problem.line <= text.count("\n") + 1
        assert str(problem).isprintable()
    if not errors_of(record.problems):
        again = read(write(record, None))
        assert [e.id for e in again.experiments] == [e.id for e in record.experiments]
        assert again.n_foci == record.n_foci


@given(_trees)
def test_read_tree__any_dictionary_gives_a_reconciled_record_or_a_refusal(tree):
    try:
        record = read_tree(tree, "dictionary")
    except FocaleError:
        return
    assert record.is_reconciled


@given(st.text(st.sampled_from('{}[]",:0\\u"d8 \n-.eE'), max_size=40))
def test_read__any_text_is_read_as_json_or_refused(text):
    with suppress(FocaleError):
        read('{"studies": [' + text)


@pytest.mark.parametrize(
    ("item", "message"), [("{}", "objects and lists"), ("1", "a list of more than")]
)
def test_read__garbage_of_millions_of_parts_is_refused(monkeypatch, item, message):
    monkeypatch.setattr(json_lines, "MOST_PARTS", 1000)
    monkeypatch.setattr(json_lines, "MOST_ITEMS", 1000)
    content = f'{{"studies": [{",".join([item] * 1500)}]}}'.encode()
    with pytest.raises(ReadError, match=message):
        nimads.read(Source("foci.json", content), ReadOptions())
