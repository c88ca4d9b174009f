"""The way through the page: check, protocol, decision, run, result, and out of turn."""

from __future__ import annotations

import io
import json
import os
import time
import zipfile
from urllib.parse import quote

import pytest

from focale import pain_studyset_path
from focale.app import job as module
from focale.protocol.protocol import Protocol
from focale.report.language import find_claims
from focale.workflow import read_evidence, run_into
from tests.app.conftest import FIVE, Client, serving

BAD = "// Smith 2001: pain\n// Subjects=12\n10 20 30\n10 20\nx y z\n\n// Jones 2003: pain\n4 5 6\n"


# ---------------------------------------------------------------------------------- check


def test_check__counts_and_reconciles(client):
    check = client.give("foci.json", FIVE).json["check"]
    assert check["usable"]
    assert check["summary"]["foci"] == check["summary"]["foci_found"] == 10
    assert check["format"] == "NIMADS JSON"


def test_check__names_every_bad_line(client):
    check = client.give("bad.txt", BAD).json["check"]
    errors = {(p["line"], p["code"]) for p in check["problems"] if p["severity"] == "error"}
    assert {(4, "not-a-coordinate"), (5, "not-a-coordinate"), (7, "no-sample-size")} <= errors
    assert not check["usable"]
    assert check["summary"]["foci_left_out"] == 2


def test_check__takes_what_the_file_leaves_open(client):
    text = "// Smith 2001: pain\n// Subjects=12\n10 20 30\n"
    assert not client.give("foci.txt", text).json["check"]["usable"]
    said = client.post("/check", {"space": "TAL", "sheet": ""}).json
    assert said["check"]["usable"]
    assert said["options"] == {"space": "TAL"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"space": "MARS"}, "'space' parameter of read"),
        ({"default_n": "12"}, "'default_n' parameter of read"),
        ({"nothing": 1}, "'nothing' is not asked on this page"),
        ({"annotation": "/etc/passwd"}, "'annotation' is not asked on this page"),
    ],
)
def test_check__refuses_options_in_a_sentence(client, options, sentence):
    assert sentence in client.give("foci.json", FIVE, options).json["error"]


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"\x00\xff" * 500, b"hello"])
def test_check__of_no_evidence_says_so(client, content):
    check = client.give("thing.bin", content).json["check"]
    assert not check["usable"]
    assert check["error"] or check["problems"]


def test_check__reads_several_files_together(client):
    client.give("one.json", FIVE)
    client.post("/file?name=two.txt", b"//Reference=MNI\n// Z 2001: c\n// Subjects=9\n1 2 3\n")
    said = client.post("/check").json
    assert said["files"] == ["one.json", "two.txt"]
    assert said["check"]["summary"]["studies"] == 6


def test_check__finds_the_tables_of_one_format(client):
    table = "id\ttable_id\ttable_num\tpeak_id\tx\ty\tz\n" + "1\t1\t1\t4\t4\t2\t3\n"
    client.give("data_coordinates.tsv", table)
    client.post("/file?name=data_metadata.tsv", b"id\tspace\ttitle\n1\tMNI\tA paper\n")
    check = client.post("/check", {"default_n": 20}).json["check"]
    assert "Neurosynth" in check["format"]
    assert check["usable"]


HOSTILE = (
    "../../evil.txt",
    "/etc/passwd",
    "C:\\evil.txt",
    "..",
    "",
    "a\x00b",
    "<script>alert(1)</script>.txt",
    "con.txt",
    "x" * 5000 + ".json",
    "\u202egnp.exe",
    "\U0001f9e0.txt",
    "-o",
    ".hidden",
    "\u00e9" * 300,
)


@pytest.mark.parametrize("name", HOSTILE)
def test_file__names_stay_in_their_folder(client, name):
    said = client.post(f"/file?name={quote(name)}", b"hello").json
    folder = client.server.session._place.uploads
    (path,) = folder.iterdir()
    assert said["files"] == [path.name]
    assert path.read_bytes() == b"hello"
    assert sorted(p.name for p in folder.parent.iterdir()) == ["evidence"]


# ----------------------------------------------------------------- protocol and decision


