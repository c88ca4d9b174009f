"""Bytes to text: encodings, and lines however they end.

A wrong guess at an encoding may show another letter in a name; it leaves numbers as they
are. So names are read leniently and the guess is said, and `encoding=` decides.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from itertools import islice

from focale.errors import ReadError
from focale.io.problems import Problem
from focale.io.source import Source

MOST_CONTROLS = 3
"""Control characters that a small text may hold by accident."""

_LINE = re.compile(r"([^\r\n]+)(?:\r\n|\r|\n|\Z)|\r\n|\r|\n")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]{1,20}")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TYPOGRAPHIC = "\N{EN DASH}\N{EM DASH}\N{LEFT SINGLE QUOTATION MARK}\
\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\
\N{HORIZONTAL ELLIPSIS}\N{NO-BREAK SPACE}\N{PLUS-MINUS SIGN}\N{MICRO SIGN}\N{DEGREE SIGN}"

_RARE = "\N{LATIN SMALL LIGATURE OE}\N{LATIN SMALL LETTER F WITH HOOK}"
_INVISIBLE = str.maketrans(
    {
        "\N{NO-BREAK SPACE}": " ",
        "\N{NARROW NO-BREAK SPACE}": " ",
        "\N{ZERO WIDTH SPACE}": "",
        "\N{ZERO WIDTH NO-BREAK SPACE}": "",
        "\N{LEFT-TO-RIGHT MARK}": "",
    }
)


def decoded(source: Source, encoding: str | None) -> tuple[str, list[Problem]]:
    """Text of a source, and what had to be guessed to read it.

    Parameters
    ----------
    source
        Bytes of a text file.
    encoding
        Name of the encoding, or None to recognise it: UTF-8, UTF-16, else cp1252 or Mac
        Roman, whichever gives the more plausible letters.

    Raises
    ------
    ReadError
        If the bytes are no text, or not of the encoding named.
    """
    content = source.content
    if encoding is not None:
        return _as_told(source, encoding), []
    for mark, name in _MARKS:
        if content.startswith(mark):
            return _as_told(source, name), []
    if (utf16 := _utf16_without_mark(source.head)) is not None:
        return _as_told(source, utf16), []
    if not is_text(source.head):
        raise ReadError(
            f"{source.name} is not text (it holds control characters); pass the text file itself, "
            "or say how it is encoded with encoding="
        )
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError as error:
        name = _likelier(content)
        return content.decode(name, "replace"), [_guessed(source, error.start, name)]


def is_text(head: bytes) -> bool:
    """Whether bytes are text, by the control characters they hold."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _utf16_without_mark(head):
        return True
    return len(_CONTROLS.findall(head)) <= max(MOST_CONTROLS, len(head) / 1000)


def lines(text: str) -> Iterator[tuple[int, str]]:
    """Numbered lines, from 1, whether they end in CR, LF or CRLF.

    Lines are made one at a time, so that a file of millions of lines can be given up
    early.
    """
    return enumerate((match[1] or "" for match in _LINE.finditer(text)), start=1)


def visible(line: str) -> str:
    """What can be seen of a line, from its first letter to its last."""
    return with_plain_blanks(line).strip()


def with_plain_blanks(line: str) -> str:
    """Line with plain blanks for special ones, and without letters that cannot be seen."""
    return line if line.isascii() else line.translate(_INVISIBLE)


def _as_told(source: Source, encoding: str) -> str:
    try:
        text = source.content.decode(encoding)
        return text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    except LookupError as error:
        raise ReadError(
            f"{encoding!r} is not an encoding Python knows; use utf-8, cp1252, mac_roman or utf-16"
        ) from error
    except (UnicodeError, ValueError) as error:
        raise ReadError(
            f"{source.name} is not text in {encoding} ({error}); leave out encoding= to have it "
            "recognised"
        ) from error


def _guessed(source: Source, start: int, name: str) -> Problem:
    others = {"cp1252": "mac_roman", "mac_roman": "cp1252"}
    other = f" ({others[name]} would give other letters)" if name in others else ""
    return Problem(
        severity="warning",
        code="encoding",
        what=f"byte 0x{source.content[start]:02X} is not UTF-8; read as {name}{other}, which may "
        "show another letter in a name and leaves numbers as they are",
        expected="save the file as UTF-8, or say encoding=",
        file=source.name,
        line=_line_ends(source.content, start) + 1,
    )


def _line_ends(content: bytes, end: int) -> int:
    n_together = content.count(b"\r\n", 0, end)
    return content.count(b"\n", 0, end) + content.count(b"\r", 0, end) - n_together


def _utf16_without_mark(head: bytes) -> str | None:
    """UTF-16 of mostly Latin text has a NUL in every second byte."""
    pairs = len(head) // 2
    if pairs < 4:
        return None
    even, odd = head[0 : 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if odd > 0.6 * pairs and even < 0.05 * pairs:
        return "utf-16-le"
    if even > 0.6 * pairs and odd < 0.05 * pairs:
        return "utf-16-be"
    return None


def _likelier(content: bytes) -> str:
    """Which of two encodings of one byte a letter gives the more plausible words."""
    found = islice(_BEYOND_ASCII.finditer(content), 1000)
    sample = [content[max(0, match.start() - 1) : match.end() + 1] for match in found]
    scores = {
        name: sum(_plausible(word.decode(name, "replace")) for word in sample)
        for name in ("cp1252", "mac_roman")
    }
    return "mac_roman" if scores["mac_roman"] > scores["cp1252"] else "cp1252"


def _plausible(word: str) -> float:
    """Score of letters beyond ASCII with their neighbours.

    Lower-case letters belong in words, capitals at their start, and dashes and quotation
    marks anywhere.
    """
    score = 0.0
    for i, letter in enumerate(word):
        if letter.isascii():
            continue
        before = word[i - 1] if i else ""
        after = word[i + 1 : i + 2]
        if letter in _TYPOGRAPHIC or letter in _RARE:
            score += 0.5
        elif before.isdecimal() or after.isdecimal():
            score -= 1  # a letter beside a number is a dash or a blank, wrongly read
        elif letter.isalpha() and letter.islower():
            score += 1
        elif letter.isalpha() and not before.isalpha():
            score += 0.5
        else:
            score -= 1
    return score
