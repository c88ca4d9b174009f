"""A page from its data: one file that needs nothing else, and loads nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from focale.errors import InputMissingError, ReadError
from focale.io.atomic import is_focale_folder
from focale.phrases import share_text
from focale.report.page.data import FORMAT

DATA_NAME = "report.json"
"""The data of a page, in the output folder."""

SCRIPTS = ("viewer.js", "report.js")
STYLES = ("report.css", "viewer.css")


def render(data: Mapping[str, Any]) -> str:
    """The page, as HTML.

    Parameters
    ----------
    data
        From `report_data`.

    Raises
    ------
    ReadError
        If the data are of a format this version does not know.
    """
    if data.get("format") != FORMAT:
        raise ReadError(
            f"the report's data have format {data.get('format')!r}, and this version of Focale "
            f"makes pages of format {FORMAT}; run the analysis again"
        )
    return fill(
        "report.html.jinja",
        SCRIPTS,
        STYLES,
        data=data,
        viewer_json=_for_script(data["viewer"]),
        tables_json=_for_script(dict(data["tables"])),
    )


def fill(template: str, scripts: Sequence[str], styles: Sequence[str], **content: Any) -> str:
    """A page from a template, with scripts and styles inside and nothing from elsewhere."""
    scripts = [_asset(name) for name in scripts]
    style = "\n".join(_asset(name) for name in styles)
    page: str = (
        _environment()
        .get_template(template)
        .render(scripts=scripts, style=style, policy=_policy(scripts, style), **content)
    )
    return page


def page_of_folder(folder: Path) -> str:
    """The page of a result, from the data in its output folder.

    Raises
    ------
    InputMissingError
        If the folder holds no result of Focale, or one without a page's data.
    ReadError
        If the data cannot be read, or are of a format this version does not know.
    """
    path = folder / DATA_NAME
    if not is_focale_folder(folder) or not path.is_file():
        raise InputMissingError(
            f"{folder} holds no result with a {DATA_NAME}; name the output folder of `focale run` "
            "or `focale describe`"
        )
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return render(data)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ReadError(
            f"{path} is not what Focale wrote there ({error}); run the analysis again"
        ) from error


def _policy(scripts: list[str], style: str) -> str:
    """Content security policy: these scripts and this style, and nothing from elsewhere."""
    allowed = " ".join(map(_digest, scripts)) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_digest(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _for_script(content: Any) -> str:
    """JSON that cannot end the element it stands in."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


@cache
def _asset(name: str) -> str:
    return (files("focale.report.page") / "assets" / name).read_text(encoding="utf-8")


@cache
def _environment() -> Any:
    import jinja2

    environment = jinja2.Environment(
        autoescape=True,
        loader=jinja2.FunctionLoader(_asset),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["share"] = share_text
    environment.filters["mm"] = lambda mm: " ".join(f"{value:g}" for value in mm)
    environment.filters["level"] = _level
    return environment


def _level(share: float, end: float) -> int:
    """Step of ten of a share on a scale that ends at `end`, for the colour of its cell."""
    return min(10, round(10 * share / end)) if end > 0 else 0
