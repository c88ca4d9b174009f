"""What is asked about the robustness of a reading, and the answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from focale._check import check_choice, check_count
from focale.errors import ArgumentError
from focale.robustness.leave_out import LeftOut
from focale.robustness.removals import Removal
from focale.robustness.units import Units

Part = Literal["leave-out", "removals"]
PARTS: tuple[Part, ...] = get_args(Part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What is asked.

    Parameters
    ----------
    parts
        "leave-out": the whole reading without each unit; "removals": the smallest set of
        units without which a cluster is gone.
    units
        What is left out: "experiment", "subject_group", "study", or the name of a note such
        as "lab". By default experiments, and subject groups and studies where these are
        others.
    exact_up_to
        Sets of units up to this size are all tried in the search for removals.
    """

    parts: tuple[Part, ...] = PARTS
    units: tuple[str, ...] = ()
    exact_up_to: int = 1

    def __post_init__(self) -> None:
        for part in self.parts:
            check_choice("parts", "Questions", part, PARTS)
        if not self.parts:
            raise ArgumentError("nothing is asked; name at least one part")
        check_count("exact_up_to", "Questions", self.exact_up_to, 0)


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
    """

    questions: Questions
    left_out: tuple[LeftOut, ...] = ()
    removals: tuple[Removals, ...] = ()
