"""Maps and histograms that other programs published, from the corpus.

Enge et al. 2021 (doi:10.1016/j.neuroimage.2021.118436), made with NiMARE 0.0.8-0.0.9, and the
numbers saved by Eickhoff's MATLAB code for Bottenhorn et al. 2018 (doi:10.1162/netn_a_00050).
Both put foci on voxels in a way of their own; the tests do that before the analysis, so that
what is compared is the footprint, the maximum and the union.
"""

from __future__ import annotations

from importlib.resources import files

import nibabel
import numpy as np
import pytest
from scipy.io import loadmat

from focale import Studyset
from focale.inference.eickhoff2012 import histogram_null
from focale.inference.footprints import (
    FWHM_PER_SD,
    fwhm_from_sample_size,
    gaussian_footprint,
)
from focale.inference.lattice import to_lattice, to_probability
from focale.inference.ma_maps import model_activation
from focale.inference.tails import z_from_log_p
from focale.kernels.activation import collect, stamp
from focale.space.mask import Mask

# ------------------------------------------------------------------- Enge et al. 2021


@pytest.fixture(scope="module", params=["all", "knowledge"])
def enge(request, corpus):
    """Published ALE and z volumes, and our maps of foci put on voxels by truncation."""
    folder = corpus / "enge2021_semantics"
    stat, z = (
        nibabel.load(folder / "expected" / f"{request.param}_{kind}.nii.gz")
        for kind in ("stat", "z")
    )
    mask = Mask.from_image(files("focale") / "data" / "MNI152_2x2x2_brainmask.nii.gz")
    assert np.array_equal(mask.grid.affine, stat.affine)  # both store x from right to left
    studyset = Studyset(folder / "input" / f"{request.param}.txt")
    # NiMARE of that time truncated the voxel index: up to a voxel towards +x, -y, -z.
    on_voxels = mask.grid.to_mm(np.trunc(mask.grid.to_voxels(studyset.foci_mm)))
    fwhm = fwhm_from_sample_size(studyset.n_subjects)
    ma = model_activation(on_voxels, studyset.offsets, fwhm, mask)
    return stat.get_fdata(), z.get_fdata(), ma


def test_enge2021__ale_map_is_reproduced(enge):
    # 3e-8: float32 of their log sums. The corpus promises 2e-5 for footprints of another
    # program; theirs are scipy's, as ours.
    published, _, ma = enge
    ours = ma.mask.to_volume(to_probability(ma.log_sum))
    np.testing.assert_allclose(ours, published, rtol=0, atol=1e-6)


def test_enge2021__place_of_the_maximum_is_reproduced(enge):
    published, _, ma = enge
    i, j, k = np.unravel_index(published.argmax(), published.shape)
    ours = ma.mask.ijk(np.array([ma.log_sum.argmax()]))[0]
    assert ours.tolist() == [i, j, k]


def test_enge2021__z_map_is_reproduced_as_far_as_bins_allow(enge):
    # Their histogram bins were rounded in another way: within .030 wherever z > 1.
    _, published, ma = enge
    null = histogram_null(ma)
    z = z_from_log_p(null.log_tail[null.level(to_probability(ma.log_sum))])
    ours = ma.mask.to_volume(z)
    where = published > 1
    np.testing.assert_allclose(ours[where], published[where], rtol=0, atol=0.031)


# ------------------------------------------------------------ Bottenhorn et al. 2018


@pytest.fixture(scope="module")
def nat30(corpus):
    return corpus / "pyale_nat30"


@pytest.fixture(scope="module")
def matlab_kernels(nat30):
    return loadmat(nat30 / "reference" / "kernels.mat")["kernels"].astype(float)


def reach_of_matlab(n):
    """Their box: ceil(3.5 sd) voxels of 2 mm (SPM smoothing); ours is round(4 sd)."""
    return int(np.ceil(3.5 * fwhm_of(n) / FWHM_PER_SD / 2.0))


def fwhm_of(n):
    return float(fwhm_from_sample_size(np.array(float(n))))


def in_their_box(n):
    """Our footprint for n subjects, cut to their reach and scaled to sum to 1."""
    ma = to_probability(gaussian_footprint(fwhm_of(n), (2.0, 2.0, 2.0)))
    cut = ma.shape[0] // 2 - reach_of_matlab(n)
    if cut == 0:
        return ma
    ma = ma[cut:-cut, cut:-cut, cut:-cut]
    return ma / ma.sum()


