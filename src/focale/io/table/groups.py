"""The rows of one experiment of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from focale.io.table.cells import Cell, text_of


@dataclass(slots=True)
class TableRow:
    """A row of an experiment: its cells with those filled from above, and its focus."""

    line: int
    cells: Sequence[Cell]
    is_continued: bool
    mm: tuple[float, float, float] | None


@dataclass(slots=True)
class Group:
    """The rows of one experiment."""

    study: str
    contrast: str
    rows: list[TableRow] = field(default_factory=list)
    n_found: int = 0

    @property
    def id(self) -> str:
        """Identifier of the experiment."""
        return f"{self.study}-{self.contrast}"

    @property
    def line(self) -> int:
        """Row where it begins, from 1."""
        return self.rows[0].line

    def distinct(self, column: int) -> dict[str, TableRow]:
        """What a column holds, and the first row that holds it."""
        found: dict[str, TableRow] = {}
        for row in self.rows:
            if row.cells[column] is not None:
                found.setdefault(text_of(row.cells[column]), row)
        return found


def is_constant(group: Group, column: int) -> bool:
    """Whether all rows of an experiment agree in a column; continued rows may be blank."""
    found = group.distinct(column)
    if not found:
        return True
    blank = [row for row in group.rows if row.cells[column] is None and not row.is_continued]
    return len(found) == 1 and not blank
