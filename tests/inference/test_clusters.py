"""Clusters and peaks against a twin that walks voxel by voxel."""

from __future__ import annotations

import itertools
from typing import get_args

import numpy as np
import pytest
from scipy import ndimage

from focale.inference.clusters import (
    CONTACT_AXES,
    CONTACTS,
    Connectivity,
    connected_components,
    find_clusters,
)
from focale.space.voxelmap import VoxelMap
from tests.fixtures_pain import box_mask

# ------------------------------------------------------------------ the twin


def naive_clusters(values, threshold, min_voxels, separation_mm=8.0, max_peaks=4):
    """(voxels, peaks as (value, mm), centre in mm) of each cluster, the highest first."""
    mask = values.mask
    above = mask.inside & (values.volume > threshold)
    labelled, n = ndimage.label(above)  # faces are its default
    found = []
    for number in range(1, n + 1):
        voxels = sorted(map(tuple, np.argwhere(labelled == number).tolist()))
        if len(voxels) >= min_voxels:
            peaks = naive_peaks(values.volume, voxels, mask.grid, separation_mm, max_peaks)
            found.append((voxels, peaks, naive_centre(values.volume, voxels, mask.grid)))
    found.sort(key=lambda cluster: (-cluster[1][0][0], cluster[0][0]))
    return found


def naive_peaks(volume, voxels, grid, separation_mm, max_peaks):
    candidates, seen = [], set()
    for voxel in voxels:
        if voxel not in seen:
            level, is_peak = flat_group(volume, voxel, set(voxels))
            seen |= level
            if is_peak:
                candidates.append((float(volume[voxel]), middle_of(sorted(level), grid)))
    candidates.sort(key=lambda peak: (-peak[0], peak[1]))
    kept = []
    for value, voxel in candidates:
        mm = tuple(grid.to_mm(np.array([voxel], dtype=float))[0].tolist())
        if all(np.linalg.norm(np.subtract(mm, other)) >= separation_mm for _, other in kept):
            kept.append((value, mm))
    return kept[:max_peaks]


def flat_group(volume, start, own):
    """Voxels level with one and joined to it, and whether none of them has a higher neighbour."""
    level, queue, is_peak = {start}, [start], True
    while queue:
        for neighbour in own.intersection(around(queue.pop())):
            if volume[neighbour] > volume[start]:
                is_peak = False
            elif volume[neighbour] == volume[start] and neighbour not in level:
                level.add(neighbour)
                queue.append(neighbour)
    return level, is_peak


def around(voxel):
    """The 26 voxels around one."""
    for step in itertools.product((-1, 0, 1), repeat=3):
        if any(step):
            yield tuple(v + s for v, s in zip(voxel, step, strict=True))


def middle_of(plateau, grid):
    places = grid.to_mm(np.array(plateau, dtype=float))
    distances = np.linalg.norm(places - places.mean(axis=0), axis=1).round(6)
    return plateau[int(distances.argmin())]


def naive_centre(volume, voxels, grid):
    weights = np.array([volume[voxel] for voxel in voxels])
    places = grid.to_mm(np.array(voxels, dtype=float))
    return (places * weights[:, None]).sum(axis=0) / weights.sum()


# ------------------------------------------------------------------ builders


def map_of(volume, inside=None, **grid):
    mask = box_mask(np.shape(volume), inside=inside, **grid)
    return VoxelMap(np.asarray(volume, dtype=float)[mask.inside], mask)


