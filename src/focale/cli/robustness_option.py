"""The options that ask what would change a reading, for every command that reads."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from focale.errors import ArgumentError

if TYPE_CHECKING:
    from focale.robustness.answers import Questions

Command = TypeVar("Command", bound=Callable[..., object])

PARTS = ("leave-out", "removals", "stability", "fail-safe", "all")
MORE = {
    "leave_out": "--leave-out",
    "exact_up_to": "--exact",
    "n_replicates": "--replicates",
    "bootstrap": "--bootstrap",
    "correct_replicates": "--correct-replicates",
    "n_lists": "--lists",
    "most_noise": "--most-noise",
}
"""Options that say more of what is asked, by the choice of `Questions` they set."""

MINUTES, OF_EXPERIMENTS, GROWTH = 0.9, 21, 2.7
"""Fail-safe N of 21 experiments on two cores, and the power of their number it grows with."""

LONG = 5
"""Minutes that people want to know of beforehand."""

OPTIONS = (
    click.option(
        "--robustness",
        multiple=True,
        type=click.Choice(PARTS),
        help="Ask what would change the picture; may be repeated.",
    ),
    click.option(
        "--leave-out",
        multiple=True,
        metavar="UNIT",
        help="What is left out: experiment, subject_group, study or a note such as lab; may be "
        "repeated.",
    ),
    click.option(
        "--exact",
        "exact_up_to",
        type=int,
        metavar="K",
        help="Removals: try all sets of up to K (default 1).",
    ),
    click.option(
        "--replicates",
        "n_replicates",
        type=int,
        metavar="R",
        help="Stability: subsamples (default 1,000).",
    ),
    click.option(
        "--bootstrap", is_flag=True, default=None, help="Stability: draw with replacement."
    ),
    click.option(
        "--correct-replicates",
        is_flag=True,
        default=None,
        help="Stability: correct each subsample by a null of its own (slow).",
    ),
    click.option(
        "--lists",
        "n_lists",
        type=int,
        metavar="L",
        help="Fail-safe N: lists of noise experiments (default 10).",
    ),
    click.option(
        "--most-noise",
        type=int,
        metavar="N",
        help="Fail-safe N: most noise experiments (default ten for each experiment).",
    ),
)


def robustness_options(command: Command) -> Command:
    """Options of which the command gets one `questions`, None where nothing is asked."""

    @wraps(command)
    def with_questions(*, robustness: tuple[str, ...], **others: Any) -> object:
        more = {name: others.pop(name) for name in MORE}
        return command(questions=_questions(robustness, more), **others)

    asking: Any = with_questions
    for option in reversed(OPTIONS):
        asking = option(asking)
    return asking  # type: ignore[no-any-return]


def warn_of_time(n_experiments: int, questions: Questions | None) -> None:
    """Say beforehand that fail-safe N of a large evidence base takes long."""
    if questions is None or "fail-safe" not in questions.parts or questions.most_noise is not None:
        return
    minutes = MINUTES * (n_experiments / OF_EXPERIMENTS) ** GROWTH
    if minutes > LONG:
        click.echo(
            f"note: fail-safe N of {n_experiments} experiments with up to ten times as many noise "
            f"experiments takes some {minutes:,.0f} minutes on two cores; --most-noise asks for "
            "fewer",
            err=True,
        )


def _questions(parts: tuple[str, ...], more: dict[str, Any]) -> Questions | None:
    from focale.robustness.answers import PARTS as ALL
    from focale.robustness.answers import Questions

    given = {name: value for name, value in more.items() if value not in (None, ())}
    if not parts:
        if given:
            raise ArgumentError(f"{MORE[next(iter(given))]} belongs to --robustness; add it")
        return None
    chosen = ALL if "all" in parts else tuple(part for part in ALL if part in parts)
    return Questions(parts=chosen, units=given.pop("leave_out", ()), **given)


def words_of_robustness(questions: Questions | None) -> list[str]:
    """The options as words of a command line, to repeat it."""
    from focale.robustness.answers import PARTS as ALL
    from focale.robustness.answers import Questions

    if questions is None:
        return []
    parts = ("all",) if questions.parts == ALL else questions.parts
    words = [word for part in parts for word in ("--robustness", part)]
    words += [word for unit in questions.units for word in ("--leave-out", unit)]
    for name, option in MORE.items():
        if name != "leave_out" and (value := getattr(questions, name)) != getattr(
            Questions(), name
        ):
            words += [option] if value is True else [option, str(value)]
    return words
