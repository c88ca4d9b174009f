"""A conjunction on slices: what survives in each set as outlines, the common voxels filled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
_MOST_STOPS = 2  # that are shown from three sides; with more, slices from below to above
_A_ROW = 4
_APART_MM = 12.0  # of slices where nothing is in common
_STYLES = ("solid", "dashed", "dotted")
_LINE = 0.19  # inches of a line of the legend
_HEAD = 0.22  # inches above a slice, for its place
_GAP = 0.12  # inches between slices
_MOST_SETS = 12  # in the legend
_ACROSS = ((1, 2), (0, 2), (0, 1))
"""What runs to the right and up in slices along x, y and z."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A slice: the axis it is at a right angle to, and where it cuts it, mm."""

    axis: int
    mm: float

    @property
    def words(self) -> str:
        """Its place in words."""
        value = f"{round(self.mm, 1) + 0.0:g}".replace("-", "\N{MINUS SIGN}")
        return f"{'xyz'[self.axis]} = {value} mm"


def plot_conjunction(conjunction: Conjunction, title: str | None = None) -> Figure:
    """Slices through the clusters of a conjunction, or through what each set has.

    Parameters
    ----------
    conjunction
        From `focale.conjunction`. One or two clusters are shown from three sides; of more,
        slices from below to above are shown, as `slices_of` chooses them.
    title
        By default how many sets it is of.
    """
    names = [one_line(name, 70) for name in conjunction.names]
    box = _box(conjunction)
    rows = slices_of(conjunction)
    a_row = max(len(row) for row in rows)
    columns = max(a_row, 3)
    sizes = [[_size(cut, box) for cut in row] for row in rows]
    widest = max(sum(w for w, _ in row) * columns / a_row for row in sizes)
    scale = (PAGE_WIDTH - 2 * MARGIN) / widest  # inches of a mm
    heights = [max(h for _, h in row) * scale + _HEAD for row in sizes]
    legend = (min(len(names), _MOST_SETS) + 2) * _LINE
    with styled([title or "", *names]):
        figure, top = page(sum(heights) + legend, title or _title(conjunction))
        for row, row_sizes, height in zip(rows, sizes, heights, strict=True):
            left = MARGIN
            for cut, (width_mm, height_mm) in zip(row, row_sizes, strict=True):
                width, inches = width_mm * scale, height_mm * scale
                axes = place(figure, left, top + height - inches, width - _GAP, inches)
                _draw_slice(axes, conjunction, cut, box)
                looks: Looks = {"color": INK, "ha": "center"}
                note(
                    figure,
                    left + (width - _GAP) / 2,
                    top + height - inches - 0.17,
                    cut.words,
                    **looks,
                )
                left += width
            top += height
        is_common = len(conjunction.clusters) > 0
        _draw_legend(figure, top + 0.06, names, is_common=is_common)
    return figure


def slices_of(conjunction: Conjunction) -> list[list[Slice]]:
    """The slices, row by row.

    Stops are made at the peak of each cluster, the highest first, unless the slice from
    below of an earlier one cuts the cluster. One or two are shown along x, y and z, each in
    a row; of more, the slices along z are shown, rising. Where nothing is in common, these
    run through the heights with most voxels that survive in some set.
    """
    stops: list[tuple[float, float, float]] = []
    mask = conjunction.mask
    half = mask.grid.voxel_size_mm.max() / 2
    for cluster in conjunction.clusters:
        its_z = mask.mm(cluster.positions)[:, 2]
        if not any(np.any(np.abs(its_z - stop[2]) <= half) for stop in stops):
            stops.append(cluster.peaks[0].mm)
    if 1 <= len(stops) <= _MOST_STOPS:
        return [[Slice(axis, stop[axis]) for axis in range(3)] for stop in stops]
    heights = sorted(stop[2] for stop in stops[:MOST_SLICES]) or _where_most(conjunction)
    cuts = [Slice(2, z) for z in heights]
    return [cuts[k : k + _A_ROW] for k in range(0, len(cuts), _A_ROW)]


def _where_most(conjunction: Conjunction) -> list[float]:
    """Up to four heights, rising, with most voxels that survive, each set counted."""
    n = conjunction.n_surviving
    z = np.round(conjunction.mask.mm(np.arange(n.size))[:, 2], 3)
    heights, inverse = np.unique(z, return_inverse=True)
    weight = np.bincount(inverse, weights=n)
    weight = weight if weight.any() else np.bincount(inverse).astype(float)
    chosen: list[float] = []
    for k in np.argsort(-weight, kind="stable"):
        is_apart = all(abs(heights[k] - other) >= _APART_MM for other in chosen)
        if weight[k] and is_apart and len(chosen) < _A_ROW:
            chosen.append(float(heights[k]))
    return sorted(chosen)


def _box(conjunction: Conjunction) -> FloatArray:
    """Shape (3, 2); ends of x, y and z, mm: the mask and a little more."""
    mm = conjunction.mask.mm(np.arange(conjunction.mask.n_voxels))
    box: FloatArray = np.stack([mm.min(axis=0) - 4, mm.max(axis=0) + 4], axis=1)
    return box


def _size(cut: Slice, box: FloatArray) -> tuple[float, float]:
    """Width and height of a slice, mm."""
    right, up = _ACROSS[cut.axis]
    return float(np.ptp(box[right])), float(np.ptp(box[up]))


