"""A conjunction on slices: what survives in each set as outlines, the common voxels filled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from focale.conjoining.result import Conjunction
from focale.phrases import one_line
from focale.plotting.style import FAINT, INK, MARGIN, PAGE_WIDTH, Looks, note, page, place, styled
from focale.plotting.text import SIZES, clean
from focale.space.grid import Grid
from focale.space.picture import brain_picture
from focale.typing import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SET_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#882255")
"""Colours of outlines, told apart by every kind of colour vision (Okabe and Ito, Tol)."""

COMMON_COLOUR = "#F0E442"
"""Of what is in all sets; no outline has it."""

MOST_SLICES = 8
_A_ROW = 4
_APART_MM = 12.0  # of slices where nothing is in common
_STYLES = ("solid", "dashed", "dotted")
_LINE = 0.19  # inches of a line of the legend
_MOST_SETS = 12  # in the legend


def plot_conjunction(conjunction: Conjunction, title: str | None = None) -> Figure:
    """Slices through the clusters of a conjunction, or through what sets have each.

    Parameters
    ----------
    conjunction
        From `focale.conjunction`. Slices run through the peak of each cluster, the highest
        first, unless one that is there already cuts the cluster.
    title
        By default how many sets it is of.
    """
    names = [one_line(name, 70) for name in conjunction.names]
    heights = slice_heights(conjunction)
    box = _box(conjunction)
    columns = min(max(len(heights), 3), _A_ROW)
    width = (PAGE_WIDTH - 2 * MARGIN) / columns
    height = width * (box[1][1] - box[1][0]) / (box[0][1] - box[0][0]) + 0.22
    rows = -(-len(heights) // columns)
    legend = (min(len(names), _MOST_SETS) + 2) * _LINE
    with styled([title or "", *names]):
        figure, top = page(rows * height + legend, title or _title(conjunction))
        for number, z in enumerate(heights):
            left = MARGIN + width * (number % columns)
            down = top + height * (number // columns)
            axes = place(figure, left, down + 0.2, width - 0.05, height - 0.25)
            _draw_slice(axes, conjunction, z, box)
            label: Looks = {"color": INK, "ha": "center"}
            note(figure, left + width / 2, down + 0.04, f"z = {_mm(z)} mm", **label)
        _draw_legend(
            figure, top + rows * height + 0.05, names, is_common=bool(len(conjunction.clusters))
        )
    return figure


def slice_heights(conjunction: Conjunction) -> list[float]:
    """Heights (z) of the slices, mm, rising."""
    chosen: list[float] = []
    mask = conjunction.mask
    half = mask.grid.voxel_size_mm.max() / 2
    for cluster in conjunction.clusters:
        its_z = mask.mm(cluster.positions)[:, 2]
        if not any(np.any(np.abs(its_z - z) <= half) for z in chosen):
            chosen.append(cluster.peaks[0].mm[2])
    return sorted(chosen[:MOST_SLICES] or _where_most(conjunction))


def _where_most(conjunction: Conjunction) -> list[float]:
    """Up to four heights where most voxels survive in a set, the most sets first."""
    n = conjunction.n_surviving
    at = np.flatnonzero(n)
    mm = conjunction.mask.mm(at if at.size else np.arange(n.size))
    z, inverse = np.unique(np.round(mm[:, 2], 3), return_inverse=True)
    weight = np.bincount(inverse, weights=n[at] if at.size else None)
    chosen: list[float] = []
    for k in np.argsort(-weight, kind="stable"):
        if len(chosen) < _A_ROW and all(abs(z[k] - other) >= _APART_MM for other in chosen):
            chosen.append(float(z[k]))
    return chosen


def _box(conjunction: Conjunction) -> tuple[tuple[float, float], tuple[float, float]]:
    """Ends of x and y, mm: the mask and a little more."""
    mm = conjunction.mask.mm(np.arange(conjunction.mask.n_voxels))
    low, high = mm[:, :2].min(axis=0) - 4, mm[:, :2].max(axis=0) + 4
    return (float(low[0]), float(high[0])), (float(low[1]), float(high[1]))


def _draw_slice(axes: Axes, conjunction: Conjunction, z: float, box: Any) -> None:
    """The picture of the brain, the common voxels, the outlines of the sets, and numbers."""
    from matplotlib.colors import ListedColormap

    grid, mask = conjunction.mask.grid, conjunction.mask
    (left, right), (back, front) = box
    x, y = np.arange(left, right, 0.5) + 0.25, np.arange(back, front, 0.5) + 0.25
    frame: Looks = {"extent": (left, x[-1] + 0.25, back, y[-1] + 0.25), "origin": "lower"}
    picture = brain_picture()
    shades = _slice(picture.shades, picture.grid, x, y, z).astype(float)
    behind: Any = np.ma.masked_equal(shades, 0)
    axes.imshow(behind, cmap="gray", vmin=-110, vmax=275, interpolation="nearest", **frame)
    common = _slice(mask.to_volume(conjunction.clusters.labels > 0), grid, x, y, z)
    if common.any():
        filled: Any = np.ma.masked_equal(common.astype(int), 0)
        axes.imshow(filled, cmap=ListedColormap([COMMON_COLOUR]), interpolation="nearest", **frame)
    for k, kept in enumerate(conjunction.surviving):
        inside = _slice(mask.to_volume(kept.labels > 0), grid, x, y, z)
        if inside.any():
            colour, style = _looks(k)
            looks: Looks = {"colors": [colour], "linestyles": [style], "linewidths": 1.3}
            axes.contour(x, y, inside.astype(float), levels=[0.5], **looks)
    _draw_numbers(axes, conjunction, z)
    axes.set_xlim(left, right)
    axes.set_ylim(back, front)
    axes.set_aspect("equal")
    axes.set_axis_off()
    side: Looks = {"fontsize": SIZES["small"], "color": FAINT, "va": "top"}
    axes.text(left, front, "L", ha="left", **side)
    axes.text(right, front, "R", ha="right", **side)


def _draw_numbers(axes: Axes, conjunction: Conjunction, z: float) -> None:
    """The number of each cluster the slice cuts, beside the middle of what is cut."""
    from matplotlib.patheffects import withStroke

    half = conjunction.mask.grid.voxel_size_mm.max() / 2
    for number, cluster in enumerate(conjunction.clusters, start=1):
        mm = conjunction.mask.mm(cluster.positions)
        cut = mm[np.abs(mm[:, 2] - z) <= half]
        if not len(cut):
            continue
        looks: Looks = {
            "fontsize": SIZES["small"],
            "fontweight": "bold",
            "color": INK,
            "ha": "left",
            "va": "center_baseline",
            "path_effects": [withStroke(linewidth=2.0, foreground="white")],
        }
        axes.text(cut[:, 0].max() + 4, cut[:, 1].mean(), str(number), **looks)


def _draw_legend(figure: Figure, top: float, names: Sequence[str], *, is_common: bool) -> None:
    n_sets = len(names)
    every = "both sets" if n_sets == 2 else f"all {n_sets} sets"
    text = (
        f"in surviving clusters of {every}: the conjunction, numbered as in the table"
        if is_common
        else f"no voxel survives in {every}"
    )
    entries: list[tuple[str, str, str, float]] = [(COMMON_COLOUR, "solid", text, 6.0)]
    for k, name in enumerate(names[:_MOST_SETS]):
        entries.append((*_looks(k), f"outline of what survives in {clean(name)}", 1.6))
    if n_sets > _MOST_SETS:
        entries.append(("none", "solid", f"and {n_sets - _MOST_SETS} more sets", 1.6))
    for row, (colour, style, words, line_width) in enumerate(entries):
        down = top + row * _LINE
        axes = place(figure, MARGIN, down, 0.3, _LINE)
        axes.plot([0, 1], [0, 0], color=colour, ls=style, lw=line_width, solid_capstyle="butt")
        axes.set_axis_off()
        looks: Looks = {"color": INK, "va": "center_baseline"}
        note(figure, MARGIN + 0.4, down + _LINE / 2, words, **looks)


def _looks(k: int) -> tuple[str, str]:
    """Colour and style of the outline of a set."""
    style = _STYLES[(k // len(SET_COLOURS)) % len(_STYLES)]
    return SET_COLOURS[k % len(SET_COLOURS)], style


def _slice(
    volume: IntArray | BoolArray, grid: Grid, x: FloatArray, y: FloatArray, z: float
) -> Any:
    """Values of the voxels nearest to the points (x, y, z), shape (n_y, n_x); 0 outside."""
    points = np.stack([*np.meshgrid(x, y), np.full((y.size, x.size), z)], axis=-1)
    ijk = np.round(grid.to_voxels(points.reshape(-1, 3))).astype(int)
    inside = np.all((ijk >= 0) & (ijk < volume.shape), axis=1)
    values = np.zeros(len(ijk), dtype=volume.dtype)
    values[inside] = volume[tuple(ijk[inside].T)]
    return values.reshape(y.size, x.size)


def _title(conjunction: Conjunction) -> str:
    return f"Conjunction of {len(conjunction.sets)} sets"


def _mm(value: float) -> str:
    return f"{round(value, 1) + 0.0:g}".replace("-", "\N{MINUS SIGN}")
