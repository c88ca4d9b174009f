"""Evidence to draw: the bundled set, and studies with names nobody would wish for."""

from __future__ import annotations

import numpy as np
import pytest

from focale.datasets import pain_studyset_path
from focale.inference.footprints import fwhm_from_sample_size
from focale.inference.lattice import to_probability
from focale.inference.ma_maps import model_activation
from focale.space.targets import standard_mask
from focale.space.voxelmap import VoxelMap
from focale.studyset.model import Studyset
from tests.fixtures_pain import *  # noqa: F403
from tests.fixtures_sets import *  # noqa: F403

HOSTILE_NAMES = [
    "Ångström & Müller-Lüdenscheidt 2014",
    "_private_2001",
    "$x_1$ et al. \\frac{1}",
    "$unclosed \\notacommand{",
    "line\nbreak\tand tab 2010",
    "A very long study name that goes on because somebody pasted the entire title, 2017",
    "A very long study name that goes on because somebody pasted the entire title, 2018",
    "山田太郎 2015",
    "Смирнов 2011",
    "%d {braces} #hash ~tilde^",
    "<script>alert(1)</script> -->",
    "W" * 500,
    "\ud800 surrogate \x07 bell \u202e turned",
    "مرحبا 2010",
    "😀 2020",
]


def make_studyset(foci_by_study: dict[str, list]) -> Studyset:
    """Studyset of one experiment a study."""
    studies = [
        {
            "id": name,
            "name": name,
            "analyses": [
                {
                    "id": "c",
                    "name": "c",
                    "points": [
                        {"coordinates": [float(x) for x in mm], "space": "MNI"} for mm in foci
                    ],
                    "metadata": {"sample_sizes": [15]},
                }
            ],
        }
        for name, foci in foci_by_study.items()
    ]
    return Studyset({"id": "made", "name": "made", "studies": studies})


def made_studies(n_studies: int) -> Studyset:
    """Studies with hostile and plain names and 0 to 4 foci in the brain."""
    rng = np.random.default_rng(0)
    mask = standard_mask()
    names = [*HOSTILE_NAMES, *(f"Author{i:02d} {1990 + i}" for i in range(n_studies))][:n_studies]
    counts = rng.integers(0, 5, n_studies)
    foci = {
        name: mask.mm(rng.integers(0, mask.n_voxels, count)).tolist()
        for name, count in zip(names, counts, strict=True)
    }
    return make_studyset(foci)


def ale_of(studyset: Studyset) -> VoxelMap:
    """The ALE map of a studyset on the standard mask."""
    mask = standard_mask()
    fwhm_mm = fwhm_from_sample_size(studyset.n_subjects)
    maps = model_activation(studyset.foci_mm, studyset.offsets, fwhm_mm, mask)
    return VoxelMap(to_probability(maps.log_sum), mask)


def texts_of(figure) -> list[str]:
    """Every text that a figure shows."""
    import matplotlib.text

    from focale.plotting.style import styled

    with styled():  # ticks are made when they are looked for
        return [t.get_text() for t in figure.findobj(matplotlib.text.Text) if t.get_text()]


def drawn_texts(figure) -> list:
    """Texts of a figure after it was drawn, with the box in pixels that each takes."""
    import matplotlib.text

    from focale.plotting.style import styled

    with styled():
        figure.canvas.draw()
        shown = [t for t in figure.findobj(matplotlib.text.Text) if t.get_text()]
        return [(t, t.get_window_extent()) for t in shown if t.get_visible()]


@pytest.fixture(scope="session")
def eight() -> Studyset:
    """The first eight experiments of the bundled set."""
    studyset = Studyset(pain_studyset_path())
    return studyset.slice(studyset.ids[:8])


@pytest.fixture(scope="session")
def eight_ale(eight) -> VoxelMap:
    """ALE map of the eight."""
    return ale_of(eight)


@pytest.fixture(scope="session")
def helpers():
    """The functions of this file, which test files cannot import."""
    from types import SimpleNamespace

    return SimpleNamespace(
        names=HOSTILE_NAMES,
        make_studyset=make_studyset,
        made_studies=made_studies,
        ale_of=ale_of,
        texts_of=texts_of,
        drawn_texts=drawn_texts,
    )
