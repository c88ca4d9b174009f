"""A browser without a network, for tests of the page."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures_pain import *  # noqa: F403

NAMES = ("chromium", "chromium-browser", "google-chrome")
NO_WEBGL = "--disable-3d-apis"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass
class Visit:
    """A page that is open, what it asked of the network, and what went wrong in it."""

    page: Any
    url: str
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's chromium, with WebGL switched off."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"no browser is installed ({', '.join(NAMES)})")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[NO_WEBGL, "--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def browser_page(chromium: Any) -> Iterator[Callable[..., Visit]]:
    """Open a file in a browser without a network: ``browser_page(path, **context)``.

    Keyword arguments go to Playwright's context (``viewport``, ``color_scheme`` ...), and
    ``before`` is a script that runs before those of the page. When the test is over, each
    page must have asked for its own file and nothing else, and have had no error.
    """
    visits: list[Visit] = []

    def visit(path: Path, *, before: str = "", **context: Any) -> Visit:
        settings = {"offline": True, "viewport": {"width": 1100, "height": 900}, **context}
        page = chromium.new_context(**settings).new_page()
        made = Visit(page, path.as_uri())
        page.on("request", lambda request: made.requests.append(request.url))
        page.on("pageerror", lambda error: made.errors.append(str(error)))
        page.on(
            "console",
            lambda said: made.errors.append(said.text) if said.type != "log" else None,
        )
        if before:
            page.add_init_script(before)
        page.goto(made.url)
        visits.append(made)
        return made

    yield visit
    for made in visits:
        made.page.context.close()
    assert [made.errors for made in visits] == [[]] * len(visits)
    assert [made.requests for made in visits] == [[made.url] for made in visits]
