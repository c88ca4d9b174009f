"""The Monte Carlo null as a picture: what random foci give, and what was observed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focale.correction.p_values import PRule, p_of_maxima
from focale.correction.result import FweResult
from focale.plotting.style import FAINT, MARGIN, PAGE_WIDTH, note, page, place, styled
from focale.plotting.text import SIZES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_OBSERVED = "#D55E00"
_HEIGHT = 1.75  # inches of a panel


def plot_null(corrected: FweResult, alpha: float = 0.05, title: str | None = None) -> Figure:
    """Largest cluster and largest value of every random map, and those observed.

    Parameters
    ----------
    corrected
        What `fwe` returned.
    alpha
        Level whose critical value is drawn.
    title
        By default "What random foci give, and what was observed".
    """
    n = corrected.n_iterations
    with styled([title or ""]):
        figure, top = page(_HEIGHT + 1.0, title or "What random foci give, and what was observed")
        width = (PAGE_WIDTH - 2 * MARGIN - 1.1) / 2
        sizes = place(figure, MARGIN + 0.5, top + 0.05, width, _HEIGHT)
        peaks = place(figure, MARGIN + 1.05 + width, top + 0.05, width, _HEIGHT)
        _draw(sizes, corrected.maxima.size, corrected.clusters.sizes, alpha, corrected.p_rule)
        sizes.set_xlabel("voxels of the largest cluster", fontsize=SIZES["small"])
        sizes.set_ylabel("random maps", fontsize=SIZES["small"])
        observed = np.array([cluster.peaks[0].value for cluster in corrected.clusters])
        largest = corrected.uncorrected.ma.scale.value(corrected.maxima.largest)
        _draw(peaks, largest, observed, alpha, corrected.p_rule)
        peaks.set_xlabel(f"largest {corrected.words.statistic}", fontsize=SIZES["small"])
        text = (
            f"Grey: {n:,} random maps (seed {corrected.seed}). Triangles: the clusters that were "
            f"formed at p < {corrected.cluster_forming_p:g}, and their peaks.\n"
            f"Dashed: from here on the family-wise p is at most {alpha:g}."
        )
        note(figure, MARGIN, top + _HEIGHT + 0.6, text)
    return figure


def _draw(axes: Axes, maxima: Any, observed: Any, alpha: float, rule: PRule) -> None:
    """Histogram of maxima, marks of what was observed, and the critical value."""
    end = float(max(np.max(maxima), np.max(observed, initial=0))) or 1.0
    axes.hist(maxima, bins=60, range=(0, end), color="#bdbdbd")
    axes.axvline(_critical(maxima, alpha, rule), color=FAINT, ls="--", lw=0.9)
    height = axes.get_ylim()[1]
    axes.plot(observed, np.full(len(observed), 0.03 * height), "v", color=_OBSERVED, ms=5, mew=0)
    axes.set_xlim(0, end * 1.03)
    axes.locator_params(axis="x", nbins=6)
    axes.tick_params(labelsize=SIZES["small"])


def _critical(maxima: Any, alpha: float, rule: PRule) -> float:
    """Smallest of the maxima whose p is at most `alpha`.

    Where there are too few iterations for that, the largest.
    """
    falling = np.sort(maxima)[::-1]
    p = p_of_maxima(falling, maxima, rule=rule)
    return float(falling[p <= alpha].min(initial=falling[0]))
