"""JSON that remembers where its parts begin, so that a problem can name its line.

The text is parsed once. Objects and lists on the way to the parts of interest are walked
here, everything below them by the parser of the standard library, so that the walk costs
little. Where the walk meets what it does not expect, the standard parser has the word.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from json import JSONDecodeError, JSONDecoder
from typing import Any

from focale.errors import ReadError
from focale.io.problems import Problem, quoted
from focale.io.source import ReadOptions, Source
from focale.io.text import decoded

Path = tuple[int | str, ...]
ANY = "*"
"""Stands for every member of an object or list in a pattern."""

MOST_PARTS = 8_000_000
"""Objects and lists of a file: a studyset of half a million peaks has two million."""

MOST_ITEMS = 500_000
"""Entries of a list that is walked: there are not so many studies in the world."""

_BLANKS = re.compile(r"[ \t\n\r]*")


class Places:
    """Lines of the parts of a JSON text.

    Parameters
    ----------
    text
        The text, or nothing where the tree did not come from one.
    starts
        Offset of each part that was met on the way.
    """

    def __init__(self, text: str = "", starts: dict[Path, int] | None = None) -> None:
        self._text = text
        self._starts = starts or {}
        self._end_of_line = "\n" if "\n" in text else "\r"
        self._has_lines = self._end_of_line in text.strip()
        self._offset, self._line = 0, 1

    def of(self, *path: int | str) -> dict[str, int]:
        r"""Line of a part; the column too where the text is one line; nothing if unknown.

        Examples
        --------
        >>> tree, places = parse('{"studies":\n [{}]}', "f", ("studies", ANY))
        >>> places.of("studies", 0)
        {'line': 2}
        """
        offset = self._find(path)
        if offset is None:
            return {}
        if not self._has_lines:
            return {"line": 1, "column": offset + 1}
        if offset < self._offset:
            self._offset, self._line = 0, 1
        self._line += self._text.count(self._end_of_line, self._offset, offset)
        self._offset = offset
        return {"line": self._line}

    def _find(self, path: Path) -> int | None:
        """Offset of a part; a part that was not met is looked for in the nearest that was."""
        if path in self._starts or not self._text:
            return self._starts.get(path)
        for length in range(len(path) - 1, -1, -1):
            known, rest = path[:length], path[length:]
            if known in self._starts:
                pattern = [ANY if isinstance(step, int) else step for step in rest]
                _Walk(self._text, self._starts).value(self._starts[known], pattern, known)
                return self._starts.get(path, self._starts[known])
        return None


def load(
    source: Source, options: ReadOptions, pattern: Sequence[str]
) -> tuple[Any, Places, list[Problem]]:
    """Tree of a JSON file, its places, and what was guessed to decode it.

    Raises
    ------
    ReadError
        If it is not text, or not JSON that can be used.
    """
    text, guesses = decoded(source, options.encoding)
    return *parse(text, source.name, pattern), guesses


def parse(text: str, file: str, pattern: Sequence[str]) -> tuple[Any, Places]:
    """Tree of a JSON text, and the places of the parts a pattern names.

    Parameters
    ----------
    text
        JSON.
    file
        Name for messages.
    pattern
        Keys on the way to the parts, `ANY` for all members of a list or object.

    Raises
    ------
    ReadError
        If it is not JSON, or nested, large or ambiguous beyond use.
    """
    if text.count("{") + text.count("[") > MOST_PARTS:
        raise ReadError(
            f"{file}: more than {MOST_PARTS:,} objects and lists, which no evidence base needs; "
            "check that it is the file you mean"
        )
    walk = _Walk(text, {})
    try:
        tree = walk.whole(pattern)
        if "\\ud" in text or "\\uD" in text:  # perhaps half of a letter
            tree = _writable(tree)
    except JSONDecodeError as error:
        raise ReadError(
            f"{file}:{error.lineno}: not JSON ({error.msg} at column {error.colno}); "
            "correct it, or export the file again"
        ) from error
    except _GivenTwiceError as error:
        line = text.count("\n", 0, error.near) + 1
        raise ReadError(
            f"{file}:{line}: the key {quoted(error.key)} is given twice in one object; keep one"
        ) from error
    except (ValueError, RecursionError) as error:
        raise ReadError(f"{file}: this JSON cannot be used ({error}); correct it") from error
    return tree, Places(text, walk.starts)


class _UnexpectedError(Exception):
    """The text is not the plain JSON the walk expects."""


class _GivenTwiceError(Exception):
    """A key is given twice in one object, which would silently lose what the first holds."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key
        self.near = 0


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        raise _GivenTwiceError(next(key for key, count in counts.items() if count > 1))
    return found


