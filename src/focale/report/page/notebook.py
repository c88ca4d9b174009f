"""The page of a result inside a notebook."""

from __future__ import annotations

import html
from dataclasses import dataclass

from focale._check import check_count, refuse
from focale.descriptive import DescriptiveResult
from focale.inferential import InferentialResult
from focale.report.page.data import report_data
from focale.report.page.render import render
from focale.report.provenance import Run


@dataclass(frozen=True, slots=True)
class View:
    """A page that a notebook shows; `html` is the page alone, to be saved as a file."""

    html: str
    height: int

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{html.escape(self.html)}" width="100%" height="{self.height}" '
            'sandbox="allow-scripts allow-downloads" style="border:0" '
            'title="Report of Focale"></iframe>'
        )


def view(result: DescriptiveResult | InferentialResult, height: int = 720) -> View:
    """The interactive report of a result, for Jupyter.

    Parameters
    ----------
    result
        A descriptive or an inferential reading.
    height
        Of the frame, pixels.

    Raises
    ------
    ArgumentError
        If it is no reading: the estimate alone has no protocol to report.

    Examples
    --------
    >>> from focale import Studyset, describe, pain_studyset_path
    >>> page = view(describe(Studyset(pain_studyset_path())))
    >>> page.html[:15]
    '<!DOCTYPE html>'
    """
    if not isinstance(result, (DescriptiveResult, InferentialResult)):
        raise refuse("result", "view", "what describe or infer returned", type(result).__name__)
    check_count("height", "view", height, 100)
    run = Run("focale.view(result)", label="ale")
    return View(render(report_data(result, run)), int(height))
