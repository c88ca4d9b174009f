"""Contrasts against published ones, and what it means there to agree.

How rows are compared is in `validation/published/enge2021_contrasts.py`; the table of all rows is
`validation/published_contrasts.md`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from validation.published import enge2021_contrasts as enge
from validation.published.enge2021_contrasts import THEIR_LABELINGS, Published, beside
from validation.published_contrasts import report_lines

REPORT = Path(__file__).parents[2] / "validation/published_contrasts.md"
ROWS = {"knowledge": 2, "relatedness": 2, "objects": 6, "older": 1}
CONTRASTS = [
    pytest.param("older", 5000, marks=pytest.mark.slow),
    *(pytest.param(name, 20_000, marks=pytest.mark.slow) for name in ROWS),
]


@pytest.mark.parametrize(
    ("peak_z", "exceeding"), [(4.06, 0), (3.89, 1), (3.62, 3), (3.54, 4), (-3.54, 4)]
)
def test_published__a_peak_z_is_a_number_of_their_labelings(peak_z, exceeding):
    row = Published("objects", 1, 200.0, np.sign(peak_z) * 3.5, peak_z, (0, 0, 0))
    # two-sided p of 2 b / B, and 1 / B where b is 0
    p = max(2 * exceeding, 1) / THEIR_LABELINGS
    assert round(float(stats.norm.isf(p / 2)), 2) == abs(peak_z)
    assert row.exceeding == exceeding


@pytest.mark.parametrize(("contrast", "n_labelings"), CONTRASTS)
def test_difference_test__finds_what_enge2021_published(corpus, contrast, n_labelings):
    rows = enge.published_rows(contrast)
    assert len(rows) == ROWS[contrast]
    found = [beside(row, n_labelings) for row in rows]
    assert [one for one in found if not one.agrees] == []
    # but for one of 200 mm3 in the other direction, which is here in parts
    assert [one.row.number for one in found if not one.is_listed] == (
        [6] if contrast == "objects" else []
    )


@pytest.mark.slow
def test_beside__a_row_of_the_other_direction_or_elsewhere_does_not_agree(corpus):
    (row,) = enge.published_rows("older")
    turned = beside(replace(row, mean_z=-row.mean_z), 5000)
    moved = beside(replace(row, place_mm=(28, -60, 40)), 5000)
    larger = beside(replace(row, mm3=6 * row.mm3), 5000)
    assert not turned.agrees
    assert not moved.agrees
    assert not larger.agrees


@pytest.mark.slow
def test_difference_test__survives_in_two_published_clusters_only(corpus):
    found = [beside(row) for name in ROWS for row in enge.published_rows(name)]
    surviving = [(one.row.contrast, one.row.number) for one in found if min(one.p_fwe) <= 0.05]
    assert surviving == [("objects", 1), ("objects", 2)]


def test_report__nothing_disagrees():
    text = REPORT.read_text(encoding="utf-8")
    assert text.count("| yes |") == sum(ROWS.values())
    assert "**no**" not in text


@pytest.mark.slow
def test_report__is_still_made(corpus):
    assert sum("| yes |" in line for line in report_lines()) == sum(ROWS.values())
