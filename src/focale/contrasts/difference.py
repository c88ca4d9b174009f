"""The test of a difference between two evidence bases, by their labels.

Each side is a map of its own; the difference is that of the two statistics. Its null is that
of exchangeable labels (`inference/relabelling.py`), never that of random foci: two sides that
both converge in one place differ by more than two sides of random foci do, though nothing
distinguishes them (see `legacy.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from focale._check import check_between, check_choice, check_count, refuse
from focale.contrasts.sides import join_units, units_of
from focale.correction.null import LARGEST_SEED, usable_cores
from focale.correction.p_values import interval_of, p_of_maxima
from focale.errors import ArgumentError
from focale.estimators.result import AleMap
from focale.inference.clusters import Clusters, Connectivity, find_clusters
from focale.inference.lattice import STEP
from focale.inference.relabelling import (
    EXACT_UP_TO,
    LabelDesign,
    LabelNull,
    Look,
    exact_p,
    label_design,
    label_null,
)
from focale.kernels.relabelling import U_STEPS
from focale.space.mask import Mask
from focale.space.voxelmap import VoxelMap
from focale.typing import BoolArray, FloatArray, IntArray

Direction = Literal["both", "first", "second"]
"""Which side may have more: each of them, or only one."""

Side = Literal["first", "second"]
Level = Literal["voxel", "size", "mass"]
SIDES: tuple[Side, Side] = ("first", "second")
EXACT_UP_TO_BALANCED = 8
"""As `EXACT_UP_TO`, for a balanced difference, which takes thirty times as long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContrastSettings:
    """What is chosen about a contrast.

    Parameters
    ----------
    direction
        "both" asks which side has more and pays for two questions: family-wise p are
        doubled. "first" or "second" asks only whether this side has more, and must be
        chosen before the map is seen.
    subsample
        Experiments of matched subsamples of a balanced contrast; None for a plain one.
    n_labelings
        Random labelings; where there are no more than so many, all are gone through.
    seed
        Of the labelings.
    forming_p
        One-tailed p that forms clusters.
    connectivity
        What voxels of a cluster share: faces (6), edges too (18), corners too (26).
    """

    direction: Direction = "both"
    subsample: int | None = None
    n_labelings: int = 10_000
    seed: int = 0
    forming_p: float = 0.01
    connectivity: Connectivity = 6

    def __post_init__(self) -> None:
        check_choice("direction", "contrast", self.direction, get_args(Direction))
        check_count("n_labelings", "contrast", self.n_labelings, 1)
        check_count("seed", "contrast", self.seed, 0)
        if self.seed > LARGEST_SEED:
            raise refuse("seed", "contrast", "below 2^64", self.seed)
        check_between("forming_p", "contrast", self.forming_p, 0, 0.5)
        check_choice("connectivity", "contrast", self.connectivity, get_args(Connectivity))
        if self.subsample is not None:
            check_count("subsample", "contrast", self.subsample, 1)

    @property
    def asked(self) -> tuple[Side, ...]:
        """The sides that may have more."""
        return SIDES if self.direction == "both" else (self.direction,)


