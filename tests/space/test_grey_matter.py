"""Grey matter within a mask."""

from __future__ import annotations

import subprocess
import sys

import nibabel
import numpy as np
import pytest

from focale.errors import ArgumentError
from focale.space.grey_matter import grey_matter
from focale.space.grid import Grid
from focale.space.mask import Mask


def box(edge_mm, corner_mm, shape, space="MNI152NLin6Asym", name="a box"):
    affine = np.diag([edge_mm, edge_mm, edge_mm, 1.0])
    affine[:3, 3] = corner_mm
    return Mask(Grid(shape, affine), np.ones(shape, dtype=bool), name, space)


def template():
    """The map of nilearn, and the affine that takes its voxels to mm."""
    from nilearn.datasets import load_mni152_gm_template

    image = load_mni152_gm_template()
    return np.asarray(image.dataobj), image.affine


def test_grey_matter__has_the_voxels_nimare_draws_from(brain):
    # NiMARE 0.22.1, mask_coverage="gm" on mni152_2mm: the same 186,779 voxels, none differs.
    # (Grey10, the mask of the MATLAB code, is of another template: 182,013 of them are in it.)
    grey = grey_matter(brain)
    assert grey.n_voxels == 186_779
    assert grey.sha256 == "82c213dc03aa78e1c57bd7ebb9ba2ceeed362e7a64923847672c482708c3e54b"


def test_grey_matter__is_the_template_at_the_centres_of_voxels(brain):
    share, affine = template()
    ijk = nibabel.affines.apply_affine(np.linalg.inv(affine), brain.mm(np.arange(brain.n_voxels)))
    at = share[tuple(np.round(ijk).astype(int).T)]
    for above in (0.1, 0.5):
        inside = grey_matter(brain, above).inside[brain.inside]
        assert np.mean(inside == (at > above)) == 1


def test_grey_matter__lies_within_the_mask(brain):
    half = brain.inside.copy()
    half[:45] = False
    right = Mask(brain.grid, half, "the right half", brain.space)
    assert np.array_equal(grey_matter(right).inside, grey_matter(brain).inside & half)


def test_grey_matter__keeps_grid_and_space_and_says_what_it_is(brain):
    grey = grey_matter(brain, 0.25)
    assert grey.grid is brain.grid
    assert grey.space == brain.space
    assert grey.name == f"grey matter above 25 % within {brain.name}"


@pytest.mark.parametrize("edge_mm", [1.5, 3.0])
def test_grey_matter__is_as_large_on_other_grids(edge_mm):
    # 90 mm cubes at the left and front of the brain; borders are 2 mm coarse.
    cubes = [box(edge, (-90, 0, 0), (int(90 / edge),) * 3) for edge in (2.0, edge_mm)]
    two_mm, other = (grey_matter(c).n_voxels * c.grid.voxel_volume_mm3 for c in cubes)
    assert other == pytest.approx(two_mm, rel=0.02)


def test_grey_matter__does_not_depend_on_the_direction_of_axes(brain):
    turned = Mask(
        Grid(
            brain.grid.shape,
            brain.grid.affine @ nibabel.affines.from_matvec(np.diag([-1.0, 1, 1]), [90.0, 0, 0]),
        ),
        brain.inside[::-1],
        "turned",
        brain.space,
    )
    assert np.array_equal(grey_matter(turned).inside[::-1], grey_matter(brain).inside)


def test_grey_matter__is_computed_once(brain):
    assert grey_matter(brain) is grey_matter(brain, 0.1)


def test_grey_matter__where_there_is_none_is_refused():
    message = r"there is no grey matter above 10 % within a box; check that it lies where"
    with pytest.raises(ArgumentError, match=message):
        grey_matter(box(2.0, (300, 300, 300), (5, 5, 5)))


@pytest.mark.parametrize("space", ["unknown", "Talairach", ""])
def test_grey_matter__of_a_mask_in_no_mni_space_is_refused(space):
    message = f"a box is in the space {space!r}, and .* MNI .*space='MNI152NLin6Asym'"
    with pytest.raises(ArgumentError, match=message):
        grey_matter(box(2.0, (0, 0, 0), (20, 20, 20), space=space))


@pytest.mark.parametrize("above", [0, 1, -0.1, np.nan, "0.1", None])
def test_grey_matter__refuses_a_share_that_cannot_be(brain, above):
    with pytest.raises(ArgumentError, match="The 'above' parameter of grey_matter must be"):
        grey_matter(brain, above)


def test_grey_matter__does_not_load_nilearn_before_it_is_asked():
    code = "import sys, focale.space.grey_matter; assert 'nilearn' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
