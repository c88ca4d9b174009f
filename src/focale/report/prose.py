"""Prose without its markup, in which every letter knows where it stood.

Markdown, LaTeX and HTML are seen through: emphasis, commands, tags, entities, hyphenated
line ends. Lists of references are blanked, since titles of papers are not one's own words.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

LOOKALIKES = (
    dict.fromkeys(map(ord, "\u2010\u2011\u2212"), "-")
    | dict.fromkeys(map(ord, "\u00a0\u2009\u202f"), " ")
    | {ord("\u2019"): "'"}
)
"""Hyphens, blanks and apostrophes that patterns need not know apart."""

_MARKUP = re.compile(
    r"(?P<wrapped>(?<=[a-z])-\n[ \t]*(?=[a-z]))"
    r"|(?P<blank>(?:\s{2,}|[^\S ])(?:(?:[-*+\u2022]|\#{1,6}|\d{1,3}[.)])(?=\s)|\||> ?|\\item\b)?)"
    r"|(?P<block>\||\\(?:sub)*(?:section|paragraph|caption|title)\*?\{"
    r"|</?(?:p|li|[uod]l|h[1-6]|t[dhr]|d[dt]|div|br|section|title|figcaption)(?:\s[^<>]*)?/?>)"
    r"|(?P<sign>\\(?:leq?|geq?|lt|gt)(?![a-zA-Z])|&(?:[a-zA-Z]{2,8}|\#\d{1,5});|[\ufb00-\ufb06])"
    r"|(?P<space>~|\\[,;: !]|\\\\)"
    r"|(?P<nothing>\\(?:\w*cite\w*|\w*ref|label|includegraphics|url|input)\*?"
    r"(?:\[[^\[\]]*\])*\{[^{}]*\}|https?://[^\s)}>\]]+|\bdoi:\S+"
    r"|</?[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>]*)?/?>"
    r"|\\[a-zA-Z]+\*?\{?|\\(?=\W)|[{}$`*\u00ad]|(?<![A-Za-z0-9_])_+|_+(?![A-Za-z0-9_]))"
)
_SIGNS = {"le": "\u2264", "leq": "\u2264", "ge": "\u2265", "geq": "\u2265", "lt": "<", "gt": ">"}


def _plain(match: re.Match[str]) -> str:
    """What stands in prose for a piece of markup; a line break parts sentences."""
    piece = match[0]
    kind = match.lastgroup
    if kind == "block":
        return "\n"
    if kind == "blank":
        blanks = len(piece) - len(piece.lstrip())
        mark = piece[blanks:]
        lines = piece.count("\n")
        if lines > 1 or mark == "|" or (lines and mark.strip() not in {"", ">"}):
            return "\n"
        return " " if lines else f" {mark}"
    if kind == "sign":
        known = _SIGNS.get(piece.lstrip("\\"))
        return known or unicodedata.normalize("NFKC", html.unescape(piece))
    return " " if kind == "space" else ""


@dataclass(frozen=True, slots=True)
class Prose:
    """Text without markup that knows where its letters come from.

    Parameters
    ----------
    text
        Prose, a blank between words and a line break between paragraphs.
    starts, sources
        Where each piece of it begins, here and in the page.
    """

    text: str
    starts: list[int]
    sources: list[int]

    def position(self, offset: int) -> int:
        """Offset in the page of a letter of the prose."""
        piece = bisect_right(self.starts, offset) - 1
        return self.sources[piece] + offset - self.starts[piece]


def prose_of(page: str) -> Prose:
    """Prose of a page: its markup gone, its words one blank apart."""
    pieces: list[str] = []
    starts: list[int] = []
    sources: list[int] = []
    length, after_blank = 0, True
    for whole, source in _pieces(page):
        doubled = after_blank and whole.startswith(" ")
        if piece := whole[doubled:]:
            pieces.append(piece)
            starts.append(length)
            sources.append(source + doubled)
            length += len(piece)
            after_blank = piece[-1] in " \n"
    return Prose("".join(pieces), starts, sources)


def _pieces(page: str) -> Iterator[tuple[str, int]]:
    """Prose and what stands for markup, each with its offset."""
    at = 0
    for match in _MARKUP.finditer(page):
        yield page[at : match.start()], at
        yield _plain(match), match.start()
        at = match.end()
    yield page[at:], at


_HEADING = re.compile(r"#{1,6}\s|\\(?:sub)*section|\\appendix|\\end\{thebib|</?h[1-6]|</section")
_REFERENCES = re.compile(
    r"(?:[#*_]+ ?|\\(?:sub)*section\*?\{|<h[1-6][^<>]*>|\d+\.? )?"
    r"(?:(?:list of )?references|bibliography|reference list|literature cited|works cited)"
    r"(?:[*_:]+| ?#+|\}|</h[1-6]>)?|\\begin\{thebibliography\}.*",
    re.IGNORECASE,
)
_ENTRY = re.compile(r"\[\d{1,4}\]|@\w+\s*\{|\\bibitem")
_NOT_PROSE = re.compile(r"(?:book|short)?title\s*=\s*[{\"]|%", re.IGNORECASE)


def without_references(page: str) -> str:
    """Page of the same length in which lists of references are blank.

    A list under its heading ends at the next Markdown, LaTeX or HTML heading; an entry
    elsewhere ("[1] ...", BibTeX) begins a paragraph and ends with it.
    """
    kept = []
    in_list = in_entry = False
    before = ""
    for whole in page.split("\n"):
        line = whole.strip()
        if _REFERENCES.fullmatch(line):
            in_list = True
        elif in_list and _HEADING.match(line):
            in_list = False
        begins = in_entry or not before or before[-1] in ".:;)"
        in_entry = bool(line) and (in_entry or (begins and bool(_ENTRY.match(line))))
        skipped = in_list or in_entry or _NOT_PROSE.match(line)
        kept.append("\n" * len(whole) if skipped else whole)
        before = line
    return "\n".join(kept)
