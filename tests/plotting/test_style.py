from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest

from focale.plotting.contributions import plot_contribution_bars, plot_contribution_heatmap
from focale.plotting.foci import plot_foci
from focale.plotting.maps import plot_ale_glass, plot_ale_slices
from focale.plotting.style import save_figure, styled

INFERENTIAL = re.compile(
    r"signific|evidence for|activation|robust|reliab|\btrend|\beffect|\bdiffer|specific"
    r"|\bp\s*[=<]|\bz\s*[<>]",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def draw(eight, eight_ale):
    labels = [str(name) for name in eight.ids]
    shares = np.random.default_rng(0).dirichlet(np.ones(8), 4).T

    def draw_all():
        return {
            "foci": plot_foci(eight),
            "glass": plot_ale_glass(eight_ale, eight),
            "slices": plot_ale_slices(eight_ale, 0.00378, eight_ale.max_mm),
            "bars": plot_contribution_bars(labels, shares.mean(axis=1)),
            "heat": plot_contribution_heatmap(labels, ["1", "2", "3", "4"], shares),
            "empty": plot_contribution_heatmap(labels, [], np.zeros((8, 0))),
        }

    return draw_all


@pytest.fixture(scope="module")
def figures(draw):
    return draw()


def test_save_figure__equal_figures_are_equal_files(figures, draw, tmp_path):
    for run, drawn in (("a", figures), ("b", draw())):
        (tmp_path / run).mkdir()
        for name, figure in drawn.items():
            save_figure(figure, tmp_path / run / name)
    first = sorted((tmp_path / "a").iterdir())
    assert len(first) == 12
    for path in first:
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_save_figure__the_settings_of_the_user_change_nothing(tmp_path):
    import matplotlib as mpl

    def draw():
        return plot_contribution_bars(["a", "b"], np.array([0.2, 0.8]))

    save_figure(draw(), tmp_path / "plain")
    odd = {"savefig.bbox": "tight", "font.size": 30, "savefig.facecolor": "black"}
    with mpl.rc_context(odd):
        save_figure(draw(), tmp_path / "odd")
    for suffix in ("png", "svg"):
        plain = (tmp_path / f"plain.{suffix}").read_bytes()
        assert plain == (tmp_path / f"odd.{suffix}").read_bytes()


def test_save_figure__saving_twice_changes_nothing(figures, tmp_path):
    figure = figures["foci"]
    first = [path.read_bytes() for path in save_figure(figure, tmp_path / "foci")]
    assert first == [path.read_bytes() for path in save_figure(figure, tmp_path / "foci")]


def test_save_figure__keeps_dots_in_names_and_writes_nothing_about_when(figures, tmp_path):
    paths = save_figure(figures["bars"], tmp_path / "ale_0.5")
    assert [path.name for path in paths] == ["ale_0.5.png", "ale_0.5.svg"]
    assert b"Software" not in paths[0].read_bytes()
    assert b"dc:date" not in paths[1].read_bytes()
    assert save_figure(figures["bars"], tmp_path / "one", ("svg",))[0].is_file()


def test_figures__use_no_inferential_word(figures, helpers):
    for name, figure in figures.items():
        for text in helpers.texts_of(figure):
            assert not INFERENTIAL.search(text), f"{name}: {text}"


def test_figures__every_text_lies_on_the_page_and_reads_no_formula(figures, helpers):
    for name, figure in figures.items():
        page = figure.bbox
        for text, box in helpers.drawn_texts(figure):
            where = f"{name}: {text.get_text()}"
            assert not text.get_parse_math(), where
            assert page.x0 <= box.x0 <= box.x1 <= page.x1, where
            assert page.y0 <= box.y0 <= box.y1 <= page.y1, where


def test_figures__a_title_of_the_user_is_shown_as_written(eight, helpers):
    texts = helpers.texts_of(plot_foci(eight, title="Pain: $8_studies"))
    assert "Pain: $8_studies" in texts


def test_styled__leaves_the_settings_of_the_user():
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    with styled():
        assert mpl.rcParams["svg.hashsalt"] == "focale"
    assert dict(mpl.rcParams) == before


def test_plotting__imports_late_and_neither_pyplot_nor_nilearns_plotting():
    code = """
import sys
from focale.plotting import contributions, foci, maps, style
assert "matplotlib" not in sys.modules
style.save_figure(contributions.plot_contribution_bars(["a"], [0.5]), "unused", ())
assert "matplotlib" in sys.modules
assert not {"matplotlib.pyplot", "nilearn.plotting", "sklearn"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
