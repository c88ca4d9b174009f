"""A null that goes on where it was stopped."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest

from focale import ALE, fwe
from focale.correction import null_file
from focale.correction.null_file import kept, read_null
from focale.errors import OutputError, ReadError

KEY = {"data": "abc", "seed": 0}


@pytest.fixture(scope="module")
def result(pain8):
    return ALE().fit(pain8)


def blocks(n, *, then=None):
    for i in range(n):
        yield np.full((2, 3), i)
    if then is not None:
        raise then


def same(a, b):
    return all(np.array_equal(getattr(a, n), getattr(b, n)) for n in ("largest", "size", "mass"))


def test_fwe__goes_on_from_its_checkpoint(result, tmp_path):
    path = tmp_path / "null.npz"
    fwe(result, n_iterations=300, checkpoint=path)
    kept_by_then = len(read_null_of(path))
    longer = fwe(result, n_iterations=600, checkpoint=path)
    assert (kept_by_then, len(read_null_of(path))) == (300, 600)
    assert same(longer.maxima, fwe(result, n_iterations=600).maxima)


def test_fwe__takes_from_its_checkpoint_what_it_needs(result, tmp_path):
    path = tmp_path / "null.npz"
    fwe(result, n_iterations=300, checkpoint=path)
    shorter = fwe(result, n_iterations=100, checkpoint=path)
    assert same(shorter.maxima, fwe(result, n_iterations=100).maxima)
    assert len(read_null_of(path)) == 300


def test_fwe__keeps_what_was_computed_when_it_is_stopped(result, tmp_path):
    path = tmp_path / "null.npz"

    def stopping(given):
        for number, block in enumerate(given):
            yield block
            if number == 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fwe(result, n_iterations=2000, checkpoint=path, progress=stopping)
    assert 0 < len(read_null_of(path)) < 2000
    resumed = fwe(result, n_iterations=700, checkpoint=path)
    assert same(resumed.maxima, fwe(result, n_iterations=700).maxima)


@pytest.mark.parametrize(
    ("other", "what"),
    [
        ({"seed": 1}, r"seed \(0 there, 1 here\)"),
        ({"connectivity": 26}, r"connectivity \(6 there, 26 here\)"),
        ({"cluster_forming_p": 0.01}, r"cluster-forming threshold \(\d+ there, \d+ here\)"),
    ],
)
def test_fwe__refuses_the_checkpoint_of_other_settings(result, tmp_path, other, what):
    path = tmp_path / "null.npz"
    fwe(result, n_iterations=10, checkpoint=path)
    before = path.read_bytes()
    with pytest.raises(ReadError, match=f"keeps a null of something else: it differs in {what}"):
        fwe(result, n_iterations=10, checkpoint=path, **other)
    assert path.read_bytes() == before


def test_fwe__refuses_the_checkpoint_of_other_data(result, pain, tmp_path):
    path = tmp_path / "null.npz"
    fwe(result, n_iterations=10, checkpoint=path)
    other = ALE().fit(pain.slice(pain.ids[:7]))
    with pytest.raises(ReadError, match="it differs in data and masks"):
        fwe(other, n_iterations=10, checkpoint=path)


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04", b"\x93NUMPY"])
def test_read_null__refuses_another_file(tmp_path, content):
    path = tmp_path / "null.npz"
    path.write_bytes(content)
    with pytest.raises(ReadError, match="is not a null that Focale kept"):
        read_null(path, KEY)


def test_read_null__refuses_another_npz(tmp_path):
    path = tmp_path / "null.npz"
    np.savez(path, a=np.zeros(3))
    with pytest.raises(ReadError, match="is not a null that Focale kept"):
        read_null(path, KEY)


def test_read_null__another_version_is_another_null(tmp_path, monkeypatch):
    path = tmp_path / "null.npz"
    kept(path, KEY, read_null(path, KEY), blocks(1))
    monkeypatch.setattr(null_file, "VERSION", 2)
    with pytest.raises(ReadError, match=r"differs in version \(1 there, 2 here\)"):
        read_null(path, KEY)


def test_kept__saves_now_and_then_and_at_an_error(tmp_path, monkeypatch):
    path = tmp_path / "null.npz"
    monkeypatch.setattr(null_file, "SECONDS_BETWEEN", 0.0)
    with pytest.raises(ZeroDivisionError):
        kept(path, KEY, np.zeros((0, 3), int), blocks(3, then=ZeroDivisionError()))
    assert read_null(path, KEY)[:, 0].tolist() == [0, 0, 1, 1, 2, 2]
    assert [p.name for p in tmp_path.iterdir()] == ["null.npz"]


def test_kept__a_full_disk_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "null.npz"
    known = kept(path, KEY, np.zeros((0, 3), int), blocks(1))
    before = path.read_bytes()

    def full(self, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="free some space") as caught:
        kept(path, KEY, known, blocks(1))
    assert caught.value.exit_code == 74
    assert path.read_bytes() == before


def test_fwe__refuses_a_checkpoint_that_cannot_be_written(result, tmp_path):
    with pytest.raises(OutputError, match="could not be written"):
        fwe(result, n_iterations=10, checkpoint=tmp_path / "no" / "null.npz")


def read_null_of(path):
    with np.load(path) as content:
        return content["maxima"]
