"""The page: one file, whole, safe, and made from its data alone."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from focale import Protocol, Questions, describe, examine, infer, view
from focale.errors import ArgumentError, InputMissingError, ReadError
from focale.report.folder import write_reading
from focale.report.language import find_claims
from focale.report.page.data import report_data
from focale.report.page.render import page_of_folder, render
from focale.report.provenance import Run
from tests.fixtures_pain import *  # noqa: F403
from tests.fixtures_pain import studyset_of
from tests.fixtures_ten import *  # noqa: F403

RUN = Run("focale run x.json -o OUT", "pain", with_figures=False)
VOID = {"meta", "link", "img", "br", "hr", "input", "wbr", "source"}
HOSTILE = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "\"quotes\" 'and' `ticks` & &lt;",
    "{{ 7 * 7 }} {% for %}",
    "turned \u202e around \U0001f600",
    "x" * 10_000,
]


class Page(HTMLParser):
    """Elements of a page, its visible text, and whether they close in order."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.texts, self.scripts, self.data = [], [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        opened, _ = self.open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"

    def handle_data(self, text):
        tag, attributes = self.open[-1] if self.open else ("", {})
        if tag == "script":
            (self.data if "json" in attributes.get("type", "") else self.scripts).append(text)
        elif tag not in ("style", "title", "pre"):  # titles of papers are not ours
            self.texts.append(text)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def all(self, attribute):
        return [a[attribute] for _, a in self.elements if attribute in a]


@pytest.fixture(scope="module")
def inferred(pain):
    return infer(pain, Protocol(iterations=200))


@pytest.fixture(scope="module", params=["descriptive", "inferential", "nothing survives"])
def result(request, pain8_described, inferred, brain):
    if request.param == "nothing survives":
        rng = np.random.default_rng(4)
        foci = brain.mm(rng.integers(brain.n_voxels, size=85)).reshape(17, 5, 3)
        evidence = studyset_of({f"S{i}": [own.tolist()] for i, own in enumerate(foci)})
        return infer(evidence, Protocol(iterations=99, alpha=0.011))
    return pain8_described if request.param == "descriptive" else inferred


@pytest.fixture(scope="module")
def data(result):
    return report_data(result, RUN)


@pytest.fixture(scope="module")
def page(data):
    parsed = Page(render(data))
    assert not parsed.open
    return parsed


# ------------------------------------------------------------------ whole and safe


def test_render__is_made_from_json_alone_and_always_the_same(data):
    again = json.loads(json.dumps(data))
    assert render(again) == render(data)


def test_render__loads_nothing_from_elsewhere(page):
    for attribute in ("src", "href", "action", "srcset", "poster", "data"):
        for value in page.all(attribute):
            assert value.startswith(("#", "data:")), value
    assert not [tag for tag, _ in page.elements if tag in ("link", "iframe", "object", "embed")]


