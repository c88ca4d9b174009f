"""Three views of the brain on a page, all at one scale: outlines and slices.

The outlines of the glass brain and the anatomical template are the files that nilearn
brings along. They are read here, since importing ``nilearn.plotting`` takes longer
than drawing all figures; a test holds them against what nilearn draws. Images are made
by looking up values in millimetres, so any grid can be drawn, flipped or turned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from focale.plotting.style import FAINT, MARGIN, PAGE_WIDTH, Looks, place
from focale.plotting.text import SIZES
from focale.space.voxelmap import VoxelMap
from focale.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Span = tuple[float, float]
Extent = tuple[float, float, float, float]

BOUNDS_MM: tuple[Span, Span, Span] = ((-80.0, 80.0), (-120.0, 84.0), (-80.0, 92.0))
"""What the views show of the x, y and z axes."""


@dataclass(frozen=True, slots=True)
class View:
    """A direction to look in.

    Parameters
    ----------
    name
        Anatomical name of the plane.
    across, up, through
        World axes (0, 1, 2) that run to the right, upwards and away.
    ends
        What lies left and right.
    outline
        File of the outline, without suffix.
    scale, shift_mm
        Drawing units of the outline to mm, across and up, as nilearn places them.
    """

    name: str
    across: int
    up: int
    through: int
    ends: tuple[str, str]
    outline: str
    scale: Span
    shift_mm: Span

    @property
    def bounds_mm(self) -> tuple[Span, Span]:
        """What is shown, across and up."""
        return BOUNDS_MM[self.across], BOUNDS_MM[self.up]

    def flat(self, mm: FloatArray) -> FloatArray:
        """Points, shape (n, 3), mm, as they are seen: shape (n, 2), mm."""
        return mm[:, [self.across, self.up]]


VIEWS = (
    View("coronal", 0, 2, 1, ("L", "R"), "brain_schematics_back", (0.39, 0.39), (-73, -73)),
    View("sagittal", 1, 2, 0, ("P", "A"), "brain_schematics_side", (0.38, 0.38), (-108, -70)),
    View("axial", 0, 1, 2, ("L", "R"), "brain_schematics_top", (0.36, 0.37), (-71, -107)),
)
"""The views in nilearn's order."""

_GAP = 0.12
_WIDTH_MM = sum(v.bounds_mm[0][1] - v.bounds_mm[0][0] for v in VIEWS)
_INCH_PER_MM = (PAGE_WIDTH - 2 * MARGIN - 2 * _GAP) / _WIDTH_MM

VIEWS_HEIGHT = _INCH_PER_MM * (BOUNDS_MM[1][1] - BOUNDS_MM[1][0])
"""Inches that a row of the three views takes."""


def brain_axes(figure: Figure, top: float) -> dict[View, Axes]:
    """Axes in millimetres for the three views, side by side, without frames.

    Parameters
    ----------
    figure
        A page.
    top
        Distance from the top of the page, inches.
    """
    axes: dict[View, Axes] = {}
    left = MARGIN
    for view in VIEWS:
        across, up = view.bounds_mm
        width, height = (_INCH_PER_MM * (span[1] - span[0]) for span in (across, up))
        ax = place(figure, left, top + (VIEWS_HEIGHT - height) / 2, width, height)
        ax.set(xlim=across, ylim=up)
        ax.set_axis_off()
        looks: Looks = {"fontsize": SIZES["small"], "color": FAINT, "va": "bottom"}
        for x, end, side in zip((0.02, 0.98), view.ends, ("left", "right"), strict=True):
            ax.text(x, 0.0, end, transform=ax.transAxes, ha=side, **looks)
        axes[view] = ax
        left += width + _GAP
    return axes


