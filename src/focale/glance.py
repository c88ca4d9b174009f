"""A result at a glance, for notebooks: a few lines and a small static picture."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from focale.space.voxelmap import VoxelMap

COLOURS = "viridis"
"""Colour map of values, dark to bright, ordered for every kind of colour vision."""

_PIXELS = 2  # of a voxel
_FAINTEST = 0.02  # of the largest value; less is drawn as brain


def glance(title: str, facts: Mapping[str, str], shown: VoxelMap, statistic: str) -> str:
    """A result as HTML: a title, facts by name, and a map seen from three sides.

    Parameters
    ----------
    title
        What it is.
    facts
        Short texts by name; names and texts may hold anything.
    shown
        The map; each view has its largest value along the line of sight.
    statistic
        What its values are.
    """
    rows = "".join(
        f"<tr><th style='text-align:left'>{html.escape(name)}</th>"
        f"<td style='text-align:left'>{html.escape(text)}</td></tr>"
        for name, text in facts.items()
    )
    return (
        f"<div><strong>{html.escape(title)}</strong><table>{rows}</table>"
        f"<img alt='Largest {html.escape(statistic)} along x, y and z' "
        f"src='data:image/png;base64,{_picture(shown)}'>"
        "</div>"
    )


def _picture(shown: VoxelMap) -> str:
    """The largest values along each axis, side by side, as base64 of a PNG."""
    from matplotlib import colormaps
    from matplotlib.image import imsave

    volume, inside = shown.volume, shown.mask.inside
    height = max(volume.shape)
    views = []
    for axis in range(3):
        seen = np.max(volume, axis=axis).T[::-1]
        brain = np.any(inside, axis=axis).T[::-1]
        share = seen / (volume.max() or 1.0)
        rgba = colormaps[COLOURS](share)
        rgba[share <= _FAINTEST] = (0.93, 0.93, 0.93, 1.0)
        rgba[~brain] = (1.0, 1.0, 1.0, 0.0)
        space = ((height - len(rgba), 0), (0, 4), (0, 0))
        views.append(np.pad(rgba, space))
    page = np.concatenate(views, axis=1).repeat(_PIXELS, axis=0).repeat(_PIXELS, axis=1)
    content = io.BytesIO()
    nameless: Any = {"Software": None}  # equal maps, equal bytes
    imsave(content, page, format="png", metadata=nameless)
    return base64.b64encode(content.getvalue()).decode()
