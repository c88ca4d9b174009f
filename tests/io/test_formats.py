"""The one door through which files come in."""

from __future__ import annotations

import hashlib
import json

import pytest

from focale.errors import InputMissingError, ReadError
from focale.io.formats import FORMATS, read_record
from tests.strategies import nimads_analysis, nimads_tree, sleuth_text

SLEUTH = sleuth_text([(["Smith, 2001: A > B"], 12, [(10, 20, 30), (-10, 20, 30)])])
NIMADS = json.dumps(nimads_tree({"Smith": [nimads_analysis("1", [(1, 2, 3)], n=12)]}))


@pytest.fixture
def write(tmp_path):
    def write_file(content, name="foci.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


@pytest.mark.parametrize("name", ["foci.txt", "foci", "foci.json", "foci.csv"])
@pytest.mark.parametrize("given", [str, lambda path: path], ids=["text", "path"])
def test_read_record__knows_nimads_by_its_content(write, name, given):
    assert len(read_record(given(write(NIMADS, name))).experiments) == 1


@pytest.mark.parametrize("name", ["foci.txt", "foci", "foci.csv"])
def test_read_record__knows_sleuth_by_its_content(write, name):
    assert len(read_record(write(SLEUTH, name)).experiments[0].foci) == 2


def test_read_record__believes_the_suffix_json(write):
    # An error of JSON is more use than "no format Focale reads".
    with pytest.raises(ReadError, match=r"foci\.json:1: not JSON"):
        read_record(write(SLEUTH, "foci.json"))


def test_read_record__takes_a_byte_order_mark_and_blanks_before_json(write):
    assert len(read_record(write(b"\xef\xbb\xbf \n\t" + NIMADS.encode())).experiments) == 1


def test_read_record__names_the_file_and_its_fingerprint(write):
    record = read_record(write(SLEUTH))
    assert record.source == "foci.txt"
    assert record.sha256 == hashlib.sha256(SLEUTH.encode()).hexdigest()


def test_read_record__missing_file_is_refused(tmp_path):
    with pytest.raises(InputMissingError, match=r"nowhere\.txt does not exist; check the path"):
        read_record(tmp_path / "nowhere.txt")


def test_read_record__folder_is_refused(tmp_path):
    with pytest.raises(InputMissingError, match="is a folder, not a file; name the file in it"):
        read_record(tmp_path)


def test_read_record__file_that_cannot_be_opened_is_refused():
    with pytest.raises(InputMissingError, match="cannot be opened: File name too long"):
        read_record("a" * 5000)


def test_read_record__file_below_a_file_is_refused(write):
    with pytest.raises(InputMissingError, match="cannot be opened: Not a directory"):
        read_record(write(SLEUTH) / "deeper.txt")


def test_read_record__path_with_a_nul_is_refused():
    with pytest.raises(InputMissingError):
        read_record("foci\0.txt")


def test_input_missing_error__is_a_file_not_found_error_with_its_exit_code():
    assert issubclass(InputMissingError, FileNotFoundError)
    assert InputMissingError.exit_code == 66


@pytest.mark.parametrize(
    "content", [b"", b"\n", b" \t\r\n \n"], ids=["nothing", "a line", "blanks"]
)
@pytest.mark.parametrize("name", ["foci.txt", "foci.json"])
def test_read_record__empty_file_is_refused(write, content, name):
    with pytest.raises(ReadError, match=r"^foci\.\w+ is empty; check that it was saved$"):
        read_record(write(content, name))


UNKNOWN = {
    "prose": b"Dear colleague,\n",
    "a table": b"x,y,z\n1,2,3\n",
    "an Excel workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(200),
    "a zip": b"PK\x03\x04" + bytes(50),
    "UTF-16": SLEUTH.encode("utf-16"),
    "a JSON list": b"[1, 2]",
}


@pytest.mark.parametrize("content", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_read_record__unknown_format_is_refused_with_its_beginning(write, content):
    message = (
        r"^foci\.txt is in no format Focale reads; expected NIMADS JSON or Sleuth text "
        r"\(it begins with b'"
    )
    with pytest.raises(ReadError, match=message):
        read_record(write(content))


def test_formats__each_has_a_name_and_two_verbs():
    for reader in FORMATS:
        assert isinstance(reader.NAME, str)
        assert callable(reader.looks_like)
        assert callable(reader.read)
