"""Maps as pictures: seen through a glass brain, and on slices of a template."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from focale.inference.clusters import Clusters
from focale.plotting.brain import VIEWS_HEIGHT, glass_brain, views_box
from focale.plotting.foci import DOT, draw_foci, n_coordinates
from focale.plotting.style import ALE_COLOURS, INK, MARGIN, Looks, note, page, place, styled
from focale.plotting.text import SIZES, width_of
from focale.space.voxelmap import VoxelMap
from focale.studyset.model import Studyset

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BAR_HEIGHT = 0.55  # inches
_MOST_NUMBERS = 40
OUTLINE = "#d55e00"
"""Vermillion of Okabe and Ito, which stands out from every colour of the map."""


def plot_ale_glass(
    ale: VoxelMap, studyset: Studyset, title: str | None = None, *, statistic: str = "ALE"
) -> Figure:
    """Unthresholded map on a glass brain, with the coordinates over it.

    Parameters
    ----------
    ale
        The values; each view shows the largest value along the line of sight.
    studyset
        The foci the map was made from, drawn as dots.
    title
        By default "Unthresholded ALE map with the reported coordinates".
    statistic
        What the values are.
    """
    with styled([title or ""]):
        figure, top = page(
            VIEWS_HEIGHT + _BAR_HEIGHT,
            title or f"Unthresholded {statistic} map with the reported coordinates",
        )
        norm = _norm(0.0, ale.max)
        brain = glass_brain(figure, top)
        brain.add_overlay(ale.image, threshold=0, cmap=_faded(), vmin=norm.vmin, vmax=norm.vmax)
        draw_foci(brain, studyset, [DOT] * len(studyset.study_ids), size=4)
        words = f"dots: {n_coordinates(studyset.n_foci)}, as reported"
        _draw_bar(figure, top + VIEWS_HEIGHT, norm, _faded(), words, statistic)
    return figure


def plot_clusters_glass(
    ale: VoxelMap,
    clusters: Clusters,
    words: str = "",
    title: str | None = None,
    *,
    statistic: str = "ALE",
    outlined: VoxelMap | None = None,
) -> Figure:
    """Clusters on a glass brain, each with its number at its peak.

    Parameters
    ----------
    ale
        The values; only those within the clusters are drawn, and each view shows the
        largest along the line of sight.
    clusters
        The clusters, perhaps none.
    words
        What makes a cluster one, for the line beside the colour bar.
    title
        By default "Clusters, numbered as in the table".
    statistic
        What the values are.
    outlined
        A region (its values are 1) whose outline is drawn too.
    """
    within = VoxelMap(np.where(clusters.labels > 0, ale.values, 0.0), ale.mask)
    with styled([title or ""]):
        figure, top = page(
            VIEWS_HEIGHT + _BAR_HEIGHT, title or "Clusters, numbered as in the table"
        )
        lowest = clusters.threshold if len(clusters) else 0.0
        norm = _norm(lowest, within.max)
        brain = glass_brain(figure, top)
        if len(clusters):
            brain.add_overlay(
                within.image, threshold=lowest, cmap=ALE_COLOURS, vmin=norm.vmin, vmax=norm.vmax
            )
        if outlined is not None:
            brain.add_contours(outlined.image, levels=[0.5], colors=OUTLINE, linewidths=1.2)
        if len(clusters):
            draw_numbers(brain, [cluster.peaks[0].mm for cluster in clusters])
        _draw_bar(figure, top + VIEWS_HEIGHT, norm, ALE_COLOURS, words, statistic)
    return figure


def draw_numbers(brain: Any, places_mm: Sequence[tuple[float, float, float]]) -> None:
    """Numbers at places, in every view of a glass brain."""
    from matplotlib.patheffects import withStroke

    across = {"x": (1, 2), "y": (0, 2), "z": (0, 1)}
    halo = [withStroke(linewidth=1.8, foreground="white")]
    for view, axes in across.items():
        for number, mm in enumerate(places_mm[:_MOST_NUMBERS], start=1):
            at = mm[axes[0]], mm[axes[1]]
            looks: Looks = {"fontsize": SIZES["small"], "ha": "center", "va": "center_baseline"}
            brain.axes[view].ax.text(*at, str(number), path_effects=halo, zorder=5, **looks)


def plot_ale_slices(
    ale: VoxelMap,
    threshold: float,
    at_mm: tuple[float, float, float],
    title: str | None = None,
    *,
    words: str | None = None,
    statistic: str = "ALE",
) -> Figure:
    """Values above a threshold, on slices of a template.

    Parameters
    ----------
    ale
        The values; voxels are drawn as they are, without smoothing.
    threshold
        Values up to it are not drawn.
    at_mm
        Point x, y, z in mm that the three slices go through.
    title
        By default "ALE map, slices at x = …, y = …, z = … mm".
    words
        What the threshold means; by default that it is for display only.
    statistic
        What the values are.
    """
    from nilearn.plotting import plot_anat

    at = [float(value) for value in at_mm]
    place_name = ", ".join(f"{axis} = {_mm(v)}" for axis, v in zip("xyz", at, strict=True))
    with styled([title or ""]):
        figure, top = page(
            VIEWS_HEIGHT + _BAR_HEIGHT, title or f"{statistic} map, slices at {place_name} mm"
        )
        norm = _norm(threshold, ale.max)
        place_on_page = {"figure": figure, "axes": views_box(figure, top)}
        slices = plot_anat(
            cut_coords=at, draw_cross=False, annotate=False, colorbar=False, **place_on_page
        )
        if ale.max > threshold:
            looks: Looks = {"cmap": ALE_COLOURS, "vmin": norm.vmin, "vmax": norm.vmax}
            voxels = {"threshold": threshold, "resampling_interpolation": "nearest"}
            slices.add_overlay(ale.image, **voxels, **looks)
        slices.annotate(size=SIZES["body"])
        if words is None:
            words = f"display-only threshold: {statistic} > {threshold:.3g}"
            words += "" if ale.max > threshold else "; no voxel is above it"
        _draw_bar(figure, top + VIEWS_HEIGHT, norm, ALE_COLOURS, words, statistic)
    return figure


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


def _norm(lowest: float, largest: float) -> Any:
    """Colours from `lowest` to `largest`, with some width even where they are equal."""
    from matplotlib.colors import Normalize

    if not largest > lowest:
        largest = lowest * 1.1 if lowest > 0 else 1.0
    return Normalize(lowest, largest)


def _draw_bar(
    figure: Figure, top: float, norm: Any, colours: Any, words: str, statistic: str
) -> None:
    """Colour bar of the statistic whose ends are the ends of the colours, and words beside it."""
    from matplotlib.cm import ScalarMappable

    left = MARGIN + max(0.4, width_of(statistic, SIZES["small"]) + 0.1)
    width = 2.6
    ax = place(figure, left, top + 0.15, width, 0.11)
    ticks = np.linspace(norm.vmin, norm.vmax, 4)
    looks: Looks = {"orientation": "horizontal", "ticks": ticks}
    bar = figure.colorbar(ScalarMappable(norm, colours), cax=ax, **looks)
    bar.set_ticklabels([f"{tick:.3g}" for tick in ticks])
    bar.outline.set_linewidth(0.4)
    looks = {"va": "center_baseline", "color": INK}
    note(figure, MARGIN, top + 0.205, statistic, **looks)
    note(figure, left + width + 0.3, top + 0.205, words, **looks)


def _mm(value: float) -> str:
    """Millimetres to a tenth, with a true minus sign and without a negative zero."""
    return f"{round(value, 1) + 0.0:g}".replace("-", "\N{MINUS SIGN}")
