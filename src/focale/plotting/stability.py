"""Stability as a picture: the share of replicates on a glass brain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focale.phrases import count
from focale.plotting.brain import VIEWS_HEIGHT, glass_brain
from focale.plotting.style import (
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
from focale.plotting.text import SIZES, wrap
from focale.robustness.stability import Stability

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BELOW_HEIGHT = 1.1  # inches


def plot_stability(found: Stability, title: str | None = None) -> Figure:
    """Share of replicates in which each voxel survives, seen through a glass brain.

    Parameters
    ----------
    found
        What `stability` returned; each view shows the largest share along the line of sight.
    title
        By default "Share of 1,000 replicates in which a voxel survives".
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    replicates = count(found.n_replicates, "replicate")
    with styled([title or ""]):
        figure, top = page(
            VIEWS_HEIGHT + _BELOW_HEIGHT,
            title or f"Share of {replicates} in which a voxel survives",
        )
        brain = glass_brain(figure, top)
        smallest = 0.5 / found.n_replicates  # below the share of one replicate
        brain.add_overlay(
            found.share.image, threshold=smallest, cmap=SHARE_COLOURS, vmin=0.0, vmax=1.0
        )
        below = top + VIEWS_HEIGHT
        axes = place(figure, MARGIN + 0.5, below + 0.15, 2.6, 0.11)
        looks: Looks = {"orientation": "horizontal", "ticks": [0, 0.25, 0.5, 0.75, 1]}
        bar = figure.colorbar(
            ScalarMappable(Normalize(0.0, 1.0), SHARE_COLOURS), cax=axes, **looks
        )
        bar.outline.set_linewidth(0.4)
        note(figure, MARGIN, below + 0.205, "share", va="center_baseline", color=INK)
        lines = wrap(found.words, PAGE_WIDTH - 2 * MARGIN, SIZES["small"])
        note(figure, MARGIN, below + 0.6, "\n".join(lines))
    return figure
