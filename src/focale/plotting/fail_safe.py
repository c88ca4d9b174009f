"""Fail-safe N as a picture: every list of noise experiments, cluster by cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focale.inference.clusters import Clusters
from focale.phrases import count
from focale.plotting.rows import draw_rows, row_height, row_names
from focale.plotting.style import BAR, FAINT, MARGIN, PAGE_WIDTH, Looks, note, page, place, styled
from focale.plotting.text import SIZES
from focale.robustness.fail_safe import FailSafe

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BELOW_HEIGHT = 1.05  # inches


def plot_fail_safe(found: FailSafe, clusters: Clusters, title: str | None = None) -> Figure:
    """Fail-safe N of each cluster: a mark for each list, the range and the median.

    Parameters
    ----------
    found
        What `fail_safe` returned.
    clusters
        The clusters it was given.
    title
        By default "Noise experiments that each cluster survives".
    """
    names = [
        f"{number} ({', '.join(f'{c:g}' for c in cluster.peaks[0].mm)})"
        for number, cluster in enumerate(clusters, start=1)
    ]
    height, letters = row_height(max(len(names), 1))
    title = title or "Noise experiments that each cluster survives"
    with styled([title]):
        figure, top = page(height * max(len(names), 1) + _BELOW_HEIGHT, title)
        names, left = row_names(names or ["no cluster"], letters)
        width = PAGE_WIDTH - left - 2 * MARGIN
        axes = place(figure, left, top + 0.05, width, height * len(names))
        draw_rows(axes, names, letters)
        for row, values in enumerate(found.values.T):
            reached = values == found.most
            axes.plot(found.range[row], [row, row], color=FAINT, lw=1.0, zorder=1)
            heights = np.full(values.size, float(row))
            dots: Looks = {"color": BAR, "alpha": 0.55, "mew": 0, "ls": "", "ms": 5}
            axes.plot(values[~reached], heights[~reached], marker="o", **dots)
            axes.plot(values[reached], heights[reached], marker=">", **dots)
            axes.plot([found.median[row]], [row], "|", color=BAR, ms=13, mew=2)
        axes.set_xlim(-0.02 * found.most, 1.03 * found.most)
        axes.axvline(found.most, color=FAINT, ls="--", lw=0.9, zorder=0)
        axes.set_xlabel("noise experiments", fontsize=SIZES["small"])
        text = (
            f"Dots: {count(found.n_realisations, 'list')} of noise experiments. Stroke: their "
            f"median. Line: their range.\nDashed: the largest number that was tried, "
            f"{found.most}; triangles survive it, and perhaps more."
        )
        note(figure, MARGIN, top + height * len(names) + 0.6, text)
    return figure
