"""The table of labels has a row a peak and atlas, and says once what is of the cluster."""

from __future__ import annotations

import numpy as np
import pytest

from focale import find_atlas, label_clusters
from focale.errors import ArgumentError
from focale.tables.clusters import cluster_frame
from focale.tables.labels import COLUMNS, label_frame
from tests.atlases.conftest import atlas_of


@pytest.fixture(scope="module")
def clusters(pain8_described):
    return pain8_described.clusters


@pytest.fixture(scope="module")
def table(clusters):
    far = atlas_of(np.ones((2, 2, 2), dtype=np.uint8), name="Tiny", version="7")
    atlases = (find_atlas("desikan-killiany"), far)
    return label_frame([label_clusters(clusters, atlas) for atlas in atlases], clusters)


def test_label_frame__has_the_columns_that_are_described(table):
    assert list(table.columns) == list(COLUMNS)


def test_label_frame__has_the_peaks_of_the_cluster_table_for_each_atlas(table, pain8_described):
    peaks = cluster_frame(pain8_described)[["cluster", "peak", "x", "y", "z"]]
    for atlas in table["atlas"].unique():
        own = table[table["atlas"] == atlas].reset_index(drop=True)
        assert own[peaks.columns].equals(peaks)


def test_label_frame__names_peaks_with_their_distance(table):
    first = table[table["cluster"] == 1].iloc[0]
    assert first["atlas"] == "Desikan-Killiany + aseg (FreeSurfer 6.0, 2 mm)"
    assert isinstance(first["label"], str)
    assert table.loc[table["label"] == "unlabelled", "distance_mm"].isna().all()
    assert (table.loc[table["label"] != "unlabelled", "distance_mm"] <= 5).all()
    assert set(table.loc[table["atlas"] == "Tiny 7", "label"]) == {"unlabelled"}


def test_label_frame__says_what_is_of_the_cluster_once_an_atlas(table):
    first = table["peak"].str.isdigit()
    assert table.loc[first, ["centre_label", "overlap"]].notna().all(axis=None)
    assert table.loc[~first, ["centre_label", "overlap"]].isna().all(axis=None)
    assert (table.loc[first & (table["atlas"] == "Tiny 7"), "overlap"] == "unlabelled 100 %").all()


def test_label_frame__refuses_labels_of_other_clusters(clusters):
    with pytest.raises(
        ArgumentError, match=r"labels of \[1\] clusters do not belong to 4 clusters"
    ):
        label_frame([label_clusters(clusters, find_atlas("desikan-killiany"))[:1]], clusters)


def test_label_frame__of_no_cluster_keeps_its_columns(pain8):
    from focale import Protocol, describe

    clusters = describe(pain8, Protocol(min_cluster_mm3=1e6)).clusters
    labels = label_clusters(clusters, find_atlas("desikan-killiany"))
    table = label_frame([labels], clusters)
    assert list(table.columns) == list(COLUMNS)
    assert table.empty
