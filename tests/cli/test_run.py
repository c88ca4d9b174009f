"""`focale run` and `focale merge`: as the protocol decides, stopped, gone on with, parted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from focale import pain_studyset_path
from focale.correction.null_file import read_null
from tests.cli.conftest import write
from tests.strategies import nimads_analysis, nimads_tree

PAIN = str(pain_studyset_path())
FEW = ("--iterations", "200", "--no-figures")


@pytest.fixture
def small(tmp_path, small_mask_path):
    """Arguments of five studies in a box, for which the protocol allows a test."""
    tree = nimads_tree(
        {
            f"s{i}": [nimads_analysis("1", [(0, 2 * i, 4), (4 * i - 8, -20, 4 * i)], n=12)]
            for i in range(5)
        }
    )
    write(tmp_path / "foci.json", tree)
    write(
        tmp_path / "small.toml",
        f'mask = "{small_mask_path}"\nmin_experiments = 5\niterations = 200',
    )
    return "foci.json", "--protocol", "small.toml"


def made(folder):
    """What a command made in the folder of the test."""
    given = {"foci.json", "small.toml", "p.toml"}
    return sorted(path.name for path in folder.iterdir() if path.name not in given)


def prose(text):
    return " ".join(text.split())


def null_of(folder):
    return read_null(Path(folder) / "null.npz").maxima


@pytest.fixture
def stopping(monkeypatch):
    """A progress bar during which somebody presses Ctrl-C after two blocks."""

    def bar(_):
        def wrap(blocks):
            for number, block in enumerate(blocks):
                yield block
                if number == 1:
                    raise KeyboardInterrupt

        return wrap

    monkeypatch.setattr("focale.progress.bar", bar)


# ------------------------------------------------------------------ what it does


def test_run__tests_where_the_protocol_allows_it(run, tmp_path):
    said = run("run", PAIN, "-o", "out", *FEW)
    assert said.code == 0
    assert "an inferential reading is allowed." in prose(said.out)
    assert "cluster-size family-wise p of at most .05 (200 iterations, seed 0)" in prose(said.out)
    lines = said.out.splitlines()
    assert lines[-2:] == ["out/interpretation.md", "out"]
    header = next(line for line in lines if "peak (mm)" in line)
    first = lines[lines.index(header) + 1]
    assert first.split()[:5] == ["1", "6,448", "38", "4", "2"]
    assert "<= .005" in first
    assert (tmp_path / "out" / "null.npz").is_file()
    assert not list(tmp_path.glob("*.npz"))


def test_run__describes_where_it_does_not(run, tmp_path):
    ours = run("run", PAIN, "-o", "ours", "--first", "8", "--no-figures")
    theirs = run("describe", PAIN, "-o", "theirs", "--first", "8", "--no-figures")
    assert ours.code == theirs.code == 0
    assert ours.out.replace("ours", "") == theirs.out.replace("theirs", "")
    for path in (tmp_path / "theirs").rglob("*"):
        # These three say which command was given.
        if path.is_file() and path.name not in ("provenance.json", "report.html", "report.json"):
            same = tmp_path / "ours" / path.relative_to(tmp_path / "theirs")
            assert same.read_bytes() == path.read_bytes(), path


def test_run__equal_runs_give_equal_bytes(run, tmp_path, small):
    run("run", *small, "-o", "a", *FEW, "--threads", "1")
    run("run", *small, "-o", "b", *FEW, "--threads", "2")
    for path in (tmp_path / "a").rglob("*"):
        if path.is_file():
            other = tmp_path / "b" / path.relative_to(tmp_path / "a")
            assert path.read_bytes() == other.read_bytes(), path


def test_run__records_the_command_without_the_threads(run, tmp_path):
    write(tmp_path / "p.toml", "seed = 3")
    options = ("--protocol", "p.toml", "--seed", "3", "--threads", "1", "--stop-after", "30")
    run("run", PAIN, "-o", "out", *FEW, *options)
    record = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert record["Command"] == (
        "focale run nidm_pain_studyset.json -o OUT --protocol p.toml --iterations 200 --seed 3 "
        "--stop-after 30 --no-figures"
    )
    assert record["Null"]["Seed"] == 3
    assert record["Null"]["SequentialStopAfter"] == 30


def test_run__what_the_command_line_changes_of_a_protocol_is_a_deviation(run, tmp_path):
    write(tmp_path / "p.toml", 'iterations = 5000\ndeclared = "2026-01-01"')
    run("run", PAIN, "-o", "out", "--protocol", "p.toml", *FEW)
    text = (tmp_path / "out" / "interpretation.md").read_text()
    assert '("given on the command line"): iterations: 5000 -> 200.' in text


def test_run__the_choices_of_the_command_line_alone_are_no_deviation(run, tmp_path):
    run("run", PAIN, "-o", "out", *FEW)
    assert "Deviation" not in (tmp_path / "out" / "interpretation.md").read_text()


# ------------------------------------------------------------------ stopped, and gone on with


def test_run__ctrl_c_keeps_the_iterations(run, tmp_path, stopping, monkeypatch, small):
    many = ("--iterations", "3000", "--no-figures")
    said = run("run", *small, "-o", "out", *many)
    assert said.code == 130
    assert "stopped; iterations are kept in " in said.err
    assert "out.null.npz: the same command with --resume goes on" in said.err
    assert made(tmp_path) == ["out.null.npz"]
    kept = len(read_null(tmp_path / "out.null.npz").maxima)
    assert 0 < kept < 3000

    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    refused = run("run", *small, "-o", "out", *many)
    assert refused.code == 73
    assert "go on from them with --resume (resume=True), or remove the file" in refused.err

    assert run("run", *small, "-o", "out", *many, "--resume").code == 0
    assert run("run", *small, "-o", "whole", *many).code == 0
    np.testing.assert_array_equal(null_of("out"), null_of("whole"))
    assert made(tmp_path) == ["out", "whole"]


def test_run__more_iterations_go_on_from_the_result(run, tmp_path, small):
    run("run", *small, "-o", "out", *FEW)
    again = ("--iterations", "500", "--no-figures", "--overwrite", "--resume")
    assert run("run", *small, "-o", "out", *again).code == 0
    run("run", *small, "-o", "whole", "--iterations", "500", "--no-figures")
    np.testing.assert_array_equal(null_of("out"), null_of("whole"))
    text = (tmp_path / "out" / "interpretation.md").read_text()
    assert "iterations: 200 -> 500" in text


def test_run__other_data_do_not_go_on(run, tmp_path):
    run("run", PAIN, "-o", "out", *FEW)
    said = run("run", PAIN, "-o", "new", "--first", "20", *FEW, "--null", "out/null.npz")
    assert said.code == 65
    assert "keeps a null of something else: it differs in data and masks" in said.err
    assert not (tmp_path / "new").exists()


KILLED = """
import sys
from focale import Protocol, Studyset, pain_studyset_path, run_into
from focale.correction import null_file
null_file.SECONDS_BETWEEN = 0.0
run_into(Studyset(pain_studyset_path()), sys.argv[1], Protocol(iterations=1_000_000))
"""


@pytest.mark.processes
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_run__goes_on_after_kill_9(run, tmp_path):
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path / "out")])
    kept = tmp_path / "out.null.npz"
    deadline = time.monotonic() + 60
    while not kept.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    n_kept = len(read_null(kept).maxima)
    assert n_kept > 0
    n = str(n_kept + 100)
    assert run("run", PAIN, "-o", "out", "--iterations", n, "--no-figures", "--resume").code == 0
    run("run", PAIN, "-o", "whole", "--iterations", n, "--no-figures")
    np.testing.assert_array_equal(null_of("out"), null_of("whole"))


# ------------------------------------------------------------------ shards


def test_run__seven_shards_are_one_run(run, tmp_path, small):
    for shard in range(1, 8):
        said = run(
            "run", *small, "-o", f"{shard}.npz", "--iterations", "200", "--shard", f"{shard}/7"
        )
        assert said.code == 0
        assert said.out.splitlines() == [f"{shard}.npz"]
    merged = run("merge", *(f"{shard}.npz" for shard in range(7, 0, -1)), "-o", "null.npz")
    assert merged.code == 0
    assert merged.err == "null.npz: 200 iterations from 7 files\n"
    assert run("run", *small, "-o", "out", *FEW, "--null", "null.npz").code == 0
    run("run", *small, "-o", "whole", *FEW)
    for table in ("clusters", "clustersFormed"):
        name = f"tables/foci_{table}.tsv"
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_run__a_stopped_shard_goes_on(run, tmp_path, stopping, monkeypatch, small):
    arguments = ("run", *small, "-o", "2.npz", "--iterations", "3000", "--shard", "2/2")
    said = run(*arguments)
    assert said.code == 130
    assert "iterations are kept in 2.npz: the same command goes on" in said.err
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert run(*arguments).code == 0
    assert len(read_null(tmp_path / "2.npz").maxima) == 1500


@pytest.mark.parametrize(
    ("shard", "sentence"),
    [
        ("3", "--shard must be I/N such as 3/40, got '3'"),
        ("a/b", "--shard must be I/N"),
        ("0/4", "'shard' parameter of fwe_shard must be a whole number of at least 1"),
        ("5/4", "shard 5 of 4 of 200 iterations is not there; count shards from 1"),
    ],
)
def test_run__refuses_a_shard_that_is_none(run, tmp_path, shard, sentence, small):
    said = run("run", *small, "-o", "x.npz", "--iterations", "200", "--shard", shard)
    assert said.code == 2
    assert sentence in said.err
    assert not (tmp_path / "x.npz").exists()


def test_run__a_shard_of_a_descriptive_reading_is_refused(run):
    said = run("run", PAIN, "-o", "x.npz", "--first", "8", "--shard", "1/2")
    assert said.code == 65
    assert "the reading is descriptive" in said.err


def test_merge__does_not_replace_unasked(run, tmp_path, small):
    run("run", *small, "-o", "1.npz", "--iterations", "20", "--shard", "1/1")
    assert run("merge", "1.npz", "-o", "null.npz").code == 0
    refused = run("merge", "1.npz", "-o", "null.npz")
    assert refused.code == 73
    assert "null.npz exists; choose another name, or replace it with --overwrite" in refused.err
    assert run("merge", "1.npz", "-o", "null.npz", "--overwrite").code == 0


def test_merge__names_a_missing_file_and_a_missing_shard(run, small):
    run("run", *small, "-o", "1.npz", "--iterations", "20", "--shard", "1/2")
    assert run("merge", "1.npz", "no.npz", "-o", "null.npz").code == 66
    said = run("merge", "1.npz", "-o", "null.npz")
    assert said.code == 65
    assert "the iterations 11 to 20 are in none of the files; run their shard" in said.err


# ------------------------------------------------------------------ bad use


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (("--iterations", "0"), 2, "'iterations' parameter of Protocol must be a whole number"),
        (("--iterations", "18"), 2, "with 18 iterations the smallest p there can be is 0.0526"),
        (("--seed", "-1"), 2, "'seed' parameter of Protocol must be a whole number of at least 0"),
        (("--threads", "0"), 2, "'threads' parameter of fwe must be a whole number of at least 1"),
        (("--stop-after", "0"), 2, "'stop_after' parameter of fwe must be a whole number"),
        (("--null", "no.npz", "--shard", "1/2"), 2, "a shard goes on from its own file"),
    ],
)
def test_run__refuses_in_one_sentence(run, tmp_path, options, code, sentence, small):
    said = run("run", *small, "-o", "out", "--no-figures", *options)
    assert said.code == code
    assert sentence in said.err
    assert not made(tmp_path)


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ("cluster_forming_p = 1.5", "'cluster_forming_p' choice must be a number between 0 and 1"),
        ('correction = "tfce"', "'correction' choice must be 'size' or 'mass' or 'voxel'"),
        ("connectivity = 8", "'connectivity' choice must be 6 or 18 or 26"),
        ('sampling = "grey.nii"', "grey.nii is not a file"),
    ],
)
def test_run__refuses_a_protocol_that_cannot_be(run, tmp_path, choice, sentence):
    write(tmp_path / "p.toml", choice)
    said = run("run", PAIN, "-o", "out", "--protocol", "p.toml", *FEW)
    assert said.code in (65, 66)
    assert sentence in said.err
    assert not (tmp_path / "out").exists()


def test_run__one_experiment_is_refused(run, tmp_path):
    write(tmp_path / "p.toml", "min_experiments = 1")
    said = run("run", PAIN, "-o", "out", "--protocol", "p.toml", "--first", "1", *FEW)
    assert said.code == 65
    assert "only 1 experiment has foci that reach the mask, and one experiment cannot" in said.err


def test_run__a_full_disk_at_a_checkpoint(run, tmp_path, monkeypatch, small):
    import errno

    def full(self, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    said = run("run", *small, "-o", "out", *FEW)
    assert said.code == 74
    assert "out.null.npz could not be written (No space left on device)" in said.err
    assert "free some space" in said.err
    assert not made(tmp_path)
