"""What can be said of a test while its iterations come in."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from focale.correction.p_values import interval_of
from focale.phrases import share_text
from focale.typing import IntArray


@dataclass(slots=True)
class Running:
    """Counts of iterations that are at least as large as what leads the observed map.

    Parameters
    ----------
    leading
        Shape (n_columns,); the largest observed value, cluster size and cluster mass, in
        the units of the maxima of an iteration.
    stop_after
        The h of a sequential test (see `p_values`), or None.

    Attributes
    ----------
    n, n_as_large
        Iterations so far, and how many of them are as large, shape (n_columns,).
    """

    leading: IntArray
    stop_after: int | None = None
    n: int = 0
    n_as_large: IntArray = field(init=False)

    def __post_init__(self) -> None:
        self.n_as_large = np.zeros(self.leading.size, dtype=np.int64)

    def count(self, maxima: IntArray) -> None:
        """Count further iterations, shape (n, n_columns)."""
        self.n += len(maxima)
        self.n_as_large += np.count_nonzero(maxima >= self.leading, axis=0)

    @property
    def has_ended(self) -> bool:
        """Whether a sequential test of each of the leading values needs no more iterations."""
        return self.stop_after is not None and bool(np.all(self.n_as_large >= self.stop_after))

    def note(self) -> str:
        """P of the largest cluster so far, with its interval; nothing where there is none.

        An iteration cannot tell a p of 0, so the p counts the observed map too.
        """
        if not self.n or not self.leading[1]:
            return ""
        p = (self.n_as_large[1] + 1) / (self.n + 1)
        low, high = interval_of(p, self.n)
        return f"largest cluster p {share_text(p)} ({share_text(low)} to {share_text(high)})"
