"""What can go wrong, as one tree of exceptions.

    FocaleError                    anything Focale refuses to do
    +-- ArgumentError              an argument is outside what the function accepts
    +-- InputMissingError          the input file is not there
    +-- ReadError                  a file was found but does not say what it should
    +-- EvidenceError              the evidence cannot carry the analysis asked for
    +-- DescriptiveOnlyError       p or z asked of a descriptive reading
    +-- OutputError                the result cannot be written where asked

Each class is also a built-in exception, so code that catches ``ValueError`` or
``OSError`` keeps working, and carries the exit code of the command line.
A message says what is wrong, what was found, where, and the way out.
"""

from __future__ import annotations


class FocaleError(Exception):
    """Anything Focale refuses to do, said in one sentence."""

    exit_code = 70


class ArgumentError(FocaleError, ValueError):
    """An argument is outside what the function accepts."""

    exit_code = 2


class InputMissingError(FocaleError, FileNotFoundError):
    """The input file is not there or cannot be opened."""

    exit_code = 66


class ReadError(FocaleError, ValueError):
    """A file was found but does not say what it should."""

    exit_code = 65


class EvidenceError(FocaleError, ValueError):
    """The evidence cannot carry the analysis asked for."""

    exit_code = 65


class DescriptiveOnlyError(FocaleError, AttributeError):
    """p or z was asked of a descriptive reading, which has none."""

    exit_code = 65


class OutputError(FocaleError, OSError):
    """The result cannot be written where asked."""

    exit_code = 73
