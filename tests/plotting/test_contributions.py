from __future__ import annotations

import numpy as np
import pytest

from focale.errors import ArgumentError
from focale.plotting.contributions import LOST, plot_contribution_bars, plot_contribution_heatmap
from focale.plotting.rows import NO_CLUSTER
from focale.plotting.style import save_figure

SIZES = [(1, 1), (8, 4), (21, 15), (60, 30)]


def made(n_experiments, n_clusters):
    shares = np.random.default_rng(0).dirichlet(np.full(n_experiments, 0.4), n_clusters).T
    labels = [f"study{i}-1" for i in range(n_experiments)]
    return labels, [f"cluster {i + 1}" for i in range(n_clusters)], shares


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_plot_contribution_bars__names_every_experiment(size, helpers):
    labels, _, shares = made(*size)
    figure = plot_contribution_bars(labels, shares.mean(axis=1))
    texts = helpers.texts_of(figure)
    assert set(labels) <= set(texts)
    assert f"Mean contribution ({LOST.format(statistic='ALE')})" in texts
    assert len(figure.axes[0].patches) == len(labels)


def test_plot_contribution_bars__states_an_axis_that_does_not_end_at_1(helpers):
    assert "the axis ends at 0.1, not at 1" in helpers.texts_of(
        plot_contribution_bars(["a", "b"], np.array([0.05, 0.08]))
    )
    figure = plot_contribution_bars(["a", "b"], np.array([0.05, 0.8]))
    assert not any("axis ends" in text for text in helpers.texts_of(figure))
    assert figure.axes[0].get_xlim() == (0, 1)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_plot_contribution_heatmap__names_rows_and_columns(size, helpers):
    labels, clusters, shares = made(*size)
    figure = plot_contribution_heatmap(labels, clusters, shares)
    texts = helpers.texts_of(figure)
    assert set(labels) | set(clusters) <= set(texts)
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), shares)


@pytest.mark.parametrize(("size", "fit"), [((8, 4), True), ((21, 15), True), ((60, 30), False)])
def test_plot_contribution_heatmap__prints_numbers_where_they_fit(size, fit, helpers):
    labels, clusters, shares = made(*size)
    texts = helpers.texts_of(plot_contribution_heatmap(labels, clusters, shares))
    assert (f"{shares[0, 0]:.2f}" in texts) == fit


def test_plots__without_clusters_say_so(helpers):
    labels = ["a", "b"]
    for figure in (
        plot_contribution_heatmap(labels, [], np.zeros((2, 0))),
        plot_contribution_bars(labels, np.full(2, np.nan)),
    ):
        assert NO_CLUSTER in helpers.texts_of(figure)


def test_plots__a_share_that_is_not_defined_is_not_a_zero(helpers):
    bars = plot_contribution_bars(["a", "b"], np.array([np.nan, 0.5]))
    assert " not defined" in helpers.texts_of(bars)
    cells = plot_contribution_heatmap(["a", "b"], ["1"], np.array([[np.nan], [0.5]]))
    assert "n/a" in helpers.texts_of(cells)


def test_plots__say_which_experiments_are_left_out(helpers):
    labels, clusters, shares = made(200, 45)
    texts = helpers.texts_of(plot_contribution_heatmap(labels, clusters, shares))
    largest = int(shares.mean(axis=1).argmax())
    assert labels[largest] in texts
    assert (
        "150 of 200 experiments are drawn, those with the largest means; "
        "the first 40 of 45 clusters are drawn"
    ) in texts


def test_plots__draw_hostile_names_inside_the_page(helpers, tmp_path):
    names = [*helpers.names, "same", "same"]
    shares = np.linspace(0, 1, len(names))
    bars = plot_contribution_bars(names, shares)
    cells = plot_contribution_heatmap(names, names, np.outer(shares, shares))
    for i, figure in enumerate((bars, cells)):
        save_figure(figure, tmp_path / f"hostile{i}", ("svg",))  # PNG is drawn below
        ticks = figure.axes[0].get_yticklabels()
        assert len({tick.get_text() for tick in ticks}) == len(names)
        assert all(box.x0 >= 0 for _, box in helpers.drawn_texts(figure))


@pytest.mark.parametrize(
    ("plot", "arguments"),
    [
        (plot_contribution_bars, (["a"], np.zeros(2))),
        (plot_contribution_heatmap, (["a"], ["1", "2"], np.zeros((2, 1)))),
    ],
)
def test_plots__refuse_contributions_that_do_not_belong_to_the_names(plot, arguments):
    with pytest.raises(ArgumentError, match="one label per experiment"):
        plot(*arguments)
