"""`focale atlases` lists what is at hand and names places."""

from __future__ import annotations

import click
import numpy as np
import pytest

from focale.cli.atlas_option import atlas_option, atlases_from
from tests.atlases.conftest import save


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("FSLDIR", "NILEARN_DATA", "TEMPLATEFLOW_HOME"):
        monkeypatch.delenv(name, raising=False)


def test_atlases__lists_licence_citation_and_use(run):
    said = run("atlases")
    assert said.code == 0
    assert said.out.startswith("desikan-killiany\n")
    for words in ("FreeSurfer Software License 1.0", "Desikan et al. 2006", "ships with Focale"):
        assert words in said.out
    assert "focale atlases --at 38 4 2 --atlas" in said.out


@pytest.mark.parametrize(
    ("place", "label"),
    [
        (("38", "4", "2"), "R insula"),
        (("-24", "-4", "-18"), "L amygdala"),
        (("54", "-28", "20"), "R supramarginal (2.0 mm away)"),
        (("500", "0", "0"), "unlabelled"),
    ],
)
def test_atlases__names_a_place(run, place, label):
    said = run("atlases", "--at", *place)
    space = "MNI152 (FreeSurfer's cvs_avg35_inMNI152)"
    assert said.out == f"{label} [Desikan-Killiany + aseg (FreeSurfer 6.0, 2 mm), {space}]\n"


def test_atlases__names_a_place_in_each_atlas_asked_for(run, tmp_path):
    save(tmp_path / "own.nii", np.ones((20, 20, 20), dtype=np.uint8))
    said = run(
        "atlases", "--at", "0", "0", "0", "--atlas", "own.nii", "--atlas", "desikan-killiany"
    )
    lines = said.out.splitlines()
    assert lines[0] == "1 [own, space unknown]"
    assert lines[1].startswith("Note: own.nii came without names")
    assert lines[-1].endswith("MNI152 (FreeSurfer's cvs_avg35_inMNI152)]")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--atlas", "desikan-killiany"], 2, "--atlas goes with --at"),
        (["--at", "1", "2"], 2, "requires 3 arguments"),
        (["--at", "1", "2", "x"], 2, "'x' is not a valid float"),
        (["--at", "1", "2", "nan"], 2, "--at must be three numbers"),
        (["--at", "1", "2", "3", "--atlas", "desikan"], 2, "like it: 'desikan-killiany'"),
        (["--at", "1", "2", "3", "--atlas", "a.nii"], 66, "a.nii is not a file"),
    ],
)
def test_atlases__refuses_in_a_sentence(run, arguments, code, message):
    said = run("atlases", *arguments)
    assert said.code == code
    assert message in said.err
    assert said.out == ""


def test_atlases_from__is_the_bundled_one_where_nothing_is_asked_for():
    (atlas,) = atlases_from(())
    assert atlas.name == "Desikan-Killiany + aseg"
    assert atlases_from(("desikan-killiany", "desikan-killiany")) == [atlas]


def test_atlas_option__gives_names_as_atlases():
    given = []

    @click.command()
    @atlas_option
    def command(atlases):
        given.append(atlases)

    command.main(["--atlas", "a", "--atlas", "b.nii,c.txt"], standalone_mode=False)
    assert given == [("a", "b.nii,c.txt")]
