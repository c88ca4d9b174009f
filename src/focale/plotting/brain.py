"""Three views of the brain side by side, all at one scale, and their outlines.

The outlines of the glass brain are files that nilearn brings along. They are read
here, since importing ``nilearn.plotting`` takes longer than drawing all figures; a test
holds them against what nilearn draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from focale.plotting.style import FAINT, MARGIN, PAGE_WIDTH, Looks, place
from focale.plotting.text import SIZES
from focale.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Span = tuple[float, float]

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
