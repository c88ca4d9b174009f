"""The descriptive reading: where coordinates were reported, and no claim beyond.

For an evidence base too small to bear a test. It has the raw statistic, clusters
above a display-only level, what each experiment contributes to them, and what is left of
them without it. It has no p and no z.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from focale.atlases.atlas import Atlas
from focale.errors import DescriptiveOnlyError
from focale.progress import Progress, silent
from focale.protocol.assess import assess
from focale.protocol.protocol import Protocol
from focale.reading import Reading, diagnose, displayed, evidence_and_estimator, name_clusters
from focale.studyset.model import Studyset


@dataclass(frozen=True, eq=False, kw_only=True)
class DescriptiveResult(Reading):
    """A descriptive reading of an evidence base.

    Attributes
    ----------
    decision, protocol, map, diagnosis, anatomy
        As in `Reading`.
    display_threshold
        Display-only: the percentile of the non-zero values of the map the protocol names.
    clusters
        Clusters above the display-only threshold and of the protocol's volume.
    """

    display_threshold: float

    map_names = ("stat",)

    @property
    def facts(self) -> dict[str, str]:
        """What a reader wants to know first, by name."""
        level = self.words.value(self.display_threshold)
        listed = f"{len(self.clusters)} above the display-only threshold {level}"
        return {**super().facts, "clusters": listed}

    @property
    def p(self) -> NoReturn:
        """Not there: raises `DescriptiveOnlyError`."""
        raise self._no("p")

    @property
    def z(self) -> NoReturn:
        """Not there: raises `DescriptiveOnlyError`."""
        raise self._no("z")

    @property
    def logp(self) -> NoReturn:
        """Not there: raises `DescriptiveOnlyError`."""
        raise self._no("-log10 p")

    def _no(self, name: str) -> DescriptiveOnlyError:
        fit = f"{type(self.map.estimator).__name__}().fit(studyset)"
        way_out = f"for p and z use infer(studyset, protocol), or {fit}"
        if self.decision.mode == "descriptive":
            way_out = (
                "to read the evidence inferentially all the same, declare the deviation with "
                "protocol.deviate(reason, min_experiments=...), which is printed with every "
                f"result, and use {fit}"
            )
        return DescriptiveOnlyError(
            f"a descriptive reading has no {name} map ({self.decision.reason.rstrip('.')}); "
            f"{way_out}"
        )

    def __repr__(self) -> str:
        x, y, z = self.stat.max_mm
        words = self.words
        return (
            f"DescriptiveResult: {self.studyset!r}; largest {words.statistic} "
            f"{words.value(self.stat.max)} at ({x:g}, {y:g}, {z:g}) mm; {len(self.clusters)} "
            f"clusters above the display-only threshold {words.value(self.display_threshold)}"
        )


def describe(
    studyset: Studyset,
    protocol: Protocol | None = None,
    progress: Progress = silent,
    *,
    atlases: Sequence[Atlas] | None = None,
) -> DescriptiveResult:
    """Read an evidence base descriptively.

    Parameters
    ----------
    studyset
        The evidence as reported; experiments of the same participants are pooled as the
        protocol says.
    protocol
        The choices; by default those of `Protocol()`.
    progress
        Wraps the leave-one-out loop, to show a bar.
    atlases
        Atlases that name peaks and clusters; by default the one that ships with Focale.

    Raises
    ------
    EvidenceError
        If no width of the footprints is known, or all foci lie outside the mask.

    Examples
    --------
    >>> from focale import Studyset, pain_studyset_path
    >>> studyset = Studyset(pain_studyset_path())
    >>> describe(studyset.slice(studyset.ids[:8])).ale.max_mm
    (54.0, -28.0, 20.0)
    """
    protocol = protocol or Protocol()
    decision = assess(studyset, protocol)
    pooled, estimator = evidence_and_estimator(studyset, protocol)
    statistic = estimator.statistic(pooled)
    threshold, clusters = displayed(statistic, protocol)
    return DescriptiveResult(
        decision=decision,
        protocol=protocol,
        evidence=studyset,
        map=statistic,
        display_threshold=threshold,
        clusters=clusters,
        diagnosis=diagnose(statistic, clusters, progress),
        anatomy=name_clusters(clusters, atlases),
    )
