"""One door from any source to a studyset and everything noticed about it."""

from __future__ import annotations

import gzip
import io
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from focale import Studyset, pain_studyset_path, read
from focale.errors import ArgumentError, FocaleError, InputMissingError, ReadError
from focale.studyset.reading import inspect
from tests.strategies import sleuth_text

TEXT = sleuth_text(
    [
        (["Smith, 2001: heat"], 12, [(40, -20, 10), (-38, -22, 12)]),
        (["Smith, 2001: cold"], 14, [(0, 10, 40)]),
        (["Jones, 2003: heat"], 9, [(10, 20, 30)]),
    ],
    "Talairach",
)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "foci.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_read__gives_the_studyset_and_all_that_was_noticed():
    studyset, problems = read(pain_studyset_path())
    assert isinstance(studyset, Studyset)
    assert isinstance(problems, list)
    assert repr(studyset).startswith("Studyset: 21 studies, 21 subject groups, 21 experiments")
    assert sorted(map(str, problems)) == sorted(map(str, studyset.problems))
    assert not any(p.severity == "error" for p in problems)


def test_read__has_the_evidence_of_the_studyset_alone(path):
    studyset, _ = read(path, talairach="spm")
    plain = Studyset(path, talairach="spm")
    np.testing.assert_array_equal(studyset.foci_mm, plain.foci_mm)
    assert studyset.record.experiments == plain.record.experiments
    assert studyset.record.sha256 == plain.record.sha256


@pytest.mark.parametrize(
    "make",
    [
        str,
        lambda path: path.open("rb"),
        lambda path: path.open(encoding="utf-8"),
        lambda path: io.BytesIO(path.read_bytes()),
        lambda path: io.StringIO(path.read_text()),
        lambda path: io.BytesIO(gzip.compress(path.read_bytes())),
        lambda path: [path],
    ],
    ids=["text", "binary file", "text file", "BytesIO", "StringIO", "packed", "list"],
)
def test_read__takes_paths_files_and_buffers(path, make):
    source = make(path)
    studyset, _ = read(source)
    if hasattr(source, "close"):
        source.close()
    assert studyset.ids.tolist() == ["Smith, 2001-heat", "Smith, 2001-cold", "Jones, 2003-heat"]
    assert studyset.n_converted == 4
    np.testing.assert_array_equal(studyset.foci_mm, read(path)[0].foci_mm)


def test_read__joins_several(path, tmp_path):
    more = tmp_path / "more.txt"
    more.write_text(sleuth_text([(["Clark, 2010: heat"], 11, [(1, 2, 3)])]))
    studyset, _ = read([path, more])
    assert studyset.study_ids.tolist() == ["Smith, 2001", "Jones, 2003", "Clark, 2010"]
    assert studyset.record.source == "foci.txt + more.txt"
    assert studyset.n_converted == 4


def test_read__two_files_of_two_spaces_of_a_real_meta_analysis(corpus):
    """Pankey et al. 2022, trauma-exposed > PTSD: 13 MNI and 3 Talairach experiments."""
    folder = corpus / "pankey2022_ptsd_vbm" / "input"
    studyset, _ = read([folder / f"BP_TrauEgtPTSD_{space}.txt" for space in ("MNI", "Tal")])
    assert (len(studyset), studyset.n_foci, studyset.n_converted) == (16, 82, 8)
    assert len(studyset.conversions) == 3


def test_read__records_what_it_was_told(path):
    options = {
        "default_n": 20,
        "groups_of": {"Jones, 2003": "Smith, 2001"},
        "talairach_of": {"Jones, 2003-heat": "brett"},
    }
    studyset, _ = read(path, **options)
    assert studyset.record.options == options
    assert studyset.subject_groups.tolist() == ["Smith, 2001"]
    assert studyset.conversions["Jones, 2003-heat"] == {"brett": 1}
    assert studyset.slice(studyset.ids[:1]).record.options == options
    assert studyset.pooled().record.options == options


def test_read__without_options_records_none(path):
    assert read(path)[0].record.options == {}


