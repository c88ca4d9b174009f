"""What is in more than one set: experiments by content, participants by name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from focale import ALE, conjunction, fwe, infer
from focale.conjoining.shared import Shared, check_different, shared_by
from focale.conjoining.tested_set import TestedSet
from focale.errors import EvidenceError
from focale.space.mask import Mask
from tests.fixtures_pain import studyset_of
from tests.fixtures_sets import a_set

A, B = [(0, 0, 10), (4, 8, 0)], [(2, -6, 0), (9, 9, 9)]
ONE = [(5, 5, 5)]


@pytest.fixture
def of(small_mask_path):
    """Sets from studies, hardly tested."""
    mask = Mask.from_image(small_mask_path)

    def made(name, studies):
        return TestedSet(
            name=name, corrected=fwe(ALE(mask=mask).fit(studyset_of(studies)), n_iterations=1)
        )

    return made


def test_shared_by__an_experiment_is_the_same_under_any_name(of):
    sets = [of("x", {"s": [A], "t": [B]}), of("y", {"other": [list(reversed(A))], "u": [ONE]})]
    assert shared_by(sets) == (Shared("experiment", "s-1", (0, 1)),)


def test_shared_by__another_sample_size_is_another_experiment(of):
    sets = [of("x", {"s": [(A, 10)], "t": [B]}), of("y", {"v": [(A, 11)], "u": [ONE]})]
    assert shared_by(sets) == ()


def test_shared_by__one_focus_must_have_the_name_too(of):
    both = [of("x", {"s": [ONE], "t": [B]}), of("y", {"v": [ONE], "u": [A]})]
    assert shared_by(both) == ()
    named = [of("x", {"s": [ONE], "t": [B]}), of("y", {"s": [ONE], "u": [A]})]
    assert shared_by(named) == (Shared("experiment", "s-1", (0, 1)),)


def test_shared_by__other_experiments_of_the_same_participants_are_named(of):
    sets = [of("x", {"s": [A], "t": [B]}), of("y", {"s": [ONE], "u": [[(1, 2, 3), (3, 2, 1)]]})]
    assert shared_by(sets) == (Shared("subject group", "s", (0, 1)),)


def test_shared_by__says_in_which_of_three_sets(of):
    sets = [
        of("x", {"s": [A], "t": [B]}),
        of("y", {"u": [ONE], "t": [[(8, 8, 8), (1, 1, 1)]]}),
        of("z", {"s": [A], "t": [[(7, 7, 7), (1, 0, 1)]]}),
    ]
    assert shared_by(sets) == (
        Shared("experiment", "s-1", (0, 2)),
        Shared("subject group", "t", (0, 1, 2)),
    )


def test_shared_by__looks_into_pooled_experiments(small_mask_path, of):
    mask = Mask.from_image(small_mask_path)
    pooled = studyset_of({"s": [A, B], "t": [ONE]}).pooled("pool")
    first = TestedSet(name="x", corrected=fwe(ALE(mask=mask).fit(pooled), n_iterations=1))
    found = shared_by([first, of("y", {"v": [B], "u": [[(1, 2, 3), (0, 0, 0)]]})])
    assert found == (Shared("experiment", "s-2", (0, 1)),)


def test_check_different__the_same_evidence_in_another_order_is_the_same(of):
    sets = [of("x", {"s": [A], "t": [B]}), of("y", {"t": [B], "s": [A]})]
    with pytest.raises(EvidenceError, match=r"x and y hold the same evidence \(2 experiments"):
        check_different(sets)
    check_different([sets[0], of("z", {"s": [A], "t": [B], "u": [ONE]})])


def test_conjunction__warns_and_does_not_refuse(set_protocol):
    one = infer(a_set(0), set_protocol, atlases=())
    more = infer(a_set(0, n_studies=13), replace(set_protocol, title="more"), atlases=())
    found = conjunction([one, more], atlases=())
    assert [s.kind for s in found.shared] == ["experiment"] * 12
