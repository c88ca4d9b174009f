"""The output folder of a reading that was asked what would change it."""

from __future__ import annotations

import json

import nibabel
import numpy as np
import pytest

from focale import Questions, examine
from focale.report.folder import write_reading
from focale.report.provenance import Run
from tests.fixtures_ten import *  # noqa: F403


@pytest.fixture(scope="module")
def examined(ten_tested):
    return examine(ten_tested, Questions(n_replicates=10, n_lists=2, most_noise=3))


@pytest.fixture(scope="module")
def folder(examined, tmp_path_factory):
    place = tmp_path_factory.mktemp("asked") / "out"
    write_reading(examined, place, Run("focale run x.json -o OUT", "x"))
    return place


def test_write_reading__draws_every_answer(folder):
    names = {path.stem for path in (folder / "figures").glob("*.png")}
    assert {"x_leftOutExperiment", "x_stability", "x_failSafe"} <= names


def test_write_reading__has_a_table_for_every_answer_with_its_columns(folder):
    for name in ("leftOut", "removals", "stability", "failSafe"):
        table = (folder / "tables" / f"x_{name}.tsv").read_text(encoding="utf-8")
        meanings = json.loads((folder / "tables" / f"x_{name}.json").read_text(encoding="utf-8"))
        assert list(meanings) == table.splitlines()[0].split("\t")


def test_write_reading__has_the_maps_of_stability(folder, examined):
    inside = examined.mask.inside
    for name, expected in (
        ("stability", examined.robustness.stability.share),
        ("stabilitySE", examined.robustness.stability.standard_error),
    ):
        (path,) = (folder / "maps").glob(f"*desc-{name}_statmap.nii.gz")
        values = np.asanyarray(nibabel.load(path).dataobj)[inside]
        np.testing.assert_allclose(values, expected.values, atol=1e-6)


def test_write_reading__cites_what_was_done(folder):
    assert "acar2018" in (folder / "references.bib").read_text(encoding="utf-8")
