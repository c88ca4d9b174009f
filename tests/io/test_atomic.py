"""Folders hold a result when it is complete, and are as they were when it is not."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path

import pytest

from focale.errors import OutputError
from focale.io.atomic import atomic_folder, check_writable, is_focale_folder


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Everything happens in an empty present folder, named as people name it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tree(folder="."):
    """Everything below a folder: names of folders, and what files hold."""
    return {
        path.relative_to(folder).as_posix(): path.read_text() if path.is_file() else None
        for path in sorted(Path(folder).rglob("*"))
    }


def fill(folder, text="new"):
    (folder / "a.txt").write_text(text)
    (folder / "sub").mkdir()
    (folder / "sub" / "b.txt").write_text(text)


def filled(text="new", prefix=""):
    return {f"{prefix}a.txt": text, f"{prefix}sub": None, f"{prefix}sub/b.txt": text}


def earlier(folder):
    """A result of Focale with a file that the next one will not have."""
    folder.mkdir(exist_ok=True)
    described = json.dumps({"GeneratedBy": [{"Name": "Focale"}]})
    (folder / "dataset_description.json").write_text(described)
    (folder / "a.txt").write_text("old")
    (folder / "maps").mkdir()
    (folder / "maps" / "old.txt").write_text("old")


def fill_and_fail(place, error):
    with atomic_folder(Path(place)) as unfinished:
        fill(unfinished)
        raise error


def fill_while(patch, place, rename):
    """Fill a folder whose contents are moved to their place by another `rename`."""
    with atomic_folder(Path(place)) as unfinished:
        fill(unfinished)
        patch.setattr(Path, "rename", rename)


def mode(path):
    return stat.S_IMODE(Path(path).stat().st_mode)


PLACES = ["out", "new/deep/out", "./out", "out/"]
ERRORS = [
    OSError(errno.ENOSPC, "No space left on device"),
    PermissionError(errno.EACCES, "Permission denied"),
    RuntimeError("boom"),
    KeyboardInterrupt(),
]
errors = pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
ways = pytest.mark.parametrize("absolute", [False, True], ids=["relative", "absolute"])


def path_of(name, absolute):
    return Path(name).absolute() if absolute else Path(name)


# ------------------------------------------------------------------ a new folder


@ways
@pytest.mark.parametrize("place", PLACES)
def test_atomic_folder__a_new_one_takes_its_place_when_complete(place, absolute):
    folder = path_of(place, absolute)
    with atomic_folder(folder) as unfinished:
        fill(unfinished)
        assert not folder.exists()
    assert tree(folder) == filled()
    assert [path.name for path in folder.parent.iterdir()] == ["out"]


def test_atomic_folder__a_new_one_has_the_mode_of_any_new_folder():
    before = os.umask(0o027)
    try:
        with atomic_folder(Path("out")):
            pass
    finally:
        os.umask(before)
    assert mode("out") == 0o750
    assert os.umask(before) == before  # the umask is as it was


@errors
@pytest.mark.parametrize("place", PLACES)
def test_atomic_folder__a_new_one_is_not_left_half_way(place, error):
    with pytest.raises((OutputError, type(error))):
        fill_and_fail(place, error)
    assert tree() == {}


def test_atomic_folder__only_the_parents_that_were_made_go(here):
    (here / "there").mkdir()
    with pytest.raises(RuntimeError), atomic_folder(Path("there/new/out")):
        raise RuntimeError
    assert tree() == {"there": None}


def test_atomic_folder__a_failing_rename_leaves_nothing(monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch, pytest.raises(OutputError):
        fill_while(patch, "new/out", refuse)
    assert tree() == {}


# ------------------------------------------------------------------ an existing folder


@ways
def test_atomic_folder__an_empty_one_is_filled(here, absolute):
    (here / "out").mkdir(mode=0o710)
    inode = (here / "out").stat().st_ino
    with atomic_folder(path_of("out", absolute)) as unfinished:
        fill(unfinished)
    assert tree("out") == filled()
    assert tree() == {"out": None, **filled(prefix="out/")}
    assert (here / "out").stat().st_ino == inode  # the folder itself stays: mounts, links, modes
    assert mode("out") == 0o710


def test_atomic_folder__the_present_folder_is_filled():
    with atomic_folder(Path()) as unfinished:
        fill(unfinished)
    assert tree() == filled()


@ways
def test_atomic_folder__a_link_stays_a_link(here, absolute):
    (here / "disk").mkdir()
    (here / "out").symlink_to("disk")
    with atomic_folder(path_of("out", absolute)) as unfinished:
        fill(unfinished)
    assert (here / "out").is_symlink()
    assert tree("disk") == filled()


@errors
@pytest.mark.parametrize("place", ["out", "."])
def test_atomic_folder__an_empty_one_is_empty_again(here, place, error):
    (here / "out").mkdir()
    with pytest.raises((OutputError, type(error))):
        fill_and_fail(place, error)
    assert tree() == {"out": None}


@ways
def test_atomic_folder__a_result_is_replaced_as_a_whole(here, absolute):
    earlier(here / "out")
    with atomic_folder(path_of("out", absolute)) as unfinished:
        fill(unfinished)
        assert (here / "out" / "a.txt").read_text() == "old"
    assert tree("out") == filled()


@errors
def test_atomic_folder__a_result_is_as_it_was_when_the_next_fails(here, error):
    earlier(here / "out")
    before = tree()
    with pytest.raises((OutputError, type(error))):
        fill_and_fail("out", error)
    assert tree() == before


@errors
@pytest.mark.parametrize("n_moves", range(5))  # three children are moved out, two moved in
def test_atomic_folder__what_stood_there_is_put_back_when_moving_fails(
    here, monkeypatch, n_moves, error
):
    earlier(here / "out")
    before = tree()
    done = []
    rename = Path.rename

    def break_off(path, target):
        done.append(path)
        if len(done) == n_moves + 1:
            raise error
        return rename(path, target)

    with monkeypatch.context() as patch, pytest.raises((OutputError, type(error))):
        fill_while(patch, "out", break_off)
    assert len(done) > n_moves
    assert tree() == before


# ------------------------------------------------------------------ what is said


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO])
def test_atomic_folder__says_that_the_disk_is_full(number):
    with pytest.raises(OutputError) as caught, atomic_folder(Path("out")):
        raise OSError(number, "No space left on device")
    assert str(caught.value) == (
        "out could not be written (No space left on device), and nothing was left behind; free "
        "some space or choose another output folder"
    )
    assert caught.value.exit_code == 74
    assert OutputError("another").exit_code == 73


def test_atomic_folder__says_that_the_place_cannot_be_written():
    with pytest.raises(OutputError) as caught, atomic_folder(Path("out")):
        raise PermissionError(errno.EACCES, "Permission denied")
    assert str(caught.value) == (
        "out could not be written (Permission denied), and nothing was left behind; choose "
        "another output folder"
    )
    assert caught.value.exit_code == 73


def test_atomic_folder__a_place_below_a_file_is_refused(here):
    (here / "file").write_text("a file")
    with pytest.raises(OutputError, match=r"^file/out could not be written .* choose another"):
        fill_and_fail("file/out", AssertionError("the block was entered"))
    assert tree() == {"file": "a file"}


# ------------------------------------------------------------------ check_writable


@pytest.mark.parametrize("place", [*PLACES, "."])
def test_check_writable__of_a_new_or_empty_folder_says_and_makes_nothing(place):
    check_writable(Path(place))
    assert tree() == {}


def test_check_writable__of_a_file(here):
    (here / "out").write_text("a file")
    with pytest.raises(OutputError) as caught:
        check_writable(Path("out"), overwrite=True)
    assert str(caught.value) == "out is a file, not a folder; choose another output folder"


@pytest.mark.parametrize("overwrite", [False, True])
def test_check_writable__of_a_folder_of_others(here, overwrite):
    (here / "out").mkdir()
    (here / "out" / ".hidden").write_text("")
    with pytest.raises(OutputError) as caught:
        check_writable(Path("out"), overwrite=overwrite)
    assert str(caught.value) == (
        "the output folder out is not empty and was not written by Focale; choose a new or an "
        "empty folder"
    )


def test_check_writable__of_a_result_asks_for_overwrite(here):
    earlier(here / "out")
    with pytest.raises(OutputError) as caught:
        check_writable(Path("out"))
    assert str(caught.value) == (
        "the output folder out already holds a result; choose another folder, or replace it "
        "with --overwrite"
    )
    check_writable(Path("out"), overwrite=True)


@pytest.mark.parametrize(("place", "named"), [("out", ""), ("new/out", ""), ("locked", "locked")])
def test_check_writable__of_a_place_that_cannot_be_written(here, monkeypatch, place, named):
    (here / "locked").mkdir()
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(OutputError) as caught:
        check_writable(Path(place))
    expected = here / named if named else here
    assert str(caught.value) == f"{expected} cannot be written to; choose another output folder"


@pytest.mark.parametrize(
    ("text", "is_ours"),
    [
        ('{"GeneratedBy": [{"Name": "Focale"}]}', True),
        ('{"GeneratedBy": [{"Name": "other"}]}', False),
        ('{"GeneratedBy": []}', False),
        ('{"GeneratedBy": "Focale"}', False),
        ("[]", False),
        ("{", False),
        (b"\xff", False),
        (None, False),
    ],
)
def test_is_focale_folder__reads_who_wrote_it(here, text, is_ours):
    if text is not None:
        content = text if isinstance(text, bytes) else text.encode()
        (here / "dataset_description.json").write_bytes(content)
    assert is_focale_folder(Path()) is is_ours
