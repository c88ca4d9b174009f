"""Where foci were reported: every coordinate, by study, on a glass brain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from focale.plotting.brain import VIEW_MM, VIEWS_HEIGHT, glass_brain
from focale.plotting.style import INK, MARGIN, PAGE_WIDTH, Looks, note, page, place, styled
from focale.plotting.text import SIZES, clean, fit_all, width_of
from focale.studyset.model import Studyset
from focale.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe & Ito (2008): told apart with every kind of colour vision.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#3b3b3b")
SHAPES = ("o", "s", "^", "D", "v", "P", "X", "*")

_MOST_STUDIES = 2 * len(COLOURS) * len(SHAPES)
_ROW = 0.155  # inches of a legend line


@dataclass(frozen=True, slots=True)
class Marker:
    """How the foci of one study are drawn."""

    colour: str
    shape: str
    hollow: bool = False
    edge: str = INK

    @property
    def looks(self) -> Looks:
        """Face, edge and line for ``scatter``."""
        if self.hollow:
            return {"facecolors": "white", "edgecolors": self.colour, "linewidths": 1.1}
        return {"facecolors": self.colour, "edgecolors": self.edge, "linewidths": 0.4}


DOT = Marker("#222222", "o", edge="white")
"""A focus of any study, visible on white and on every colour."""


def study_markers(n_studies: int) -> list[Marker]:
    """A marker for each study, no two alike; dots for more than 128 studies.

    Colours change first, then shapes, then full to hollow.
    """
    if n_studies > _MOST_STUDIES:
        return [DOT] * n_studies
    per_fill = len(COLOURS) * len(SHAPES)
    return [
        Marker(
            COLOURS[i % len(COLOURS)],
            SHAPES[i // len(COLOURS) % len(SHAPES)],
            hollow=i >= per_fill,
        )
        for i in range(n_studies)
    ]


def plot_foci(studyset: Studyset, title: str | None = None) -> Figure:
    """All reported coordinates on a glass brain, by study.

    Parameters
    ----------
    studyset
        Every focus is drawn; one beyond the edge of the views is drawn at the edge, and
        the figure says how many are.
    title
        By default "All reported coordinates by study"; without "by study" where there
        are too many studies to tell apart.
    """
    counts = foci_per_study(studyset)
    names = [clean(str(study_id)) for study_id in studyset.study_ids]
    told_apart = len(names) <= _MOST_STUDIES
    with styled([*names, title or ""]):
        rows, columns = _legend_shape(names) if told_apart else (1, 1)
        figure, top = page(
            VIEWS_HEIGHT + 0.35 + rows * _ROW + MARGIN,
            title or "All reported coordinates" + (" by study" if told_apart else ""),
        )
        markers = study_markers(len(names))
        draw_foci(glass_brain(figure, top), studyset, markers, size=22)
        top += VIEWS_HEIGHT + 0.1
        note(figure, MARGIN, top, _remarks(studyset, told_apart=told_apart))
        if told_apart:
            _draw_legend(figure, top + 0.25, names, counts, markers, (rows, columns))
    return figure


def study_of_focus(studyset: Studyset) -> IntArray:
    """Shape (n_foci,); number of the study each focus belongs to."""
    studies = dict.fromkeys(experiment.study_id for experiment in studyset)
    number = {study_id: i for i, study_id in enumerate(studies)}
    of_experiment = np.array([number[experiment.study_id] for experiment in studyset])
    return of_experiment[studyset.experiment_of_focus]


def foci_per_study(studyset: Studyset) -> IntArray:
    """Shape (n_studies,); number of foci, 0 for a study without any."""
    return np.bincount(study_of_focus(studyset), minlength=len(studyset.study_ids))


def draw_foci(brain: Any, studyset: Studyset, markers: Sequence[Marker], size: float) -> None:
    """Foci of each study with its marker, over a brain of nilearn.

    `size` is the area of a mark, points squared; it shrinks where there are many foci.
    """
    size *= 1 if studyset.n_foci < 400 else 0.6 if studyset.n_foci < 2000 else 0.15
    points = _held_in_view(studyset.foci_mm)
    kinds = list(dict.fromkeys(markers))
    kind_of_focus = np.array([kinds.index(m) for m in markers])[study_of_focus(studyset)]
    # Many vector marks make an SVG file that browsers are slow to draw.
    looks: Looks = {"zorder": 3, "clip_on": False, "rasterized": studyset.n_foci > 1500}
    for kind, marker in enumerate(kinds):
        own = points[kind_of_focus == kind]
        if len(own):
            colour = marker.looks["facecolors"]
            edges = {k: v for k, v in marker.looks.items() if k != "facecolors"}
            brain.add_markers(own, colour, size, marker=marker.shape, **edges, **looks)


def n_beyond(studyset: Studyset) -> int:
    """Number of foci beyond the edge of the views."""
    moved = studyset.foci_mm != _held_in_view(studyset.foci_mm)
    return int(moved.any(axis=1).sum())


def _held_in_view(mm: FloatArray) -> FloatArray:
    """Points, shape (n, 3), mm, moved so that their marks stay on the page."""
    low, high = np.array(VIEW_MM).T
    return np.clip(mm, low, high)


def n_coordinates(n: int) -> str:
    """Number and noun."""
    return f"{n} coordinate" if n == 1 else f"{n} coordinates"


def _remarks(studyset: Studyset, *, told_apart: bool) -> str:
    """What is drawn, in words, and what is not where it was reported."""
    n_studies = len(studyset.study_ids)
    studies = "1 study" if n_studies == 1 else f"{n_studies} studies"
    text = f"{n_coordinates(studyset.n_foci)} of {studies}"
    text += " (number of coordinates in brackets)" if told_apart else ", not told apart by colour"
    if beyond := n_beyond(studyset):
        text += f"; {beyond} beyond the edge of the views, drawn at the edge"
    return text


def _legend_shape(names: Sequence[str]) -> tuple[int, int]:
    """Rows and columns of the legend: up to 5 columns, fewer where names are long."""
    widest = max(width_of(name[:80], SIZES["small"]) for name in names) + 0.6
    fewest = 2 if len(names) <= 12 else 3 if len(names) <= 30 else 4
    columns = min(max(int((PAGE_WIDTH - 2 * MARGIN) / widest), fewest), 5, len(names))
    return -(-len(names) // columns), columns


def _draw_legend(
    figure: Figure,
    top: float,
    names: Sequence[str],
    counts: IntArray,
    markers: Sequence[Marker],
    shape: tuple[int, int],
) -> None:
    """Marker, name and number of foci of each study, column by column."""
    rows, columns = shape
    width = PAGE_WIDTH - 2 * MARGIN
    ax = place(figure, MARGIN, top, width, rows * _ROW)
    ax.set(xlim=(0, width), ylim=(rows * _ROW, 0), label="legend")
    ax.set_axis_off()
    step = width / columns
    endings = [f" ({count})" for count in counts]
    labels = fit_all(names, step - 0.3, SIZES["small"], endings)
    for i, (label, marker) in enumerate(zip(labels, markers, strict=True)):
        x, y = i // rows * step, (i % rows + 0.5) * _ROW
        ax.scatter([x + 0.07], [y], marker=marker.shape, s=22, clip_on=False, **marker.looks)
        ax.text(x + 0.17, y, label, va="center_baseline", fontsize=SIZES["small"])
