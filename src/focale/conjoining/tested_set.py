"""One of the sets that a conjunction puts together: evidence with its corrected test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar, get_args

from focale._check import check_choice
from focale.correction.result import FweResult
from focale.descriptive import DescriptiveResult
from focale.errors import ArgumentError, EvidenceError
from focale.inference.clusters import Clusters, find_clusters
from focale.inferential import InferentialResult
from focale.io.records import ExperimentRecord
from focale.phrases import one_line
from focale.protocol.protocol import Protocol
from focale.studyset.model import Studyset

ConjunctionLevel = Literal["size", "mass", "voxel"]
"""What the family-wise p is of: the size or the mass of clusters, or the ALE of voxels."""

Decided = TypeVar("Decided", float, ConjunctionLevel)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TestedSet:
    """An evidence base and its corrected test.

    Attributes
    ----------
    name
        What to call it.
    corrected
        The family-wise p at every voxel, and what they were made from.
    protocol
        The choices, where the test was made under a protocol.
    command
        The command that repeats it; "" where it was made in Python.
    """

    __test__ = False  # pytest takes a class of this name for tests

    name: str
    corrected: FweResult
    protocol: Protocol | None = None
    command: str = ""

    @property
    def studyset(self) -> Studyset:
        """The evidence as it was analysed."""
        return self.corrected.studyset

    @property
    def experiments(self) -> list[ExperimentRecord]:
        """The analysed experiments as reported, before they were pooled."""
        return [member for experiment in self.studyset for member in experiment.reported]

    def surviving(self, alpha: float, level: ConjunctionLevel) -> Clusters:
        """Clusters of voxels with a family-wise p of at most alpha, as a reading lists them."""
        kept = self.corrected.surviving(alpha, level)
        return find_clusters(kept, 0.0, connectivity=self.corrected.connectivity)


Conjoinable: TypeAlias = InferentialResult | FweResult | TestedSet | str | Path


def sets_of(results: Sequence[Conjoinable], names: Sequence[str] | None) -> list[TestedSet]:
    """Sets from results, each with a name of its own.

    Parameters
    ----------
    results
        Inferential readings, corrected results, or output folders of `focale run`.
    names
        What to call them; by default the folder, the title of the protocol, or the source.

    Raises
    ------
    ArgumentError
        If there are fewer than two, or one is no corrected result, or names do not fit.
    EvidenceError
        If one was read descriptively.
    InputMissingError, ReadError
        If a folder holds no result, or not what Focale wrote there.
    """
    if isinstance(results, (str, Path)) or not isinstance(results, Sequence):
        raise ArgumentError(
            f"a conjunction is of a list of results, got {type(results).__name__}; put them in [ ]"
        )
    if len(results) < 2:
        raise ArgumentError(
            f"a conjunction is of two sets or more, got {len(results)}; name another result"
        )
    given = list(names) if names is not None else _names_of(results)
    if len(given) != len(results) or len(set(given)) < len(given):
        raise ArgumentError(
            f"'names' must be a name of its own for each of the {len(results)} sets, got {given!r}"
        )
    return [_set_of(result, name) for result, name in zip(results, given, strict=True)]


def decided_alike(
    sets: Sequence[TestedSet], alpha: float | None, level: ConjunctionLevel | None
) -> tuple[float, ConjunctionLevel]:
    """Alpha and level of a conjunction: as given, or else as all protocols decide.

    Raises
    ------
    ArgumentError
        If neither says it, or the protocols differ.
    """
    if level is not None:
        check_choice("level", "conjunction", level, get_args(ConjunctionLevel))
    tested = {own.name: own.protocol for own in sets if own.protocol is not None}
    if level is None:
        level = _agreed("level", {name: p.correction for name, p in tested.items()}, _SIZE)
    if alpha is None:
        alpha = _agreed("alpha", {name: p.alpha for name, p in tested.items()}, 0.05)
    return alpha, level


_SIZE: ConjunctionLevel = "size"


def _agreed(name: str, values: Mapping[str, Decided], such_as: Decided) -> Decided:
    """What all protocols say of a choice."""
    if not values:
        raise ArgumentError(
            f"none of the sets was tested under a protocol that decides {name}; pass {name}=, "
            f"such as {such_as!r}"
        )
    first = next(iter(values.values()))
    if any(value != first for value in values.values()):
        told = "; ".join(f"{one_line(own)}: {value}" for own, value in values.items())
        raise ArgumentError(
            f"the protocols of the sets differ in {name} ({told}), and a conjunction has one; "
            f"name it with --{name} ({name}=)"
        )
    return first


def _names_of(results: Sequence[object]) -> list[str]:
    """Name of each, with a number where the same name comes again."""
    plain = [_name_of(result) for result in results]
    if len(set(plain)) < len(plain):  # folders of one name: more of their paths
        plain = [
            str(result) if isinstance(result, (str, Path)) else name
            for result, name in zip(results, plain, strict=True)
        ]
    names: list[str] = []
    for name in plain:
        number, own = 1, name
        while own in names:
            number += 1
            own = f"{name} ({number})"
        names.append(own)
    return names


def _name_of(result: object) -> str:
    if isinstance(result, (str, Path)):
        return Path(result).absolute().name or str(result)
    if isinstance(result, TestedSet):
        return result.name
    if isinstance(result, InferentialResult) and result.protocol.title.strip():
        return result.protocol.title
    if isinstance(result, (InferentialResult, FweResult)):
        return result.studyset.record.source
    return type(result).__name__


def _set_of(result: object, name: str) -> TestedSet:
    if isinstance(result, (str, Path)):
        from focale.conjoining.folders import read_again

        return read_again(Path(result), name)
    if isinstance(result, TestedSet):
        return result
    if isinstance(result, InferentialResult):
        return TestedSet(name=name, corrected=result.fwe, protocol=result.protocol)
    if isinstance(result, FweResult):
        return TestedSet(name=name, corrected=result)
    if isinstance(result, DescriptiveResult):
        raise descriptive(name)
    raise ArgumentError(
        f"a conjunction is of corrected results, and {one_line(name)} is none; correct it with "
        "fwe(result), or read the evidence with infer(studyset, protocol)"
    )


def descriptive(name: str) -> EvidenceError:
    """Error for a set that was described and not tested."""
    return EvidenceError(
        f"{one_line(name)} was read descriptively, so it has no p, and a conjunction is of tests; "
        "add experiments until its protocol allows a test, or leave the set out"
    )
