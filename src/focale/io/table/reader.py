"""The rows of a table, read one by one into experiments and problems.

The rows of one experiment are those of equal study and contrast, wherever they stand. A
row whose study is blank continues the row above it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from focale.io.join import told_apart
from focale.io.numbers import (
    FARTHEST_MM,
    has_typographic_minus,
    is_finite_number,
    parse_number,
)
from focale.io.problems import MOST_ERRORS, Problem, Severity, quoted
from focale.io.records import ExperimentRecord, FocusRecord, StudysetRecord
from focale.io.sample_size import MOST_SUBJECTS, RULE, count_with_remark
from focale.io.source import ReadOptions, Source
from focale.io.spaces import canonical_space
from focale.io.table.cells import (
    ODD_IN_WORDS,
    Cell,
    NumberedRow,
    Odd,
    is_blank,
    number_text,
    text_of,
)
from focale.io.table.columns import AUTHORS, Columns, recognised
from focale.io.table.groups import Group, TableRow, is_constant
from focale.io.table.seen import SeenOften
from focale.io.table.values import PLAIN_NUMBER, Make, note_number, value_maker
from focale.io.text import visible
from focale.phrases import count, listed, one_line

MOST_SAMPLED = 500
"""So many rows are looked at to tell what a column is."""

OF_EXPERIMENTS = ("subject_group", "talairach", "experiment_name")
OF_STUDIES = ("doi", "pmid", "year")

_MARKS = frozenset(("x", "X", "1"))
_AXES = ("x", "y", "z")


def read_rows(
    rows: Sequence[NumberedRow],
    source: Source,
    options: ReadOptions,
    problems: Iterable[Problem],
    *,
    delimiter: str | None = None,
) -> StudysetRecord:
    """Read the rows of a table; what cannot be understood is among the problems.

    Parameters
    ----------
    rows
        The row with the names of the columns, and those below it.
    source
        Where they come from.
    options
        What to assume where they leave a meaning open.
    problems
        What was noticed before.
    delimiter
        What parts the cells of a text; None for a workbook.
    """
    reader = _Reader(rows, source, options, delimiter)
    for line, cells in rows[1:]:
        reader.read_row(line, cells)
        if reader.n_errors >= MOST_ERRORS:
            reader.give_up(line)
            break
    experiments = reader.finish()
    own = sorted(reader.problems, key=lambda problem: problem.line or 0)
    return StudysetRecord.of(
        experiments,
        source.name,
        source.sha256,
        [*problems, *own],
        (len(reader.groups), reader.n_foci),
        studies=reader.studies,
    )


class _Reader:
    """Reads row by row, collecting experiments and problems."""

    def __init__(
        self,
        rows: Sequence[NumberedRow],
        source: Source,
        options: ReadOptions,
        delimiter: str | None,
    ) -> None:
        self.file = source.name
        self.options = options
        self.is_split_by_commas = delimiter == ","
        header = rows[0][1]
        self.names = [text_of(cell) for cell in header]
        self.header, self.width = header, len(header)
        sample = rows[1 : MOST_SAMPLED + 1]
        self.columns: Columns = recognised(
            self.names,
            lambda column: [text_of(c[column]) for _, c in sample if column < len(c)],
            options.space,
        )
        self.problems: list[Problem] = []
        self.groups: dict[tuple[str, ...], Group] = {}
        self.studies: dict[str, dict[str, Any]] = {}
        self.n_foci = 0
        self.n_errors = 0
        self.above: TableRow | None = None
        self.seen = SeenOften(source.name)
        self.spaces: dict[str, str | None] = {}
        stem = self.file.rpartition(".")[0] or self.file
        self.name_of_all = one_line(stem, 200)
        self.key = self.columns.fields.get("study", self.columns.fields.get("experiment"))
        fields = self.columns.fields
        self.named = [fields[f] for f in ("study", "experiment", "space") if f in fields]
        self.unnamed = [
            column
            for column, name in enumerate(self.names)
            if not name and column not in self.columns.xyz
        ]
        self.tags = self.tags_of(rows[1:])
        self.note_columns(rows[0][0])
        if delimiter is not None:
            self.refuse_shifted(rows)

    def note(
        self, severity: Severity, code: str, line: int | None, what: str, **more: Any
    ) -> None:
        if severity == "error":
            self.n_errors += 1
        self.problems.append(
            Problem(severity=severity, code=code, what=what, file=self.file, line=line, **more)
        )

    def give_up(self, line: int) -> None:
        self.note(
            "error",
            "too-many-errors",
            line,
            f"{MOST_ERRORS:,} errors up to here, so reading stopped",
            expected="check that this is a table with one focus a row",
        )

    # --- columns -----------------------------------------------------------------------

    def note_columns(self, line: int) -> None:
        for name, doubted in self.columns.doubts:
            self.note(
                "error",
                "two-columns",
                line,
                f"{'two' if len(doubted) == 2 else len(doubted)} columns for {name}",
                found=", ".join(self.names[column] for column in doubted),
                expected="keep one of them, or rename the others",
                column=doubted[1] + 1,
            )
        fields = self.columns.fields
        if "study" not in fields and "experiment" in fields:
            self.note(
                "warning",
                "no-study-column",
                line,
                "no column names the study: each experiment counts as a study of its own",
                expected='add a column "study"',
            )
        elif "study" not in fields:
            self.note(
                "note",
                "no-study-column",
                line,
                "no column names a study: all rows are one experiment, named after the file",
            )

    def refuse_shifted(self, rows: Sequence[NumberedRow]) -> None:
        """A header too short for every row: it is open which name belongs to which cell."""
        filled = [cells for _, cells in rows[1 : MOST_SAMPLED + 1] if not is_blank(cells)]
        if filled and all(not is_blank(cells[self.width :]) for cells in filled):
            self.note(
                "error",
                "header-too-short",
                rows[0][0],
                f"{count(self.width, 'column')} with a name, and more cells in every row, so it "
                "is open which name belongs to which cell",
                found=", ".join(self.names),
                expected="name every column",
            )

    def tags_of(self, rows: Sequence[NumberedRow]) -> list[int]:
        """JALE: the columns that tell experiments apart, which are those of words."""
        if not self.columns.is_jale:
            return []
        return [
            column
            for column in (*self.columns.others.values(), *self.columns.of_experiments.values())
            if not all(
                note_number(cells[column]) is not None
                for _, cells in rows
                if column < len(cells) and cells[column] is not None
            )
        ]

    # --- rows --------------------------------------------------------------------------

    def read_row(self, line: int, cells: tuple[Cell, ...]) -> None:
        if is_blank(cells):
            self.above = None
            return
        if cells[: self.width] == self.header:
            self.seen.add("header-repeated", line, None, text_of(cells[self.columns.xyz[0]]))
            return
        has_focus = any(cells[c] is not None for c in self.columns.xyz if c < len(cells))
        self.n_foci += has_focus
        whole = self.within_header(line, cells, has_focus=has_focus)
        if whole is None or self.refuse_odd(line, whole, has_focus=has_focus):
            return
        row = self.completed(line, whole)
        if row is None:
            self.refuse_homeless(line, whole, has_focus=has_focus)
            return
        group = self.group_of(row)
        if group is None:
            self.seen.add("row-without-focus", line, None, _first_text(cells))
            return
        group.rows.append(row)
        if has_focus:
            group.n_found += 1
            row.mm = self.coordinates(row, group)
        elif any(whole[column] is not None for column in self.columns.of_foci.values()):
            self.seen.add("row-without-focus", line, None, _first_text(cells))

    def within_header(
        self, line: int, cells: tuple[Cell, ...], *, has_focus: bool
    ) -> tuple[Cell, ...] | None:
        """The cells that have a name; None if commas may have moved them to other names."""
        unnamed = [c for c in range(self.width, len(cells)) if cells[c] is not None]
        if unnamed and self.is_split_by_commas:
            self.refuse_split(line, cells, has_focus=has_focus)
            return None
        unnamed += [c for c in self.unnamed if c < len(cells) and cells[c] is not None]
        for column in unnamed:
            self.seen.add("beyond-header", line, column, text_of(cells[column]))
        return (*cells[: self.width], *[None] * (self.width - len(cells)))

    def completed(self, line: int, cells: tuple[Cell, ...]) -> TableRow | None:
        """The row with what it leaves blank filled from the row above; None if it cannot be."""
        if self.key is None or cells[self.key] is not None:
            self.above = TableRow(line, cells, is_continued=False, mm=None)
            return self.above
        if self.above is None:
            return None
        filled = list(cells)
        for column in (*self.columns.fields.values(), *self.tags):
            if filled[column] is None:
                filled[column] = self.above.cells[column]
        self.above = TableRow(line, filled, is_continued=True, mm=None)
        return self.above

    def group_of(self, row: TableRow) -> Group | None:
        """The experiment of a row; None for a row that belongs to none."""
        fields = self.columns.fields
        contrast = self.text(row, "experiment")
        key: tuple[str, ...]
        if self.key is None:
            if all(row.cells[column] is None for column in self.columns.xyz):
                return None
            study, key = self.name_of_all, (self.name_of_all,)
        elif "study" not in fields:
            study, contrast, key = contrast, "", (contrast,)
        elif self.columns.is_jale:
            study = self.study_of(row)
            tags = [text_of(row.cells[column]).casefold() for column in self.tags]
            key = (study, self.text(row, "n"), self.space_of(row) or "", *tags)
        else:
            study = self.study_of(row)
            key = (study, contrast)
        if key not in self.groups:
            self.groups[key] = Group(study, contrast or "1")
        return self.groups[key]

    def study_of(self, row: TableRow) -> str:
        """Name of the study; with the year, where authors name it."""
        study, year = self.text(row, "study"), self.text(row, "year")
        if self.columns.study_name in AUTHORS and year and year not in study:
            return f"{study} {year}"
        return study

    def text(self, row: TableRow, name: str) -> str:
        column = self.columns.fields.get(name)
        return "" if column is None else text_of(row.cells[column])

    def refuse_split(self, line: int, cells: Sequence[Cell], *, has_focus: bool) -> None:
        self.note(
            "error",
            "too-many-cells",
            line,
            f"{len(cells)} cells in a row, and {self.width} columns have a name",
            found=", ".join(text_of(cell) for cell in cells),
            expected="put a cell with a comma into quotation marks, or name the columns",
            foci_left_out=int(has_focus),
        )

    def refuse_homeless(self, line: int, cells: Sequence[Cell], *, has_focus: bool) -> None:
        """A row whose study is blank, with none right above it."""
        if not has_focus:
            self.seen.add("row-without-focus", line, None, _first_text(cells))
            return
        name = self.names[self.key or 0]
        self.note(
            "error",
            "focus-without-study",
            line,
            f"no {quoted(name)} in this row, and none in a row right above it",
            found=" ".join(text_of(cells[column]) for column in self.columns.xyz),
            expected="write it into each row",
            column=(self.key or 0) + 1,
            foci_left_out=1,
        )

    def refuse_odd(self, line: int, cells: Sequence[Cell], *, has_focus: bool) -> bool:
        """Whether the study, experiment or space of a row is no text."""
        for column in self.named:
            cell = cells[column]
            if isinstance(cell, Odd) and cell.kind != "date":
                self.note(
                    "error",
                    "not-a-name",
                    line,
                    f"{quoted(self.names[column])} is {ODD_IN_WORDS[cell.kind]}",
                    found=cell.text,
                    expected="write the name itself",
                    column=column + 1,
                    foci_left_out=int(has_focus),
                )
                return True
        return False

    # --- coordinates -------------------------------------------------------------------

    def coordinates(self, row: TableRow, group: Group) -> tuple[float, float, float] | None:
        numbers: list[float] = []
        for axis, column in zip(_AXES, self.columns.xyz, strict=True):
            cell = row.cells[column]
            number = self.number(cell, row.line, column)
            if number is None or abs(number) > FARTHEST_MM:
                self.refuse_coordinate(axis, row, column, group, is_number=number is not None)
                return None
            numbers.append(number)
        x, y, z = numbers
        return x, y, z

    def number(self, cell: Cell, line: int, column: int) -> float | None:
        """Number of a cell, None if it is none; signs of word processors are noted."""
        if not isinstance(cell, str):
            return float(cell) if is_finite_number(cell) else None
        if PLAIN_NUMBER.fullmatch(cell):
            return float(cell)
        plain = visible(cell)
        number = parse_number(plain, decimal_comma=True)
        if number is not None and "," in plain:
            self.seen.add("decimal-comma", line, column, cell, f"{number:g}")
        if number is not None and has_typographic_minus(plain):
            self.seen.add("unicode-minus", line, column, cell, f"{number:g}")
        return number

    def refuse_coordinate(
        self, axis: str, row: TableRow, column: int, group: Group, *, is_number: bool
    ) -> None:
        cell = row.cells[column]
        expected = "write a number in mm, with a point for decimals"
        if cell is None:
            what = f"no {axis} in a row with other coordinates"
        elif isinstance(cell, Odd):
            what = f"{axis} is {ODD_IN_WORDS[cell.kind]}"
            expected = "write the number itself"
        elif is_number:
            what = f"{axis} is beyond {FARTHEST_MM:,.0f} mm, which is no place in a head"
        else:
            what = f"{axis} is not a number"
            expected += "; leave x, y and z empty where an experiment has no foci"
        self.note(
            "error",
            "not-a-coordinate",
            row.line,
            what,
            found=text_of(cell),
            expected=expected,
            column=column + 1,
            experiment=group.id if not self.columns.is_jale else group.study,
            foci_left_out=1,
        )

    def space_of(self, row: TableRow) -> str | None:
        name = self.text(row, "space")
        if not name:
            return self.columns.space
        if name not in self.spaces:
            self.spaces[name] = canonical_space(name) or name
        return self.spaces[name]

    # --- the end -----------------------------------------------------------------------

    def finish(self) -> list[ExperimentRecord]:
        self.leave_out_remarks()
        if self.columns.is_jale:
            self.name_by_tags()
        self.refuse_unnamed_contrasts()
        notes = self.notes_of_experiments()
        of_focus = self.values_of_foci(notes)
        experiments = [self.experiment(group, notes, of_focus) for group in self.groups.values()]
        if not experiments and not self.n_errors:
            self.note(
                "error",
                "no-experiment",
                None,
                "no row with coordinates below the names of the columns",
                expected="write one focus a row",
            )
        self.problems += self.seen.problems
        experiments, renamed = told_apart(experiments)
        self.problems += renamed
        return experiments

    def leave_out_remarks(self) -> None:
        """Rows with one cell and nothing that belongs to it: footnotes, headings."""
        for key, group in list(self.groups.items()):
            cells = [cell for row in group.rows for cell in row.cells if cell is not None]
            if not group.n_found and len(cells) == 1:
                self.seen.add("remark", group.line, None, text_of(cells[0]))
                del self.groups[key]

    def name_by_tags(self) -> None:
        """JALE: experiments of one study are named by the tags that differ."""
        of_study: dict[str, list[Group]] = {}
        for group in self.groups.values():
            of_study.setdefault(group.study, []).append(group)
        for groups in of_study.values():
            for column in self.tags if len(groups) > 1 else []:
                tags = [next(iter(group.distinct(column)), "") for group in groups]
                if len({tag.casefold() for tag in tags}) == 1:
                    continue
                for group, tag in zip(groups, tags, strict=True):
                    name = f"{self.names[column]}: {tag}" if tag in _MARKS else tag
                    parts = [part for part in (group.contrast, name) if part not in ("", "1")]
                    group.contrast = ", ".join(parts) or "1"

    def refuse_unnamed_contrasts(self) -> None:
        """Rows without a contrast in a study that has named ones: it is open whose they are."""
        column = self.columns.fields.get("experiment")
        if column is None or "study" not in self.columns.fields:
            return
        named = {study for study, contrast in self.groups if contrast}
        for (study, contrast), group in self.groups.items():
            if not contrast and study in named:
                self.note(
                    "error",
                    "row-without-experiment",
                    group.line,
                    f"no {quoted(self.names[column])} in {count(len(group.rows), 'row')} of a "
                    "study whose other rows have one",
                    found=study,
                    expected="write it into each row",
                    column=column + 1,
                )

    def experiment(
        self,
        group: Group,
        notes: Mapping[str, Make],
        of_focus: Mapping[str, tuple[int, Make]],
    ) -> ExperimentRecord:
        foci = tuple(self.foci_of(group, of_focus))
        self.look_at(group)
        self.describe_study(group)
        own = {name: self.one_text(group, name) or None for name in OF_EXPERIMENTS}
        positions = {**self.columns.others, **self.columns.of_experiments}
        annotations = {
            name: value
            for name, made in notes.items()
            if (value := self.annotation(group, name, positions[name], made)) is not None
        }
        return ExperimentRecord(
            study_id=group.study,
            contrast_id=group.contrast,
            foci=foci,
            n_subjects=self.sample_size(group),
            file=self.file,
            line=group.line,
            name=own["experiment_name"] or "",
            subject_group=own["subject_group"],
            talairach=(own["talairach"] or "").lower() or None,
            annotations=annotations,
        )

    def foci_of(
        self, group: Group, of_focus: Mapping[str, tuple[int, Make]]
    ) -> Iterator[FocusRecord]:
        for row in group.rows:
            if row.mm is None:
                continue
            values = {
                name: made(row.cells[column])
                for name, (column, made) in of_focus.items()
                if row.cells[column] is not None
            }
            yield FocusRecord(row.mm, self.space_of(row), row.line, values or None)

    def look_at(self, group: Group) -> None:
        if not group.n_found:
            self.note(
                "warning",
                "experiment-without-foci",
                group.line,
                "no foci: kept as an experiment that reports none, and counted as one",
                experiment=group.id,
            )

    def one_text(self, group: Group, name: str) -> str:
        """What all rows of an experiment say of a field."""
        column = self.columns.fields.get(name)
        found = {} if column is None else group.distinct(column)
        if len(found) > 1 and column is not None:
            self.refuse_two(group, self.names[column], list(found.items())[:2], column)
        return next(iter(found), "")

    def refuse_two(
        self, group: Group, name: str, found: Sequence[tuple[str, TableRow]], column: int
    ) -> None:
        self.note(
            "error",
            "two-values",
            found[1][1].line,
            f"two values of {quoted(name)} within one experiment",
            found=listed([text for text, _ in found]),
            expected="correct one, or give the experiments different names",
            column=column + 1,
            experiment=group.id,
        )

    # --- sample sizes ------------------------------------------------------------------

    def sample_size(self, group: Group) -> float | None:
        column = self.columns.fields.get("n")
        if column is None:
            return None
        found: dict[float, TableRow] = {}
        is_bad = False
        for row in group.distinct(column).values():
            n = self.count(row.cells[column], row.line, column, group)
            is_bad |= n is None
            if n is not None:
                found.setdefault(n, row)
        if len(found) > 1:
            self.note(
                "error",
                "two-sample-sizes",
                list(found.values())[1].line,
                f"sample sizes {listed([number_text(n) for n in found])} within one experiment",
                expected="correct one, or give the experiments different names",
                column=column + 1,
                experiment=group.id,
            )
        elif not found and not is_bad and self.options.default_n is None:
            self.note(
                "warning",
                "no-sample-size",
                group.line,
                "no sample size",
                expected=f"write it into the column {quoted(self.names[column])}, or give one "
                "for all with --default-n (default_n=)",
                experiment=group.id,
            )
        return next(iter(found), None)

    def count(self, cell: Cell, line: int, column: int, group: Group) -> float | None:
        """Sample size of a cell; a remark in brackets or words may follow the number."""
        place = {"column": column + 1, "found": text_of(cell), "experiment": group.id}
        number = None if isinstance(cell, Odd) else self.number(cell, line, column)
        remark = ""
        if number is None and isinstance(cell, str):
            number, remark = count_with_remark(visible(cell)) or (None, "")
        if number is None or not 1 <= number < MOST_SUBJECTS:
            what = ODD_IN_WORDS[cell.kind] if isinstance(cell, Odd) else ""
            self.note(
                "error",
                "bad-sample-size",
                line,
                f"the sample size is {what}" if what else RULE,
                expected="write the number itself, as 12",
                **place,
            )
            return None
        if remark or number != int(number):
            kind = "with a remark" if remark else "with decimals"
            self.note(
                "warning",
                "sample-size-with-remark" if remark else "fractional-sample-size",
                line,
                f"a sample size {kind}, read as {number:g}",
                expected=f"write {number:g}" if remark else "check the number",
                **place,
            )
        return number

    # --- further columns ---------------------------------------------------------------

    def notes_of_experiments(self) -> dict[str, Make]:
        """Columns that describe experiments, by name, with what makes values of their cells."""
        others = {
            name: column
            for name, column in self.columns.others.items()
            if column in self.tags or all(is_constant(g, column) for g in self.groups.values())
        }
        made = {**others, **self.columns.of_experiments}
        return {
            name: value_maker(name, self.cells_of(column), is_of_focus=False)
            for name, column in made.items()
        }

    def values_of_foci(self, notes: Mapping[str, Any]) -> dict[str, tuple[int, Make]]:
        """Columns that describe foci, by name, with what makes values of their cells."""
        others = {n: c for n, c in self.columns.others.items() if n not in notes}
        columns = {**self.columns.of_foci, **others}
        return {
            name: (column, value_maker(name, self.cells_of(column), is_of_focus=True))
            for name, column in columns.items()
        }

    def cells_of(self, column: int) -> Iterator[Cell]:
        return (row.cells[column] for group in self.groups.values() for row in group.rows)

    def annotation(self, group: Group, name: str, column: int, made: Make) -> Any:
        found = group.distinct(column)
        if len({text.casefold() for text in found}) > 1:
            self.refuse_two(group, name, list(found.items())[:2], column)
        first = next(iter(found.values()), None)
        return None if first is None else made(first.cells[column])

    def describe_study(self, group: Group) -> None:
        """Publication of the study, as its rows give it; the first of several is kept."""
        columns = {n: self.columns.fields[n] for n in OF_STUDIES if n in self.columns.fields}
        described = self.studies.setdefault(group.study, {})
        for name, column in {**columns, **self.columns.of_studies}.items():
            for text, row in group.distinct(column).items():
                is_year = name == "year" and text.isascii() and text.isdigit()
                value = int(text) if is_year and len(text) < 5 else text
                if described.setdefault(name, value) != value:
                    self.note(
                        "warning",
                        "two-descriptions",
                        row.line,
                        f"a second value of {quoted(self.names[column])} for one study: the "
                        f"first is kept, {quoted(str(described[name]))}",
                        found=text,
                        expected="check whether these are two studies",
                        column=column + 1,
                        experiment=group.id,
                    )
        if not described:
            del self.studies[group.study]


def _first_text(cells: Iterable[Cell]) -> str:
    return next((text_of(cell) for cell in cells if cell is not None), "")