class _Walk:
    """Parses a text and notes where the parts of a pattern begin."""

    def __init__(self, text: str, starts: dict[Path, int]) -> None:
        self.text = text
        self.starts = starts
        self.decoder = JSONDecoder(object_pairs_hook=_object)

    def whole(self, pattern: Sequence[str]) -> Any:
        start = self.skip(0)
        self.starts[()] = start
        try:
            tree, end = self.value(start, pattern, ())
            if self.skip(end) == len(self.text):
                return tree
        except (_UnexpectedError, JSONDecodeError, IndexError):
            pass
        return json.loads(self.text)  # says what is wrong

    def skip(self, at: int) -> int:
        """First place from here that is not blank."""
        match = _BLANKS.match(self.text, at)
        return match.end() if match else at

    def expect(self, mark: str, at: int) -> int:
        """Place after a mark and blanks."""
        at = self.skip(at)
        if self.text[at] != mark:
            raise _UnexpectedError
        return self.skip(at + 1)

    def value(self, at: int, pattern: Sequence[str], path: Path) -> tuple[Any, int]:
        """Value that begins here, and where it ends."""
        first = self.text[at] if pattern else ""
        if first == "{":
            return self.members(at, pattern, path)
        if first == "[" and pattern[0] == ANY:
            return self.items(at, pattern, path)
        try:
            return self.decoder.raw_decode(self.text, at)
        except _GivenTwiceError as error:
            error.near = at
            raise

    def members(self, at: int, pattern: Sequence[str], path: Path) -> tuple[Any, int]:
        pairs: list[tuple[str, Any]] = []
        start, at = at, self.skip(at + 1)
        if self.text[at] == "}":
            return {}, at + 1
        while True:
            if self.text[at] != '"':
                raise _UnexpectedError
            key, at = self.decoder.raw_decode(self.text, at)
            at = self.expect(":", at)
            is_on_the_way = pattern[0] in (ANY, key)
            inner: Path = (*path, key)
            if is_on_the_way:
                self.starts[inner] = at
            value, at = self.value(at, pattern[1:] if is_on_the_way else (), inner)
            pairs.append((key, value))
            at = self.skip(at)
            if self.text[at] == "}":
                break
            at = self.expect(",", at)
        try:
            return _object(pairs), at + 1
        except _GivenTwiceError as error:
            error.near = start
            raise

    def items(self, at: int, pattern: Sequence[str], path: Path) -> tuple[Any, int]:
        values: list[Any] = []
        at = self.skip(at + 1)
        if self.text[at] == "]":
            return values, at + 1
        while True:
            if len(values) == MOST_ITEMS:
                raise ValueError(f"a list of more than {MOST_ITEMS:,} entries")
            inner: Path = (*path, len(values))
            self.starts[inner] = at
            value, at = self.value(at, pattern[1:], inner)
            values.append(value)
            at = self.skip(at)
            if self.text[at] == "]":
                return values, at + 1
            at = self.expect(",", at)


def _writable(tree: Any) -> Any:
    """The tree with halves of letters, which no file can hold, replaced."""
    if isinstance(tree, str):
        return tree.encode("utf-8", "replace").decode("utf-8")
    if isinstance(tree, list):
        return [_writable(item) for item in tree]
    if isinstance(tree, Mapping):
        return {_writable(key): _writable(value) for key, value in tree.items()}
    return tree
