"""Make the bundled picture of a brain from a template in the wheel of nilearn (0.14.1).

    python validation/make_template.py

Source: the T1 image of the ICBM 152 non-linear symmetric template, version 2009a, without its
skull, 1 mm. Changes: sampled at the voxel centres of the standard 2 mm grid with weights 1, 2, 1
along each axis, kept inside the standard mask and the holes it encloses, rounded to 64 shades, the
darkest of them for what is empty in the template but enclosed by brain. Equal sources give equal
bytes.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import nibabel
import nilearn.datasets
import numpy as np
from scipy import ndimage

from focale.space.targets import standard_mask

DATA = Path(__file__).parents[1] / "src" / "focale" / "data"
NAME = "tpl-MNI152NLin2009aSym_res-02_desc-brain_T1w.nii.gz"
SOURCE = "mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz"
SHADES = 64


def smoothed(volume: np.ndarray) -> np.ndarray:
    """Volume whose voxels are means with their neighbours, weights 1, 2, 1 along each axis."""
    for axis in range(3):
        padded = np.moveaxis(
            np.pad(volume, [(1, 1) if a == axis else (0, 0) for a in range(3)]), axis, 0
        )
        volume = np.moveaxis(padded[:-2] + 2 * padded[1:-1] + padded[2:], 0, axis)
    return (volume + 32) // 64


def main() -> None:
    image = nibabel.load(Path(nilearn.datasets.__file__).parent / "data" / SOURCE)
    volume = smoothed(np.asarray(image.dataobj).astype(np.int64))
    grid, inside = standard_mask().grid, ndimage.binary_fill_holes(standard_mask().inside)
    ijk = nibabel.affines.apply_affine(
        np.linalg.inv(image.affine), grid.to_mm(np.argwhere(inside).astype(float))
    )
    whole = np.round(ijk).astype(int)
    assert np.allclose(ijk, whole), "no centre may lie between two voxels"
    assert np.all((whole >= 0) & (whole < volume.shape)), "no centre may lie beyond the template"
    step = 256 // SHADES
    shades = np.zeros(grid.shape, dtype=np.uint8)
    shades[inside] = np.minimum((volume[tuple(whole.T)] + step // 2) // step, SHADES - 1) * step
    enclosed = ndimage.binary_fill_holes(shades) & (shades == 0)
    shades[enclosed] = step

    brain = nibabel.Nifti1Image(shades, grid.affine)
    brain.header.set_xyzt_units("mm")
    brain.header["descrip"] = b"ICBM 152 2009a symmetric T1, modified: 2 mm, in mask"
    packed = gzip.compress(brain.to_bytes(), compresslevel=9, mtime=0)
    (DATA / NAME).write_bytes(packed)
    print(f"{len(packed):,} bytes")


if __name__ == "__main__":
    main()
