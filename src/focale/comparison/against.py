"""The map of another tool beside a reading: what no known choice explains."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from focale._check import check_choice, is_number, refuse
from focale.comparison.outcome import Level, Outcome
from focale.comparison.result import Against
from focale.errors import ArgumentError, InputMissingError
from focale.space.grid import Grid


def compare_against(
    path: str | Path, cut: float, side: str, outcome: Outcome, level: Level
) -> Against:
    """Count the voxels of an image above a cut, and those of a reading.

    Parameters
    ----------
    path
        Image on the grid of the reading; its axes may run the other way.
    cut
        Voxels above it count.
    side, outcome
        The reading, and its name.
    level
        Which voxels of it.

    Raises
    ------
    InputMissingError
        If the image is not there.
    ArgumentError
        If it is no image, or on another grid, or the reading has no such level.
    """
    check_choice("level", "compare", level, list(outcome.voxels))
    if not is_number(cut):
        raise refuse("cut", "compare", "a number", cut)
    mask = outcome.mask
    above = np.flatnonzero(volume_of(Path(path), mask.grid) > cut)
    inside = above[mask.inside.reshape(-1)[above]]
    ours = outcome.voxels[level]
    return Against(
        name=Path(path).name,
        cut=float(cut),
        side=side,
        level=level,
        n_theirs=inside.size,
        n_ours=ours.size,
        n_shared=np.intersect1d(inside, ours).size,
        n_outside=above.size - inside.size,
    )


def volume_of(path: Path, grid: Grid) -> Any:
    """The values of an image, its axes in the direction of the grid."""
    import nibabel
    from nibabel.filebasedimages import ImageFileError
    from nibabel.orientations import io_orientation, ornt_transform

    if not path.is_file():
        raise InputMissingError(f"the map {path} is not a file; check the path")
    try:
        image: Any = nibabel.load(path)
        turn = ornt_transform(io_orientation(image.affine), io_orientation(grid.affine))
        image = image.as_reoriented(turn)
        values = np.nan_to_num(np.asarray(image.dataobj, dtype=float))
    except (ImageFileError, OSError, EOFError, ValueError) as error:
        raise ArgumentError(f"the map {path} is not an image nibabel can read") from error
    values = values[..., 0] if values.ndim == 4 and values.shape[3] == 1 else values
    if values.shape != grid.shape or not np.allclose(image.affine, grid.affine, atol=1e-3):
        raise ArgumentError(
            f"the map {path.name} is not on the grid of the reading; resample it to that grid"
        )
    return values