def draw_outline(ax: Axes, view: View) -> None:
    """The glass brain: nilearn's outline of the brain and of its large folds."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    for (colour, line_width), (points, codes) in _outline(view).items():
        path = Path(points * view.scale + view.shift_mm, codes)
        looks = {"edgecolor": colour, "linewidth": 0.6 * line_width, "facecolor": "none"}
        ax.add_patch(PathPatch(path, zorder=2, capstyle="round", **looks))


@cache
def _outline(view: View) -> Mapping[tuple[str, float], tuple[FloatArray, list[int]]]:
    """Points and pen moves of an outline, one path for each kind of line."""
    import json
    from importlib.resources import files

    file = files("nilearn") / "plotting" / "glass_brain_files" / f"{view.outline}.json"
    lines: dict[tuple[str, float], tuple[list[list[float]], list[int]]] = {}
    for shape in json.loads(file.read_text())["paths"]:
        kind = (shape["edgecolor"], round(shape["linewidth"], 2))
        points, codes = lines.setdefault(kind, ([], []))
        for piece in shape["items"]:
            if not points or points[-1] != piece["pts"][0]:
                points.append(piece["pts"][0])
                codes.append(1)  # move the pen
            points += piece["pts"][1:]
            codes += [4 if piece["type"] == "bezier" else 2] * (len(piece["pts"]) - 1)
    return {kind: (np.array(points), codes) for kind, (points, codes) in lines.items()}


def brightest(values: VoxelMap, view: View) -> tuple[FloatArray, Extent]:
    """Largest value along the line of sight, and the extent of the picture in mm.

    Returns
    -------
    tuple
        Picture with rows upwards, and (left, right, bottom, top) for ``imshow``.
    """
    grid = values.mask.grid
    last = np.array(grid.shape) - 1.0
    corners = grid.to_mm(
        np.array(np.meshgrid(*zip(np.zeros(3), last, strict=True))).reshape(3, -1).T
    )
    first_mm, last_mm = corners.min(axis=0), corners.max(axis=0)
    step = np.abs(grid.affine[:3, :3]).max(axis=1)
    counts = np.round((last_mm - first_mm) / step).astype(int) + 1
    volume = _look_up(values.volume, grid.affine, first_mm, np.diag(step), tuple(counts), order=0)
    picture = volume.max(axis=view.through).T
    low, high = first_mm - step / 2, first_mm + (counts - 0.5) * step
    return picture, (low[view.across], high[view.across], low[view.up], high[view.up])


def cut(
    volume: Any, affine: FloatArray, view: View, at_mm: float, step_mm: float, order: int
) -> tuple[FloatArray, Extent]:
    """Slice of a volume through a point, and the extent of the picture in mm.

    Parameters
    ----------
    volume, affine
        Values, and voxel coordinates to mm.
    view
        Plane of the slice.
    at_mm
        Where the plane cuts the axis that runs through it.
    step_mm
        Size of the pixels.
    order
        0 takes the nearest voxel, 1 blends neighbours.
    """
    (left, right), (bottom, top) = view.bounds_mm
    origin, axes, counts = np.zeros(3), np.zeros((3, 3)), [1, 1, 1]
    for axis, low, high in ((view.across, left, right), (view.up, bottom, top)):
        counts[axis] = round((high - low) / step_mm)
        origin[axis], axes[axis, axis] = low + step_mm / 2, step_mm
    origin[view.through] = at_mm
    picture = _look_up(volume, affine, origin, axes, tuple(counts), order)
    return picture.squeeze(axis=view.through).T, (left, right, bottom, top)


def _look_up(
    volume: Any,
    affine: FloatArray,
    origin_mm: FloatArray,
    axes_mm: FloatArray,
    shape: tuple[int, ...],
    order: int,
) -> FloatArray:
    """Values of a volume on another grid, 0 outside the volume."""
    from scipy.ndimage import affine_transform

    inverse = np.linalg.inv(affine)
    matrix = inverse[:3, :3] @ axes_mm
    start = inverse[:3, :3] @ origin_mm + inverse[:3, 3]
    looked_up: FloatArray = affine_transform(
        volume, matrix, start, shape, order=order, output=float, mode="constant"
    )
    return looked_up


@cache
def template() -> tuple[Any, FloatArray]:
    """Brain of the anatomical template of nilearn (ICBM 2009a, 1 mm) and its affine."""
    from importlib.resources import as_file, files

    import nibabel

    name = "mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz"
    with as_file(files("nilearn") / "datasets" / "data" / name) as path:
        image = nibabel.load(path)
        return image.dataobj.get_unscaled(), image.affine
