"""Nobody is on both sides of a contrast."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from focale import Studyset
from focale.contrasts.sides import sides_of, units_of
from focale.errors import ArgumentError, EvidenceError
from tests.contrasts.conftest import mapped
from tests.fixtures_pain import studyset_of
from tests.strategies import nimads_analysis, nimads_tree

FIRST = {
    "alpha": [[(0, 0, 0), (6, 0, 0)]],
    "beta": [[(0, 6, 0), (6, 6, 0)]],
    "gamma": [[(0, 0, 6), (6, 0, 6)]],
}
SECOND = {
    "delta": [[(-6, 0, 0), (6, -6, 0)]],
    "epsilon": [[(0, -6, 0), (-6, 6, 0)]],
    "zeta": [[(0, -6, 6), (-6, 0, 6)]],
}


def sides(second, **more):
    return sides_of(studyset_of(FIRST), studyset_of(second), ("A", "B"), **more)


def test_sides_of__keeps_sides_that_share_nobody_as_they_are():
    found = sides(SECOND)
    assert found.first.study_ids.tolist() == list(FIRST)
    assert found.second.study_ids.tolist() == list(SECOND)
    assert (found.dropped, found.suspected) == ((), ())


@pytest.mark.parametrize(
    "name", ["beta", "BETA", " Beta ", "be\u0301ta", "\u00a0b\u00e9ta"], ids=ascii
)
def test_sides_of__one_subject_group_on_both_sides_is_refused(name):
    first = {**FIRST, "b\u00e9ta": [[(9, 9, 9)]]}
    with pytest.raises(EvidenceError) as refused:
        sides_of(studyset_of(first), studyset_of({**SECOND, name: [[(1, 1, 1)]]}), ("A", "B"))
    message = str(refused.value)
    assert message.startswith("A and B share 1 experiment or subject group (")
    assert "participants of 'b" in message
    assert "--drop-shared" in message
    assert "--group" in message


def test_sides_of__one_list_of_foci_under_two_names_is_refused():
    copy = [(6.0, 6.0, 0.0), (0.0, 6.0, 0.0)]  # another order
    with pytest.raises(EvidenceError, match=r"'beta-1' reports the foci of 'eta-1'"):
        sides({**SECOND, "eta": [copy]})


def test_sides_of__one_focus_in_common_is_no_copy():
    first = studyset_of({**FIRST, "one": [[(1, 2, 3)]]})
    second = studyset_of({**SECOND, "other": [[(1, 2, 3)]]})
    assert len(sides_of(first, second).second) == 4


def test_sides_of__drops_what_is_shared_from_both_and_says_so():
    first = studyset_of({**FIRST, "theta": [[(9, 0, 9)]]})
    second = studyset_of({**SECOND, "Gamma": [[(9, 9, 9)]], "eta": FIRST["alpha"]})
    found = sides_of(first, second, shared="drop")
    assert found.first.study_ids.tolist() == ["beta", "theta"]
    assert found.second.study_ids.tolist() == list(SECOND)
    assert found.dropped == ("participants of 'gamma'", "'alpha-1' reports the foci of 'eta-1'")
    assert found.reported == (first, second)


@pytest.mark.parametrize("by_study", [False, True])
def test_sides_of__a_study_with_other_groups_is_shared_where_the_protocol_counts_studies(by_study):
    def side(studies, group):
        tree = nimads_tree({name: [nimads_analysis("1", foci[0], n=9)] for name, foci in studies})
        record = Studyset(tree).record
        experiments = tuple(
            replace(e, subject_group=group) if e.study_id == "both" else e
            for e in record.experiments
        )
        return Studyset(replace(record, experiments=experiments))

    first = side([*FIRST.items(), ("both", [[(9, 9, 9)]])], "patients")
    second = side([*SECOND.items(), ("both", [[(9, 9, 0)]])], "controls")
    if by_study:
        with pytest.raises(EvidenceError, match="participants of 'both'"):
            sides_of(first, second, by_study=True)
    else:
        assert len(sides_of(first, second).first) == 4


def test_sides_of__an_evidence_base_beside_itself_leaves_nothing():
    with pytest.raises(EvidenceError, match="A and B share 3 experiments or subject groups"):
        sides(FIRST)
    with pytest.raises(EvidenceError, match="every experiment of A is on both sides"):
        sides(FIRST, shared="drop")


@pytest.mark.parametrize("second", [{"delta": SECOND["delta"]}, {"delta": [[]], "eta": [[]]}])
def test_sides_of__needs_two_independent_experiments_with_foci(second):
    with pytest.raises(EvidenceError, match=r"B has [01] independent experiments? with foci"):
        sides(second)


def test_sides_of__experiments_of_one_group_are_one():
    with pytest.raises(EvidenceError, match="B has 1 independent experiment with foci"):
        sides({"delta": [[(1, 1, 1)], [(2, 2, 2)], [(3, 3, 3)]]})


def test_sides_of__two_spaces_are_refused():
    elsewhere = SimpleNamespace(target="another space")  # there is one target so far
    with pytest.raises(ArgumentError, match=r"different spaces .* and another space"):
        sides_of(studyset_of(FIRST), elsewhere)


def test_sides_of__an_unknown_wish_is_refused():
    with pytest.raises(ArgumentError, match="shared"):
        sides(SECOND, shared="keep")


def test_sides_of__hostile_and_equal_names_stay_on_a_line_and_apart():
    evil = "a\x1b[2J\n" + "long " * 30
    found = sides_of(studyset_of(FIRST), studyset_of(SECOND), (evil, evil))
    assert found.names[0] != found.names[1]
    for name in found.names:
        assert len(name) <= 44
        assert name.isprintable()


# ------------------------------------------------------------- perhaps the same participants


def sample(name, n):
    return {name: [([(3, 3, 3), (9, 0, 3)], n)]}


def test_sides_of__one_paper_with_as_many_participants_is_suspected_and_kept():
    first = studyset_of({**FIRST, **sample("Smith 2001", 17)})
    second = studyset_of({**SECOND, "Smith et al., 2001": [([(-3, 3, 3), (9, 0, -3)], 17)]})
    found = sides_of(first, second, ("A", "B"))
    assert found.suspected == ("'Smith 2001-1' of A and 'Smith et al., 2001-1' of B",)
    assert len(found.first) == len(found.second) == 4


@pytest.mark.parametrize(
    ("name", "n"), [("Smith 2001b", 17), ("Smith 2002", 17), ("Smith, 2001", 18)]
)
def test_sides_of__another_paper_or_number_is_not_suspected(name, n):
    first = studyset_of({**FIRST, **sample("Smith 2001", 17)})
    second = studyset_of({**SECOND, name: [([(-3, 3, 3), (9, 0, -3)], n)]})
    assert sides_of(first, second).suspected == ()


# --------------------------------------------------------------------------------- units


def test_units_of__do_not_depend_on_the_order_of_experiments():
    rng = np.random.default_rng(5)
    studies = {
        f"s{i}": [np.round(rng.uniform(-9, 9, (2, 3)), 1).tolist() for _ in range(1 + i % 2)]
        for i in range(6)
    }
    studies["none"] = [[], [(1, 1, 1)]]
    forward = mapped(studyset_of(studies).pooled("keep"))
    backward = mapped(studyset_of({n: own[::-1] for n, own in list(studies.items())[::-1]}))
    named = []
    for side in (forward, backward):
        ma, names = units_of(side)
        groups = side.studyset.subject_groups
        assert ma.n_experiments == len(names) == len(groups) == 7
        entries = [tuple(map(tuple, ma.entries(i))) for i in range(7)]
        named.append(dict(zip(map(int, names), entries, strict=True)))
    assert named[0] == named[1]