def test_decision__is_made_before_a_map(client):
    client.give("pain.json", pain_studyset_path().read_bytes())
    said = client.post("/protocol", {"title": "Pain", "min_experiments": 30}).json
    assert said["decision"]["mode"] == "descriptive"
    assert "21 independent studies" in said["decision"]["reason"]
    assert said["protocol"]["declared"]
    assert said["job"] is None
    assert client.get("/protocol.toml").body.decode().count("min_experiments = 30") == 1


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"alpha": 2}, "The 'alpha' choice must be a number between 0 and 1. Got 2 instead."),
        ({"alpha": "a"}, "'alpha' choice"),
        ({"min_experiments": 0}, "'min_experiments' choice"),
        ({"iterations": 1.5}, "'iterations' choice"),
        ({"correction": "none"}, "'correction' choice"),
        ({"title": 3}, "'title' choice"),
        ({"tfce": "yes"}, "'tfce' choice"),
        ({"sub_analyses": "one"}, "'sub_analyses' choice"),
        ({"alpa": 0.05}, "'alpa' is not a choice of a protocol"),
        ({"declared": "2001-01-01"}, "'declared' is not a choice"),
    ],
)
def test_protocol__errors_are_sentences(client, values, sentence):
    client.give("foci.json", FIVE)
    answer = client.post("/protocol", values)
    assert sentence in answer.json["error"]
    assert client.get("/state").json["protocol"] is None


def test_protocol_file__fills_the_form_and_keeps_its_date(client):
    client.give("foci.json", FIVE)
    toml = 'title = "T"\nmin_experiments = 9\ndeclared = "2024-05-01T00:00:00+00:00"\n'
    values = client.post("/protocol-file", toml.encode()).json["values"]
    assert values["min_experiments"] == 9
    said = client.post("/protocol", values).json["protocol"]
    assert said["declared"] == "2024-05-01T00:00:00+00:00"
    assert said["deviations"] == []
    changed = client.post("/protocol", {**values, "min_experiments": 5}).json["protocol"]
    assert changed["declared"] == "2024-05-01T00:00:00+00:00"
    assert changed["deviations"][0]["changes"] == "min_experiments: 9 -> 5"


@pytest.mark.parametrize("toml", [b"alpha = 7", b"x = ", b"\xff\xfe", b"colour = 1"])
def test_protocol_file__errors_are_sentences(client, toml):
    client.give("foci.json", FIVE)
    assert client.post("/protocol-file", toml).json["error"].startswith("protocol.toml")


@pytest.mark.parametrize("step", ["/check", "/protocol", "/start"])
def test_step__out_of_turn_is_refused(client, step):
    answer = client.post(step)
    assert answer.status == 409
    assert "first" in answer.json["error"]


@pytest.mark.parametrize("path", ["/download", "/result/protocol.toml", "/protocol.toml"])
def test_result__that_is_not_there_is_refused(client, path):
    assert client.get(path).status == 409


def test_start__needs_a_declared_protocol(client):
    client.give("foci.json", FIVE)
    assert client.post("/start").status == 409


# ------------------------------------------------------------------------ run and result


def test_run__gives_what_run_into_gives(finished):
    result = finished.get("/state").json["job"]["result"]
    assert result["mode"] == "inferential"
    assert result["interpretation"].startswith("The screened evidence base (5 studies")
    answer = finished.get("/result/report.html")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert b"Inferential reading" in answer.body


def test_run__gives_the_bytes_that_the_command_line_gives(finished, tmp_path):
    folder = finished.server.session.result_folder()
    (tmp_path / "foci.json").write_text(json.dumps(FIVE))
    protocol = Protocol.from_toml(folder / "protocol.toml")
    evidence = read_evidence(tmp_path / "foci.json", protocol)
    run_into(evidence, tmp_path / "out", protocol, command="focale run foci.json")
    for name, path in finished.server.session.result_files().items():
        assert path.read_bytes() == (tmp_path / "out" / name).read_bytes(), name


def test_run__is_recorded_as_the_command_that_repeats_it(finished):
    assert b"focale run foci.json" in finished.get("/result/provenance.json").body


def test_download__holds_the_whole_folder(finished):
    answer = finished.get("/download")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="foci.zip"'
    names = zipfile.ZipFile(io.BytesIO(answer.body)).namelist()
    expected = {f"foci/{name}" for name in finished.server.session.result_files()}
    assert set(names) == expected
    assert "foci/interpretation.md" in names


def test_result__is_copied_to_the_folder_that_was_named(finished):
    result = finished.get("/state").json["job"]["result"]
    copy = finished.server.session._place.kept / "foci"
    assert result["kept"] == str(copy)
    files = {p.relative_to(copy).as_posix() for p in copy.rglob("*") if p.is_file()}
    assert files == set(finished.server.session.result_files())


