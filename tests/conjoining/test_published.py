"""Conjunctions of published maps: the same voxels, and the same smallest z up to the null."""

from __future__ import annotations

from pathlib import Path

from validation.published.conjunction import children_rows, conjunction_rows, smallest_z
from validation.published.enge2021 import enge_volume

N_ITERATIONS = 2000


def test_conjunction__has_the_voxels_of_published_maps(corpus):
    rows = conjunction_rows(N_ITERATIONS)
    assert len(rows) == 10
    assert [row for row in rows if not row.agrees] == []
    assert (smallest_z(("knowledge", "relatedness")) > 0).sum() == 327
    assert (smallest_z(("older", "younger")) > 0).sum() == 206


def test_conjunction__of_children_and_adults_lies_in_the_children(corpus):
    rows = children_rows()
    assert len(rows) == 12
    assert [row for row in rows if not row.agrees] == []
    assert enge_volume("all", "z_thresh").max() > 7.4


def test_report__has_no_row_that_disagrees():
    report = Path(__file__).parents[2] / "validation/conjunction.md"
    lines = report.read_text(encoding="utf-8").splitlines()
    assert sum("| yes |" in line for line in lines) == 22
    assert not any("**no**" in line for line in lines)
