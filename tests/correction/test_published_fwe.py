"""Family-wise error control against what other programs published.

How the numbers are compared is in `validation/published`; the table of all comparisons with
more iterations is `validation/published_fwe.md`. What is allowed is the Monte Carlo error of
both sides (99.9 % of each comparison), or has its reason beside it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from focale.space.grey_matter import grey_matter
from validation.published import enge2021, nimare
from validation.published.agreement import Row, distance, p_allowed, point_allowed, table
from validation.published.nat30 import nat30, nat30_rows
from validation.published.places import brain_mask, largest_ale
from validation.published_fwe import report_lines

N_ITERATIONS = 2000


def assert_agreement(rows):
    assert rows
    assert [row for row in rows if not row.agrees] == []


# ----------------------------------------------------------------- what agreement means


@pytest.mark.parametrize("n_ours", [500, 2000])
@pytest.mark.parametrize("percent", [50, 95, 99])
def test_point_allowed__holds_as_often_as_it_says(n_ours, percent):
    rng = np.random.default_rng([n_ours, percent])
    held = 0
    for _ in range(400):
        ours, theirs = rng.gamma(3, size=n_ours), rng.gamma(3, size=1000)
        low, high = point_allowed(ours, percent, 1000, confidence=0.9)
        held += low <= np.sort(theirs)[percent * 10 - 1] <= high
    # A share of 400 has a standard error of .015 about .9; ranks are whole, so a little more.
    assert 0.85 <= held / 400 <= 0.97


def test_point_allowed__is_narrower_with_more_iterations(rng):
    widths = [np.ptp(point_allowed(rng.gamma(3, size=n), 95, 5000)) for n in (500, 5000, 50_000)]
    assert widths[0] > widths[1] > widths[2]


def test_p_allowed__holds_as_often_as_it_says(rng):
    held = 0
    for _ in range(400):
        p = rng.uniform()
        low, high = p_allowed(rng.binomial(2000, p), 2000, 1000, confidence=0.9)
        held += low <= np.clip(rng.binomial(1000, p) / 1000, 0.001, 0.999) <= high
    assert 0.85 <= held / 400 <= 0.97


def test_row__a_number_beyond_what_is_allowed_does_not_agree():
    assert Row("size", 5.0, 4.0, (3.0, 5.0), "").agrees
    assert not Row("size", 5.1, 4.0, (3.0, 5.0), "").agrees
    assert Row("distance", None, 0.01, (0.0, 0.02), "").agrees
    assert not Row("distance", None, 0.03, (0.0, 0.02), "").agrees


def test_table__says_what_does_not_agree():
    rows = [Row("size", 5.0, 4.0, (3.0, 4.5), "by hand", ".1f")]
    assert "| size | 5.0 | 4.0 | -1.0 | 3.0 to 4.5 | **no** | by hand |" in list(table(rows))


# ---------------------------------------------------------------------- NiMARE 0.22.1


def test_fwe__thresholds_of_the_pain_studyset_are_those_of_nimare():
    assert_agreement(nimare.pain_rows(N_ITERATIONS))


def test_fwe__clusters_of_semantic_knowledge_are_those_of_nimare(corpus):
    assert_agreement(nimare.knowledge_rows(N_ITERATIONS))


# ------------------------------------------------------- MATLAB code, Bottenhorn et al. 2018


def test_fwe__maxima_of_nat30_are_distributed_as_those_of_matlab(corpus):
    assert_agreement(nat30_rows(4000))


def test_fwe__nat30_with_the_exact_null_forms_smaller_clusters(corpus):
    # Their null is biased low; a comparison that missed this would see nothing.
    nat = nat30()
    maxima = nat.maxima(2000, forming_ale=0.0138)
    assert not distance("cluster size", maxima.size, nat.size).agrees
    assert np.percentile(maxima.size, 95) < 0.9 * np.percentile(nat.size, 95)
    assert distance("largest ALE", largest_ale(maxima), nat.largest).agrees


# ---------------------------------------------------------------------- Enge et al. 2021

TASKS = [
    "knowledge",
    *(pytest.param(t, marks=pytest.mark.slow) for t in enge2021.TASKS if t != "knowledge"),
]
WITH_P_MAPS = ["knowledge", pytest.param("all", marks=pytest.mark.slow)]


@pytest.mark.parametrize("task", TASKS)
def test_fwe__clusters_of_enge2021_lie_within_2_mm_and_a_tenth(corpus, task):
    assert_agreement(enge2021.enge_cluster_rows(task))


@pytest.mark.parametrize("task", TASKS)
def test_fwe__clusters_of_enge2021_are_equal_with_their_forming_ale(corpus, task):
    assert_agreement(enge2021.enge_equal_rows(task))


@pytest.mark.parametrize("task", TASKS)
def test_fwe__clusters_of_enge2021_survive_as_published(corpus, task):
    assert_agreement(enge2021.enge_survival_rows(task, N_ITERATIONS))


@pytest.mark.parametrize("task", WITH_P_MAPS)
def test_fwe__p_of_enge2021_is_as_published(corpus, task):
    assert_agreement(enge2021.enge_p_rows(task, N_ITERATIONS))


@pytest.mark.parametrize("task", WITH_P_MAPS)
def test_fwe__p_of_enge2021_is_missed_with_foci_in_grey_matter(corpus, task):
    # So the comparison can tell where their random foci fell: in the brain mask.
    grey = grey_matter(brain_mask())
    rows = enge2021.enge_p_rows(task, N_ITERATIONS, sampling=grey)
    assert not rows[-1].agrees


@pytest.mark.parametrize("task", WITH_P_MAPS)
def test_floored_tail__gives_as_many_voxels_as_published(corpus, task):
    assert_agreement(enge2021.enge_significant_rows(task))


@pytest.mark.slow
def test_fwe__rows_of_the_tables_of_enge2021_are_equal(corpus):
    rows = enge2021.enge_table_rows()
    assert len(rows) == 19
    assert_agreement(rows)


# ------------------------------------------------------------------------- the report

REPORT = Path(__file__).parents[2] / "validation/published_fwe.md"


def disagreeing(lines):
    """The sections that have a row that does not agree."""
    section, found = "", set()
    for line in lines:
        section = line if line.startswith("#") else section
        if "**no**" in line:
            found.add(section)
    return found


def test_report__nothing_but_foci_in_grey_matter_disagrees():
    lines = REPORT.read_text(encoding="utf-8").splitlines()
    assert disagreeing(lines) == {"### The same p, with random foci in grey matter"}


@pytest.mark.slow
def test_report__is_still_made(corpus):
    lines = list(report_lines(1000))
    assert len(lines) > 100
    assert disagreeing(lines) == {"### The same p, with random foci in grey matter"}
