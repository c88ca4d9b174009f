"""A tested set from the output folder of a run: made again, and the same as the folder says.

Maps on disk are rounded to 32 bits. The evidence, the protocol and the iterations of the
null are all there, so the reading is made again in full precision and put beside the maps.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from focale.conjoining.tested_set import TestedSet, descriptive
from focale.correction.null_file import NULL_NAME, read_null
from focale.errors import InputMissingError, ReadError
from focale.inferential import InferentialResult, infer
from focale.io.atomic import is_focale_folder
from focale.io.evidence import read_evidence_file
from focale.phrases import count
from focale.protocol.protocol import Protocol
from focale.studyset.model import Studyset

_P_MAPS = {
    "voxel": "*_stat-p_level-voxel_corr-FWE_method-montecarlo_statmap.nii.gz",
    "size": "*_stat-p_level-cluster_corr-FWE_method-montecarlo_desc-size_statmap.nii.gz",
    "mass": "*_stat-p_level-cluster_corr-FWE_method-montecarlo_desc-mass_statmap.nii.gz",
}


def read_again(folder: Path, name: str) -> TestedSet:
    """The tested set of a folder.

    Parameters
    ----------
    folder
        Output folder of `focale run`; nothing in it is changed.
    name
        What to call it.

    Raises
    ------
    InputMissingError
        If the folder holds no result, or one without its evidence.
    EvidenceError
        If the result is descriptive.
    ReadError
        If a file in it is not what Focale wrote there, or the p made again are not those
        of its maps.
    """
    if not is_focale_folder(folder):
        raise InputMissingError(
            f"{folder} holds no result of Focale; name the output folder of `focale run`"
        )
    record, seen = read_evidence_file(folder)
    protocol = Protocol.from_toml(folder / "protocol.toml")
    try:
        about = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
        null, made_by = about.get("Null"), about["Software"]["Version"]
        command, mask_sha256 = about["Command"], about["Mask"]["SHA256"]
        stop_after = None if null is None else null["SequentialStopAfter"]
        evidence = Studyset(record, **seen, talairach=protocol.talairach)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise _altered(folder, str(error)) from error
    if null is None:
        raise descriptive(name)
    result = _made_again(folder, evidence, protocol, stop_after)
    if result.mask.sha256 != mask_sha256:
        raise ReadError(
            f"the mask of {folder} ({result.mask.name}) is not the one its result was made with: "
            "its file has changed; run the analysis again"
        )
    _check_p(folder, result, made_by)
    return TestedSet(name=name, corrected=result.fwe, protocol=protocol, command=command)


def _made_again(
    folder: Path, evidence: Studyset, protocol: Protocol, stop_after: int | None
) -> InferentialResult:
    """The reading, from a copy of the iterations that the folder keeps, if it keeps them."""
    kept = folder / NULL_NAME
    with tempfile.TemporaryDirectory() as place:
        copied = Path(place) / NULL_NAME
        if kept.is_file():
            read_null(kept)  # a broken file is named where it lies
            shutil.copyfile(kept, copied)
        try:
            return infer(evidence, protocol, atlases=(), stop_after=stop_after, checkpoint=copied)
        except ReadError as error:
            raise ReadError(str(error).replace(str(copied), str(kept))) from error


def _check_p(folder: Path, result: InferentialResult, made_by: str) -> None:
    """Refuse a folder whose maps have other p than those made again."""
    for level, pattern in _P_MAPS.items():
        stored = _values_of(folder, pattern, result)
        p = result.fwe.p(level).values  # type: ignore[arg-type]
        n_other = int(np.count_nonzero(p.astype(np.float32) != stored))
        if n_other:
            raise ReadError(
                f"the maps of {folder} (Focale {made_by}) are not those that Focale "
                f"{version('focale')} makes of its evidence: the family-wise p ({level}) of "
                f"{count(n_other, 'voxel')} differs; run the analysis again"
            )


def _values_of(folder: Path, pattern: str, result: InferentialResult) -> Any:
    """Values of a map of the folder, in mask order."""
    import nibabel
    from nibabel.filebasedimages import ImageFileError

    try:
        (path,) = (folder / "maps").glob(pattern)
        image: Any = nibabel.load(path)
        volume = np.asarray(image.dataobj, dtype=np.float32)
        if volume.shape != result.mask.grid.shape:
            raise ValueError(f"{path.name} has another shape than the mask")
    except (OSError, EOFError, ValueError, ImageFileError) as error:
        raise _altered(folder, str(error)) from error
    return volume[result.mask.inside]


def _altered(folder: Path, what: str) -> ReadError:
    return ReadError(f"{folder} is not as Focale wrote it ({what}); run the analysis again")
