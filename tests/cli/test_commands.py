"""What each command says when all is well, and how the whole behaves."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from focale import Protocol, interpretation
from tests.cli.conftest import write

FOCALE = [sys.executable, "-m", "focale"]


def prose(text):
    """Text without the breaks of the terminal's width."""
    return " ".join(text.split())


def process(*arguments, cwd, **kwargs):
    return subprocess.run(
        [*FOCALE, *arguments], cwd=cwd, capture_output=True, text=True, check=False, **kwargs
    )


def assert_warnings_of_the_demo(text):
    """Of its eight studies one is worth a look."""
    (line,) = text.splitlines()
    assert line.startswith('warning: nidm_pain_studyset.json:946, experiment "pain_07.nidm-1": 3 ')
    assert "3 of 8 foci lie outside the brain mask; check the space" in line


# ------------------------------------------------------------------ describe and demo


def test_describe__prints_decision_and_interpretation(run, pain8_described, tmp_path):
    from focale import pain_studyset_path

    said = run("describe", pain_studyset_path(), "-o", "out", "--first", "8", "--no-figures")
    assert said.code == 0
    assert_warnings_of_the_demo(said.err)
    assert f"Decision: {pain8_described.decision.reason}" in prose(said.out)
    assert interpretation(pain8_described) in prose(said.out)
    assert said.out.splitlines()[-2:] == ["out/interpretation.md", "out"]
    assert (tmp_path / "out" / "interpretation.md").is_file()


def test_describe__ids_choose_experiments_in_their_order(run, evidence, tmp_path):
    arguments = ["--ids", "s3-1,s0-1", "--ids", " s1-1 "]
    assert run("describe", evidence, "-o", "out", "--no-figures", *arguments).code == 0
    table = (tmp_path / "out" / "tables" / "foci_experiments.tsv").read_text()
    assert [row.split("\t")[0] for row in table.splitlines()[1:]] == ["s3-1", "s0-1", "s1-1"]


def test_describe__records_the_command(run, evidence, tmp_path):
    write(tmp_path / "p.toml", "seed = 3")
    run("describe", evidence.name, "-o", "out", "--no-figures", "--first", "3",
        "--protocol", "p.toml", "--space", "MNI")  # fmt: skip
    record = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert record["Command"] == (
        "focale describe foci.json -o OUT --first 3 --protocol p.toml --space MNI --no-figures"
    )


def test_describe__records_no_place_on_this_machine(run, evidence, tmp_path):
    run("describe", evidence.absolute(), "-o", "out", "--no-figures")
    assert str(tmp_path) not in (tmp_path / "out" / "provenance.json").read_text()


def test_describe__records_a_command_that_can_be_repeated(run, evidence, tmp_path):
    import shlex

    evidence.rename(tmp_path / "my foci.json")
    run("describe", "my foci.json", "-o", "out", "--no-figures")
    record = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert shlex.split(record["Command"])[2] == "my foci.json"


def test_describe__the_space_option_places_foci_without_one(run, tmp_path):
    tree = {"studies": [{"id": "s", "analyses": [{"id": "1", "metadata": {"sample_size": 9},
            "points": [{"coordinates": [0, 0, 10]}]}]}]}  # fmt: skip
    path = write(tmp_path / "f.json", tree)
    assert run("assess", path).code == 65
    assert run("assess", path, "--space", "MNI").code == 0
    said = run("assess", path, "--space", "TAL")
    assert "Note: Converted from Talairach coordinates: 1 of 1 focus, with the pooled" in prose(
        said.out
    )


def test_demo__writes_the_worked_example(demo, pain8_described):
    said, folder = demo
    assert said.returncode == 0, said.stderr
    assert_warnings_of_the_demo(said.stderr)
    assert interpretation(pain8_described) in prose(said.stdout)
    assert said.stdout.splitlines()[-2:] == ["focale-demo/interpretation.md", "focale-demo"]
    assert len(list((folder / "figures").glob("*.png"))) == 5
    assert [path.name for path in folder.parent.iterdir()] == ["focale-demo"]


# ------------------------------------------------------------------ assess


def test_assess__prints_counts_decision_and_remarks(run, evidence):
    said = run("assess", evidence)
    assert said.code == 0
    assert prose(said.out) == (
        "foci.json: 4 studies, 4 subject groups, 4 experiments, 8 foci, 46 participants "
        "(mni152_2mm) Decision: 4 independent studies with foci, and the protocol asks for at "
        "least 17: the reading is descriptive."
    )


