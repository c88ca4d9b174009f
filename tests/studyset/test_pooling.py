"""Experiments of the same participants made one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focale import ALE, Protocol, Studyset, describe
from focale.errors import ArgumentError
from focale.inference.ma_maps import model_activation
from focale.io.nimads import read_tree
from focale.studyset.pooling import pool
from tests.fixtures_pain import *  # noqa: F403
from tests.strategies import nimads_analysis, nimads_tree

HERE, THERE, FAR = (0, 0, 10), (10, 0, 10), (-30, 20, 40)


def analysis(name, foci, n=12, group=None, space="MNI", **more):
    """NIMADS analysis with a subject group and a name."""
    metadata = {} if n is None else {"sample_sizes": [n]}
    if group is not None:
        metadata["subject_group"] = group
    metadata |= more
    return nimads_analysis(name, foci, space=space, metadata=metadata, name=f"contrast {name}")


def record_of(studies):
    return read_tree(nimads_tree(studies), "dictionary")


@pytest.fixture
def three():
    """Study a with two contrasts of 20 and 12, study b with one."""
    return record_of(
        {
            "a": [analysis("1", [HERE, THERE], 20), analysis("2", [FAR], 12)],
            "b": [analysis("1", [FAR], 15)],
        }
    )


# ------------------------------------------------------------------ the three policies


def test_pool__joins_the_foci_of_a_study_in_their_order(three):
    first, second = pool(three).experiments
    assert [focus.mm for focus in first.foci] == [HERE, THERE, FAR]
    assert (first.study_id, first.contrast_id, first.group) == ("a", "2 experiments pooled", "a")
    assert first.name == "contrast 1; contrast 2"
    assert first.reported == three.experiments[:2]
    assert second is three.experiments[2]


@pytest.mark.parametrize(("pooled_n", "n"), [("min", 12), ("max", 20)])
def test_pool__sample_size_is_that_of_the_smallest_or_largest_member(three, pooled_n, n):
    assert pool(three, "pool", pooled_n).experiments[0].n_subjects == n


@pytest.mark.parametrize("pooled_n", ["min", "max"])
def test_pool__sizes_that_are_not_known_do_not_count(pooled_n):
    one_known = record_of({"a": [analysis("1", [HERE], None), analysis("2", [FAR], 14)]})
    none_known = record_of({"a": [analysis("1", [HERE], None), analysis("2", [FAR], None)]})
    assert pool(one_known, "pool", pooled_n).experiments[0].n_subjects == 14
    assert pool(none_known, "pool", pooled_n).experiments[0].n_subjects is None


def test_pool__keep_leaves_the_record_as_it_is(three):
    assert pool(three, "keep") is three


def test_pool__first_takes_the_first_and_names_what_it_leaves_out(three):
    record = pool(three, "first")
    assert record.experiments == (three.experiments[0], three.experiments[2])
    (problem,) = record.problems
    assert (problem.severity, problem.code) == ("note", "not-first-of-group")
    assert problem.experiment == "a-2"
    assert problem.message == 'left out: "a-1" stands for its participants'


def test_pool__first_is_the_first_that_has_foci():
    record = record_of({"a": [analysis("1", []), analysis("2", [HERE]), analysis("3", [FAR])]})
    pooled = pool(record, "first")
    assert [e.id for e in pooled.experiments] == ["a-2"]
    left_out = [p.experiment for p in pooled.problems if p.code == "not-first-of-group"]
    assert left_out == ["a-1", "a-3"]


def test_pool__first_of_a_group_without_any_focus_is_its_first():
    record = record_of({"a": [analysis("1", []), analysis("2", [])]})
    assert [e.id for e in pool(record, "first").experiments] == ["a-1"]


@pytest.mark.parametrize("policy", ["pool", "keep", "first"])
@pytest.mark.parametrize("pooled_n", ["min", "max"])
def test_pool__where_nobody_shares_participants_the_record_is_the_same_object(
    pain, policy, pooled_n
):
    assert pool(pain.record, policy, pooled_n) is pain.record
    assert pain.pooled(policy, pooled_n) is pain


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("merge",), "'pooling' parameter of the analysis must be 'pool' or 'keep' or 'first'"),
        (("pool", "mean"), "'pooled_n' parameter of the analysis must be 'min' or 'max'"),
    ],
)
def test_pool__other_policies_are_refused(three, arguments, message):
    with pytest.raises(ArgumentError, match=message):
        pool(three, *arguments)


# ------------------------------------------------------------------ subject groups


def test_pool__a_group_may_span_studies():
    record = record_of(
        {
            "a": [analysis("1", [HERE], 12, "shared")],
            "b": [analysis("1", [FAR], 12, "shared"), analysis("2", [THERE], 9)],
        }
    )
    joined, alone = pool(record).experiments
    assert (joined.study_id, joined.group) == ("shared", "shared")
    assert [member.id for member in joined.members] == ["a-1", "b-1"]
    assert (alone.id, alone.group) == ("b-2", "b")


def test_pool__the_name_of_another_study_means_its_participants():
    record = record_of({"a": [analysis("1", [HERE])], "b": [analysis("1", [FAR], 12, "a")]})
    (joined,) = pool(record).experiments
    assert (joined.study_id, joined.group) == ("a", "a")
    assert [focus.mm for focus in joined.foci] == [HERE, FAR]


def test_pool__groups_of_a_study_stay_apart_under_names_of_their_own():
    record = record_of(
        {
            "a": [
                analysis("1", [HERE], 12, "patients"),
                analysis("2", [HERE], 12, "controls"),
                analysis("3", [FAR], 12, "patients"),
                analysis("4", [FAR], 12, "controls"),
            ]
        }
    )
    pooled = pool(record).experiments
    assert [e.group for e in pooled] == ["patients", "controls"]
    assert [e.id for e in pooled] == [
        "a-2 experiments pooled (patients)",
        "a-2 experiments pooled (controls)",
    ]


names = st.sampled_from(["a", "b", "a-1", "x", "2 experiments pooled", "", None])


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "a-1"]), names, st.integers(0, 2)),
        min_size=1,
        max_size=10,
    )
)
def test_pool__loses_nothing_whatever_the_names(drawn):
    record = record_of({"z": [analysis("1", [HERE])]})
    (pattern,) = record.experiments
    experiments = [
        replace(pattern, study_id=study, contrast_id=f"{i} x", subject_group=group or None)
        for i, (study, group, _) in enumerate(drawn)
    ]
    experiments = [
        replace(e, foci=pattern.foci * n) for e, (_, _, n) in zip(experiments, drawn, strict=True)
    ]
    record = replace(record, experiments=tuple(experiments))
    pooled = pool(record)
    ids = [e.id for e in pooled.experiments]
    assert len(set(ids)) == len(ids) == len({e.group for e in experiments})
    members = [member for e in pooled.experiments for member in e.reported]
    assert sorted(members, key=experiments.index) == experiments
    assert pooled.n_foci == record.n_foci
    assert pooled.n_participants == record.n_participants
    assert pool(pooled).experiments == pooled.experiments


# ------------------------------------------------------------------ studysets


def test_pooled__a_pooled_map_is_the_maximum_of_its_members(brain, three):
    """With one width for all, as science.md, section 11 has it; in the lattice, to the bit."""
    studyset = Studyset(three)
    pooled = studyset.pooled()
    kept = model_activation(studyset.foci_mm, studyset.offsets, np.full(3, 9.0), brain)
    made = model_activation(pooled.foci_mm, pooled.offsets, np.full(2, 9.0), brain)
    np.testing.assert_array_equal(made.map(0), np.maximum(kept.map(0), kept.map(1)))
    np.testing.assert_array_equal(made.map(1), kept.map(2))
    assert made.map(0).max() > 0


def test_pooled__lowers_the_statistic_where_contrasts_agree(small_mask_path):
    """Turkeltaub et al. 2012: the sum within the group is gone."""
    record = record_of({"a": [analysis(str(i), [(0, 0, 0)]) for i in range(3)]})
    largest = {
        pooling: describe(
            Studyset(record), Protocol(mask=str(small_mask_path), pooling=pooling)
        ).ale.max
        for pooling in ("pool", "first", "keep")
    }
    assert largest["pool"] == largest["first"] < largest["keep"]


def test_pooled__the_width_is_that_of_the_smallest_sample(three):
    pooled = Studyset(three).pooled()
    alone = Studyset(record_of({"c": [analysis("1", [HERE], 12)]}))
    widths = [ALE().statistic(studyset).fwhm_mm[0] for studyset in (pooled, alone)]
    assert widths[0] == widths[1]


def test_pooled__estimators_never_pool(three):
    assert ALE().statistic(Studyset(three)).ma.n_experiments == 3


@pytest.mark.parametrize("pooling", ["pool", "keep", "first"])
def test_pooled__the_worked_example_has_one_map_to_the_bit(pain8, pain8_described, pooling):
    result = describe(pain8, Protocol(pooling=pooling))
    assert result.ale.values.tobytes() == pain8_described.ale.values.tobytes()
    assert result.studyset.ids.tolist() == pain8.ids.tolist()


def test_pooled__can_be_sliced(three):
    pooled = Studyset(three).pooled()
    (only,) = pooled.slice([pooled.ids[0]])
    assert only.members == three.experiments[:2]
    assert pooled.slice(["b-1"]).foci_mm.tolist() == [list(FAR)]


def test_pooled__twice_is_once(three):
    pooled = Studyset(three).pooled()
    assert pooled.pooled() is pooled
    assert pooled.n_participants == Studyset(three).n_participants == 20 + 15


def test_pooled__each_member_keeps_its_conversion():
    record = record_of(
        {
            "a": [
                analysis("1", [HERE], space="TAL"),
                analysis("2", [HERE], space="TAL", talairach="spm"),
                analysis("3", [HERE]),
            ]
        }
    )
    record = replace(
        record,
        experiments=tuple(
            replace(e, talairach="spm" if e.contrast_id == "2" else None)
            for e in record.experiments
        ),
    )
    studyset = Studyset(record)
    pooled = studyset.pooled()
    np.testing.assert_array_equal(pooled.foci_mm, studyset.foci_mm)
    assert pooled.conversions == {"a-1": {"pooled": 1}, "a-2": {"spm": 1}}
    assert pooled.conversion_of_focus == ["pooled", "spm", None]