def test_read__an_own_matrix_does_not_change_the_others(path):
    plain, told = read(path)[0], read(path, talairach_of={"Jones, 2003": "fsl"})[0]
    np.testing.assert_allclose(plain.foci_mm[:3], told.foci_mm[:3], rtol=0, atol=1e-12)
    assert np.abs(plain.foci_mm[3] - told.foci_mm[3]).max() > 0.5
    fsl = read(path, talairach="fsl")[0]
    np.testing.assert_allclose(fsl.foci_mm[3], told.foci_mm[3], rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"space": "Colin"}, ArgumentError, "'space' parameter of read must be None or 'MNI'"),
        ({"default_n": 0}, ArgumentError, "'default_n' parameter of read must be a whole number"),
        ({"extra": "keep"}, ArgumentError, "'extra' parameter of read must be"),
        ({"talairach": "laird"}, ArgumentError, "'talairach' parameter of Studyset must be"),
        ({"target": "colin"}, ArgumentError, "'target' parameter of Studyset must be"),
        ({"groups_of": {"nobody": "x"}}, ReadError, 'that is not in the file: "nobody"'),
        ({"talairach_of": {"Smith, 2001": "afni"}}, ReadError, "not a conversion of Talairach"),
    ],
)
def test_read__refuses_options_that_say_nothing(path, options, error, message):
    with pytest.raises(error, match=message):
        read(path, **options)


def test_read__errors_are_raised_and_inspected(tmp_path):
    path = tmp_path / "foci.txt"
    path.write_text(sleuth_text([(["a"], 0, [(1, 2, 3)]), (["b"], 9, [(1, 2)])]))
    with pytest.raises(ReadError, match=r"^foci\.txt has 2 errors:\n"):
        read(path)
    inspection = inspect(path)
    assert inspection.studyset is None
    assert [p.severity for p in inspection.problems[:2]] == ["error", "error"]


def test_inspect__of_a_selection_looks_at_it_alone():
    inspection = inspect(pain_studyset_path(), select=lambda s: s.slice(s.ids[:3]))
    assert (len(inspection.studyset), inspection.summary.experiments) == (3, 3)
    assert inspection.summary.experiments_found == 21
    assert not {p.experiment for p in inspection.problems} & {"pain_07.nidm-1", "pain_12.nidm-1"}


# ------------------------------------------------------------------ addresses


@contextmanager
def served(pages):
    """An address that serves {path: (status, bytes)}."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, content = pages.get(self.path, (404, b""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def test_read__takes_an_address(path):
    with served({"/my%20foci.txt?v=1": (200, path.read_bytes())}) as address:
        studyset, _ = read(f"{address}/my%20foci.txt?v=1")
    assert studyset.record.source == "my foci.txt"
    assert studyset.record.sha256 == read(path)[0].record.sha256
    assert studyset.ids.tolist() == read(path)[0].ids.tolist()


def test_read__takes_json_of_an_address(tmp_path):
    with served({"/api": (200, pain_studyset_path().read_bytes())}) as address:
        assert len(read(f"{address}/api")[0]) == 21


def test_read__a_page_that_is_not_there_is_named():
    with served({}) as address, pytest.raises(InputMissingError) as caught:
        read(f"{address}/foci.txt")
    assert str(caught.value).startswith(f"{address}/foci.txt cannot be loaded (")
    assert str(caught.value).endswith("check the address, or download the file and pass its path")
    caught.value.__cause__.close()  # holds the connection


def test_read__an_address_nobody_answers_is_refused_politely():
    address = "http://127.0.0.1:9/x.txt"
    with pytest.raises(InputMissingError, match=r"^http://127\.0\.0\.1:9/x\.txt cannot be loaded"):
        read(address)


def test_read__a_web_page_is_no_evidence():
    with (
        served({"/x": (200, b"<!DOCTYPE html><html>log in</html>")}) as address,
        pytest.raises(ReadError, match="web page"),
    ):
        read(f"{address}/x")


@pytest.mark.parametrize("address", ["http://", "http://[::1", "https://\x00", "http://a b/c"])
def test_read__an_address_that_is_none_is_refused(address):
    with pytest.raises(FocaleError):
        read(address)


def test_read__json_of_a_studyset_in_a_buffer():
    tree = json.loads(pain_studyset_path().read_text())
    assert len(read(io.StringIO(json.dumps(tree)))[0]) == 21
