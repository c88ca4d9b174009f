"""``focale check``: what a file holds, what looks wrong, and a corrected copy."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from focale.cli.console import MOST_OF_A_KIND, reading_options, width_of_terminal
from focale.errors import ArgumentError, FocaleError, InputMissingError, ReadError
from focale.phrases import count, one_line

if TYPE_CHECKING:
    from focale.io.problems import Problem
    from focale.io.source import ReadOptions
    from focale.studyset.reading import Inspection

WRONG_DATA = ReadError.exit_code
MEANING = {
    "error": ("the data cannot be used as they are", "red"),
    "warning": ("to be looked up", "yellow"),
    "note": ("for the record", "cyan"),
}


@dataclass(frozen=True, slots=True)
class Checked:
    """A file and what came of looking at it: an inspection, or the reason there is none."""

    file: str
    inspection: Inspection | None
    problems: tuple[Problem, ...]
    exit_code: int


@click.command(short_help="Look for what is wrong in FILES.")
@click.argument("files", nargs=-1, required=True)
@reading_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@click.option("--all", "show_all", is_flag=True, help="List every finding of a kind.")
@click.option("--fix", "fixed", metavar="OUT", help="Write a corrected copy (of one file).")
@click.option("--overwrite", is_flag=True, help="Replace OUT.")
def check(
    files: tuple[str, ...],
    options: ReadOptions,
    as_json: bool,
    show_all: bool,
    fixed: str | None,
    overwrite: bool,
) -> int:
    """Count what FILES hold, reconcile it, and list what looks wrong, with line numbers.

    Leaves with 65 if a file cannot be used as it is, and with 66 if one is missing.
    """
    if fixed is not None and len(files) > 1:
        raise ArgumentError("--fix corrects one file at a time")
    checked = [_look_at(file, options) for file in files]
    if as_json:
        click.echo(json.dumps({"files": [_as_json(one) for one in checked]}, indent=2))
    else:
        for line in _report(checked, most=sys.maxsize if show_all else MOST_OF_A_KIND):
            click.echo(line)
    code = max(one.exit_code for one in checked)
    if fixed is not None and code == 0:
        _fix(checked[0], Path(fixed), overwrite=overwrite, quiet=as_json)
    elif fixed is not None:
        click.echo(f"{fixed} was not written: correct the errors first", err=True)
    return code


def _look_at(file: str, options: ReadOptions) -> Checked:
    from focale.io.problems import Problem, errors_of
    from focale.studyset.reading import inspect

    try:
        inspection = inspect(file, options=options)
    except FocaleError as error:
        if not isinstance(error, (ReadError, InputMissingError)):
            raise
        code = "missing" if isinstance(error, InputMissingError) else "unreadable"
        name = Path(file).name
        what = str(error).removeprefix(f"{file} ").removeprefix(f"{name} ")
        problem = Problem(
            severity="error", code=code, what=what.removeprefix(f"{name}:"), file=name
        )
        return Checked(file, None, (problem,), error.exit_code)
    exit_code = WRONG_DATA if errors_of(inspection.problems) else 0
    return Checked(file, inspection, inspection.problems, exit_code)


def _as_json(one: Checked) -> dict[str, Any]:
    return {
        "file": one.file,
        "format": one.inspection.record.format if one.inspection else None,
        "summary": asdict(one.inspection.summary) if one.inspection else None,
        "problems": [{**asdict(problem), "message": problem.message} for problem in one.problems],
    }


# --- for people --------------------------------------------------------------------------


def _report(checked: Sequence[Checked], most: int) -> Iterator[str]:
    yield from _table([_row(one) for one in checked])
    yield from _left_out(checked)
    problems = [problem for one in checked for problem in one.problems]
    for severity, (meaning, colour) in MEANING.items():
        alike = [problem for problem in problems if problem.severity == severity]
        if alike:
            yield ""
            yield click.style(f"{count(len(alike), severity)}, {meaning}", fg=colour, bold=True)
            yield from _by_kind(alike, most)
    if not problems:
        yield "Nothing looks wrong."


def _row(one: Checked) -> dict[str, str]:
    name = one_line(Path(one.file).name, 60)
    if one.inspection is None:
        return {"file": name, "format": "not read"}
    summary = one.inspection.summary
    sizes = (summary.smallest_n, summary.largest_n)
    return {
        "file": name,
        "format": one.inspection.record.format,
        "studies": f"{summary.studies:,}",
        "subject groups": f"{summary.subject_groups:,}",
        "experiments": _of(summary.experiments, summary.experiments_found),
        "foci": _of(summary.foci, summary.foci_found),
        "participants": "?" if summary.participants is None else f"{summary.participants:,g}",
        "n": "?" if sizes[0] is None else "-".join(dict.fromkeys(f"{n:g}" for n in sizes)),
        "space": " ".join(
            f"{one_line(space, 20)} {n:,}" if len(summary.spaces) > 1 else one_line(space, 20)
            for space, n in summary.spaces.items()
        ),
        "outside mask": "?" if summary.outside_mask is None else f"{summary.outside_mask:,}",
    }


def _of(read: int, found: int) -> str:
    return f"{read:,}" if read == found else f"{read:,} of {found:,}"


def _table(rows: Sequence[dict[str, str]]) -> Iterator[str]:
    """A table with one row a file; one file alone has one line a count."""
    names = max((list(row) for row in rows), key=len)
    if len(rows) == 1:
        width = max(map(len, names))
        yield from (f"{name:<{width}}  {rows[0].get(name, '')}" for name in names)
        return
    widths = {name: max(len(name), *(len(row.get(name, "")) for row in rows)) for name in names}
    yield "  ".join(f"{name:<{widths[name]}}" for name in names).rstrip()
    for row in rows:
        yield "  ".join(f"{row.get(name, ''):<{widths[name]}}" for name in names).rstrip()


def _left_out(checked: Sequence[Checked]) -> Iterator[str]:
    summaries = [one.inspection.summary for one in checked if one.inspection]
    n_experiments = sum(summary.experiments_left_out for summary in summaries)
    n_foci = sum(summary.foci_left_out for summary in summaries)
    if n_experiments or n_foci:
        experiments = count(n_experiments, "experiment")
        foci = count(n_foci, "focus", "foci")
        yield f"\nLeft out: {experiments} and {foci}, each named below."
    elif len(summaries) == len(checked):
        yield "\nEvery experiment and every focus was read."


def _by_kind(problems: Sequence[Problem], most: int) -> Iterator[str]:
    kinds: dict[str, list[Problem]] = {}
    for problem in problems:
        kinds.setdefault(problem.code, []).append(problem)
    for code, alike in kinds.items():
        yield f"  {code} ({len(alike):,})"
        for problem in alike[:most]:
            yield from _wrapped(one_line(str(problem), 1000))
        if len(alike) > most:
            yield f"    and {len(alike) - most:,} more (--all lists them)"


def _wrapped(text: str) -> list[str]:
    """Lines of a finding: wrapped on a terminal, one line for scripts."""
    width = width_of_terminal() if sys.stdout.isatty() else sys.maxsize
    return textwrap.wrap(
        text,
        width,
        initial_indent="    ",
        subsequent_indent="      ",
        break_on_hyphens=False,
        break_long_words=False,
    )


# --- the corrected copy ------------------------------------------------------------------


def _fix(one: Checked, out: Path, *, overwrite: bool, quiet: bool) -> None:
    """Write the file as it was understood, and say what no longer needs to be understood."""
    from focale.io.formats import write_record
    from focale.io.source import ReadOptions
    from focale.studyset.convert import placed

    assert one.inspection is not None
    assert one.inspection.studyset is not None
    lost = write_record(placed(one.inspection.studyset), out, overwrite=overwrite)
    again = _look_at(str(out), ReadOptions())
    if again.inspection is None or again.exit_code:
        raise FocaleError(f"the corrected copy {out} does not read back; please report it")
    kept = {problem.code for problem in again.problems}
    changes = [
        problem
        for problem in one.problems
        if problem.severity != "note" and problem.code not in kept
    ]
    if quiet:
        return
    what = (
        f"with {count(len(changes), 'change')}:" if changes else "and nothing had to be changed."
    )
    click.echo(f"\n{out} is written, {what}")
    for line in _by_kind(changes, sys.maxsize):
        click.echo(line)
    for what in lost:
        click.echo(f"  not kept: {what}")
    remaining = sum(problem.severity == "warning" for problem in again.problems)
    if remaining:
        click.echo(f"{count(remaining, 'warning')} remain to be looked up in it.")
