"""Clusters of voxels above a threshold, and the peaks within them.

Voxels belong together when they share a face, or where it is asked for an edge or a
corner. A peak is a voxel (or a flat group of voxels) with no higher neighbour, corners
included, in its own cluster; a flat group is named by the voxel nearest its middle. Peaks
are kept from the highest down, each at least `separation_mm` from every peak kept before
it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import ndimage

from focale.frozen import freeze
from focale.space.mask import Mask
from focale.space.voxelmap import VoxelMap
from focale.typing import FloatArray, IntArray

Connectivity = Literal[6, 18, 26]
CONTACTS = {6: "faces", 18: "faces or edges", 26: "faces, edges or corners"}
"""What the voxels of a cluster share, in words."""

CONTACT_AXES = {6: 1, 18: 2, 26: 3}
"""In how many axes neighbours may differ."""

_NEIGHBOURS = [
    (i, j, k) for i in (-1, 0, 1) for j in (-1, 0, 1) for k in (-1, 0, 1) if i or j or k
]


@dataclass(frozen=True, slots=True)
class Peak:
    """A local maximum: its value, its place in mask order and in mm."""

    value: float
    position: int
    mm: tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """Connected voxels above a threshold.

    Attributes
    ----------
    positions
        Shape (n_voxels,); the voxels in mask order.
    peaks
        From the highest down; the first is the peak of the cluster.
    centre_mm
        Mean place of the voxels, weighted by their values.
    volume_mm3
        Volume of the voxels.
    """

    positions: IntArray
    peaks: tuple[Peak, ...]
    centre_mm: tuple[float, float, float]
    volume_mm3: float

    def __post_init__(self) -> None:
        freeze(self, "positions")


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """Clusters of a map that are large enough, the highest peak first.

    Attributes
    ----------
    members
        The clusters.
    labels
        Shape (n_mask_voxels,), int32; 1 for voxels of the first cluster and so on, 0
        for all others.
    smaller_volumes_mm3
        Volumes of the clusters left out for their size, the largest first.
    threshold
        Voxels above this value (not at it) are in a cluster.
    min_voxels
        Smallest number of voxels of a cluster that is kept.
    mask
        The voxels of the map.
    connectivity
        What voxels of a cluster share: faces (6), edges too (18), corners too (26).
    """

    members: tuple[Cluster, ...]
    labels: IntArray
    smaller_volumes_mm3: tuple[float, ...]
    threshold: float
    min_voxels: int
    mask: Mask
    connectivity: Connectivity

    def __post_init__(self) -> None:
        freeze(self, "labels")

    def __len__(self) -> int:
        """Number of clusters."""
        return len(self.members)

    def __iter__(self) -> Iterator[Cluster]:
        """Clusters, the highest peak first."""
        return iter(self.members)

    @property
    def sizes(self) -> IntArray:
        """Shape (n_clusters,); number of voxels."""
        return np.array([cluster.positions.size for cluster in self.members], dtype=np.int64)


def find_clusters(
    values: VoxelMap,
    threshold: float,
    min_voxels: int = 1,
    *,
    separation_mm: float = 8.0,
    max_peaks: int = 4,
    connectivity: Connectivity = 6,
) -> Clusters:
    """Clusters of a map above a threshold.

    Parameters
    ----------
    values
        The map; only its upper tail is looked at.
    threshold
        Voxels above it are in a cluster.
    min_voxels
        Smallest number of voxels of a cluster that is kept.
    separation_mm
        Smallest distance between two peaks of a cluster.
    max_peaks
        Largest number of peaks of a cluster.
    connectivity
        What voxels of a cluster share: faces (6), edges too (18), corners too (26).

    Returns
    -------
    Clusters
        Sorted by the value of the highest peak, ties by place in the mask; perhaps none.
    """
    mask = values.mask
    groups = _connected(mask, np.flatnonzero(values.values > threshold), connectivity)
    groups.sort(key=lambda group: -values.values[group].max())  # stable: ties stay in mask order
    large = [group for group in groups if group.size >= min_voxels]
    small = [
        group.size * mask.grid.voxel_volume_mm3 for group in groups if group.size < min_voxels
    ]
    labels = np.zeros(mask.n_voxels, dtype=np.int32)
    for number, group in enumerate(large, start=1):
        labels[group] = number
    members = tuple(
        Cluster(
            positions=group,
            peaks=tuple(_apart(peaks, separation_mm, max_peaks)),
            centre_mm=_centre(values, group),
            volume_mm3=group.size * mask.grid.voxel_volume_mm3,
        )
        for group, peaks in zip(large, _peaks(values, labels, large), strict=True)
    )
    return Clusters(
        members=members,
        labels=labels,
        smaller_volumes_mm3=tuple(sorted(small, reverse=True)),
        threshold=threshold,
        min_voxels=min_voxels,
        mask=mask,
        connectivity=connectivity,
    )


def connected_components(
    mask: Mask, positions: IntArray, connectivity: Connectivity = 6
) -> IntArray:
    """Number of the connected component of each mask position, shape (n,), from 1."""
    if positions.size == 0:
        return np.zeros(0, dtype=np.int64)
    ijk = mask.ijk(positions)
    corner = ijk.min(axis=0)
    box = np.zeros(ijk.max(axis=0) - corner + 1, dtype=bool)
    place = tuple((ijk - corner).T)
    box[place] = True
    contact = ndimage.generate_binary_structure(3, CONTACT_AXES[connectivity])
    components: IntArray = ndimage.label(box, contact)[0][place]
    return components


def _connected(mask: Mask, positions: IntArray, connectivity: Connectivity) -> list[IntArray]:
    """Groups of connected mask positions, each rising, in the order of their first."""
    components = connected_components(mask, positions, connectivity)
    order = np.argsort(components, kind="stable")
    ends = np.cumsum(np.bincount(components)[1:])
    return np.split(positions[order], ends[:-1]) if positions.size else []


def _centre(values: VoxelMap, group: IntArray) -> tuple[float, float, float]:
    x, y, z = np.average(values.mask.mm(group), axis=0, weights=values.values[group])
    return float(x), float(y), float(z)


def _peaks(values: VoxelMap, labels: IntArray, groups: Sequence[IntArray]) -> list[list[Peak]]:
    """Local maxima of each cluster, from the highest down."""
    if not groups:
        return []
    mask = values.mask
    positions = np.concatenate(groups)
    own, own_label = values.values[positions], labels[positions]
    neighbours = _neighbours(mask, positions)
    inside = neighbours >= 0
    same = inside & (labels[neighbours] == own_label[:, None])
    theirs = np.where(same, values.values[neighbours], -np.inf)
    is_top = np.all(theirs <= own[:, None], axis=1)
    level = theirs == own[:, None]

    top = dict.fromkeys(positions[is_top].tolist())
    flat = {
        int(positions[i]): neighbours[i][level[i]] for i in np.flatnonzero(is_top & level.any(1))
    }
    found: list[list[Peak]] = [[] for _ in groups]
    while top:
        position = next(iter(top))
        plateau, is_peak = _plateau(position, flat, top)
        for member in plateau:
            del top[member]
        if is_peak:
            middle = _middle(mask, plateau)
            x, y, z = mask.mm(np.array([middle]))[0].tolist()
            found[labels[middle] - 1].append(Peak(float(values.values[middle]), middle, (x, y, z)))
    for own_peaks in found:
        own_peaks.sort(key=lambda peak: (-peak.value, peak.position))
    return found


def _neighbours(mask: Mask, positions: IntArray) -> IntArray:
    """Mask positions of the 26 voxels around each voxel, shape (n, 26), -1 outside."""
    around = mask.ijk(positions)[:, None, :] + np.array(_NEIGHBOURS)
    in_volume = np.all((around >= 0) & (around < mask.grid.shape), axis=2)
    around[~in_volume] = 0
    found = mask.index[around[..., 0], around[..., 1], around[..., 2]]
    return np.where(in_volume, found, -1)


def _plateau(
    start: int, flat: dict[int, IntArray], top: dict[int, None]
) -> tuple[list[int], bool]:
    """Voxels level with a start voxel and joined to it, and whether none is next to a higher."""
    plateau, queue, is_peak = {start}, [start], True
    while queue:
        for neighbour in flat.get(queue.pop(), ()):
            if int(neighbour) not in top:
                is_peak = False  # level with us, but has a higher neighbour
            elif int(neighbour) not in plateau:
                plateau.add(int(neighbour))
                queue.append(int(neighbour))
    return sorted(plateau), is_peak


def _middle(mask: Mask, plateau: list[int]) -> int:
    """Voxel of a plateau nearest to its mean place."""
    places = mask.mm(np.array(plateau))
    distances: FloatArray = np.linalg.norm(places - places.mean(axis=0), axis=1)
    return plateau[int(np.round(distances, 6).argmin())]


def _apart(peaks: Sequence[Peak], separation_mm: float, max_peaks: int) -> list[Peak]:
    """Peaks at least so far from all peaks kept before them."""
    kept: list[Peak] = []
    for peak in peaks:
        distances = [np.linalg.norm(np.subtract(peak.mm, other.mm)) for other in kept]
        if len(kept) < max_peaks and all(d >= separation_mm for d in distances):
            kept.append(peak)
    return kept
