"""What the answers about robustness say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from focale import Protocol, Questions, examine, infer, interpretation, methods
from focale.report.language import find_claims
from focale.report.robustness_text import robustness_sentences
from focale.robustness.answers import Removals, Robustness
from focale.robustness.fail_safe import FailSafe
from focale.robustness.leave_out import LeftOut
from focale.robustness.removals import Removal
from focale.robustness.units import Units
from tests.fixtures_ten import *  # noqa: F403

STUDIES = Units("study", ("Abe\n2001", "Bo", "Cy"), np.arange(3))


def left_out(survives, n_new=(0, 0, 0), units=STUDIES):
    survives = np.array(survives, dtype=bool)
    share = survives.astype(float)
    p = np.where(survives, 1 / 201, 1.0)
    return LeftOut(units, survives, share, 0 * share, p, np.array(n_new))


def answered(result, **answers):
    return replace(result, robustness=Robustness(questions=Questions(), **answers))


@pytest.fixture(scope="module")
def inferred(pain):
    return infer(pain, Protocol(iterations=200))


def said(result, **answers):
    return " ".join(robustness_sentences(answered(result, **answers)))


def test_robustness_sentences__say_which_cluster_goes_without_whom(inferred):
    everywhere, nowhere, without_two = [1, 1, 1], [0, 0, 0], [0, 1, 0]
    survives = np.array([everywhere, everywhere, nowhere, without_two]).T
    text = said(inferred, left_out=(left_out(survives, n_new=[0, 2, 0]),))
    assert text == (
        "With each study left out in turn and the whole test made anew (its own null and "
        "threshold, the same seed), clusters 1 and 2 survive every time; cluster 3 never "
        "survives; cluster 4 does not survive without Abe 2001 or Cy; one removal lets a cluster "
        "appear."
    )


def test_robustness_sentences__say_where_other_random_numbers_may_decide_otherwise(inferred):
    p = np.full((3, 6), 1 / 201)
    p[1, 5], p[2, 5], p[0, 3] = 0.06, 0.045, 0.5
    found = LeftOut(STUDIES, p <= 0.05, 1.0 * (p <= 0.05), 0 * p, p, np.zeros(3, dtype=int))
    text = said(inferred, left_out=(found,))
    assert "cluster 6 does not survive without Bo." in text
    assert text.endswith(
        "Other random numbers may decide otherwise of cluster 6 without Bo or Cy: alpha lies in "
        "the 95% Monte Carlo interval of that p."
    )
    assert "Other random numbers" not in said(inferred, left_out=(left_out(np.ones((3, 6))),))


def test_robustness_sentences__of_a_description_speak_of_display(pain8_described):
    text = said(pain8_described, left_out=(left_out([[1], [1], [0]]),))
    assert text == (
        "With each study left out in turn and the rule of display applied anew, cluster 1 is not "
        "displayed without Cy."
    )


def test_robustness_sentences__say_whether_a_set_is_the_smallest(inferred):
    found = [Removal((1,), True, 3), Removal((0, 2), False, 3), Removal((), False, 2)]
    removals = Removals(units=STUDIES, of_clusters=tuple(found), exact_up_to=0)
    assert said(inferred, removals=(removals,)) == (
        "The smallest set of studies found without which a cluster does not survive, cluster 1: "
        "one study (Bo); cluster 2: at most two studies (Abe 2001 and Cy); cluster 3: none. "
        '"At most": smaller sets that were not tried may do the same.'
    )


def test_robustness_sentences__name_a_few_of_many(inferred):
    many = Units("lab", tuple(f"L{i}" for i in range(9)), np.arange(9))
    text = said(inferred, left_out=(left_out([[0]] * 8 + [[1]], [0] * 9, many),))
    assert "without L0, L1, L2, L3, L4, L5 or 2 more." in text
    assert text.startswith("With each lab left out")


def test_robustness_sentences__tell_shares_of_samples_and_what_they_are_not(ten_tested):
    text = " ".join(robustness_sentences(examine(ten_tested, Questions(parts=("stability",)))))
    assert text.startswith(
        "Share of all 45 subsamples of 8 of 10 subject groups in which some voxel of a cluster "
        "has an uncorrected p of at most 0.001 in the null of its own experiments: cluster 1 "
    )
    assert text.endswith("not the chance that another review would find the same.")


def test_robustness_sentences__of_a_description_tell_how_often_it_is_displayed(pain8_described):
    asked = Questions(parts=("stability",), n_replicates=10)
    text = " ".join(robustness_sentences(examine(pain8_described, asked)))
    assert "in which some voxel of a cluster has enough ALE to be displayed: cluster 1 " in text
    assert find_claims(text) == []


def test_robustness_sentences__tell_fail_safe_n_with_its_interval_and_caution(inferred):
    values = np.tile(np.array([[5], [7], [50]]), 6)
    found = FailSafe(values, 0, 50, "size", 0.05, 1000, 0)
    text = said(inferred, fail_safe=found)
    assert "(3 lists of up to 50, with sample sizes" in text
    assert "cluster 1 outlasts 7 (5 to 50);" in text
    assert "in the median with its 75% interval." in text
    assert "irrelevant, not contradicting" in text
    beyond = FailSafe(np.full((3, 6), 50), 0, 50, "size", 0.05, 1000, 0)
    assert "cluster 6 outlasts at least 50 (50 to 50)" in said(inferred, fail_safe=beyond)


def test_methods__say_how_the_answers_were_found(ten_tested):
    asked = Questions(n_replicates=5, n_lists=2, most_noise=3)
    text = methods(examine(ten_tested, asked), "1.0")
    for words in (
        "Experiments were left out one at a time and the whole test made anew",
        "each was tried alone, and beyond that the one with the largest share",
        "The stability of the map is the share of 5 random subsamples of 8 of 10 subject groups",
        "Fail-safe N (Acar et al., 2018) was searched by bisection between 0 and 3 noise "
        "experiments in 2 nested lists",
    ):
        assert words in text
    assert "left out one at a time" not in methods(ten_tested, "1.0")


def test_robustness_sentences__say_nothing_where_nothing_was_asked(inferred):
    assert robustness_sentences(inferred) == []


def test_interpretation__tells_the_answers_in_place_of_the_same_threshold(inferred):
    before = interpretation(inferred)
    after = interpretation(answered(inferred, left_out=(left_out(np.ones((3, 6))),)))
    assert "it does not test them anew" in before
    assert "it does not test them anew" not in after
    assert "clusters 1, 2, 3, 4, 5 and 6 survive every time" in after


def test_interpretation__of_an_examined_description_claims_nothing(pain8_described):
    text = interpretation(examine(pain8_described))
    assert "the rule of display applied anew" in text
    assert find_claims(text) == []
