"""Finished parts in a file."""

from __future__ import annotations

import numpy as np
import pytest

from focale.errors import ReadError
from focale.robustness import kept as module
from focale.robustness.kept import keeping

KEY = {"data": "abc", "seed": 3}


def test_keeping__goes_on_from_what_is_there(tmp_path):
    path = tmp_path / "parts.npz"
    with keeping(path, KEY) as kept:
        assert kept.get("without/1,2") is None
        kept.keep("without/1,2", np.array([[1.5, np.nan]]))
    with keeping(path, dict(reversed(KEY.items()))) as kept:
        np.testing.assert_array_equal(kept.get("without/1,2"), [[1.5, np.nan]])


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError])
def test_keeping__keeps_what_was_finished_when_it_is_stopped(tmp_path, stop):
    path = tmp_path / "parts.npz"

    def stopped():
        with keeping(path, KEY) as kept:
            kept.keep("a", np.arange(3))
            raise stop

    with pytest.raises(stop):
        stopped()
    with keeping(path, KEY) as kept:
        assert kept.get("a").tolist() == [0, 1, 2]


def test_keeping__nothing_new_writes_nothing(tmp_path):
    path = tmp_path / "parts.npz"
    with keeping(path, KEY):
        pass
    assert not path.exists()


def test_keep__writes_every_few_seconds(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SECONDS_BETWEEN", -1.0)
    with keeping(tmp_path / "parts.npz", KEY) as kept:
        kept.keep("a", np.arange(3))
        assert kept.path.exists()


def test_keeping__another_key_is_refused_and_the_file_left(tmp_path):
    path = tmp_path / "parts.npz"
    with keeping(path, KEY) as kept:
        kept.keep("a", np.arange(3))
    before = path.read_bytes()
    refused = pytest.raises(ReadError, match="or settings: it differs in seed, units; remove it")
    with refused, keeping(path, {"data": "abc", "seed": 4, "units": "groups"}):
        pass
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"something else"])
def test_keeping__a_file_of_something_else_is_refused(tmp_path, content):
    path = tmp_path / "parts.npz"
    path.write_bytes(content)
    with pytest.raises(ReadError, match="does not keep parts of a run"), keeping(path, KEY):
        pass
    assert path.read_bytes() == content
