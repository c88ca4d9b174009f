"""The written interpretation of a reading."""

from __future__ import annotations

from focale.descriptive import DescriptiveResult
from focale.inferential import InferentialResult
from focale.report.descriptive_text import descriptive_text
from focale.report.inferential_text import inferential_text


def interpretation(result: DescriptiveResult | InferentialResult) -> str:
    """Paragraph that reads a map in words.

    Parameters
    ----------
    result
        A descriptive or an inferential reading.

    Returns
    -------
    str
        Plain text, sentences in the order of the argument.
    """
    if isinstance(result, InferentialResult):
        return inferential_text(result)
    return descriptive_text(result)
