"""The file of simulations: kept when a run is stopped, refused where it is another's."""

from __future__ import annotations

import json

import pytest

from focale.errors import OutputError, ReadError
from focale.planning.cells import Tally
from focale.planning.plan_file import VERSION, kept_in

KEY = {"evidence": "abc", "place": (1.0, 2.0, 3.0), "scatter": None, "seed": 0}


def designs(n):
    for number in range(n):
        yield {(10, 3, number): Tally(5, number, 0, 0, 0)}


def test_kept__goes_on_from_what_was_written(tmp_path):
    path = tmp_path / "x.plan.json"
    for _ in kept_in(path, KEY).keeping(designs(3)):
        pass
    again = kept_in(path, KEY)
    assert again.has(10, 3, 2)
    assert not again.has(10, 3, 3)
    assert again.tally(10, 3, 2) == Tally(5, 2, 0, 0, 0)


def test_kept__writes_also_when_the_run_is_stopped(tmp_path):
    path = tmp_path / "x.plan.json"
    keeping = kept_in(path, KEY).keeping(designs(10))
    next(keeping)
    next(keeping)
    with pytest.raises(KeyboardInterrupt):
        keeping.throw(KeyboardInterrupt)
    assert len(kept_in(path, KEY).tallies) == 2


def test_kept__nothing_new_writes_nothing(tmp_path):
    path = tmp_path / "x.plan.json"
    assert list(kept_in(path, KEY).keeping([])) == []
    assert not path.exists()


def test_kept__without_a_path_writes_nothing(tmp_path):
    kept = kept_in(None, KEY)
    assert len(list(kept.keeping(designs(3)))) == 3
    assert kept.has(10, 3, 0)


def test_kept_in__says_what_differs(tmp_path):
    path = tmp_path / "x.plan.json"
    for _ in kept_in(path, KEY).keeping(designs(1)):
        pass
    with pytest.raises(ReadError, match=r"differs in seed \(0 there, 1 here\); choose another"):
        kept_in(path, {**KEY, "seed": 1})
    content = json.loads(path.read_text())
    content["key"]["version"] = VERSION + 1
    path.write_text(json.dumps(content))
    with pytest.raises(ReadError, match="differs in version"):
        kept_in(path, KEY)


@pytest.mark.parametrize(
    "text", ["", "no json", "[]", "{}", '{"key": 3, "designs": []}', '{"key": {}, "designs": [1]}']
)
def test_kept_in__no_file_of_a_plan(tmp_path, text):
    path = tmp_path / "x.plan.json"
    path.write_text(text)
    with pytest.raises(ReadError, match="is not a file of simulations that Focale kept"):
        kept_in(path, KEY)


def test_kept_in__a_place_that_cannot_be_written(tmp_path):
    with pytest.raises(OutputError, match="cannot be written; choose a folder"):
        kept_in(tmp_path / "nowhere" / "x.plan.json", KEY)
