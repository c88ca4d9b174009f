"""A contrast as a picture: one colour for each side that has more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from focale.plotting.brain import VIEWS_HEIGHT, glass_brain
from focale.plotting.maps import draw_numbers
from focale.plotting.style import INK, MARGIN, note, page, styled
from focale.plotting.text import SIZES
from focale.space.voxelmap import VoxelMap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from focale.inference.clusters import Clusters

MORE_IN = {"first": "#D55E00", "second": "#0072B2"}
"""Of the side that has more: told apart by every kind of colour vision (Okabe and Ito)."""

_LINE = 0.24  # inches


def plot_contrast(
    listed: Mapping[str, Clusters], names: Mapping[str, str], words: str, title: str
) -> Figure:
    """Listed clusters of both directions on a glass brain, numbered as in the table.

    Parameters
    ----------
    listed
        Clusters by the side that has more, perhaps none.
    names
        What the sides are called.
    words
        What lists a cluster.
    title
        Title of the page.
    """
    with styled([title, *names.values()]):
        figure, top = page(VIEWS_HEIGHT + (len(listed) + 1.5) * _LINE, title)
        brain = glass_brain(figure, top)
        for side, clusters in listed.items():
            if len(clusters):
                inside = VoxelMap((clusters.labels > 0).astype(float), clusters.mask)
                brain.add_overlay(
                    inside.image, threshold=0.5, cmap=_one_colour(MORE_IN[side]), vmin=0, vmax=1
                )
        for clusters in listed.values():
            draw_numbers(brain, [cluster.peaks[0].mm for cluster in clusters])
        _legend(figure, top + VIEWS_HEIGHT + 0.5 * _LINE, listed, names, words)
    return figure


def _one_colour(colour: str) -> object:
    from matplotlib.colors import ListedColormap

    return ListedColormap([colour])


def _legend(
    figure: Figure,
    top: float,
    listed: Mapping[str, Clusters],
    names: Mapping[str, str],
    words: str,
) -> None:
    lines: Sequence[tuple[str, str]] = [
        (
            MORE_IN[side],
            f"more in {names[side]}: "
            + (", ".join(map(str, np.arange(1, len(clusters) + 1))) or "none"),
        )
        for side, clusters in listed.items()
    ]
    for number, (colour, text) in enumerate(lines):
        at = top + number * _LINE
        note(figure, MARGIN, at, "\N{BLACK SQUARE}", color=colour, fontsize=SIZES["title"])
        note(figure, MARGIN + 0.2, at + 0.02, text, color=INK, fontsize=SIZES["body"])
    note(figure, MARGIN, top + len(lines) * _LINE + 0.05, words)
