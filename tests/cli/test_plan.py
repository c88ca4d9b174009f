"""`focale plan`: what it prints, writes and refuses; stopped, and gone on with."""

from __future__ import annotations

import json

import pytest

from focale import Protocol, Studyset, plan
from focale.io.atomic import is_focale_folder
from focale.report.planning_text import assumption_texts, evidence_text, found_texts
from tests.cli.conftest import write
from tests.strategies import nimads_analysis, nimads_tree

FEW = (
    *("--sizes", "4,8", "--shares", ".5,1", "--simulations", "6", "--iterations", "39"),
    *("--protocol", "small.toml"),
)


@pytest.fixture
def small(tmp_path, small_mask_path):
    """Five experiments in a box, and a protocol with its mask."""
    tree = nimads_tree(
        {f"s{i}": [nimads_analysis("1", [(0, 2 * i, 4), (4 * i - 8, -20, 0)])] for i in range(5)}
    )
    for study in tree["studies"]:
        study["analyses"][0]["metadata"] = {"sample_sizes": [12]}
    write(tmp_path / "foci.json", tree)
    write(tmp_path / "small.toml", f'mask = "{small_mask_path}"')
    return "foci.json"


def prose(text):
    return " ".join(text.split())


@pytest.fixture
def stopping(monkeypatch):
    """A progress bar during which somebody presses Ctrl-C after the first design."""

    def bar(_):
        def wrap(designs):
            for design in designs:
                yield design
                raise KeyboardInterrupt

        return wrap

    monkeypatch.setattr("focale.progress.bar", bar)


