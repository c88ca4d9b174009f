"""Labels of clusters: at each peak, at the centre, and by overlap.

A cluster may span several regions and its peak may lie at the edge of one, so no single
name is given: the share of its voxels in each region goes with the names of places.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from focale._check import refuse
from focale.atlases.atlas import NEAREST_MM, UNLABELLED, Atlas, PlaceLabel
from focale.inference.clusters import Clusters
from focale.typing import IntArray

MOST_OVERLAPS = 3
SMALLEST_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Overlap:
    """A label and its share of a cluster's voxels."""

    name: str
    share: float


@dataclass(frozen=True, slots=True)
class ClusterLabels:
    """What an atlas says of a cluster.

    Attributes
    ----------
    atlas
        Name and version of the atlas.
    peaks
        Label of each peak, or the nearest one, in the order of the cluster's peaks.
    centre
        The same for the cluster's centre, which may lie outside the cluster.
    overlaps
        At most three labels with at least 5 % of the voxels, the largest first.
    other, unlabelled
        Share of the voxels with another label, and with none. With `overlaps` they add
        up to 1.
    notes
        What to know of the atlas before its labels are used for this map.
    """

    atlas: str
    peaks: tuple[PlaceLabel, ...]
    centre: PlaceLabel
    overlaps: tuple[Overlap, ...]
    other: float
    unlabelled: float
    notes: tuple[str, ...]

    @property
    def overlap_text(self) -> str:
        """Shares in words: "R insula 43 %; other 12 %; unlabelled 45 %"."""
        shares = [(overlap.name, overlap.share) for overlap in self.overlaps]
        shares += [("other", self.other), (UNLABELLED, self.unlabelled)]
        return "; ".join(f"{name} {_percent(share)}" for name, share in shares if share > 0)


def _percent(share: float) -> str:
    return "< 1 %" if share < 0.005 else f"{100 * share:.0f} %"


def label_clusters(
    clusters: Clusters, atlas: Atlas, *, within_mm: float = NEAREST_MM
) -> list[ClusterLabels]:
    """Anatomical labels of each cluster.

    Parameters
    ----------
    clusters
        Clusters on any grid; the voxel of the atlas nearest to the centre of each of their
        voxels is looked at.
    atlas
        See `focale.atlases.finding.find_atlas` and `read_atlas`.
    within_mm
        How far from a peak or centre without a label one is looked for.

    Returns
    -------
    list of ClusterLabels
        One a cluster, in their order.

    Raises
    ------
    ArgumentError
        If the atlas is not one, or the distance is not above 0.
    """
    if not isinstance(atlas, Atlas):
        raise refuse("atlas", "label_clusters", "an atlas, as find_atlas gives one", atlas)
    mask = clusters.mask
    notes = atlas.notes_for(mask.space)
    if not clusters.members:
        return []
    positions = np.concatenate([cluster.positions for cluster in clusters])
    numbers = atlas.numbers_at(mask.mm(positions))
    ends = np.cumsum(clusters.sizes)[:-1]
    labelled = []
    for cluster, own in zip(clusters, np.split(numbers, ends), strict=True):
        overlaps, other, unlabelled = _shares(atlas, own)
        labelled.append(
            ClusterLabels(
                atlas=atlas.title,
                peaks=tuple(atlas.label_at(peak.mm, within_mm) for peak in cluster.peaks),
                centre=atlas.label_at(cluster.centre_mm, within_mm),
                overlaps=overlaps,
                other=other,
                unlabelled=unlabelled,
                notes=notes,
            )
        )
    return labelled


def _shares(atlas: Atlas, numbers: IntArray) -> tuple[tuple[Overlap, ...], float, float]:
    """Shares of the largest labels, of all other labels, and of no label."""
    voxels: Counter[str] = Counter()
    for number, n in zip(*np.unique(numbers[numbers > 0], return_counts=True), strict=True):
        voxels[atlas.labels[int(number)]] += int(n)  # two numbers may have one name
    n_labelled = voxels.total()
    large = sorted(voxels.items(), key=lambda item: (-item[1], item[0]))[:MOST_OVERLAPS]
    large = [(name, n) for name, n in large if n >= SMALLEST_SHARE * numbers.size]
    n_named = sum(n for _, n in large)
    overlaps = tuple(Overlap(name, n / numbers.size) for name, n in large)
    return (
        overlaps,
        (n_labelled - n_named) / numbers.size,
        (numbers.size - n_labelled) / numbers.size,
    )