def line(**values_at):
    """A row of 31 voxels, 2 mm apart along x, 1 everywhere but at `x<mm>=value`."""
    volume = np.ones((31, 1, 1))
    for name, value in values_at.items():
        volume[int(name[1:]) // 2] = value
    return map_of(volume)


def peaks_of(clusters):
    return [[(peak.value, peak.mm) for peak in cluster.peaks] for cluster in clusters]


def first_x(clusters, number=0):
    return [peak.mm[0] for peak in clusters.members[number].peaks]


# ------------------------------------------------------------------ against the twin


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("levels", [4, 1000], ids=["plateaus", "distinct"])
def test_find_clusters__equals_the_twin(seed, levels):
    rng = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(rng.random((11, 9, 10)), 0.8 if levels > 10 else 0.5)
    volume = np.round(levels * (smooth - smooth.min()) / np.ptp(smooth))
    values = map_of(volume, inside=rng.random(volume.shape) < 0.9)
    threshold = float(np.quantile(volume, 0.6))
    found = find_clusters(values, threshold, 3, separation_mm=5.0, max_peaks=3)
    expected = naive_clusters(values, threshold, 3, separation_mm=5.0, max_peaks=3)

    assert len(found) == len(expected) > 0
    for cluster, (voxels, peaks, centre) in zip(found, expected, strict=True):
        assert list(map(tuple, values.mask.ijk(cluster.positions).tolist())) == voxels
        assert [(peak.value, peak.mm) for peak in cluster.peaks] == peaks
        np.testing.assert_allclose(cluster.centre_mm, centre, atol=1e-9)
        assert cluster.volume_mm3 == pytest.approx(8 * len(voxels))


def test_find_clusters__equals_the_twin_on_the_pain_map(pain8_map):
    values, threshold = pain8_map
    found = find_clusters(values, threshold, 500)
    expected = naive_clusters(values, threshold, 500)
    assert peaks_of(found) == [peaks for _, peaks, _ in expected]
    assert found.sizes.tolist() == [len(voxels) for voxels, _, _ in expected]


@pytest.fixture(scope="module")
def pain8_map():
    from focale import ALE, Studyset, pain_studyset_path

    studyset = Studyset(pain_studyset_path())
    ale = ALE().statistic(studyset.slice(studyset.ids[:8])).ale
    return ale, float(np.percentile(ale.values[ale.values > 0], 95))


# ------------------------------------------------------------------ what belongs together


def test_find_clusters__faces_join_and_edges_and_corners_do_not():
    volume = np.zeros((5, 5, 5))
    volume[0, 0, 0] = volume[1, 0, 0] = 3  # share a face
    volume[2, 1, 0] = 2  # touches the second at an edge
    volume[3, 2, 1] = 1  # touches the third at a corner
    assert find_clusters(map_of(volume), 0).sizes.tolist() == [2, 1, 1]


@pytest.mark.parametrize(("connectivity", "sizes"), [(6, [2, 1, 1]), (18, [3, 1]), (26, [4])])
def test_find_clusters__edges_and_corners_join_where_it_is_asked(connectivity, sizes):
    volume = np.zeros((5, 5, 5))
    volume[0, 0, 0] = volume[1, 0, 0] = 3
    volume[2, 1, 0] = 2  # touches the second at an edge
    volume[3, 2, 1] = 1  # touches the third at a corner
    found = find_clusters(map_of(volume), 0, connectivity=connectivity)
    assert found.sizes.tolist() == sizes


@pytest.mark.parametrize("connectivity", get_args(Connectivity))
@pytest.mark.parametrize("share", [0.05, 0.15, 0.3])
def test_find_clusters__equals_scipy(connectivity, share):
    rng = np.random.default_rng(7)
    volume = rng.permutation(11 * 9 * 10).reshape(11, 9, 10)  # no value comes twice
    values = map_of(volume, inside=rng.random(volume.shape) < 0.9)
    threshold = float(np.quantile(volume, 1 - share))
    found = find_clusters(values, threshold, connectivity=connectivity)

    above = values.mask.inside & (volume > threshold)
    contact = ndimage.generate_binary_structure(3, {6: 1, 18: 2, 26: 3}[connectivity])
    labels, n = ndimage.label(above, contact)
    tops = ndimage.maximum(volume, labels, range(1, n + 1))
    by_peak = 1 + np.argsort(-tops, kind="stable")
    expected = [np.flatnonzero(labels[values.mask.inside] == number) for number in by_peak]
    assert [c.positions.tolist() for c in found] == [group.tolist() for group in expected]
    assert [c.peaks[0].value for c in found] == sorted(tops, reverse=True)


@pytest.mark.parametrize("connectivity", get_args(Connectivity))
def test_find_clusters__no_connectivity_wraps_around_the_border(connectivity):
    volume = np.zeros((4, 4, 4))
    volume[0, 0, 0] = volume[3, 3, 3] = volume[0, 0, 3] = volume[0, 3, 0] = volume[3, 0, 0] = 1
    found = find_clusters(map_of(volume), 0, connectivity=connectivity)
    assert found.sizes.tolist() == [1] * 5


def test_contacts__say_what_the_number_of_neighbours_is():
    words = {6: "faces", 18: "faces or edges", 26: "faces, edges or corners"}
    assert words == CONTACTS
    assert tuple(CONTACTS) == tuple(CONTACT_AXES) == get_args(Connectivity)
    for connectivity, axes in CONTACT_AXES.items():
        steps = itertools.product((-1, 0, 1), repeat=3)
        assert sum(0 < sum(map(abs, step)) <= axes for step in steps) == connectivity


def test_find_clusters__a_value_at_the_threshold_is_outside():
    clusters = find_clusters(line(x10=2, x12=3), 2)
    assert clusters.sizes.tolist() == [1]
    assert first_x(clusters) == [12.0]


def test_find_clusters__the_smallest_size_is_kept_and_one_less_is_not():
    values = line(x10=3, x12=3, x20=2)
    assert find_clusters(values, 1, 2).sizes.tolist() == [2]
    assert find_clusters(values, 1, 3).sizes.tolist() == []


def test_find_clusters__lists_volumes_of_smaller_clusters_the_largest_first():
    clusters = find_clusters(line(x4=9, x10=3, x12=3, x14=3, x20=2, x22=2), 1, 3)
    assert clusters.smaller_volumes_mm3 == (16.0, 8.0)


def test_find_clusters__the_highest_peak_comes_first_not_the_largest_cluster():
    clusters = find_clusters(line(x4=2, x6=2, x8=2, x20=3), 1)
    assert clusters.sizes.tolist() == [1, 3]


def test_find_clusters__equal_peaks_come_in_mask_order():
    clusters = find_clusters(line(x20=2, x4=2, x40=2), 1)
    assert [first_x(clusters, n) for n in range(3)] == [[4.0], [20.0], [40.0]]


def test_find_clusters__labels_number_the_kept_clusters_and_nothing_else():
    values = line(x4=2, x6=2, x12=9, x20=3, x22=3)
    clusters = find_clusters(values, 1, 2)
    expected = np.zeros(31, dtype=int)
    expected[[10, 11]] = 1
    expected[[2, 3]] = 2
    assert clusters.labels.tolist() == expected.tolist()


def test_find_clusters__of_nothing_is_empty():
    clusters = find_clusters(line(), 5)
    assert len(clusters) == 0
    assert list(clusters) == []
    assert clusters.sizes.shape == (0,)
    assert clusters.smaller_volumes_mm3 == ()
    assert not clusters.labels.any()


def test_find_clusters__the_whole_mask_can_be_one_cluster():
    inside = np.ones((4, 4, 4), dtype=bool)
    inside[0, 0, 0] = False
    rng = np.random.default_rng(1)
    clusters = find_clusters(map_of(rng.random((4, 4, 4)), inside=inside), -1.0)
    assert clusters.sizes.tolist() == [63]
    assert np.all(clusters.labels == 1)


def test_find_clusters__a_gap_in_the_mask_parts_clusters():
    inside = np.ones((5, 1, 1), dtype=bool)
    inside[2] = False
    assert find_clusters(map_of(np.full((5, 1, 1), 2.0), inside=inside), 1).sizes.tolist() == [
        2,
        2,
    ]


def test_find_clusters__does_not_wrap_around_the_border():
    volume = np.zeros((4, 4, 4))
    volume[0, 0, 0] = volume[3, 3, 3] = volume[0, 0, 3] = 1
    volume[0, 1, 0] = volume[3, 3, 2] = volume[1, 0, 3] = 2
    assert find_clusters(map_of(volume), 0).sizes.tolist() == [2, 2, 2]


# ------------------------------------------------------------------ peaks


def test_find_clusters__a_peak_near_any_kept_peak_is_dropped():
    """Peaks at 0, 40 and 4 mm, falling: nilearn drops the third and then restores it."""
    clusters = find_clusters(line(x0=9, x40=8, x4=7), 0.5)
    assert first_x(clusters) == [0.0, 40.0]


@pytest.mark.parametrize(("at_mm", "kept"), [(6, [0.0]), (8, [0.0, 8.0]), (10, [0.0, 10.0])])
def test_find_clusters__peaks_eight_millimetres_apart_are_both_kept(at_mm, kept):
    assert first_x(find_clusters(line(x0=9, **{f"x{at_mm}": 8}), 0.5)) == kept


def test_find_clusters__a_dropped_peak_does_not_shadow_others():
    assert first_x(find_clusters(line(x0=9, x6=8, x12=7), 0.5)) == [0.0, 12.0]


def test_find_clusters__keeps_four_peaks_at_most():
    values = line(x0=9, x10=8, x20=7, x30=6, x40=5)
    assert first_x(find_clusters(values, 0.5)) == [0.0, 10.0, 20.0, 30.0]
    assert first_x(find_clusters(values, 0.5, max_peaks=1)) == [0.0]


def test_find_clusters__equal_peaks_within_a_cluster_come_in_mask_order():
    assert first_x(find_clusters(line(x30=5, x10=5, x50=9), 0.5)) == [50.0, 10.0, 30.0]


def test_find_clusters__a_flat_cluster_has_one_peak_in_its_middle():
    assert first_x(find_clusters(line(x10=2, x12=2, x14=2), 1)) == [12.0]


def test_find_clusters__a_flat_top_is_one_peak():
    clusters = find_clusters(line(x8=2, x10=3, x12=3, x14=3, x16=2), 1)
    assert first_x(clusters) == [12.0]


def test_find_clusters__a_shoulder_is_no_peak():
    clusters = find_clusters(line(x10=2, x12=2, x14=2, x16=2, x18=2, x20=3), 1)
    assert first_x(clusters) == [20.0]


def test_find_clusters__a_bent_plateau_is_named_by_a_voxel_of_its_own():
    volume = np.zeros((9, 9, 1))
    volume[2, 2:7] = volume[2:7, 2] = 5  # an L, whose mean place is not on it
    clusters = find_clusters(map_of(volume), 0)
    (peak,) = clusters.members[0].peaks
    assert peak.value == 5.0


def test_find_clusters__a_corner_neighbour_of_another_cluster_does_not_hide_a_peak():
    volume = np.zeros((4, 4, 4))
    volume[0, 0, 0], volume[1, 1, 1] = 2, 3
    assert peaks_of(find_clusters(map_of(volume), 0)) == [
        [(3.0, (2.0, 2.0, 2.0))],
        [(2.0, (0.0, 0.0, 0.0))],
    ]


def test_find_clusters__a_peak_lies_at_its_position():
    values = line(x10=2, x20=3)
    for cluster in find_clusters(values, 1):
        for peak in cluster.peaks:
            assert values.values[peak.position] == peak.value
            assert tuple(values.mask.mm(np.array([peak.position]))[0]) == peak.mm


# ------------------------------------------------------------------ centre and space


def test_find_clusters__the_centre_is_weighted_by_the_values():
    clusters = find_clusters(line(x10=2, x12=6), 1)
    assert clusters.members[0].centre_mm == pytest.approx((11.5, 0, 0))


def test_find_clusters__a_flipped_grid_gives_the_same_millimetres():
    rng = np.random.default_rng(5)
    volume = ndimage.gaussian_filter(rng.random((14, 12, 10)), 1.0)
    threshold = float(np.quantile(volume, 0.8))
    plain = find_clusters(map_of(volume), threshold)
    flipped = find_clusters(
        map_of(volume[::-1], edges_mm=(-2.0, 2.0, 2.0), origin_mm=(26.0, 0.0, 0.0)), threshold
    )
    assert peaks_of(plain) == peaks_of(flipped)
    np.testing.assert_allclose(
        [c.centre_mm for c in plain], [c.centre_mm for c in flipped], atol=1e-9
    )


def test_find_clusters__distances_are_millimetres_on_anisotropic_voxels():
    volume = np.ones((1, 1, 11))
    volume[0, 0, 2], volume[0, 0, 4], volume[0, 0, 6] = 9, 8, 7
    values = map_of(volume, edges_mm=(2.0, 2.0, 3.0))  # 6 mm and 12 mm from the first
    clusters = find_clusters(values, 0.5)
    assert [peak.mm[2] for peak in clusters.members[0].peaks] == [6.0, 18.0]
    assert clusters.members[0].volume_mm3 == pytest.approx(11 * 12)


# ------------------------------------------------------------------ connected_components


def test_connected_components__of_no_position_is_empty():
    assert connected_components(box_mask((3, 3, 3)), np.zeros(0, dtype=int)).shape == (0,)


def test_connected_components__numbers_positions_from_one():
    mask = box_mask((7, 1, 1))
    assert connected_components(mask, np.array([0, 1, 3, 5, 6])).tolist() == [1, 1, 2, 3, 3]
