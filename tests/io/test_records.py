"""What a file says, as frozen records."""

from __future__ import annotations

import dataclasses

import pytest

from focale.io.records import ExperimentRecord, FocusRecord, Problem, StudysetRecord


def experiment(study, contrast="1"):
    return ExperimentRecord(study, contrast, (FocusRecord((1.0, 2.0, 3.0), "MNI"),), 12.0, "here")


RECORD = StudysetRecord(
    experiments=(experiment("a"), experiment("a", "2"), experiment("b")),
    source="foci.txt",
    sha256="0" * 64,
    problems=(Problem("warning", "code", "foci.txt:3", "a message"),),
    studies={"a": {"year": 2001}, "b": {"year": 2002}},
)


def test_select__keeps_the_order_asked_for():
    assert [e.id for e in RECORD.select([2, 0]).experiments] == ["b-1", "a-1"]


def test_select__keeps_source_fingerprint_and_problems():
    selected = RECORD.select([2])
    assert (selected.source, selected.sha256, selected.problems) == (
        RECORD.source,
        RECORD.sha256,
        RECORD.problems,
    )


def test_select__keeps_the_descriptions_of_its_studies():
    assert RECORD.select([0, 1]).studies == {"a": {"year": 2001}}


def test_problem__reads_as_place_and_message():
    assert str(RECORD.problems[0]) == "foci.txt:3: a message"


@pytest.mark.parametrize("record", [RECORD, RECORD.experiments[0], RECORD.problems[0]])
def test_records__are_frozen(record):
    name = dataclasses.fields(record)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(record, name, None)