@pytest.mark.parametrize("n", [*range(1, 21), 30, 40, 50])
def test_nat30__footprints_equal_those_of_matlab(matlab_kernels, n):
    # After the cut only the lattice is left: a step (3.7e-9) at most, and with it the scale.
    theirs = matlab_kernels[..., n - 1]
    ours = in_their_box(n)
    box = (theirs.shape[0] - ours.shape[0]) // 2
    assert box >= 0
    padded = np.pad(ours, box)
    np.testing.assert_allclose(padded, theirs, rtol=0, atol=1e-8)


@pytest.mark.parametrize("n", [10, 12, 15, 50])
def test_nat30__footprints_of_equal_reach_need_no_cut(matlab_kernels, n):
    ours = to_probability(gaussian_footprint(fwhm_of(n), (2.0, 2.0, 2.0)))
    padded = np.pad(ours, (31 - ours.shape[0]) // 2)
    np.testing.assert_allclose(padded, matlab_kernels[..., n - 1], rtol=0, atol=4e-9)


def test_nat30__our_longer_reach_changes_a_footprint_by_3e_4_of_its_peak(matlab_kernels):
    for n in (4, 8, 20, 30):
        ours = to_probability(gaussian_footprint(fwhm_of(n), (2.0, 2.0, 2.0)))
        padded = np.pad(ours, (31 - ours.shape[0]) // 2)
        difference = np.abs(padded - matlab_kernels[..., n - 1]).max()
        assert 1e-4 < difference / ours.max() < 5e-4


@pytest.fixture(scope="module")
def nat(nat30):
    """Their mask, the studyset, foci on their voxels, and their histograms of MA values."""
    mask = Mask.from_image(nat30 / "reference" / "Grey10.nii.gz")
    studyset = Studyset(nat30 / "input" / "nat.txt")
    voxels = mask.grid.to_voxels(studyset.foci_mm)
    half_away = np.sign(voxels) * np.floor(np.abs(voxels) + 0.5)
    counts = loadmat(nat30 / "reference" / "nat_maHists.mat")["maHists"]
    return mask, studyset, half_away.astype(np.int64), counts


def histogram_row(ma, n_columns):
    """Zeros in column 0, other values in column ceil(MA x 10000)."""
    return np.bincount(np.ceil(ma * 10_000).astype(int), minlength=n_columns)


def test_nat30__histograms_are_exact_with_their_reach(nat):
    # 30 experiments, 2069 bins, 211,590 voxels each: every count, with our kernels and our
    # footprints cut to their box. Without the cut see the next test.
    mask, studyset, voxels, counts = nat
    volume = np.zeros(mask.grid.shape, dtype=np.int32)
    row_start = np.full(volume.shape[:2], volume.shape[2], dtype=np.int64)
    row_stop = np.zeros(volume.shape[:2], dtype=np.int64)
    found, values = (np.empty(mask.n_voxels, dtype=np.int32) for _ in range(2))
    log_sum = np.zeros(mask.n_voxels, dtype=np.int64)
    for i, n_subjects in enumerate(studyset.n_subjects):
        centres = voxels[studyset.offsets[i] : studyset.offsets[i + 1]]
        footprints = to_lattice(in_their_box(n_subjects))[None]
        which = np.zeros(len(centres), dtype=np.int64)
        stamp(footprints, which, centres, volume, row_start, row_stop)
        n = collect(volume, row_start, row_stop, mask.index, found, values, log_sum)
        ma = np.zeros(mask.n_voxels)
        ma[found[:n]] = to_probability(values[:n])
        np.testing.assert_array_equal(histogram_row(ma, counts.shape[1]), counts[i])


def test_nat30__histograms_differ_only_where_our_reach_is_longer(nat):
    # Our box reaches up to one voxel further: what lies there has MA below 1e-4, so it moves
    # from column 0 to column 1. The scale of the footprint changes by 3e-4, which moves the
    # values at one distance across the edge of a bin (columns 50 and 51, n = 20 only).
    mask, studyset, voxels, counts = nat
    foci = mask.grid.to_mm(voxels.astype(float))
    fwhm = fwhm_from_sample_size(studyset.n_subjects)
    ma = model_activation(foci, studyset.offsets, fwhm, mask)
    for i, n_subjects in enumerate(studyset.n_subjects):
        difference = histogram_row(ma.map(i), counts.shape[1]) - counts[i]
        same_reach = (
            gaussian_footprint(fwhm_of(n_subjects), (2.0, 2.0, 2.0)).shape[0]
            == 2 * reach_of_matlab(n_subjects) + 1
        )
        changed = set(np.flatnonzero(difference).tolist())
        assert changed <= (set() if same_reach else {0, 1, 50, 51} if n_subjects == 20 else {0, 1})