def _draw_slice(axes: Axes, conjunction: Conjunction, cut: Slice, box: FloatArray) -> None:
    """The picture of the brain, the common voxels, the outlines of the sets, and numbers."""
    from matplotlib.colors import ListedColormap

    grid, mask = conjunction.mask.grid, conjunction.mask
    right, up = (_points(box[axis]) for axis in _ACROSS[cut.axis])
    ends = (right[0] - 0.25, right[-1] + 0.25, up[0] - 0.25, up[-1] + 0.25)
    frame: Looks = {"extent": ends, "origin": "lower", "interpolation": "nearest"}
    picture = brain_picture()
    shades = _cut(picture.shades, picture.grid, right, up, cut).astype(float)
    behind: Any = np.ma.masked_equal(shades, 0)
    axes.imshow(behind, cmap="gray", vmin=-110, vmax=275, **frame)
    common = _cut(mask.to_volume(conjunction.clusters.labels > 0), grid, right, up, cut)
    if common.any():
        filled: Any = np.ma.masked_equal(common.astype(int), 0)
        axes.imshow(filled, cmap=ListedColormap([COMMON_COLOUR]), **frame)
    for k, kept in enumerate(conjunction.surviving):
        inside = _cut(mask.to_volume(kept.labels > 0), grid, right, up, cut)
        if inside.any():
            colour, style = _looks(k)
            width = _line_width(k, len(conjunction.sets))
            looks: Looks = {"colors": [colour], "linestyles": [style], "linewidths": width}
            axes.contour(right, up, inside.astype(float), levels=[0.5], **looks)
    _draw_numbers(axes, conjunction, cut)
    axes.set_xlim(ends[:2])
    axes.set_ylim(ends[2:])
    axes.set_aspect("equal")
    axes.set_axis_off()
    sides = {0: ("P", "A"), 1: ("L", "R"), 2: ("L", "R")}[cut.axis]
    for at, side, name in ((ends[0], "left", sides[0]), (ends[1], "right", sides[1])):
        letter: Looks = {"fontsize": SIZES["small"], "color": FAINT, "va": "bottom", "ha": side}
        axes.text(at, ends[2], name, **letter)


def _points(ends: FloatArray) -> FloatArray:
    """Points half a mm apart between two ends."""
    points: FloatArray = np.arange(float(ends[0]), float(ends[1]), 0.5) + 0.25
    return points


def _draw_numbers(axes: Axes, conjunction: Conjunction, cut: Slice) -> None:
    """The number of each cluster the slice cuts, beside what is cut of it."""
    from matplotlib.patheffects import withStroke

    half = conjunction.mask.grid.voxel_size_mm.max() / 2
    right, up = _ACROSS[cut.axis]
    for number, cluster in enumerate(conjunction.clusters, start=1):
        mm = conjunction.mask.mm(cluster.positions)
        seen = mm[np.abs(mm[:, cut.axis] - cut.mm) <= half]
        if not len(seen):
            continue
        looks: Looks = {
            "fontsize": SIZES["body"],
            "fontweight": "bold",
            "color": INK,
            "ha": "left",
            "va": "center_baseline",
            "path_effects": [withStroke(linewidth=2.4, foreground="white")],
        }
        axes.text(seen[:, right].max() + 6, seen[:, up].mean(), str(number), **looks)


def _draw_legend(figure: Figure, top: float, names: Sequence[str], *, is_common: bool) -> None:
    for row, (colour, style, line_width, words) in enumerate(_legend(names, is_common=is_common)):
        down = top + row * _LINE
        axes = place(figure, MARGIN, down, 0.3, _LINE)
        axes.plot([0, 1], [0, 0], color=colour, ls=style, lw=line_width, solid_capstyle="butt")
        axes.set_axis_off()
        looks: Looks = {"color": INK, "va": "center_baseline"}
        note(figure, MARGIN + 0.4, down + _LINE / 2, words, **looks)


def _legend(names: Sequence[str], *, is_common: bool) -> Iterator[tuple[str, str, float, str]]:
    """Colour, style, width and words of each line."""
    n_sets = len(names)
    every = "both sets" if n_sets == 2 else f"all {n_sets} sets"
    if is_common:
        yield COMMON_COLOUR, "solid", 6.0, f"survives in {every}; numbers as in the table"
    else:
        yield "none", "solid", 1.0, f"no voxel survives in {every}"
    for k, name in enumerate(names[:_MOST_SETS]):
        yield *_looks(k), _line_width(k, n_sets), f"outline of what survives in {clean(name)}"
    if n_sets > _MOST_SETS:
        yield "none", "solid", 1.0, f"and {n_sets - _MOST_SETS} more sets"


def _looks(k: int) -> tuple[str, str]:
    """Colour and style of the outline of a set."""
    style = _STYLES[(k // len(SET_COLOURS)) % len(_STYLES)]
    return SET_COLOURS[k % len(SET_COLOURS)], style


def _line_width(k: int, n_sets: int) -> float:
    """Outlines that fall together all stay visible: the first is the widest."""
    return 1.9 - 1.0 * k / (n_sets - 1)


def _cut(
    volume: IntArray | BoolArray, grid: Grid, right: FloatArray, up: FloatArray, cut: Slice
) -> Any:
    """Values of the voxels nearest to the points of a slice, shape (n_up, n_right); 0 outside."""
    across = np.stack(np.meshgrid(right, up), axis=-1).reshape(-1, 2)
    points = np.insert(across, cut.axis, cut.mm, axis=1)
    ijk = np.round(grid.to_voxels(points)).astype(int)
    inside = np.all((ijk >= 0) & (ijk < volume.shape), axis=1)
    values = np.zeros(len(ijk), dtype=volume.dtype)
    values[inside] = volume[tuple(ijk[inside].T)]
    return values.reshape(up.size, right.size)


def _title(conjunction: Conjunction) -> str:
    return f"Conjunction of {len(conjunction.sets)} sets"
