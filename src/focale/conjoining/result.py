"""A conjunction: its p at every voxel, its clusters, and what they are to each set."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from focale.conjoining.shared import Shared
from focale.conjoining.tables import tables_of
from focale.conjoining.tested_set import ConjunctionLevel, TestedSet
from focale.frozen import freeze
from focale.glance import glance
from focale.inference.clusters import Clusters
from focale.inference.tails import z_from_log_p
from focale.phrases import count, one_line, share_text, volume
from focale.reading import Anatomy
from focale.space.mask import Mask
from focale.space.voxelmap import VoxelMap
from focale.typing import IntArray

if TYPE_CHECKING:
    import pandas as pd

RULE = "largest family-wise p (minimum statistic, conjunction null)"
"""Name of the rule, after Nichols et al. 2005."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a cluster of the conjunction is to one of the sets.

    Attributes
    ----------
    cluster
        Number of the surviving cluster of the set in which it lies, from 1.
    n_voxels, volume_mm3
        Size of that cluster.
    share
        Share of it that is in the cluster of the conjunction.
    p, low, high
        Family-wise p in this set, and its 95 % Monte Carlo interval: of the set's cluster,
        or at the peak of the conjunction where voxels decide.
    ale, z
        ALE and z of the uncorrected p of this set, at the peak of the conjunction.
    n_contributing, n_studies
        Studies with a focus in the cluster of the conjunction or at least 5 % of its ALE in
        this set, of all studies of the set.
    """

    cluster: int
    n_voxels: int
    volume_mm3: float
    share: float
    p: float
    low: float
    high: float
    ale: float
    z: float
    n_contributing: int
    n_studies: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Conjunction:
    """Where every set has a family-wise p of at most alpha.

    The p of a voxel is the largest of its family-wise p over the sets (Nichols et al. 2005,
    doi:10.1016/j.neuroimage.2004.12.005, the conjunction null). Each set is tested by itself;
    nothing is said about whether sets differ. With p of clusters, a voxel of the conjunction
    lies in a surviving cluster of every set: foci of each set converge somewhere in that
    cluster, which need not be the part all sets have in common.

    Attributes
    ----------
    sets
        The sets, two or more.
    alpha, level
        Largest family-wise p, and what it is of: cluster "size" or "mass", or "voxel".
    p
        The largest family-wise p of the sets at every voxel.
    height
        Inside the conjunction, the smallest z of the uncorrected p of the sets, in the unit
        they share; 0 elsewhere. Peaks are of this map: p of clusters has none.
    clusters
        Clusters of voxels whose p is at most alpha, the highest peak first.
    parts
        For each cluster, what it is to each set.
    surviving
        The surviving clusters of each set.
    n_surviving
        Shape (n_voxels,); in how many sets a voxel survives. Descriptive: a count is no test.
    shared
        What is in more than one set.
    anatomy
        Anatomical labels of the clusters, for each atlas.
    notes
        What a reader should know, one sentence each.
    """

    sets: tuple[TestedSet, ...]
    alpha: float
    level: ConjunctionLevel
    p: VoxelMap
    height: VoxelMap
    clusters: Clusters
    parts: tuple[tuple[Part, ...], ...]
    surviving: tuple[Clusters, ...]
    n_surviving: IntArray
    shared: tuple[Shared, ...]
    anatomy: tuple[Anatomy, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        freeze(self, "n_surviving")

    @property
    def mask(self) -> Mask:
        """The voxels of the analysis."""
        return self.p.mask

    @property
    def z(self) -> VoxelMap:
        """One-tailed z of `p`, 0 where that is 1/2 or more: the smallest z of the sets."""
        return VoxelMap(z_from_log_p(np.log(self.p.values)), self.mask)

    @property
    def names(self) -> list[str]:
        """Names of the sets, each on one line."""
        return [one_line(own.name) for own in self.sets]

    @property
    def n_voxels(self) -> int:
        """Number of voxels of the conjunction."""
        return int(np.count_nonzero(self.p.values <= self.alpha))

    @property
    def volume_mm3(self) -> float:
        """Volume of the conjunction."""
        return self.n_voxels * self.mask.grid.voxel_volume_mm3

    @property
    def counts(self) -> dict[int, int]:
        """Voxels that survive in exactly 1, 2, ... sets. Descriptive."""
        n = np.bincount(self.n_surviving, minlength=len(self.sets) + 1)
        return {k: int(n[k]) for k in range(1, len(self.sets) + 1)}

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Tables by name; see `conjoining.tables`."""
        return {name: table for name, (table, _) in tables_of(self).items()}

    @property
    def facts(self) -> dict[str, str]:
        """What a reader wants to know first, by name."""
        return {
            "sets": ", ".join(self.names),
            "in all of them": f"{count(len(self.clusters), 'cluster')}, {volume(self.volume_mm3)} "
            f"(p_FWE <= {share_text(self.alpha)} in each set, {self.level})",
            "rule": RULE,
        }

    def __repr__(self) -> str:
        facts = "; ".join(f"{name}: {text}" for name, text in self.facts.items())
        return f"Conjunction of {count(len(self.sets), 'set')}: {facts}"

    def _repr_html_(self) -> str:
        """What a notebook shows: facts, a picture, and the clusters as a table."""
        shown: Any = self.tables["clusters"]
        table = shown.to_html(index=False, border=0, na_rep="", float_format="%.4g")
        notes = "".join(f"<p>{html.escape(note)}.</p>" for note in self.notes)
        return f"{glance(type(self).__name__, self.facts, self.height)}{notes}{table}"
