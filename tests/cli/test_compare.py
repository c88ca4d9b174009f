"""`focale compare`, and the profiles of `focale run` and `focale protocol`."""

from __future__ import annotations

import shutil

import pytest

from focale import Protocol, Studyset, run_into
from focale.cli.profile_option import with_profile
from tests.cli.conftest import write
from tests.strategies import nimads_analysis, nimads_tree


@pytest.fixture(scope="module")
def made(small_mask_path, tmp_path_factory):
    """Folders `old` and `new`: a study corrected, one added, one setting changed."""
    base = tmp_path_factory.mktemp("made")
    old = {
        f"s{i}": [nimads_analysis("1", [(0, 0, 10), (4 * i, 0, 0)], n=10 + i)] for i in range(4)
    }
    new = {**old, "s1": [nimads_analysis("1", [(0, 0, 10)], n=30)]}
    new["s9"] = [nimads_analysis("1", [(8, 8, 8)], n=12)]
    for name, tree, percentile in (("old", old, 95.0), ("new", new, 90.0)):
        protocol = Protocol(
            mask=str(small_mask_path), min_cluster_mm3=8.0, display_percentile=percentile
        )
        evidence = Studyset(nimads_tree(tree))
        run_into(evidence, base / name, protocol, with_figures=False, atlases=())
    return base


@pytest.fixture
def results(made, tmp_path):
    """The same folders where the command is run."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)


def test_compare__says_what_differs_and_what_it_causes(run, results):
    said = run("compare", "old", "new")
    assert (said.code, said.err) == (0, "")
    for text in (
        "one study was corrected, one study was added and one setting differs",
        "- corrected: s1 (1 focus dropped and N 11 -> 30)",
        "- added: s9 (1 experiment, 1 focus)",
        "- display-only percentile (display_percentile): 95.0 -> 90.0",
        "Voxels, step by step",
        "Clusters",
    ):
        assert text in " ".join(said.out.split()), text


def test_compare__writes_a_folder(run, results, tmp_path):
    said = run("compare", "old", "new", "-o", "cmp")
    assert said.code == 0
    assert said.out.splitlines()[-1] == "cmp"
    assert (tmp_path / "cmp" / "comparison.html").is_file()
    again = run("compare", "old", "new", "-o", "cmp")
    assert again.code == 73
    assert "--overwrite" in again.err
    assert run("compare", "old", "new", "-o", "cmp", "--overwrite").code == 0


def test_compare__of_a_result_with_itself_finds_nothing(run, results):
    said = run("compare", "old", "old")
    assert said.code == 0
    assert "Nothing differs between old and old: neither a study nor a setting." in said.out


def test_compare__an_old_folder_is_to_be_made_again(run, results, tmp_path):
    (tmp_path / "old" / "evidence.json").unlink()
    said = run("compare", "old", "new")
    assert said.code == 66
    assert "old has no evidence.json, so what was analysed is not known; run the" in said.err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("nowhere", "new"), 66, "nowhere holds no result of Focale"),
        (("old", "new", "--against", "no.nii.gz"), 66, "the map no.nii.gz is not a file"),
        (("old", "new", "--level", "best"), 2, "is not one of"),
        (("old",), 2, "Missing argument 'NEW'"),
    ],
)
def test_compare__wrong_arguments_are_sentences(run, results, arguments, code, says):
    said = run("compare", *arguments)
    assert said.code == code
    assert says in said.err


# ------------------------------------------------------------------ profiles


def test_protocol__of_a_profile_has_its_choices(run, tmp_path):
    assert run("protocol", "--profile", "nimare-0.22").code == 0
    protocol = Protocol.from_toml(tmp_path / "protocol.toml")
    assert protocol.profile == "nimare-0.22"
    assert protocol.choices == Protocol.of_profile("nimare-0.22").choices


def test_run__refuses_a_profile_beside_other_choices(run, evidence, tmp_path):
    file = write(tmp_path / "p.toml", 'placement = "exact"\n')
    said = run("run", evidence, "-o", "out", "--protocol", file, "--profile", "nimare-0.22")
    assert said.code == 2
    assert "--profile nimare-0.22 and the protocol p.toml differ in " in said.err
    assert "placement" in said.err
    assert not (tmp_path / "out").exists()


def test_with_profile__takes_a_file_with_its_choices(run, tmp_path):
    run("protocol", "--profile", "jale")
    protocol = Protocol.from_toml(tmp_path / "protocol.toml")
    assert with_profile(protocol, "jale", "protocol.toml") == protocol


@pytest.mark.slow
def test_run__takes_a_profile_beside_the_file_it_wrote(run, evidence, tmp_path):
    run("protocol", "--profile", "jale")
    arguments = ("run", evidence, "-o", "out", "--no-figures", "--iterations", "40")
    said = run(*arguments, "--profile", "jale", "--protocol", "protocol.toml")
    assert said.code == 0, said.err
    assert Protocol.from_toml(tmp_path / "out" / "protocol.toml").profile == "jale"
    assert "--profile jale" in (tmp_path / "out" / "provenance.json").read_text()


def test_run__a_profile_that_is_none_is_named(run, evidence):
    said = run("run", evidence, "-o", "out", "--profile", "nimare")
    assert said.code == 2
    assert "must be 'nimare-0.22' or 'jale' or 'gingerale-3'" in said.err
