"""The folder, the page and the words of a coactivation map."""

from __future__ import annotations

import json
import re

import nibabel
import numpy as np
import pandas as pd
import pytest

from focale import Protocol, compare, macm
from focale.errors import InputMissingError
from focale.report.language import find_claims
from focale.report.macm_folder import write_macm
from focale.report.macm_page import macm_markdown, macm_page
from focale.report.macm_text import UNIFORM, cluster_rows, macm_text, methods_text, notes_of
from tests.coactivation.conftest import EVIL, SEED, database, described, protocol, tested

__all__ = ["database", "described", "protocol", "tested"]  # fixtures

COMMAND = "focale macm db.json -o OUT --seed-sphere 10 0 0 6"


@pytest.fixture(scope="module")
def folder(tested, tmp_path_factory):
    path = tmp_path_factory.mktemp("macm") / "out"
    write_macm(tested, path, COMMAND, with_figures=False)
    return path


def files_of(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def test_write_macm__writes_what_a_reviewer_needs(folder, tested):
    names = set(files_of(folder))
    for name in (
        *("macm.html", "macm.md", "protocol.toml", "provenance.json", "references.bib"),
        *("dataset_description.json", "database.json", "tables/dictionary_selected.tsv"),
        *("tables/dictionary_notSelected.tsv", "tables/dictionary_clusters.tsv"),
        "tables/dictionary_clustersFormed.tsv",
    ):
        assert name in names, name
    maps = sorted(name for name in names if name.endswith(".nii.gz"))
    kinds = [re.search(r"res-2_(.*)\.nii\.gz", name)[1] for name in maps]
    assert {"desc-seed_mask", "desc-clusters_dseg", "stat-ale_statmap", "stat-p_statmap"} <= {
        *kinds
    }
    assert {"stat-standing_statmap", "stat-z_statmap"} <= {*kinds}
    assert sum("corr-FWE" in kind for kind in kinds) == 6
    seed = nibabel.load(folder / next(m for m in maps if "desc-seed_mask" in m))
    assert np.count_nonzero(seed.get_fdata()) == tested.n_seed_voxels
    for name in maps:
        assert name.replace(".nii.gz", ".json") in names


def test_write_macm__equal_results_give_equal_bytes(folder, tested, tmp_path):
    write_macm(tested, tmp_path / "again", COMMAND, with_figures=False)
    assert files_of(tmp_path / "again") == files_of(folder)


def test_write_macm__tables_hold_what_the_sidecars_describe(folder):
    for path in sorted((folder / "tables").glob("*.tsv")):
        table = pd.read_csv(path, sep="\t")
        assert list(table) == list(json.loads(path.with_suffix(".json").read_text()))


def test_write_macm__provenance_counts_every_experiment(folder, tested):
    about = json.loads((folder / "provenance.json").read_text())
    counts = about["Counts"]
    assert counts["Selected"] + counts["NotSelected"] == counts["Experiments"] == 41
    assert about["Test"]["Null"] == "scale"
    assert about["Test"]["BaseRateFoci"] == tested.test.base_rate.n_foci
    assert about["Command"] == COMMAND
    assert Protocol.from_toml(folder / "protocol.toml").choices == tested.protocol.choices


def test_write_macm__is_not_taken_for_a_reading(folder):
    with pytest.raises(InputMissingError):
        compare(folder, folder)


def test_write_macm__draws_the_clusters_and_the_seed(described, tmp_path):
    write_macm(described, tmp_path / "out", COMMAND)
    names = set(files_of(tmp_path / "out"))
    assert "figures/dictionary_seedAndClusters.png" in names
    assert "data:image/png;base64," in (tmp_path / "out" / "macm.html").read_text()
    assert not any("stat-p" in name or "stat-z" in name for name in names)


def test_macm_text__of_a_descriptive_reading_makes_no_claim(described):
    for text in (
        macm_text(described),
        methods_text(described, "0.1"),
        macm_markdown(described, COMMAND),
        macm_page(described, COMMAND),
    ):
        assert find_claims(text) == []
    assert "So no test was made" in macm_text(described)


def test_macm_text__says_what_was_selected_asked_found_and_left_open(tested):
    text = macm_text(tested)
    for words in (
        "Of 41 experiments of dictionary, 19 report a focus in the seed, a sphere of 6 mm",
        "the 22 others did not and were not mapped",
        "more often with the seed than in the database at large",
        "% of its voxels lie in the seed, which converges by selection",
        "converges because experiments were selected for it",
        "Co-reported means that the same experiments report both places. It is no test of a conn",
        "so the base rate is to that part their own",
    ):
        assert words in text, words
    assert "connected" not in text
    assert "activated" not in text
    assert "Langner et al., 2014" in methods_text(tested, "0.1")


def test_macm_text__uniform_says_that_it_finds_the_base_rate(database, protocol):
    result = macm(database, SEED, protocol, null="uniform", mask_seed=True, atlases=())
    assert UNIFORM in macm_text(result)
    assert "were left out of the analysis" in macm_text(result)
    assert "standing" not in cluster_rows(result)[0]


def test_macm_text__nothing_found_is_not_nothing_there(database, protocol):
    strict = Protocol(**{**protocol.choices, "alpha": 0.005, "cluster_forming_p": 1e-9})
    result = macm(database, SEED, strict, atlases=())
    assert "That does not say that nothing is co-reported with the seed." in macm_text(result)
    assert not len(result.clusters)


def test_notes_of__choices_that_took_no_part_are_named(database, protocol):
    other = Protocol(**{**protocol.choices, "sampling": "grey_matter", "tfce": True})
    result = macm(database, SEED, other, atlases=())
    notes = " ".join(notes_of(result))
    assert "where random foci fall (sampling)" in notes
    assert "TFCE, which the protocol asks for, is not computed for a seed" in notes


def test_macm_page__names_of_studies_stay_text(tested):
    page = macm_page(tested, COMMAND)
    assert "<script>alert" not in page
    assert "alert(&#34;1&#34;)" in page
    assert "http" not in re.sub(r"http-equiv", "", page)
    text = macm_markdown(tested, COMMAND)
    assert EVIL.split("\n")[0] not in text
    assert "&#124;vil &lt;script>" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in rows)


def test_macm_page__long_databases_are_cut_with_a_word(tested, monkeypatch):
    monkeypatch.setattr("focale.report.macm_page.MOST_ROWS", 5)
    page = macm_page(tested, COMMAND)
    assert "14 more are in the table selected" in page
    assert "17 more are in the table notSelected" in page
