"""What commands share: reading arguments, and speaking to a person."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from focale.errors import ArgumentError, InputMissingError, ReadError
from focale.phrases import listed, one_line

if TYPE_CHECKING:
    from focale.io.problems import Problem
    from focale.io.source import ReadOptions
    from focale.protocol.assess import Decision
    from focale.protocol.protocol import Protocol
    from focale.studyset.model import Studyset

Command = TypeVar("Command", bound=Callable[..., object])

MOST_OF_A_KIND = 5
STOPPED = 130
"""Exit code of what was stopped by Ctrl-C."""


def evidence_options(command: Command) -> Command:
    """Options that say which evidence to read, and under which protocol."""
    options = (
        click.option(
            "--ids",
            multiple=True,
            metavar="ID|@FILE",
            help="Experiments to read; may be repeated.",
        ),
        click.option("--first", type=int, metavar="N", help="Read the first N experiments."),
        click.option(
            "--where",
            multiple=True,
            metavar="+TAG|-TAG|@FILE:TITLE",
            help="Experiments with or without a tag, or of a planned analysis; may be repeated.",
        ),
        click.option("--protocol", "protocol_file", metavar="FILE", help="Protocol (TOML)."),
    )
    return reading_options(_with(command, options))


def reading_options(command: Command) -> Command:
    """Options that say what a file leaves open; the command gets one `options`."""

    @wraps(command)
    def with_options(
        *,
        space: Any,
        default_n: int | None,
        encoding: str | None,
        extra: Any,
        sheet: str | None,
        annotation: str | None,
        talairach_of: tuple[str, ...],
        groups: tuple[str, ...],
        **others: Any,
    ) -> object:
        from focale.io.source import ReadOptions

        options = ReadOptions(
            space=space,
            default_n=default_n,
            encoding=encoding,
            extra=extra,
            sheet=sheet,
            annotation=annotation,
            talairach_of=_pairs(talairach_of, "--talairach-of") or None,
            groups_of=_pairs(groups, "--group") or None,
        )
        return command(options=options, **others)

    return _with(with_options, READING)  # type: ignore[return-value]


READING = (
    click.option(
        "--space", type=click.Choice(["MNI", "TAL"]), help="Space of foci the file does not place."
    ),
    click.option("--default-n", type=int, metavar="N", help="Sample size where none is given."),
    click.option("--encoding", metavar="NAME", help="Encoding of a text file."),
    click.option(
        "--extra",
        type=click.Choice(["statistics", "ignore"]),
        help="What numbers after x y z are.",
    ),
    click.option("--sheet", metavar="NAME", help="Sheet of an Excel workbook."),
    click.option("--annotation", metavar="FILE", help="Annotation of a NIMADS studyset (JSON)."),
    click.option(
        "--talairach-of",
        multiple=True,
        metavar="ID=MATRIX",
        help="Conversion for a study: pooled, spm, fsl or brett; may be repeated.",
    ),
    click.option(
        "--group",
        "groups",
        multiple=True,
        metavar="ID=NAME",
        help="Participants of a study or experiment, by a name; may be repeated.",
    ),
)


def words_of(options: ReadOptions) -> list[str]:
    """The options as words of a command line, to repeat it."""
    words: list[str] = []
    names = {"talairach_of": "--talairach-of", "groups_of": "--group"}
    for name, value in options.given.items():
        option = names.get(name, f"--{name.replace('_', '-')}")
        if isinstance(value, dict):
            for key, own in value.items():
                words += [option, f"{key}={own}"]
        else:
            words += [option, Path(value).name if name == "annotation" else str(value)]
    return words


def command_words(
    name: str,
    inputs: tuple[str, ...],
    ids: tuple[str, ...],
    first: int | None,
    where: tuple[str, ...],
    protocol_file: str | None,
    options: ReadOptions,
) -> list[str]:
    """The words that repeat a command on the same evidence, without the places of files."""
    words = ["focale", name, *(Path(path).name for path in inputs), "-o", "OUT"]
    for option, values in (("--ids", ids), ("--where", where)):
        for value in values:
            words += [option, f"@{Path(value[1:]).name}" if value.startswith("@") else value]
    if first is not None:
        words += ["--first", str(first)]
    if protocol_file is not None:
        words += ["--protocol", Path(protocol_file).name]
    return words + words_of(options)


def _with(command: Command, options: Sequence[Callable[[Any], Any]]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


def _pairs(values: tuple[str, ...], option: str) -> dict[str, str]:
    """Names and values of a repeated option NAME=VALUE; names may hold signs of equality."""
    pairs = {}
    for text in values:
        name, sign, value = text.rpartition("=")
        if not (sign and name.strip() and value.strip()):
            raise ArgumentError(f"{option} must be ID=VALUE, got {text!r}")
        pairs[name.strip()] = value.strip()
    return pairs


def width_of_terminal() -> int:
    """Columns of the terminal, at most 96, which is as wide as people like to read."""
    return min(shutil.get_terminal_size().columns, 96)


def say(text: str = "") -> None:
    """Print a paragraph, wrapped to the terminal."""
    width = width_of_terminal()
    text = one_line(text, 100_000)  # names may hold codes that move the cursor
    click.echo(textwrap.fill(text, width, break_on_hyphens=False, break_long_words=False))


def say_kept(what: str, how: str = "") -> None:
    """Tell somebody who stopped a run what is kept, and how it goes on."""
    again = f"the same command {how}".rstrip()
    click.echo(f"focale: stopped; {what}: {again} goes on", err=True)


def stage(text: str) -> None:
    """Say on a terminal what is being done; scripts are not told."""
    if sys.stderr.isatty():
        click.echo(f"{text} ...", err=True)


def warn(studyset: Studyset, told: Sequence[Problem] = ()) -> None:
    """Print the warnings about an evidence base, a few of each kind; not what was told."""
    warnings = [p for p in studyset.problems if p.severity != "note" and p not in told]
    for line in grouped(warnings, MOST_OF_A_KIND):
        click.echo(line, err=True)


def grouped(problems: Sequence[Problem], most: int) -> Iterator[str]:
    """Lines that list problems by kind, at most so many of each."""
    kinds: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        kinds.setdefault((problem.severity, problem.code), []).append(problem)
    for (severity, _), alike in kinds.items():
        for problem in alike[:most]:
            yield one_line(f"{severity}: {problem}", 1000)
        if len(alike) > most:
            yield f"{severity}: and {len(alike) - most:,} more of this kind"


def show_evidence(studyset: Studyset, decision: Decision) -> None:
    """Print the counts and the decision."""
    say(f"{studyset.record.source}: {str(studyset).removeprefix('Studyset: ')}")
    say(f"Decision: {decision.reason}")
    for remark in decision.remarks:
        say(f"Note: {remark}")


def protocol_from(path: str | None) -> Protocol:
    """Protocol of a file, or the default one."""
    from focale.protocol.protocol import Protocol

    return Protocol() if path is None else Protocol.from_toml(path)


def ids_from(values: tuple[str, ...]) -> tuple[str, ...] | None:
    """Identifiers from options, one a line in @FILE; None where the option is not given."""
    if not values:
        return None
    ids: list[str] = []
    for value in values:
        ids += read_lines(value[1:]) if value.startswith("@") else [value]
    return tuple(ids)


def conditions_from(values: tuple[str, ...]) -> tuple[str, ...]:
    """Conditions of options; @FILE:TITLE stands for those of a planned analysis."""
    conditions: list[str] = []
    for value in values:
        conditions += _planned(value[1:]) if value.startswith("@") else [value]
    return tuple(conditions)


def _planned(text: str) -> tuple[str, ...]:
    from focale.io.table.analyses import read_analyses

    path, _, title = text.rpartition(":")
    analyses = read_analyses(path or text)
    for analysis in analyses:
        if path and analysis.title.casefold() == title.strip().casefold():
            return analysis.conditions
    titles = listed([repr(analysis.title) for analysis in analyses])
    raise ArgumentError(
        f"--where @FILE:TITLE names no analysis of {path or text}: it has {titles}"
    )


def read_lines(path: str) -> list[str]:
    """Lines of a text file."""
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
        return re.split(r"\r\n|\r|\n", text.removesuffix("\n"))
    except OSError as error:
        raise InputMissingError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ReadError(f"{path} is not UTF-8 text; save it as plain text (UTF-8)") from error


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines whose columns end together; the last column, of words, begins so."""
    *numbers, words = zip(*rows, strict=True)
    widths = [max(map(len, column)) for column in numbers]
    return [
        "  ".join([*(f"{cell:>{w}}" for cell, w in zip(row, widths, strict=False)), word])
        for row, word in zip(rows, words, strict=True)
    ]
