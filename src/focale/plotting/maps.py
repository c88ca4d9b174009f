"""ALE maps as pictures: seen through a glass brain, and on slices of a template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focale.plotting.brain import VIEWS_HEIGHT, View, brain_axes, draw_outline
from focale.plotting.foci import DOT, draw_foci, n_beyond, n_coordinates
from focale.plotting.lookup import Extent, brightest, cut, template
from focale.plotting.style import ALE_COLOURS, INK, MARGIN, Looks, note, page, place, styled
from focale.plotting.text import SIZES
from focale.space.voxelmap import VoxelMap
from focale.studyset.model import Studyset

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BAR_HEIGHT = 0.55  # inches


def plot_ale_glass(ale: VoxelMap, studyset: Studyset, title: str | None = None) -> Figure:
    """Unthresholded ALE map on a glass brain, with the coordinates over it.

    Parameters
    ----------
    ale
        ALE values; each pixel shows the largest value along the line of sight.
    studyset
        The foci the map was made from, drawn as dots.
    title
        By default "Unthresholded ALE map with the reported coordinates".
    """
    with styled([title or ""]):
        figure, top = page(
            VIEWS_HEIGHT + _BAR_HEIGHT,
            title or "Unthresholded ALE map with the reported coordinates",
        )
        norm = _norm(0.0, ale.max)
        markers = [DOT] * len(studyset.study_ids)
        for view, ax in brain_axes(figure, top).items():
            picture, extent = brightest(ale, view)
            _show(ax, picture, extent, norm, _faded())
            draw_outline(ax, view)
            draw_foci(ax, view, studyset, markers, size=4)
        _draw_bar(figure, top + VIEWS_HEIGHT, norm, _faded(), _dots(studyset))
    return figure


def plot_ale_slices(
    ale: VoxelMap, threshold: float, at_mm: tuple[float, float, float], title: str | None = None
) -> Figure:
    """ALE values from a display-only threshold upwards, on slices of a template.

    Parameters
    ----------
    ale
        ALE values; voxels are drawn as they are, without smoothing.
    threshold
        Values below are not drawn. It is for display only, and the figure says so.
    at_mm
        Point x, y, z in mm that the three slices go through.
    title
        By default "ALE map, slices at x = …, y = …, z = … mm".
    """
    at = [float(value) for value in at_mm]
    place_name = ", ".join(f"{axis} = {_mm(v)}" for axis, v in zip("xyz", at, strict=True))
    with styled([title or ""]):
        figure, top = page(
            VIEWS_HEIGHT + _BAR_HEIGHT, title or f"ALE map, slices at {place_name} mm"
        )
        norm, grid = _norm(threshold, ale.max), ale.mask.grid
        step = float(grid.voxel_size_mm.min()) / 2
        for view, ax in brain_axes(figure, top).items():
            through = at[view.through]
            _draw_template(ax, view, through)
            picture, extent = cut(ale.volume, grid.affine, view, through, step, order=0)
            hidden = (picture < threshold) | (picture <= 0)
            _show(ax, np.ma.masked_where(hidden, picture), extent, norm, ALE_COLOURS)
            looks: Looks = {"ha": "center", "va": "bottom", "fontsize": SIZES["small"]}
            text = f"{'xyz'[view.through]} = {_mm(through)}"
            ax.text(0.5, 0.0, text, transform=ax.transAxes, **looks)
        words = f"display-only threshold: ALE ≥ {threshold:.3g}"
        words += "" if ale.max >= threshold else "; no voxel reaches it"
        _draw_bar(figure, top + VIEWS_HEIGHT, norm, ALE_COLOURS, words)
    return figure


def _dots(studyset: Studyset) -> str:
    beyond = n_beyond(studyset)
    text = f"dots: {n_coordinates(studyset.n_foci)}, as reported"
    return f"{text}; {beyond} beyond the edge of a view" if beyond else text


def _faded() -> Any:
    """Colours of ALE that begin in the white of the paper.

    A footprint ends far out, at a millionth of its height. The lowest fifth of the
    colours fades, so that this end does not look like a border.
    """
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    colours = colormaps[ALE_COLOURS](np.linspace(0, 1, 256))
    strength = np.minimum(np.linspace(0, 5, 256), 1)[:, None]
    return ListedColormap(strength * colours + (1 - strength), name="faded")


def _draw_template(ax: Axes, view: View, at_mm: float) -> None:
    anatomy, affine = template()
    picture, extent = cut(anatomy, affine, view, at_mm, 0.5, order=1)
    inside = np.minimum(picture / 50, 1)  # 0 outside the brain, which stays white
    looks: Looks = {"cmap": "gray", "vmin": 0, "vmax": 290, "interpolation": "bilinear"}
    ax.imshow(picture * inside + 290 * (1 - inside), extent=extent, origin="lower", **looks)


def _show(ax: Axes, picture: Any, extent: Extent, norm: Any, colours: Any) -> None:
    looks: Looks = {"cmap": colours, "norm": norm, "interpolation": "nearest", "zorder": 1}
    ax.imshow(picture, extent=extent, origin="lower", **looks)


def _norm(lowest: float, largest: float) -> Any:
    """Colours from `lowest` to `largest`, with some width even where they are equal."""
    from matplotlib.colors import Normalize

    if not largest > lowest:
        largest = lowest * 1.1 if lowest > 0 else 1.0
    return Normalize(lowest, largest)


def _draw_bar(figure: Figure, top: float, norm: Any, colours: Any, words: str) -> None:
    """Colour bar of ALE whose ends are the ends of the colours, and words beside it."""
    from matplotlib.cm import ScalarMappable

    left, width = MARGIN + 0.4, 2.6
    ax = place(figure, left, top + 0.15, width, 0.11)
    ticks = np.linspace(norm.vmin, norm.vmax, 4)
    looks: Looks = {"orientation": "horizontal", "ticks": ticks}
    bar = figure.colorbar(ScalarMappable(norm, colours), cax=ax, **looks)
    bar.set_ticklabels([f"{tick:.3g}" for tick in ticks])
    bar.outline.set_linewidth(0.4)
    looks = {"va": "center_baseline", "color": INK}
    note(figure, MARGIN, top + 0.205, "ALE", **looks)
    note(figure, left + width + 0.3, top + 0.205, words, **looks)


def _mm(value: float) -> str:
    """Millimetres to a tenth, with a true minus sign and without a negative zero."""
    return f"{round(value, 1) + 0.0:g}".replace("-", "\N{MINUS SIGN}")
