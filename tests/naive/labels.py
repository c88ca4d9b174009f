"""Labels of places and clusters, by looking at every voxel of the atlas."""

from __future__ import annotations

import itertools
import math


def voxels_of(atlas):
    """Centre in mm and number of each voxel of an atlas."""
    for ijk in itertools.product(*map(range, atlas.grid.shape)):
        centre = atlas.grid.affine[:3, :3] @ ijk + atlas.grid.affine[:3, 3]
        yield tuple(centre), int(atlas.volume[ijk])


def number_at(atlas, place):
    """Number of the voxel a place lies in; of equally near ones that to the left, back, below."""
    half = atlas.grid.voxel_size_mm.max() / 2
    inside = [
        (round(math.dist(centre, place), 6), centre, number)
        for centre, number in voxels_of(atlas)
        if max(abs(a - b) for a, b in zip(centre, place, strict=True)) <= half + 1e-9
    ]
    return min(inside)[2] if inside else 0


def label_at(atlas, place, within_mm=5.0):
    """Name and distance of a place's label."""
    number = number_at(atlas, place)
    if number:
        return atlas.labels[number], 0.0
    near = sorted(
        (round(math.dist(centre, place), 6), number)
        for centre, number in voxels_of(atlas)
        if number and round(math.dist(centre, place), 6) <= within_mm
    )
    return (atlas.labels[near[0][1]], near[0][0]) if near else ("unlabelled", None)


def shares(atlas, places):
    """Share of the places by name, None for those without a label."""
    found = {}
    for place in places:
        name = atlas.labels.get(number_at(atlas, place))
        found[name] = found.get(name, 0) + 1 / len(places)
    return found
