"""A reading and the answers about its robustness."""

from __future__ import annotations

import numpy as np
import pytest

from focale import Protocol, Questions, describe, examine, infer
from focale.errors import ArgumentError, EvidenceError, ReadError
from focale.robustness import rereading
from focale.robustness.rules import Corrected, Displayed, Formed
from focale.robustness.stability import stability
from tests.fixtures_pain import *  # noqa: F403
from tests.fixtures_ten import *  # noqa: F403

FEW = Questions(n_replicates=5, n_lists=2, most_noise=3)


def test_examine__leaves_the_reading_as_it_was_and_adds_answers(ten_tested):
    examined = examine(ten_tested, FEW)
    assert ten_tested.robustness is None
    assert examined.clusters is ten_tested.clusters
    assert [found.units.kind for found in examined.robustness.left_out] == ["experiment"]
    assert len(examined.robustness.removals[0].of_clusters) == len(ten_tested.clusters)


def test_robustness__says_in_short_what_came_out(ten_tested):
    lines = repr(examine(ten_tested, FEW).robustness).splitlines()
    assert lines[0] == "LeftOut: clusters survive without each experiment in 10 of 10, 10 of 10"
    assert lines[1] == "Removals: experiments without which clusters are gone: at most 3, 2"
    assert [line.partition(":")[0] for line in lines[2:]] == ["Stability", "FailSafe"]


def test_examine__answers_only_what_is_asked(ten_tested):
    some = examine(ten_tested, Questions(parts=("leave-out",))).robustness
    assert some.left_out
    assert not some.removals


def test_examine__of_a_description_has_no_p(pain8_described):
    found = examine(pain8_described, FEW).robustness.left_out[0]
    assert found.survives.shape == (8, 4)
    assert np.isnan(found.p).all()


def test_examine__of_a_test_has_all_answers(ten_tested):
    found = examine(ten_tested, Questions(n_replicates=6, n_lists=2, most_noise=4)).robustness
    assert found.stability.n_replicates == 6
    assert found.stability.rule == Formed(ten_tested.protocol.cluster_forming_p)
    assert found.fail_safe.values.shape == (2, len(ten_tested.clusters))
    assert found.fail_safe.most == 4


def test_examine__stability_is_that_of_the_rule_of_the_reading(ten_tested, pain8_described):
    asked = Questions(parts=("stability",), n_replicates=5, correct_replicates=True)
    corrected = examine(ten_tested, asked).robustness.stability
    assert corrected.rule == Corrected("size", 0.05, settings=ten_tested.fwe.settings)
    shown = examine(pain8_described, asked).robustness
    assert shown.stability.rule == Displayed(95.0)
    assert shown.fail_safe is None
    drawn = stability(
        pain8_described.map, pain8_described.clusters, Displayed(95.0), n_replicates=5
    )
    np.testing.assert_array_equal(shown.stability.share.values, drawn.share.values)


def test_examine__goes_on_from_its_checkpoint(ten_tested, tmp_path, monkeypatch):
    path = tmp_path / "parts.npz"
    whole = examine(ten_tested, FEW).robustness.left_out[0]

    def stopping(items):
        for item in items:
            if item == 4:
                raise KeyboardInterrupt
            yield item

    with pytest.raises(KeyboardInterrupt):
        examine(ten_tested, checkpoint=path, progress=stopping)
    calls = []
    original = rereading.Retest.of
    monkeypatch.setattr(
        rereading.Retest, "of", lambda self, e: calls.append(len(e)) or original(self, e)
    )
    again = examine(ten_tested, Questions(parts=("leave-out",)), checkpoint=path).robustness
    assert calls == [9] * 6
    np.testing.assert_array_equal(again.left_out[0].p, whole.p)


def test_examine__refuses_a_checkpoint_of_other_data(ten_tested, pain8_described, tmp_path):
    path = tmp_path / "parts.npz"
    examine(ten_tested, Questions(parts=("leave-out",)), checkpoint=path)
    with pytest.raises(ReadError, match="other data or settings"):
        examine(pain8_described, checkpoint=path)


def test_examine__needs_three_experiments(pain8):
    two = describe(pain8.slice(pain8.ids[:2]))
    with pytest.raises(EvidenceError, match="has 2 experiments to analyse; without one"):
        examine(two)


def test_examine__a_description_has_no_fail_safe_n(pain8_described):
    with pytest.raises(ArgumentError, match="a descriptive reading has none"):
        examine(pain8_described, Questions(parts=("fail-safe",)))


def test_examine__without_clusters_has_answers_without_columns(pain8):
    nothing = infer(pain8, Protocol(iterations=30, min_experiments=2, cluster_forming_p=1e-30))
    found = examine(nothing, FEW).robustness
    assert found.left_out[0].p.shape == (8, 0)
    assert found.removals[0].of_clusters == ()


def test_questions__refuse_what_is_not_asked_of_robustness():
    with pytest.raises(ArgumentError, match="'parts' parameter of Questions"):
        Questions(parts=("jackknife",))
    with pytest.raises(ArgumentError, match="nothing is asked"):
        Questions(parts=())
    with pytest.raises(ArgumentError, match="bootstrap"):
        Questions(bootstrap="yes")
    with pytest.raises(ArgumentError, match="exact_up_to"):
        Questions(exact_up_to=-1)
