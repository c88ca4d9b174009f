"""What would change the picture, asked on the command line."""

from __future__ import annotations

import json

import pytest

from focale import Questions
from focale.cli.robustness_option import warn_of_time
from focale.robustness import rereading


@pytest.fixture
def asking(run, evidence, small_mask_path, tmp_path):
    """Run a command on four studies, three of which are enough for a test."""
    protocol = tmp_path / "protocol.toml"
    protocol.write_text(
        f'mask = "{small_mask_path}"\nmin_experiments = 3\niterations = 99\n'
        "cluster_forming_p = 0.01\nmin_cluster_mm3 = 100.0\n",
        encoding="utf-8",
    )

    def ask(command, *options):
        fixed = (evidence, "-o", "out", "--protocol", protocol, "--no-figures")
        return run(command, *fixed, *options)

    return ask


def tables(tmp_path):
    return {path.name.partition("_")[2] for path in (tmp_path / "out" / "tables").glob("*.tsv")}


@pytest.mark.parametrize("command", ["run", "describe"])
def test_robustness__all_is_answered_in_tables_text_and_page(asking, tmp_path, command):
    said = asking(command, "--robustness", "all")
    assert said.code == 0
    assert {"leftOut.tsv", "removals.tsv", "stability.tsv"} <= tables(tmp_path)
    assert list((tmp_path / "out" / "maps").glob("*desc-stability_statmap.nii.gz"))
    assert "With each experiment left out in turn" in said.out + (
        tmp_path / "out" / "interpretation.md"
    ).read_text(encoding="utf-8")
    assert 'id="robustness"' in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    record = json.loads((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))
    assert "--robustness all" in record["Command"]
    assert not list(tmp_path.glob("out.*"))


def test_robustness__is_not_there_unless_it_is_asked_for(asking, tmp_path):
    assert asking("run").code == 0
    assert "leftOut.tsv" not in tables(tmp_path)
    assert 'id="robustness"' not in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_robustness__one_part_alone(asking, tmp_path):
    assert asking("run", "--robustness", "leave-out", "--leave-out", "study").code == 0
    assert "leftOut.tsv" in tables(tmp_path)
    assert "removals.tsv" not in tables(tmp_path)


@pytest.mark.parametrize("command", ["run", "describe"])
def test_robustness__stopped_it_keeps_what_is_finished_and_goes_on(
    asking, tmp_path, monkeypatch, command
):
    kind = rereading.Retest if command == "run" else rereading.Redisplay
    original, calls = kind.of, []

    def stop_at_the_third(self, experiments):
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(experiments)
        return original(self, experiments)

    monkeypatch.setattr(kind, "of", stop_at_the_third)
    said = asking(command, "--robustness", "leave-out")
    assert said.code == 130
    assert "finished parts are kept in" in said.err
    assert "the same command with --resume goes on" in said.err
    assert not (tmp_path / "out").exists()
    assert (tmp_path / "out.parts.npz").exists()

    monkeypatch.setattr(kind, "of", original)
    without = asking(command, "--robustness", "leave-out")
    assert without.code == 73
    assert "out.parts.npz holds answers of a run that was stopped" in without.err

    left = []
    monkeypatch.setattr(kind, "of", lambda self, e: left.append(e) or original(self, e))
    again = asking(command, "--robustness", "leave-out", "--resume")
    assert again.code == 0
    assert len(left) == 2
    assert not list(tmp_path.glob("out.*"))


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--leave-out", "study"), 2, "--leave-out belongs to --robustness"),
        (("--exact", "2"), 2, "--exact belongs to --robustness"),
        (("--bootstrap",), 2, "--bootstrap belongs to --robustness"),
        (("--robustness", "stability", "--replicates", "0"), 2, "n_replicates"),
        (("--robustness", "fail-safe", "--most-noise", "0"), 2, "most_noise"),
        (
            ("--robustness", "stability", "--first", "3"),
            65,
            "subsamples are drawn from at least 4",
        ),
        (("--robustness", "everything"), 2, "is not one of"),
        (("--robustness", "all", "--leave-out", "lab"), 2, "has a note 'lab'"),
        (("--robustness", "all", "--exact", "-1"), 2, "exact_up_to"),
        (("--robustness", "all", "--first", "2"), 65, "robustness is asked of three or more"),
    ],
)
def test_robustness__wrong_questions_are_refused_before_anything_is_computed(
    asking, tmp_path, options, code, message
):
    said = asking("run", *options)
    assert (said.code, message in said.err) == (code, True), said.err
    assert not list(tmp_path.glob("out*"))


def test_robustness__of_a_null_that_cannot_answer_is_refused(asking, run, evidence, tmp_path):
    protocol = tmp_path / "other.toml"
    protocol.write_text('null = "eickhoff2012"\n', encoding="utf-8")
    said = run("run", evidence, "-o", "out", "--protocol", protocol, "--robustness", "all")
    assert said.code == 2
    assert "stability and fail-safe need the exact uncorrected null" in said.err


@pytest.mark.parametrize(
    ("n", "asked", "said"),
    [
        (21, Questions(), ""),
        (50, Questions(), "fail-safe N of 50 experiments"),
        (50, Questions(most_noise=20), ""),
        (200, Questions(parts=("stability",)), ""),
        (200, None, ""),
    ],
)
def test_warn_of_time__speaks_of_large_evidence_only(n, asked, said, capsys):
    warn_of_time(n, asked)
    heard = capsys.readouterr().err
    assert bool(heard) is bool(said)
    assert said in heard


def test_robustness__of_a_shard_is_refused(asking):
    said = asking("run", "--robustness", "all", "--shard", "1/2")
    assert said.code == 2
    assert "a shard is a part of a test" in said.err