def test_render__allows_its_own_scripts_and_style_alone(page, data):
    (policy,) = [a["content"] for t, a in page.elements if "http-equiv" in a]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert len(page.scripts) == 2
    for script in page.scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    style = re.search(r"<style>(.*?)</style>", render(data), re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert not page.all("style")
    assert not [name for _, a in page.elements for name in a if name.startswith("on")]


def test_render__ids_are_unique_and_links_lead_somewhere(page):
    ids = page.all("id")
    assert len(ids) == len(set(ids))
    for target in page.all("href"):
        assert target.removeprefix("#") in ids


def test_render__places_and_maps_are_ones_the_viewer_knows(page, result):
    keys = {"all"}
    keys |= {f"study:{i}" for i in range(len(result.studyset.study_ids))}
    keys |= {f"experiment:{i}" for i in range(len(result.studyset))}
    assert set(page.all("data-map")) <= keys
    for place in page.all("data-mm"):
        assert len([float(value) for value in place.split()]) == 3
    for tag, attributes in page.elements:
        if "data-mm" in attributes or "data-map" in attributes:
            assert (tag, attributes["type"]) == ("button", "button")


def test_render__every_table_has_a_caption_and_every_button_a_name(page, data):
    text = render(data)
    assert text.count("<table") == text.count("<caption")
    for button in re.findall(r"<button[^>]*>(.*?)</button>", text, re.DOTALL):
        assert html.unescape(re.sub("<.*?>", "", button)).strip()


def test_render__has_every_section(page):
    wanted = ["decision", "evidence", "clusters", "contributions", "coordinates"]
    wanted += ["texts", "checklist", "provenance"]
    sections = [a["id"] for tag, a in page.elements if tag == "section" and "id" in a]
    assert [name for name in sections if name in wanted] == wanted


# ------------------------------------------------------------------ what it says


def test_render__says_the_numbers_of_the_result(page, result):
    text = page.text
    for cluster in result.clusters:
        assert f"{cluster.volume_mm3:,g}" in text
        for peak in cluster.peaks:
            assert " ".join(f"{v:g}" for v in peak.mm) in text
    for mm in result.studyset.foci_mm[:20]:
        assert " ".join(f"{v:g}" for v in mm) in text


def test_render__descriptive_pages_claim_nothing(pain8_described):
    page = Page(render(report_data(pain8_described, RUN)))
    text = ". ".join(" ".join(t.split()) for t in page.texts if t.strip())
    assert [(found.phrase, found.rule) for found in find_claims(text)] == []
    for attribute in ("title", "aria-label", "alt", "placeholder"):
        for value in page.all(attribute):
            assert find_claims(value) == []


def test_render__examined_descriptive_pages_claim_nothing(pain8_described):
    examined = examine(pain8_described, Questions(n_replicates=10))
    page = Page(render(report_data(examined, RUN)))
    text = ". ".join(" ".join(t.split()) for t in page.texts if t.strip())
    assert "What would change this picture?" in text
    assert "Share of 10 random subsamples" in text
    assert [(found.phrase, found.rule) for found in find_claims(text)] == []


def test_render__shows_the_answers_that_were_asked_for(ten_tested):
    asked = Questions(n_replicates=10, n_lists=2, most_noise=3)
    page = Page(render(report_data(examine(ten_tested, asked), RUN)))
    text = " ".join(" ".join(page.texts).split())
    for words in ("Without each experiment", "How few have to go", "In subsamples", "Fail-safe N"):
        assert words in text
    assert "2 lists of up to 3" in text
    only = Page(render(report_data(examine(ten_tested, Questions(parts=("removals",))), RUN)))
    text = " ".join(" ".join(only.texts).split())
    assert "How few have to go" in text
    assert "Without each experiment" not in text
    assert "Fail-safe N" not in text


def test_render__an_inferential_page_names_the_correction_and_says_what_it_is_not(inferred):
    text = Page(render(report_data(inferred, RUN))).text
    assert "cluster-size family-wise p of at most .05 (200 random maps)" in text
    assert "speaks of a cluster as a whole, not of each of its voxels" in text
    assert "≤ .005" in text
    assert "All 21 clusters that were formed" in text
    assert "display-only threshold" not in text.split("For your paper")[0]


def test_render__the_checklist_says_who_fills_each_item(page, result):
    text = page.text
    for words in ("filled by Focale", "from your input", "you must write this"):
        assert words in text
    assert "of the 17 the protocol asks for" in text


def test_render__hostile_names_stay_text():
    studies = {name: [[(0, 0, 10), (4, 8, 12)], [(0, 2, 10)]] for name in HOSTILE}
    result = describe(studyset_of(studies), Protocol(title="<b>{{ title }}</b>"))
    page = Page(render(report_data(result, RUN)))
    assert not page.open
    assert len(page.scripts) == 2
    assert not [tag for tag, _ in page.elements if tag in ("b", "img")]
    assert "<b>{{ title }}</b>" in page.text
    assert "{{ 7 * 7 }} {% for %}" in page.text
    assert "49" not in page.text.split("Every coordinate")[0].split("Decision")[0]


def test_render__deviations_and_problems_are_listed(pain):
    protocol = Protocol(iterations=100).deviate("a reviewer <asked>", seed=3)
    page = Page(render(report_data(infer(pain, protocol), RUN)))
    assert "seed: 0 -> 3" in page.text
    assert "a reviewer <asked>" in page.text


def test_render__experiments_have_a_table_of_their_own_where_studies_have_more():
    studies = {f"S{i}": [[(0, 0, 10)], [(0, 4, 10), (4, 4, 4)]] for i in range(3)}
    protocol = Protocol(pooling="keep", min_cluster_mm3=8.0)
    data = report_data(describe(studyset_of(studies), protocol), RUN)
    assert [group["of"] for group in data["contributions"]] == ["study", "experiment"]
    page = Page(render(data))
    assert {"study:2", "experiment:5"} <= set(page.all("data-map"))


def test_render__converted_coordinates_show_what_was_reported():
    from focale import Studyset
    from tests.strategies import nimads_analysis, nimads_tree

    tree = nimads_tree({"s": [nimads_analysis("1", [(10, 20, 30)], n=9, space="TAL")]})
    text = Page(render(report_data(describe(Studyset(tree)), RUN))).text
    assert "Talairach 10 20 30, pooled" in text


# ------------------------------------------------------------------ from a folder


def test_page_of_folder__is_the_page_that_was_written(inferred, tmp_path):
    write_reading(inferred, tmp_path / "o", RUN)
    assert page_of_folder(tmp_path / "o") == (tmp_path / "o/report.html").read_text("utf-8")[:-1]


def test_page_of_folder__refuses_what_is_no_result(tmp_path):
    with pytest.raises(InputMissingError, match=r"holds no result with a report\.json; name"):
        page_of_folder(tmp_path)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 99}', '{"format": 3}'])
def test_page_of_folder__refuses_data_that_are_not_a_pages(pain8_described, tmp_path, content):
    write_reading(pain8_described, tmp_path / "o", RUN)
    (tmp_path / "o" / "report.json").write_text(content)
    with pytest.raises(ReadError, match="run the analysis again"):
        page_of_folder(tmp_path / "o")


def test_view__is_the_page_in_a_frame(pain8_described):
    shown = view(pain8_described, height=500)
    assert shown.html == render(report_data(pain8_described, Run("focale.view(result)", "ale")))
    frame = shown._repr_html_()
    assert 'height="500"' in frame
    assert 'sandbox="allow-scripts allow-downloads"' in frame
    source = re.search(r'srcdoc="([^"]*)"', frame)[1]
    assert html.unescape(source) == shown.html


def test_view__refuses_what_is_no_reading(pain8_result):
    with pytest.raises(ArgumentError, match=r"what describe or infer returned\. Got 'Result'"):
        view(pain8_result)
