"""The papers a text cites, as BibTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.resources import files

_CITED = {
    "wilson1931": "Wilson and Hilferty, 1931",
    "turkeltaub2002": "Turkeltaub et al., 2002",
    "brett2002": "Brett et al., 2002",
    "wager2003": "Wager et al., 2003",
    "wager2004": "Wager et al., 2004",
    "lancaster2007": "Lancaster et al., 2007",
    "wager2007": "Wager et al., 2007",
    "besag1991": "Besag and Clifford, 1991",
    "eickhoff2009": "Eickhoff et al., 2009",
    "wager2009": "Wager et al., 2009",
    "smith2009": "Smith and Nichols, 2009",
    "phipson2010": "Phipson and Smyth, 2010",
    "eickhoff2011": "Eickhoff et al., 2011",
    "eickhoff2012": "Eickhoff et al., 2012",
    "turkeltaub2012": "Turkeltaub et al., 2012",
    "langner2014": "Langner et al., 2014",
    "eickhoff2016": "Eickhoff et al., 2016",
    "acar2018": "Acar et al., 2018",
    "muller2018": "Müller et al., 2018",
    "frahm2022": "Frahm et al., 2022",
    "kuppers2024": "Küppers et al., 2024",
}


def cite(*keys: str) -> str:
    """Citation in brackets.

    Examples
    --------
    >>> cite("turkeltaub2002", "eickhoff2009")
    '(Turkeltaub et al., 2002; Eickhoff et al., 2009)'
    """
    return f"({'; '.join(_CITED[key] for key in keys)})"


def with_citations(text: str) -> str:
    """A text whose keys in braces are citations.

    Examples
    --------
    >>> with_citations("largest value {turkeltaub2002; eickhoff2009}")
    'largest value (Turkeltaub et al., 2002; Eickhoff et al., 2009)'
    """
    return re.sub(r"\{([^{}]+)\}", lambda found: cite(*found[1].split("; ")), text)


def cited_in(text: str) -> list[str]:
    """Keys of the papers a text cites, in the order of the years."""
    return [key for key, citation in _CITED.items() if citation in text]


def bibtex(keys: Iterable[str]) -> str:
    """BibTeX entries of papers, from the bibliography that ships with Focale."""
    text = (files("focale") / "data" / "references.bib").read_text(encoding="utf-8")
    by_key = {entry.partition("{")[2].partition(",")[0]: entry for entry in text.split("\n\n")}
    return "\n\n".join(by_key[key].strip() for key in keys) + "\n"
