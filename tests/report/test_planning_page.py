"""A plan as one page: whole, safe, and nothing but what the plan says."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape, unescape

import pytest

from focale import Protocol, Studyset, plan
from focale.report.planning_page import plan_page
from focale.report.planning_text import assumption_texts, evidence_text, found_texts
from tests.strategies import nimads_analysis, nimads_tree

HOSTILE = "</style><script>alert(1)</script> {{ 7 * 7 }}"


@pytest.fixture(scope="module")
def planned():
    studies = {f"s{i}": [nimads_analysis("1", [(2 * i, 0, 10)], n=10 + i)] for i in range(6)}
    few = {"sizes": (5,), "shares": (0.4,), "n_simulations": 1, "n_iterations": 39}
    return plan(Studyset(nimads_tree(studies)), **few)


def words_of(page):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.partition("<body")[2])).split())


def test_plan_page__says_what_the_plan_says(planned):
    words = words_of(plan_page(planned, "focale plan x.json -o OUT"))
    for text in (evidence_text(planned), *found_texts(planned), *assumption_texts(planned)):
        assert " ".join(text.split()) in words
    assert "2 of 6" in words
    assert "focale plan x.json -o OUT" in words


def test_plan_page__takes_names_for_text_and_loads_nothing(planned):
    titled = replace(planned, protocol=Protocol(title=HOSTILE))
    page = plan_page(titled, HOSTILE)
    assert "<script" not in page
    assert f"<h1>{escape(HOSTILE)}</h1>" in page
    assert f"<pre>{escape(HOSTILE)}</pre>" in page
    assert not re.search(r"(src|href)=[\"'](?!data:|#)", page)
    assert "default-src 'none'" in unescape(page)


def test_plan_page__holds_its_picture(planned, tmp_path):
    picture = tmp_path / "power.png"
    picture.write_bytes(b"a picture")
    assert "data:image/png;base64,YSBwaWN0dXJl" in plan_page(planned, "", picture)
    assert "<img" not in plan_page(planned, "")


def test_plan__shows_itself_in_a_notebook(planned):
    html = planned._repr_html_()
    assert html.count("<table") == 2
    assert "<p>Plan: like 6 experiments" in html
