"""A null that goes on where it was stopped."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest

from focale import ALE, fwe
from focale.correction import null_file
from focale.correction.fwe import fwe_shard
from focale.correction.null_file import (
    StoredNull,
    continued,
    kept,
    merge_nulls,
    nothing_of,
    read_null,
    write_null,
)
from focale.errors import ArgumentError, InputMissingError, OutputError, ReadError

KEY = {"data": "abc", "seed": 0}
NOTHING = nothing_of(KEY, 3, 0, 10)


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
        read_null(path)


def test_read_null__refuses_another_npz(tmp_path):
    path = tmp_path / "null.npz"
    np.savez(path, a=np.zeros(3))
    with pytest.raises(ReadError, match="is not a null that Focale kept"):
        read_null(path)


def test_read_null__says_that_there_is_none(tmp_path):
    with pytest.raises(InputMissingError, match="there is no null at"):
        read_null(tmp_path / "null.npz")


def test_continued__another_version_is_another_null(tmp_path, monkeypatch):
    path = tmp_path / "null.npz"
    list(kept(path, NOTHING, blocks(1)))
    monkeypatch.setattr(null_file, "VERSION", 3)
    with pytest.raises(ReadError, match=r"differs in version \(2 there, 3 here\)"):
        continued(path, NOTHING)


def test_kept__saves_now_and_then_and_at_an_error(tmp_path, monkeypatch):
    path = tmp_path / "null.npz"
    monkeypatch.setattr(null_file, "SECONDS_BETWEEN", 0.0)
    with pytest.raises(ZeroDivisionError):
        list(kept(path, NOTHING, blocks(3, then=ZeroDivisionError())))
    assert read_null(path).maxima[:, 0].tolist() == [0, 0, 1, 1, 2, 2]
    assert [p.name for p in tmp_path.iterdir()] == ["null.npz"]


def test_kept__a_full_disk_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "null.npz"
    list(kept(path, NOTHING, blocks(1)))
    before = path.read_bytes()

    def full(self, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="free some space") as caught:
        list(kept(path, continued(path, NOTHING), blocks(1)))
    assert caught.value.exit_code == 74
    assert path.read_bytes() == before


# ------------------------------------------------------------------------ shards


@pytest.mark.parametrize("n_shards", [1, 2, 7])
def test_merge_nulls__shards_are_one_null(result, tmp_path, n_shards):
    paths = [tmp_path / f"{shard}.npz" for shard in range(1, n_shards + 1)]
    held = [
        fwe_shard(result, path, shard, n_shards, n_iterations=900, seed=3)
        for shard, path in enumerate(paths, start=1)
    ]
    assert sum(held) == 900
    merged = merge_nulls(paths[::-1], tmp_path / "null.npz")
    whole = fwe(result, n_iterations=900, seed=3)
    assert np.array_equal(merged.maxima[:, 2], whole.maxima.mass)
    from_file = fwe(result, n_iterations=900, seed=3, checkpoint=tmp_path / "null.npz")
    assert same(from_file.maxima, whole.maxima)
    assert np.array_equal(from_file.p_of_clusters, whole.p_of_clusters)


def test_fwe_shard__goes_on_where_it_was_stopped(result, tmp_path):
    def stopping(given):
        for number, block in enumerate(given):
            yield block
            if number == 1:
                raise KeyboardInterrupt

    path = tmp_path / "2.npz"
    with pytest.raises(KeyboardInterrupt):
        fwe_shard(result, path, 2, 2, n_iterations=3000, progress=stopping)
    stopped = read_null(path)
    assert (stopped.first, stopped.asked) == (1500, 3000)
    assert 0 < len(stopped.maxima) < 1500
    assert fwe_shard(result, path, 2, 2, n_iterations=3000) == 1500
    whole = fwe(result, n_iterations=3000)
    assert np.array_equal(read_null(path).maxima[:, 1], whole.maxima.size[1500:])


def stored(path, first, n, key=KEY, asked=10):
    write_null(path, StoredNull(key, np.full((n, 3), first), first, asked))
    return path


def test_merge_nulls__names_what_is_missing(tmp_path):
    a, c = stored(tmp_path / "a", 0, 4), stored(tmp_path / "c", 6, 4)
    for given, missing in (([a, c], "5 to 6"), ([c], "1 to 6"), ([a], "5 to 10")):
        with pytest.raises(ReadError, match=f"iterations {missing} are in none of the files"):
            merge_nulls(given, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_merge_nulls__refuses_what_is_there_twice(tmp_path):
    a, b = stored(tmp_path / "a", 0, 5), stored(tmp_path / "b", 4, 6)
    with pytest.raises(ReadError, match=r"b begins with iteration 5, which another file has too"):
        merge_nulls([a, b], tmp_path / "out")
    with pytest.raises(ReadError, match="begins with iteration 1, which another"):
        merge_nulls([a, a], tmp_path / "out")


def test_merge_nulls__refuses_parts_of_different_nulls(tmp_path):
    a, b = stored(tmp_path / "a", 0, 5), stored(tmp_path / "b", 5, 5, {"data": "abc", "seed": 1})
    with pytest.raises(ReadError, match=r"differs in seed \(1 there, 0 in .*a\); choose"):
        merge_nulls([a, b], tmp_path / "out")


def test_merge_nulls__of_nothing_is_refused(tmp_path):
    with pytest.raises(ReadError, match="no shard was given"):
        merge_nulls([], tmp_path / "out")


def test_fwe__refuses_a_shard_for_a_checkpoint(result, tmp_path):
    path = tmp_path / "2.npz"
    fwe_shard(result, path, 2, 2, n_iterations=20)
    with pytest.raises(ReadError, match=r"is a shard that begins with iteration 11.*focale merge"):
        fwe(result, n_iterations=20, checkpoint=path)


@pytest.mark.parametrize(("shard", "n_shards"), [(0, 2), (3, 2), (1, 21), (1, 0)])
def test_fwe_shard__refuses_a_shard_that_is_not_there(result, tmp_path, shard, n_shards):
    with pytest.raises(ArgumentError, match=r"shard"):
        fwe_shard(result, tmp_path / "a", shard, n_shards, n_iterations=20)


# ------------------------------------------------------------------------ where it is kept


def test_fwe__refuses_a_checkpoint_that_cannot_be_written(result, tmp_path, monkeypatch):
    def explode(*_args, **_kwargs):
        raise AssertionError("an iteration was computed")

    monkeypatch.setattr("focale.inference.montecarlo._block", explode)
    with pytest.raises(OutputError, match=r"null\.npz cannot be written; choose a folder"):
        fwe(result, n_iterations=10, checkpoint=tmp_path / "no" / "null.npz")


def read_null_of(path):
    return read_null(path).maxima
