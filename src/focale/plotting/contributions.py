"""What each experiment adds: shares of the statistic lost when it is left out.

A share is 0 where an experiment adds nothing and 1 where nothing is left without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from focale.plotting.rows import (
    check_shares,
    draw_rows,
    row_height,
    row_names,
    rows_drawn,
    rows_left_out,
    scale_end,
    without_clusters,
)
from focale.plotting.style import (
    BAR,
    FAINT,
    INK,
    MARGIN,
    PAGE_WIDTH,
    SHARE_COLOURS,
    Looks,
    note,
    page,
    place,
    styled,
)
from focale.plotting.text import SIZES, clean, fit_all, width_of
from focale.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LOST = "share of {statistic} lost when the experiment is left out"

_MOST_COLUMNS = 40


def plot_contribution_bars(
    labels: Sequence[str],
    contributions: FloatArray,
    title: str | None = None,
    *,
    statistic: str = "ALE",
) -> Figure:
    """Mean contribution of each experiment, one bar a line.

    Parameters
    ----------
    labels
        Names of the experiments, n_experiments of them.
    contributions
        Shape (n_experiments,); shares between 0 and 1, NaN where there is no cluster.
        Of more than 150 experiments the 150 largest are drawn, and the figure says so.
    title
        By default "Mean contribution of each experiment".
    statistic
        Of which the contributions are shares.

    Raises
    ------
    ArgumentError
        If there is not one contribution for each label.
    """
    title = title or "Mean contribution of each experiment"
    shares = check_shares(contributions, (len(labels),))
    if not np.isfinite(shares).any():
        return without_clusters(title)
    with styled([*labels, title]):
        drawn, end = rows_drawn(shares), scale_end(shares)
        row, size = row_height(len(drawn))
        names, left = row_names([labels[i] for i in drawn], size)
        remarks = [] if end == 1 else [f"the axis ends at {end:g}, not at 1"]
        remarks += rows_left_out(len(shares))
        height = len(drawn) * row
        figure, top = page(height + (0.75 if remarks else 0.55), title)
        ax = place(figure, left, top, PAGE_WIDTH - left - MARGIN - 0.3, height)
        draw_rows(ax, names, size)
        _draw_bars(ax, shares[drawn], end, size, statistic)
        note(figure, MARGIN, top + height + 0.5, "; ".join(remarks))
    return figure


def _draw_bars(ax: Axes, shares: FloatArray, end: float, size: float, statistic: str) -> None:
    ax.barh(np.arange(len(shares)), np.nan_to_num(shares), height=0.72, color=BAR)
    ax.set_xlim(0, end)
    ax.set_xticks(np.linspace(0, end, 6))
    axis = f"Mean contribution ({LOST.format(statistic=statistic)})"
    ax.set_xlabel(axis, fontsize=SIZES["small"])
    ax.grid(visible=True, axis="x", color="#dddddd", linewidth=0.5)
    ax.set_axisbelow(True)
    digits = 2 if end > 0.1 else 3
    for i, share in enumerate(shares):
        text = f" {share:.{digits}f}" if np.isfinite(share) else " not defined"
        ax.text(np.nan_to_num(share), i, text, va="center_baseline", fontsize=size - 1)


def plot_contribution_heatmap(
    labels: Sequence[str],
    cluster_names: Sequence[str],
    contributions: FloatArray,
    title: str | None = None,
    what: str | None = None,
    *,
    statistic: str = "ALE",
) -> Figure:
    """Contribution of each experiment to each cluster, as a table of colours.

    Parameters
    ----------
    labels
        Names of the experiments, n_experiments of them, down the side.
    cluster_names
        Names of the clusters, n_clusters of them, perhaps none, along the top.
    contributions
        Shape (n_experiments, n_clusters); shares between 0 and 1, printed in the cells
        where they fit. The 150 experiments with the largest means and the first 40
        clusters are drawn; the figure says when there are more.
    title
        By default "Contribution of each experiment to each cluster".
    what
        What a share is, for the bar of colours; by default what is lost.
    statistic
        Of which the contributions are shares.

    Raises
    ------
    ArgumentError
        If there is not one row for each label and one column for each cluster.
    """
    title = title or "Contribution of each experiment to each cluster"
    shares = check_shares(contributions, (len(labels), len(cluster_names)))
    if not shares.size:
        return without_clusters(title)
    with styled([*labels, *cluster_names, title]):
        drawn, end = rows_drawn(np.nan_to_num(shares).mean(axis=1)), scale_end(shares)
        cells = shares[drawn, :_MOST_COLUMNS]
        row, size = row_height(len(drawn))
        names, left = row_names([labels[i] for i in drawn], size)
        column = min((PAGE_WIDTH - left - MARGIN) / cells.shape[1], 1.1)
        heads, head_height = _heads(cluster_names[:_MOST_COLUMNS], column)
        remarks = _remarks(shares)
        below = head_height + len(drawn) * row
        figure, top = page(below + (0.75 if remarks else 0.5), title)
        ax = place(figure, left, top + head_height, column * len(heads), len(drawn) * row)
        image = _draw_cells(ax, cells, end)
        draw_rows(ax, names, size)
        ax.set_xticks(np.arange(len(heads)), heads, rotation=90 if head_height > 0.25 else 0)
        _draw_numbers(ax, cells, end, column, row)
        _draw_bar(figure, image, top + below + 0.15, what or LOST.format(statistic=statistic))
        note(figure, MARGIN, top + below + 0.52, "; ".join(remarks))
    return figure


def _remarks(shares: FloatArray) -> list[str]:
    remarks = rows_left_out(len(shares))
    if shares.shape[1] > _MOST_COLUMNS:
        remarks.append(f"the first {_MOST_COLUMNS} of {shares.shape[1]} clusters are drawn")
    return remarks


def _heads(cluster_names: Sequence[str], column: float) -> tuple[list[str], float]:
    """Names above the columns, cut to fit, and the height they take, inches."""
    size = SIZES["small"]
    if max(width_of(clean(name), size) for name in cluster_names) < column - 0.06:
        return fit_all(cluster_names, column - 0.05, size), 0.22
    heads = fit_all(cluster_names, 1.3, size)
    return heads, max(0.26, 0.1 + max(width_of(head, size) for head in heads))


def _draw_cells(ax: Axes, cells: FloatArray, end: float) -> Any:
    from matplotlib import colormaps

    colours = colormaps[SHARE_COLOURS].with_extremes(bad="#d9d9d9")
    looks: Looks = {"cmap": colours, "vmin": 0, "vmax": end, "interpolation": "nearest"}
    image = ax.imshow(cells, aspect="auto", **looks)
    rows, columns = cells.shape
    ax.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
    ax.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
    ax.grid(visible=True, which="minor", color="#e6e6e6", linewidth=0.5)
    ax.tick_params(which="both", length=0)
    ax.xaxis.tick_top()
    ax.spines[:].set_visible(False)
    return image


def _draw_numbers(ax: Axes, cells: FloatArray, end: float, column: float, row: float) -> None:
    """Shares in their cells, if a cell of `column` by `row` inches has room for them."""
    size = min(SIZES["small"], row * 72 * 0.62)
    while size > SIZES["tiny"] and width_of("0.00", size) > column * 0.85:
        size -= 0.5
    if width_of("0.00", size) > column * 0.9:
        return
    looks: Looks = {"ha": "center", "va": "center_baseline", "fontsize": size}
    for (i, j), share in np.ndenumerate(cells):
        colour = "white" if share > 0.6 * end else "#888888" if share < 0.005 else INK
        text = f"{share:.2f}" if np.isfinite(share) else "n/a"
        ax.text(j, i, text, color=colour, **looks)


def _draw_bar(figure: Figure, image: Any, top: float, what: str) -> None:
    left, width = MARGIN + 0.07, 1.8
    ax = place(figure, left, top, width, 0.1)
    bar = figure.colorbar(image, cax=ax, orientation="horizontal")
    bar.outline.set(linewidth=0.4, edgecolor=FAINT)
    note(figure, left + width + 0.2, top + 0.05, what, va="center_baseline", color=INK)
