"""What a profile is: a tool, and for each of its choices whether Focale takes it.

A profile takes a tool's choices where Focale has them, takes something near, cannot take
them, or nobody outside knows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Known = Literal["taken", "near", "not taken", "unknown"]


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """One choice of a tool.

    Parameters
    ----------
    what
        What is chosen.
    does
        What the tool does; "" where that is not known.
    known
        "taken" if Focale does the same under the profile, "near" if it does what comes
        closest, "not taken" if it has nothing like it, "unknown" if nobody outside knows.
    source
        Where that is known from.
    name, value
        Choice of the protocol and its value; None where no choice of the protocol is set.
    """

    what: str
    does: str
    known: Known
    source: str
    name: str | None = None
    value: Any = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A tool and its choices.

    Parameters
    ----------
    name
        What the protocol calls it.
    title
        The tool and its version.
    choices
        What is known.
    fdr_tails
        Tails of the z that goes with p of the false discovery rate and of Bonferroni.
    """

    name: str
    title: str
    choices: tuple[ToolChoice, ...]
    fdr_tails: Literal[1, 2] = 1

    @property
    def values(self) -> dict[str, Any]:
        """Choices of a protocol, by name."""
        return {choice.name: choice.value for choice in self.choices if choice.name is not None}

    @property
    def limits(self) -> tuple[ToolChoice, ...]:
        """The choices Focale does not take as the tool makes them."""
        return tuple(choice for choice in self.choices if choice.known != "taken")
