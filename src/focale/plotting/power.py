"""A plan as a picture: power, and what clusters rest on, against the number of experiments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from focale.phrases import share_text
from focale.planning.cells import Cell
from focale.planning.curves import rising
from focale.planning.result import POWER, Plan
from focale.plotting.style import FAINT, INK, MARGIN, PAGE_WIDTH, Looks, note, page, place, styled
from focale.plotting.text import SIZES
from focale.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HEIGHT = 2.7  # inches of a panel
_RIGHT = 2.3  # inches of the width of the panel at the right
_PALEST, _DARKEST = 0.45, 0.95
_MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
_ELSEWHERE = "#D55E00"
_LEAST_TOP = 0.5  # of the scale of the panel at the right
_LABELS_FROM, _LABELS_TO = 0.3, 0.66
"""Power at which the lines are labelled: each at another height, so that labels part."""


_LABEL: Looks = {
    "fontsize": SIZES["small"],
    "color": INK,
    "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 1.2},
    "zorder": 4,
}


def plot_power(plan: Plan, title: str | None = None) -> Figure:
    """Power against the number of experiments, one line a share that reports the place.

    Beside it the share of surviving clusters that rest on one or two experiments, at the
    place and elsewhere.

    Parameters
    ----------
    plan
        What `focale.plan` returned.
    title
        By default "Power to detect that experiments converge at one place".
    """
    title = title or "Power to detect that experiments converge at one place"
    with styled([title]):
        figure, top = page(_HEIGHT + 1.55, title)
        width = PAGE_WIDTH - 2 * MARGIN - _RIGHT - 1.0
        power = place(figure, MARGIN + 0.4, top + 0.3, width, _HEIGHT)
        few = place(figure, PAGE_WIDTH - MARGIN - _RIGHT, top + 0.3, _RIGHT, _HEIGHT)
        _draw_power(power, plan)
        _draw_few(few, plan)
        heads = ("share of analyses that find the place", "share of clusters resting on 1 or 2")
        for axes, head in zip((power, few), heads, strict=True):
            axes.set_title(head, fontsize=SIZES["small"], color=INK, loc="left")
            axes.set_xlabel("experiments", fontsize=SIZES["small"])
        note(figure, MARGIN, top + _HEIGHT + 0.8, _caption(plan), linespacing=1.35)
    return figure


def _draw_power(axes: Axes, plan: Plan) -> None:
    """Simulated power with its interval, the power that is wanted, and the labels."""
    axes.axhline(POWER, color=FAINT, ls="--", lw=0.8, zorder=0)
    for number, cells in enumerate(plan.grid):
        looks = _looks(number, len(plan.grid))
        power = np.array([cell.power for cell in cells])
        _draw_line(axes, cells, power, np.array([cell.interval for cell in cells]), looks)
    _frame(axes, plan)
    for number, cells in enumerate(plan.grid):
        x, y, side = _label_place(cells, number, len(plan.grid))
        text = f"{100 * plan.settings.shares[number]:.3g} %"
        axes.text(x, y, text, ha=side, va="center", **_LABEL)
    y = _free_height(plan)
    axes.text(plan.n, y, f"{plan.n} at hand", rotation=90, ha="center", va="center", **_LABEL)


def _draw_few(axes: Axes, plan: Plan) -> None:
    """What clusters at the place rest on, by share, and those elsewhere."""
    for number, cells in enumerate(plan.grid):
        found = [cell for cell in cells if cell.on_few is not None]
        shares = np.array([cell.on_few for cell in found], dtype=float)
        _draw_line(axes, found, shares, None, _looks(number, len(plan.grid)))
    others = [cell for cell in plan.grid[0] if cell.elsewhere_on_few is not None]
    shares = np.array([cell.elsewhere_on_few for cell in others], dtype=float)
    ends = np.array([cell.elsewhere_on_few_interval for cell in others]).reshape(-1, 2)
    sizes = [cell.n for cell in others]
    axes.vlines(sizes, ends[:, 0], ends[:, 1], color=_ELSEWHERE, lw=0.7)
    _draw_line(axes, others, shares, None, {"color": _ELSEWHERE, "marker": "x", "ls": ":"})
    _frame(axes, plan)
    highest = [cell.on_few or 0.0 for cells in plan.grid for cell in cells]
    axes.set_ylim(0, max(_LEAST_TOP, *highest, float(ends.max(initial=0.0))))


def _draw_line(
    axes: Axes,
    cells: Sequence[Cell],
    values: FloatArray,
    ends: FloatArray | None,
    looks: Looks,
) -> None:
    sizes = [cell.n for cell in cells]
    if ends is not None:
        band: Looks = {"color": looks["color"], "alpha": 0.16, "lw": 0}
        axes.fill_between(sizes, ends[:, 0], ends[:, 1], **band)
    axes.plot(sizes, values, lw=1.1, ms=3.6, mew=0.9, clip_on=False, **looks)


def _frame(axes: Axes, plan: Plan) -> None:
    """Equal scales of both panels, and the evidence's own number of experiments."""
    sizes = [*plan.settings.sizes, plan.n]
    margin = 0.03 * (max(sizes) - min(sizes)) or 1.0
    axes.set_xlim(min(sizes) - margin, max(sizes) + margin)
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1])
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.3g}".removeprefix("0") or "0")
    axes.axvline(plan.n, color=FAINT, lw=0.8, zorder=0)
    axes.locator_params(axis="x", integer=True, nbins=6)