def test_assess__follows_the_protocol(run, evidence, tmp_path):
    write(tmp_path / "p.toml", "min_experiments = 4")
    said = run("assess", evidence, "--protocol", "p.toml")
    assert "at least 4: an inferential reading is allowed." in prose(said.out)
    assert "Note: With fewer than 20 independent experiments, power" in prose(said.out)


def test_assess__computes_no_map_and_writes_nothing(run, evidence, tmp_path, monkeypatch):
    def explode(*_args, **_kwargs):
        raise AssertionError("a map was computed")

    monkeypatch.setattr("focale.estimators.estimator.model_activation", explode)
    assert run("assess", evidence).code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["foci.json"]


@pytest.mark.parametrize(
    ("name", "code"), [("nowhere.json", 66), (".", 66)], ids=["missing", "folder"]
)
def test_assess__leaves_with_the_code_of_the_error(run, name, code):
    assert run("assess", name).code == code


def test_assess__prints_five_warnings_of_a_kind_and_counts_the_rest(run, tmp_path):
    empty = {
        f"s{i}": [{"id": "1", "points": [], "metadata": {"sample_size": 9}}] for i in range(25)
    }
    tree = {"studies": [{"id": key, "analyses": value} for key, value in empty.items()]}
    said = run("assess", write(tmp_path / "f.json", tree))
    lines = said.err.splitlines()
    assert all("no foci: kept" in line for line in lines[:5])
    assert lines[5:] == ["warning: and 20 more of this kind"]


# ------------------------------------------------------------------ protocol


def test_protocol__writes_a_declared_protocol(run, tmp_path):
    said = run("protocol", "--title", 'Pain "in" adults', "--min-experiments", "20")
    assert (said.code, said.out) == (0, "protocol.toml\n")
    protocol = Protocol.from_toml(tmp_path / "protocol.toml")
    assert protocol.title == 'Pain "in" adults'
    assert protocol.min_experiments == 20
    assert protocol.declared


def test_protocol__does_not_replace_one(run, tmp_path):
    write(tmp_path / "protocol.toml", "seed = 1")
    said = run("protocol")
    assert said.code == 73
    assert said.err == (
        "focale: protocol.toml exists and holds a declared protocol; choose another name with -o\n"
    )
    assert (tmp_path / "protocol.toml").read_text() == "seed = 1"


def test_protocol__refuses_a_place_that_is_not_there(run):
    said = run("protocol", "-o", "nowhere/p.toml")
    assert said.code == 73
    assert said.err == (
        "focale: nowhere/p.toml cannot be written (No such file or directory); choose a folder "
        "that exists and can be written to\n"
    )


def test_protocol__refuses_a_minimum_of_none(run, tmp_path):
    said = run("protocol", "--min-experiments", "0")
    assert said.code == 2
    assert "'min_experiments' parameter of Protocol must be a whole number" in said.err
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------ lint


def test_lint__prints_place_phrase_reason_and_a_better_one(run, tmp_path):
    write(tmp_path / "text.md", "Fine.\n\nThere was significant convergence.\n")
    said = run("lint", "text.md")
    assert said.code == 1
    (line,) = said.out.splitlines()
    assert line.startswith('text.md:3:11: "significant" - ')
    assert "Better: " in line


def test_lint__of_plain_description_finds_nothing(run, tmp_path):
    write(tmp_path / "text.md", "Foci of 4 of 12 experiments lie within 10 mm of the insula.\n")
    said = run("lint", "text.md")
    assert (said.code, said.out) == (0, "No inferential phrase found.\n")


def test_lint__takes_several_files_and_any_line_ends(run, tmp_path):
    write(tmp_path / "a.md", b"Fine.\r\nThis was significant.\r\n")
    write(tmp_path / "b.md", "\ufeffThis was significant.")
    said = run("lint", "a.md", "b.md")
    assert said.code == 1
    assert [line.split(": ")[0] for line in said.out.splitlines()] == ["a.md:2:10", "b.md:1:10"]


def test_lint__finds_nothing_in_what_focale_writes(run, evidence):
    run("describe", evidence, "-o", "out", "--no-figures")
    said = run("lint", "out/interpretation.md", "out/methods.md")
    assert said.code == 0, said.out


@pytest.mark.parametrize(
    ("content", "sentence", "code"),
    [
        (None, "text.md cannot be read: No such file or directory", 66),
        (
            b"PK\x03\x04\xff",
            "text.md is not UTF-8 text; save it as plain text (UTF-8)",
            65,
        ),
    ],
)
def test_lint__refuses_what_it_cannot_read(run, tmp_path, content, sentence, code):
    if content is not None:
        write(tmp_path / "text.md", content)
    said = run("lint", "text.md")
    assert said.code == code
    assert said.err == f"focale: {sentence}\n"


