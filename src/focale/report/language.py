"""The language guard: claims in a text that should only describe.

No test is made in descriptive mode, so no text of it may say that one was passed, or
failed: "no significant convergence" is as much a claim as its opposite. `find_claims`
reads prose (plain, Markdown, LaTeX or HTML, wrapped or not) against a list of words
(`inferential_words.py`), leaves denials alone (`denials.py`) and says where each claim
stands. Words, not meaning: a sentence without findings may still claim too much.
"""

from __future__ import annotations

import re
import string
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from focale.report.denials import denied_letters
from focale.report.inferential_words import RULES, Rule
from focale.report.prose import LOOKALIKES, prose_of, without_references


@dataclass(frozen=True, slots=True)
class Finding:
    """A phrase that claims, where it stands, and what to write instead.

    Parameters
    ----------
    line, column
        Place of the first letter, both from 1; a column is a character, tabs included.
    phrase
        As written, with line breaks and runs of blanks as one blank.
    rule
        Name of the rule.
    instead, why
        As in the rule.
    """

    line: int
    column: int
    phrase: str
    rule: str
    instead: str
    why: str


_SMALL = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)  # keeps the length
_SENTENCE_END = re.compile(
    r"\n|(?<=[.!?])(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bvs\.)(?<!\bal\.)(?<!\bFig\.)(?<!\b[A-Z]\.)"
    r"[\"\u201d')\]]* (?=[\"\u201c\u2018'(\[]*[A-Z])"
)


def find_claims(text: str) -> list[Finding]:
    """Phrases that claim what a descriptive reading cannot, in text order.

    Parameters
    ----------
    text
        Plain text, Markdown, LaTeX or HTML; lines may end in LF, CRLF or CR.

    Returns
    -------
    list of Finding
        Never overlapping: of two at one place the first to begin counts, of two that
        begin together the longer.

    Examples
    --------
    >>> [(f.line, f.column, f.phrase) for f in find_claims("Convergence was *significant*.")]
    [(1, 18, 'significant')]
    >>> find_claims("These values do not imply significance.")
    []
    """
    page = text.translate(LOOKALIKES).replace("\r\n", " \n").replace("\r", "\n")
    prose = prose_of(without_references(page))
    lines = [0, *(match.end() for match in re.finditer("\n", page))]
    findings = []
    for rule, start, end in _claims(prose.text):
        first, last = prose.position(start), prose.position(end - 1) + 1
        line = bisect_right(lines, first)
        phrase = " ".join(text[first:last].split())
        column = first - lines[line - 1] + 1
        findings.append(Finding(line, column, phrase, rule.name, rule.instead, rule.why))
    return findings


def _claims(prose: str) -> Iterator[tuple[Rule, int, int]]:
    """Rule and span of each claim: in order, not overlapping, not denied."""
    small = prose.translate(_SMALL)
    hits = sorted(
        (match.start(), -match.end(), number)
        for number, rule in enumerate(RULES)
        for match in rule.pattern.finditer(small)
    )
    ends = [0, *(match.end() for match in _SENTENCE_END.finditer(prose)), len(prose)]
    free_from = 0
    for number, group in groupby(hits, lambda hit: bisect_right(ends, hit[0], hi=len(ends) - 1)):
        first = ends[number - 1]
        denied = denied_letters(small[first : ends[number]])
        for start, minus_end, rule in group:
            end = -minus_end
            if start >= free_from and not all(denied[start - first : end - first]):
                yield RULES[rule], start, end
                free_from = end
