"""Where the published files are, and foci and maxima as other programs have them."""

import math
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from focale import Studyset
from focale.inference.lattice import STEP, to_probability
from focale.io.records import FocusRecord
from focale.space.mask import Mask

CORPUS = Path(__file__).parents[2] / "../shared/corpus"


@cache
def brain_mask():
    """The brain mask as its file stores it, x from right to left, which truncation sees."""
    path = files("focale") / "data" / "MNI152_2x2x2_brainmask.nii.gz"
    return Mask.from_image(path, name="the brain mask", space="MNI152NLin6Asym")


def on_places(studyset, mm):
    """The studyset with its foci moved to other places."""
    experiments = tuple(
        replace(experiment, foci=tuple(FocusRecord(tuple(place), "MNI") for place in own.tolist()))
        for experiment, own in zip(
            studyset.record.experiments, np.split(mm, studyset.offsets[1:-1]), strict=True
        )
    )
    return Studyset(replace(studyset.record, experiments=experiments))


def largest_ale(maxima):
    return to_probability(maxima.largest)


def lattice_threshold(ale):
    """Such that what is above it has at least this ALE."""
    return math.ceil(-math.log1p(-ale) / STEP - 1e-6) - 1
