"""One of two readings that are compared: its evidence, its choices, and what it lists."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from focale.descriptive import DescriptiveResult
from focale.errors import InputMissingError, ReadError
from focale.frozen import freeze
from focale.inferential import InferentialResult
from focale.io.atomic import is_focale_folder
from focale.io.evidence import read_evidence_file
from focale.protocol.protocol import Protocol
from focale.studyset.convert import placed
from focale.studyset.model import Studyset
from focale.typing import IntArray


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Side:
    """A reading as it was made.

    Attributes
    ----------
    name
        What to call it.
    evidence
        The evidence as reported; every focus names its space.
    protocol
        The choices.
    is_described
        Whether the evidence was described although the protocol allows a test.
    version
        Version of Focale that made it.
    command
        The command that repeats it; "" where it was made in Python.
    mask_sha256
        Fingerprint of the mask it had.
    listed
        Voxels of its clusters, rising; positions in the flattened volume.
    """

    name: str
    evidence: Studyset
    protocol: Protocol
    is_described: bool
    version: str
    command: str
    mask_sha256: str
    listed: IntArray

    def __post_init__(self) -> None:
        freeze(self, "listed")


def side_of(result: DescriptiveResult | InferentialResult | Side | str | Path, name: str) -> Side:
    """A side of a comparison, from a result, or from the output folder of one.

    Parameters
    ----------
    result
        A reading, or the path of its folder.
    name
        What to call it.

    Raises
    ------
    InputMissingError
        If the folder holds no result, or one without its evidence.
    ReadError
        If a file in it is not what Focale wrote there.
    """
    if isinstance(result, Side):
        return result
    if isinstance(result, (str, Path)):
        return _of_folder(Path(result), name)
    return Side(
        name=name,
        evidence=_seen(result.evidence, result.protocol),
        protocol=result.protocol,
        is_described=isinstance(result, DescriptiveResult)
        and result.decision.mode == "inferential",
        version=version("focale"),
        command="",
        mask_sha256=result.mask.sha256,
        listed=np.sort(result.mask.voxels[result.clusters.labels > 0]),
    )


def _of_folder(folder: Path, name: str) -> Side:
    if not is_focale_folder(folder):
        raise InputMissingError(
            f"{folder} holds no result of Focale; name the output folder of `focale run` or "
            "`focale describe`"
        )
    record, seen = read_evidence_file(folder)
    protocol = Protocol.from_toml(folder / "protocol.toml")
    try:
        about = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
        decided = about["Decision"]["Mode"]
        return Side(
            name=name,
            evidence=_seen(Studyset(record, **seen, talairach=protocol.talairach), protocol),
            protocol=protocol,
            is_described=decided == "inferential" and "Null" not in about,
            version=about["Software"]["Version"],
            command=about["Command"],
            mask_sha256=about["Mask"]["SHA256"],
            listed=_listed_in(folder / "maps"),
        )
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ReadError(
            f"{folder} is not as Focale wrote it ({error}); run the analysis again"
        ) from error


def _seen(studyset: Studyset, protocol: Protocol) -> Studyset:
    return Studyset(placed(studyset), studyset.target, talairach=protocol.talairach)


def _listed_in(maps: Path) -> IntArray:
    """Voxels of the clusters that a folder lists."""
    import nibabel

    (path,) = maps.glob("*_desc-clusters_dseg.nii.gz")
    image: Any = nibabel.load(path)
    return np.flatnonzero(np.asarray(image.dataobj) > 0)
