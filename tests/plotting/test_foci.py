from __future__ import annotations

import pytest

from focale.plotting.foci import foci_per_study, plot_foci, study_markers
from focale.plotting.style import save_figure


def legend_of(figure):
    return next(ax for ax in figure.axes if ax.get_label() == "legend")


@pytest.fixture(scope="module")
def sixty(helpers):
    return plot_foci(helpers.made_studies(60))


@pytest.mark.parametrize("n_studies", [1, 8, 21, 60, 128])
def test_study_markers__no_two_studies_look_alike(n_studies):
    looks = [(m.colour, m.shape, m.hollow) for m in study_markers(n_studies)]
    assert len(set(looks)) == n_studies


def test_study_markers__beyond_what_can_be_told_apart_all_are_the_same():
    assert len(set(study_markers(500))) == 1


def test_plot_foci__every_study_has_its_line_in_the_legend(eight):
    figure = plot_foci(eight)
    labels = [text.get_text() for text in legend_of(figure).texts]
    assert labels[0] == "pain_01.nidm (16)"
    assert len(labels) == len(eight.study_ids) == 8


def test_plot_foci__the_legend_at_60_has_one_look_and_one_name_a_study(sixty, tmp_path):
    legend = legend_of(sixty)
    labels = [text.get_text() for text in legend.texts]
    looks = {
        (mark.get_facecolor().tobytes(), mark.get_edgecolor().tobytes(), str(mark.get_paths()[0]))
        for mark in legend.collections
    }
    assert len(labels) == len(set(labels)) == len(looks) == 60
    save_figure(sixty, tmp_path / "foci", ("svg",))  # a warning of matplotlib would be an error


def test_plot_foci__texts_of_the_legend_stay_in_their_columns(sixty, helpers):
    in_legend = legend_of(sixty).texts
    boxes = [box for text, box in helpers.drawn_texts(sixty) if text in in_legend]
    assert len(boxes) == 60
    right_edge = sixty.bbox.width
    for i, box in enumerate(boxes):
        assert box.x1 <= right_edge
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])


def test_plot_foci__draws_every_focus_once_in_each_view(eight):
    figure = plot_foci(eight)
    views = [ax for ax in figure.axes if ax.get_label() != "legend" and ax.collections]
    n_drawn = [sum(len(c.get_offsets()) for c in ax.collections) for ax in views]
    assert n_drawn == [eight.n_foci] * 3


def test_plot_foci__a_focus_far_away_is_drawn_at_the_edge_and_counted(helpers):
    figure = plot_foci(helpers.make_studyset({"A": [(0, 0, 0), (-300, 0, 0)]}))
    assert any("1 beyond the edge" in text for text in helpers.texts_of(figure))
    drawn = [ax.collections[0].get_offsets() for ax in figure.axes if ax.collections]
    assert min(float(places.min()) for places in drawn[:3]) > -90


def test_plot_foci__a_study_without_foci_is_named_with_0(helpers):
    studyset = helpers.make_studyset({"Some": [(1, 2, 3)], "None": []})
    assert foci_per_study(studyset).tolist() == [1, 0]
    texts = helpers.texts_of(plot_foci(studyset))
    assert "None (0)" in texts
    assert any(text.startswith("1 coordinate of 2 studies") for text in texts)


def test_plot_foci__no_focus_at_all(helpers):
    texts = helpers.texts_of(plot_foci(helpers.make_studyset({"A": []})))
    assert any(text.startswith("0 coordinates of 1 study") for text in texts)


def test_plot_foci__more_studies_than_looks_are_not_told_apart(helpers):
    texts = helpers.texts_of(plot_foci(helpers.made_studies(140)))
    assert any("not told apart" in text for text in texts)
    assert not any("in brackets" in text for text in texts)


def test_plot_foci__experiments_of_one_study_share_a_look():
    from focale.studyset.model import Studyset

    def analysis(name, x):
        points = [{"coordinates": [x, 0, 0], "space": "MNI"}]
        return {"id": name, "name": name, "points": points}

    study = {"id": "A", "name": "A", "analyses": [analysis("1", 1), analysis("2", 2)]}
    figure = plot_foci(Studyset({"id": "s", "name": "s", "studies": [study]}))
    assert [text.get_text() for text in legend_of(figure).texts] == ["A (2)"]
