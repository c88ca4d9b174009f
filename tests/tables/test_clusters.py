"""The cluster table says what the clusters are."""

from __future__ import annotations

import pytest

from focale import Protocol, describe
from focale.tables.clusters import cluster_frame, columns_of


@pytest.fixture(scope="module")
def table(pain8_described):
    return cluster_frame(pain8_described)


def test_cluster_frame__has_the_columns_that_are_described(table, pain8_described):
    assert list(table.columns) == list(columns_of(pain8_described))


def test_cluster_frame__has_a_row_a_peak(table, pain8_described):
    peaks = [peak for cluster in pain8_described.clusters for peak in cluster.peaks]
    assert len(table) == len(peaks) == 15
    assert table["ale"].tolist() == [peak.value for peak in peaks]
    assert table[["x", "y", "z"]].to_numpy().tolist() == [list(peak.mm) for peak in peaks]
    assert table["peak"].tolist()[:5] == ["1", "1a", "1b", "1c", "2"]
    assert table["cluster"].tolist()[:5] == [1, 1, 1, 1, 2]


def test_cluster_frame__counts_ale_in_peaks(table, pain8_described):
    highest = pain8_described.clusters.members[0].peaks[0]
    expected = pain8_described.in_peaks.values[highest.position]
    assert table["ale_in_peaks"][0] == pytest.approx(expected)


def test_cluster_frame__says_what_is_of_the_cluster_once(table, pain8_described):
    of_cluster = ["volume_mm3", "n_voxels", "centre_x", "centre_y", "centre_z", "n_studies"]
    first = table["peak"].str.isdigit()
    assert table.loc[~first, [*of_cluster, "remarks"]].isna().all(axis=None)
    assert table.loc[first, "volume_mm3"].tolist() == [6832, 9104, 6320, 4040]
    assert (table.loc[first, "n_voxels"] * 8).tolist() == [6832, 9104, 6320, 4040]
    assert table.loc[first, "n_studies"].tolist() == [
        found.n_contributing for found in pain8_described.dominance
    ]
    assert table.loc[first, "remarks"].dropna().tolist() == ["one study has a share of 51%"]


def test_cluster_frame__of_no_cluster_keeps_its_columns(pain8):
    result = describe(pain8, Protocol(min_cluster_mm3=1e6))
    table = cluster_frame(result)
    assert list(table.columns) == list(columns_of(result))
    assert table.empty
