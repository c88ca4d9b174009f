"""What is asked about the robustness of a reading, and the answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from focale._check import check_choice, check_count
from focale.errors import ArgumentError
from focale.robustness.fail_safe import FailSafe
from focale.robustness.leave_out import LeftOut
from focale.robustness.removals import Removal
from focale.robustness.stability import Stability
from focale.robustness.units import Units

Part = Literal["leave-out", "removals", "stability", "fail-safe"]
PARTS: tuple[Part, ...] = get_args(Part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What is asked.

    Parameters
    ----------
    parts
        "leave-out": the whole reading without each unit; "removals": the smallest set of
        units without which a cluster is gone; "stability": in what share of subsamples a
        voxel survives; "fail-safe": how many experiments without convergence a cluster
        outlasts (asked of inferential readings only).
    units
        What is left out: "experiment", "subject_group", "study", or the name of a note such
        as "lab". By default experiments, and subject groups and studies where these are
        others.
    exact_up_to
        Sets of units up to this size are all tried in the search for removals.
    n_replicates
        Subsamples of the evidence, of four fifths of its subject groups; see `stability`.
    bootstrap
        Draw as many subject groups as there are, with replacement, instead.
    correct_replicates
        Whether a voxel has to survive the correction of the protocol in a subsample, with
        1,000 iterations of its own; by default the uncorrected cluster-forming p. A
        descriptive reading applies its rule of display in either case.
    n_lists
        Lists of noise experiments for fail-safe N; see `fail_safe`.
    most_noise
        Most noise experiments, fixed before looking; by default ten for each experiment.
    """

    parts: tuple[Part, ...] = PARTS
    units: tuple[str, ...] = ()
    exact_up_to: int = 1
    n_replicates: int = 1000
    bootstrap: bool = False
    correct_replicates: bool = False
    n_lists: int = 10
    most_noise: int | None = None

    def __post_init__(self) -> None:
        for part in self.parts:
            check_choice("parts", "Questions", part, PARTS)
        if not self.parts:
            raise ArgumentError("nothing is asked; name at least one part")
        check_count("exact_up_to", "Questions", self.exact_up_to, 0)
        check_count("n_replicates", "Questions", self.n_replicates, 1)
        check_count("n_lists", "Questions", self.n_lists, 1)
        for name in ("bootstrap", "correct_replicates"):
            check_choice(name, "Questions", getattr(self, name), (True, False))
        if self.most_noise is not None:
            check_count("most_noise", "Questions", self.most_noise, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removals:
    """The smallest set of units found for each cluster without which it is gone.

    Attributes
    ----------
    units
        What was removed.
    of_clusters
        One a cluster.
    exact_up_to
        Sets up to this size were all tried.
    """

    units: Units
    of_clusters: tuple[Removal, ...]
    exact_up_to: int

    def __repr__(self) -> str:
        sizes = ", ".join(
            f"{'' if one.is_smallest else 'at most '}{len(one.units)}" if one.units else "none"
            for one in self.of_clusters
        )
        return f"Removals: {self.units.plural} without which clusters are gone: {sizes or 'none'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Robustness:
    """Answers about the robustness of a reading.

    Attributes
    ----------
    questions
        What was asked.
    left_out
        The reading without each unit, for each kind of unit; perhaps none.
    removals
        Smallest sets of units without which clusters are gone, for each kind of unit.
    stability
        In what share of subsamples voxels and clusters survive.
    fail_safe
        How many noise experiments each cluster outlasts.
    """

    questions: Questions
    left_out: tuple[LeftOut, ...] = ()
    removals: tuple[Removals, ...] = ()
    stability: Stability | None = None
    fail_safe: FailSafe | None = None

    def __repr__(self) -> str:
        parts = [repr(found) for found in self.left_out]
        parts += [repr(found) for found in self.removals]
        parts += [repr(one) for one in (self.stability, self.fail_safe) if one is not None]
        return "\n".join(parts)
