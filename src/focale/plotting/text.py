"""Names of studies as they fit on a page: cleaned, measured, shortened, kept apart.

Study names are input of the user. They may hold line breaks, letters of any script,
marks that matplotlib reads as formulas, or several hundred characters.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence

SIZES = {"title": 10.5, "body": 8.5, "small": 7.5, "tiny": 6.0}
"""Sizes of letters, points."""

_FONT = "DejaVu Sans"  # comes with matplotlib, so figures are equal on every machine
_OTHER_FONTS = (
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Source Han Sans",
    "WenQuanYi Zen Hei",
    "Hiragino Sans",
    "PingFang SC",
    "Microsoft YaHei",
    "Yu Gothic",
    "Malgun Gothic",
    "Noto Sans",
    "Arial Unicode MS",
)


def clean(text: str) -> str:
    r"""Text on one line, without characters that cannot be drawn.

    Examples
    --------
    >>> clean("Smith\n 2010\x07")
    'Smith 2010'
    """
    # Categories Z are spaces, C are control marks, lone surrogates and unassigned.
    marks = (" " if m.isspace() else m for m in text)
    drawn = (m for m in marks if not unicodedata.category(m).startswith("C"))
    return " ".join("".join(drawn).split()) or "(no name)"


def families_for(texts: Sequence[str]) -> list[str]:
    """Fonts to draw with: the standard one, and installed ones for letters it lacks."""
    letters = {ord(letter) for text in texts for letter in clean(text)}
    if all(letter < 0x0250 for letter in letters):  # Latin: do not open the font
        return [_FONT]
    from matplotlib import font_manager

    known = font_manager.get_font(font_manager.findfont(_FONT)).get_charmap()
    if all(letter in known for letter in letters):
        return [_FONT]
    installed = set(font_manager.get_font_names())
    return [_FONT, *(font for font in _OTHER_FONTS if font in installed)]


def width_of(text: str, size: float, weight: str = "normal") -> float:
    """Width of a clean line of text in the current style, inches; at least as drawn."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=size, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return 1.03 * float(width) / 72  # letters are moved to whole pixels when they are drawn


def fit(text: str, width: float, size: float, weight: str = "normal") -> str:
    """Text, cut with an ellipsis where it is wider than `width` inches."""
    text = clean(text)
    if width_of(text, size, weight) <= width:
        return text
    shortest, longest = 0, min(len(text), 400)
    while shortest < longest:
        middle = (shortest + longest + 1) // 2
        if width_of(text[:middle].rstrip() + "…", size, weight) <= width:
            shortest = middle
        else:
            longest = middle - 1
    return text[:shortest].rstrip() + "…"


def fit_all(
    texts: Sequence[str], width: float, size: float, endings: Sequence[str] | None = None
) -> list[str]:
    """Texts cut to a width, each different from the others.

    Parameters
    ----------
    texts
        Names; those that look alike once cut get their number in the list in front.
    width
        Inches.
    size
        Points.
    endings
        What to write after each name, never cut.
    """
    ends = [""] * len(texts) if endings is None else list(endings)

    def cut(text: str, end: str) -> str:
        return fit(text, width - width_of(end, size), size)

    short = [cut(text, end) for text, end in zip(texts, ends, strict=True)]
    times = Counter(short)
    numbered = [
        label if times[label] == 1 else cut(f"{i}. {clean(text)}", end)
        for i, (label, text, end) in enumerate(zip(short, texts, ends, strict=True), start=1)
    ]
    return [label + end for label, end in zip(numbered, ends, strict=True)]


def wrap(text: str, width: float, size: float, most_lines: int = 3) -> list[str]:
    """Lines of a bold text no wider than `width` inches; what is left over is cut."""
    lines = [""]
    for word in clean(text).split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width_of(longer, size, "bold") > width:
            lines.append(word)
        else:
            lines[-1] = longer
    kept = lines[:most_lines]
    if len(lines) > most_lines:
        kept[-1] += " …"
    return [fit(line, width, size, "bold") for line in kept]
