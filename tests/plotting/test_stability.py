"""The picture of stability says what its shares are of."""

from __future__ import annotations

import pytest

from focale import ALE
from focale.inference.clusters import find_clusters
from focale.plotting.stability import plot_stability
from focale.plotting.style import save_figure
from focale.robustness.rules import Displayed
from focale.robustness.stability import stability


@pytest.fixture(scope="module")
def statistic(eight):
    return ALE().statistic(eight)


@pytest.fixture(scope="module")
def clusters(statistic):
    return find_clusters(statistic.ale, 0.009, 60)


def test_plot_stability__says_what_the_share_is_of(statistic, clusters, helpers, tmp_path):
    found = stability(statistic, clusters, Displayed(95), size=7)
    figure = plot_stability(found)
    said = " ".join(" ".join(helpers.texts_of(figure)).split())
    assert "Share of 8 replicates in which a voxel survives" in said
    assert found.words in said
    save_figure(figure, tmp_path / "stability")
