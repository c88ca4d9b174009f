"""Names from outside, copies that are kept, and what is swept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focale.app.place import Place, plain_name
from focale.errors import OutputError


@pytest.fixture
def place(tmp_path):
    place = Place(tmp_path / "kept")
    yield place
    place.close()


@given(st.text())
def test_plain_name__is_a_name_on_any_disk(name):
    plain = plain_name(name)
    assert plain
    assert plain not in {".", ".."}
    assert not set(plain) & set('/\\<>:"|?*\0')
    assert len(plain.encode()) <= 255
    assert plain_name(plain) == plain


def result(place, text="first"):
    folder = place.run_folder("f" * 64, "foci")
    folder.mkdir(exist_ok=True)
    (folder / "dataset_description.json").write_text('{"GeneratedBy": [{"Name": "Focale"}]}')
    (folder / "text.md").write_text(text)
    return folder


def test_keep__copies_and_replaces_its_own_copy(place):
    copy = place.keep(result(place))
    assert copy == place.kept / "foci"
    assert (copy / "text.md").read_text() == "first"
    assert place.keep(result(place, "second")) == copy
    assert (copy / "text.md").read_text() == "second"


def test_keep__leaves_alone_what_is_there(place):
    (place.kept / "foci").mkdir(parents=True)
    (place.kept / "foci" / "mine.txt").write_text("mine")
    assert place.keep(result(place)) == place.kept / "foci-2"
    assert (place.kept / "foci" / "mine.txt").read_text() == "mine"


def test_keep__says_where_it_cannot_be_written(place):
    place.kept.write_text("a file")
    with pytest.raises(OutputError, match="cannot be written to"):
        place.keep(result(place))


def test_sweep__keeps_an_older_result_and_removes_what_is_beside(place):
    folder = result(place)
    (folder.parent / ".foci.abc").mkdir()
    (folder.parent / "foci.null.npz").write_text("")
    place.sweep(folder)
    assert [p.name for p in folder.parent.iterdir()] == ["foci"]


def test_sweep__removes_a_result_that_was_being_replaced(place):
    folder = result(place)
    (folder / ".focale-older-abc").mkdir()
    place.sweep(folder)
    assert not folder.exists()
