"""The test of a difference between two evidence bases, by their labels.

Each side is a map of its own; the difference is that of the two statistics. Its null is that
of exchangeable labels (`inference/relabelling.py`), never that of random foci: two sides that
both converge in one place differ by more than two sides of random foci do, though nothing
distinguishes them (see `legacy.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

import numpy as np

from focale._check import check_between, check_choice, check_count, refuse
from focale.contrasts.sides import join_units, units_of
from focale.correction.null import LARGEST_SEED, usable_cores
from focale.correction.p_values import interval_of, p_of_maxima
from focale.errors import ArgumentError
from focale.estimators.estimator import Estimator
from focale.estimators.result import StatMap
from focale.inference.clusters import Clusters, Connectivity, find_clusters
from focale.inference.relabelling import (
    EXACT_UP_TO,
    LabelDesign,
    LabelNull,
    exact_p,
    label_design,
    label_null,
    levels_of,
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

    first: StatMap
    second: StatMap
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
    first: StatMap,
    second: StatMap,
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
    few = EXACT_UP_TO if settings.subsample is None else EXACT_UP_TO_BALANCED
    exact = exact_p(design, few, threads)
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


def design_of(first: StatMap, second: StatMap, settings: ContrastSettings) -> LabelDesign:
    """What the labelings of two sides are made from; raises as `difference_test` does."""
    check_alike(first, second)
    check_subsample(settings.subsample, first, second)
    ma, in_first, names = join_units(units_of(first), units_of(second))
    # a sum over a group falls or rises with matched subsamples of it, so only ALE bends
    subsample = settings.subsample if ma.scale.kind == "probability" else None
    return label_design(ma, in_first, names, ma.scale.step, subsample)


def difference_of(first: StatMap, second: StatMap, subsample: int | None = None) -> FloatArray:
    """Statistic of the first side less that of the second at every voxel.

    With a `subsample`, the mean over all subsamples of so many experiments of each side.
    ALE of a subsample is 1 - exp(-L), and the mean of exp(-L) follows from mean and variance
    of L over the subsamples. What this leaves out is of third order: below 0.033 t m^3 for
    subsamples of t and a largest modelled activation (on the scale of L) of m. On the 2 mm
    grid m is .02 at most, so it is below 1e-5 of ALE for subsamples of 30.
    """
    if subsample is None:
        values: FloatArray = first.stat.values - second.stat.values
        return values
    return _mean_of_subsamples(first, subsample) - _mean_of_subsamples(second, subsample)


def _mean_of_subsamples(side: StatMap, subsample: int) -> FloatArray:
    ma, _ = units_of(side)
    n, scale = ma.n_experiments, ma.scale
    total = ma.log_sum * scale.step
    if scale.kind == "sum":
        share: FloatArray = subsample / n * total
        return share
    own = ma.values * scale.step
    square = np.bincount(ma.voxels, own * own, ma.mask.n_voxels)
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
    told, forming = levels_of(settings.forming_p)
    below = float(np.nextafter(forming, 0.0))
    clusters = find_clusters(upper, below, connectivity=settings.connectivity)
    steps = np.rint(upper.values * U_STEPS).astype(np.int64)
    excess = np.rint((upper.values - forming) * U_STEPS).astype(np.int64) + 1
    masses = np.array([int(excess[c.positions].sum()) for c in clusters], dtype=np.int64)
    n_asked = len(settings.asked)

    def corrected(observed: IntArray, maxima: IntArray) -> FloatArray:
        return np.minimum(n_asked * p_of_maxima(observed, maxima[:, has_more]), 1.0)

    p_of_clusters = np.stack(
        [corrected(clusters.sizes, null.size), corrected(masses, null.mass)], axis=1
    )
    with_background = np.vstack([[1.0, 1.0], p_of_clusters])
    p_voxel = np.where(upper.values >= told, corrected(steps, null.largest), 1.0)
    return Tail(
        p=VoxelMap(np.ascontiguousarray(p[:, has_more]), design.mask),
        clusters=clusters,
        p_voxel=VoxelMap(p_voxel, design.mask),
        p_size=VoxelMap(with_background[clusters.labels, 0], design.mask),
        p_mass=VoxelMap(with_background[clusters.labels, 1], design.mask),
        p_of_clusters=p_of_clusters,
    )


def check_subsample(subsample: int | None, first: StatMap, second: StatMap) -> None:
    """Refuse matched subsamples that are larger than a side."""
    fewest = min(len(side.studyset.subject_groups) for side in (first, second))
    if subsample is not None and subsample > fewest:
        raise ArgumentError(
            f"matched subsamples of {subsample} were asked for, but the smaller side has "
            f"{fewest} independent experiments; ask for at most {fewest}"
        )


def check_alike(first: StatMap, second: StatMap) -> None:
    """Refuse sides that were mapped in different ways."""
    if first.mask.sha256 != second.mask.sha256:
        raise ArgumentError(
            f"the sides of a contrast have different masks ({first.mask.name} and "
            f"{second.mask.name}); map both on one"
        )
    if type(first.estimator) is not type(second.estimator):
        raise ArgumentError(
            f"the sides of a contrast are of different methods ({first.words.statistic} and "
            f"{second.words.statistic}); map both with one"
        )
    mine, theirs = (dict(_settings(side.estimator)) for side in (first, second))
    for name, value in mine.items():
        if value != theirs[name]:
            raise ArgumentError(
                f"the sides of a contrast were mapped with different {name} ({value} and "
                f"{theirs[name]}); map both in one way"
            )
    if mine.get("weights", "equal") != "equal":
        raise ArgumentError(
            "weights are relative to the other experiments of a side, so labels cannot be "
            'exchanged between weighted experiments; use weights="equal"'
        )


def _settings(estimator: Estimator) -> Iterator[tuple[str, Any]]:
    """Settings that shape the map, by name; masks are compared by their voxels."""
    for field in fields(estimator):  # type: ignore[arg-type]  # every estimator is a dataclass
        if field.name not in ("mask", "null"):
            yield field.name, getattr(estimator, field.name)
