"""Plain text as Markdown, in which study names stay text."""

from __future__ import annotations

import re
from collections.abc import Sequence


def escape(text: str) -> str:
    r"""Text that Markdown shows as it is.

    Names of studies come from files and may hold anything; none of it becomes a link,
    a tag, emphasis or a heading.

    Examples
    --------
    >>> escape("pain_04 [x](y) <b>")
    'pain_04 \\[x](y) &lt;b>'
    """
    text = " ".join(text.split())
    text = re.sub(r"([\\`*\[])", r"\\\1", text)
    text = re.sub(r"(?<!\w)_|_(?!\w)", r"\_", text)
    text = re.sub(r"&(?=#?\w+;)", "&amp;", text)  # "Smith & Nichols" is no entity
    return re.sub(r"<(?=[A-Za-z/!?])", "&lt;", text)  # and "p < .001" no tag


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of plain text as a table, the first of them its head.

    Examples
    --------
    >>> print(markdown_table([["a", "b"], ["1", "x|y"]]))
    | a | b |
    |---|---|
    | 1 | x&#124;y |
    """
    lines = [
        f"| {' | '.join(escape(cell).replace('|', '&#124;') for cell in row)} |" for row in rows
    ]
    return "\n".join([lines[0], f"|{'---|' * len(rows[0])}", *lines[1:]])
