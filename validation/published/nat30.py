"""Eickhoff's MATLAB code: 10,000 maxima for naturalistic paradigms, 30 experiments.

Bottenhorn et al. 2018, doi:10.1162/netn_a_00050.
"""

import math
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from unittest.mock import patch

import numpy as np
from scipy import stats
from scipy.io import loadmat

from focale import ALE, Studyset
from focale.inference import shapes
from focale.inference.footprints import (
    FWHM_PER_SD,
    fwhm_from_sample_size,
    gaussian_footprint,
)
from focale.inference.lattice import to_lattice, to_probability
from focale.inference.montecarlo import null_design, null_maxima
from focale.space.mask import Mask
from validation.published.agreement import N_ITERATIONS, PERCENTS, SEED, distance, points
from validation.published.places import (
    CORPUS,
    brain_mask,
    largest_ale,
    lattice_threshold,
    on_places,
)


@dataclass(frozen=True)
class Nat30:
    """The 30 experiments in the mask of the MATLAB code, and what that code found."""

    mask: Mask
    studyset: Studyset
    foci_mm: np.ndarray
    forming_ale: float
    largest: np.ndarray
    size: np.ndarray

    def maxima(
        self,
        n_iterations,
        *,
        forming_ale=None,
        connectivity=18,
        analysis=None,
        sampling=None,
        footprint=None,
    ):
        """Our maxima with their settings, or some of them changed."""
        studyset = self.studyset
        place = (
            patch.object(shapes, "gaussian_footprint", footprint) if footprint else nullcontext()
        )
        with place:
            design = null_design(
                self.foci_mm,
                studyset.offsets,
                fwhm_from_sample_size(studyset.n_subjects),
                analysis or self.mask,
                "nearest",
                sampling or self.mask,
            )
        threshold = lattice_threshold(forming_ale or self.forming_ale)
        how = {"connectivity": connectivity, "threads": 2}
        if footprint:  # the bounds of the pruned engine are those of our own footprints
            how["engine"] = "dense"
        return null_maxima(design, threshold, n_iterations, SEED, **how)


@cache
def nat30():
    reference = CORPUS / "pyale_nat30/reference"
    mask = Mask.from_image(reference / "Grey10.nii.gz", space="MNI152NLin6Asym")
    studyset = Studyset(CORPUS / "pyale_nat30/input/nat.txt")
    voxels = mask.grid.to_voxels(studyset.foci_mm)
    half_away = np.sign(voxels) * np.floor(np.abs(voxels) + 0.5)
    found = loadmat(reference / "nat_clustP.mat")
    # p of a voxel is that of the bin its ALE is rounded to; bins are .0001 wide.
    tail = loadmat(reference / "nat_nullDist.mat")["nullDist"].ravel()
    first_bin = int(np.flatnonzero(tail < 0.001)[0])
    return Nat30(
        mask=mask,
        studyset=studyset,
        foci_mm=mask.grid.to_mm(half_away),
        forming_ale=(first_bin - 0.5) / 10_000,
        largest=found["maxAles"].ravel().astype(float),
        size=found["maxClustSizes"].ravel().astype(float),
    )


def footprint_of_matlab(fwhm_mm, voxel_size_mm, offset_voxels=(0.0, 0.0, 0.0)):
    """Ours, cut at ceil(3.5 sd) voxels and scaled to sum to 1, as SPM smoothing has it."""
    whole = to_probability(gaussian_footprint(fwhm_mm, voxel_size_mm, offset_voxels))
    reach = math.ceil(3.5 * fwhm_mm / FWHM_PER_SD / voxel_size_mm[0])
    cut = whole.shape[0] // 2 - reach
    if cut <= 0:
        return to_lattice(whole)
    inner = whole[cut:-cut, cut:-cut, cut:-cut]
    return to_lattice(inner / inner.sum())


def by_percent(values):
    return {percent: float(np.percentile(values, percent)) for percent in PERCENTS}


def nat30_rows(n_iterations=N_ITERATIONS):
    nat = nat30()
    maxima, n = nat.maxima(n_iterations), len(nat.largest)
    return [
        *points("largest ALE", largest_ale(maxima), by_percent(nat.largest), n, ".5f"),
        distance("largest ALE", largest_ale(maxima), nat.largest),
        *points("cluster size, voxels", maxima.size, by_percent(nat.size), n, ".0f"),
        distance("cluster size", maxima.size, nat.size),
    ]


def nat30_variants():
    """What each setting of theirs is worth, by name."""
    nat = nat30()
    grid = nat.mask.grid
    whole = Mask(grid, np.ones(grid.shape, dtype=bool), "the whole volume")
    exact = ALE(mask=nat.mask, placement="nearest").fit(on_places(nat.studyset, nat.foci_mm))
    own = exact.null.value_at(0.001)
    brain = brain_mask()
    return {
        "their settings (the rows above)": {},
        "their footprints, cut at 3.5 sd and scaled": {"footprint": footprint_of_matlab},
        "clusters from the centre of the bin (.0132), not its edge": {
            "forming_ale": nat.forming_ale + 0.00005
        },
        "clusters by faces (6)": {"connectivity": 6},
        "clusters by corners (26)": {"connectivity": 26},
        "maps of the whole volume, not of the mask": {"analysis": whole},
        "maps of the brain mask, foci in Grey10": {"analysis": brain},
        "maps and foci in the brain mask": {"analysis": brain, "sampling": brain},
        f"clusters from the exact null of Focale (ALE {own:.4f})": {"forming_ale": own},
    }


def variant_lines(n_iterations=N_ITERATIONS):
    nat = nat30()
    yield "| settings | largest ALE, 95 % | distance | cluster size, 95 % | distance |"
    yield "|---|---|---|---|---|"
    largest, size = (np.percentile(values, 95) for values in (nat.largest, nat.size))
    yield f"| the MATLAB code | {largest:.5f} | | {size:.0f} | |"
    for name, settings in nat30_variants().items():
        maxima = nat.maxima(n_iterations, **settings)
        ale = largest_ale(maxima)
        cells = [
            f"{np.percentile(ale, 95):.5f}",
            f"{stats.ks_2samp(ale, nat.largest).statistic:.3f}",
            f"{np.percentile(maxima.size, 95):.0f}",
            f"{stats.ks_2samp(maxima.size, nat.size).statistic:.3f}",
        ]
        yield f"| {name} | {' | '.join(cells)} |"
