"""What a contrast finds: a test with its receipt, or a description."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from focale.contrasts.difference import DifferenceTest, Side, Tail
from focale.contrasts.legacy import LegacyTest
from focale.contrasts.receipt import Receipt
from focale.contrasts.sides import Sides
from focale.errors import DescriptiveOnlyError
from focale.estimators.result import StatMap
from focale.frozen import freeze
from focale.glance import glance
from focale.inference.clusters import Cluster, Clusters
from focale.inferential import InferentialResult
from focale.phrases import count
from focale.protocol.assess import Decision
from focale.protocol.protocol import Protocol
from focale.reading import Anatomy
from focale.space.mask import Mask
from focale.space.voxelmap import VoxelMap
from focale.typing import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from focale.contrasts.contrast import ContrastOptions


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """Clusters that are listed in one direction.

    Attributes
    ----------
    clusters
        The clusters, the highest peak first.
    anatomy
        Anatomical labels, for each atlas.
    n_first, n_second
        Shape (n_clusters,); independent experiments of each side with a focus in the cluster.
    p
        Shape (n_clusters,); family-wise p that lists each cluster; empty in a description.
    """

    clusters: Clusters
    anatomy: tuple[Anatomy, ...]
    n_first: IntArray
    n_second: IntArray
    p: FloatArray

    def __post_init__(self) -> None:
        freeze(self, "n_first", "n_second", "p")


@dataclass(frozen=True, slots=True, eq=False)
class Gate:
    """The convergence of a side by itself, outside which nothing is listed.

    It takes voxels from what the contrast lists and adds none: family-wise p are those of the
    whole mask. (Nothing vouches for a test among the voxels of a gate alone: the same data
    choose the gate.)

    Attributes
    ----------
    main
        The inferential reading of the side.
    inside
        Shape (n_voxels,); voxels in its surviving clusters.
    n_kept, n_taken
        Voxels of surviving differences inside it, and outside.
    """

    main: InferentialResult
    inside: BoolArray
    n_kept: int
    n_taken: int

    def __post_init__(self) -> None:
        freeze(self, "inside")


@dataclass(frozen=True, eq=False, kw_only=True)
class Contrast:
    """Two evidence bases side by side.

    Attributes
    ----------
    sides
        The evidence of each side as reported, and what was left out of both.
    decisions
        How the protocol reads each side.
    protocol, options
        What was chosen.
    first, second
        The statistic of each side.
    difference
        Statistic of the first less that of the second.
    subsample
        Experiments of the matched subsamples it is the mean of, if it is balanced; that of a
        description of unequal sides always is, for ALE grows with the number of experiments.
    listed
        The clusters of each direction, by the side that has more.
    """

    sides: Sides
    decisions: tuple[Decision, Decision]
    protocol: Protocol
    options: ContrastOptions
    first: StatMap
    second: StatMap
    difference: VoxelMap
    subsample: int | None
    listed: dict[Side, Listed]

    @property
    def mask(self) -> Mask:
        """The voxels of the analysis."""
        return self.difference.mask

    @property
    def statistic(self) -> str:
        """Name of the statistic of both sides."""
        return self.first.words.statistic

    @property
    def n_listed(self) -> int:
        """Number of listed clusters of all directions."""
        return sum(len(of.clusters) for of in self.listed.values())

    @property
    def n_independent(self) -> tuple[int, int]:
        """Subject groups of each side, those without foci included."""
        return len(self.first.studyset.subject_groups), len(self.second.studyset.subject_groups)

    def name_of(self, side: Side) -> str:
        """What a side is called."""
        return self.sides.names[0 if side == "first" else 1]

    def other_than(self, side: Side) -> str:
        """What the other side is called."""
        return self.sides.names[1 if side == "first" else 0]

    def rows(self) -> Iterator[tuple[Side, int, Cluster]]:
        """Side that has more, number within it from 0, and the cluster, of all that are listed."""
        for side, of in self.listed.items():
            for number, cluster in enumerate(of.clusters):
                yield side, number, cluster

    @property
    def facts(self) -> dict[str, str]:
        """What a reader wants to know first, by name."""
        one, two = self.n_independent
        return {
            "contrast": f"{self.sides.names[0]} ({count(one, 'independent experiment')}) and "
            f"{self.sides.names[1]} ({two})",
        }

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        shown = VoxelMap(np.abs(self.difference.values), self.mask)
        return glance(type(self).__name__, self.facts, shown, f"difference of {self.statistic}")


@dataclass(frozen=True, eq=False, kw_only=True)
class ContrastResult(Contrast):
    """A tested contrast with its calibration receipt.

    Attributes
    ----------
    test
        The difference with its p.
    receipt
        False-positive rates of this test on random splits of this evidence.
    gates
        By the side that has more, if gates were asked for.
    legacy
        The test against random foci, if it was asked for.
    """

    test: DifferenceTest
    receipt: Receipt
    gates: dict[Side, Gate]
    legacy: LegacyTest | None

    @property
    def z(self) -> VoxelMap:
        """Standardised difference, positive where the first side has more."""
        return self.test.z

    @property
    def tails(self) -> dict[Side, Tail]:
        """Each direction with its p, by the side that has more."""
        return self.test.tails

    @property
    def facts(self) -> dict[str, str]:
        """What a reader wants to know first, by name."""
        level = self.protocol.correction
        low, high = self.receipt.interval(level)
        return {
            **super().facts,
            "listed": f"{count(self.n_listed, 'cluster')} with p_FWE <= {self.protocol.alpha:g} "
            f"({level}, {count(len(self.test.null), 'labeling')})",
            "false positives on random splits": f"{self.receipt.rate(level):.3f} ({low:.3f} to "
            f"{high:.3f}; {count(self.receipt.n_splits, 'split')})",
        }

    def __repr__(self) -> str:
        return f"ContrastResult: {'; '.join(f'{k}: {v}' for k, v in self.facts.items())}"


@dataclass(frozen=True, eq=False, kw_only=True)
class ContrastDescription(Contrast):
    """A contrast of sides that are too small to be tested.

    Attributes
    ----------
    display_threshold
        Display-only: the percentile of non-zero absolute differences that the protocol names.
    """

    display_threshold: float

    @property
    def facts(self) -> dict[str, str]:
        """What a reader wants to know first, by name."""
        few = next(d for d in self.decisions if d.mode == "descriptive")
        return {
            **super().facts,
            "decision": few.reason.rstrip("."),
            "listed": f"{count(self.n_listed, 'cluster')} above the display-only threshold "
            f"{self.display_threshold:.5f}",
        }

    @property
    def z(self) -> NoReturn:
        """Not there: raises `DescriptiveOnlyError`."""
        raise self._no("z")

    @property
    def tails(self) -> NoReturn:
        """Not there: raises `DescriptiveOnlyError`."""
        raise self._no("p")

    def _no(self, name: str) -> DescriptiveOnlyError:
        few = next(d for d in self.decisions if d.mode == "descriptive")
        return DescriptiveOnlyError(
            f"a described contrast has no {name} ({few.reason.rstrip('.')}); to test it all the "
            "same, declare the deviation with protocol.deviate(reason, min_experiments=...), "
            "which is printed with every result"
        )

    def __repr__(self) -> str:
        return f"ContrastDescription: {'; '.join(f'{k}: {v}' for k, v in self.facts.items())}"
