"""One change at a time: steps add up, whatever the changes do to each other."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focale.comparison.attribution import attribute, causes, moves
from focale.comparison.changes import SettingChange
from focale.comparison.outcome import Outcome
from focale.errors import EvidenceError
from focale.space.voxelmap import VoxelMap
from tests.fixtures_pain import box_mask

MASK = box_mask((4, 4, 4))
FEW = settings(max_examples=25)
CHANGES = tuple(SettingChange(name, 0, 1) for name in ("pooling", "placement", "null", "seed"))


def outcome(listed, ale=None):
    """A reading that lists voxels, each a cluster of its own with its own place as peak."""
    voxels = np.array(sorted(listed), dtype=np.int64)
    values = np.ones(MASK.n_voxels) if ale is None else np.asarray(ale, dtype=float)
    return Outcome(
        mode="inferential",
        stat=VoxelMap(values, MASK),
        clusters=tuple(voxels[i : i + 1] for i in range(voxels.size)),
        peaks_mm=tuple((float(v), 0.0, 0.0) for v in voxels),
        voxels={"listed": voxels, "uncorrected": voxels[::2], "fdr": voxels[:1]},
        uncertain=(),
    )


@st.composite
def readings(draw):
    """What each set of changes gives: any voxels, whatever the other sets give."""
    n = draw(st.integers(1, len(CHANGES)))
    known = {}

    def recompute(done):
        if done not in known:
            known[done] = outcome(draw(st.sets(st.integers(0, 20), max_size=12)))
        return known[done]

    return CHANGES[:n], recompute


@FEW
@given(drawn=readings())
def test_attribute__steps_add_up_to_the_whole_difference(drawn):
    changes, recompute = drawn
    steps, outcomes = attribute(changes, recompute)
    old, new = recompute(frozenset()), recompute(frozenset(changes))
    assert outcomes[0] is old
    assert outcomes[-1] is new
    for level in ("listed", "uncorrected", "fdr"):
        effects = [step.effects[level] for step in steps]
        before, after = old.voxels[level], new.voxels[level]
        assert effects[0].before == before.size
        assert effects[-1].after == after.size
        for first, second in pairwise(effects):
            assert first.after == second.before
        assert sum(e.gained - e.lost for e in effects) == after.size - before.size
        differing = set(before.tolist()) ^ set(after.tolist())
        assert sum(e.explains for e in effects) == len(differing)


@FEW
@given(drawn=readings())
def test_attribute__alone_is_the_old_reading_with_this_change_only(drawn):
    changes, recompute = drawn
    steps, outcomes = attribute(changes, recompute)
    old = set(outcomes[0].voxels["listed"].tolist())
    for step, change in zip(steps, changes, strict=True):
        new = set(recompute(frozenset([change])).voxels["listed"].tolist())
        assert step.alone["listed"] == (len(new - old), len(old - new))


@FEW
@given(drawn=readings())
def test_attribute__the_first_step_alone_is_the_first_step(drawn):
    steps, _ = attribute(*drawn)
    effect = steps[0].effects["listed"]
    assert steps[0].alone["listed"] == (effect.gained, effect.lost)


@FEW
@given(drawn=readings())
def test_causes__put_each_voxel_that_differs_down_to_one_step(drawn):
    changes, recompute = drawn
    _, outcomes = attribute(changes, recompute)
    before, after = (set(outcomes[i].voxels["listed"].tolist()) for i in (0, -1))
    for voxel in before ^ after:
        states = [voxel in o.voxels["listed"] for o in outcomes]
        last = max(i for i in range(len(changes)) if states[i] != states[i + 1])
        assert causes(outcomes, np.array([voxel])) == {last: 1}


def test_attribute__of_no_change_is_the_old_reading_alone():
    steps, outcomes = attribute((), lambda done: outcome([1, 2]))
    assert steps == []
    assert len(outcomes) == 1


def test_attribute__counts_clusters_gained_lost_and_moved():
    readings = {0: outcome([1, 2, 3]), 1: outcome([2, 3, 4, 5])}
    ((step,), _) = attribute(CHANGES[:1], lambda done: readings[len(done)])
    assert step.clusters == (2, 1, 0)


def test_attribute__what_cannot_be_computed_alone_is_done_with_the_next():
    def recompute(done):
        if done == frozenset(CHANGES[:2]) or done == frozenset([CHANGES[2]]):
            raise EvidenceError("nothing is left")
        return outcome(range(len(done)))

    steps, outcomes = attribute(CHANGES[:3], recompute)
    assert [step.changes for step in steps] == [CHANGES[:1], CHANGES[1:3]]
    assert steps[1].why_together == "nothing is left"
    assert len(outcomes) == 3


def test_attribute__a_change_that_cannot_be_made_alone_says_so():
    def recompute(done):
        if done == frozenset([CHANGES[1]]):
            raise EvidenceError("nothing is left")
        return outcome(range(len(done)))

    steps, _ = attribute(CHANGES[:2], recompute)
    assert steps[1].alone is None


def test_attribute__a_new_reading_that_cannot_be_made_is_an_error():
    def recompute(done):
        if done:
            raise EvidenceError("nothing is left")
        return outcome([1])

    with pytest.raises(EvidenceError, match="nothing is left"):
        attribute(CHANGES[:1], recompute)


def test_moves__are_the_steps_that_move_the_largest_ale_within_the_voxels():
    def with_top(voxel):
        values = np.zeros(MASK.n_voxels)
        values[voxel] = 2
        values[60] = 9  # outside of what is looked at
        return outcome([1], values)

    outcomes = [with_top(v) for v in (3, 3, 5, 5, 3)]
    assert moves(outcomes, np.array([3, 4, 5])) == [1, 3]
