"""The picture of a plan: lines, intervals and labels are those of its cells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from focale import plan
from focale.plotting.power import plot_power
from focale.plotting.style import save_figure


@pytest.fixture(scope="module")
def planned(eight):
    return plan(eight, sizes=(4, 8, 12), shares=(0.25, 1.0), n_simulations=3, n_iterations=39)


def marked(axes):
    """Values of the lines that have marks, one a share."""
    return [line.get_ydata() for line in axes.lines if line.get_marker() not in ("None", "")]


def test_plot_power__draws_the_power_of_every_cell(planned):
    power, _ = plot_power(planned).axes
    drawn = marked(power)
    assert len(drawn) == 2
    for values, cells in zip(drawn, planned.grid, strict=True):
        np.testing.assert_array_equal(values, [cell.power for cell in cells])
    for band, cells in zip(power.collections, planned.grid, strict=True):
        ends = band.get_paths()[0].vertices[:, 1]
        assert ends.min() == min(cell.interval[0] for cell in cells)
        assert ends.max() == max(cell.interval[1] for cell in cells)


def test_plot_power__draws_what_clusters_rest_on(planned):
    _, few = plot_power(planned).axes
    *at_place, elsewhere = marked(few)
    for values, cells in zip(at_place, planned.grid, strict=True):
        found = [cell.on_few for cell in cells if cell.on_few is not None]
        np.testing.assert_array_equal(values, found)
    others = [c.elsewhere_on_few for c in planned.grid[0] if c.elsewhere_on_few is not None]
    np.testing.assert_array_equal(elsewhere, others)


def test_plot_power__labels_the_lines_and_the_evidence(planned, helpers, tmp_path):
    figure = plot_power(planned)
    texts = helpers.texts_of(figure)
    assert {"25 %", "100 %", "8 at hand"} <= set(texts)
    assert "of 3\nsimulations a point" in " ".join(texts)
    save_figure(figure, tmp_path / "power", formats=("svg",))


def test_plot_power__of_one_size_and_one_share(planned, helpers):
    settings = replace(planned.settings, sizes=(8,), shares=(0.25,))
    one = replace(planned, settings=settings, grid=(planned.grid[0][1:2],))
    figure = plot_power(one, "A title")
    assert {"A title", "25 %"} <= set(helpers.texts_of(figure))
    assert len(marked(figure.axes[0])) == 1
