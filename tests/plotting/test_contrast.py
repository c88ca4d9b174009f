"""A contrast as a picture."""

from __future__ import annotations

from focale.plotting.contrast import MORE_IN, plot_contrast


def texts_of(figure):
    return [text.get_text() for text in figure.texts]


def drawn(found):
    listed = {side: of.clusters for side, of in found.listed.items()}
    names = dict(zip(("first", "second"), found.sides.names, strict=True))
    return plot_contrast(listed, names, "some words", "A title", "more convergence")


def test_plot_contrast__names_the_sides_and_their_clusters(tested):
    texts = texts_of(drawn(tested))
    assert any(
        text.startswith("more convergence in e|vil <script>") and text.endswith(": cluster 1")
        for text in texts
    )
    assert "more convergence in another side: none" in texts
    assert "some words" in texts


def test_plot_contrast__has_one_colour_a_side(described):
    figure = drawn(described)
    colours = [text.get_color() for text in figure.texts if text.get_text() == "■"]
    assert colours == list(MORE_IN.values())
    n = [len(of.clusters) for of in described.listed.values()]
    assert min(n) > 2
    ends = [text.rpartition(": ")[2] for text in texts_of(figure) if "more convergence in" in text]
    assert ends == [f"clusters 1 to {number}" for number in n]


def test_plot_contrast__of_nothing_is_a_brain_without_clusters(empty):
    texts = texts_of(drawn(empty))
    assert texts.count("more convergence in first: none") == 1
    assert texts.count("more convergence in second: none") == 1
