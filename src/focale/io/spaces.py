"""The names files give to coordinate spaces."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from focale.io.problems import Problem
from focale.io.records import StudysetRecord
from focale.phrases import count

SPACE_NAMES = {
    "mni": "MNI",
    "mni152": "MNI",
    "mni1522mm": "MNI",
    "mni152nlin6asym": "MNI",
    "mni152nlin2009casym": "MNI",
    "mni152nlin2009asym": "MNI",
    "icbm152": "MNI",
    "tal": "TAL",
    "talairach": "TAL",
    "talairachtournoux": "TAL",
    "t88": "TAL",
}
"""Names in lower case, letters and digits alone. Colin 27, MNI305 and TT_N27 differ from
both and are not among them."""

WAY_OUT = "write MNI or Talairach, or say which it is with --space (space=)"


@lru_cache(maxsize=1024)  # asked once a focus
def canonical_space(name: str) -> str | None:
    """MNI or TAL for a name of either, None for anything else.

    Examples
    --------
    >>> canonical_space(" mni152 "), canonical_space("Talairach"), canonical_space("TT_N27")
    ('MNI', 'TAL', None)
    """
    plain = re.sub(r"[\s_\-]|space\b", "", name.lower())
    return SPACE_NAMES.get(plain)


def unplaced_foci(record: StudysetRecord, default: str | None) -> list[Problem]:
    """An error for each experiment with foci whose space is not known.

    Parameters
    ----------
    record
        What a source says.
    default
        Space of such foci, "MNI" or "TAL"; None if none is assumed.
    """
    if default is not None:
        return []
    problems: list[Problem] = []
    for experiment in record.experiments:
        names = [f.space or None for f in experiment.foci if not canonical_space(f.space or "")]
        for name, n in Counter(names).items():
            known = "not given" if name is None else "neither MNI nor Talairach"
            problems.append(
                Problem(
                    severity="error",
                    code="unknown-space",
                    what=f"{count(n, 'focus', 'foci')} of a space that is {known}",
                    found=name or "",
                    expected=WAY_OUT,
                    file=experiment.file,
                    line=experiment.line,
                    experiment=experiment.id,
                )
            )
    if len(problems) > 1 and not any(problem.found for problem in problems):
        return [_no_space_at_all(record)]
    return problems


def _no_space_at_all(record: StudysetRecord) -> Problem:
    n = sum(not focus.space for e in record.experiments for focus in e.foci)
    return Problem(
        severity="error",
        code="unknown-space",
        what=f"{n} of {count(record.n_foci, 'focus', 'foci')} of a space that is not given",
        expected=WAY_OUT,
        file=record.source,
    )