@dataclass(frozen=True, slots=True, eq=False)
class Tail:
    """One direction of a contrast: where one side has more.

    Attributes
    ----------
    p
        Uncorrected one-sided p at every voxel; 1 where no experiment reaches.
    clusters
        Clusters of the standardised difference above the cluster-forming value.
    p_voxel, p_size, p_mass
        Family-wise p at every voxel: of its standardised difference, and of the size and
        mass of its cluster (1 outside clusters). Over both directions where both are asked.
    p_of_clusters
        Shape (n_clusters, 2); p of the size and of the mass of each cluster.
    """

    p: VoxelMap
    clusters: Clusters
    p_voxel: VoxelMap
    p_size: VoxelMap
    p_mass: VoxelMap
    p_of_clusters: FloatArray

    def corrected(self, level: Level) -> VoxelMap:
        """Family-wise p of "voxel", cluster "size" or cluster "mass"."""
        check_choice("level", "Tail.corrected", level, get_args(Level))
        return {"voxel": self.p_voxel, "size": self.p_size, "mass": self.p_mass}[level]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DifferenceTest:
    """The difference of two evidence bases with its p.

    Attributes
    ----------
    first, second
        The statistic of each side.
    difference
        Statistic of the first side less that of the second; of matched subsamples, on
        average, where the contrast is balanced.
    z
        Standardised difference, positive where the first side has more: the standard normal
        value that its place among all labelings has (see `pearson.py`).
    tails
        The directions that were asked, by the side that has more.
    is_exact
        Shape (n_voxels,); where the uncorrected p is exact.
    design, null
        What the labelings are made from, and what they show.
    settings
        What was chosen.
    """

    first: AleMap
    second: AleMap
    difference: VoxelMap
    z: VoxelMap
    tails: dict[Side, Tail]
    is_exact: BoolArray
    design: LabelDesign
    null: LabelNull
    settings: ContrastSettings

    @property
    def mask(self) -> Mask:
        """The voxels of the analysis."""
        return self.z.mask

    @property
    def is_complete(self) -> bool:
        """Whether every labeling was gone through, so that all p are exact."""
        return self.null.is_complete

    @property
    def n_units(self) -> tuple[int, int]:
        """Independent experiments (subject groups) of each side."""
        size = self.design.size
        both = (size, self.design.n - size)
        return both if self.design.draws_first else both[::-1]

    @property
    def smallest_p(self) -> float:
        """The smallest family-wise p that these labelings can give."""
        return min(1.0, len(self.settings.asked) / (len(self.null) + 1))

    def interval(self, p: float) -> tuple[float, float]:
        """95 % Monte Carlo interval of a family-wise p; the p itself where it is exact."""
        if self.is_complete:
            return p, p
        n_asked = len(self.settings.asked)
        if p >= 1:
            return 1.0, 1.0
        low, high = interval_of(p / n_asked, len(self.null))
        return min(n_asked * low, 1.0), min(n_asked * high, 1.0)


def difference_test(
    first: AleMap,
    second: AleMap,
    settings: ContrastSettings | None = None,
    *,
    threads: int | None = None,
) -> DifferenceTest:
    """Test whether one of two evidence bases converges more than the other.

    Parameters
    ----------
    first, second
        The statistic of each side, of one estimator and one mask; see `sides_of` for what
        they may not share.
    settings
        What is chosen.
    threads
        How many threads; by default one for each core. No number depends on it.

    Raises
    ------
    ArgumentError
        If the sides were not mapped in one way, or a subsample is larger than a side.
    """
    settings = settings or ContrastSettings()
    design = design_of(first, second, settings)
    threads = threads or usable_cores()
    exact = exact_p(design, EXACT_UP_TO if settings.subsample is None else EXACT_UP_TO_BALANCED)
    is_exact = ~np.isnan(exact[:, 0])
    null = label_null(
        design,
        settings.n_labelings,
        settings.seed,
        forming_p=settings.forming_p,
        connectivity=settings.connectivity,
        counted=np.flatnonzero(~is_exact),
        threads=threads,
    )
    by_count = (null.counts + 1) / (len(null) + 1)
    p = np.where(is_exact[:, None], exact, by_count)
    u = design.u
    tails = {side: _tail(design, null, settings, side, u, p) for side in settings.asked}
    sign = 1.0 if design.draws_first else -1.0
    return DifferenceTest(
        first=first,
        second=second,
        difference=VoxelMap(difference_of(first, second, settings.subsample), design.mask),
        z=VoxelMap(sign * u, design.mask),
        tails=tails,
        is_exact=is_exact | null.is_complete,
        design=design,
        null=null,
        settings=settings,
    )