def test_plan__prints_tables_and_sentences(run, small, tmp_path):
    said = run("plan", small, *FEW)
    assert said.code == 0
    made = plan(
        Studyset("foci.json"),
        Protocol.from_toml("small.toml"),
        sizes=(4, 8),
        shares=(0.5, 1),
        n_simulations=6,
        n_iterations=39,
    )
    for text in (evidence_text(made), *found_texts(made), *assumption_texts(made)):
        assert prose(text) in prose(said.out)
    lines = said.out.splitlines()
    head = next(line for line in lines if line.startswith("report the place"))
    assert lines[lines.index(head) + 1].split()[:3] == ["2", "of", "5"]
    head = next(line for line in lines if line.startswith("experiments"))
    assert head.split() == ["experiments", "50", "%", "100", "%"]
    cells = [f"{row[0].k} {row[1].k}" for row in zip(*made.grid, strict=True)]
    assert cells == ["2 4", "4 8"]
    assert "(4)" in lines[lines.index(head) + 1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["foci.json", "small.toml"]


def test_plan__writes_a_folder(run, small, tmp_path):
    said = run("plan", small, *FEW, "-o", "out")
    assert said.code == 0
    assert said.out.splitlines()[-2:] == ["out/plan.md", "out"]
    out = tmp_path / "out"
    assert is_focale_folder(out)
    assert sorted(str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()) == [
        "dataset_description.json",
        "figures/foci_power.png",
        "figures/foci_power.svg",
        "plan.html",
        "plan.json",
        "plan.md",
        "protocol.toml",
        "tables/foci_power.json",
        "tables/foci_power.tsv",
        "tables/foci_powerOwn.json",
        "tables/foci_powerOwn.tsv",
    ]
    record = json.loads((out / "plan.json").read_text())
    assert record["Command"] == (
        "focale plan foci.json -o OUT --protocol small.toml --sizes 4,8 --shares .5,1 "
        "--simulations 6 --iterations 39 --seed 0"
    )
    assert record["Settings"]["sizes"] == [4, 8]
    assert [need["Share"] for need in record["Needed"]] == [0.5, 1.0]
    text = (out / "plan.md").read_text()
    assert "![Power against the number of experiments](figures/foci_power.png)" in text
    assert "| 2 of 5 |" in text
    assert not list(tmp_path.glob("*.plan.json"))


def test_plan__equal_runs_give_equal_bytes(run, small, tmp_path):
    run("plan", small, *FEW, "--no-figures", "-o", "a", "--threads", "1")
    run("plan", small, *FEW, "--no-figures", "-o", "b", "--threads", "2")
    for path in (tmp_path / "a").rglob("*"):
        if path.is_file():
            other = tmp_path / "b" / path.relative_to(tmp_path / "a")
            assert path.read_bytes() == other.read_bytes(), path


def test_plan__replaces_a_result_if_told(run, small):
    no_figures = (*FEW, "--no-figures", "-o", "out")
    run("plan", small, *no_figures)
    said = run("plan", small, *no_figures)
    assert said.code == 73
    assert "already holds a result" in prose(said.err)
    assert run("plan", small, *no_figures, "--overwrite").code == 0


def test_plan__place_and_scatter(run, small):
    said = run("plan", small, *FEW, "--place", "-2", "0", "4.5", "--scatter", "3")
    assert said.code == 0
    assert "The place is x = -2, y = 0, z = 4.5 mm." in prose(said.out)
    assert "with a standard deviation of 3 mm along each axis" in prose(said.out)


# ------------------------------------------------------------------ stopped


def test_plan__ctrl_c_keeps_the_simulations(run, small, tmp_path, stopping, monkeypatch):
    options = (*FEW, "--no-figures", "-o", "out")
    said = run("plan", small, *options)
    assert said.code == 130
    assert "out.plan.json: the same command with --resume goes on" in said.err
    assert [path.name for path in tmp_path.glob("out*")] == ["out.plan.json"]

    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    said = run("plan", small, *options)
    assert said.code == 73
    assert "go on from them with --resume, or remove the file" in prose(said.err)
    assert run("plan", small, *options, "--seed", "1", "--resume").code == 65
    assert run("plan", small, *options, "--resume").code == 0
    assert not (tmp_path / "out.plan.json").exists()
    run("plan", small, *FEW, "--no-figures", "-o", "whole")
    for path in (tmp_path / "whole").rglob("*"):
        if path.is_file():
            other = tmp_path / "out" / path.relative_to(tmp_path / "whole")
            assert path.read_bytes() == other.read_bytes(), path


def test_plan__ctrl_c_without_a_folder_keeps_nothing(run, small, tmp_path, stopping):
    said = run("plan", small, *FEW)
    assert said.code == 130
    assert said.err.splitlines()[-1] == "focale: stopped; nothing was written"
    assert len(list(tmp_path.iterdir())) == 2


# ------------------------------------------------------------------ refused


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (("--simulations", "0"), 2, "'n_simulations' parameter of plan must be a whole number"),
        (("--shares", "0.2,1.2"), 2, "must be numbers above 0 and at most 1. Got 1.2 instead"),
        (("--shares", "0"), 2, "must be numbers above 0 and at most 1. Got 0.0 instead"),
        (("--shares", "a"), 2, "--shares must be numbers parted by commas, got 'a'"),
        (("--sizes", "1,5"), 2, "must be a whole number of at least 2. Got 1 instead"),
        (("--sizes", "5.5"), 2, "--sizes must be whole numbers parted by commas, got '5.5'"),
        (("--sizes", ","), 2, "'sizes' parameter of plan must be whole numbers"),
        (("--scatter", "-1"), 2, "'scatter_mm' parameter of plan must be a number of at least 0"),
        (("--place", "90", "0", "0"), 2, "x = 90, y = 0, z = 0 mm lies outside"),
        (("--iterations", "10"), 2, "ask for at least 19 (n_iterations)"),
        (("--threads", "0"), 2, "'threads' parameter of plan"),
        (("-o", "foci.json"), 73, "is a file, not a folder"),
    ],
)
def test_plan__refuses_in_a_sentence(run, small, tmp_path, options, code, sentence):
    said = run("plan", small, *FEW, *options)
    assert said.code == code
    assert sentence in prose(said.err)
    assert len(said.err.splitlines()) == 1
    assert len(list(tmp_path.iterdir())) == 2


def test_plan__without_sample_sizes(run, tmp_path):
    tree = nimads_tree({s: [nimads_analysis("1", [(0, 0, 10)])] for s in "ab"})
    write(tmp_path / "foci.json", tree)
    said = run("plan", "foci.json")
    assert said.code == 65
    assert "no sample size for 2 of 2 experiments" in prose(said.err)


def test_plan__of_nothing(run):
    assert run("plan", "nowhere.txt").code == 66
    assert run("plan").code == 2
