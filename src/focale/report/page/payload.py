"""What the viewer of a report needs: maps, foci, picture, labels and words.

Everything is JSON; arrays are packed as `packing.py` says. Names from files are made one
line and cut, and remain text. Equal results give equal payloads.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any, TypeAlias

import numpy as np

from focale.atlases.atlas import Atlas
from focale.descriptive import DescriptiveResult
from focale.inferential import InferentialResult
from focale.phrases import one_line
from focale.plotting.foci import study_markers
from focale.plotting.style import ALE_COLOURS
from focale.report.page.meaning import threshold_words
from focale.report.page.outline import outline_mm
from focale.report.page.packing import packed, packed_grid
from focale.report.page.shown_maps import ShownMaps, shown_maps
from focale.space.grid import Grid
from focale.space.mask import Mask
from focale.space.picture import SPACE, Picture, brain_picture
from focale.typing import FloatArray

AnyReading: TypeAlias = DescriptiveResult | InferentialResult


def viewer_payload(result: AnyReading) -> dict[str, Any]:
    """What ``viewer.js`` reads, for JSON.

    Parameters
    ----------
    result
        A descriptive or an inferential reading.
    """
    picture = brain_picture()
    threshold = _threshold(result)
    shown = shown_maps(result.ma, result.stat.values, threshold)
    return {
        "format": 1,
        "mode": "inferential" if isinstance(result, InferentialResult) else "descriptive",
        "picture": _picture(),
        "note": _note(result.mask),
        "view_mm": _view(result.mask, picture),
        "atlas": _atlas(result.anatomy[0].atlas) if result.anatomy else None,
        "map": _map(result, shown),
        "inside": _inside(result.mask),
        "words": {"statistic": result.words.statistic, "decimals": result.words.decimals},
        "threshold": {"value": threshold, **threshold_words(result, threshold)},
        "only_listed": isinstance(result, InferentialResult),
        "colours": packed(_colours()),
        "start_mm": _start(result),
        "outline_mm": _outline(result.mask),
        **_evidence(result),
    }


def _threshold(result: AnyReading) -> float:
    """Value that the picture is cut at first."""
    level = (
        result.display_threshold
        if isinstance(result, DescriptiveResult)
        else result.clusters.threshold
    )
    if level <= result.stat.max:
        return level
    values = result.stat.values  # no voxel has so small a p: some other level to begin with
    return float(np.percentile(values[values > 0], 95.0))


# What does not depend on the result is packed once: many results share a mask and an atlas.


@cache
def _picture() -> dict[str, Any]:
    picture = brain_picture()
    return {**packed_grid(picture.grid), "shades": packed(picture.shades)}


@lru_cache(maxsize=4)
def _inside(mask: Mask) -> dict[str, Any]:
    """Which voxels are in the mask, a bit each."""
    return {**packed_grid(mask.grid), "bits": packed(np.packbits(mask.inside))}


@lru_cache(maxsize=4)
def _outline(mask: Mask) -> Any:
    return outline_mm(mask)


def _map(result: AnyReading, shown: ShownMaps) -> dict[str, Any]:
    return {
        **packed_grid(shown.grid),
        "corner": list(shown.corner),
        "places": packed(np.diff(shown.places, prepend=0)),
        "step": shown.step,
        "lowest": shown.lowest,
        "max": result.stat.max,
        "kind": result.ma.scale.kind,
        "log_sum": packed(shown.log_sum),
        "clusters": packed(result.clusters.labels[shown.positions]),
        "n_clusters": len(result.clusters),
        "own": None if shown.own is None else [packed(own) for own in shown.own],
    }


@lru_cache(maxsize=4)
def _atlas(atlas: Atlas) -> dict[str, Any]:
    """Labels at the voxels of the picture."""
    picture = brain_picture()
    every = np.argwhere(np.ones(picture.grid.shape, dtype=bool)).astype(float)
    numbers = atlas.numbers_at(picture.grid.to_mm(every))
    present = [int(n) for n in np.unique(numbers) if n]
    return {
        "title": one_line(atlas.title),
        "labels": [one_line(atlas.labels[n]) for n in present],
        "numbers": packed(np.searchsorted([0, *present], numbers)),
    }


def _evidence(result: AnyReading) -> dict[str, Any]:
    studyset = result.studyset
    studies = [one_line(str(name)) for name in studyset.study_ids]
    return {
        "studies": studies,
        "experiments": [one_line(str(name)) for name in studyset.ids],
        "contrasts": [one_line(e.name or e.contrast_id) for e in studyset],
        "study_of_experiment": studyset.study_of_experiment.tolist(),
        "markers": [[m.colour, m.shape, m.hollow] for m in study_markers(len(studies))],
        "foci_mm": (np.round(studyset.foci_mm, 1) + 0.0).reshape(-1).tolist(),
        "experiment_of_focus": studyset.experiment_of_focus.tolist(),
    }


def _view(mask: Mask, picture: Picture) -> list[list[float]]:
    """Lowest and highest mm of each axis that the slices show: the mask and the picture."""
    boxes = [_edges(mask.grid, mask.ijk(np.arange(mask.n_voxels))), _edges(picture.grid)]
    low = np.min([box.min(axis=0) for box in boxes], axis=0) - 2.0
    high = np.max([box.max(axis=0) for box in boxes], axis=0) + 2.0
    return [[float(a), float(b)] for a, b in np.round(np.stack([low, high], axis=1), 2)]


def _edges(grid: Grid, ijk: Any = None) -> FloatArray:
    """Corners, mm, of the box of some voxels of a grid."""
    first = np.zeros(3) if ijk is None else ijk.min(axis=0)
    last = np.array(grid.shape) - 1 if ijk is None else ijk.max(axis=0)
    ends = np.stack([first - 0.5, last + 0.5])
    corners = [
        [ends[a, 0], ends[b, 1], ends[c, 2]] for a in (0, 1) for b in (0, 1) for c in (0, 1)
    ]
    return grid.to_mm(np.array(corners))


def _start(result: AnyReading) -> list[float]:
    """The highest peak that is listed, or the highest place of all."""
    mm = result.clusters.members[0].peaks[0].mm if len(result.clusters) else result.stat.max_mm
    return [float(v) for v in mm]


def _note(mask: Mask) -> str:
    """Where the picture comes from, and how well it fits."""
    text = f"Picture behind the map: T1 of the ICBM 152 template 2009a ({SPACE}, 2 mm). "
    if mask.space == SPACE:
        return f"{text}The map is in the same space."
    if mask.space.lower().startswith("mni"):
        return (
            f"{text}The map is in {one_line(mask.space)}, a related template: borders may differ "
            "by some millimetres."
        )
    return (
        f"{text}The space of the map is "
        f"{'not known' if mask.space == 'unknown' else one_line(mask.space)}: the picture may not "
        "fit it."
    )


def _colours() -> Any:
    """Shape (256, 3); red, green and blue of the colours of the statistic."""
    from matplotlib import colormaps

    return colormaps[ALE_COLOURS](np.arange(256), bytes=True)[:, :3]
