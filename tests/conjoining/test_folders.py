"""A set from the folder of a run: the same p, and refusals of what is not as it was written."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import nibabel
import numpy as np
import pytest

from focale import conjunction, describe_into, run_into
from focale.conjoining.folders import read_again
from focale.errors import EvidenceError, InputMissingError, ReadError
from tests.fixtures_sets import a_set


@pytest.fixture(scope="module")
def made(set_protocol, tmp_path_factory):
    """Folders `one` and `two`, and what was returned for them."""
    base = tmp_path_factory.mktemp("runs")
    results = [
        run_into(
            a_set(k),
            base / name,
            replace(set_protocol, seed=k),
            command=f"focale run {name}.txt -o OUT",
            with_figures=False,
            atlases=(),
        )
        for k, name in enumerate(("one", "two"))
    ]
    return base, results


@pytest.fixture
def folder(made, tmp_path):
    """A copy of `one` that may be harmed."""
    shutil.copytree(made[0] / "one", tmp_path / "one")
    return tmp_path / "one"


def contents(folder):
    return {p: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_read_again__gives_the_p_of_the_run_to_the_bit(made):
    base, (result, _) = made
    before = contents(base / "one")
    again = read_again(base / "one", "it")
    for level in ("voxel", "size", "mass"):
        np.testing.assert_array_equal(again.corrected.p(level).values, result.fwe.p(level).values)
    assert (again.name, again.command) == ("it", "focale run one.txt -o OUT")
    assert again.protocol.fingerprint == result.protocol.fingerprint
    assert contents(base / "one") == before


def test_conjunction__of_folders_is_that_of_results(made):
    base, results = made
    of_folders = conjunction([base / "one", str(base / "two")], atlases=())
    of_results = conjunction(results, atlases=())
    np.testing.assert_array_equal(of_folders.p.values, of_results.p.values)
    assert of_folders.parts == of_results.parts
    assert of_folders.names == ["one", "two"]


def test_read_again__without_iterations_makes_them_again(folder, made):
    (folder / "null.npz").unlink()
    again = read_again(folder, "it")
    np.testing.assert_array_equal(again.corrected.p_size.values, made[1][0].fwe.p_size.values)
    assert not (folder / "null.npz").exists()


def test_read_again__a_sequential_test_ends_where_it_ended(set_protocol, tmp_path):
    protocol = replace(set_protocol, iterations=2000)
    scattered = a_set(0, at=None)
    result = run_into(
        scattered, tmp_path / "run", protocol, stop_after=3, with_figures=False, atlases=()
    )
    again = read_again(tmp_path / "run", "it")
    assert again.corrected.n_iterations == result.fwe.n_iterations
    assert again.corrected.stop_after == 3
    np.testing.assert_array_equal(again.corrected.p_size.values, result.fwe.p_size.values)


def test_conjunction__folders_of_one_name_are_told_apart(made, tmp_path):
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
    shutil.copytree(made[0] / "one", tmp_path / "a" / "run")
    shutil.copytree(made[0] / "two", tmp_path / "b" / "run")
    found = conjunction([tmp_path / "a" / "run", tmp_path / "b" / "run"], atlases=())
    assert [own.name for own in found.sets] == [str(tmp_path / p / "run") for p in "ab"]


def test_read_again__refuses_a_descriptive_result(set_protocol, tmp_path):
    describe_into(a_set(0), tmp_path / "few", set_protocol, with_figures=False, atlases=())
    with pytest.raises(EvidenceError, match="few was read descriptively, so it has no p"):
        read_again(tmp_path / "few", "few")


def test_read_again__refuses_what_is_no_result(tmp_path):
    with pytest.raises(InputMissingError, match="holds no result of Focale; name the output"):
        read_again(tmp_path, "it")
    with pytest.raises(InputMissingError, match="holds no result of Focale"):
        read_again(tmp_path / "nowhere", "it")


def test_read_again__refuses_other_p_in_the_maps(folder):
    (path,) = (folder / "maps").glob("*stat-p_level-cluster*desc-size_statmap.nii.gz")
    image = nibabel.load(path)
    volume = np.asarray(image.dataobj).copy()
    volume[15, 15, 15] = 0.123
    nibabel.save(nibabel.Nifti1Image(volume, image.affine), path)
    with pytest.raises(ReadError, match=r"the family-wise p \(size\) of 1 voxel differs; run the"):
        read_again(folder, "it")


def test_read_again__refuses_other_evidence(folder):
    path = folder / "evidence.json"
    tree = json.loads(path.read_text())
    tree["studies"][0]["analyses"][0]["points"][0]["coordinates"][0] += 6
    path.write_text(json.dumps(tree))
    with pytest.raises(ReadError, match=r"null.npz keeps a null of something else") as refused:
        read_again(folder, "it")
    assert str(folder / "null.npz") in str(refused.value)
    (folder / "null.npz").unlink()
    with pytest.raises(ReadError, match=r"are not those that Focale .* makes of its evidence"):
        read_again(folder, "it")


def test_read_again__refuses_another_mask(folder, set_protocol, tmp_path):
    image = nibabel.load(set_protocol.mask)
    volume = np.asarray(image.dataobj).copy()
    volume[:4] = 0
    nibabel.save(nibabel.Nifti1Image(volume, image.affine), tmp_path / "box.nii.gz")
    (folder / "null.npz").unlink()
    protocol = folder / "protocol.toml"
    text = protocol.read_text().replace(set_protocol.mask, str(tmp_path / "box.nii.gz"))
    protocol.write_text(text)
    with pytest.raises(ReadError, match="is not the one its result was made with: its file has"):
        read_again(folder, "it")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("provenance.json", "{", "is not as Focale wrote it"),
        ("provenance.json", "[]", "is not as Focale wrote it"),
        ("provenance.json", '{"Null": 3}', "is not as Focale wrote it"),
        ("null.npz", "no", "null.npz is not a null that Focale kept"),
        ("evidence.json", "{}", "is not what Focale wrote there"),
    ],
)
def test_read_again__refuses_a_broken_file(folder, name, text, says):
    (folder / name).write_text(text)
    with pytest.raises(ReadError, match=says):
        read_again(folder, "it")


def test_read_again__refuses_missing_maps(folder):
    shutil.rmtree(folder / "maps")
    with pytest.raises(ReadError, match="is not as Focale wrote it"):
        read_again(folder, "it")
