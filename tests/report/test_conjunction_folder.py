"""The folder, the page and the words of a conjunction."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import nibabel
import numpy as np
import pandas as pd
import pytest

from focale import conjunction, infer
from focale.errors import OutputError
from focale.report.conjunction_folder import write_conjunction
from focale.report.conjunction_page import conjunction_markdown, conjunction_page
from focale.report.conjunction_text import (
    cluster_rows,
    conjunction_text,
    count_rows,
    count_texts,
    found_text,
    part_rows,
    set_rows,
    shared_rows,
    shared_texts,
)
from focale.report.inferential_words import RULES
from focale.report.language import find_claims
from tests.fixtures_sets import a_set

EVIL = 'e|vil <script>alert("1")</script> [x](y)\n\x1b[2J'
TABLES = ("clusterSets", "clusters", "counts", "labels", "sets", "shared")
MAPS = (
    "desc-brain_mask",
    "desc-clusters_dseg",
    "desc-setCount_statmap",
    "stat-p_desc-conjunction_statmap",
    "stat-z_desc-conjunction_statmap",
    "stat-z_desc-minimum_statmap",
)
OF_TESTS = {"p-value", "z-score", "survived", "correction"}
"""Claims that a corrected test allows: p, z, and what survives."""


@pytest.fixture(scope="module")
def found(three_sets):
    return conjunction(three_sets, names=["first", EVIL, "third"])


@pytest.fixture(scope="module")
def empty(set_protocol):
    places = [(14.0, 4.0, -6.0), (10.0, -16.0, 12.0)]
    apart = [infer(a_set(k, at=places[k]), set_protocol, atlases=()) for k in (0, 1)]
    return conjunction(apart, names=["here", "there"])


@pytest.fixture(scope="module")
def overlapping(three_sets, set_protocol):
    """Most experiments are in both sets, under hostile names."""
    evil = infer(a_set(0, prefix=EVIL, n_studies=13), set_protocol, atlases=())
    return conjunction([evil, three_sets[0]], names=["evil", "plain"])


@pytest.fixture(scope="module")
def folder(found, tmp_path_factory):
    path = tmp_path_factory.mktemp("conjoined") / "out"
    write_conjunction(found, path, "focale conjunction a b c -o OUT")
    return path


def files_of(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


# ----------------------------------------------------------------------------- the folder


def test_write_conjunction__writes_these_files_and_no_other(folder):
    tables = [f"tables/conjunction_{n}.{s}" for n in TABLES for s in ("json", "tsv")]
    maps = [f"maps/conjunction_res-2_{n}.{s}" for n in MAPS for s in ("json", "nii.gz")]
    maps.append("maps/conjunction_res-2_desc-clusters_dseg.tsv")
    figures = [f"figures/conjunction_slices.{s}" for s in ("png", "svg")]
    texts = [f"conjunction.{s}" for s in ("html", "json", "md")]
    expected = [*tables, *maps, *figures, *texts, "dataset_description.json"]
    assert sorted(files_of(folder)) == sorted(expected)


def test_write_conjunction__equal_conjunctions_give_equal_bytes(found, folder, tmp_path):
    write_conjunction(found, tmp_path / "again", "focale conjunction a b c -o OUT")
    assert files_of(tmp_path / "again") == files_of(folder)


def test_write_conjunction__maps_hold_the_values(found, folder):
    for name, values in (
        ("stat-p_desc-conjunction_statmap", found.p.values),
        ("stat-z_desc-conjunction_statmap", found.z.values),
        ("stat-z_desc-minimum_statmap", found.height.values),
        ("desc-setCount_statmap", found.n_surviving),
        ("desc-clusters_dseg", found.clusters.labels),
    ):
        path = folder / f"maps/conjunction_res-2_{name}.nii.gz"
        stored = np.asarray(nibabel.load(path).dataobj)[found.mask.inside]
        np.testing.assert_array_equal(stored, values.astype(stored.dtype))
        about = json.loads((path.parent / f"{path.name[:-7]}.json").read_text())
        assert about["Rule"].startswith("largest family-wise p (minimum statistic, conjunction")
        assert about["Alpha"] == 0.05
    count = json.loads((folder / "maps/conjunction_res-2_desc-setCount_statmap.json").read_text())
    assert "Descriptive: a count of sets tests nothing." in count["Description"]


def test_write_conjunction__tables_hold_what_the_sidecars_describe(found, folder):
    for name in TABLES:
        table = pd.read_csv(folder / f"tables/conjunction_{name}.tsv", sep="\t")
        described = json.loads((folder / f"tables/conjunction_{name}.json").read_text())
        assert list(table) == list(described)
    sets = pd.read_csv(folder / "tables/conjunction_sets.tsv", sep="\t")
    assert list(sets["n_surviving"]) == [len(kept) for kept in found.surviving]
    parts = pd.read_csv(folder / "tables/conjunction_clusterSets.tsv", sep="\t")
    assert len(parts) == 3 * len(found.clusters)
    counts = pd.read_csv(folder / "tables/conjunction_counts.tsv", sep="\t")
    assert dict(zip(counts["n_sets"], counts["n_voxels"], strict=True)) == found.counts


def test_write_conjunction__says_how_it_was_made(found, folder):
    record = json.loads((folder / "conjunction.json").read_text())
    assert record["Command"] == "focale conjunction a b c -o OUT"
    assert [own["Name"] for own in record["Sets"]] == found.names
    assert record["VoxelsInExactlySoManySets"] == {str(k): n for k, n in found.counts.items()}
    described = json.loads((folder / "dataset_description.json").read_text())
    assert described["GeneratedBy"][0]["Name"] == "Focale"


def test_write_conjunction__leaves_nothing_where_it_cannot_write(found, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("focale.report.conjunction_folder.write_json", full)
    with pytest.raises(OutputError, match="No space left"):
        write_conjunction(found, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_write_conjunction__of_nothing_in_common(empty, tmp_path):
    write_conjunction(empty, tmp_path / "out")
    table = pd.read_csv(tmp_path / "out/tables/conjunction_clusters.tsv", sep="\t")
    assert len(table) == 0
    page = (tmp_path / "out/conjunction.html").read_text()
    assert "No voxel lies in a surviving cluster of both sets" in page
    assert 'id="clusters"' not in page


# -------------------------------------------------------------------------------- the page


def test_conjunction_page__loads_nothing_and_runs_nothing(found):
    page = conjunction_page(found, "focale conjunction", b"picture")
    assert "<script" not in page
    assert "script-src &#39;none&#39;" in page
    assert not re.search(r'(?:src|href)="(?!data:|#)', page)


def test_conjunction_page__hostile_names_stay_text(found, overlapping):
    for conjoined in (found, overlapping):
        page = conjunction_page(conjoined, "focale conjunction", b"picture")
        assert "&lt;script&gt;" in page
        assert "<script" not in page
        assert "\x1b" not in page


def test_conjunction_markdown__hostile_names_stay_in_their_cells(found, overlapping):
    for conjoined in (found, overlapping):
        text = conjunction_markdown(conjoined, "focale conjunction")
        assert "<script>" not in text.split("## Made by")[0]
        assert "[x](y)" not in text.split("## Made by")[0].replace("\\[x](y)", "")
        assert "\x1b" not in text
    widths = {line.count("|") for line in text.splitlines() if line.startswith("| experiment |")}
    assert widths == {len(shared_rows(overlapping)[0]) + 1}


def test_conjunction_page__says_the_overlap_first(overlapping):
    page = conjunction_page(overlapping, "focale conjunction", b"picture")
    assert page.index("agree by construction") < page.index("<main>")


# ------------------------------------------------------------------------------- the words


def claims(text):
    return {claim.rule for claim in find_claims(text)}


def test_conjunction_text__claims_no_more_than_tests_allow(found, empty, overlapping, three_sets):
    assert {rule.name for rule in RULES} >= OF_TESTS
    by_voxel = conjunction(three_sets, level="voxel", atlases=())
    for conjoined in (found, empty, overlapping, by_voxel):
        for text in (
            conjunction_text(conjoined),
            conjunction_markdown(conjoined, "focale conjunction"),
            conjunction_page(conjoined, "focale conjunction", b"picture"),
        ):
            assert claims(text) <= OF_TESTS, text


def test_found_text__nothing_in_common_is_no_absence(empty):
    text = found_text(empty)
    assert text.startswith(
        "No voxel lies in a surviving cluster of both sets (cluster-size family-wise p of at most "
        ".05). That is no evidence that the sets have no place in common"
    )
    assert "overlap" not in conjunction_text(empty)


def test_found_text__says_how_many_clusters_lie_in_all_sets(found, three_sets):
    assert found_text(found) == (
        f"One cluster of voxels ({found.n_voxels * 8:,} mm3) lies in surviving clusters of all 3 "
        "sets (cluster-size family-wise p of at most .05 in each)."
    )
    by_voxel = conjunction(three_sets[:2], level="voxel", atlases=())
    assert "a voxel-level family-wise p of at most .05 in both sets." in found_text(by_voxel)


def test_conjunction_text__names_the_rule_and_its_reach(found):
    text = conjunction_text(found)
    assert "the minimum statistic with the conjunction null (Nichols et al. 2005, doi:" in text
    assert "no test asks how the sets relate to each other" in text
    assert "which need not be the part that is common" in text
    part = found.parts[0][0]
    assert f"it is {100 * part.share:.0f} % of cluster {part.cluster} of first (p " in text


def test_count_texts__are_marked_descriptive(found):
    (text,) = count_texts(found)
    counts = found.counts
    assert text == (
        f"Descriptive, not tested: {counts[1]:,} voxels survive in exactly one set, {counts[2]:,} "
        f"in exactly two sets and {counts[3]:,} in all 3."
    )


def test_shared_texts__name_what_is_in_more_than_one_set(overlapping, found):
    assert shared_texts(found) == []
    (text,) = shared_texts(overlapping)
    assert text.startswith('12 experiments (e|vil <script>alert("1")</script> [x](y) [2J0-1, e|v')
    assert " and 7 more) are in more than one set: what is shared makes sets agree by" in text
    assert text.endswith("so the conjunction is not one of independent evidence.")


def test_rows__have_one_row_each(found, overlapping):
    assert len(cluster_rows(found)) == len(found.clusters) + 1
    assert len(part_rows(found)) == 3 * len(found.clusters) + 1
    assert len(count_rows(found)) == len(set_rows(found)) == 4
    assert len(shared_rows(overlapping)) == 13
    for rows in (cluster_rows(found), part_rows(found), count_rows(found), set_rows(found)):
        assert {len(row) for row in rows} == {len(rows[0])}


def test_shared_rows__are_cut_where_there_are_many(overlapping):
    many = replace(overlapping, shared=overlapping.shared * 3)
    assert shared_rows(many)[-1] == ["", "and 16 more, in the table of the folder", ""]