def design_of(first: AleMap, second: AleMap, settings: ContrastSettings) -> LabelDesign:
    """What the labelings of two sides are made from; raises as `difference_test` does."""
    _check_alike(first, second)
    ma, in_first, names = join_units(
        units_of(first.studyset, first.ma, first.fwhm_mm),
        units_of(second.studyset, second.ma, second.fwhm_mm),
    )
    fewest = min(int(in_first.sum()), int((~in_first).sum()))
    if settings.subsample is not None and settings.subsample > fewest:
        raise ArgumentError(
            f"matched subsamples of {settings.subsample} were asked for, but the smaller side has "
            f"{fewest} independent experiments; ask for at most {fewest}"
        )
    return label_design(ma, in_first, names, STEP, settings.subsample)


def difference_of(first: AleMap, second: AleMap, subsample: int | None = None) -> FloatArray:
    """Statistic of the first side less that of the second at every voxel.

    With a `subsample`, the mean over all subsamples of so many experiments of each side.
    ALE of a subsample is 1 - exp(-L), and the mean of exp(-L) follows from mean and variance
    of L over the subsamples; what this leaves out is below 1e-5 of ALE.
    """
    if subsample is None:
        values: FloatArray = first.ale.values - second.ale.values
        return values
    return _mean_ale(first, subsample) - _mean_ale(second, subsample)


def _mean_ale(side: AleMap, subsample: int) -> FloatArray:
    ma, _ = units_of(side.studyset, side.ma, side.fwhm_mm)
    n = ma.n_experiments
    own = ma.values * STEP
    square = np.bincount(ma.voxels, own * own, ma.mask.n_voxels)
    total = ma.log_sum * STEP
    variance = np.maximum(square - total * total / n, 0.0) / max(n - 1, 1)
    mean: FloatArray = -np.expm1(-subsample / n * (total - 0.5 * (n - subsample) * variance))
    return mean


def _tail(
    design: LabelDesign,
    null: LabelNull,
    settings: ContrastSettings,
    side: Side,
    u: FloatArray,
    p: FloatArray,
) -> Tail:
    """One direction: that in which `side` has more."""
    has_more = int((side == "first") == design.draws_first)
    upper = VoxelMap(u if has_more else -u, design.mask)
    look = Look.of(design, settings.forming_p, settings.connectivity)
    below = float(np.nextafter(look.forming, 0.0))
    clusters = find_clusters(upper, below, connectivity=settings.connectivity)
    steps = np.rint(upper.values * U_STEPS).astype(np.int64)
    excess = np.rint((upper.values - look.forming) * U_STEPS).astype(np.int64) + 1
    masses = np.array([int(excess[c.positions].sum()) for c in clusters], dtype=np.int64)
    n_asked = len(settings.asked)

    def corrected(observed: IntArray, maxima: IntArray) -> FloatArray:
        return np.minimum(n_asked * p_of_maxima(observed, maxima[:, has_more]), 1.0)

    p_of_clusters = np.stack(
        [corrected(clusters.sizes, null.size), corrected(masses, null.mass)], axis=1
    )
    with_background = np.vstack([[1.0, 1.0], p_of_clusters])
    p_voxel = np.where(upper.values >= look.told, corrected(steps, null.largest), 1.0)
    return Tail(
        p=VoxelMap(np.ascontiguousarray(p[:, has_more]), design.mask),
        clusters=clusters,
        p_voxel=VoxelMap(p_voxel, design.mask),
        p_size=VoxelMap(with_background[clusters.labels, 0], design.mask),
        p_mass=VoxelMap(with_background[clusters.labels, 1], design.mask),
        p_of_clusters=p_of_clusters,
    )


def _check_alike(first: AleMap, second: AleMap) -> None:
    """Refuse sides that were mapped in different ways."""
    if first.mask.sha256 != second.mask.sha256:
        raise ArgumentError(
            f"the sides of a contrast have different masks ({first.mask.name} and "
            f"{second.mask.name}); map both on one"
        )
    for name in ("fwhm_mm", "sample_size", "placement"):
        mine, theirs = getattr(first.estimator, name), getattr(second.estimator, name)
        if mine != theirs:
            raise ArgumentError(
                f"the sides of a contrast were mapped with different {name} ({mine} and "
                f"{theirs}); map both in one way"
            )
