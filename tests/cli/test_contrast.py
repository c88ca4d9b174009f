"""`focale contrast`: what it prints, what it writes, and what it says to a wrong wish."""

from __future__ import annotations

import hashlib
import json
import re
import shlex

import numpy as np
import pytest

from tests.cli.conftest import write
from tests.fixtures_contrast import BOTH_MM, FIRST_MM, studies_of
from tests.strategies import nimads_analysis, nimads_tree

LONG = "A name of a side that is as long as a name can be, and then some more of it"


def source(studies):
    """NIMADS tree of what `studies_of` gives."""
    return nimads_tree(
        {
            name: [nimads_analysis(str(i), foci, n=n) for i, (foci, n) in enumerate(own, 1)]
            for name, own in studies.items()
        }
    )


@pytest.fixture
def sides(tmp_path, small_mask_path):
    """Files of seven and nine studies, and protocols under which they are tested or described."""
    rng = np.random.default_rng(11)
    write(tmp_path / "one.json", source(studies_of(7, "one", rng, (BOTH_MM, FIRST_MM))))
    write(tmp_path / "two.json", source(studies_of(9, "two", rng)))
    common = f'mask = "{small_mask_path}"\niterations = 199\nmin_cluster_mm3 = 8.0\n'
    write(tmp_path / "p.toml", f"{common}min_experiments = 7\n")
    write(tmp_path / "d.toml", f"{common}min_experiments = 17\n")
    return "one.json", "two.json"


TESTED = ("--protocol", "p.toml", "--splits", "3", "--no-figures")
DESCRIBED = ("--protocol", "d.toml", "--no-figures")


def digests(folder):
    """What each file holds, without what the command of another folder changes."""
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in folder.rglob("*")
        if p.is_file()
    }


def test_contrast__tests_prints_and_writes(run, sides, tmp_path):
    said = run("contrast", *sides, "-o", "out", *TESTED)
    assert (said.code, said.err) == (0, "")
    text = " ".join(said.out.split())
    for part in (
        "The contrast of one (7 independent experiments) and two (9) was tested by exchanging",
        "More convergence of reported foci in one than in two (p_FWE <= .05, cluster size)",
        "No cluster with more convergence in two than in one met p_FWE <= .05 (cluster size).",
        "More in one:",
        "first, second: independent experiments with a focus in the cluster, of 7 of one and of 9",
        "Calibration receipt",
        "cluster mass 3 ",
        "(Küppers et al., 2024)",
    ):
        assert part in text, part
    assert said.out.splitlines()[-2:] == ["out/contrast.html", "out"]
    assert (tmp_path / "out/contrast.html").is_file()


def test_contrast__describes_where_a_side_is_small(run, sides, tmp_path):
    said = run("contrast", *sides, "-o", "out", *DESCRIBED)
    assert (said.code, said.err) == (0, "")
    text = " ".join(said.out.split())
    assert "The contrast is therefore described: no p was computed" in text
    assert "Higher ALE in one:" in text
    assert "Calibration" not in text
    assert not (tmp_path / "out/tables/contrast_receipt.tsv").exists()


