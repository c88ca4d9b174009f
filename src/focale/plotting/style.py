"""One look for all figures, and files that are equal when their inputs are.

A figure is a page of a fixed width. Its parts are placed in inches from the top left
corner, so nothing is moved to make room and nothing is rendered twice to find out how
large it is. Figures are made without pyplot: no state is left open, none is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from focale.glance import COLOURS
from focale.plotting.text import SIZES, families_for, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Looks: TypeAlias = dict[str, Any]
"""Settings for a function of matplotlib."""

PAGE_WIDTH = 7.2
"""Width of a figure, inches: two columns of a journal."""

MARGIN = 0.15
"""Empty border of a page, inches."""

DPI = 150
"""Pixels an inch of PNG files, and of the images inside SVG files."""

INK, FAINT, BAR = "#222222", "#6b6b6b", "#0072B2"

ALE_COLOURS = COLOURS
"""Of ALE values; the same in a notebook and in every figure."""

SHARE_COLOURS = "Blues"
"""Colour map of shares, paper white at 0."""

_STYLE = {
    "figure.dpi": DPI,
    "figure.facecolor": "white",
    "font.size": SIZES["body"],
    "text.color": INK,
    "text.parse_math": False,  # a name such as "$n_1" is a name
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.formatter.useoffset": False,
    "xtick.labelsize": SIZES["small"],
    "ytick.labelsize": SIZES["small"],
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "svg.hashsalt": "focale",  # else the names inside an SVG file are drawn at random
    "svg.fonttype": "path",  # letters look the same where the font is missing
}


@contextmanager
def styled(texts: Sequence[str] = ()) -> Iterator[None]:
    """Draw in Focale's style, whatever the settings of the user's matplotlib.

    Parameters
    ----------
    texts
        Names that will be drawn; installed fonts are added for scripts that the
        standard font lacks.
    """
    import warnings

    import matplotlib.style

    style = {**_STYLE, "font.family": families_for(texts)}
    with warnings.catch_warnings(), matplotlib.style.context(["default", style]):
        # Where no installed font has a letter an empty box is drawn; the rest is readable.
        warnings.filterwarnings("ignore", message="(?s)Glyph .* missing from")
        yield


def page(height: float, title: str) -> tuple[Figure, float]:
    """Page with a title at its top left, and where the rest begins.

    Parameters
    ----------
    height
        Inches below the title.
    title
        Wrapped to the width of the page.

    Returns
    -------
    tuple
        The figure, and the distance of the lower edge of the title from the top of
        the page, inches.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    lines = wrap(title, PAGE_WIDTH - 2 * MARGIN, SIZES["title"])
    top = 2 * MARGIN + len(lines) * 1.25 * SIZES["title"] / 72
    figure = Figure(figsize=(PAGE_WIDTH, top + height))
    FigureCanvasAgg(figure)
    looks: Looks = {
        "fontsize": SIZES["title"],
        "fontweight": "bold",
        "color": INK,
        "linespacing": 1.25,
    }
    note(figure, MARGIN, MARGIN, "\n".join(lines), **looks)
    return figure, top


def place(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes of a size, inches, at a distance from the left and the top of the page."""
    page_width, page_height = figure.get_size_inches()
    return figure.add_axes(
        (
            left / page_width,
            1 - (top + height) / page_height,
            width / page_width,
            height / page_height,
        )
    )


def note(figure: Figure, left: float, top: float, text: str, **looks: Any) -> None:
    """Small text on the page, inches from its left and top."""
    width, height = figure.get_size_inches()
    looks = {"fontsize": SIZES["small"], "color": FAINT, "va": "top", **looks}
    figure.text(left / width, 1 - top / height, text, **looks)


def save_figure(
    figure: Figure, path_without_suffix: str | Path, formats: Sequence[str] = ("png", "svg")
) -> tuple[Path, ...]:
    """Write a figure, the same bytes for the same figure.

    Parameters
    ----------
    figure
        A figure of this package.
    path_without_suffix
        Where to write; "out/foci" gives ``out/foci.png`` and ``out/foci.svg``.
    formats
        Suffixes matplotlib knows: "png", "svg", "pdf".

    Returns
    -------
    tuple of Path
        The files, in the order of `formats`.
    """
    nameless: dict[str, dict[str, Any]] = {
        "png": {"Software": None},
        "svg": {"Date": None, "Creator": None},
        "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    }
    paths = []
    for suffix in formats:
        path = Path(f"{path_without_suffix}.{suffix}")
        with styled():
            figure.savefig(path, format=suffix, dpi=DPI, metadata=nameless.get(suffix))
        paths.append(path)
    return tuple(paths)
