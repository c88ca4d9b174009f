"""What is co-reported with a seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NoReturn, TypeAlias

import numpy as np

from focale.coactivation.seed import Seed
from focale.coactivation.selection import SeedSelection
from focale.correction.result import FweResult
from focale.correction.scale_result import ScaleResult
from focale.errors import DescriptiveOnlyError
from focale.frozen import freeze
from focale.phrases import count
from focale.reading import Reading
from focale.space.mask import Mask
from focale.space.voxelmap import VoxelMap
from focale.typing import BoolArray, FloatArray

SeedNull = Literal["scale", "uniform"]
"""What the map is tested against: the base rate of the database, or foci spread evenly."""

Test: TypeAlias = ScaleResult | FweResult


@dataclass(frozen=True, eq=False, kw_only=True)
class MacmResult(Reading):
    """Places that the experiments of a database co-report with a seed.

    Attributes
    ----------
    decision, protocol, map, diagnosis, anatomy
        As in `Reading`. `evidence` holds the selected experiments, as reported.
    clusters
        Those that survive the test; in a descriptive reading those above the display-only
        threshold.
    seed
        The region.
    selection
        All experiments of the database, with their foci in the seed.
    seed_voxels
        Shape (n_voxels,); voxels of the analysis in the seed. None of them if it is masked.
    whole_mask
        The mask with the seed, also where it was taken out.
    n_seed_voxels
        Voxels of the seed in it.
    is_masked
        Whether the seed was taken out of the analysis.
    null
        What the map is tested against.
    test
        The test; None in a descriptive reading.
    display_threshold
        Of a descriptive reading, which tests nothing; None with a test.
    """

    seed: Seed
    selection: SeedSelection
    seed_voxels: BoolArray
    whole_mask: Mask
    n_seed_voxels: int
    is_masked: bool
    null: SeedNull
    test: Test | None
    display_threshold: float | None

    def __post_init__(self) -> None:
        freeze(self, "seed_voxels")

    @property
    def map_names(self) -> tuple[str, ...]:  # type: ignore[override]
        """Names `get_map` answers to."""
        return ("stat", "p", "z", "logp") if self.is_tested else ("stat",)

    @property
    def is_tested(self) -> bool:
        """Whether there is a test."""
        return self.test is not None

    @property
    def p(self) -> VoxelMap:
        """Uncorrected p; raises `DescriptiveOnlyError` in a descriptive reading."""
        return self._tested("p").p  # type: ignore[no-any-return]

    @property
    def z(self) -> VoxelMap:
        """Uncorrected z; raises `DescriptiveOnlyError` in a descriptive reading."""
        return self._tested("z").z  # type: ignore[no-any-return]

    @property
    def logp(self) -> VoxelMap:
        """-log10 p; raises `DescriptiveOnlyError` in a descriptive reading."""
        return self._tested("-log10 p").logp  # type: ignore[no-any-return]

    def p_fwe(self, level: Literal["voxel", "size", "mass"]) -> VoxelMap:
        """Family-wise p at every voxel; raises `DescriptiveOnlyError` without a test."""
        if self.test is None:
            self._no("family-wise p")
        return self.test.p_fwe(level) if isinstance(self.test, ScaleResult) else self.test.p(level)

    def _tested(self, name: str) -> Any:
        if self.test is None:
            self._no(name)
        return self.test if isinstance(self.test, ScaleResult) else self.test.uncorrected

    def _no(self, name: str) -> NoReturn:
        raise DescriptiveOnlyError(
            f"a descriptive reading has no {name} map ({self.decision.reason.rstrip('.')}); to "
            "test all the same, declare the deviation with protocol.deviate(reason, "
            "min_experiments=...), which is printed with every result"
        )

    @property
    def p_of_clusters(self) -> FloatArray:
        """Shape (n_clusters,); family-wise p of each listed cluster, as the protocol decides."""
        p = self.p_fwe(self.protocol.correction).values
        return np.array([p[cluster.peaks[0].position] for cluster in self.clusters])

    @property
    def share_in_seed(self) -> FloatArray:
        """Shape (n_clusters,); share of the voxels of each cluster that lie in the seed."""
        return np.array(
            [self.seed_voxels[cluster.positions].mean() for cluster in self.clusters], dtype=float
        )

    @property
    def facts(self) -> dict[str, str]:
        """What a reader wants to know first, by name."""
        return {
            **super().facts,
            "seed": self.seed.name,
            "selected": f"{self.selection.n_selected} of "
            f"{count(len(self.selection.database), 'experiment')}",
        }

    def __repr__(self) -> str:
        what = "survive" if self.is_tested else "above the display-only threshold"
        return (
            f"MacmResult: {self.seed.name}; {self.selection.n_selected} of "
            f"{count(len(self.selection.database), 'experiment')} selected; "
            f"{count(len(self.clusters), 'cluster')} {what} ({self.null} null)"
        )
