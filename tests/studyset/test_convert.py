"""Coordinates of an evidence base written in one space."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from focale import Studyset, read
from focale.space.talairach import mni_to_talairach, talairach_to_mni
from focale.studyset.convert import in_space
from tests.strategies import nimads_analysis, nimads_tree

FOCI = [(10.0, 20.0, 30.0), (-40.0, -60.0, -20.0)]


@pytest.fixture
def mixed():
    """Study a in Talairach space, b in MNI space, c in both."""
    both = nimads_analysis("1", [FOCI[0]], n=12, space="TAL")
    both["points"].append({"coordinates": list(FOCI[1]), "space": "MNI152"})
    return Studyset(
        nimads_tree(
            {
                "a": [nimads_analysis("1", FOCI, n=12, space="TAL")],
                "b": [nimads_analysis("1", FOCI, n=12), nimads_analysis("2", [], n=12)],
                "c": [both],
            }
        )
    )


def millimetres(record):
    return np.array([focus.mm for e in record.experiments for focus in e.foci])


def test_in_space__mni_is_what_an_analysis_sees(mixed):
    record = in_space(mixed, "MNI")
    np.testing.assert_array_equal(millimetres(record), mixed.foci_mm)
    assert {focus.space for e in record.experiments for focus in e.foci} == {"MNI"}
    again = Studyset(record)
    assert again.n_converted == 0
    np.testing.assert_array_equal(again.foci_mm, mixed.foci_mm)


def test_in_space__foci_already_there_keep_their_numbers(mixed):
    """Not even the last digit of a float changes."""
    in_mni, in_tal = in_space(mixed, "MNI"), in_space(mixed, "TAL")
    assert [f.mm for f in in_mni.experiments[1].foci] == FOCI
    assert [f.mm for f in in_tal.experiments[0].foci] == FOCI
    assert in_tal.experiments[3].foci[0].mm == FOCI[0]
    np.testing.assert_allclose(
        [f.mm for f in in_tal.experiments[1].foci], mni_to_talairach(np.array(FOCI)), atol=1e-12
    )


@pytest.mark.parametrize("space", ["MNI", "TAL"])
def test_in_space__changes_nothing_but_places(mixed, space):
    record = in_space(mixed, space)
    for before, after in zip(mixed, record.experiments, strict=True):
        assert (before.id, before.n_subjects, before.name) == (
            after.id, after.n_subjects, after.name
        )  # fmt: skip
        assert len(before.foci) == len(after.foci)


@pytest.mark.parametrize("talairach", ["pooled", "spm", "fsl", "brett"])
@pytest.mark.parametrize("space", ["MNI", "TAL"])
def test_in_space__the_evidence_is_where_it_was(mixed, talairach, space):
    studyset = Studyset(mixed.record, talairach=talairach)
    again = Studyset(in_space(studyset, space), talairach=talairach)
    np.testing.assert_allclose(again.foci_mm, studyset.foci_mm, rtol=0, atol=1e-9)


@pytest.mark.parametrize("space", ["MNI", "TAL"])
def test_in_space__an_own_conversion_is_not_lost(tmp_path, space):
    """In MNI space it has done its work; in Talairach space it is still needed."""
    path = tmp_path / "f.txt"
    path.write_text(
        "// Reference=Talairach\n// A, 1: x\n// Subjects=9\n10 20 30\n\n"
        "// B, 2: x\n// Subjects=9\n10 20 30\n"
    )
    studyset, _ = read(path, talairach_of={"B, 2": "brett"})
    np.testing.assert_array_equal(
        studyset.foci_mm[1], talairach_to_mni(np.array([[10.0, 20, 30]]), "brett")[0]
    )
    record = in_space(studyset, space)
    np.testing.assert_allclose(Studyset(record).foci_mm, studyset.foci_mm, rtol=0, atol=1e-9)
    assert record.experiments[1].talairach == ("brett" if space == "TAL" else None)


@pytest.mark.parametrize("space", ["MNI", "TAL"])
def test_in_space__of_a_pooled_studyset_converts_once(mixed, space):
    pooled = Studyset(
        nimads_tree({"a": [nimads_analysis(str(i), [f], n=9, space="TAL")
                           for i, f in enumerate(FOCI)]})
    ).pooled()  # fmt: skip
    again = Studyset(in_space(pooled, space))
    np.testing.assert_allclose(again.foci_mm, pooled.foci_mm, rtol=0, atol=1e-9)
    assert again.ids.tolist() == pooled.ids.tolist()


def test_in_space__gives_the_published_peaks_of_enge2021(corpus, tmp_path):
    """Raw peaks as one table of 50 experiments, 21 of them Talairach; see corpus/README.md."""
    folder = corpus / "enge2021_semantics"
    with (folder / "raw_children_csv" / "_included.csv").open(newline="") as file:
        about = {row["experiment"]: row for row in csv.DictReader(file)}
    published = Studyset(folder / "input" / "all.txt")
    tree = {}
    for experiment in published:
        source = folder / "raw_children_csv" / f"{experiment.study_id}.csv"
        with source.open(encoding="utf-8-sig", newline="") as file:
            foci = [tuple(float(row[a]) for a in "xyz") for row in csv.DictReader(file)]
        row = about[experiment.study_id]
        tree[experiment.study_id] = [
            nimads_analysis("1", foci, n=int(row["n"]), space=row["peaks_space"])
        ]
    record = in_space(Studyset(nimads_tree(tree)), "MNI")
    n_tal = 0
    for ours, theirs in zip(record.experiments, published, strict=True):
        away = np.abs(np.array([f.mm for f in ours.foci]) - [f.mm for f in theirs.foci]).max()
        is_tal = about[ours.study_id]["peaks_space"] == "TAL"
        n_tal += is_tal
        assert away <= 0.001 if is_tal else away == 0
        assert ours.n_subjects == theirs.n_subjects
    assert n_tal == 21
