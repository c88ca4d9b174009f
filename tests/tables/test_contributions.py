"""The contribution table: every experiment in every cluster."""

from __future__ import annotations

import pytest

from focale import Protocol, describe
from focale.tables.contributions import COLUMNS, contribution_frame


@pytest.fixture(scope="module")
def table(pain8_described):
    return contribution_frame(pain8_described)


def test_contribution_frame__has_the_columns_that_are_described(table):
    assert list(table.columns) == list(COLUMNS)


def test_contribution_frame__has_a_row_a_pair(table, pain8):
    assert len(table) == 4 * 8
    assert table["cluster"].tolist() == [n for n in (1, 2, 3, 4) for _ in range(8)]
    assert table["id"].tolist() == pain8.ids.tolist() * 4
    assert table["study_id"].tolist() == [e.study_id for e in pain8] * 4


def test_contribution_frame__puts_each_number_with_its_pair(table, pain8_described):
    found, left_out = pain8_described.contributions, pain8_described.leave_one_out
    for row, values in table.iterrows():
        i, c = row % 8, row // 8
        assert values["n_foci"] == pain8_described.n_foci[i, c]
        assert values["mean_drop"] == found.mean_drop[i, c]
        assert values["share"] == found.share[i, c]
        assert values["largest_drop"] == found.largest_drop[i, c]
        assert values["remains"] == left_out.remains[i, c]
        assert values["kept_share"] == left_out.kept_share[i, c]
        assert values["peak_shift_mm"] == left_out.peak_shift_mm[i, c]


def test_contribution_frame__of_no_cluster_keeps_its_columns(pain8):
    table = contribution_frame(describe(pain8, Protocol(min_cluster_mm3=1e6)))
    assert list(table.columns) == list(COLUMNS)
    assert table.empty
