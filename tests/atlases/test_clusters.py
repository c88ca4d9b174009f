"""Labels of clusters equal those of the slow twin, and their shares add up."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest

from focale import find_atlas, label_clusters
from focale.atlases.clusters import ClusterLabels, Overlap
from focale.errors import ArgumentError
from focale.inference.clusters import find_clusters
from focale.space.grid import Grid
from focale.space.mask import Mask
from focale.space.targets import standard_mask
from focale.space.voxelmap import VoxelMap
from tests.atlases.conftest import affine_of, atlas_of
from tests.naive import labels as naive


def clusters_of(seed, size_mm=3.0, threshold=0.75):
    """Clusters of noise on a grid that is not the atlas's."""
    rng = np.random.default_rng(seed)
    grid = Grid((5, 6, 4), affine_of(size_mm, (-9.3, -11.1, -6.7)))
    mask = Mask(grid, np.ones(grid.shape, dtype=bool), "all", space="MNIColin27")
    return find_clusters(VoxelMap(rng.random(mask.n_voxels), mask), threshold)


def noise_atlas(seed, **facts):
    rng = np.random.default_rng(seed)
    volume = rng.integers(0, 6, size=(7, 8, 6)).astype(np.uint8)
    return atlas_of(np.where(volume > 4, 0, volume), **facts)


@pytest.mark.parametrize("seed", range(5))
def test_label_clusters__equals_naive(seed):
    clusters, atlas = clusters_of(seed), noise_atlas(seed)
    labelled = label_clusters(clusters, atlas)
    assert len(labelled) == len(clusters) > 1
    for cluster, labels in zip(clusters, labelled, strict=True):
        for peak, label in zip(cluster.peaks, labels.peaks, strict=True):
            assert (label.name, label.distance_mm) == naive.label_at(atlas, peak.mm)
        expected = naive.label_at(atlas, cluster.centre_mm)
        assert (labels.centre.name, labels.centre.distance_mm) == expected
        assert_shares(labels, naive.shares(atlas, clusters.mask.mm(cluster.positions)))


def assert_shares(labels: ClusterLabels, expected):
    assert labels.unlabelled == pytest.approx(expected.pop(None, 0.0))
    for overlap in labels.overlaps:
        assert overlap.share == pytest.approx(expected.pop(overlap.name))
        assert overlap.share >= 0.05
    assert labels.other == pytest.approx(sum(expected.values()))
    least = min((overlap.share for overlap in labels.overlaps), default=0.0)
    for share in expected.values():
        assert share <= least + 1e-9 if len(labels.overlaps) == 3 else share < 0.05


@pytest.mark.parametrize("seed", range(5))
def test_label_clusters__shares_add_up_to_one(seed):
    for labels in label_clusters(clusters_of(seed, threshold=0.3), noise_atlas(seed + 50)):
        total = sum(o.share for o in labels.overlaps) + labels.other + labels.unlabelled
        assert total == pytest.approx(1, abs=1e-12)


def test_label_clusters__are_equal_for_the_flipped_mask_and_atlas():
    mask = standard_mask()
    values = np.random.default_rng(3).random(mask.n_voxels)
    values[mask.ijk(np.arange(mask.n_voxels))[:, 2] % 6 > 2] = 0  # slabs of clusters
    flipped = Mask(
        Grid(mask.grid.shape, mask.grid.affine @ flip_x(mask.grid.shape[0])),
        mask.inside[::-1],
        mask.name,
        mask.space,
    )
    other = flipped.inside.astype(float)
    other[flipped.inside] = mask.to_volume(values)[::-1][flipped.inside]
    one = find_clusters(VoxelMap(values, mask), 0.8, 10)
    two = find_clusters(VoxelMap(other[flipped.inside], flipped), 0.8, 10)
    atlas = find_atlas("desikan-killiany")
    turned = atlas_of(atlas.volume[::-1], flipped.grid.affine, labels=atlas.labels)
    labels = [label_clusters(c, a) for c in (one, two) for a in (atlas, turned)]
    assert len(one) == len(two) > 20
    for others in labels[1:]:
        for own, of_other in zip(labels[0], others, strict=True):
            assert own.overlaps == of_other.overlaps
            assert own.peaks[0] == of_other.peaks[0]


def flip_x(n):
    flip = np.diag([-1.0, 1.0, 1.0, 1.0])
    flip[0, 3] = n - 1
    return flip


def test_label_clusters__joins_numbers_of_one_name():
    clusters = clusters_of(1, threshold=-1.0)  # one cluster of everything
    volume = np.full((30, 30, 30), 1, dtype=np.uint8)
    volume[:, :, ::2] = 2
    atlas = atlas_of(volume, affine_of(1.0, (-15, -15, -12)), labels={1: "cortex", 2: "cortex"})
    (labels,) = label_clusters(clusters, atlas)
    assert labels.overlaps == (Overlap("cortex", 1.0),)
    assert (labels.other, labels.unlabelled) == (0, 0)


def test_label_clusters__gives_the_name_and_version_of_the_atlas_and_its_notes():
    atlas = noise_atlas(2, version="4.1", space="MNI152NLin6Asym")
    labels = label_clusters(clusters_of(2), atlas)[0]
    assert labels.atlas == "Small 4.1"
    assert labels.notes == atlas.notes_for("MNIColin27") != ()


def test_label_clusters__refuses_the_name_of_an_atlas():
    with pytest.raises(ArgumentError, match=r"must be an atlas.*Got 'desikan-killiany' instead"):
        label_clusters(clusters_of(1), "desikan-killiany")


def test_label_clusters__of_no_cluster_is_empty():
    assert label_clusters(clusters_of(1, threshold=2.0), noise_atlas(1)) == []


def test_label_clusters__outside_the_atlas_is_unlabelled():
    far = affine_of(origin_mm=(500.0, 0.0, 0.0))
    atlas = atlas_of(np.ones((2, 2, 2), dtype=np.uint8), far)
    labels = label_clusters(clusters_of(1), atlas)[0]
    assert labels.unlabelled == 1
    assert labels.overlap_text == "unlabelled 100 %"
    assert {str(label) for label in (*labels.peaks, labels.centre)} == {"unlabelled"}


def test_overlap_text__lists_names_then_the_rest():
    place = naive_place = None  # not looked at
    labels = ClusterLabels(
        "Small", (place,), naive_place, (Overlap("R insula", 0.43), Overlap("R putamen", 0.2)),
        0.003, 0.367, (),
    )  # fmt: skip
    expected = "R insula 43 %; R putamen 20 %; other < 1 %; unlabelled 37 %"
    assert labels.overlap_text == expected


def test_label_clusters__of_a_probabilistic_atlas_counts_the_likeliest(tmp_path):
    from focale import read_atlas

    volumes = np.zeros((20, 20, 20, 2), dtype=np.float32)
    volumes[:10, ..., 0], volumes[..., 1] = 0.6, 0.4
    nibabel.save(nibabel.Nifti1Image(volumes, affine_of(1.5, (-15, -15, -12))), tmp_path / "p.nii")
    (tmp_path / "p.txt").write_text("1 first\n2 second\n")
    atlas = read_atlas(tmp_path / "p.nii")
    for labels in label_clusters(clusters_of(4), atlas):
        for label in (*labels.peaks, labels.centre):
            assert label.probability == pytest.approx({"first": 0.6, "second": 0.4}[label.name])
