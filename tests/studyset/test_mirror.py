"""Studies that fit the others better with left and right exchanged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focale import Studyset, check
from focale.studyset.findings import MIRROR_SCORE
from focale.studyset.mirror import mirror_scores
from tests.fixtures_pain import studyset_of
from tests.naive import mirror as naive_mirror


def mirrored(studyset, study_id):
    """The studyset with left and right exchanged in one study, as a careless paper has it."""
    experiments = [
        replace(
            e,
            foci=tuple(replace(f, mm=(-f.mm[0], f.mm[1], f.mm[2])) for f in e.foci)
            if e.study_id == study_id
            else e.foci,
        )
        for e in studyset
    ]
    return Studyset(replace(studyset.record, experiments=tuple(experiments)))


def suspected(studyset):
    return [p.experiment for p in check(studyset) if p.code == "left-right-exchange"]


@pytest.fixture
def left_sided(rng):
    """Twelve studies with six foci each, all around six places on the left."""
    places = rng.uniform([-60, -70, -30], [-20, 50, 60], size=(6, 3))
    return studyset_of(
        {f"s{i}": [(places + rng.normal(0, 4, size=(6, 3))).round().tolist()] for i in range(12)}
    )


coordinate = st.integers(-45, 45).map(float)
studies = st.lists(
    st.lists(st.tuples(coordinate, coordinate, coordinate), max_size=5), min_size=1, max_size=6
)


@given(studies)
def test_mirror_scores__are_those_of_the_slow_way(given_studies):
    if not any(given_studies):
        given_studies[0] = [(1.0, 2.0, 3.0)]
    studyset = studyset_of({f"s{i}": [foci] for i, foci in enumerate(given_studies)})
    np.testing.assert_allclose(
        mirror_scores(studyset), naive_mirror.mirror_scores(given_studies), rtol=0, atol=1e-9
    )


def test_mirror_scores__of_real_studies_are_those_of_the_slow_way(pain):
    foci = np.split(pain.foci_mm, pain.offsets[1:-1])
    expected = naive_mirror.mirror_scores([own.tolist() for own in foci])
    np.testing.assert_allclose(mirror_scores(pain), expected, rtol=0, atol=1e-9)


def test_mirror_scores__change_sign_where_all_are_mirrored_but_one(left_sided):
    """The score of a study is minus that of its mirror image."""
    before, after = mirror_scores(left_sided), mirror_scores(mirrored(left_sided, "s3"))
    assert after[3] == pytest.approx(-before[3])


def test_mirror_scores__experiments_of_a_study_are_one():
    whole = studyset_of({"a": [[(40, 0, 0), (42, 0, 0)]], "b": [[(41, 2, 0)]]})
    parts = studyset_of({"a": [[(40, 0, 0)], [(42, 0, 0)]], "b": [[(41, 2, 0)]]})
    np.testing.assert_array_equal(mirror_scores(whole), mirror_scores(parts))


def test_mirror_scores__of_one_study_say_nothing():
    assert mirror_scores(studyset_of({"a": [[(40, 0, 0), (42, 0, 0)]]})).tolist() == [0.0]


def test_mirror_scores__of_a_bilateral_pattern_are_small(rng):
    places = rng.uniform([20, -70, -30], [60, 50, 60], size=(6, 3))
    both = np.concatenate([places, places * [-1, 1, 1]])
    studyset = studyset_of({f"s{i}": [both.tolist()] for i in range(8)})
    np.testing.assert_allclose(mirror_scores(studyset), 0, atol=1e-9)


# ------------------------------------------------------------------ what is said about it


def test_check__finds_a_study_that_was_mirrored(left_sided):
    assert suspected(left_sided) == []
    for study in ("s0", "s5", "s11"):
        assert suspected(mirrored(left_sided, study)) == [f"{study}-1"]


def test_check__says_how_much_better_the_mirrored_study_fits(left_sided):
    studyset = mirrored(left_sided, "s5")
    (problem,) = [p for p in check(studyset) if p.code == "left-right-exchange"]
    score = mirror_scores(studyset)[5]
    assert score < MIRROR_SCORE
    assert problem.severity == "warning"
    assert problem.message == (
        'the 6 foci of study "s5" agree better with the other studies after left and right are '
        f"exchanged (log ratio {score:.1f}); look up the signs of x, and the side of the stimulus "
        "or the lesion"
    )


def test_check__four_foci_are_too_few_to_be_named(left_sided):
    few = {f"s{i}": [e.foci[:4]] for i, e in enumerate(left_sided)}
    studyset = studyset_of({study: [[f.mm for f in foci[0]]] for study, foci in few.items()})
    assert suspected(mirrored(studyset, "s5")) == []


def test_check__finds_a_mirrored_study_of_a_real_evidence_base(corpus):
    """enge2021, relatedness: language, so mostly on the left. None is found in it as it is."""
    studyset = Studyset(corpus / "enge2021_semantics" / "input" / "relatedness.txt")
    assert suspected(studyset) == []
    found = {
        e.study_id: suspected(mirrored(studyset, e.study_id)) == [e.id]
        for e in studyset
        if mirror_scores(studyset)[list(studyset.study_ids).index(e.study_id)] > -MIRROR_SCORE
    }
    assert len(found) >= 5
    assert all(found.values()), found
