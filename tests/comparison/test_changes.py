"""What differs between two readings, and the evidence with some of it done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from focale import Protocol
from focale.comparison.blending import blended
from focale.comparison.changes import (
    MOST_STUDIES,
    SettingChange,
    changes_between,
)
from focale.protocol.names import CHOICE_NAMES
from focale.studyset.model import Studyset
from tests.comparison.conftest import side
from tests.fixtures_pain import studyset_of

A, B, C, D = [(0, 0, 0)], [(10, 0, 0), (4, 4, 4)], [(20, 6, 8)], [(-20, 6, 8)]


def changes(old, new):
    return changes_between(side(studyset_of(old)), side(studyset_of(new)))


BASE = {"a": [A], "b": [B], "c": [C]}


@pytest.mark.parametrize(
    ("new", "kind", "words", "details"),
    [
        ({"a": [A], "b": [B], "c": [C], "d": [D]}, "added", "added: d", "1 experiment, 1 focus"),
        ({"a": [A], "b": [B]}, "dropped", "dropped: c", "1 experiment, 1 focus"),
        ({"a": [A], "b": [B], "x": [C]}, "renamed", "renamed: c -> x", ""),
        ({"a": [(A, 21)], "b": [B], "c": [C]}, "corrected", "corrected: a", "N 12 -> 21"),
        ({"a": [A], "b": [C + D], "c": [C]}, "corrected", "corrected: b", "2 foci changed"),
        ({"a": [A + B], "b": [B], "c": [C]}, "corrected", "corrected: a", "2 foci added"),
        ({"a": [A], "b": [B[:1]], "c": [C]}, "corrected", "corrected: b", "1 focus dropped"),
        (
            {"a": [A], "b": [(C + B[1:] + D, 30)], "c": [C]},
            "corrected",
            "corrected: b",
            "1 focus changed, 1 focus added and N 12 -> 30",
        ),
        (
            {"a": [A, D], "b": [B], "c": [C]},
            "corrected",
            "corrected: a",
            "experiment 2 added (1 experiment, 1 focus)",
        ),
        ({"a": [A], "b": [B[::-1]], "c": [C]}, "corrected", "corrected: b", "another order"),
        ({"c": [C], "a": [A], "b": [B]}, "reordered", "experiments in another order", ""),
    ],
)
def test_changes_between__says_what_happened_to_a_study(new, kind, words, details):
    (change,) = changes(BASE, new)
    assert (change.kind, change.words) == (kind, words)
    assert details in "; ".join(change.details)


def test_changes_between__of_equal_sides_are_none():
    assert changes(BASE, BASE) == ()


def test_changes_between__sees_spaces_groups_conversions_and_tags():
    old = studyset_of({"a": [B]})
    (experiment,) = old.record.experiments
    foci = tuple(replace(focus, space="TAL") for focus in experiment.foci)
    for change, details in (
        ({"foci": foci}, "space MNI -> TAL"),
        ({"subject_group": "g"}, "subject group not given -> g"),
        ({"talairach": "spm"}, "conversion not given -> spm"),
        ({"annotations": {"task": "pain"}}, "tags differ"),
        ({"n_subjects": None}, "N 12 -> not given"),
    ):
        new = Studyset(replace(old.record, experiments=(replace(experiment, **change),)))
        (found,) = changes_between(side(old), side(new))
        assert found.details == (details,)


def test_changes_between__hostile_names_stay_on_one_line():
    (change,) = changes({"a": [A], "e\x1b[2J\nvil": [B]}, {"a": [A]})
    assert change.words == "dropped: e[2J vil"


def test_changes_between__does_the_reader_then_studies_then_settings():
    old = side(studyset_of(BASE), Protocol.of_profile("nimare-0.22"))
    new = side(studyset_of({"a": [A], "b": [C], "d": [D]}), Protocol())
    found = changes_between(old, new)
    names = [c.name if isinstance(c, SettingChange) else c.kind for c in found]
    assert names[:4] == ["reading", "dropped", "corrected", "added"]
    settings = [c.name for c in found if isinstance(c, SettingChange)][1:]
    assert settings[-1] == "profile"
    assert settings[:-1] == [name for name in CHOICE_NAMES if name in settings]


def test_choice_names__are_all_choices():
    assert set(CHOICE_NAMES) == set(Protocol().choices)


def test_setting_change__says_its_values():
    old = side(studyset_of(BASE), Protocol(placement="nearest"))
    (change,) = changes_between(old, side(studyset_of(BASE)))
    assert change.words == "rounding of foci to voxels (placement): nearest -> exact"


def test_changes_between__a_description_that_was_asked_for_is_a_difference():
    old, new = side(studyset_of(BASE), is_described=True), side(studyset_of(BASE))
    (change,) = changes_between(old, new)
    assert change.words == "reading: described only -> as the protocol decides"
    assert blended(old, new, [change])[2] is False


def test_changes_between__many_studies_are_one_step_at_the_end():
    many = {f"s{i}": [[(i, 0, 0)]] for i in range(MOST_STUDIES + 5)}
    found = changes({"a": [A]}, {"a": [A], **many})
    assert len(found) == MOST_STUDIES + 1
    assert found[-1].words == "5 more studies added"
    assert found[-1].new == tuple(f"s{i}" for i in range(MOST_STUDIES, MOST_STUDIES + 5))
