from __future__ import annotations

import pytest

from focale.plotting.maps import plot_ale_glass, plot_ale_slices
from focale.plotting.style import save_figure


def test_plot_ale_glass__colour_bar_and_foci(eight, eight_ale, helpers):
    figure = plot_ale_glass(eight_ale, eight)
    texts = helpers.texts_of(figure)
    assert "ALE" in texts
    assert f"{eight_ale.max:.3g}" in texts
    assert "dots: 107 coordinates, as reported" in texts


def test_plot_ale_slices__says_that_the_threshold_is_for_display_only(eight_ale, helpers):
    figure = plot_ale_slices(eight_ale, 0.00378, eight_ale.max_mm)
    texts = helpers.texts_of(figure)
    assert "display-only threshold: ALE > 0.00378" in texts
    assert {"x=54", "y=-28", "z=20", "0.00378", f"{eight_ale.max:.3g}"} <= set(texts)


def test_plot_ale_slices__draws_no_value_up_to_the_threshold(eight_ale):
    figure = plot_ale_slices(eight_ale, 0.01, eight_ale.max_mm)
    overlays = [ax.images[1].get_array() for ax in figure.axes if len(ax.images) > 1]
    assert len(overlays) == 3
    for drawn in overlays:
        assert drawn.compressed().min() > 0.01
        assert drawn.max() == pytest.approx(eight_ale.max)


def test_plot_ale_slices__no_voxel_above_the_threshold(eight_ale, helpers, tmp_path):
    figure = plot_ale_slices(eight_ale, 0.5, (0, 0, -0.01))
    texts = helpers.texts_of(figure)
    assert "display-only threshold: ALE > 0.5; no voxel is above it" in texts
    assert "z=0" in texts or "z=-0" in texts
    save_figure(figure, tmp_path / "empty")
