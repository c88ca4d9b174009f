"""What it means that two programs agree: Monte Carlo error of both sides.

If both draw from one distribution, the rank of their order statistic among our values is
beta-binomial, whatever the distribution is. No interval here assumes a normal distribution.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

PERCENTS = (50, 90, 95, 99)
CONFIDENCE = 0.999
"""Of each comparison: about one in a thousand would fail by chance, were all programs equal."""

SEED = 20261125
N_ITERATIONS = 20_000


@dataclass(frozen=True)
class Row:
    """One comparison: a number of theirs, ours, and where theirs may lie.

    Where theirs is None, ours is a distance between the two, and it is what is allowed.
    """

    what: str
    theirs: float | None
    ours: float
    allowed: tuple[float, float]
    why: str
    form: str = ".5f"

    @property
    def agrees(self):
        number = self.ours if self.theirs is None else self.theirs
        return bool(self.allowed[0] <= number <= self.allowed[1])

    @property
    def cells(self):
        """Theirs, ours, difference and what is allowed, as text."""
        low, high = (format(float(bound), self.form) for bound in self.allowed)
        ours = format(float(self.ours), self.form)
        if self.theirs is None:
            return "", "", ours, f"up to {high}"
        difference = format(float(self.ours - self.theirs), f"+{self.form}")
        theirs = format(float(self.theirs), self.form)
        return theirs, ours, difference, low if low == high else f"{low} to {high}"


def ranks_allowed(n_ours, rank, n_theirs, confidence=CONFIDENCE):
    """How many of our values may lie below the `rank`-th smallest of theirs.

    If both are draws from one distribution, that number is beta-binomial, whatever the
    distribution: the error of both sides is in it.
    """
    counts = np.arange(n_ours + 1)
    below = np.cumsum(stats.betabinom.pmf(counts, n_ours, rank, n_theirs + 1 - rank))
    tail = (1 - confidence) / 2
    return int(np.searchsorted(below, tail)), int(np.searchsorted(below, 1 - tail))


def point_allowed(ours, percent, n_theirs, confidence=CONFIDENCE):
    """Where a percentage point of n values may lie, if they are from the distribution of ours."""
    rank = math.ceil(percent / 100 * n_theirs)
    low, high = ranks_allowed(len(ours), rank, n_theirs, confidence)
    rising = np.sort(ours)
    return float(rising[max(low - 1, 0)]), float(rising[min(high, len(ours) - 1)])


def p_allowed(n_exceeding, n_ours, n_theirs, confidence=CONFIDENCE):
    """Where b / n of others may lie, if b of our own iterations exceed."""
    counts = np.arange(n_theirs + 1)
    below = np.cumsum(
        stats.betabinom.pmf(counts, n_theirs, n_exceeding + 1, n_ours - n_exceeding + 1)
    )
    tail = (1 - confidence) / 2
    low, high = np.searchsorted(below, [tail, 1 - tail])
    # NiMARE keeps its p between 1/B and 1 - 1/B.
    low, high = np.clip([low, high], 1, n_theirs - 1)
    return float(low / n_theirs), float(high / n_theirs)


def ks_allowed(n_ours, n_theirs, confidence=CONFIDENCE):
    """Largest distance of two distribution functions, by chance (Smirnov)."""
    return math.sqrt(-math.log((1 - confidence) / 2) / 2 * (1 / n_ours + 1 / n_theirs))


def points(what, ours, theirs, n_theirs, form):
    """Percentage points of others beside ours; `theirs` by percent."""
    why = f"Monte Carlo error of {len(ours):,} and {n_theirs:,} iterations"
    return [
        Row(
            f"{what}, {percent} % point",
            theirs[percent],
            float(np.percentile(ours, percent)),
            point_allowed(ours, percent, n_theirs),
            why,
            form,
        )
        for percent in theirs
    ]


def distance(what, ours, theirs):
    found = float(stats.ks_2samp(ours, theirs).statistic)
    allowed = ks_allowed(len(ours), len(theirs))
    why = "largest distance of the two distribution functions (Smirnov)"
    return Row(f"{what}, all iterations", None, found, (0.0, allowed), why, ".4f")


def volume_row(what, theirs, ours):
    why = "10 %: cluster-forming thresholds from other bins"
    return Row(what, float(theirs), ours, (0.9 * ours, 1.1 * ours), why, ".0f")


def table(rows):
    yield "| what | theirs | ours | difference | allowed | agrees | why |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        cells = [row.what, *row.cells, "yes" if row.agrees else "**no**", row.why]
        yield f"| {' | '.join(cells)} |"
    yield ""
