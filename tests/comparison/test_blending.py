"""The old reading with some of its changes done, for any evidence."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from focale import Protocol
from focale.comparison.blending import blended
from focale.comparison.changes import StudyChange, changes_between
from focale.io.records import ExperimentRecord, FocusRecord, StudysetRecord
from focale.studyset.model import Studyset
from tests.comparison.conftest import side

FEW = settings(max_examples=25)


@st.composite
def evidence(draw):
    """Studies a to f in any order, some absent, with one of three lists of foci each."""
    names = draw(st.permutations("abcdef"))[: draw(st.integers(1, 6))]
    experiments = []
    for name in names:
        for contrast in range(draw(st.integers(1, 2))):
            foci = tuple(FocusRecord((float(x), 0.0, 0.0), "MNI") for x in draw(FOCI))
            n = float(draw(st.sampled_from([10, 12])))
            experiments.append(ExperimentRecord(name, str(contrast), foci, n, "made up"))
    found = len(experiments), sum(len(e.foci) for e in experiments)
    return Studyset(StudysetRecord.of(experiments, "made up", "", (), found))


FOCI = st.sampled_from([(1,), (1, 2), (5,)])


@FEW
@given(old=evidence(), new=evidence())
def test_blended__with_all_changes_done_is_the_new_evidence(old, new):
    first, second = side(old), side(new, Protocol(seed=3))
    done = changes_between(first, second)
    studyset, protocol, _ = blended(first, second, done)
    assert protocol.choices == second.protocol.choices
    assert studyset.record.experiments == new.record.experiments


@FEW
@given(old=evidence(), new=evidence())
def test_blended__with_nothing_done_is_the_old_evidence(old, new):
    studyset, protocol, _ = blended(side(old), side(new, Protocol(seed=3)), [])
    assert studyset.record.experiments == old.record.experiments
    assert protocol == Protocol()


@FEW
@given(old=evidence(), new=evidence())
def test_blended__changes_of_studies_touch_these_studies_only(old, new):
    first, second = side(old), side(new)
    for change in changes_between(first, second):
        if not isinstance(change, StudyChange) or change.kind == "reordered":
            continue
        try:
            studyset = blended(first, second, [change])[0]
        except ValueError:  # the last study was dropped
            continue
        others = {*change.old, *change.new}
        kept = [e for e in old if e.study_id not in others]
        assert [e for e in studyset if e.study_id not in others] == kept
        own = {e.id for e in studyset if e.study_id in set(change.new)}
        assert own == {e.id for e in new if e.study_id in set(change.new)}
