"""The decision: from counts alone, with its reasons."""

from __future__ import annotations

import pytest

from focale import Protocol, Studyset, assess
from tests.fixtures_pain import studyset_of
from tests.strategies import nimads_analysis, nimads_tree

FOCUS = [(0, 0, 10)]


def studies(n, **kwargs):
    return studyset_of({f"s{i}": [FOCUS] for i in range(n)}, **kwargs)


@pytest.mark.parametrize(
    ("n", "mode"),
    [(1, "descriptive"), (16, "descriptive"), (17, "inferential"), (25, "inferential")],
)
def test_assess__the_mode_turns_at_the_minimum(n, mode):
    decision = assess(studies(n))
    assert decision.mode == mode
    assert decision.n_independent == n


def test_assess__says_why():
    assert assess(studies(16)).reason == (
        "16 independent studies with foci, and the protocol asks for at least 17: "
        "the reading is descriptive."
    )
    assert assess(studies(17)).reason == (
        "17 independent studies with foci, and the protocol asks for at least 17: "
        "an inferential reading is allowed."
    )
    assert assess(studies(1)).reason.startswith("1 independent study with foci, ")


def test_assess__the_protocol_sets_the_minimum():
    assert assess(studies(5), Protocol(min_experiments=5)).mode == "inferential"
    assert assess(studies(30), Protocol(min_experiments=31)).mode == "descriptive"


def test_assess__computes_no_map(monkeypatch, pain):
    def explode(*_args, **_kwargs):
        raise AssertionError("a map was computed")

    monkeypatch.setattr("focale.inference.ma_maps.model_activation", explode)
    monkeypatch.setattr("focale.estimators.estimator.model_activation", explode)
    monkeypatch.setattr("focale.inference.shapes.gaussian_footprint", explode)
    assert assess(pain).mode == "inferential"


def test_assess__a_study_counts_once_however_many_experiments():
    decision = assess(studyset_of({"a": [FOCUS, FOCUS, FOCUS], "b": [FOCUS]}))
    assert decision.n_independent == 2
    assert decision.remarks == (
        "4 experiments come from the participants of 2 studies. Contrasts of the same "
        "participants are not independent, so the experiments of a group are pooled into one.",
    )


@pytest.mark.parametrize(
    ("pooling", "said"),
    [
        ("pool", "so the experiments of a group are pooled into one."),
        ("first", "so the first experiment of each group stands for it."),
        ("keep", "but the protocol keeps them as if they were independent."),
    ],
)
def test_assess__says_what_is_done_with_experiments_of_the_same_participants(pooling, said):
    decision = assess(studyset_of({"a": [FOCUS, FOCUS], "b": [FOCUS]}), Protocol(pooling=pooling))
    assert decision.n_independent == 2  # whatever is done with them
    assert decision.remarks[0].endswith(said)


def of_groups(**groups_of_studies):
    """Studyset from study ids and the subject groups of their experiments."""
    return Studyset(
        nimads_tree(
            {
                study: [
                    nimads_analysis(
                        str(i), FOCUS, metadata={"sample_size": 12, "subject_group": group}
                    )
                    for i, group in enumerate(groups)
                ]
                for study, groups in groups_of_studies.items()
            }
        )
    )


@pytest.mark.parametrize(
    ("groups", "n_groups", "n_studies"),
    [
        ({"a": ["patients", "controls"], "b": [None]}, 3, 2),
        ({"a": ["same"], "b": ["same"], "c": [None]}, 2, 3),
        ({"a": [None], "b": ["a"]}, 1, 2),
        ({"a": ["x", "x"], "b": [None]}, 2, 2),
    ],
)
def test_assess__counts_subject_groups_or_studies(groups, n_groups, n_studies):
    studyset = of_groups(**groups)
    by_group, by_study = assess(studyset), assess(studyset, Protocol(independence="study"))
    assert (by_group.n_independent, by_study.n_independent) == (n_groups, n_studies)
    assert ("subject group" in by_group.reason) is (n_groups != n_studies)
    assert by_study.reason.startswith(f"{n_studies} independent stud")


def test_assess__a_study_without_foci_does_not_count():
    decision = assess(studyset_of({"a": [FOCUS], "b": [[]], "c": [[], FOCUS]}))
    assert decision.n_independent == 2
    assert any(
        remark.startswith("No foci are reported by 2 of 4 experiments (b-1, c-1); ")
        for remark in decision.remarks
    )


def test_assess__names_three_experiments_and_counts_the_rest():
    decision = assess(studyset_of({f"s{i}": [[]] for i in range(5)}))
    assert "(s0-1, s1-1, s2-1, and 2 more)" in decision.remarks[0]
    assert decision.n_independent == 0


def test_assess__remarks_on_missing_sample_sizes():
    (remark,) = assess(studyset_of({"a": [(FOCUS, None)], "b": [FOCUS]})).remarks
    assert remark == (
        "No sample size is given for 1 of 2 experiments (a-1); a width of the footprints must be "
        "declared (fwhm_mm in the protocol)."
    )


@pytest.mark.parametrize(("n", "low_power"), [(16, False), (17, True), (19, True), (20, False)])
def test_assess__remarks_on_power_between_the_minimum_and_twenty(n, low_power):
    remarks = " ".join(assess(studies(n)).remarks)
    assert ("power for moderate effects is low" in remarks) is low_power


def test_assess__remarks_on_converted_foci():
    tree = nimads_tree(
        {
            "a": [nimads_analysis("1", [(0, 0, 10), (4, 4, 4)], n=12, space="TAL")],
            "b": [nimads_analysis("1", FOCUS, n=12)],
        }
    )
    (remark,) = assess(Studyset(tree, talairach="spm")).remarks
    assert remark == (
        "Converted from Talairach coordinates: 2 of 3 foci, with the SPM matrix of "
        "Lancaster et al. (2007)."
    )


def test_assess__has_nothing_to_remark_on_a_plain_set(pain8):
    assert assess(pain8).remarks == ()


def test_assess__counts_one_study_in_the_singular():
    (remark,) = assess(studyset_of({"a": [FOCUS, FOCUS]})).remarks
    assert "2 experiments come from the participants of 1 study. " in remark
