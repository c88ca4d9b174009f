"""Small pieces of sentences."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def count(n: int, singular: str, plural: str | None = None) -> str:
    """Number and noun.

    Examples
    --------
    >>> count(1, "study", "studies"), count(12, "focus", "foci")
    ('1 study', '12 foci')
    """
    return f"{n:,} {singular if n == 1 else plural or singular + 's'}"


def in_words(n: int, singular: str, plural: str | None = None) -> str:
    """Number as a word where it is small, and noun.

    Examples
    --------
    >>> in_words(4, "cluster"), in_words(14, "cluster")
    ('four clusters', '14 clusters')
    """
    number = _WORDS[n] if n < len(_WORDS) else f"{n:,}"
    return f"{number} {singular if n == 1 else plural or singular + 's'}"


def listed(items: Sequence[str], last: str = "and") -> str:
    """Items as a list in a sentence.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"], "or")
    ('a', 'a and b', 'a, b or c')
    """
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"


def one_line(text: str, longest: int = 80) -> str:
    r"""A name on one line, without control characters, cut where it is long.

    Names of studies come from files and may hold anything.

    Examples
    --------
    >>> one_line("Smith\n\t2001\x1b[2J")
    'Smith 2001[2J'
    """
    words = " ".join(text.split())
    drawn = "".join(letter for letter in words if unicodedata.category(letter)[0] != "C")
    if text and not drawn:
        return "(no name)"
    return drawn if len(drawn) <= longest else f"{drawn[: longest - 1]}\N{HORIZONTAL ELLIPSIS}"


def peak_name(cluster: int, order: int) -> str:
    """Name of a peak: that of its cluster, then a letter for further ones.

    Examples
    --------
    >>> peak_name(2, 0), peak_name(2, 1)
    ('2', '2a')
    """
    return f"{cluster}{chr(ord('a') + order - 1) if order else ''}"


def volume(mm3: float) -> str:
    """Volume in a sentence.

    Examples
    --------
    >>> volume(4000.0), volume(0.4), volume(1234567.5)
    ('4,000 mm3', '0.4 mm3', '1,234,567.5 mm3')
    """
    return f"{mm3:,.10g} mm3"


def place(mm: Sequence[float]) -> str:
    """Coordinates in a sentence.

    Examples
    --------
    >>> place((54.0, -28.0, 20.5))
    'x = 54, y = -28, z = 20.5 mm'
    """
    x, y, z = mm
    return f"x = {x:g}, y = {y:g}, z = {z:g} mm"


def share_text(share: float) -> str:
    """Number between 0 and 1 without its leading zero, to two digits.

    Examples
    --------
    >>> share_text(0.0125), share_text(0.05), share_text(1e-9), share_text(0.0)
    ('.013', '.05', '1e-09', '0')
    """
    return f"{share:.2g}".removeprefix("0") or "0"
