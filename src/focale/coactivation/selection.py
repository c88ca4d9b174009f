"""Which experiments of a database report a focus in the seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from focale.coactivation.seed import Seed, SphereSeed
from focale.errors import EvidenceError
from focale.frozen import freeze
from focale.phrases import count
from focale.studyset.model import Studyset
from focale.typing import BoolArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class SeedSelection:
    """The experiments of a database, parted by whether they report a focus in the seed.

    Attributes
    ----------
    database
        All experiments, as reported.
    n_in_seed
        Shape (n_experiments,); foci of each in the seed.
    """

    database: Studyset
    n_in_seed: IntArray

    def __post_init__(self) -> None:
        freeze(self, "n_in_seed")

    @property
    def is_selected(self) -> BoolArray:
        """Shape (n_experiments,); whether an experiment has a focus in the seed."""
        return self.n_in_seed > 0

    @property
    def n_selected(self) -> int:
        """Number of experiments with a focus in the seed."""
        return int(np.count_nonzero(self.is_selected))

    @property
    def n_foci_in_seed(self) -> int:
        """Foci in the seed."""
        return int(self.n_in_seed.sum())

    @property
    def selected(self) -> Studyset:
        """The experiments with a focus in the seed."""
        return self.database.slice(self.database.ids[self.is_selected])


def select(database: Studyset, seed: Seed) -> SeedSelection:
    """Look for foci in a seed.

    An experiment is looked at by itself: another contrast of the same participants that
    reports nothing in the seed is not selected with it.

    Raises
    ------
    EvidenceError
        If no experiment has one.
    """
    in_seed = seed.contains(database.foci_mm)
    n_in_seed = np.bincount(database.experiment_of_focus[in_seed], minlength=len(database))
    if not n_in_seed.any():
        raise EvidenceError(
            f"none of the {count(database.n_foci, 'focus', 'foci')} of {database.record.source} "
            f"({count(len(database), 'experiment')}) lies in the seed ({seed.name})"
            f"{_nearest(database, seed)}; choose a larger seed or a larger database"
        )
    return SeedSelection(database=database, n_in_seed=n_in_seed.astype(np.int64))


def _nearest(database: Studyset, seed: Seed) -> str:
    if not isinstance(seed, SphereSeed) or not database.n_foci:
        return ""
    distance = np.linalg.norm(database.foci_mm - np.array(seed.centre_mm), axis=1).min()
    return f": the nearest is {distance:.1f} mm from its centre"