def test_lint__asks_for_a_file(run):
    assert run("lint").code == 2


# ------------------------------------------------------------------ the whole


def test_focale__version(run):
    assert run("--version").out == f"focale, version {version('focale')}\n"


@pytest.mark.parametrize(
    "command", [None, "demo", "check", "convert", "assess", "protocol", "describe", "lint"]
)
def test_focale__help(run, command):
    said = run(*([command] if command else []), "--help")
    assert said.code == 0
    assert said.out.startswith("Usage:")
    assert command is None or f" {command} " in said.out.splitlines()[0]


def test_focale__help_lists_commands_and_exit_codes(run):
    text = run("-h").out
    for word in ("assess", "check", "convert", "demo", "describe", "lint", "protocol"):
        assert f"\n  {word} " in text
    for code in ("0 done", "1 lint", "2 wrong", "65 ", "66 ", "70 ", "73 ", "74 ", "130 "):
        assert code in text


@pytest.mark.parametrize(
    "arguments",
    [["nosuch"], ["describe"], ["assess"], ["check"], ["convert", "x"], ["demo", "--first", "3"]],
)
def test_focale__wrong_usage(run, arguments):
    said = run(*arguments)
    assert said.code == 2
    assert "Usage:" in said.err


def test_focale__without_a_command_shows_the_help(run):
    said = run()
    assert "Start with `focale demo`" in said.out + said.err


@pytest.mark.parametrize("place", [0, 1, 2])
def test_focale__debug_shows_the_traceback_and_keeps_the_exit_code(run, place):
    """It may stand anywhere: the message of a bug asks for the same command with it."""
    arguments = ["assess", "nowhere.json"]
    said = run(*arguments[:place], "--debug", *arguments[place:])
    assert said.code == 66
    assert said.out == ""
    assert said.err.startswith("Traceback")
    assert "InputMissingError: nowhere.json does not exist" in said.err
    assert said.err.endswith("\nfocale: nowhere.json does not exist; check the path\n")


def test_focale__debug_of_a_command_that_works_changes_nothing(run, evidence):
    assert run("assess", evidence, "--debug") == run("assess", evidence)


def test_focale__is_a_module_too(tmp_path):
    done = process("--version", cwd=tmp_path)
    assert done.stdout == f"focale, version {version('focale')}\n"


def test_focale__leaves_with_its_codes(tmp_path):
    done = process("assess", "nowhere.json", cwd=tmp_path)
    assert done.returncode == 66
    assert done.stderr == "focale: nowhere.json does not exist; check the path\n"


HEAVY = (
    "numpy",
    "scipy",
    "pandas",
    "nibabel",
    "nilearn",
    "matplotlib",
    "numba",
    "sklearn",
    "tqdm",
)


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["describe", "--help"], ["demo", "--help"], ["--version"], ["lint", "t"]],
)
def test_focale__loads_nothing_heavy_before_it_is_needed(arguments, tmp_path):
    write(tmp_path / "t", "Foci are near.")
    code = (
        "import sys\nfrom focale.cli import main\n"
        f"try:\n    main({arguments!r})\n"
        "except SystemExit as leave:\n    assert not leave.code, leave.code\n"
        f"print('loaded:', sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "loaded: []"


def test_focale__prints_any_letter_to_a_plain_terminal(tmp_path):
    tree = {"studies": [{"id": "Müller 李", "analyses": [{"id": "1", "points": []}]}]}
    path = write(tmp_path / "f.json", tree)
    done = process("assess", path.name, cwd=tmp_path, env=plain_environment())
    assert done.returncode == 0, done.stderr


def plain_environment():
    import os

    return {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}


def test_describe__works_in_a_folder_of_any_name(run, evidence, tmp_path):
    assert run("describe", evidence, "-o", "Übersicht 1 [neu]", "--no-figures").code == 0
    assert (tmp_path / "Übersicht 1 [neu]" / "methods.md").is_file()
    assert Path("Übersicht 1 [neu]").is_dir()


def test_describe__warns_only_of_what_it_reads(run, tmp_path):
    focus, size = [{"coordinates": [0, 0, 10], "space": "MNI"}], {"sample_size": 9}
    analyses = [
        {"id": "1", "points": focus, "metadata": size},
        {"id": "2", "points": [], "metadata": size},
    ]
    path = write(tmp_path / "f.json", {"studies": [{"id": "s", "analyses": analyses}]})
    assert run("assess", path, "--first", "1").err == ""
