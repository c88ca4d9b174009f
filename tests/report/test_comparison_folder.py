"""The folder, the page and the words of a comparison."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest

from focale import Protocol, compare, describe
from focale.report.comparison_folder import write_comparison
from focale.report.comparison_page import comparison_markdown, comparison_page
from focale.report.comparison_text import cluster_rows, comparison_text, step_rows
from focale.report.language import find_claims
from tests.fixtures_pain import studyset_of

EVIL = 'e|vil <script>alert("1")</script> [x](y)'
STUDIES = {
    "a": [[(0, 0, 10), (10, 4, 4)]],
    "b": [[(2, 0, 10), (-12, 4, 4)]],
    EVIL: [[(0, 2, 10), (10, 4, 6)]],
}


@pytest.fixture(scope="module")
def comparison(small_mask_path):
    protocol = Protocol(mask=str(small_mask_path), min_cluster_mm3=8)
    fewer = {name: own for name, own in STUDIES.items() if name != EVIL}
    readings = [describe(studyset_of(s), protocol, atlases=()) for s in (STUDIES, fewer)]
    return compare(*readings)


@pytest.fixture(scope="module")
def folder(comparison, tmp_path_factory):
    path = tmp_path_factory.mktemp("compared") / "out"
    write_comparison(comparison, path)
    return path


def files_of(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def test_write_comparison__writes_these_files_and_no_other(folder):
    tables = [f"tables/{n}.{s}" for n in ("changes", "clusters", "limits", "steps") for s in JSON]
    assert sorted(files_of(folder)) == sorted(
        ["comparison.html", "comparison.md", "dataset_description.json", *tables]
    )


JSON = ("json", "tsv")


def test_write_comparison__equal_comparisons_give_equal_bytes(comparison, folder, tmp_path):
    write_comparison(comparison, tmp_path / "again")
    assert files_of(tmp_path / "again") == files_of(folder)


def test_write_comparison__tables_hold_what_the_sidecars_describe(folder):
    for name in ("changes", "clusters", "limits", "steps"):
        table = pd.read_csv(folder / f"tables/{name}.tsv", sep="\t")
        described = json.loads((folder / f"tables/{name}.json").read_text())
        assert list(table) == list(described)


def test_comparison_page__loads_nothing_and_runs_nothing(comparison):
    page = comparison_page(comparison)
    assert "<script" not in page
    assert "script-src &#39;none&#39;" in page
    assert not re.search(r'(?:src|href)="(?!data:|#)', page)


def test_comparison_page__a_hostile_name_stays_text(comparison):
    page = comparison_page(comparison)
    assert "&lt;script&gt;" in page


def test_comparison_markdown__a_hostile_name_stays_in_its_cell(comparison):
    text = comparison_markdown(comparison)
    assert "<script>" not in text
    assert "[x](y)" not in text.replace("\\[x](y)", "")
    widths = {line.count("|") for line in text.splitlines() if line.startswith("| 1 |")}
    assert widths == {len(step_rows(comparison)[0]) + 1}


def test_comparison_text__of_a_description_claims_nothing(comparison):
    for text in (comparison_text(comparison), comparison_markdown(comparison)):
        assert find_claims(text) == []
    assert find_claims(comparison_page(comparison)) == []


def test_comparison_text__says_what_each_step_explains(comparison):
    effect = comparison.steps[0].effects["listed"]
    assert f"{effect.explains:,} by step 1 (dropped: e|vil" in comparison_text(comparison)


def test_step_rows__begin_with_the_old_and_end_with_the_new(comparison):
    rows = step_rows(comparison)
    assert [row[-1] for row in (rows[1], rows[-1])] == ["OLD", "NEW"]
    assert {len(row) for row in rows} == {len(rows[0])}


def test_cluster_rows__have_one_row_a_cluster(comparison):
    assert len(cluster_rows(comparison)) == len(comparison.clusters) + 1
