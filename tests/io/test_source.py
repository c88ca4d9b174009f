"""Where bytes come from."""

from __future__ import annotations

import gzip
import hashlib
import io
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path, PurePath

import pytest

from focale.errors import ArgumentError, FocaleError, InputMissingError, ReadError
from focale.io import source as source_module
from focale.io.source import ReadOptions, Source, open_source

CONTENT = b"// Reference=MNI\n// Smith\n// Subjects=12\n1 2 3\n"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "foci.txt"
    path.write_bytes(CONTENT)
    return path


class Other:
    """A path of another library."""

    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return str(self.path)


@pytest.mark.parametrize("given", [str, Path, PurePath, Other])
def test_open_source__reads_a_path(path, given):
    source = open_source(given(path))
    assert (source.name, source.content, source.path) == ("foci.txt", CONTENT, path)
    assert source.sha256 == hashlib.sha256(CONTENT).hexdigest()


def test_open_source__head_is_the_beginning():
    assert Source("x", b"a" * 100_000).head == b"a" * 65_536


def test_open_source__folder_is_left_to_the_formats(tmp_path):
    source = open_source(tmp_path)
    assert (source.name, source.content, source.path) == (tmp_path.name, b"", tmp_path)


def test_open_source__name_of_a_file_is_shown_on_one_line(tmp_path):
    path = tmp_path / "foci\n\x1b[2J.txt"
    path.write_bytes(CONTENT)
    assert open_source(path).name == "foci [2J.txt"


# ------------------------------------------------------------------- what is not there


def test_open_source__missing_file_is_refused(tmp_path):
    with pytest.raises(InputMissingError, match=r"nowhere\.txt does not exist; check the path"):
        open_source(tmp_path / "nowhere.txt")


@pytest.mark.parametrize("path", ["a" * 5000, "foci\0.txt", "\udcff" * 3 + "\ud800"])
def test_open_source__impossible_path_is_refused(path):
    with pytest.raises(InputMissingError):
        open_source(path)


@pytest.mark.parametrize("content", [b"", b"\n", b" \t\r\n \n"])
def test_open_source__empty_file_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(ReadError, match=r"^foci\.txt is empty; check that it was saved$"):
        open_source(path)


@pytest.mark.parametrize(
    "given", [b"foci.txt", None, 5, {"a": 1}, object()], ids=lambda g: type(g).__name__
)
def test_open_source__other_things_are_refused(given):
    with pytest.raises(ArgumentError, match="must be a path, an address or an open file"):
        open_source(given)


def test_open_source__more_than_the_limit_is_refused_as_what_it_is(path, monkeypatch):
    monkeypatch.setattr(source_module, "MOST_BYTES", 10)
    with pytest.raises(ReadError, match=r"^foci\.txt has more than 0 MiB, which no evidence base"):
        open_source(path)
    with pytest.raises(ReadError, match=r"^buffer has more than 0 MiB"):
        open_source(io.BytesIO(CONTENT))


# --------------------------------------------------------------------------- buffers


def test_open_source__reads_an_open_file(path):
    with path.open("rb") as binary, path.open(encoding="utf-8") as text:
        assert open_source(binary).content == open_source(text).content == CONTENT
        assert binary.closed is False
    assert open_source(io.BytesIO(CONTENT)).name == "buffer"
    assert open_source(io.StringIO("müde")).content == "müde".encode()


def test_open_source__lone_surrogates_of_a_text_buffer_are_kept():
    assert open_source(io.StringIO("a\ud800")).content == b"a\xed\xa0\x80"


class Trickle(io.RawIOBase):
    """A stream that gives a few bytes at a time, as a pipe does."""

    def __init__(self):
        self.rest = CONTENT

    def readable(self):
        return True

    def read(self, size=-1):
        piece, self.rest = self.rest[:7], self.rest[7:]
        return piece


def test_open_source__stream_that_comes_in_parts_is_read_to_its_end():
    assert open_source(Trickle()).content == CONTENT


