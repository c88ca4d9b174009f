"""What a file says, as frozen records."""

from __future__ import annotations

import dataclasses

import pytest

from focale.io.problems import Problem
from focale.io.records import ExperimentRecord, FocusRecord, Reconciliation, StudysetRecord


def experiment(study, contrast="1", **more):
    foci = (FocusRecord((1.0, 2.0, 3.0), "MNI", 7),)
    return ExperimentRecord(study, contrast, foci, 12.0, "here", **more)


def problem(about="", **more):
    return Problem(
        severity="warning",
        code="code",
        what="a message",
        file="foci.txt",
        line=3,
        experiment=about,
        **more,
    )


RECORD = StudysetRecord(
    experiments=(experiment("a"), experiment("a", "2"), experiment("b")),
    source="foci.txt",
    sha256="0" * 64,
    reconciliation=Reconciliation(3, 3),
    problems=(problem(),),
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


def test_select__keeps_the_counts_of_the_source():
    assert RECORD.select([2]).reconciliation == Reconciliation(3, 3)


def test_select__keeps_the_descriptions_of_its_studies():
    assert RECORD.select([0, 1]).studies == {"a": {"year": 2001}}


@pytest.mark.parametrize("about", ["b-1", "the name of b"])
def test_select__leaves_out_problems_of_the_others(about):
    b = experiment("b", name="the name of b")
    record = dataclasses.replace(
        RECORD, experiments=(experiment("a"), b), problems=(problem(about), problem("a-1"))
    )
    assert record.select([0]).problems == (problem("a-1"),)
    assert record.select([1]).problems == (problem(about),)


def test_select__keeps_problems_of_the_whole_file_when_nameless_experiments_go():
    assert RECORD.select([]).problems == RECORD.problems
    named = dataclasses.replace(RECORD.experiments[1], name="named")
    record = dataclasses.replace(RECORD, experiments=(RECORD.experiments[0], named))
    assert record.select([1]).problems == RECORD.problems


def test_problem__reads_as_place_and_message():
    assert str(RECORD.problems[0]) == "foci.txt:3: a message"


@pytest.mark.parametrize("record", [RECORD, RECORD.experiments[0], RECORD.problems[0]])
def test_records__are_frozen(record):
    name = dataclasses.fields(record)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(record, name, None)


def test_experiment__says_who_and_where_it_is():
    plain = experiment("a")
    assert (plain.id, plain.group, plain.where) == ("a-1", "a", "here")
    placed = experiment("a", line=14, subject_group="a and b")
    assert (placed.group, placed.where) == ("a and b", "here:14")


# ----------------------------------------------------------------- counts that add up


def test_of__counts_what_was_left_out_from_the_problems():
    lost = [problem(experiments_left_out=1, foci_left_out=4), problem(foci_left_out=2)]
    record = StudysetRecord.of([experiment("a")], "foci.txt", "0", lost, (2, 7))
    assert record.reconciliation == Reconciliation(2, 7, 1, 6)
    assert record.is_reconciled


@pytest.mark.parametrize("found", [(2, 1), (1, 2), (0, 1), (1, 0)])
def test_is_reconciled__is_false_where_something_is_missing(found):
    assert not StudysetRecord.of([experiment("a")], "foci.txt", "0", (), found).is_reconciled


def test_reconciliation__of_two_sources_is_their_sum():
    assert Reconciliation(1, 2, 3, 4) + Reconciliation(10, 20, 30, 40) == Reconciliation(
        11, 22, 33, 44
    )