def _looks(number: int, of: int) -> Looks:
    """Look of a share: the larger the darker, and a mark of its own."""
    from matplotlib import colormaps

    depth = _DARKEST if of == 1 else _PALEST + (_DARKEST - _PALEST) * number / (of - 1)
    return {"color": colormaps["Blues"](depth), "marker": _MARKS[number % len(_MARKS)]}


def _label_place(cells: Sequence[Cell], number: int, of: int) -> tuple[float, float, str]:
    """Where the line of a share is labelled, and which side of the label is there.

    On the line, or at its end nearest to the height of the label.
    """
    curve = rising(np.array([cell.power for cell in cells]))
    step = 0.0 if of == 1 else number / (of - 1)
    level = _LABELS_FROM + (_LABELS_TO - _LABELS_FROM) * step
    sizes = [float(cell.n) for cell in cells]
    if level <= curve[0]:
        return sizes[0], _beside(curve[0]), "left"
    if level >= curve[-1]:
        return sizes[-1], _beside(curve[-1]), "right"
    above = int(np.argmax(curve >= level))
    low, high = curve[above - 1], curve[above]
    part = float((level - low) / (high - low))
    return sizes[above - 1] + part * (sizes[above] - sizes[above - 1]), level, "center"


def _beside(height: float) -> float:
    """Height of a label above the end of a line, or below it at the top."""
    return float(height + 0.045 if height < 0.9 else height - 0.045)


def _free_height(plan: Plan) -> float:
    """Height at which the upright line is farthest from the others."""
    sizes = plan.settings.sizes
    there = [np.interp(plan.n, sizes, [cell.power for cell in cells]) for cells in plan.grid]
    heights = np.linspace(0.15, 0.65, 11)
    distances = np.abs(heights[:, None] - np.array(there)).min(axis=1)
    return float(heights[np.argmax(distances)])


def _caption(plan: Plan) -> str:
    return (
        "Left: one line for each share of the experiments that report the place, with the 95 % "
        f"interval of {plan.settings.n_simulations:,}\nsimulations a point. Dashed: power of "
        f"{share_text(POWER)}. Right: one experiment has more than half of the contribution to a "
        "surviving\ncluster, or two have more than 80 %. Lines: clusters at the place. Crosses: "
        "clusters elsewhere, which are chance,\nwith their 95 % interval."
    )
