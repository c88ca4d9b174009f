"""`focale macm`: seeds of three kinds, bad input, and a folder that is whole or not there."""

from __future__ import annotations

import json
import re

import nibabel
import numpy as np
import pytest

from tests.cli.conftest import write
from tests.strategies import nimads_analysis, nimads_tree

EVIL = "=cmd|' /C calc'!A0 <b>\x1b[2J"


@pytest.fixture
def place(tmp_path, small_mask_path):
    """A database of 20 studies, 18 of which report the origin, and a protocol."""
    rng = np.random.default_rng(2)
    tree = {
        (EVIL if i == 1 else f"s{i}"): [
            nimads_analysis(
                "1", [(i % 3, 0, 0)] * (i < 18) + rng.uniform(-28, 28, (5, 3)).tolist(), n=14
            )
        ]
        for i in range(20)
    }
    write(tmp_path / "db.json", nimads_tree(tree))
    mask = str(small_mask_path)
    write(tmp_path / "p.toml", f'mask = "{mask}"\niterations = 99\nmin_cluster_mm3 = 8.0\n')
    return tmp_path


BASE = ("macm", "db.json", "--protocol", "p.toml", "--no-figures")
SPHERE = ("--seed-sphere", 0, 0, 0, 4)


def test_macm__sphere_writes_a_folder_and_says_what_it_found(run, place):
    said = run(*BASE, *SPHERE, "-o", "out", "--threads", 1)
    assert said.code == 0
    words = " ".join(said.out.split())
    assert "Of 20 experiments of db.json, 18 report a focus in the seed" in words
    assert "an inferential reading is allowed" in words
    assert "(SCALE; Langner et al., 2014), 99 times" in words
    assert said.out.splitlines()[-2:] == ["out/macm.html", "out"]
    assert "\x1b" not in said.out
    about = json.loads((place / "out" / "provenance.json").read_text())
    assert about["Command"] == (
        "focale macm db.json -o OUT --protocol p.toml --seed-sphere 0 0 0 4 --no-figures"
    )


def test_macm__its_command_repeats_it(run, place):
    run(*BASE, *SPHERE, "-o", "out")
    command = json.loads((place / "out" / "provenance.json").read_text())["Command"]
    run(*command.replace("OUT", "again").split()[1:])
    first, second = (
        {p.name: p.read_bytes() for p in (place / name).rglob("*") if p.is_file()}
        for name in ("out", "again")
    )
    assert first == second


def test_macm__few_selected_are_described(run, place):
    said = run(*BASE, *SPHERE, "-o", "out", "--first", 12)
    assert said.code == 0
    assert "So no test was made" in " ".join(said.out.split())
    assert not list((place / "out" / "maps").glob("*stat-p*"))


def test_macm__an_image_and_a_label_are_seeds(run, place, small_mask_path):
    mask = nibabel.load(small_mask_path)
    data = np.zeros(mask.shape, dtype=np.uint8)
    data[13:18, 13:18, 13:18] = 1
    nibabel.save(nibabel.Nifti1Image(data, mask.affine), place / "roi.nii.gz")
    said = run(*BASE, "--seed", "roi.nii.gz", "-o", "image", "--null", "uniform", "--mask-seed")
    assert said.code == 0
    assert "it finds the base rate of the database again" in " ".join(said.out.split())
    about = json.loads((place / "image" / "provenance.json").read_text())
    assert about["Seed"]["LeftOutOfTheAnalysis"] is True
    assert "--seed roi.nii.gz --null uniform --mask-seed" in about["Command"]
    said = run(*BASE, "--seed-label", "third ventricle", "-o", "label")
    assert said.code == 0, said.err
    assert "Third" in said.out or "ventricle" in said.out


def test_macm__options_of_the_null_are_deviations_from_a_file(run, place):
    run(*BASE, *SPHERE, "-o", "out", "--iterations", 120, "--random-seed", 3)
    text = (place / "out" / "protocol.toml").read_text()
    assert "iterations: 99 -> 120" in text
    assert "seed: 0 -> 3" in text
    about = json.loads((place / "out" / "provenance.json").read_text())
    assert (about["Test"]["Iterations"], about["Test"]["Seed"]) == (120, 3)


@pytest.mark.parametrize(
    ("seed", "code", "message"),
    [
        ((), 2, "needs one seed: --seed IMAGE, .* got none"),
        ((*SPHERE, "--seed-label", "x"), 2, "got --seed-label and --seed-sphere"),
        (("--seed-sphere", 300, 0, 0, 5), 2, "has no voxel in"),
        (("--seed-sphere", 0, 0, 0, -5), 2, "must be a number above 0"),
        (("--seed-sphere", 26, 26, -28, 1), 65, "none of the 118 foci .* the nearest is"),
        (("--seed", "nowhere.nii"), 66, "the seed nowhere.nii is not a file"),
        (("--seed", "db.json"), 2, "is not an image nibabel can read"),
        (("--seed-label", "insulla"), 2, "has no label 'insulla'; like it"),
        (("--seed-sphere", 1, 2), 2, "'-o' is not a valid float"),
        ((*SPHERE, "--iterations", 5), 2, "ask for at least 19 iterations"),
        (("--seed-sphere", 0, 0, 0, 99, "--mask-seed"), 2, "the seed covers all of"),
    ],
)
def test_macm__bad_input_is_one_sentence_and_writes_nothing(run, place, seed, code, message):

    said = run(*BASE, *seed, "-o", "out")
    assert said.code == code, said.err
    assert re.search(message, " ".join(said.err.split())), said.err
    assert not (place / "out").exists()


def test_macm__without_sample_sizes_says_how_many_and_the_way_out(run, place):
    tree = {
        f"s{i}": [nimads_analysis("1", [(0, 0, 0), (9, i, 0)], n=None if i % 2 else 12)]
        for i in range(20)
    }
    write(place / "db.json", nimads_tree(tree))
    said = run(*BASE, *SPHERE, "-o", "out")
    assert said.code == 65
    words = " ".join(said.err.split())
    assert "no sample size for 10 of 20 experiments" in words
    assert "fwhm_mm" in words
    assert "--default-n" in words
    assert not (place / "out").exists()
    assert run(*BASE, *SPHERE, "-o", "out", "--default-n", 15).code == 0


def test_macm__a_result_is_replaced_only_if_asked(run, place):
    assert run(*BASE, *SPHERE, "-o", "out").code == 0
    assert run(*BASE, *SPHERE, "-o", "out").code == 73
    assert run(*BASE, *SPHERE, "-o", "out", "--overwrite").code == 0
