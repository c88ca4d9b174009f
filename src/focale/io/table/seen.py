"""What a table has in many cells, said once: its first place, and how often it was met."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from focale.io.problems import Problem, Severity
from focale.phrases import count


@dataclass(slots=True)
class _Seen:
    """Where something was met first, and how often."""

    line: int
    column: int | None
    found: str
    read_as: str
    n: int = 1


class SeenOften:
    """Counts things by their kind.

    Parameters
    ----------
    file
        Name of the source.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.seen: dict[str, _Seen] = {}

    def add(self, kind: str, line: int, column: int | None, found: str, read_as: str = "") -> None:
        """One more of a kind; line from 1, column from 0."""
        if kind in self.seen:
            self.seen[kind].n += 1
        else:
            place = None if column is None else column + 1
            self.seen[kind] = _Seen(line, place, found, read_as)

    @property
    def problems(self) -> list[Problem]:
        """One for each kind that was met."""
        return [self._problem(kind, seen) for kind, seen in self.seen.items()]

    def _problem(self, kind: str, seen: _Seen) -> Problem:
        severity, what, expected = _KINDS[kind]
        return Problem(
            severity=severity,
            code=kind,
            what=what(seen.n, seen.read_as),
            found=seen.found,
            expected=expected,
            file=self.file,
            line=seen.line,
            column=seen.column,
        )


_KINDS: dict[str, tuple[Severity, Callable[[int, str], str], str]] = {
    "decimal-comma": (
        "warning",
        lambda n, read_as: (
            f"a comma taken as the decimal sign in {count(n, 'cell')}, the first read as {read_as}"
        ),
        "write decimals with a point",
    ),
    "unicode-minus": (
        "warning",
        lambda n, read_as: (
            f"a minus that is another sign (U+2212 or a dash) in {count(n, 'cell')}, the first "
            f"read as {read_as}"
        ),
        "write a plain minus",
    ),
    "beyond-header": (
        "warning",
        lambda n, _: f"{count(n, 'cell')} in columns without a name: ignored",
        "give the column a name",
    ),
    "row-without-focus": (
        "warning",
        lambda n, _: f"{count(n, 'row')} without coordinates: left out",
        "check that nothing is missing",
    ),
    "remark": (
        "warning",
        lambda n, _: f"{count(n, 'row')} with a single cell: taken as a remark",
        "remove the row, or give the experiment its sample size",
    ),
    "header-repeated": (
        "note",
        lambda n, _: f"the names of the columns come again in {count(n, 'row')}: passed over",
        "",
    ),
}