@pytest.mark.parametrize("columns", [80, 120])
def test_contrast__tables_keep_to_the_terminal_with_long_names(run, sides, columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    names = ("--name-first", LONG, "--name-second", f"{LONG}!")
    for which in (TESTED, DESCRIBED):
        said = run("contrast", *sides, "-o", "out", "--overwrite", *which, *names)
        assert said.code == 0, said.err
        lines = said.out.splitlines()
        assert max(map(len, lines)) <= columns
        head = next(line for line in lines if "peak (mm)" in line)
        row = lines[lines.index(head) + 1]
        assert head[: head.index("label")].split()[-2:] == ["first", "second"]
        assert row[: head.index("label")].split()[-2:] == ["7", "0"]


def test_contrast__a_gate_and_random_foci_stand_beside_the_test(run, sides):
    more = ("--gate", "--legacy", "random-foci", "--balanced")
    said = run("contrast", *sides, "-o", "out", *TESTED, *more)
    assert (said.code, said.err) == (0, "")
    text = " ".join(said.out.split())
    assert "The list is gated:" in text
    assert "It is not a test of a difference: on 100 random splits of this pool" in text
    assert "random foci (not valid) 100 " in text


@pytest.mark.parametrize(
    "more",
    [
        TESTED,
        DESCRIBED,
        (*TESTED, "--balanced", "--direction", "first", "--name-first", "a 'b' $c"),
        (
            "--protocol",
            "p.toml",
            "--no-figures",
            "--balanced",
            "5",
            "--seed",
            "4",
            "--splits",
            "2",
        ),
    ],
)
def test_contrast__the_command_in_the_page_repeats_the_run(run, sides, tmp_path, more):
    assert run("contrast", *sides, "-o", "out", *more).code == 0
    command = json.loads((tmp_path / "out/provenance.json").read_text())["Command"]
    words = shlex.split(command)
    assert words[0] == "focale"
    again = ["again" if word == "OUT" else word for word in words[1:]]
    assert run(*again).code == 0
    before, after = digests(tmp_path / "out"), digests(tmp_path / "again")
    if "--seed" in more:  # a deviation from the protocol, which has the time of each run
        for name in ("protocol.toml", "contrast.html", "contrast.md", "provenance.json"):
            del before[name], after[name]
    assert before == after


def test_contrast__without_a_number_of_splits_the_page_has_the_one_there_was(
    run, sides, tmp_path, monkeypatch
):
    monkeypatch.setattr("focale.contrasts.receipt.MOST_SPLITS", 4)
    said = run("contrast", *sides, "-o", "out", "--protocol", "p.toml", "--no-figures")
    assert said.code == 0
    assert "--splits 4" in json.loads((tmp_path / "out/provenance.json").read_text())["Command"]


def test_contrast__one_file_and_two_selections(run, small_mask_path, tmp_path):
    rng = np.random.default_rng(11)
    tags = {"one": "pain", "two": "memory"}
    tree = source({**studies_of(7, "one", rng, (BOTH_MM, FIRST_MM)), **studies_of(7, "two", rng)})
    notes = []
    for study in tree["studies"]:  # an annotation names analyses by id
        study["analyses"][0]["id"] = study["id"]
        notes.append({"analysis": study["id"], "note": {"tag": tags[study["id"][:3]]}})
    tree["annotations"] = [{"id": "tags", "notes": notes}]
    write(tmp_path / "all.json", tree)
    write(
        tmp_path / "p.toml", f'mask = "{small_mask_path}"\niterations = 99\nmin_experiments = 7\n'
    )
    said = run(
        *("contrast", "all.json", "all.json", "-o", "out", *TESTED),
        *("--where-first", "+pain", "--where-second", "+memory"),
    )
    assert said.code == 0, said.err
    assert "The contrast of +pain (7 independent experiments) and +memory (7)" in said.out
    wrong = run(
        *("contrast", "all.json", "all.json", "-o", "out2", *TESTED),
        *("--where-first", "+pian", "--where-second", "+memory"),
    )
    assert wrong.code == 2
    assert "no experiment of all.json has +pian" in wrong.err
    assert not (tmp_path / "out2").exists()


def test_contrast__further_files_join_a_side(run, sides, tmp_path):
    rng = np.random.default_rng(12)
    write(tmp_path / "more.json", source(studies_of(2, "more", rng)))
    said = run(
        "contrast", "one.json", "two.json", "-o", "out", "--also-first", "more.json", *TESTED
    )
    assert said.code == 0, said.err
    assert "The contrast of one (9 independent experiments) and two (9)" in said.out
    command = json.loads((tmp_path / "out/provenance.json").read_text())["Command"]
    assert "--also-first more.json" in command


# --------------------------------------------------------------------- shared participants


def test_contrast__sides_that_overlap_are_refused_or_cleared(run, sides, tmp_path):
    tree = json.loads((tmp_path / "two.json").read_text())
    other = json.loads((tmp_path / "one.json").read_text())["studies"][0]
    tree["studies"].append({**other, "id": "ONE0"})
    write(tmp_path / "two.json", tree)
    said = run("contrast", *sides, "-o", "out", *DESCRIBED)
    assert said.code == 65
    assert "focale: one and two share 1 experiment or subject group (" in said.err
    assert "--drop-shared" in said.err
    assert not (tmp_path / "out").exists()
    said = run("contrast", *sides, "-o", "out", *DESCRIBED, "--drop-shared", "--balanced")
    assert said.code == 0, said.err
    text = " ".join(said.out.split())
    assert "Left out of both sides because it was on both: participants of 'one0'." in text
    assert "matched subsamples of 6 experiments" in text


def test_contrast__perhaps_the_same_participants_are_told(run, sides, tmp_path):
    for path, paper, shift in (("one.json", "Smith 2001", 0), ("two.json", "smith, 2001", 1)):
        tree = json.loads((tmp_path / path).read_text())
        extra = source({paper: [([(1, 2, 3 + shift), (4, 5, 6)], 21)]})
        tree["studies"] += extra["studies"]
        write(tmp_path / path, tree)
    said = run("contrast", *sides, "-o", "out", *DESCRIBED)
    assert said.code == 0
    assert said.err.startswith("warning: perhaps the same participants are on both sides")
    assert "'Smith 2001-1' of one and 'smith, 2001-1' of two" in said.err
    assert "Perhaps the same participants" in said.out


def test_contrast__one_group_for_experiments_of_both_sides(run, sides, tmp_path):
    """The way out that the warning names: each file knows one of the two studies."""
    groups = ("--group", "one0=the same", "--group", "two3=the same")
    said = run("contrast", *sides, "-o", "out", *DESCRIBED, *groups)
    assert said.code == 65
    assert "share 1 experiment or subject group (participants of 'the same')" in said.err
    said = run("contrast", *sides, "-o", "out", *DESCRIBED, *groups, "--drop-shared")
    assert said.code == 0, said.err
    assert "one: 6 independent" in said.out
    assert "two: 8 independent" in said.out
    said = run("contrast", *sides, "-o", "out2", *DESCRIBED, "--group", "three=the same")
    assert said.code == 65
    assert '"three"' in said.err


# ------------------------------------------------------------------------------- wrong wishes


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("one.json",), 2, "Missing argument 'SECOND'"),
        (("one.json", "two.json"), 2, "Missing option '-o'"),
        (("one.json", "nowhere.json", "-o", "out"), 66, "nowhere.json"),
        (("one.json", "one.json", "-o", "out"), 65, "share 7 experiments or subject groups"),
        (
            ("one.json", "one.json", "-o", "out", "--drop-shared"),
            65,
            "every experiment of one (1) is on both sides, so nothing of it is left",
        ),
        (("one.json", "none.json", "-o", "out"), 65, "none"),
        (("one.json", "lone.json", "-o", "out"), 65, "lone has 1 independent experiment with"),
        (("one.json", "two.json", "-o", "out", "--balanced", "8"), 2, "smaller side has 7 indep"),
        (("one.json", "two.json", "-o", "out", "--balanced", "0"), 2, "--balanced must be a num"),
        (("one.json", "two.json", "-o", "out", "--balanced", "-3"), 2, "No such option"),
        (("--balanced", "one.json", "two.json", "-o", "out"), 2, "Missing argument 'SECOND'"),
        (("one.json", "two.json", "-o", "out", "--balanced", "all"), 2, "must be a number of exp"),
        (("one.json", "two.json", "-o", "full"), 73, "full is not empty and was not written by"),
        (("one.json", "two.json", "-o", "out", "--direction", "up"), 2, "is not one of"),
        (("one.json", "two.json", "-o", "out", "--legacy", "jale"), 2, "is not 'random-foci'"),
        (("one.json", "two.json", "-o", "out", "--splits", "0"), 2, "'n_splits' parameter"),
        (("one.json", "two.json", "-o", "out", "--seed", "-1"), 2, "seed"),
        (("one.json", "two.json", "-o", "out", "--threads", "0"), 2, "threads"),
        (
            ("one.json", "two.json", "-o", "out", "--iterations", "30"),
            65,
            "with 30 random labelings the smallest family-wise p there can be is 0.065",
        ),
        (("one.json", "two.json", "-o", "out", "--where-first", "+nothing"), 2, "has +nothing"),
        (("one.json", "two.json", "-o", "out", "--where-second", "@no.txt:A"), 66, "no.txt"),
    ],
)
def test_contrast__wrong_wishes_are_sentences(run, sides, tmp_path, arguments, code, says):
    rng = np.random.default_rng(1)
    write(tmp_path / "none.json", nimads_tree({}))
    write(tmp_path / "lone.json", source(studies_of(1, "lone", rng)))
    write(tmp_path / "mine.txt", "keep me")
    (tmp_path / "full").mkdir()
    write(tmp_path / "full" / "mine.txt", "keep me")
    few = () if "--splits" in arguments else ("--splits", "1")
    said = run("contrast", *arguments, "--protocol", "p.toml", *few)
    assert said.code == code, said.err
    assert says in said.err
    assert not (tmp_path / "out").exists()
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("option", ["--gate", "--legacy=random-foci"])
def test_contrast__a_description_has_no_gate(run, sides, option):
    said = run("contrast", *sides, "-o", "out", *DESCRIBED, option)
    assert said.code == 65
    assert "a gate and the null of random foci belong to a test" in said.err
    assert "(one has 7, two has 9)" in said.err


def test_contrast__stopped_leaves_nothing(run, sides, tmp_path, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    before = sorted(path.name for path in tmp_path.iterdir())
    monkeypatch.setattr("focale.report.contrast_folder.write_json", stop)
    said = run("contrast", *sides, "-o", "out", *DESCRIBED)
    assert said.code == 130
    assert "focale: stopped; nothing was written" in said.err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_contrast__help_tells_what_there_is(run):
    said = run("contrast", "--help")
    assert said.code == 0
    text = " ".join(said.out.split())
    for part in ("FIRST and SECOND may be one file", "choose one before you see a map"):
        assert part in text
    assert not re.search(r"\blegacy null\b", text)
