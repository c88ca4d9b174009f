"""The contribution tables: every experiment, and every study, in every cluster."""

from __future__ import annotations

import pytest

from focale import Protocol, describe
from focale.tables.contributions import columns_of, contribution_frame, study_frame
from tests.fixtures_pain import studyset_of


def of_studies(result):
    return list(columns_of(result))


def of_experiments(result):
    return [*of_studies(result)[:2], "n_foci", *of_studies(result)[2:]]


@pytest.fixture(scope="module")
def table(pain8_described):
    return contribution_frame(pain8_described)


@pytest.fixture(scope="module")
def two_contrasts(small_mask_path):
    """Study a with two contrasts that are kept apart, study b with one, in one cluster."""
    studyset = studyset_of({"a": [[(0, 0, 0)], [(2, 0, 0)]], "b": [[(0, 4, 0)]]})
    return describe(
        studyset, Protocol(mask=str(small_mask_path), min_cluster_mm3=100.0, pooling="keep")
    )


def assert_numbers_are_those_of(table, n, found, left_out):
    for row, values in table.iterrows():
        i, c = row % n, row // n
        assert values["mean_drop"] == found.mean_drop[i, c]
        assert values["share"] == found.share[i, c]
        assert values["largest_drop"] == found.largest_drop[i, c]
        assert values["drop_of_sums"] == found.drop_of_sums[i, c]
        assert values["additive_share"] == found.additive_share[i, c]
        assert values["jale_sum"] == found.ma_sum[i, c]
        assert values["jale_avg"] == 100 * found.ma_mean[i, c]
        assert values["jale_max"] == 100 * found.largest_drop[i, c]
        assert values["jale_norm"] == 100 * found.share[i, c]
        assert values["remains"] == left_out.remains[i, c]
        assert values["kept_share"] == left_out.kept_share[i, c]
        assert values["peak_shift_mm"] == left_out.peak_shift_mm[i, c]


def test_contribution_frame__has_the_columns_that_are_described(table, pain8_described):
    assert list(table.columns) == of_experiments(pain8_described)


def test_contribution_frame__has_a_row_a_pair(table, pain8):
    assert len(table) == 4 * 8
    assert table["cluster"].tolist() == [n for n in (1, 2, 3, 4) for _ in range(8)]
    assert table["id"].tolist() == pain8.ids.tolist() * 4


def test_contribution_frame__puts_each_number_with_its_pair(table, pain8_described):
    assert table["n_foci"].tolist() == pain8_described.n_foci.T.ravel().tolist()
    assert_numbers_are_those_of(
        table, 8, pain8_described.contributions, pain8_described.leave_one_out
    )


def test_study_frame__has_a_row_a_study_and_cluster(pain8_described, table):
    studies = study_frame(pain8_described)
    assert list(studies.columns) == of_studies(pain8_described)
    assert studies["id"].tolist() == pain8_described.studyset.study_ids.tolist() * 4
    numbers = of_studies(pain8_described)[2:]
    assert studies[numbers].equals(table[numbers])  # here each study has one experiment


def test_study_frame__takes_the_contrasts_of_a_study_together(two_contrasts):
    assert contribution_frame(two_contrasts)["id"].tolist() == ["a-1", "a-2", "b-1"]
    studies = study_frame(two_contrasts)
    assert studies["id"].tolist() == ["a", "b"]
    assert_numbers_are_those_of(
        studies, 2, two_contrasts.study_contributions, two_contrasts.study_leave_one_out
    )


def test_contribution_frame__has_one_row_for_experiments_that_are_pooled(small_mask_path):
    studyset = studyset_of({"a": [[(0, 0, 0)], [(2, 0, 0)]], "b": [[(0, 4, 0)]]})
    result = describe(studyset, Protocol(mask=str(small_mask_path), min_cluster_mm3=100.0))
    pooled = contribution_frame(result)
    assert pooled["id"].tolist() == ["a-2 experiments pooled", "b-1"]
    assert pooled["n_foci"].tolist() == [2, 1]
    numbers = of_studies(result)[2:]
    assert study_frame(result)[numbers].equals(pooled[numbers])


def test_frames__of_no_cluster_keep_their_columns(pain8):
    result = describe(pain8, Protocol(min_cluster_mm3=1e6))
    for table, columns in (
        (contribution_frame(result), of_experiments(result)),
        (study_frame(result), of_studies(result)),
    ):
        assert list(table.columns) == columns
        assert table.empty
