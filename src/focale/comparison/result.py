"""What a comparison finds."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from focale.comparison.attribution import Step
from focale.comparison.changes import Change, StudyChange
from focale.comparison.outcome import LEVELS, Level, Outcome
from focale.comparison.side import Side
from focale.comparison.tables import tables_of
from focale.phrases import count
from focale.protocol.profile import Profile
from focale.protocol.profiles import profile_of

if TYPE_CHECKING:
    import pandas as pd

ClusterKind = Literal["kept", "moved", "gained", "lost", "parted", "joined"]


@dataclass(frozen=True, slots=True)
class ClusterChange:
    """A cluster of one reading beside that of the other.

    Parameters
    ----------
    kind
        "kept" and "moved" (its peak) have a partner they share voxels with. "gained" and
        "lost" share none. "parted" is a new cluster that was part of an old one, "joined"
        an old one that is part of a new one, beside their partners.
    old, new
        Numbers of the clusters, from 1; None where there is none.
    old_mm, new_mm
        Their peaks.
    n_old, n_new, n_shared
        Voxels of both, and those they share.
    causes
        Steps, from 1, that caused it, with the number of voxels that came in or went out by
        each; 0 for a step that moved the peak only.
    """

    kind: ClusterKind
    old: int | None
    new: int | None
    old_mm: tuple[float, float, float] | None
    new_mm: tuple[float, float, float] | None
    n_old: int
    n_new: int
    n_shared: int
    causes: tuple[tuple[int, int], ...]

    @property
    def moved_mm(self) -> float | None:
        """Distance between both peaks."""
        if self.old_mm is None or self.new_mm is None:
            return None
        return math.dist(self.old_mm, self.new_mm)


@dataclass(frozen=True, slots=True)
class Against:
    """The map of another tool beside a reading.

    Parameters
    ----------
    name, cut
        The map, and what its voxels are above.
    side
        Name of the reading it is put beside.
    level
        Level of the voxels of the reading.
    n_theirs, n_ours, n_shared
        Voxels above the cut, those of the reading, and those that are both.
    n_outside
        Voxels above the cut outside the mask of the reading, which are in none of these.
    """

    name: str
    cut: float
    side: str
    level: Level
    n_theirs: int
    n_ours: int
    n_shared: int
    n_outside: int

    @property
    def n_unexplained(self) -> int:
        """Voxels in which both differ, which no known choice explains."""
        return self.n_theirs + self.n_ours - 2 * self.n_shared


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Comparison:
    """Two readings side by side.

    Attributes
    ----------
    old, new
        The readings.
    changes
        What differs, in the order in which it was done.
    steps
        What each change causes; empty where maps cannot be compared.
    clusters
        Every cluster of either reading.
    outcomes
        The old reading as recomputed, and the reading after each step.
    notes
        What a reader should know, one sentence each.
    against
        The map of another tool, if one was given.
    """

    old: Side
    new: Side
    changes: tuple[Change, ...]
    steps: tuple[Step, ...]
    clusters: tuple[ClusterChange, ...]
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...] = ()
    against: Against | None = None

    @property
    def levels(self) -> list[Level]:
        """Levels at which every step was counted.

        The false discovery rate, which is not advised for ALE, only beside a profile of a tool.
        """
        counted = [level for level in LEVELS if all(level in s.effects for s in self.steps)]
        return [level for level in counted if level != "fdr" or self.profiles]

    @property
    def profiles(self) -> list[Profile]:
        """Profiles of the readings, each once."""
        names = dict.fromkeys([self.old.protocol.profile, self.new.protocol.profile])
        return [profile_of(name) for name in names if name]

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Tables "changes", "steps", "clusters" and "limits"; see `comparison.tables`."""
        return {name: table for name, (table, _) in tables_of(self).items()}

    def __repr__(self) -> str:
        facts = "; ".join(f"{name} {text}" for name, text in self.facts.items())
        return f"Comparison of {self.old.name} and {self.new.name}: {facts}"

    @property
    def facts(self) -> dict[str, str]:
        """What a reader wants to know first, by name."""
        n_studies = sum(
            max(len(c.old), len(c.new), 1) for c in self.changes if isinstance(c, StudyChange)
        )
        n_settings = sum(not isinstance(c, StudyChange) for c in self.changes)
        kinds: dict[str, int] = {}
        for cluster in self.clusters:
            kinds[cluster.kind] = kinds.get(cluster.kind, 0) + 1
        return {
            "changed": f"{count(n_studies, 'study', 'studies')}, {count(n_settings, 'setting')}",
            "clusters": ", ".join(f"{n} {kind}" for kind, n in kinds.items()) or "none",
        }

    def _repr_html_(self) -> str:
        """What a notebook shows: the steps and the clusters as tables."""
        title = html.escape(f"{self.old.name} -> {self.new.name}")
        facts = html.escape("; ".join(f"{name}: {text}" for name, text in self.facts.items()))
        tables: Any = self.tables
        shown = "".join(
            tables[name].to_html(index=False, border=0, na_rep="", float_format="%.4g")
            for name in ("steps", "clusters")
        )
        return f"<div><strong>{title}</strong><p>{facts}</p>{shown}</div>"
