"""The evidence of a result as a file: read back, it gives exactly the same analysis."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings

from focale import ALE, Studyset, pain_studyset_path, read
from focale.errors import InputMissingError, ReadError
from focale.io.evidence import EVIDENCE_NAME, evidence_text, read_evidence_file
from focale.io.records import ExperimentRecord, FocusRecord, StudysetRecord
from tests.strategies import (
    nimads_analysis,
    nimads_tree,
    sleuth_experiments,
    sleuth_text,
)


def written(folder, studyset):
    text = evidence_text(studyset.record, target=studyset.target, space=studyset.space)
    (folder / EVIDENCE_NAME).write_text(text, encoding="utf-8")
    return folder


def again(folder, studyset):
    record, seen = read_evidence_file(written(folder, studyset))
    return Studyset(record, **seen, talairach=studyset.talairach)


def without_lines(experiment):
    """The experiment without the lines of its foci, which the file does not keep."""
    foci = tuple(dataclasses.replace(focus, line=None) for focus in experiment.foci)
    return dataclasses.replace(experiment, foci=foci)


def same(first, second):
    """Everything an analysis depends on, and what a reader calls the experiments."""
    # ids, foci, spaces, sizes, groups, names, places in the source
    assert list(second) == [without_lines(experiment) for experiment in first]
    for mine, theirs in zip(first, second, strict=True):
        assert dict(theirs.annotations) == dict(mine.annotations)
    np.testing.assert_array_equal(second.foci_mm, first.foci_mm)
    np.testing.assert_array_equal(second.n_subjects, first.n_subjects)
    for name in ("source", "sha256", "format", "reconciliation"):
        assert getattr(second.record, name) == getattr(first.record, name)
    return True


SLEUTH = sleuth_text(
    [
        (["Smith, 2001: A > B"], 12, [(10, 20, 30), (-10.25, 20, 30)]),
        (["Jones, 2002"], 15, [(1, 3, 5)]),
        (["Smith, 2001: A > B"], 14, [(0, 0, 10)]),
        (["Smith, 2001: B > A"], 14, []),
    ],
    "TAL",
)
TABLE = (
    "study,contrast,n,x,y,z,space,group,task\n"
    "a,1,20,10,20,30,MNI,g1,pain\n"
    "b,1,21,1,2,3,TAL,g1,heat\n"
    "a,2,20,4,4,4,MNI,,pain\n"
)


@pytest.mark.parametrize(("name", "text"), [("foci.txt", SLEUTH), ("foci.csv", TABLE)])
def test_evidence__of_a_text_gives_the_same_analysis(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    studyset, _ = read(tmp_path / name)
    assert same(studyset, again(tmp_path, studyset))


def test_evidence__of_nimads_gives_the_same_analysis(tmp_path):
    studyset = Studyset(pain_studyset_path())
    back = again(tmp_path, studyset)
    assert same(studyset, back)
    first, second = (ALE().fit(s) for s in (studyset, back))
    np.testing.assert_array_equal(first.map.ma.log_sum, second.map.ma.log_sum)
    np.testing.assert_array_equal(first.p.values, second.p.values)


def test_evidence__keeps_groups_tags_matrices_and_sizes_that_are_means(tmp_path):
    metadata = {"subject_group": "g", "talairach_matrix": "spm", "sample_sizes": [20, 21, 20]}
    tree = nimads_tree(
        {"a": [{**nimads_analysis("1", space="TAL"), "metadata": metadata}], "b": []}
    )
    note = {"study": "a", "analysis": "1", "note": {"task": "pain", "included": True, "n": 3}}
    tree["annotations"] = [{"id": "x", "name": "x", "notes": [note]}]
    studyset = Studyset(tree)
    assert studyset.n_subjects[0] == 61 / 3
    assert same(studyset, again(tmp_path, studyset))


def test_evidence__keeps_a_size_that_nimads_cannot(tmp_path):
    experiment = ExperimentRecord("s", "1", (FocusRecord((1, 2, 3), "MNI"),), 20.12345, "x")
    studyset = Studyset(StudysetRecord.of([experiment], "x", "0", (), (1, 1)))
    assert same(studyset, again(tmp_path, studyset))


def test_evidence__keeps_the_space_that_was_assumed(tmp_path):
    (tmp_path / "foci.txt").write_text(sleuth_text([(["A 2001"], 9, [(1, 2, 3)])], None))
    studyset, _ = read(tmp_path / "foci.txt", space="TAL")
    back = again(tmp_path, studyset)
    assert same(studyset, back)
    assert back.n_converted == 1
    assert back.record.options["space"] == "TAL"


@settings(max_examples=25)
@given(experiments=sleuth_experiments())
def test_evidence__of_any_sleuth_text_gives_the_same_analysis(tmp_path, experiments):
    (tmp_path / "foci.txt").write_text(sleuth_text(experiments), encoding="utf-8")
    studyset, _ = read(tmp_path / "foci.txt")
    assert same(studyset, again(tmp_path, studyset))


@pytest.mark.parametrize(
    "name",
    [
        "enge2021_semantics/input/all.txt",
        "pyale_nat30/input/nat.txt",
        "yanes2018_cannabis/input/CannabisMinusControl.txt",
        "jale_example/experiment_info.xlsx",
    ],
)
def test_evidence__of_real_files_gives_the_same_analysis(corpus, tmp_path, name):
    studyset, _ = read(corpus / name)
    assert same(studyset, again(tmp_path, studyset))


def test_evidence__is_nimads_for_everybody_else(tmp_path):
    studyset = Studyset(pain_studyset_path())
    read_as_file, problems = read(written(tmp_path, studyset) / EVIDENCE_NAME)
    assert [dataclasses.replace(e, file="", line=None) for e in read_as_file] == [
        dataclasses.replace(e, file="", line=None) for e in studyset
    ]
    assert not [problem for problem in problems if problem.severity == "error"]


def test_read_evidence_file__says_what_to_do_with_an_old_folder(tmp_path):
    with pytest.raises(InputMissingError, match=r"has no evidence\.json.*run the analysis again"):
        read_evidence_file(tmp_path)


def test_read_evidence_file__refuses_a_format_of_the_future(tmp_path):
    studyset = Studyset(pain_studyset_path())
    path = written(tmp_path, studyset) / EVIDENCE_NAME
    tree = json.loads(path.read_text())
    tree["focale"]["format"] = 9
    path.write_text(json.dumps(tree))
    with pytest.raises(ReadError, match="format 9, and this version knows 1"):
        read_evidence_file(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"focale": {"format": 1}}', "null"])
def test_read_evidence_file__refuses_what_focale_did_not_write(tmp_path, text):
    (tmp_path / EVIDENCE_NAME).write_text(text)
    with pytest.raises(ReadError, match=r"evidence\.json is not .*run the analysis again"):
        read_evidence_file(tmp_path)
