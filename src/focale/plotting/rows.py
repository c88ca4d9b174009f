"""Experiments as the rows of a figure: which are drawn, how high, under which name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from focale.errors import ArgumentError
from focale.plotting.style import INK, MARGIN, note, page, styled
from focale.plotting.text import SIZES, fit_all, width_of
from focale.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NO_CLUSTER = "no cluster above the display-only threshold"

MOST_ROWS = 150
"""More rows than this make a page that nobody can read."""


def check_shares(contributions: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Contributions as floats, or an error if they do not belong to the names."""
    shares = np.asarray(contributions, dtype=float)
    if shares.shape != shape:
        raise ArgumentError(
            f"contributions must have the shape {shape} that the names ask for, got "
            f"{shares.shape}; give one label per experiment and one name per cluster"
        )
    return shares


def without_clusters(title: str) -> Figure:
    """A page that says why there is nothing to see."""
    with styled([title]):
        figure, top = page(0.6, title)
        note(figure, MARGIN, top + 0.1, NO_CLUSTER, fontsize=SIZES["body"], color=INK)
    return figure


def rows_drawn(means: FloatArray) -> IntArray:
    """Experiments to draw, in their order: all, or those with the largest means."""
    largest_first = np.argsort(-np.nan_to_num(means), kind="stable")
    return np.sort(largest_first[:MOST_ROWS])


def rows_left_out(n_all: int) -> list[str]:
    """The sentence about experiments that are not drawn, if there are any."""
    if n_all <= MOST_ROWS:
        return []
    return [f"{MOST_ROWS} of {n_all} experiments are drawn, those with the largest means"]


def row_height(n_rows: int) -> tuple[float, float]:
    """Inches of a row and points of its letters."""
    if n_rows <= 12:
        return 0.26, SIZES["body"]
    return (0.2, SIZES["small"]) if n_rows <= 30 else (0.145, SIZES["small"] - 0.5)


def row_names(labels: Sequence[str], size: float) -> tuple[list[str], float]:
    """Names cut to fit beside the rows, and where the rows begin, inches."""
    names = fit_all(labels, 2.3, size)
    return names, MARGIN + 0.07 + max(width_of(name, size) for name in names)


def draw_rows(ax: Axes, names: Sequence[str], size: float) -> None:
    """Name the rows of axes, the first at the top."""
    ax.set_yticks(np.arange(len(names)), names, fontsize=size)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)


def scale_end(shares: FloatArray) -> float:
    """End of a scale of shares: 1, or a round number if the largest share is small."""
    largest = np.nan_to_num(shares).max()
    return next((end for end in (0.05, 0.1, 0.2, 0.3, 0.5) if largest <= end), 1.0)
