"""What is left out at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from focale import Studyset
from focale.errors import ArgumentError
from focale.robustness.units import units_of, units_that_differ
from tests.fixtures_pain import studyset_of


def with_fields(studyset, name, values):
    """The studyset with one field of its experiments set."""
    record = studyset.record
    experiments = [
        replace(experiment, **{name: value})
        for experiment, value in zip(record.experiments, values, strict=True)
    ]
    return Studyset(replace(record, experiments=tuple(experiments)))


@pytest.fixture
def grouped():
    """Study a with two contrasts, b and c with one; b and c share their participants."""
    places = [(0, 0, 0), (4, 0, 0), (8, 0, 0), (0, 8, 0)]
    one, two, three, four = ([place] for place in places)
    studyset = studyset_of({"a": [one, two], "b": [three], "c": [four]})
    return with_fields(studyset, "subject_group", [None, None, "the same", "the same"])


def noted(grouped, *labs):
    notes = [{} if lab is None else {"Lab": lab} for lab in labs]
    return with_fields(grouped, "annotations", notes)


def test_units_of__experiments_groups_and_studies(grouped):
    found = {
        kind: units_of(grouped, kind).of_experiment.tolist()
        for kind in ("experiment", "subject_group", "study")
    }
    assert found == {
        "experiment": [0, 1, 2, 3],
        "subject_group": [0, 0, 1, 1],
        "study": [0, 0, 1, 2],
    }


def test_units_that_differ__are_all_three_only_where_they_are_three(grouped):
    assert [units.kind for units in units_that_differ(grouped)] == [
        "experiment",
        "subject_group",
        "study",
    ]
    one_each = studyset_of({"a": [[(0, 0, 0)]], "b": [[(4, 0, 0)]]})
    assert [units.kind for units in units_that_differ(one_each)] == ["experiment"]


def test_units_of__an_unknown_note_is_refused_with_what_there_is(grouped):
    with pytest.raises(ArgumentError, match=r"has a note .lab.*choose experiment, subject_group"):
        units_of(grouped, "lab")


def test_units_of__a_note_are_its_values(grouped):
    units = units_of(noted(grouped, "Ulm", " Bonn ", None, "Ulm"), "lab")
    assert units.names == ("Ulm", "Bonn")
    assert units.of_experiment.tolist() == [0, 1, -1, 0]
    assert units.experiments([0]).tolist() == [0, 3]


def test_units_of__a_pooled_experiment_has_the_note_its_members_agree_on(grouped):
    agreed = noted(grouped, "Ulm", "Ulm", "Bonn", "Jena").pooled()
    units = units_of(agreed, "lab")
    assert units.names == ("Ulm",)
    assert units.of_experiment.tolist() == [0, -1]


def test_experiments__of_units(grouped):
    units = units_of(grouped, "study")
    assert units.experiments([0, 2]).tolist() == [0, 1, 3]
    assert units.experiments([]).tolist() == []
    assert len(units) == 3
