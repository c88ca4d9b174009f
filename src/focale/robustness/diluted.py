"""The evidence with noise experiments added, each number of them with its own null.

Sums and nulls grow with the list: those of k experiments go on from those of fewer, so that
footprints are laid for a few experiments at a time and never kept.
"""

from __future__ import annotations

from concurrent.futures import CancelledError
from threading import Event
from typing import NamedTuple

import numpy as np

from focale.correction.result import FweResult
from focale.inference.clusters import Clusters
from focale.inference.ma_maps import MaMaps
from focale.inference.montecarlo import NullDesign, null_blocks
from focale.inference.null import null_steps, step_histograms
from focale.inference.shapes import Footprints
from focale.robustness.deciding import is_at_most_alpha
from focale.robustness.noise import Noise
from focale.robustness.subset_nulls import (
    cumulants,
    forming_threshold,
    spectrum_of,
    tilts_for,
    transform_length,
)
from focale.robustness.survival import COLUMN, ClusterLevel, tested_values
from focale.typing import BoolArray, FloatArray, IntArray

EXPERIMENTS_AT_ONCE = 32


class Sums(NamedTuple):
    """The map of the first experiments of a list beside the evidence, and its null.

    `log_sum` has shape (n_voxels,), in lattice steps; `product` is the spectrum of the null.
    """

    log_sum: IntArray
    product: FloatArray


class Diluted:
    """An evidence base with a list of noise experiments.

    Parameters
    ----------
    corrected
        The test of the evidence; its settings are those of every test here.
    clusters
        Its clusters that are watched.
    noise
        The list.
    level, alpha, n_iterations
        A cluster survives if a voxel of it has a family-wise p of at most alpha.
    stop
        Once set, whatever runs ends soon with `CancelledError`.
    """

    def __init__(
        self,
        corrected: FweResult,
        clusters: Clusters,
        noise: Noise,
        *,
        level: ClusterLevel,
        alpha: float,
        n_iterations: int,
        stop: Event | None = None,
    ) -> None:
        self.statistic = corrected.uncorrected.map
        self.settings = corrected.settings
        self.sampling = corrected.sampling
        self.clusters, self.noise = clusters, noise
        self.level, self.alpha, self.n_iterations = level, alpha, n_iterations
        self.stop = stop or Event()
        ma = self.statistic.ma
        self.length = self._length(ma)
        self._known = {0: Sums(ma.log_sum, self._product(ma))}

    def _length(self, ma: MaMaps) -> int:
        offsets = self.noise.offsets
        units, laid = self.statistic.estimator.null_units(offsets, self.noise.footprints)
        n_units = np.diff(np.searchsorted(units, offsets))
        return transform_length_with(
            ma, Noise(self.noise.foci_mm, units, laid), int(n_units.max(initial=1))
        )

    def survive(self, k: int, watched: IntArray) -> BoolArray:
        """Whether clusters, by their numbers, survive the first k noise experiments."""
        log_sum, product = self._sums(k)
        p, scale = self.settings.cluster_forming_p, self.statistic.ma.scale
        threshold = forming_threshold(product, self.length, p, scale)
        design = self._design(k)
        observed = self._largest(log_sum, threshold)[watched]

        def maxima_of(iterations: range) -> IntArray:
            if self.stop.is_set():
                raise CancelledError
            contact = self.settings.connectivity
            blocks = null_blocks(
                design, threshold, iterations, self.settings.seed, connectivity=contact
            )
            return np.concatenate(list(blocks))[:, COLUMN[self.level]]

        return is_at_most_alpha(observed, maxima_of, self.n_iterations, self.alpha)

    def _largest(self, log_sum: IntArray, threshold: int) -> IntArray:
        """Largest tested value on the voxels of each cluster, shape (n_clusters,)."""
        connectivity = self.settings.connectivity
        positions, values = tested_values(
            log_sum, threshold, self.statistic.mask, self.level, connectivity
        )
        largest = np.zeros(len(self.clusters) + 1, dtype=np.int64)
        np.maximum.at(largest, self.clusters.labels[positions], values)
        return largest[1:]

    def _sums(self, k: int) -> Sums:
        """From those of the most experiments up to k that are known."""
        done = max(known for known in self._known if known <= k)
        log_sum, product = self._known[done]
        for start in range(done, k, EXPERIMENTS_AT_ONCE):
            part = self.noise.part(start, min(start + EXPERIMENTS_AT_ONCE, k))
            ma = self.statistic.estimator.lay(
                part.foci_mm, part.offsets, part.footprints, self.statistic.mask
            )
            log_sum, product = log_sum + ma.log_sum, product * self._product(ma)
        return self._known.setdefault(k, Sums(log_sum, product))

    def _product(self, ma: MaMaps) -> FloatArray:
        product = np.ones(self.length // 2 + 1, dtype=complex)
        for histogram in step_histograms(ma, null_steps(ma)):
            product *= spectrum_of(histogram, self.length)
        return product

    def _design(self, k: int) -> NullDesign:
        evidence, noise = self.statistic.studyset, self.noise.part(0, k)
        return self.statistic.design_with(
            np.concatenate([evidence.foci_mm, noise.foci_mm]),
            np.concatenate([evidence.offsets, evidence.offsets[-1] + noise.offsets[1:]]),
            self.statistic.footprints.joined(noise.footprints),
            self.sampling,
        )


def transform_length_with(ma: MaMaps, noise: Noise, most_units: int = 1) -> int:
    """Length beyond which evidence and all noise experiments have next to no mass.

    At a noise experiment, exp(tilt x step) is on the mean at most that of so many footprints
    that do not touch: its footprints need not be laid.

    Parameters
    ----------
    ma
        Modelled activation of the evidence.
    noise
        The noise experiments, or the units of them that add up.
    most_units
        How many units a noise experiment has at most.
    """
    histograms = step_histograms(ma, null_steps(ma))
    tilts = tilts_for(histograms)
    cumulant = cumulants(histograms, tilts).sum(axis=0)
    peaks = [int(histogram.steps[-1]) for histogram in histograms]
    n_foci = np.diff(noise.offsets)
    laid = noise.footprints
    different, which = np.unique([laid.width_mm, laid.weight], axis=1, return_index=True)[:2]
    for (width_mm, weight), first in zip(different.T, which, strict=True):
        steps = _footprint_steps(laid.only(slice(first, first + 1)), ma)
        peaks.append(most_units * int(steps.max()))
        above_1 = np.expm1(np.outer(tilts, steps)).sum(axis=1) / ma.mask.n_voxels
        own = n_foci[(laid.width_mm == width_mm) & (laid.weight == weight)]
        cumulant = cumulant + np.log1p(np.outer(own, above_1)).sum(axis=0)
    return transform_length(max(peaks), tilts, cumulant)


def _footprint_steps(laid: Footprints, ma: MaMaps) -> IntArray:
    """Steps of the null's lattice on the voxels of one footprint, rounded up."""
    x, y, z = ma.mask.grid.voxel_size_mm.tolist()
    (kind,) = laid.kinds(np.array([0, 1]), np.zeros((1, 3))).tolist()
    values = laid.shape.footprint(kind, (x, y, z)).ravel()
    steps: IntArray = np.ceil(values * (ma.scale.step / ma.scale.null_step)).astype(np.int64)
    return steps
