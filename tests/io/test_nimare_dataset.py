"""NiMARE's Dataset JSON: columns become foci, labels become annotations."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focale import pain_studyset_path
from focale.errors import FocaleError, ReadError
from focale.io import nimads, nimare_dataset
from focale.io.problems import MOST_ERRORS, errors_of
from focale.io.source import ReadOptions, Source

PAIN = pain_studyset_path()


def contrast(xyz=((1, 2, 3), (4, 5, 6)), n=20, **more):
    columns = dict(zip("xyz", (list(column) for column in zip(*xyz, strict=True)), strict=False))
    coords = {"space": "MNI", **columns, **more.pop("coords", {})}
    return {"coords": coords, "metadata": {"sample_sizes": [n]}, **more}


def dataset(*contrasts, **study):
    return {"Smith": {"contrasts": {str(i): c for i, c in enumerate(contrasts, 1)}, **study}}


def read(tree, **options):
    text = tree if isinstance(tree, str) else json.dumps(tree, indent=1)
    record = nimare_dataset.read(Source("d.json", text.encode()), ReadOptions(**options))
    assert record.is_reconciled
    return record


def test_read__columns_become_foci():
    record = read(dataset(contrast(), contrast([(7, 8, 9)], n=3)))
    assert [e.id for e in record.experiments] == ["Smith-1", "Smith-2"]
    assert [f.mm for f in record.experiments[0].foci] == [(1, 2, 3), (4, 5, 6)]
    assert {f.space for e in record.experiments for f in e.foci} == {"MNI"}
    assert [e.n_subjects for e in record.experiments] == [20, 3]
    assert [e.line for e in record.experiments] == [4, 26]
    assert record.problems == ()


def test_read__pain_dataset_is_the_pain_studyset():
    # The bundled studyset, written in the older form; both were made of the same images.
    studyset = json.loads(PAIN.read_text())
    tree = {
        study["id"]: {
            "contrasts": {
                a["id"]: {
                    "coords": {
                        "space": "MNI",
                        **{
                            axis: [point["coordinates"][i] for point in a["points"]]
                            for i, axis in enumerate("xyz")
                        },
                    },
                    "metadata": a["metadata"],
                }
                for a in study["analyses"]
            }
        }
        for study in studyset["studies"]
    }
    old = read(tree)
    new = nimads.read(Source("n.json", PAIN.read_bytes()), ReadOptions())
    assert old.n_foci == 267
    for one, other in zip(old.experiments, new.experiments, strict=True):
        assert (one.id, one.n_subjects, one.foci) == (other.id, other.n_subjects, other.foci)


def test_read__other_columns_are_values_and_labels_annotations():
    tree = dataset(
        contrast(coords={"t_stat": [3.5, None], "kind": "peak"}, labels={"pain": 0.5, "x": None})
    )
    (experiment,) = read(tree).experiments
    assert [f.values for f in experiment.foci] == [
        {"t_stat": 3.5, "kind": "peak"},
        {"kind": "peak"},
    ]
    assert experiment.annotations == {"pain": 0.5}


def test_read__space_may_be_a_column():
    (experiment,) = read(dataset(contrast(coords={"space": ["MNI", "TAL"]}))).experiments
    assert [f.space for f in experiment.foci] == ["MNI", "TAL"]


def test_read__description_of_the_paper_is_that_of_study_or_contrast():
    tree = dataset(contrast(), metadata={"title": "Pain", "journal": "Brain", "year": 2001})
    assert read(tree).studies["Smith"] == {"name": "Pain", "publication": "Brain", "year": 2001}
    one = contrast()
    one["metadata"] |= {"authors": "S", "contrast_name": "A > B"}
    record = read(dataset(one))
    assert record.studies["Smith"] == {"authors": "S"}
    assert record.experiments[0].name == "A > B"


@pytest.mark.parametrize("coords", [{}, None, {"space": "MNI"}, {"x": [], "y": [], "z": []}])
def test_read__contrast_without_foci_is_kept_and_warned_of(coords):
    record = read({"Smith": {"contrasts": {"1": {"coords": coords}}}})
    assert [p.code for p in record.problems] == ["experiment-without-foci"]
    assert record.experiments[0].foci == ()


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (
            contrast(coords={"y": [1]}),
            "the lists in 'coords' have different lengths (x: 2, y: 1, z: 2)",
        ),
        (
            contrast(coords={"t_stat": [1]}),
            "the lists in 'coords' have different lengths (x: 2, y: 2, z: 2, t_stat: 1)",
        ),
        (contrast(coords={"z": 5}), "'z' in 'coords' must be a list"),
        ({"coords": {"x": [1]}}, "'y' in 'coords' must be a list"),
        ({"coords": []}, "the contrast and its 'coords' must be objects"),
        ([], "the contrast and its 'coords' must be objects"),
    ],
)
def test_read__columns_that_do_not_fit_are_refused(broken, message):
    record = read(dataset(contrast(), broken))
    assert len(record.experiments) == 1
    (problem,) = errors_of(record.problems)
    assert problem.line > 4
    assert str(problem) == (
        f'd.json:{problem.line}, experiment "Smith-2": {message}; correct the file'
    )


def test_read__bad_coordinates_are_named_and_missing_ones_left_out():
    record = read(dataset(contrast([(1, 2, 3), (1, None, 3), (None, None, None), (1, "2", 3)])))
    assert [p.code for p in record.problems] == [
        "not-a-coordinate",
        "not-a-coordinate",
        "focus-without-coordinates",
    ]
    assert record.problems[0].what.startswith("focus 2: a focus must be three finite numbers")


@pytest.mark.parametrize("study", [None, [], {}, {"contrasts": []}], ids=repr)
def test_read__study_without_contrasts_is_refused(study):
    (problem,) = read(dataset(contrast()) | {"Jones": study}).problems
    assert problem.what == "study 'Jones' has no object 'contrasts'"


def test_read__study_without_any_contrast_is_left_out_with_a_warning():
    (problem,) = read(dataset(contrast()) | {"Jones": {"contrasts": {}}}).problems
    assert (problem.severity, problem.code) == ("warning", "study-without-analysis")


def test_read__file_of_errors_is_given_up():
    record = read({f"s{i}": None for i in range(3 * MOST_ERRORS)})
    assert len(record.problems) == MOST_ERRORS + 1
    record = read(dataset(*[[]] * 3 * MOST_ERRORS))
    assert record.problems[-1].code == "too-many-errors"


def test_read__bad_sample_size_is_refused():
    (problem,) = read(dataset(contrast(n=0))).problems
    assert problem.what == "a sample size must be a whole number above 0, in 'sample_sizes'"


@pytest.mark.parametrize(
    ("tree", "is_one"),
    [
        (dataset(contrast()), True),
        ({"Smith": {"metadata": {"title": 'a "quoted" {'}, "contrasts": {}}}, True),
        ({"studies": [{"id": "a", "metadata": {"contrasts": {}}}]}, False),
        ({"metadata": {"contrasts": {}}, "studies": []}, False),
        ({"id": "a", "contrasts": {}}, False),
        ({}, False),
        ([], False),
    ],
)
def test_looks_like__is_an_object_of_objects_with_contrasts(tree, is_one):
    assert nimare_dataset.looks_like(Source("d", json.dumps(tree).encode())) == is_one


def test_read__what_is_no_object_is_refused():
    with pytest.raises(ReadError, match=r"d\.json: this JSON is not a NiMARE dataset"):
        read("[]")


_scalar = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3))
_column = st.one_of(_scalar, st.lists(_scalar, max_size=4))
_coords = st.one_of(
    _scalar, st.dictionaries(st.sampled_from(["x", "y", "z", "space", "t_stat"]), _column)
)
_contrast = st.one_of(
    _scalar,
    st.fixed_dictionaries(
        {}, optional={"coords": _coords, "metadata": _scalar, "labels": _column}
    ),
)
_study = st.one_of(
    _scalar, st.fixed_dictionaries({"contrasts": st.dictionaries(st.text(max_size=2), _contrast)})
)


@given(st.dictionaries(st.text(max_size=2), _study, max_size=3))
def test_read__any_tree_gives_a_reconciled_record_or_a_refusal(tree):
    try:
        read(tree)  # checks that the counts add up
    except FocaleError:
        return
