"""Plain text as Markdown, in which study names stay text."""

from __future__ import annotations

import re


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
