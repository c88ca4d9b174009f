"""Experiments told apart, and several sources made one."""

from __future__ import annotations

import hashlib
import time

from hypothesis import given
from hypothesis import strategies as st

from focale.io.join import join_records, told_apart
from focale.io.problems import Problem
from focale.io.records import ExperimentRecord, FocusRecord, StudysetRecord


def experiment(study, contrast="1", line=1, file="a.txt", name=""):
    foci = (FocusRecord((1.0, 2.0, float(line)), "MNI"),)
    return ExperimentRecord(study, contrast, foci, 12.0, file, line, name)


def record(source, *experiments, problems=(), found=None, **more):
    n = len(experiments)
    return StudysetRecord.of(experiments, source, source * 2, problems, found or (n, n), **more)


def test_told_apart__leaves_different_experiments_as_they_are():
    experiments = [experiment("a"), experiment("a", "2"), experiment("b")]
    assert told_apart(experiments) == (experiments, [])


def test_told_apart__equal_ones_are_numbered_and_named():
    kept, problems = told_apart(
        [
            experiment("Smith", "A", 2, name="Smith: A"),
            experiment("Smith", "A", 7, name="Smith: A"),
            experiment("Smith", "A", 9, name="Smith: A"),
        ]
    )
    assert [e.id for e in kept] == ["Smith-A", "Smith-A (2)", "Smith-A (3)"]
    assert [e.foci[0].mm[2] for e in kept] == [2, 7, 9]
    assert [p.code for p in problems] == ["repeated-header"] * 2
    assert [(p.line, p.found) for p in problems] == [(7, "Smith: A"), (9, "Smith: A")]
    assert problems[0].severity == "warning"
    assert all(words in str(problems[0]) for words in ("a.txt:7", "a.txt:2", "both are kept"))


def test_told_apart__numbers_do_not_collide_with_written_ones():
    kept, _ = told_apart([experiment("a", "1 (2)"), *(experiment("a") for _ in range(3))])
    assert [e.id for e in kept] == ["a-1 (2)", "a-1", "a-1 (3)", "a-1 (4)"]


def test_told_apart__identifiers_that_are_glued_to_the_same_text_differ():
    kept, problems = told_apart([experiment("a-b", "c"), experiment("a", "b-c")])
    assert [e.id for e in kept] == ["a-b-c", "a-b-c (2)"]
    assert len(problems) == 1


def test_told_apart__takes_no_quadratic_time():
    start = time.perf_counter()
    kept, problems = told_apart([experiment("a")] * 5000)
    assert time.perf_counter() - start < 2
    assert (len(kept), len(problems)) == (5000, 4999)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "a-1", "1", "a-1 (2)"]), st.sampled_from(["1", "1 (2)", "a"])
        )
    )
)
def test_told_apart__keeps_every_experiment_in_order_under_its_own_id(names):
    experiments = [experiment(*pair, line=i) for i, pair in enumerate(names)]
    kept, _ = told_apart(experiments)
    assert len({e.id for e in kept}) == len(kept) == len(experiments)
    assert [e.line for e in kept] == list(range(len(names)))


# ------------------------------------------------------------------------------ join


def test_join_records__of_one_is_that_one():
    one = record("a.txt", experiment("a"))
    assert join_records([one]) is one


def test_join_records__keeps_experiments_counts_and_problems_of_all():
    left_out = Problem(
        severity="warning", code="x", what="y", experiments_left_out=1, foci_left_out=3
    )
    joined = join_records(
        [
            record("a.txt", experiment("a"), format="Sleuth text"),
            record(
                "b.txt", experiment("b"), problems=[left_out], found=(2, 4), format="Sleuth text"
            ),
        ]
    )
    assert [e.id for e in joined.experiments] == ["a-1", "b-1"]
    assert joined.source == "a.txt + b.txt"
    assert joined.format == "Sleuth text"
    assert joined.problems == (left_out,)
    assert (joined.reconciliation.experiments_found, joined.reconciliation.foci_found) == (3, 5)
    assert joined.is_reconciled


def test_join_records__experiments_of_one_name_in_two_files_are_kept_apart():
    joined = join_records(
        [
            record("a.txt", experiment("Sui 2010", file="a.txt", line=3)),
            record("b.txt", experiment("Sui 2010", file="b.txt", line=5)),
        ]
    )
    assert [e.id for e in joined.experiments] == ["Sui 2010-1", "Sui 2010-1 (2)"]
    assert str(joined.problems[0]).startswith('b.txt:5, experiment "Sui 2010-1 (2)": ')
    assert "a.txt:3" in str(joined.problems[0])
    assert joined.is_reconciled


def test_join_records__descriptions_of_a_study_are_put_together():
    joined = join_records(
        [
            record("a.txt", experiment("a"), studies={"a": {"year": 2001}}),
            record("b.txt", experiment("b"), studies={"a": {"year": 1999, "doi": "10.1/x"}}),
        ]
    )
    assert joined.studies == {"a": {"year": 2001, "doi": "10.1/x"}}


def test_join_records__fingerprint_depends_on_the_order():
    a, b = record("a.txt", experiment("a")), record("b.txt", experiment("b"))
    assert join_records([a, b]).sha256 == hashlib.sha256(b"a.txta.txtb.txtb.txt").hexdigest()
    assert join_records([a, b]).sha256 != join_records([b, a]).sha256
