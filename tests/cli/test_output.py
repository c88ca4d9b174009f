"""The output folder: whole or not there, and never another's."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from focale import Protocol
from tests.cli.conftest import write

IN_RESULT = [
    "dataset_description.json",
    "evidence.json",
    "interpretation.md",
    "maps",
    "methods.md",
    "protocol.toml",
    "provenance.json",
    "references.bib",
    "report.html",
    "report.json",
    "tables",
]


def describe(run, evidence, *arguments, output="out"):
    return run("describe", evidence, "-o", output, "--no-figures", *arguments)


def names(folder):
    return sorted(path.name for path in Path(folder).iterdir())


def contents(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


# ------------------------------------------------------------------ where it may be


def test_describe__makes_the_folder_and_its_parents(run, tmp_path, evidence):
    assert describe(run, evidence, output="new/deep/out").code == 0
    assert "interpretation.md" in names(tmp_path / "new" / "deep" / "out")
    assert names(tmp_path / "new" / "deep") == ["out"]


def test_describe__fills_an_empty_folder(run, tmp_path, evidence):
    (tmp_path / "out").mkdir()
    assert describe(run, evidence).code == 0
    assert names(tmp_path) == ["foci.json", "out"]


def test_describe__a_folder_may_end_with_a_slash(run, tmp_path, evidence):
    assert describe(run, evidence, output="out/").code == 0
    assert "provenance.json" in names(tmp_path / "out")


@pytest.mark.parametrize("overwrite", [[], ["--overwrite"]])
def test_describe__refuses_a_folder_of_others(run, tmp_path, evidence, overwrite):
    (tmp_path / "out").mkdir()
    write(tmp_path / "out" / "thesis.txt", "years of work")
    said = describe(run, evidence, *overwrite)
    assert said.code == 73
    assert said.err == (
        "focale: the output folder out is not empty and was not written by Focale; choose a new "
        "or an empty folder\n"
    )
    assert names(tmp_path / "out") == ["thesis.txt"]


@pytest.mark.parametrize(
    "description", ["{}", "not json", "[]", '{"GeneratedBy": [{"Name": "fMRIPrep"}]}']
)
def test_describe__a_folder_of_another_program_is_of_others(run, tmp_path, evidence, description):
    (tmp_path / "out").mkdir()
    write(tmp_path / "out" / "dataset_description.json", description)
    assert describe(run, evidence, "--overwrite").code == 73
    assert (tmp_path / "out" / "dataset_description.json").read_text() == description


def test_describe__refuses_a_file_as_folder(run, tmp_path, evidence):
    write(tmp_path / "out", "a file")
    said = describe(run, evidence)
    assert said.code == 73
    assert said.err == "focale: out is a file, not a folder; choose another output folder\n"


def test_describe__refuses_a_folder_below_a_file(run, tmp_path, evidence):
    write(tmp_path / "file", "a file")
    said = describe(run, evidence, output="file/out")
    assert said.code == 73
    assert "cannot be written to; choose another output folder" in said.err


def test_describe__refuses_a_place_that_cannot_be_written(run, tmp_path, evidence, monkeypatch):
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK and may(path, mode))
    said = describe(run, evidence)
    assert said.code == 73
    assert f"{tmp_path} cannot be written to; choose another output folder" in said.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_describe__refuses_a_place_without_the_right_to_write(run, tmp_path, evidence):
    (tmp_path / "locked").mkdir(mode=0o555)
    assert describe(run, evidence, output="locked/out").code == 73


def test_describe__checks_the_folder_before_it_reads(run, tmp_path):
    write(tmp_path / "out", "a file")
    assert describe(run, "nowhere.json").code == 73


def test_describe__asks_for_a_folder(run, evidence):
    said = run("describe", evidence)
    assert said.code == 2
    assert "Missing option '-o' / '--output'" in said.err


def test_describe__the_current_folder_may_be_the_output(run, tmp_path, evidence, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    said = describe(run, evidence, output=".")
    assert said.code == 0, said.err
    assert names(tmp_path) == ["foci.json", "here"]
    assert names(tmp_path / "here") == IN_RESULT


def test_describe__a_link_to_a_folder_stays_a_link(run, tmp_path, evidence):
    (tmp_path / "scratch").mkdir()
    (tmp_path / "out").symlink_to("scratch")
    said = describe(run, evidence)
    assert said.code == 0, said.err
    assert (tmp_path / "out").is_symlink()
    assert names(tmp_path / "scratch") == IN_RESULT


# ------------------------------------------------------------------ half way


def explode_with(monkeypatch, error):
    """Break off after maps and tables are written."""

    def explode(*_args, **_kwargs):
        raise error

    monkeypatch.setattr("focale.report.folder.methods", explode)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_describe__a_full_disk_leaves_nothing(run, tmp_path, evidence, monkeypatch, number):
    explode_with(monkeypatch, OSError(number, os.strerror(number)))
    said = describe(run, evidence)
    assert said.code == 74
    assert said.err == (
        f"focale: out could not be written ({os.strerror(number)}), and nothing was left "
        "behind; free some space or choose another output folder\n"
    )
    assert names(tmp_path) == ["foci.json"]


def test_describe__a_disk_that_fills_while_a_map_is_written(tmp_path, evidence):
    """A real one: no file of this process may grow beyond 4 kB."""
    pytest.importorskip("resource", reason="limits of file sizes are of Unix")
    code = (
        "import resource, sys; from focale.cli import main; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000)); "
        "main(['describe', 'foci.json', '-o', 'out', '--no-figures'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 74, done.stderr
    # Python 3.13 adds what gzip failed to close; the sentence comes first all the same.
    assert done.stderr.startswith(
        "focale: out could not be written (File too large), and nothing was left behind; free "
        "some space or choose another output folder\n"
    )
    assert names(tmp_path) == ["foci.json"]


@pytest.mark.parametrize("place", ["focale.report.folder.methods", "focale.workflow.describe"])
def test_describe__ctrl_c_leaves_nothing(run, tmp_path, evidence, monkeypatch, place):
    def interrupt(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(place, interrupt)
    said = describe(run, evidence)
    assert said.code == 130
    assert said.err.strip() == "focale: stopped; nothing was written"
    assert names(tmp_path) == ["foci.json"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals are of Unix")
@pytest.mark.parametrize("given", ["SIGTERM", "SIGHUP", "SIGINT"])
@pytest.mark.parametrize("place", ["new/out", "."], ids=["new folder", "present folder"])
def test_describe__a_signal_while_it_writes_leaves_nothing(tmp_path, evidence, given, place):
    """A real signal to a real process, sent when the first map is there."""
    code = (
        "import time, sys, focale.report.folder as folder; from focale.cli import main; "
        "folder._write_texts = lambda *_: (print('writing', flush=True), time.sleep(60)); "
        f"main(['describe', {str(evidence)!r}, '-o', {place!r}, '--no-figures'])"
    )
    (tmp_path / "here").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path / "here",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "writing\n"
        assert list((tmp_path / "here").rglob("*.nii.gz"))
        process.send_signal(getattr(signal, given))
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, out) == (130, "")
    assert err.strip() == "focale: stopped; nothing was written"
    assert names(tmp_path / "here") == []


def test_describe__a_bug_asks_to_be_reported(run, tmp_path, evidence, monkeypatch):
    explode_with(monkeypatch, RuntimeError("boom"))
    said = describe(run, evidence)
    assert said.code == 70
    assert said.err == (
        "focale: this is a bug in Focale (RuntimeError: boom); please report it with what "
        "the same command prints with --debug\n"
    )
    assert names(tmp_path) == ["foci.json"]


def test_describe__a_failure_leaves_an_earlier_result_alone(run, tmp_path, evidence, monkeypatch):
    describe(run, evidence)
    before = contents(tmp_path / "out")
    explode_with(monkeypatch, OSError(errno.ENOSPC, "No space left on device"))
    assert describe(run, evidence, "--overwrite").code == 74
    assert contents(tmp_path / "out") == before
    assert names(tmp_path) == ["foci.json", "out"]


def test_describe__a_failure_leaves_no_parents(run, tmp_path, evidence, monkeypatch):
    explode_with(monkeypatch, OSError(errno.ENOSPC, "No space left on device"))
    assert describe(run, evidence, output="new/deep/out").code == 74
    assert names(tmp_path) == ["foci.json"]


# ------------------------------------------------------------------ over an earlier result


def test_describe__does_not_replace_a_result_unasked(run, tmp_path, evidence):
    describe(run, evidence)
    before = contents(tmp_path / "out")
    said = describe(run, evidence)
    assert said.code == 73
    assert said.err == (
        "focale: the output folder out already holds a result; choose another folder, or replace "
        "it with --overwrite\n"
    )
    assert contents(tmp_path / "out") == before


def test_describe__overwrite_replaces_a_result_of_focale(run, tmp_path, evidence):
    describe(run, evidence)
    before = contents(tmp_path / "out")
    write(tmp_path / "out" / "figures.txt", "of an earlier version")
    assert describe(run, evidence, "--overwrite").code == 0
    assert contents(tmp_path / "out") == before  # equal runs, equal bytes; the rest is gone
    assert names(tmp_path) == ["foci.json", "out"]


def deviations(tmp_path):
    return Protocol.from_toml(tmp_path / "out" / "protocol.toml").deviations


def test_describe__a_changed_protocol_is_a_deviation(run, tmp_path, evidence):
    describe(run, evidence)
    write(tmp_path / "p.toml", "min_experiments = 3")
    said = describe(run, evidence, "--overwrite", "--protocol", "p.toml")
    assert said.code == 0
    (deviation,) = deviations(tmp_path)
    assert deviation.changes == "min_experiments: 17 -> 3"
    assert (
        deviation.reason == "the protocol was changed after a first run in the same output folder"
    )
    for name in ("interpretation.md", "methods.md"):
        assert "min_experiments: 17 -> 3" in (tmp_path / "out" / name).read_text(encoding="utf-8")
    assert "min_experiments: 17 -> 3" in " ".join(said.out.split())


def test_describe__earlier_deviations_are_kept(run, tmp_path, evidence):
    describe(run, evidence)
    write(tmp_path / "p.toml", "min_experiments = 3")
    write(tmp_path / "q.toml", "min_experiments = 3\ndisplay_percentile = 90")
    describe(run, evidence, "--overwrite", "--protocol", "p.toml")
    describe(run, evidence, "--overwrite", "--protocol", "q.toml")
    describe(run, evidence, "--overwrite", "--protocol", "q.toml")  # nothing new
    assert [deviation.changes for deviation in deviations(tmp_path)] == [
        "min_experiments: 17 -> 3",
        "display_percentile: 95.0 -> 90.0",
    ]


def test_describe__going_back_is_a_deviation_too(run, tmp_path, evidence):
    describe(run, evidence)
    write(tmp_path / "p.toml", "min_experiments = 3")
    describe(run, evidence, "--overwrite", "--protocol", "p.toml")
    describe(run, evidence, "--overwrite")
    assert [deviation.changes for deviation in deviations(tmp_path)] == [
        "min_experiments: 17 -> 3",
        "min_experiments: 3 -> 17",
    ]


def test_describe__a_declared_deviation_is_not_recorded_twice(run, tmp_path, evidence):
    describe(run, evidence)
    protocol = Protocol().deviate("a reviewer asked", min_experiments=3)
    write(tmp_path / "p.toml", protocol.to_toml())
    describe(run, evidence, "--overwrite", "--protocol", "p.toml")
    assert deviations(tmp_path) == protocol.deviations


def test_describe__the_same_protocol_again_is_no_deviation(run, tmp_path, evidence):
    describe(run, evidence)
    write(tmp_path / "p.toml", "display_percentile = 95\nmin_experiments = 17")
    describe(run, evidence, "--overwrite", "--protocol", "p.toml")
    assert deviations(tmp_path) == ()
