"""Small atlases, in memory and on disk."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest

from focale.atlases.atlas import Atlas
from focale.space.grid import Grid


def affine_of(size_mm=2.0, origin_mm=(-8.0, -10.0, -6.0)):
    affine = np.diag([size_mm, size_mm, size_mm, 1.0])
    affine[:3, 3] = origin_mm
    return affine


def atlas_of(volume, affine=None, labels=None, **facts):
    """Atlas of a volume whose labels are called "area 1" and so on."""
    numbers = [int(n) for n in np.unique(volume) if n]
    return Atlas(
        name=facts.pop("name", "Small"),
        licence="none",
        citation="",
        source="memory",
        grid=Grid(volume.shape, affine_of() if affine is None else affine),
        volume=volume,
        labels=labels or {n: f"area {n}" for n in numbers},
        **facts,
    )


def save(path, volume, affine=None):
    """An image file of a volume."""
    nibabel.save(nibabel.Nifti1Image(volume, affine_of() if affine is None else affine), path)
    return path


@pytest.fixture
def blobs():
    """Two labels of 2 x 2 x 2 voxels, far apart, in 9 x 11 x 8 voxels."""
    volume = np.zeros((9, 11, 8), dtype=np.uint8)
    volume[1:3, 1:3, 1:3] = 1
    volume[6:8, 8:10, 5:7] = 2
    return volume
