"""The picture of the null: numbers in it are those of the result."""

from __future__ import annotations

import numpy as np
import pytest

from focale import ALE, fwe
from focale.plotting.null import plot_null
from focale.plotting.style import save_figure


@pytest.fixture(scope="module")
def corrected(eight):
    return fwe(ALE().fit(eight), n_iterations=199)


def test_plot_null__draws_all_maps_and_all_clusters(corrected, helpers, tmp_path):
    figure = plot_null(corrected)
    sizes, peaks = figure.axes
    for axes in (sizes, peaks):
        assert sum(patch.get_height() for patch in axes.patches) == 199
    drawn = sizes.lines[-1].get_xdata()
    np.testing.assert_array_equal(drawn, corrected.clusters.sizes)
    assert "199 random maps (seed 0)" in " ".join(helpers.texts_of(figure))
    save_figure(figure, tmp_path / "null")


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.5])
def test_plot_null__the_line_is_where_p_crosses_alpha(corrected, alpha):
    line = plot_null(corrected, alpha).axes[0].lines[0].get_xdata()[0]
    maxima = corrected.maxima.size
    p = (np.sum(maxima >= line) + 1) / 200
    below = maxima[maxima < line].max()
    assert p <= alpha < (np.sum(maxima >= below) + 1) / 200


def test_plot_null__without_a_cluster(eight, tmp_path):
    done = fwe(ALE().fit(eight), n_iterations=19, cluster_forming_p=1e-250)
    save_figure(plot_null(done), tmp_path / "null")
