"""`focale conjunction`: what it says, what it writes, how it refuses."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from focale import describe_into, run_into
from focale.io.evidence import EVIDENCE_NAME
from tests.fixtures_sets import a_set

EVIL = "evil \x1b[2J|name"


@pytest.fixture(scope="module")
def made(set_protocol, tmp_path_factory):
    """Folders of sets: three alike, one strict, one elsewhere, one larger, one described."""
    base = tmp_path_factory.mktemp("made")
    for name, number, protocol in (
        ("a", 0, set_protocol),
        ("b", 1, set_protocol),
        ("c", 2, set_protocol),
        ("strict", 1, replace(set_protocol, alpha=0.01)),
        (EVIL, 2, set_protocol),
    ):
        run_into(a_set(number), base / name, protocol, with_figures=False, atlases=())
    apart = a_set(1, at=(10.0, -16.0, 12.0))
    run_into(apart, base / "apart", set_protocol, with_figures=False, atlases=())
    one = a_set(0, n_studies=13)
    run_into(one, base / "more", set_protocol, with_figures=False, atlases=())
    describe_into(a_set(1), base / "few", set_protocol, with_figures=False, atlases=())
    return base


@pytest.fixture
def results(made, tmp_path):
    """The same folders where the command is run."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)


def test_conjunction__says_what_all_sets_have(run, results):
    said = run("conjunction", "a", "b", "c")
    assert (said.code, said.err) == (0, "")
    words = " ".join(said.out.split())
    for text in (
        "One cluster of voxels (",
        "lies in surviving clusters of all 3 sets (cluster-size family-wise p of at most .05 in",
        "In each set",
        "Labels at the peak: Desikan-Killiany",
        "Descriptive, not tested:",
        "the conjunction null (Nichols et al. 2005",
    ):
        assert text in words, text


def test_conjunction__writes_a_folder(run, results, tmp_path):
    said = run("conjunction", "a", "b", "-o", "out", "--level", "mass", "--alpha", "0.04")
    assert said.code == 0
    assert said.out.splitlines()[-1] == "out"
    made_by = "focale conjunction a b -o OUT --level mass --alpha 0.04"
    assert made_by in (tmp_path / "out" / "conjunction.md").read_text()
    again = run("conjunction", "a", "b", "-o", "out")
    assert again.code == 73
    assert "--overwrite" in again.err
    assert run("conjunction", "a", "b", "-o", "out", "--overwrite").code == 0


def test_conjunction__nothing_in_common_is_a_result(run, results):
    said = run("conjunction", "a", "c", "apart", "-o", "out")
    words = " ".join(said.out.split())
    assert said.code == 0
    assert "No voxel lies in a surviving cluster of all 3 sets" in words
    assert "no overlap" not in words


def test_conjunction__warns_of_what_is_in_both(run, results):
    said = run("conjunction", "a", "more")
    assert said.code == 0
    assert "Note: 12 experiments (a0-1, a1-1," in " ".join(said.out.split())


def test_conjunction__a_hostile_name_moves_no_cursor(run, results):
    said = run("conjunction", "a", EVIL)
    assert said.code == 0
    assert "\x1b" not in said.out + said.err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ((), 2, "Missing argument"),
        (("a",), 2, "a conjunction is of two sets or more, got 1"),
        (("a", "nowhere"), 66, "nowhere holds no result of Focale"),
        (("a", "few"), 65, "few was read descriptively, so it has no p"),
        (("a", "a"), 65, "hold the same evidence (12 experiments"),
        (("a", "strict"), 2, "differ in alpha (a: 0.05; strict: 0.01)"),
        (("a", "b", "--level", "tfce"), 2, "is not one of"),
        (("a", "b", "--alpha", "2"), 2, "must be a number between 0 and 1"),
        (("a", "b", "--alpha", "0.001"), 2, "with more iterations"),
        (("a", "b", "--atlas", "no such"), 2, "no such"),
    ],
)
def test_conjunction__refuses_in_a_sentence(run, results, tmp_path, arguments, code, says):
    said = run("conjunction", *arguments, "-o", "out")
    assert said.code == code, said.err
    assert says in said.err
    assert not (tmp_path / "out").exists()


def test_conjunction__an_old_folder_is_to_be_made_again(run, results, tmp_path):
    (tmp_path / "b" / EVIDENCE_NAME).unlink()
    said = run("conjunction", "a", "b")
    assert said.code == 66
    assert "so what was analysed is not known; run the analysis again" in said.err