class Odd:
    def __init__(self, answer):
        self.answer = answer

    def read(self, size=-1):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_open_source__buffer_that_cannot_be_read_is_refused(path):
    closed = path.open("rb")
    closed.close()
    with path.open("ab") as for_writing, path.open(encoding="ascii") as wrong:
        path.write_bytes("ü".encode())
        for buffer in (closed, for_writing, wrong, Odd(7), Odd(["a"]), Odd(OSError("gone"))):
            with pytest.raises(InputMissingError, match="cannot be read from"):
                open_source(buffer)


# ------------------------------------------------------------------------------ gzip


def test_open_source__unpacks_gzip(tmp_path):
    path = tmp_path / "foci.txt.gz"
    path.write_bytes(gzip.compress(CONTENT))
    assert open_source(path).content == CONTENT
    assert open_source(io.BytesIO(gzip.compress(CONTENT))).content == CONTENT


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(CONTENT)[:-4],
        gzip.compress(CONTENT)[:20] + b"\0" * 30,
        b"\x1f\x8b",
        b"\x1f\x8b" + b"x" * 50,
        gzip.compress(CONTENT) + b"junk",
    ],
    ids=["cut", "damaged", "two bytes", "no gzip", "more behind"],
)
def test_open_source__damaged_gzip_is_refused(content):
    with pytest.raises(ReadError, match="is packed with gzip and cannot be unpacked"):
        open_source(io.BytesIO(content))


def test_open_source__gzip_of_nothing_is_empty():
    with pytest.raises(ReadError, match="is empty"):
        open_source(io.BytesIO(gzip.compress(b"")))


def test_open_source__gzip_that_is_too_large_unpacked_is_refused(monkeypatch):
    monkeypatch.setattr(source_module, "MOST_BYTES", 1000)
    with pytest.raises(ReadError, match="has more than"):
        open_source(io.BytesIO(gzip.compress(bytes(100_000))))


# ------------------------------------------------------------------------- addresses


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/missing.txt":
            self.send_error(404, "Not Found")
            return
        self.send_response(200)
        if self.path == "/chunks.txt":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"30\r\n" + CONTENT[:20])  # breaks off
            return
        length = len(CONTENT) + (100 if self.path == "/cut.txt" else 0)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(CONTENT)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server():
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")


def test_open_source__reads_an_address(server):
    source = open_source(f"{server}/some%20foci.txt?download=1")
    assert (source.name, source.content, source.path) == ("some foci.txt", CONTENT, None)


def test_open_source__missing_page_is_refused(server):
    with pytest.raises(
        InputMissingError, match=r"cannot be loaded \(Not Found\); check the address"
    ):
        open_source(f"{server}/missing.txt")


@pytest.mark.parametrize("name", ["cut.txt", "chunks.txt"])
def test_open_source__download_that_breaks_off_is_refused(server, name):
    # http.client gives what came and says nothing: foci would be lost without a word.
    with pytest.raises(InputMissingError, match="cannot be loaded"):
        open_source(f"{server}/{name}")


@pytest.mark.parametrize(
    "address",
    ["http://", "http://[", "http://127.0.0.1:1/x", "http://a b/", "https://\n", "http://x:y/"],
)
def test_open_source__impossible_address_is_refused(address):
    with pytest.raises(InputMissingError, match=r"cannot be loaded .*; check the address"):
        open_source(address)


# --------------------------------------------------------------------------- options


@pytest.mark.parametrize(
    "options",
    [
        {"space": "mni"},
        {"space": "TT_N27"},
        {"extra": "keep"},
        {"default_n": 0},
        {"default_n": 2.5},
        {"default_n": "12"},
        {"default_n": True},
        {"default_n": float("nan")},
        {"encoding": 5},
        {"encoding": b"utf-8"},
    ],
    ids=repr,
)
def test_read_options__bad_ones_are_refused(options):
    (name,) = options
    with pytest.raises(ArgumentError, match=f"The '{name}' parameter of read must be"):
        ReadOptions(**options)


def test_read_options__given_are_those_that_say_something():
    assert ReadOptions().given == {}
    assert ReadOptions(space="MNI", default_n=20).given == {"space": "MNI", "default_n": 20}


def test_input_missing_error__is_a_file_not_found_error_with_its_exit_code():
    assert issubclass(InputMissingError, (FileNotFoundError, FocaleError))
    assert InputMissingError.exit_code == 66
