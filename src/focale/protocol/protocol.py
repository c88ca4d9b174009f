"""The protocol: what is decided before a map is seen.

Whether an evidence base is read descriptively or inferentially must not depend on how
its map looks. A `Protocol` holds the choices, can be kept as a TOML file, knows when it
was declared, and has a fingerprint of its choices. It is changed only by declaring a
deviation, which stays with it.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args

from focale._check import check_between, check_choice, check_count, check_positive, refuse
from focale.errors import ArgumentError, InputMissingError, ReadError
from focale.inference.clusters import Connectivity
from focale.inference.ma_maps import Placement
from focale.protocol.profiles import PROFILES, profile_of
from focale.space.talairach import TalairachMatrix
from focale.studyset.others import ReaderOf
from focale.studyset.pooling import PooledN, Pooling

Correction = Literal["size", "mass", "voxel"]
NullMethod = Literal["exact", "eickhoff2012"]
PRule = Literal["(b+1)/(B+1)", "b/B"]

_LATER = {
    "reading": "complete",
    "null": "exact",
    "p_rule": "(b+1)/(B+1)",
    "contrast_forming_p": 0.01,
}
"""Choices that came after the first protocols, and what was done before there was a choice.

They enter the fingerprint only where they differ from it, so older fingerprints hold.
"""

_NEVER = object()
_FLOATS = (
    *("fwhm_mm", "display_percentile", "min_cluster_mm3", "alpha"),
    *("cluster_forming_p", "contrast_forming_p"),
)
_WHOLE = ("min_experiments", "connectivity", "iterations", "seed")


@dataclass(frozen=True, slots=True)
class Deviation:
    """A change of the protocol after it was declared, and its reason."""

    reason: str
    changes: str
    declared: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """Choices declared before the map is computed.

    Parameters
    ----------
    title
        What the analysis is about.
    min_experiments
        Smallest number of independent experiments for an inferential reading. The
        default of 17 is where single experiments stop driving results with cluster-level
        family-wise error control (Eickhoff et al. 2016).
    independence
        What counts as independent: "subject_group" counts the participants of experiments
        once, and takes them to be those of the study where the source does not say;
        "study" counts every study once, whatever the source says.
    pooling
        What is done with experiments of the same participants: "pool" makes one of them,
        "first" takes the first, "keep" treats them as independent.
    pooled_n
        Sample size of a pooled experiment: "min" or "max" of its members.
    mask
        Name of a standard space, or the path of an image.
    placement
        "exact", "nearest" or "jale"; see `ALE`.
    talairach
        Conversion of Talairach coordinates: "pooled", "spm", "fsl" or "brett".
    fwhm_mm
        Width of the footprints; None takes it from the sample sizes.
    display_percentile
        The display-only threshold, as a percentile of the non-zero ALE values.
    min_cluster_mm3
        Smallest volume of a cluster in tables of a descriptive reading.
    alpha
        Largest family-wise p at which a cluster (or a voxel) of an inferential reading is
        listed.
    correction
        What the family-wise p is of: the "size" or the "mass" of clusters, or "voxel".
    cluster_forming_p
        Uncorrected p that forms clusters.
    contrast_forming_p
        One-tailed p that forms clusters of a contrast; see `contrast`.
    connectivity
        What voxels of a cluster share: faces (6), edges too (18), corners too (26).
    sampling
        Where the random foci of the null fall: "mask", "grey_matter", or the path of an
        image; see `fwe`.
    tfce
        Whether TFCE is computed beside it; it does not decide what is listed. See `fwe`.
    reading
        "complete": every experiment of the source counts; "nimare-0.22": those of a Sleuth
        file that NiMARE's reader keeps, to compare with it. See `taken_as`.
    null
        Uncorrected p: "exact" or "eickhoff2012"; see `ALE`.
    p_rule
        Corrected p of b of B iterations: "(b+1)/(B+1)" or, to compare, "b/B"; see `fwe`.
    iterations, seed
        Of the null.
    sub_analyses
        Planned sub-analyses, in words.
    declared
        When the protocol was declared (ISO 8601, UTC), or "" for the default protocol.
    deviations
        Changes made after that.
    profile
        Name of the tool whose choices were taken; see `Protocol.of_profile`. No choice of
        its own: what differs from the profile is in the choices.
    """

    title: str = ""
    min_experiments: int = 17
    independence: Literal["subject_group", "study"] = "subject_group"
    pooling: Pooling = "pool"
    pooled_n: PooledN = "min"
    mask: str = "mni152_2mm"
    placement: Placement = "exact"
    talairach: TalairachMatrix = "pooled"
    fwhm_mm: float | None = None
    display_percentile: float = 95.0
    min_cluster_mm3: float = 4000.0
    alpha: float = 0.05
    correction: Correction = "size"
    cluster_forming_p: float = 0.001
    contrast_forming_p: float = 0.01
    connectivity: Connectivity = 6
    sampling: str = "mask"
    tfce: bool = False
    reading: ReaderOf = "complete"
    null: NullMethod = "exact"
    p_rule: PRule = "(b+1)/(B+1)"
    iterations: int = 10_000
    seed: int = 0
    sub_analyses: tuple[str, ...] = ()
    declared: str = ""
    deviations: tuple[Deviation, ...] = ()
    profile: str = ""

    def __post_init__(self) -> None:
        for name in ("title", "mask", "sampling", "declared"):
            if not isinstance(getattr(self, name), str):
                raise refuse(name, "Protocol", "a text", getattr(self, name))
        if not _are_texts(self.sub_analyses):
            raise refuse("sub_analyses", "Protocol", "a list of texts", self.sub_analyses)
        check_count("min_experiments", "Protocol", self.min_experiments, 1)
        check_choice("independence", "Protocol", self.independence, ("subject_group", "study"))
        check_choice("pooling", "Protocol", self.pooling, get_args(Pooling))
        check_choice("pooled_n", "Protocol", self.pooled_n, get_args(PooledN))
        check_choice("placement", "Protocol", self.placement, get_args(Placement))
        check_choice("talairach", "Protocol", self.talairach, get_args(TalairachMatrix))
        check_positive("fwhm_mm", "Protocol", self.fwhm_mm)
        check_between("display_percentile", "Protocol", self.display_percentile, 0, 100)
        check_positive("min_cluster_mm3", "Protocol", self.min_cluster_mm3)
        check_between("alpha", "Protocol", self.alpha, 0, 1)
        check_between("cluster_forming_p", "Protocol", self.cluster_forming_p, 0, 1)
        check_between("contrast_forming_p", "Protocol", self.contrast_forming_p, 0, 0.5)
        check_choice("correction", "Protocol", self.correction, get_args(Correction))
        check_choice("connectivity", "Protocol", self.connectivity, get_args(Connectivity))
        check_choice("tfce", "Protocol", self.tfce, (True, False))
        check_choice("reading", "Protocol", self.reading, get_args(ReaderOf))
        check_choice("null", "Protocol", self.null, get_args(NullMethod))
        check_choice("p_rule", "Protocol", self.p_rule, get_args(PRule))
        check_choice("profile", "Protocol", self.profile, ("", *PROFILES))
        check_count("iterations", "Protocol", self.iterations, 1)
        check_count("seed", "Protocol", self.seed, 0)
        for name in _FLOATS:  # 95 and 95.0 are one choice, with one fingerprint
            if getattr(self, name) is not None:
                object.__setattr__(self, name, float(getattr(self, name)))
        for name in _WHOLE:
            object.__setattr__(self, name, int(getattr(self, name)))

    @classmethod
    def of_profile(cls, name: str, **others: Any) -> Protocol:
        """The choices of another tool, as far as they are known and can be taken.

        Parameters
        ----------
        name
            "nimare-0.22", "jale" or "gingerale-3"; `profile_of(name).choices` says what is
            known of each, and what is not.
        **others
            Choices beside those of the profile, or in place of them.

        Examples
        --------
        >>> Protocol.of_profile("nimare-0.22").placement
        'nearest'
        """
        return cls(**{**profile_of(name).values, "profile": name, **others})

    def declare(self) -> Protocol:
        """The protocol with the present time as its date of declaration."""
        return replace(self, declared=_now())

    def deviate(self, reason: str, **changes: Any) -> Protocol:
        """The protocol with changes, each recorded with the reason and the time.

        Parameters
        ----------
        reason
            Why the protocol is changed; it will be printed with every result.
        **changes
            New values of the protocol's choices.
        """
        if not isinstance(reason, str) or not reason.strip():
            raise ArgumentError("a deviation needs a reason; say why the protocol is changed")
        _refuse_unknown(changes, "Protocol.deviate", list(self.choices))
        changed = replace(self, **changes)
        differences = self.differences(changed)
        if not differences:
            raise ArgumentError("a deviation changes a choice; name one with its new value")
        deviation = Deviation(reason=reason, changes="; ".join(differences), declared=_now())
        return replace(changed, deviations=(*self.deviations, deviation))

    @property
    def choices(self) -> dict[str, Any]:
        """The choices alone, without title, dates, history and the name of a profile."""
        about = ("title", "declared", "deviations", "profile")
        return {k: v for k, v in asdict(self).items() if k not in about}

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the choices, hexadecimal; equal for equal choices."""
        choices = {k: v for k, v in self.choices.items() if _LATER.get(k, _NEVER) != v}
        text = json.dumps(choices, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def differences(self, other: Protocol) -> list[str]:
        """Choices in which another protocol differs: "name: this -> other"."""
        theirs = other.choices
        return [
            f"{key}: {value!r} -> {theirs[key]!r}"
            for key, value in self.choices.items()
            if theirs[key] != value
        ]

    def to_toml(self) -> str:
        """The protocol as the text of a TOML file."""
        import tomli_w

        record = {key: value for key, value in asdict(self).items() if value is not None}
        record["sub_analyses"] = list(self.sub_analyses)
        record["deviations"] = [asdict(deviation) for deviation in self.deviations]
        for name in ("deviations", "profile"):
            if not record[name]:
                del record[name]
        return (
            "# Protocol of a coordinate-based meta-analysis, written by Focale.\n"
            "# Declare it before a map is computed; see docs/protocol.md.\n"
            f"# fingerprint of the choices: {self.fingerprint}\n" + tomli_w.dumps(record)
        )

    @classmethod
    def from_toml(cls, source: str | Path) -> Protocol:
        """Protocol of a TOML file.

        Raises
        ------
        InputMissingError
            If the file is not there.
        ReadError
            If it is not TOML, or has a key or value a protocol does not have.
        """
        path = Path(source)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise InputMissingError(
                f"the protocol {path} cannot be read ({error.strerror}); write one with "
                "`focale protocol`"
            ) from error
        except UnicodeDecodeError as error:
            raise ReadError(f"{path.name}: not UTF-8 text; save it as UTF-8") from error
        try:
            record = tomllib.loads(text)
            _refuse_unknown(record, path.name, [field.name for field in fields(cls)])
            if isinstance(record.get("sub_analyses"), list):
                record["sub_analyses"] = tuple(record["sub_analyses"])
            record["deviations"] = _deviations(record.get("deviations", []))
            return cls(**record)
        except tomllib.TOMLDecodeError as error:
            raise ReadError(f"{path.name}: not a TOML file ({error}); correct it") from error
        except ArgumentError as error:
            message = str(error).replace("parameter of Protocol", "choice")
            raise ReadError(f"{path.name}: {message}") from error


def _are_texts(value: object) -> bool:
    return isinstance(value, (tuple, list)) and all(isinstance(text, str) for text in value)


def _deviations(entries: Any) -> tuple[Deviation, ...]:
    names = [field.name for field in fields(Deviation)]
    is_list = isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
    if not is_list or any(sorted(entry) != sorted(names) for entry in entries):
        raise ArgumentError(
            f"'deviations' must be tables [[deviations]] with {', '.join(names)}; write them "
            "with Protocol.deviate"
        )
    return tuple(Deviation(**entry) for entry in entries)


def _refuse_unknown(record: Mapping[str, Any], where: str, names: list[str]) -> None:
    for key in record:
        if key not in names:
            close = get_close_matches(key, names, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(names)}"
            raise ArgumentError(f"{key!r} in {where} is not a choice of a protocol; {hint}")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
