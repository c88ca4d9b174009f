"""Brains on a page: nilearn's glass brain and anatomical slices, and foci over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focale.plotting.style import MARGIN, PAGE_WIDTH
from focale.plotting.text import SIZES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

VIEWS_HEIGHT = 2.7
"""Inches that a row of the three views takes."""

VIEW_MM = ((-78.0, 78.0), (-114.0, 80.0), (-74.0, 86.0))
"""What nilearn's glass brain shows of the x, y and z axes: the brain and a little more."""


def views_box(figure: Figure, top: float) -> tuple[float, float, float, float]:
    """Left, bottom, width and height of a row of three views, as shares of the page.

    Parameters
    ----------
    figure
        A page.
    top
        Distance from the top of the page, inches.
    """
    width, height = figure.get_size_inches()
    left = MARGIN / width
    bottom = 1 - (top + VIEWS_HEIGHT) / height
    return left, bottom, (PAGE_WIDTH - 2 * MARGIN) / width, VIEWS_HEIGHT / height


def glass_brain(figure: Figure, top: float, *, signed: bool = False) -> Any:
    """Empty glass brain of nilearn, in three views; `signed` if maps will have both signs."""
    from nilearn.plotting import plot_glass_brain

    box = views_box(figure, top)
    brain = plot_glass_brain(
        None, figure=figure, axes=box, alpha=0.5, annotate=False, plot_abs=not signed
    )
    brain.annotate(positions=False, size=SIZES["body"])
    return brain