@pytest.fixture
def started(client, choices):
    """A client whose run takes long."""
    client.give("foci.json", FIVE)
    client.post("/protocol", {**choices, "iterations": 50_000_000})
    client.post("/start")
    return client


def under_way(client):
    """The job, once random maps are counted."""
    for _ in range(600):
        job = client.get("/state").json["job"]
        if job["done"] or job["state"] != "running":
            return job
        time.sleep(0.05)
    raise AssertionError(f"never under way: {job}")


def test_stop__ends_the_run_and_leaves_nothing(started):
    job = under_way(started)
    assert job["state"] == "running"
    assert job["total"] == 50_000_000
    assert job["stage"] == "Comparing with random maps"
    assert "largest cluster p" in job["note"]
    process = started.server.session._job._process
    assert started.post("/stop").json["job"]["state"] == "stopped"
    assert not process.is_alive()
    results = started.server.session._place.root / "results"
    assert [p for p in results.rglob("*") if p.is_file()] == []
    assert started.get("/download").status == 409


def test_start__is_refused_while_a_run_is_under_way(started):
    for step in ("/start", "/check", "/protocol", "/file?name=a"):
        answer = started.post(step)
        assert answer.status == 409
        assert "a run is under way" in answer.json["error"]
    assert started.get("/state").json["job"]["state"] == "running"


def test_reset__stops_a_run_and_forgets_the_evidence(started):
    process = started.server.session._job._process
    said = started.post("/reset").json
    assert said["files"] == []
    assert said["job"] is None
    assert not process.is_alive()


@pytest.mark.processes
def test_close__stops_a_run_and_removes_its_files(choices):
    with serving() as server:
        client = Client(server).enter()
        client.give("foci.json", FIVE)
        client.post("/protocol", {**choices, "iterations": 50_000_000})
        client.post("/start")
        process, root = server.session._job._process, server.session._place.root
    assert not process.is_alive()
    assert not root.exists()


def test_worker__that_dies_is_told_of_in_a_sentence(started):
    under_way(started)
    os.kill(started.server.session._job._process.pid, 9)
    job = started.wait()
    assert job["state"] == "failed"
    assert "the run ended unexpectedly" in job["error"]
    results = started.server.session._place.root / "results"
    assert [p for p in results.rglob("*") if p.is_file()] == []


def test_worker__that_does_not_tidy_up_is_killed(started, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE_S", 0.0)
    under_way(started)
    assert started.post("/stop").json["job"]["state"] == "stopped"


@pytest.mark.processes
def test_run__that_cannot_be_made_fails_in_a_sentence(client, choices):
    client.give("foci.json", FIVE)
    client.post("/protocol", {**choices, "iterations": 5})
    client.post("/start")
    job = client.wait()
    assert job["state"] == "failed"
    assert "the smallest p there can be" in job["error"]


@pytest.mark.processes
def test_run__asks_what_would_change_the_picture_if_it_is_told_to(client, choices):
    client.give("foci.json", FIVE)
    client.post("/protocol", choices)
    client.post("/start", {"robustness": True})
    job = client.wait()
    assert job["state"] == "done"
    assert "left out in turn and the whole test made anew" in job["result"]["interpretation"]
    page = client.get("/result/report.html").body.decode()
    assert 'id="robustness"' in page
    assert "--robustness all" in page


def test_start__is_refused_with_a_question_that_is_none(client, choices):
    client.give("foci.json", FIVE)
    client.post("/protocol", choices)
    said = client.post("/start", {"robustness": "very"})
    assert "'robustness'" in said.json["error"]
    assert client.get("/state").json["job"] is None


@pytest.mark.processes
def test_second_run__of_the_same_evidence_records_what_was_changed(client, choices):
    said = client.give("foci.json", FIVE).json
    assert not said["seen"]
    client.post("/protocol", {**choices, "min_experiments": 6})
    client.post("/start")
    first = client.wait()["result"]
    assert first["mode"] == "descriptive"
    assert find_claims(first["interpretation"]) == []

    said = client.give("renamed.json", FIVE).json
    assert said["seen"]
    client.post("/protocol", choices)
    client.post("/start")
    client.wait()
    toml = client.get("/result/protocol.toml").body.decode()
    assert "min_experiments: 6 -> 5" in toml
    assert "after a first run in the same output folder" in toml
