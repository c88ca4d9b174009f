"""The page of `focale app` in a real browser: chosen, checked, declared, run, read."""

from __future__ import annotations

import json
import os
import re

import pytest

from focale import pain_studyset_path
from focale.report.language import find_claims
from tests.app.conftest import FIVE, choices, serving  # noqa: F401  # choices is a fixture
from tests.strategies import nimads_analysis, nimads_tree

PATIENCE_MS = 60_000
SHOTS = os.environ.get("FOCALE_SHOTS")

BAD = "// Smith 2001: pain\n// Subjects=12\n10 20 30\n10 20\nx y z\n\n// Jones 2003: pain\n4 5 6\n"
HOSTILE = "<script>alert(1)</script> \"'& \u202eright to left \U0001f9e0 " + "long " * 200


class Seen:
    """A page, what it asked for, and what went wrong on it."""

    def __init__(self, page, server):
        self.page, self.server = page, server
        self.wrong, self.asked = [], []
        page.on("console", lambda said: said.type in {"error", "warning"} and self.note(said.text))
        page.on("pageerror", lambda error: self.note(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.set_default_timeout(PATIENCE_MS)
        page.goto(server.opening_address)
        page.wait_for_selector("#plan .field", state="attached")

    def note(self, text):
        self.wrong.append(text)

    def give(self, name, content):
        """Choose a file in the page."""
        text = content if isinstance(content, bytes) else content.encode()
        self.page.set_input_files(
            "#files", {"name": name, "mimeType": "application/octet-stream", "buffer": text}
        )
        self.page.wait_for_selector(f"#checked-title:text-is({json.dumps(name)})")

    def words(self):
        return self.page.inner_text("body")

    def overflow(self):
        sizes = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        wide, here = self.page.evaluate(sizes)
        return wide - here

    def shoot(self, name):
        if SHOTS:
            self.page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@pytest.fixture
def opened(chromium, request):
    """The page of a server of its own; at the end nothing went wrong and nothing was foreign."""
    looks = getattr(request, "param", {})
    with serving() as server:
        page = chromium.new_page(**looks)
        seen = Seen(page, server)
        yield seen
        page.close()
    assert seen.wrong == []
    ours = f"http://127.0.0.1:{server.server_port}/"
    assert [url for url in seen.asked if not url.startswith(ours)] == []


phone = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}


def declare(page, values):
    """Fill the form from a protocol file, as a person may, and declare it."""
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    page.set_input_files(
        "#toml", {"name": "p.toml", "mimeType": "text/plain", "buffer": "\n".join(lines).encode()}
    )
    page.wait_for_selector("#loaded:has-text('p.toml')")
    page.click("text=Declare and decide")
    page.wait_for_selector("#decision:visible")


# ------------------------------------------------------------------------------ the way


def test_page__leads_from_a_dropped_file_to_a_result(opened, choices):  # noqa: F811
    page = opened.page
    assert "key=" not in page.url
    drop(page, "foci.json", json.dumps(FIVE))
    page.wait_for_selector("#protocol:visible")
    assert "Every experiment and every focus in the file was read." in opened.words()
    assert page.is_hidden("#decision")
    declare(page, choices)
    assert "an inferential reading is allowed" in page.inner_text("#reason")
    page.click("#start")
    page.wait_for_selector("#result:visible")
    assert "convergence of reported coordinates was tested" in opened.words()
    with page.expect_download() as downloading:
        page.click("#download")
    assert downloading.value.suggested_filename == "foci.zip"
    page.reload()
    page.wait_for_selector("#result:visible")
    page.click("#reset")
    page.wait_for_selector("#checked", state="hidden")
    assert page.is_hidden("#protocol")


def drop(page, name, text):
    handle = page.evaluate_handle(
        "([name, text]) => { const data = new DataTransfer();"
        " data.items.add(new File([text], name)); return data; }",
        [name, text],
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": handle})


def test_page__shows_the_report_without_rights(opened, choices):  # noqa: F811
    opened.give("foci.json", json.dumps(FIVE))
    declare(opened.page, choices)
    opened.page.click("#start")
    opened.page.wait_for_selector("#result:visible")
    report = report_of(opened.page)
    reach = "() => { try { return parent.document.title } catch (e) { return e.name } }"
    assert report.evaluate(reach) == "SecurityError"
    assert report.evaluate("origin") == "null"
    with opened.page.context.expect_page() as opening:
        opened.page.click("text=in its own tab")
    tab = opening.value
    tab.wait_for_selector("h1")
    assert tab.evaluate("origin") == "null"


def report_of(page):
    """The frame of the report, once its viewer is alive."""
    page.frame_locator("#report").locator("#focale-viewer:not([data-state=waiting])").wait_for()
    return next(frame for frame in page.frames if frame.url.endswith("/result/report.html"))


def test_page__says_each_bad_line(opened):
    opened.give("bad.txt", BAD)
    lines = opened.page.locator(".problem.error .line").all_inner_texts()
    assert lines == ["Line 4", "Line 5", "Line 7"]
    assert "Left out: 2 foci, each named below." in opened.words()
    assert opened.page.is_hidden("#protocol")
    opened.shoot("bad")
    opened.page.select_option("#o-space", "MNI")
    opened.page.fill("#o-default_n", "20")
    opened.page.click("text=Check again")
    opened.page.wait_for_selector(".problem.error .line >> nth=2", state="detached")
    assert opened.page.locator(".problem.error .line").all_inner_texts() == ["Line 4", "Line 5"]


def test_page__hears_of_a_file_as_soon_as_its_form_shows(opened):
    def slowly(route):
        opened.page.wait_for_timeout(500)
        route.continue_()

    opened.page.route("**/state", slowly)
    opened.page.reload()
    opened.page.wait_for_selector("#plan .field", state="attached")
    opened.give("foci.json", json.dumps(FIVE))


def test_page__says_what_is_wrong_with_a_protocol(opened):
    opened.give("foci.json", json.dumps(FIVE))
    opened.page.fill("#c-alpha", "2")
    opened.page.click("text=Declare and decide")
    opened.page.wait_for_selector("#alarm:visible")
    assert opened.page.inner_text("#alarm") == (
        "The 'alpha' choice must be a number between 0 and 1. Got 2 instead."
    )


def test_page__stops_a_run(opened, choices):  # noqa: F811
    opened.give("foci.json", json.dumps(FIVE))
    declare(opened.page, {**choices, "iterations": 50_000_000})
    opened.page.click("#start")
    opened.page.wait_for_selector("#how-far:has-text('of 50,000,000')")
    assert re.search(r"largest cluster p \.?\d", opened.page.inner_text("#how-far"))
    opened.shoot("running")
    opened.page.click("#stop")
    opened.page.wait_for_selector("#alarm:has-text('Stopped. Nothing was written.')")
    assert opened.page.is_visible("#start")


# ------------------------------------------------------------------- for whom it must work


@pytest.mark.parametrize("opened", [phone, {}], indirect=True, ids=["phone-dark", "desk-light"])
def test_page__of_a_descriptive_reading_claims_nothing(opened, request):
    page, name = opened.page, request.node.callspec.id
    opened.shoot(f"{name}-1-start")
    opened.give("pain.json", pain_studyset_path().read_text())
    opened.shoot(f"{name}-2-checked")
    page.fill("#c-min_experiments", "30")
    page.click("text=Declare and decide")
    page.wait_for_selector("#decision:visible")
    assert "the reading is descriptive" in opened.words()
    assert find_claims(opened.words()) == []
    assert opened.overflow() == 0
    opened.shoot(f"{name}-3-decision")
    page.click("#start")
    page.wait_for_selector("#running:visible")
    assert find_claims(opened.words()) == []
    page.wait_for_selector("#result:visible")
    assert find_claims(opened.words()) == []
    assert find_claims(report_of(page).inner_text("body")) == []
    assert opened.overflow() == 0
    opened.shoot(f"{name}-4-result")


def test_page__works_by_keyboard(opened):
    page = opened.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "files"
    opened.give("foci.json", json.dumps(FIVE))
    assert page.evaluate("document.activeElement.id") == "checked-title"
    page.focus("#c-title")
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    page.wait_for_selector("#decision:visible")
    assert page.evaluate("document.activeElement.id") == "decision-title"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "robustness"
    page.keyboard.press("Space")
    assert page.is_checked("#robustness")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "start"


def test_page__has_a_name_for_everything_that_is_operated(opened):
    opened.give("foci.json", json.dumps(FIVE))
    nameless = opened.page.evaluate(
        "[...document.querySelectorAll('input, select, textarea, button, a, iframe')].filter("
        "e => !(e.labels?.length || e.textContent.trim() || e.title)).map(e => e.id)"
    )
    assert nameless == []


def test_page__takes_hostile_names_for_text(opened):
    tree = nimads_tree({HOSTILE: [nimads_analysis(HOSTILE, [(200, 0, 0), (0, 0, 0)], n=9)]})
    dialogs = []
    opened.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    opened.give("a & b.json", json.dumps(tree))
    assert dialogs == []
    assert opened.page.locator("main script").count() == 0
    assert "<script>alert(1)</script>" in opened.words()
    opened.page.set_viewport_size({"width": 390, "height": 844})
    assert opened.overflow() == 0
