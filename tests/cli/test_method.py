"""`--method` and `--radius` of run and describe, and what cannot serve a method."""

from __future__ import annotations

import json

import pytest

from focale.protocol.protocol import Protocol
from tests.cli.conftest import write
from tests.strategies import nimads_analysis, nimads_tree

FEW = ("--iterations", "100", "--no-figures")


@pytest.fixture
def small(tmp_path, small_mask_path):
    """Five studies in a box, without sample sizes, for which the protocol allows a test."""
    tree = nimads_tree(
        {
            f"s{i}": [nimads_analysis("1", [(0, 2 * i, 4), (4 * i - 8, -20, 4 * i)], n=None)]
            for i in range(5)
        }
    )
    write(tmp_path / "foci.json", tree)
    write(tmp_path / "small.toml", f'mask = "{small_mask_path}"\nmin_experiments = 5\n')
    return "foci.json", "--protocol", "small.toml"


def provenance(folder):
    return json.loads((folder / "provenance.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("method", "name"), [("mkda", "MKDA density"), ("kda", "KDA")])
def test_run__by_another_method_needs_no_sample_size(run, small, tmp_path, method, name):
    said = run("run", *small, "-o", "out", "--method", method, *FEW)
    assert said.code == 0
    assert f"peak (mm)  {name}" in said.out  # the head of the table of clusters
    about = provenance(tmp_path / "out")
    assert f"--method {method}" in about["Command"]
    protocol = Protocol.from_toml(tmp_path / "out" / "protocol.toml")
    assert protocol.method == method
    assert protocol.deviations[0].changes.startswith(f"method: 'ale' -> '{method}'")


def test_run__says_again_what_was_given(run, small, tmp_path):
    first = run("run", *small, "-o", "one", "--method", "mkda", "--radius", "8", *FEW)
    assert first.code == 0
    command = provenance(tmp_path / "one")["Command"].split()
    assert (
        command[-5:] == ["8", "--iterations", "100", "--no-figures"][-5:] or "--radius" in command
    )
    again = run(*command[1:3], "-o", "two", *command[5:])
    assert again.code == 0
    maps = [sorted((tmp_path / name / "maps").glob("*.nii.gz")) for name in ("one", "two")]
    assert [m.read_bytes() for m in maps[0]] == [m.read_bytes() for m in maps[1]]


def test_describe__takes_a_method_and_a_radius(run, evidence, tmp_path):
    given = ("-o", "out", "--method", "kda", "--radius", "12", "--no-figures")
    said = run("describe", evidence, *given)
    assert said.code == 0
    assert "The raw KDA statistic map was inspected descriptively." in " ".join(said.out.split())
    assert "--method kda --radius 12" in provenance(tmp_path / "out")["Command"]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (("--method", "mkdad"), "must be 'ale' or 'mkda' or 'kda'. Got 'mkdad'"),
        (("--radius", "8"), "belongs to MKDA density or KDA; got 8.0 with method='ale'"),
        (("--method", "mkda", "--radius", "-1"), "must be a number above 0. Got -1.0"),
        (("--method", "kda", "--radius", "99"), "at most 60 mm"),
        (("--method", "mkda", "--profile", "nimare-0.22"), "which has the exact null alone"),
        (("--method", "mkda", "--radius", "1"), "radius 1 mm) is smaller than a voxel"),
    ],
)
def test_run__refuses_what_makes_no_sense(run, evidence, tmp_path, given, text):
    before = sorted(tmp_path.iterdir())
    said = run("run", evidence, "-o", "out", *given)
    assert said.code in (2, 65)
    assert text in " ".join(said.err.split())
    assert sorted(tmp_path.iterdir()) == before


def test_run__refuses_a_width_of_spheres(run, evidence, tmp_path):
    write(tmp_path / "p.toml", 'method = "mkda"\nfwhm_mm = 9\n')
    said = run("run", evidence, "-o", "out", "--protocol", "p.toml")
    assert said.code == 65
    assert "p.toml: The 'fwhm_mm' choice belongs to ALE; got 9" in " ".join(said.err.split())


def test_run__of_weights_asks_for_sample_sizes(run, small, tmp_path):
    text = (tmp_path / "small.toml").read_text(encoding="utf-8")
    write(tmp_path / "small.toml", f'{text}method = "mkda"\nweights = "sqrt_n"\n')
    said = run("run", *small, "-o", "out", *FEW)
    assert said.code == 65
    assert 'weigh all experiments alike (weights = "equal" in the protocol)' in said.err


def test_plan__is_of_ale_alone(run, evidence, tmp_path):
    write(tmp_path / "p.toml", 'method = "mkda"\n')
    said = run("plan", evidence, "--protocol", "p.toml", "-o", "out")
    assert said.code == 2
    assert "a plan simulates ALE" in " ".join(said.err.split())


def test_compare__of_two_methods_says_why_not(run, evidence):
    for method in ("ale", "mkda"):
        assert (
            run("describe", evidence, "-o", method, "--method", method, "--no-figures").code == 0
        )
    said = run("compare", "ale", "mkda")
    assert "is a reading of ALE and" in " ".join((said.out + said.err).split())


def test_compare__of_one_method_puts_its_readings_beside_each_other(run, evidence):
    for name, radius in (("one", "8"), ("two", "10")):
        given = ("-o", name, "--method", "mkda", "--radius", radius, "--no-figures")
        assert run("describe", evidence, *given).code == 0
    said = run("compare", "one", "two")
    assert said.code == 0
    assert "radius of the spheres" in " ".join((said.out + said.err).split())
