"""Leave-one-out that decides anew: the whole reading without each unit in turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from focale.frozen import freeze
from focale.progress import Counted, Progress, silent
from focale.robustness.rereading import Rereadings
from focale.robustness.units import Units
from focale.typing import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """Each cluster in a reading without each unit.

    Attributes
    ----------
    units
        What was left out.
    survives, kept_share, peak_shift_mm, p
        Shape (n_units, n_clusters); as in `Fates`.
    n_new
        Shape (n_units,); clusters that are listed without the unit and share no voxel with
        those listed with it.
    """

    units: Units
    survives: BoolArray
    kept_share: FloatArray
    peak_shift_mm: FloatArray
    p: FloatArray
    n_new: IntArray

    def __post_init__(self) -> None:
        freeze(self, "survives", "kept_share", "peak_shift_mm", "p", "n_new")

    def __repr__(self) -> str:
        n, of = self.survives.sum(axis=0), len(self.units)
        counts = ", ".join(f"{kept} of {of}" for kept in n.tolist())
        return (
            f"LeftOut: clusters survive without each {self.units.in_words} in {counts or 'none'}"
        )


def leave_out(readings: Rereadings, units: Units, progress: Progress = silent) -> LeftOut:
    """Read the evidence without each unit.

    Parameters
    ----------
    readings
        Gives the readings without some experiments.
    units
        What is left out.
    progress
        Wraps the loop over units, to show a bar.
    """
    counted = Counted(range(len(units)), len(units), what=f"without each {units.in_words}")
    found = [readings.without(units.experiments([u])) for u in progress(counted)]
    shape = (len(units), len(readings.reread.clusters))
    return LeftOut(
        units=units,
        survives=np.array([f.survives for f in found], dtype=bool).reshape(shape),
        kept_share=np.array([f.kept_share for f in found]).reshape(shape),
        peak_shift_mm=np.array([f.peak_shift_mm for f in found]).reshape(shape),
        p=np.array([f.p for f in found]).reshape(shape),
        n_new=np.array([f.n_new for f in found], dtype=np.int64),
    )
