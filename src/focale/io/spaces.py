"""The names files give to coordinate spaces."""

from __future__ import annotations

SPACE_NAMES = {
    "mni": "MNI",
    "mni152": "MNI",
    "mni152_2mm": "MNI",
    "mni152nlin6asym": "MNI",
    "mni152nlin2009casym": "MNI",
    "mni152nlin2009asym": "MNI",
    "tal": "TAL",
    "talairach": "TAL",
}


def canonical_space(name: str) -> str | None:
    """MNI or TAL for a name of either, None for anything else.

    Examples
    --------
    >>> canonical_space(" mni152 "), canonical_space("Talairach"), canonical_space("TT_N27")
    ('MNI', 'TAL', None)
    """
    return SPACE_NAMES.get(name.strip().lower().replace("-", ""))
