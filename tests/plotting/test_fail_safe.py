"""The picture of fail-safe N shows every number it is given."""

from __future__ import annotations

import numpy as np
import pytest

from focale import ALE
from focale.inference.clusters import find_clusters
from focale.plotting.fail_safe import plot_fail_safe
from focale.plotting.style import save_figure
from focale.robustness.fail_safe import FailSafe


@pytest.fixture(scope="module")
def ale(eight):
    return ALE().statistic(eight).ale


@pytest.fixture(scope="module")
def clusters(ale):
    return find_clusters(ale, 0.009, 60)


def test_plot_fail_safe__draws_every_list_of_every_cluster(clusters, helpers, tmp_path):
    n = len(clusters)
    values = np.arange(5 * n).reshape(5, n)
    values[0] = 90
    found = FailSafe(values, 0, 90, "size", 0.05, 1000, 0)
    figure = plot_fail_safe(found, clusters)
    (axes,) = figure.axes
    drawn = [line.get_xdata() for line in axes.lines if line.get_marker() in ("o", ">")]
    assert sorted(np.concatenate(drawn).tolist()) == sorted(values.ravel().tolist())
    strokes = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "|"]
    assert strokes == found.median.tolist()
    said = " ".join(helpers.texts_of(figure))
    assert "Dots: 5 lists of noise experiments" in said
    assert "the largest number that was tried, 90" in said
    save_figure(figure, tmp_path / "fail_safe")


def test_plot_fail_safe__without_clusters(ale, tmp_path):
    none = find_clusters(ale, 2.0)
    found = FailSafe(np.zeros((3, 0), int), 0, 90, "size", 0.05, 1000, 0)
    save_figure(plot_fail_safe(found, none), tmp_path / "none")
